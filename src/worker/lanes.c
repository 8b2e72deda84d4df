/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/lanes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

struct lanes {
    /* Each a list of the first entries of lanes. A power of two of them. */
    struct lane_entry **slots;
    size_t n_slots;
    size_t n_lanes;
    size_t n_entries;
};

int lanes_new(size_t max_entries, struct lanes **ret_lanes)
{
    struct lanes *lanes = calloc(1, sizeof(*lanes));
    if (lanes == NULL) {
        return -ENOMEM;
    }
    lanes->n_slots = 16;
    while (lanes->n_slots < max_entries && lanes->n_slots <= SIZE_MAX / 4 / sizeof(*lanes->slots)) {
        lanes->n_slots *= 2;
    }
    lanes->slots = calloc(lanes->n_slots, sizeof(*lanes->slots));
    if (lanes->slots == NULL) {
        free(lanes);
        return -ENOMEM;
    }
    *ret_lanes = lanes;
    return 0;
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL) {
        return;
    }
    require(lanes->n_entries == 0);
    free(lanes->slots);
    free(lanes);
}

/* Where the first entry of a key is linked, or would be. Keys may be numbers in a row. */
static struct lane_entry **find_first(struct lanes *lanes, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);
    struct lane_entry **place = &lanes->slots[(mixed >> 32) & (lanes->n_slots - 1)];
    while (*place != NULL && (*place)->key != key) {
        place = &(*place)->other;
    }
    return place;
}

bool lanes_enter(struct lanes *lanes, struct lane_entry *entry)
{
    struct lane_entry **place = find_first(lanes, entry->key);
    struct lane_entry *first = *place;
    entry->next = NULL;
    entry->other = NULL;
    lanes->n_entries++;
    if (first != NULL) {
        first->last->next = entry;
        first->last = entry;
        return false;
    }
    entry->last = entry;
    *place = entry;
    lanes->n_lanes++;
    return true;
}

struct lane_entry *lanes_leave(struct lanes *lanes, struct lane_entry *entry)
{
    struct lane_entry **place = find_first(lanes, entry->key);
    struct lane_entry *next = entry->next;
    require(*place == entry);
    lanes->n_entries--;
    if (next == NULL) {
        *place = entry->other;
        lanes->n_lanes--;
        return NULL;
    }
    next->last = entry->last;
    next->other = entry->other;
    *place = next;
    return next;
}

size_t lanes_n_lanes(const struct lanes *lanes)
{
    return lanes->n_lanes;
}

size_t lanes_n_entries(const struct lanes *lanes)
{
    return lanes->n_entries;
}
