/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of the source thread: takes a batch from the pool, lets the source fill it, indexes each
 * event's tokens, finds its key, and gives every worker its slices.
 *
 * It is the only thread that blocks on a full queue: on the pool of batches, on a worker's queue, and on
 * the ledger's window.
 */
#ifndef WEIR_SOURCE_READER_H
#define WEIR_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "checkpoint/partition.h"
#include "event/accounting.h"
#include "event/batch.h"
#include "event/queue.h"
#include "route/router.h"
#include "source/source.h"

enum reader_ordering {
    /* All events of a key go to one worker. */
    READER_BY_KEY,
    /* All events of a source partition go to one worker. */
    READER_BY_PARTITION,
    /* Events are spread evenly, in runs. */
    READER_UNORDERED,
};

struct reader_options {
    struct source *source;
    struct batch_pool *pool;
    struct partition_table *partitions;
    const struct router *router;
    /* One queue of struct work a worker. */
    struct queue *const *workers;
    size_t n_workers;
    enum reader_ordering ordering;
    /* Events the watermark may lie behind the newest. */
    uint64_t ledger_window;
    /* A batch above it travels alone (event/result.h). */
    size_t batch_bytes;
    /* Stop after so many events; 0: no limit. */
    uint64_t limit;
    struct accounting *accounting;
};

struct reader;

/* Copies options; what they point to must outlive the reader. Returns 0 or -errno. */
int reader_new(const struct reader_options *options, struct reader **ret_reader);
void reader_free(struct reader *reader);

/*
 * Reads until the source ends, the limit is reached, or reader_stop(). Returns 0, or -errno with
 * problem filled. The workers' queues stay open. Thread: source. Blocks: yes.
 */
int reader_run(struct reader *reader, struct problem *problem);

/* Makes reader_run() return soon. Async-signal-safe: no. Thread: any. */
void reader_stop(struct reader *reader);

#endif
