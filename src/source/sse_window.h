/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last events of one topic-partition, in the order in which they were read: which they were, where
 * they stood, when they were made. From it come the event before a watermark (the one that a resume
 * asks for again) and, after a resume by time, the answer to "was this one done already?".
 *
 * Bounded: beyond its capacity the oldest are forgotten. Pure; one owner, or its owner's lock.
 */
#ifndef WEIR_SOURCE_SSE_WINDOW_H
#define WEIR_SOURCE_SSE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instead of an index of the partition table: done before this process began. */
#define SSE_WINDOW_DONE UINT32_MAX

struct sse_record {
    /* Hash of meta.id. */
    uint64_t id;
    int64_t offset;
    /* Of the message, milliseconds since 1970. */
    int64_t time_ms;
    /* Index of the partition table, or SSE_WINDOW_DONE. */
    uint32_t partition;
};

/* Zero-initialised is empty and valid; capacity is set by sse_window_limit(). */
struct sse_window {
    /* A ring: n records from first. */
    struct sse_record *records;
    size_t allocated;
    size_t first;
    size_t n;
    size_t limit;
    /* Records were forgotten for want of room. */
    bool has_overflowed;
    /* Ids that are looked up, an open table of a power of two; 0 is an empty place. */
    uint64_t *seen;
    size_t seen_capacity;
};

void sse_window_deinit(struct sse_window *window);

/* Sets how many records are kept at most; the oldest above it are forgotten. */
void sse_window_limit(struct sse_window *window, size_t limit);

/* The i-th oldest record, i < n. */
static inline struct sse_record *sse_window_at(const struct sse_window *window, size_t i)
{
    return &window->records[(window->first + i) & (window->allocated - 1)];
}

/* Adds the newest record. Returns 0 or -ENOMEM. */
int sse_window_add(struct sse_window *window, const struct sse_record *record);

/* Forgets the n oldest. */
void sse_window_forget(struct sse_window *window, size_t n);

/*
 * The newest record of a partition of the table whose offset is below end, or NULL. Its offsets ascend,
 * so it is looked for from the newest back.
 */
const struct sse_record *sse_window_before(const struct sse_window *window, uint32_t partition,
                                           int64_t end);

/* The latest time of any record, -1 when empty. */
int64_t sse_window_newest_ms(const struct sse_window *window);

/* From now on sse_window_has_seen() knows the records that are there. Returns 0 or -ENOMEM. */
int sse_window_begin_lookup(struct sse_window *window);
bool sse_window_has_seen(const struct sse_window *window, uint64_t id);
void sse_window_end_lookup(struct sse_window *window);

#endif
