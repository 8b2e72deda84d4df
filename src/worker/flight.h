/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the room: an event under way, with a copy of its bytes and tokens, so that it holds no batch.
 *
 *     idle -> waits in its lane -> ready (new) -> in its fiber <-> suspended -> done -> (its turn) -> idle
 */
#ifndef WEIR_WORKER_FLIGHT_H
#define WEIR_WORKER_FLIGHT_H

#include "worker/fiber.h"
#include "worker/lanes.h"
#include "worker/worker_private.h"

struct flight {
    /* First: lanes hand out entries. */
    struct lane_entry lane;
    /* In one of the lists below. */
    struct flight *next;
    struct worker *worker;
    struct fiber *fiber;
    struct weir_http *session;
    struct weir_event event;
    /* Tokens, links if it was walked, then bytes: what document is made of. */
    void *memory;
    size_t memory_size;
    struct json_document document;
    struct position position;
    int64_t read_ns;
    size_t charged;
    bool is_keyless;
    /* It is the first of its lane, and may leave. */
    bool is_first;
    bool is_begun;
    bool is_done;
    /* Given back. */
    bool is_called_off;
    /* What its function returned. */
    int result;
    /* Positive: the document was refused; fault says why. */
    int refusal;
    struct json_fault fault;
};

/* Pushed at the end, popped from the front. Zero-initialised is empty. */
struct flight_list {
    struct flight *first;
    struct flight *last;
};

void flight_push(struct flight_list *list, struct flight *flight);
/* At the front. */
void flight_push_first(struct flight_list *list, struct flight *flight);
struct flight *flight_pop(struct flight_list *list);

/* What a flight of an event is charged with before it is made. */
size_t flight_cost(const struct batch_event *event);

/*
 * Makes flight (zeroed, or used before) one of event: copies. Where the event was not walked the worker
 * indexes it, and walks when its turn comes; a document that has no index is refused later. Returns 0 or -ENOMEM.
 */
int flight_load(struct flight *flight, const struct batch *batch, const struct batch_event *event);

/* Gives memory of a large event back; the flight may be used again. */
void flight_unload(struct flight *flight);
void flight_free(struct flight *flight);

#endif
