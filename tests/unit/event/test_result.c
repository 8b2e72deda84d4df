/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of result batches, and its room. */
#include "event/result.h"

#include <stdatomic.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "base/thread.h"

enum { KEEP = 1000, ROOM = 10000 };

static struct result_pool *new_pool(size_t n_results)
{
    struct result_pool_options options = { n_results, KEEP, ROOM };
    struct result_pool *pool;
    CU_ASSERT_EQUAL_FATAL(result_pool_new(&options, &pool), 0);
    return pool;
}

static void fill(struct result_batch *batch, enum result_lane lane, size_t len)
{
    struct buffer *lines = &batch->lines[lane];
    if (len == 0) {
        return;
    }
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(lines, len), 0);
    memset(lines->data + lines->len, 'x', len);
    lines->len += len;
}

static void test_a_batch_comes_back_empty(void)
{
    struct result_pool *pool = new_pool(1);
    struct result_batch *batch = result_pool_take(pool);
    struct position position = { 0 };
    fill(batch, RESULT_SINK, 10);
    fill(batch, RESULT_ERROR_SINK, 5 * KEEP);
    CU_ASSERT_EQUAL(result_batch_add(batch, &position, VERDICT_DELIVER, 10), 0);
    result_pool_put(pool, batch);
    CU_ASSERT_PTR_EQUAL(result_pool_take(pool), batch);
    CU_ASSERT_EQUAL(batch->n_results, 0);
    CU_ASSERT_EQUAL(batch->lines[RESULT_SINK].len, 0);
    CU_ASSERT_EQUAL(batch->lines[RESULT_ERROR_SINK].len, 0);
    CU_ASSERT(batch->lines[RESULT_ERROR_SINK].capacity <= KEEP);
    result_pool_put(pool, batch);
    result_pool_free(pool);
}

/* Each row: what two batches hold, what each asks for, and whether the second one gets it. */
static void test_room_is_shared(void)
{
    static const struct {
        size_t first_need;
        size_t second_lines;
        size_t second_need;
        bool is_granted;
    } rows[] = {
        /* What batches keep is paid for: no room is asked for. */
        { ROOM, 0, KEEP, true },
        { ROOM, KEEP - 10, 10, true },
        { ROOM, KEEP - 10, 11, false },
        { ROOM, 0, KEEP + 1, false },
        { KEEP, 0, 100 * ROOM, true },
        { KEEP + 1, 0, ROOM - KEEP - 1, true },
        { KEEP + 1, 0, ROOM - KEEP, false },
        { KEEP + 1, 500, ROOM - KEEP - 501, true },
        { KEEP + 1, 500, ROOM - KEEP - 500, false },
        /* More than there is goes out to one alone, and then nothing more. */
        { 100 * ROOM, 0, KEEP + 1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct result_pool *pool = new_pool(2);
        struct result_batch *first = result_pool_take(pool);
        struct result_batch *second = result_pool_take(pool);
        CU_ASSERT_TRUE(result_batch_charge(first, rows[i].first_need));
        fill(second, RESULT_ERROR_SINK, rows[i].second_lines);
        CU_ASSERT_EQUAL(result_batch_charge(second, rows[i].second_need), rows[i].is_granted);
        result_pool_put(pool, first);
        CU_ASSERT_TRUE(result_batch_charge(second, rows[i].second_need));
        result_pool_put(pool, second);
        result_pool_free(pool);
    }
}

static void test_a_settled_batch_pays_for_its_lines_alone(void)
{
    struct result_pool *pool = new_pool(2);
    struct result_batch *first = result_pool_take(pool);
    struct result_batch *second = result_pool_take(pool);
    CU_ASSERT_TRUE(result_batch_charge(first, ROOM));
    fill(first, RESULT_SINK, KEEP);
    result_batch_settle(first);
    CU_ASSERT_EQUAL(first->charged, 0);
    CU_ASSERT_TRUE(result_batch_charge(first, ROOM - KEEP));
    fill(first, RESULT_ERROR_SINK, 4000);
    result_batch_settle(first);
    CU_ASSERT_EQUAL(first->charged, KEEP + 4000);
    CU_ASSERT_FALSE(result_batch_charge(second, ROOM - KEEP - 4000 + 1));
    CU_ASSERT_TRUE(result_batch_charge(second, ROOM - KEEP - 4000));
    result_pool_put(pool, first);
    result_pool_put(pool, second);
    result_pool_free(pool);
}

struct waiter {
    struct result_pool *pool;
    struct result_batch *batch;
    atomic_bool has_room;
};

static void *wait_for_room(void *argument)
{
    struct waiter *waiter = argument;
    result_batch_charge_wait(waiter->batch, 5 * ROOM);
    atomic_store_explicit(&waiter->has_room, true, memory_order_release);
    return NULL;
}

static void test_who_waits_gets_room_when_all_is_written(void)
{
    struct result_pool *pool = new_pool(3);
    struct result_batch *first = result_pool_take(pool);
    struct result_batch *second = result_pool_take(pool);
    struct waiter waiter = { .pool = pool, .batch = result_pool_take(pool) };
    CU_ASSERT_TRUE(result_batch_charge(first, ROOM / 2));
    CU_ASSERT_TRUE(result_batch_charge(second, ROOM / 2));
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(thread_start(&thread, "waiter", wait_for_room, &waiter), 0);
    result_pool_put(pool, first);
    /* The second one is still charged: nobody can have been let through. */
    CU_ASSERT_FALSE(atomic_load_explicit(&waiter.has_room, memory_order_acquire));
    result_pool_put(pool, second);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_TRUE(atomic_load_explicit(&waiter.has_room, memory_order_acquire));
    CU_ASSERT_EQUAL(waiter.batch->charged, 5 * ROOM);
    result_pool_put(pool, waiter.batch);
    result_pool_free(pool);
}

static const struct test_case cases[] = {
    { "a batch comes back empty", test_a_batch_comes_back_empty },
    { "room is shared", test_room_is_shared },
    { "a settled batch pays for its lines alone", test_a_settled_batch_pays_for_its_lines_alone },
    { "who waits gets room when all is written", test_who_waits_gets_room_when_all_is_written },
};

CUNIT_MAIN("event/result", cases)
