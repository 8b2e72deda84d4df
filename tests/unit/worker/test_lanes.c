/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/lanes.h"

#include <stdlib.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/error.h"

DEFINE_AUTO(lanes, lanes_free)

static void test_one_key_waits_and_another_passes(void)
{
    AUTO(lanes) lanes = NULL;
    struct lane_entry a1 = { .key = 1 };
    struct lane_entry a2 = { .key = 1 };
    struct lane_entry a3 = { .key = 1 };
    struct lane_entry b1 = { .key = 2 };
    CU_ASSERT_EQUAL_FATAL(lanes_new(4, &lanes), 0);
    CU_ASSERT(lanes_enter(lanes, &a1));
    CU_ASSERT(!lanes_enter(lanes, &a2));
    CU_ASSERT(lanes_enter(lanes, &b1));
    CU_ASSERT(!lanes_enter(lanes, &a3));
    CU_ASSERT_EQUAL(lanes_n_lanes(lanes), 2);
    CU_ASSERT_EQUAL(lanes_n_entries(lanes), 4);
    CU_ASSERT_PTR_NULL(lanes_leave(lanes, &b1));
    CU_ASSERT_PTR_EQUAL(lanes_leave(lanes, &a1), &a2);
    /* One that was worked on may come again, at the end. */
    CU_ASSERT(!lanes_enter(lanes, &a1));
    CU_ASSERT_PTR_EQUAL(lanes_leave(lanes, &a2), &a3);
    CU_ASSERT_PTR_EQUAL(lanes_leave(lanes, &a3), &a1);
    CU_ASSERT_PTR_NULL(lanes_leave(lanes, &a1));
    CU_ASSERT_EQUAL(lanes_n_lanes(lanes), 0);
    CU_ASSERT(lanes_enter(lanes, &a2));
    CU_ASSERT_PTR_NULL(lanes_leave(lanes, &a2));
}

enum { N_KEYS = 300, N_ENTRIES = 2000, N_STEPS = 200000 };

/* The same with a queue a key, as rings of indices. */
struct model {
    struct {
        size_t entries[N_ENTRIES];
        size_t start;
        size_t n;
    } queues[N_KEYS];
    size_t n_busy;
    size_t n_entries;
};

static size_t model_first(const struct model *model, size_t key)
{
    return model->queues[key].entries[model->queues[key].start];
}

static bool model_enter(struct model *model, size_t key, size_t entry)
{
    size_t end = (model->queues[key].start + model->queues[key].n++) % N_ENTRIES;
    model->queues[key].entries[end] = entry;
    model->n_entries++;
    model->n_busy += model->queues[key].n == 1;
    return model->queues[key].n == 1;
}

static void model_leave(struct model *model, size_t key)
{
    model->queues[key].start = (model->queues[key].start + 1) % N_ENTRIES;
    model->n_entries--;
    model->n_busy -= --model->queues[key].n == 0;
}

/* Takes the first entry of a key out of both, and sees that they go on with the same. */
static void leave_both(struct lanes *lanes, struct model *model, struct lane_entry *entries,
                       size_t key, size_t *free_entries, size_t *n_free)
{
    size_t first = model_first(model, key);
    struct lane_entry *next = lanes_leave(lanes, &entries[first]);
    model_leave(model, key);
    bool has_next = model->queues[key].n > 0;
    require(next == (has_next ? &entries[model_first(model, key)] : NULL));
    free_entries[(*n_free)++] = first;
}

/* Many keys in few slots, some numbers in a row, some that differ in their high bits alone. */
static void run_model(size_t max_entries)
{
    AUTO(lanes) lanes = NULL;
    AUTO_FREE struct model *model = calloc(1, sizeof(*model));
    AUTO_FREE struct lane_entry *entries = calloc(N_ENTRIES, sizeof(*entries));
    AUTO_FREE size_t *free_entries = calloc(N_ENTRIES, sizeof(*free_entries));
    size_t n_free = 0;
    struct random random = { max_entries };
    require(model != NULL && entries != NULL && free_entries != NULL);
    CU_ASSERT_EQUAL_FATAL(lanes_new(max_entries, &lanes), 0);
    while (n_free < N_ENTRIES) {
        free_entries[n_free] = n_free;
        n_free++;
    }
    for (int step = 0; step < N_STEPS || n_free < N_ENTRIES; step++) {
        size_t key = random_below(&random, N_KEYS);
        bool enters = step < N_STEPS && n_free > 0 && random_below(&random, 2) == 0;
        if (enters) {
            size_t entry = free_entries[--n_free];
            entries[entry].key = key % 2 == 0 ? key : (uint64_t)key << 40;
            require(lanes_enter(lanes, &entries[entry]) == model_enter(model, key, entry));
        } else if (model->queues[key].n > 0) {
            leave_both(lanes, model, entries, key, free_entries, &n_free);
        }
        require(lanes_n_lanes(lanes) == model->n_busy);
        require(lanes_n_entries(lanes) == model->n_entries);
    }
    CU_ASSERT_EQUAL(lanes_n_lanes(lanes), 0);
}

static void test_like_a_queue_for_each_key(void)
{
    run_model(1);
    run_model(N_ENTRIES);
}

static const struct test_case cases[] = {
    { "one key waits and another passes", test_one_key_waits_and_another_passes },
    { "like a queue for each key", test_like_a_queue_for_each_key },
};

CUNIT_MAIN("worker/lanes", cases)
