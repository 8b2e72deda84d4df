/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result batch: what a worker hands to the writer: rendered lines for each sink, and for every
 * event its position and verdict, in the worker's order.
 *
 * Life: a worker takes it from the pool, fills it, pushes it; the writer writes its lines, tells the
 * ledger, and puts it back. The pool is fixed, so that a writer that waits for its disk makes the
 * workers wait, and they the reader.
 *
 * Memory: lines up to keep_bytes a batch are paid for by the pool's size. What goes beyond, and what an
 * unusually large event takes while it is in work, is charged to the room before it is allocated.
 * Whoever finds no room hands on what it has, so that it is written, and waits.
 */
#ifndef WEIR_EVENT_RESULT_H
#define WEIR_EVENT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "event/batch.h"
#include "event/position.h"
#include "event/room.h"

enum result_lane {
    RESULT_SINK,
    RESULT_ERROR_SINK,
    RESULT_LANES,
};

struct result {
    struct position position;
    enum verdict verdict;
    /* Bytes of its line (newline included) in the lane of its verdict; 0 when it has none. */
    uint32_t line_len;
};

struct result_batch {
    struct result_pool *pool;
    /* Owned by the worker, then by the writer. */
    struct buffer lines[RESULT_LANES];
    struct result *results;
    size_t n_results;
    size_t results_capacity;
    /* When the oldest of its events was read, on the monotonic clock. */
    int64_t read_ns;
    /* A batch with a very large event stays out until its result is written; NULL otherwise. */
    struct batch *source;
    /* Charged to the room for this batch. Owned as the batch is. */
    size_t charged;
    /* Guarded by the pool's lock. */
    struct result_batch *next_free;
};

struct result_pool;

struct result_pool_options {
    size_t n_results;
    /* Lines of one batch that are not charged; a larger buffer shrinks on return. */
    size_t keep_bytes;
    /* What may be charged at once. */
    size_t room_bytes;
};

/* Returns 0 or -ENOMEM. */
int result_pool_new(const struct result_pool_options *options, struct result_pool **ret_pool);
void result_pool_free(struct result_pool *pool);

/* The room that its batches are charged to, for others to be charged to, too. Lives as long as the pool. */
struct room *result_pool_room(struct result_pool *pool);

/* Takes an empty one; waits while none is free. Thread: worker. */
struct result_batch *result_pool_take(struct result_pool *pool);

/* The same; NULL while none is free. */
struct result_batch *result_pool_try_take(struct result_pool *pool);

/* Gives one back, and drops its source batch. Thread: writer. */
void result_pool_put(struct result_pool *pool, struct result_batch *batch);

/*
 * Charges an event that is expected to take len bytes, its lines included. False where there is no room
 * for it; nothing is charged then. Thread: worker, the owner.
 */
bool result_batch_charge(struct result_batch *batch, size_t len);

/* The same for an empty batch; waits for room. */
void result_batch_charge_wait(struct result_batch *batch, size_t len);

/* The event is done: from now on the batch is charged with what its lines take beyond keep_bytes. */
void result_batch_settle(struct result_batch *batch);

/* Appends a result. Returns 0 or -ENOMEM. Thread: the owner. */
int result_batch_add(struct result_batch *batch, const struct position *position,
                     enum verdict verdict, size_t line_len);

#endif
