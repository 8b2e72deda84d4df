/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NDJSON: cuts the bytes of a file into the events of batches.
 *
 * The caller reads straight into batch->bytes; lines_cut() adds a slice for each whole line. What
 * is left behind the last newline goes to the next batch. A line above the limit is thrown away as it
 * comes and becomes one faulty event. Pure but for memory. One owner.
 */
#ifndef WEIR_SOURCE_LINES_H
#define WEIR_SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "checkpoint/partition.h"
#include "event/batch.h"

struct lines {
    /* Where the lines belong; start names what was done before this process. Lent. */
    uint32_t partition;
    const struct partition_state *start;
    /* Of the next event. */
    uint64_t sequence;
    size_t max_event_size;
    /* Decompressed offset of the first byte of rest, or of batch->bytes between begin and end. */
    int64_t offset;
    /* Read, and not yet given out. */
    struct buffer rest;
    /* In batch->bytes: where the unfinished line begins, and up to where it holds no newline. */
    size_t line;
    size_t scanned;
    /* A line above max_event_size is passing by: where it began, how much of it has passed (without a
     * byte order mark), and whether that was blank. A CR stays behind: it may be the line's end. */
    bool is_skipping;
    int64_t skip_offset;
    int64_t skip_len;
    bool is_skip_blank;
    /* Where the last event ended: all that a finished file has to be done up to. */
    int64_t end;
    /* Bytes an event has on average, to read no more than a batch takes. */
    size_t mean;
};

/* Begins a file, or goes on with it from offset. Keeps memory. */
void lines_start(struct lines *lines, uint32_t partition, const struct partition_state *start,
                 int64_t offset);
void lines_deinit(struct lines *lines);

/* Moves what is left from the batch before into an empty batch. Returns 0 or -ENOMEM. */
int lines_begin(struct lines *lines, struct batch *batch);

/* Adds whole lines until the batch has max_events. Returns 0 or -ENOMEM. */
int lines_cut(struct lines *lines, struct batch *batch, size_t max_events);

/* The file has ended: its last line needs no newline. Returns 0 or -ENOMEM. */
int lines_finish(struct lines *lines, struct batch *batch);

/* Keeps what no event took for the next batch. Returns 0 or -ENOMEM. */
int lines_end(struct lines *lines, struct batch *batch);

/* Bytes of the unfinished line, after lines_cut(). */
size_t lines_unfinished(const struct lines *lines, const struct batch *batch);

#endif
