/* SPDX-License-Identifier: Apache-2.0 */
#include "source/sse_window.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

/* A power of two: positions wrap by a mask. */
enum { SMALLEST = 64 };

void sse_window_deinit(struct sse_window *window)
{
    free(window->records);
    free(window->seen);
    *window = (struct sse_window){ 0 };
}

void sse_window_forget(struct sse_window *window, size_t n)
{
    debug_assert(n <= window->n);
    window->n -= n;
    window->first = window->n == 0 ? 0 : (window->first + n) & (window->allocated - 1);
}

void sse_window_limit(struct sse_window *window, size_t limit)
{
    window->limit = limit;
    if (window->n > limit) {
        window->has_overflowed = true;
        sse_window_forget(window, window->n - limit);
    }
}

static int grow(struct sse_window *window)
{
    size_t allocated = window->allocated == 0 ? SMALLEST : 2 * window->allocated;
    struct sse_record *records = malloc(allocated * sizeof(*records));
    if (records == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < window->n; i++) {
        records[i] = *sse_window_at(window, i);
    }
    free(window->records);
    window->records = records;
    window->allocated = allocated;
    window->first = 0;
    return 0;
}

int sse_window_add(struct sse_window *window, const struct sse_record *record)
{
    require(window->limit > 0);
    if (window->n == window->limit) {
        window->has_overflowed = true;
        sse_window_forget(window, 1);
    }
    if (window->n == window->allocated) {
        int r = grow(window);
        if (r < 0) {
            return r;
        }
    }
    window->n++;
    *sse_window_at(window, window->n - 1) = *record;
    return 0;
}

const struct sse_record *sse_window_before(const struct sse_window *window, uint32_t partition,
                                           int64_t end)
{
    for (size_t i = window->n; i > 0; i--) {
        const struct sse_record *record = sse_window_at(window, i - 1);
        if (record->partition == partition && record->offset < end) {
            return record;
        }
    }
    return NULL;
}

int64_t sse_window_newest_ms(const struct sse_window *window)
{
    int64_t newest = -1;
    for (size_t i = 0; i < window->n; i++) {
        int64_t time_ms = sse_window_at(window, i)->time_ms;
        newest = time_ms > newest ? time_ms : newest;
    }
    return newest;
}

/* Where id is, or where it would be put. The ids are hashes already. */
static size_t seen_slot(const struct sse_window *window, uint64_t id)
{
    size_t slot = (size_t)id & (window->seen_capacity - 1);
    while (window->seen[slot] != 0 && window->seen[slot] != id) {
        slot = (slot + 1) & (window->seen_capacity - 1);
    }
    return slot;
}

/* 0 marks an empty place. */
static uint64_t seen_key(uint64_t id)
{
    return id == 0 ? 1 : id;
}

int sse_window_begin_lookup(struct sse_window *window)
{
    sse_window_end_lookup(window);
    size_t capacity = SMALLEST;
    while (capacity < 2 * window->n) {
        capacity *= 2;
    }
    window->seen = calloc(capacity, sizeof(*window->seen));
    if (window->seen == NULL) {
        return -ENOMEM;
    }
    window->seen_capacity = capacity;
    for (size_t i = 0; i < window->n; i++) {
        uint64_t key = seen_key(sse_window_at(window, i)->id);
        window->seen[seen_slot(window, key)] = key;
    }
    return 0;
}

bool sse_window_has_seen(const struct sse_window *window, uint64_t id)
{
    uint64_t key = seen_key(id);
    return window->seen != NULL && window->seen[seen_slot(window, key)] == key;
}

void sse_window_end_lookup(struct sse_window *window)
{
    free(window->seen);
    window->seen = NULL;
    window->seen_capacity = 0;
}
