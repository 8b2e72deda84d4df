/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine asks of every connector that reads.
 *
 * Life: new (by the connector's own function) -> restore, or begin -> read ... read -> close. read runs
 * in the source thread only; save and committed run in the writer thread, beside read; interrupt may
 * come from any thread or signal handler.
 */
#ifndef WEIR_SOURCE_SOURCE_H
#define WEIR_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "checkpoint/ledger.h"
#include "checkpoint/partition.h"
#include "event/batch.h"

/* Outcomes of source_read(). */
enum {
    /* The batch holds what was there; it may hold nothing (idle, or interrupted). */
    SOURCE_MORE = 0,
    /* The batch holds what was left (maybe nothing), and nothing will follow. */
    SOURCE_END = 1,
};

struct source;

struct source_ops {
    /* "file", "sse", "kafka". */
    const char *connector;

    /*
     * Fills an empty batch: appends bytes, batch_add()s events with position (partition, sequence
     * from 0, offset, next_offset), kind and, for faulty ones, type and message; the index of a
     * document where the source has it (not in a batch above twice batch_max_bytes). Sets
     * batch->read_ns at its first event. Returns as soon as the batch is full (max_events or
     * max_bytes), or it holds an event and the next read would block, or linger has passed since its
     * first event, or nothing came for a second, or source_interrupt() was called.
     * Offsets below the partition's restored watermark are not given out; those in a restored done
     * range are given out as BATCH_EVENT_SKIPPED.
     * Returns SOURCE_MORE, SOURCE_END, or -errno with problem filled (the pipeline stops).
     * Blocks: yes. Thread: source.
     */
    int (*read)(struct source *source, struct batch *batch, struct problem *problem);

    /* Makes a blocked read return, now or the next time. Async-signal-safe. Thread: any. */
    void (*interrupt)(struct source *source);

    /*
     * Continues from a checkpoint: partitions as they were stored and the bytes that save() wrote.
     * Called at most once, before the first read. Returns 0, or -errno with problem filled (what is
     * stored does not fit what is there: exit code 65 or 78).
     */
    int (*restore)(struct source *source, const struct ledger_snapshot *snapshot, const void *state,
                   size_t state_len, struct problem *problem);

    /*
     * Appends what the source itself must remember to go on from snapshot. May be NULL.
     * Returns 0 or -errno. Thread: writer.
     */
    int (*save)(struct source *source, const struct ledger_snapshot *snapshot,
                struct buffer *ret_state);

    /* The snapshot is durable: commit, trim. May be NULL. Thread: writer. */
    void (*committed)(struct source *source, const struct ledger_snapshot *snapshot);

    /* How much there is, for a progress bar: bytes read and in all (-1: no end). Thread: any. */
    void (*progress)(struct source *source, int64_t *ret_done, int64_t *ret_total);

    void (*close)(struct source *source);
};

/* First member of every connector's own struct. */
struct source {
    const struct source_ops *ops;
    /* What must be the same at a restart: "sse http://host/path". Fixed after start. */
    char *identity;
    /* Why what was read cannot be read again (logged at start), or NULL when it can. Fixed. */
    const char *not_replayable;
};

/* What every connector is given. Pointers are lent for the source's life. */
struct source_options {
    struct partition_table *partitions;
    const struct clock *clock;
    size_t batch_max_events;
    size_t batch_max_bytes;
    int64_t linger_ns;
    size_t max_event_size;
    /* Memory for events beyond batch_max_bytes is charged here. */
    struct budget *budget;
};

#endif
