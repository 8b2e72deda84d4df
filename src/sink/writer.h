/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of the writer thread: takes result batches, writes their lines to the sinks, tells the
 * ledger, counts, and takes checkpoints between groups. It is the only thread that touches a sink, the
 * ledger or the checkpoint.
 *
 * A full disk makes it wait and try again; the queue behind it fills, and so the pipeline waits. What
 * it cannot get over (an I/O error, the first bad event where no error sink is set) ends the job:
 * what follows is given back, not written.
 */
#ifndef WEIR_SINK_WRITER_H
#define WEIR_SINK_WRITER_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"
#include "checkpoint/ledger.h"
#include "event/accounting.h"
#include "event/queue.h"
#include "event/result.h"
#include "sink/checkpointer.h"
#include "sink/sink.h"

struct writer_options {
    /* Of struct result_batch, from the workers. */
    struct queue *input;
    struct result_pool *results;
    /* sinks[RESULT_ERROR_SINK] is NULL where there is none. */
    struct sink *sinks[RESULT_LANES];
    struct ledger *ledger;
    struct checkpointer *checkpointer;
    int64_t checkpoint_interval_ns;
    const struct clock *clock;
    struct accounting *accounting;
    /* Called once, from the writer thread, when the job cannot go on: stop the reader. */
    void (*failed)(void *context);
    void *context;
};

struct writer;

/* Copies options. Returns 0 or -errno. */
int writer_new(const struct writer_options *options, struct writer **ret_writer);
void writer_free(struct writer *writer);

/*
 * Writes until the queue is closed and empty, then takes the last checkpoint. Returns 0, or -errno with
 * problem filled. Thread: writer. Blocks: yes.
 */
int writer_run(struct writer *writer, struct problem *problem);

/* Gives up waiting for a full disk: what is not written is given back. Thread: any. */
void writer_give_up(struct writer *writer);

/* When the newest checkpoint was taken, on the monotonic clock; 0: none yet. Thread: any. */
int64_t writer_checkpoint_ns(struct writer *writer);

/*
 * Time from reading an event to when the sink had accepted it (delivery), and to when that was durable
 * (latency), in ns. Read them after the thread has ended.
 */
const struct histogram *writer_delivery(const struct writer *writer);
const struct histogram *writer_latency(const struct writer *writer);

#endif
