/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the worker, and what becomes of an event. */
#ifndef WEIR_WORKER_WORKER_PRIVATE_H
#define WEIR_WORKER_WORKER_PRIVATE_H

#include "event/batch.h"
#include "worker/worker.h"
#include "json/index.h"

struct flights;

/* The worker indexes what comes without an index, which is large or odd: it keeps room for little. */
enum { INDEXED_KEPT = 64 * 1024 };

struct worker {
    /* Fixed after start. */
    struct worker_options options;
    /* Owned by the worker thread. */
    struct json_indexer *indexer;
    struct weir_event event;
    /* The result batch that is being filled, or NULL. */
    struct result_batch *results;
    /* The first machine fault; from then on events are given back. */
    int failure;
    /* NULL where functions never wait. */
    struct flights *flights;
};

/* An event that is worked on: where it is, and where it came from. */
struct subject {
    struct weir_event *event;
    const char *raw;
    size_t raw_len;
    const struct position *position;
};

/* emit.c; each writes to worker->results, and returns 0 or -errno. */

/* Runs the steps, then the application. Returns 0, WEIR_DROP, or a negative error. */
int worker_enrich(struct worker *worker, struct weir_event *event, struct weir_http *http);

/* What a function returned, as a result: to the sink, to the error sink, or nowhere. */
int worker_conclude(struct worker *worker, const struct subject *subject, int result);

/* Without a line. */
int worker_record(struct worker *worker, const struct position *position, enum verdict verdict);

/* An error event. */
int worker_fail(struct worker *worker, const struct subject *subject, const char *type,
                const char *message);

/*
 * An error event for a document that event_begin() or json_index() refused: outcome is what they returned,
 * fault what they said.
 */
int worker_refuse(struct worker *worker, const struct subject *subject, int outcome,
                  const struct json_fault *fault);
int worker_refuse_keyless(struct worker *worker, const struct subject *subject);

/* What no function sees: a skipped, dropped or faulty event of a batch. */
int worker_pass(struct worker *worker, const struct batch *batch, const struct batch_event *event);

/* Hands the results on to the writer, if there are any. */
void worker_hand_on(struct worker *worker);
bool worker_is_block_full(const struct worker *worker);

/* flights.c: the body where functions wait. */
int flights_run(struct worker *worker);
void flights_suspend(struct worker *worker);
void flights_wake(struct worker *worker, void *waiter);

#endif
