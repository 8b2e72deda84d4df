/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order per key. A lane is the FIFO of the events of one key that a worker has under way: the first of
 * it is worked on, the others wait, and events of other keys pass. A lane is there only while an event is
 * in it. What the key is made of is the caller's: two keys of one number share a lane, which costs time
 * and no order.
 *
 * Pure: nothing is allocated but in lanes_new(). Thread: one.
 */
#ifndef WEIR_WORKER_LANES_H
#define WEIR_WORKER_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of what waits. The caller sets key; the rest belongs to the lanes while it is in one. */
struct lane_entry {
    uint64_t key;
    /* Behind it in its lane. */
    struct lane_entry *next;
    /* Of the first of a lane: the last one, and the first of another lane of the same slot. */
    struct lane_entry *last;
    struct lane_entry *other;
};

struct lanes;

/* For about max_entries at once; more are slower, not wrong. Returns 0 or -ENOMEM. */
int lanes_new(size_t max_entries, struct lanes **ret_lanes);
/* Takes NULL. No entry may be in a lane. */
void lanes_free(struct lanes *lanes);

/* Puts an entry at the end of its lane. True: it is the first, and its work may begin. */
bool lanes_enter(struct lanes *lanes, struct lane_entry *entry);

/*
 * Takes the first entry of a lane out, its work being done. Returns the one that is first now, whose work
 * may begin; NULL where there is none.
 */
struct lane_entry *lanes_leave(struct lanes *lanes, struct lane_entry *entry);

size_t lanes_n_lanes(const struct lanes *lanes);
/* In all lanes together. */
size_t lanes_n_entries(const struct lanes *lanes);

#endif
