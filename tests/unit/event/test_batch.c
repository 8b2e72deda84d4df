/* SPDX-License-Identifier: Apache-2.0 */
#include "event/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

enum { BATCH_BYTES = 4096 };

static struct budget budget;

static struct batch_pool *open_pool(size_t n_batches)
{
    budget_init(&budget, 1 << 20);
    struct batch_pool_options options = { n_batches, BATCH_BYTES, &budget };
    struct batch_pool *pool = NULL;
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&options, &pool), 0);
    return pool;
}

static void fill(struct batch *batch, size_t n_events)
{
    for (size_t i = 0; i < n_events; i++) {
        size_t offset = batch->bytes.len;
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&batch->bytes, "{\"n\":%zu}\n", i), 0);
        struct batch_event *event = batch_add(batch, offset, batch->bytes.len - offset - 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(event);
        event->position.sequence = i;
    }
}

static void test_dispatch_keeps_order_and_loses_none(void)
{
    enum { EVENTS = 1000, WORKERS = 7 };
    struct batch_pool *pool = open_pool(1);
    struct batch *batch = batch_pool_take(pool);
    fill(batch, EVENTS);
    uint16_t worker_of[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        /* Worker 3 gets nothing. */
        worker_of[i] = (uint16_t)(i * i % WORKERS == 3 ? 0 : i * i % WORKERS);
    }
    int n_works = batch_dispatch(batch, worker_of, WORKERS);
    size_t n_seen = 0;
    int n_with_events = 0;
    for (size_t w = 0; w < WORKERS; w++) {
        const struct work *work = &batch->works[w];
        n_with_events += work->n_events > 0;
        for (size_t i = 0; i < work->n_events; i++) {
            CU_ASSERT_EQUAL(worker_of[work->events[i]], w);
            CU_ASSERT(i == 0 || work->events[i] > work->events[i - 1]);
            n_seen++;
        }
    }
    CU_ASSERT_EQUAL(n_seen, EVENTS);
    CU_ASSERT_EQUAL(n_works, n_with_events);
    for (int i = 0; i < n_works; i++) {
        CU_ASSERT_FALSE(batch_pool_is_whole(pool));
        batch_unref(batch);
    }
    CU_ASSERT_TRUE(batch_pool_is_whole(pool));
    batch_pool_free(pool);
}

static void test_returned_batch_is_empty_and_small(void)
{
    struct batch_pool *pool = open_pool(1);
    struct batch *batch = batch_pool_take(pool);
    fill(batch, 3);
    CU_ASSERT_EQUAL(buffer_reserve(&batch->bytes, 100 * BATCH_BYTES), 0);
    batch->charged = 100 * BATCH_BYTES;
    budget_charge(&budget, batch->charged);
    CU_ASSERT_EQUAL(batch_event_fault(batch, &batch->events[1], "ParseError", "why"), 0);
    CU_ASSERT_STRING_EQUAL(batch->events[1].fault_message, "why");
    batch_pool_put(pool, batch);
    batch = batch_pool_take(pool);
    CU_ASSERT_EQUAL(batch->n_events, 0);
    CU_ASSERT_EQUAL(batch->bytes.len, 0);
    CU_ASSERT(batch->bytes.capacity <= 2 * BATCH_BYTES);
    CU_ASSERT_EQUAL(budget_charged(&budget), 0);
    batch_pool_put(pool, batch);
    batch_pool_free(pool);
}

struct taker {
    struct batch_pool *pool;
    struct batch *batch;
};

static void *take(void *argument)
{
    struct taker *taker = argument;
    taker->batch = batch_pool_take(taker->pool);
    return NULL;
}

static void test_taker_waits_for_a_batch(void)
{
    struct batch_pool *pool = open_pool(1);
    struct batch *batch = batch_pool_take(pool);
    struct taker taker = { pool, NULL };
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take, &taker), 0);
    batch_pool_put(pool, batch);
    pthread_join(thread, NULL);
    CU_ASSERT_PTR_EQUAL(taker.batch, batch);

    /* The pool is empty again: only stopping it brings the next taker back. */
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take, &taker), 0);
    batch_pool_stop(pool);
    pthread_join(thread, NULL);
    CU_ASSERT_PTR_NULL(taker.batch);
    batch_pool_put(pool, batch);
    batch_pool_free(pool);
}

/* Tokens of a batch are bounded; what does not fit is left to the worker, what comes behind may fit. */
static void test_index_travels_while_there_is_room(void)
{
    enum { MOST = 2 * BATCH_BYTES / sizeof(uint32_t) };
    static const struct {
        size_t n_tokens;
        bool is_kept;
    } rows[] = {
        { MOST / 2, true },
        { MOST / 2 - 1, false },
        { MOST / 2 - 2, true },
        { 1, false },
    };
    static uint32_t tokens[MOST];
    static uint32_t links[MOST];
    for (size_t i = 0; i < MOST; i++) {
        tokens[i] = (uint32_t)i;
        links[i] = (uint32_t)(MOST - i);
    }
    struct batch_pool *pool = open_pool(1);
    struct batch *batch = batch_pool_take(pool);
    fill(batch, ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct batch_event *event = &batch->events[i];
        struct json_document walked = {
            .tokens = tokens,
            .n_tokens = (uint32_t)rows[i].n_tokens,
            .links = links,
            .has_break = i == 0,
        };
        CU_ASSERT_EQUAL(batch_event_index(batch, event, &walked), 0);
        CU_ASSERT_EQUAL(event->n_tokens, rows[i].is_kept ? rows[i].n_tokens : 0);
        if (rows[i].is_kept) {
            /* The sentinel came along. */
            struct json_document document = batch_event_document(batch, event);
            CU_ASSERT_EQUAL(document.tokens[event->n_tokens], event->n_tokens);
            CU_ASSERT_EQUAL(document.links[event->n_tokens - 1], MOST - (event->n_tokens - 1));
            CU_ASSERT_EQUAL(document.has_break, i == 0);
        }
    }
    CU_ASSERT(batch->n_tokens <= MOST);
    batch_pool_put(pool, batch);
    batch_pool_free(pool);
}

static const struct test_case cases[] = {
    { "dispatch keeps order and loses none", test_dispatch_keeps_order_and_loses_none },
    { "a returned batch is empty and small", test_returned_batch_is_empty_and_small },
    { "a taker waits for a batch", test_taker_waits_for_a_batch },
    { "what was walked travels while there is room", test_index_travels_while_there_is_room },
};

CUNIT_MAIN("event/batch", cases)
