/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source batch: bytes as they were read, the events in them as slices, and their tokens.
 *
 * Life: the reader takes a batch from the pool and owns it while the source fills it; batch_dispatch()
 * freezes it and gives one reference to each worker that has a slice list in it; the worker that
 * drops the last reference gives it back to the pool. From dispatch on it is immutable.
 *
 * The pool is the pipeline's first bound: when all batches are out, batch_pool_take() blocks the
 * reader, and so the socket or file behind it.
 */
#ifndef WEIR_EVENT_BATCH_H
#define WEIR_EVENT_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/budget.h"
#include "base/buffer.h"
#include "event/position.h"
#include "json/document.h"

enum { WORKERS_MAX = 256 };

/* What the reader has found out about an event before any worker sees it. */
enum batch_event_kind {
    /* A JSON document to be enriched. */
    BATCH_EVENT_DOCUMENT,
    /* Cannot be enriched; fault_type and fault_message say why. Its bytes may be absent (len 0). */
    BATCH_EVENT_FAULTY,
    /* To be dropped and counted (canary). */
    BATCH_EVENT_DROPPED,
    /* Done before the restart (it lies in a restored done range): only the ledger wants it. */
    BATCH_EVENT_SKIPPED,
};

struct batch_event {
    /* Its bytes in batch->bytes. A line's newline is not part of it. */
    uint32_t offset;
    uint32_t len;
    /*
     * As it was walked: its tokens in batch->tokens, with the sentinel behind, and its links at the same
     * place in batch->links; n_tokens 0: not walked. A source that has them leaves them here, else the
     * reader makes them, else (giants, what batch_event_index() found no room for, and what is
     * malformed) the worker.
     */
    uint32_t first_token;
    uint32_t n_tokens;
    /* Of the document (json/document.h): known before it is walked, and after. */
    bool is_line;
    bool has_break;
    struct position position;
    /* Hash of the partition key. */
    uint64_t key;
    enum batch_event_kind kind;
    /* No key was found: routed by position. Whether it has none the strict walk will say. */
    bool is_keyless;
    /* For BATCH_EVENT_FAULTY: constant, and in the batch's arena. */
    const char *fault_type;
    const char *fault_message;
};

/* One worker's share of a batch: indices of events, in order. */
struct work {
    struct batch *batch;
    const uint32_t *events;
    size_t n_events;
};

struct batch_pool;

struct batch {
    struct batch_pool *pool;
    /* Owned by the source thread until dispatch, read-only after it. */
    struct buffer bytes;
    struct batch_event *events;
    size_t n_events;
    size_t events_capacity;
    uint32_t *tokens;
    uint32_t *links;
    size_t n_tokens;
    size_t tokens_capacity;
    size_t links_capacity;
    /* Fault messages and other small things that live as long as the batch. */
    struct arena arena;
    /* Monotonic time at which the first event was read. */
    int64_t read_ns;
    /* Event indices grouped by worker, and each worker's share of them. */
    uint32_t *order;
    size_t order_capacity;
    struct work works[WORKERS_MAX];
    /* Memory charged to the pool's budget. */
    size_t charged;
    /* Release on drop, acquire by the last one: the bytes are read before they are reused. */
    atomic_uint references;
    /* Guarded by the pool's lock. */
    struct batch *next_free;
};

/*
 * Appends an event that lies at [offset, offset+len) of batch->bytes. Returns it (valid until the next
 * call), zeroed but for those and kind = DOCUMENT, or NULL without memory. Thread: source.
 */
struct batch_event *batch_add(struct batch *batch, size_t offset, size_t len);

/* Marks an event as faulty. type is constant; message is copied. Returns 0 or -ENOMEM. */
int batch_event_fault(struct batch *batch, struct batch_event *event, const char *type,
                      const char *message);

/*
 * Leaves copies of a walked document's tokens and links to the event's worker. All of a batch take at most
 * four times the pool's batch_bytes, four times what is usual; brackets on end take more, and such an
 * event stays without: its worker makes them again. Returns 0 or -ENOMEM.
 */
int batch_event_index(struct batch *batch, struct batch_event *event,
                      const struct json_document *walked);

/* The document of an event that has tokens; all of it is lent by the batch. */
static inline struct json_document batch_event_document(const struct batch *batch,
                                                        const struct batch_event *event)
{
    return (struct json_document){
        .bytes = batch->bytes.data + event->offset,
        .len = event->len,
        .tokens = batch->tokens + event->first_token,
        .n_tokens = event->n_tokens,
        .links = batch->links + event->first_token,
        .is_line = event->is_line,
        .has_break = event->has_break,
    };
}

/*
 * Groups the events by worker: worker_of[i] is the worker of event i. Fills works[0..n_workers) and
 * takes one reference for each that is not empty. Returns the number of non-empty works (0: the batch
 * had no events and is still the caller's), or -ENOMEM. Thread: source.
 */
int batch_dispatch(struct batch *batch, const uint16_t *worker_of, size_t n_workers);

/* Drops a worker's reference; the last one gives the batch back to its pool. */
void batch_unref(struct batch *batch);

struct batch_pool_options {
    /* How many batches there are, and each one's usual size; a larger one shrinks on its return. */
    size_t n_batches;
    size_t batch_bytes;
    struct budget *budget;
};

/* Returns 0 or -errno. Free only after every batch has come back. */
int batch_pool_new(const struct batch_pool_options *options, struct batch_pool **ret_pool);
void batch_pool_free(struct batch_pool *pool);

/*
 * Takes an empty batch. Blocks while none is free, until batch_pool_stop(): then NULL.
 * Thread: source.
 */
struct batch *batch_pool_take(struct batch_pool *pool);

/* Gives back a batch that was never dispatched. */
void batch_pool_put(struct batch_pool *pool, struct batch *batch);

/* Wakes a blocked taker for good. Thread: any. */
void batch_pool_stop(struct batch_pool *pool);

/* True when all batches are in the pool: nothing read is in work. Thread: any. */
bool batch_pool_is_whole(struct batch_pool *pool);

/* Waits until it is. Thread: source. */
void batch_pool_wait_whole(struct batch_pool *pool);

/* Waits until all batches but the caller's one are in the pool. Thread: source. */
void batch_pool_wait_others(struct batch_pool *pool);

#endif
