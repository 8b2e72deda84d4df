/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* An emptied buffer above KEEP runs gives its memory back. */
enum { SMALLEST = 16, KEEP = 8192 };

/* The number of the n sorted items that begin below sequence. */
static size_t count_below(const struct run *items, size_t n, uint64_t sequence)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        if (items[middle].first < sequence) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return low;
}

/* Moves the free space to where sequence belongs. */
static void move_gap(struct runs *runs, uint64_t sequence)
{
    size_t n_low = runs->gap_begin - runs->head;
    size_t n_high = runs->capacity - runs->gap_end;
    if (n_low > 0 && runs->items[runs->gap_begin - 1].first > sequence) {
        size_t n = n_low - count_below(runs->items + runs->head, n_low, sequence);
        runs->gap_begin -= n;
        runs->gap_end -= n;
        memmove(runs->items + runs->gap_end, runs->items + runs->gap_begin,
                n * sizeof(*runs->items));
        return;
    }
    if (n_high > 0 && runs->items[runs->gap_end].first < sequence) {
        size_t n = count_below(runs->items + runs->gap_end, n_high, sequence);
        memmove(runs->items + runs->gap_begin, runs->items + runs->gap_end,
                n * sizeof(*runs->items));
        runs->gap_begin += n;
        runs->gap_end += n;
    }
}

static int grow(struct runs *runs)
{
    size_t n_low = runs->gap_begin - runs->head;
    size_t n_high = runs->capacity - runs->gap_end;
    size_t capacity = runs->capacity == 0 ? SMALLEST : runs->capacity * 2;
    struct run *items = malloc(capacity * sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    if (runs->items != NULL) {
        memcpy(items, runs->items + runs->head, n_low * sizeof(*items));
        memcpy(items + capacity - n_high, runs->items + runs->gap_end, n_high * sizeof(*items));
    }
    free(runs->items);
    *runs = (struct runs){
        .items = items,
        .capacity = capacity,
        .gap_begin = n_low,
        .gap_end = capacity - n_high,
    };
    return 0;
}

/* Makes sure that one more run fits between gap_begin and gap_end. */
static int make_room(struct runs *runs)
{
    if (runs->gap_begin < runs->gap_end) {
        return 0;
    }
    /* Room that was taken out at the front is used again, once it is worth the move. */
    if (runs->head > runs->capacity / 4) {
        size_t n_low = runs->gap_begin - runs->head;
        memmove(runs->items, runs->items + runs->head, n_low * sizeof(*runs->items));
        runs->head = 0;
        runs->gap_begin = n_low;
        return 0;
    }
    return grow(runs);
}

/* Puts high's offsets behind low's. */
static int join(struct run *low, const struct run *high)
{
    bool is_renumbered = high->offset < low->end_offset;
    low->end = high->end;
    if (is_renumbered) {
        low->offset = high->offset;
    }
    low->end_offset = high->end_offset;
    return is_renumbered ? RUNS_RENUMBERED : 0;
}

/* Merges the run below the gap with the first one above it, if they touch. */
static int join_over_gap(struct runs *runs)
{
    struct run *low = &runs->items[runs->gap_begin - 1];
    if (runs->gap_end == runs->capacity || runs->items[runs->gap_end].first != low->end) {
        return 0;
    }
    return join(low, &runs->items[runs->gap_end++]);
}

int runs_add(struct runs *runs, const struct position *position)
{
    uint64_t sequence = position->sequence;
    struct run added = { sequence, sequence + 1, position->offset, position->next_offset };
    move_gap(runs, sequence);
    struct run *low = runs->gap_begin > runs->head ? &runs->items[runs->gap_begin - 1] : NULL;
    require(low == NULL || low->end <= sequence);
    require(runs->gap_end == runs->capacity || runs->items[runs->gap_end].first > sequence);
    int renumbered = 0;
    if (low != NULL && low->end == sequence) {
        renumbered = join(low, &added);
    } else {
        int r = make_room(runs);
        if (r < 0) {
            return r;
        }
        runs->items[runs->gap_begin++] = added;
    }
    return join_over_gap(runs) | renumbered;
}

bool runs_take_first(struct runs *runs, uint64_t sequence, struct run *ret_run)
{
    bool is_low = runs->gap_begin > runs->head;
    size_t first = is_low ? runs->head : runs->gap_end;
    if ((!is_low && first == runs->capacity) || runs->items[first].first != sequence) {
        return false;
    }
    *ret_run = runs->items[first];
    if (is_low) {
        runs->head++;
    } else {
        runs->gap_end++;
    }
    if (runs_count(runs) == 0 && runs->capacity > KEEP) {
        runs_deinit(runs);
    } else if (runs->head == runs->gap_begin) {
        runs->head = 0;
        runs->gap_begin = 0;
    }
    return true;
}

void runs_deinit(struct runs *runs)
{
    free(runs->items);
    *runs = (struct runs){ 0 };
}
