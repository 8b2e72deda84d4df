/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of done events above a gap, sorted by sequence number: the ledger's memory for one partition.
 *
 * A gap buffer. Workers finish their share in order, so one done event nearly always lies just behind
 * the one before it; the free space is kept there, and adding moves only the few runs between. A jump
 * (the next worker's share) moves the runs it jumps over, once. Memory follows the number of runs, not
 * the distance between the oldest and the newest event.
 *
 * Pure. One owner.
 */
#ifndef WEIR_CHECKPOINT_RUNS_H
#define WEIR_CHECKPOINT_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/position.h"

/* Events with sequence numbers [first, end), all done, and the offsets they cover. */
struct run {
    uint64_t first;
    uint64_t end;
    int64_t offset;
    int64_t end_offset;
};

/* Zero-initialised is empty and valid. */
struct runs {
    struct run *items;
    size_t capacity;
    /* Runs lie in [head, gap_begin) and [gap_end, capacity); the latter are the higher ones. */
    size_t head;
    size_t gap_begin;
    size_t gap_end;
};

static inline size_t runs_count(const struct runs *runs)
{
    return runs->gap_begin - runs->head + runs->capacity - runs->gap_end;
}

/* The i-th run in order, i < runs_count(). */
static inline const struct run *runs_at(const struct runs *runs, size_t i)
{
    size_t n_low = runs->gap_begin - runs->head;
    return i < n_low ? &runs->items[runs->head + i] : &runs->items[runs->gap_end + i - n_low];
}

/*
 * Adds one event that is in no run yet (require), and merges what touches. Returns 0, RUNS_RENUMBERED,
 * or -ENOMEM (nothing was changed).
 */
int runs_add(struct runs *runs, const struct position *position);

/*
 * Outcome: the event's offset lies below that of an event before it, so the source has begun to number
 * anew. The older offsets of the run mean nothing any more and are forgotten: better done twice than
 * never.
 */
enum { RUNS_RENUMBERED = 1 };

/* Takes the lowest run out if it begins at sequence. Returns whether there was one. */
bool runs_take_first(struct runs *runs, uint64_t sequence, struct run *ret_run);

/* Frees the memory; empty and usable again. */
void runs_deinit(struct runs *runs);

#endif
