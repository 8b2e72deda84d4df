/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/partition.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "base/thread.h"

static void test_names_are_unique_and_starts_stay(void)
{
    struct partition_table *table;
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    struct offset_range ranges[] = { { 10, 20 }, { 30, 40 } };
    char name[32];
    uint32_t partition = 0;
    const struct partition_state *first = NULL;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "partition-%d", i);
        struct partition_state state = { name, i, ranges, i % 2 == 0 ? 2 : 0 };
        CU_ASSERT_EQUAL_FATAL(partition_table_add(table, &state, &partition), 0);
        CU_ASSERT_EQUAL(partition, (uint32_t)i);
        first = i == 0 ? partition_table_start(table, 0) : first;
    }
    struct partition_state again = { .name = name };
    partition = 12345;
    CU_ASSERT_EQUAL(partition_table_add(table, &again, &partition), -EEXIST);
    CU_ASSERT_EQUAL(partition, 12345);
    CU_ASSERT_EQUAL(partition_table_count(table), 1000);
    CU_ASSERT_PTR_EQUAL(partition_table_start(table, 0), first);
    CU_ASSERT_STRING_EQUAL(first->name, "partition-0");
    CU_ASSERT_EQUAL(first->n_ranges, 2);
    CU_ASSERT_EQUAL(first->ranges[1].end, 40);
    partition_table_free(table);
}

static void test_done_offsets_are_found(void)
{
    struct offset_range ranges[] = { { 10, 20 }, { 30, 31 }, { 40, 50 } };
    struct partition_state state = { .ranges = ranges, .n_ranges = 3 };
    struct partition_state none = { 0 };
    static const struct {
        int64_t offset;
        int expected;
    } cases[] = { { 9, 0 },  { 10, 1 }, { 19, 1 }, { 20, 0 }, { 30, 1 }, { 31, 0 },
                  { 39, 0 }, { 40, 1 }, { 49, 1 }, { 50, 0 }, { -1, 0 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT_EQUAL(partition_state_has_done(&state, cases[i].offset), cases[i].expected);
        CU_ASSERT_EQUAL(partition_state_has_done(&none, cases[i].offset), 0);
    }
}

struct waiter {
    struct partition_table *table;
    uint64_t sequence;
    int outcome;
};

static void *wait_entry(void *argument)
{
    struct waiter *waiter = argument;
    waiter->outcome = partition_table_wait(waiter->table, 0, waiter->sequence, 10);
    return NULL;
}

/* The waiter may come before or after the call that lets it go: both must end. */
static void test_a_waiting_reader_is_let_go(void)
{
    struct partition_table *table;
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    struct partition_state state = { .name = (char *)"a" };
    uint32_t partition;
    CU_ASSERT_EQUAL_FATAL(partition_table_add(table, &state, &partition), 0);
    for (uint64_t i = 1; i <= 100; i++) {
        struct waiter waiter = { table, 9 + i, -1 };
        pthread_t thread;
        CU_ASSERT_EQUAL_FATAL(thread_start(&thread, "reader", wait_entry, &waiter), 0);
        partition_table_publish(table, partition, i);
        pthread_join(thread, NULL);
        CU_ASSERT_EQUAL(waiter.outcome, 0);
    }
    struct waiter waiter = { table, 1000, -1 };
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(thread_start(&thread, "reader", wait_entry, &waiter), 0);
    partition_table_stop(table);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(waiter.outcome, 1);
    partition_table_free(table);
}

static const struct test_case cases[] = {
    { "names are unique, start states stay", test_names_are_unique_and_starts_stay },
    { "done offsets are found", test_done_offsets_are_found },
    { "a waiting reader is let go", test_a_waiting_reader_is_let_go },
};

CUNIT_MAIN("checkpoint/partition", cases)
