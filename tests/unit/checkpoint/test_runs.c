/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/runs.h"

#include "../../support/cunit_main.h"

static int add(struct runs *runs, uint64_t sequence)
{
    struct position position = {
        .sequence = sequence,
        .offset = (int64_t)sequence * 10,
        .next_offset = (int64_t)sequence * 10 + 10,
    };
    return runs_add(runs, &position);
}

static void assert_run(const struct runs *runs, size_t i, uint64_t first, uint64_t end)
{
    CU_ASSERT_FATAL(i < runs_count(runs));
    CU_ASSERT_EQUAL(runs_at(runs, i)->first, first);
    CU_ASSERT_EQUAL(runs_at(runs, i)->end, end);
    CU_ASSERT_EQUAL(runs_at(runs, i)->offset, (int64_t)first * 10);
    CU_ASSERT_EQUAL(runs_at(runs, i)->end_offset, (int64_t)end * 10);
}

static void test_neighbours_merge(void)
{
    static const uint64_t order[] = { 5, 9, 7, 6, 3, 8 };
    struct runs runs = { 0 };
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        CU_ASSERT_EQUAL(add(&runs, order[i]), 0);
    }
    CU_ASSERT_EQUAL(runs_count(&runs), 2);
    assert_run(&runs, 0, 3, 4);
    assert_run(&runs, 1, 5, 10);
    runs_deinit(&runs);
}

static void test_first_is_taken_only_where_it_begins(void)
{
    struct runs runs = { 0 };
    struct run run;
    CU_ASSERT_FALSE(runs_take_first(&runs, 0, &run));
    CU_ASSERT_EQUAL(add(&runs, 4), 0);
    CU_ASSERT_EQUAL(add(&runs, 8), 0);
    CU_ASSERT_EQUAL(add(&runs, 2), 0);
    CU_ASSERT_FALSE(runs_take_first(&runs, 1, &run));
    CU_ASSERT_TRUE_FATAL(runs_take_first(&runs, 2, &run));
    CU_ASSERT_EQUAL(run.end, 3);
    CU_ASSERT_TRUE(runs_take_first(&runs, 4, &run));
    CU_ASSERT_TRUE(runs_take_first(&runs, 8, &run));
    CU_ASSERT_EQUAL(run.end_offset, 90);
    CU_ASSERT_EQUAL(runs_count(&runs), 0);
    runs_deinit(&runs);
}

/* What was taken out at the front makes room again: the memory follows the number of runs. */
static void test_memory_follows_the_number_of_runs(void)
{
    struct runs runs = { 0 };
    struct run run;
    for (uint64_t i = 0; i < 100000; i++) {
        CU_ASSERT_EQUAL_FATAL(add(&runs, i * 2), 0);
        if (i >= 40) {
            CU_ASSERT_TRUE_FATAL(runs_take_first(&runs, (i - 40) * 2, &run));
        }
    }
    CU_ASSERT_EQUAL(runs_count(&runs), 40);
    CU_ASSERT(runs.capacity <= 128);
    runs_deinit(&runs);
}

static void test_a_great_buffer_is_given_back(void)
{
    struct runs runs = { 0 };
    struct run run;
    for (uint64_t i = 0; i < 20000; i++) {
        CU_ASSERT_EQUAL_FATAL(add(&runs, i * 2), 0);
    }
    CU_ASSERT(runs.capacity >= 20000);
    for (uint64_t i = 0; i < 20000; i++) {
        CU_ASSERT_TRUE_FATAL(runs_take_first(&runs, i * 2, &run));
    }
    CU_ASSERT_PTR_NULL(runs.items);
    CU_ASSERT_EQUAL(add(&runs, 1), 0);
    assert_run(&runs, 0, 1, 2);
    runs_deinit(&runs);
}

static void test_offsets_that_go_back_are_an_outcome(void)
{
    struct runs runs = { 0 };
    struct position old = { .sequence = 1, .offset = 1000, .next_offset = 1001 };
    struct position new = { .sequence = 2, .offset = 10, .next_offset = 11 };
    CU_ASSERT_EQUAL(runs_add(&runs, &old), 0);
    CU_ASSERT_EQUAL(runs_add(&runs, &new), RUNS_RENUMBERED);
    CU_ASSERT_EQUAL_FATAL(runs_count(&runs), 1);
    CU_ASSERT_EQUAL(runs_at(&runs, 0)->first, 1);
    CU_ASSERT_EQUAL(runs_at(&runs, 0)->offset, 10);
    CU_ASSERT_EQUAL(runs_at(&runs, 0)->end_offset, 11);
    runs_deinit(&runs);
}

static const struct test_case cases[] = {
    { "neighbours merge", test_neighbours_merge },
    { "the first run is taken only where it begins", test_first_is_taken_only_where_it_begins },
    { "memory follows the number of runs", test_memory_follows_the_number_of_runs },
    { "a great buffer is given back", test_a_great_buffer_is_given_back },
    { "offsets that go back are an outcome", test_offsets_that_go_back_are_an_outcome },
};

CUNIT_MAIN("checkpoint/runs", cases)
