/* SPDX-License-Identifier: Apache-2.0 */
#include "event/queue.h"

#include <errno.h>
#include <pthread.h>

#include "../../support/cunit_main.h"
#include "base/clock.h"

enum { ITEMS = 20000, PRODUCERS = 3 };

struct item {
    int producer;
    int number;
};

static struct item items[PRODUCERS][ITEMS];

struct producer {
    struct queue *queue;
    int index;
    int n_failed;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (int i = 0; i < ITEMS; i++) {
        struct item *item = &items[producer->index][i];
        *item = (struct item){ producer->index, i };
        void *moved = item;
        if (queue_push(producer->queue, &moved) < 0 || moved != NULL) {
            producer->n_failed++;
        }
    }
    return NULL;
}

static void test_items_arrive_once_and_in_order(void)
{
    struct queue *queue;
    CU_ASSERT_EQUAL_FATAL(queue_new(5, &queue), 0);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int p = 0; p < PRODUCERS; p++) {
        producers[p] = (struct producer){ queue, p, 0 };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[p], NULL, produce, &producers[p]), 0);
    }
    int next[PRODUCERS] = { 0 };
    int n_wrong = 0;
    for (int i = 0; i < PRODUCERS * ITEMS; i++) {
        const struct item *item = queue_pop(queue);
        n_wrong += item->number != next[item->producer];
        next[item->producer]++;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    for (int p = 0; p < PRODUCERS; p++) {
        pthread_join(threads[p], NULL);
        CU_ASSERT_EQUAL(producers[p].n_failed, 0);
        CU_ASSERT_EQUAL(next[p], ITEMS);
    }
    CU_ASSERT_EQUAL(queue_depth(queue), 0);
    queue_free(queue);
}

static void test_closing_hands_out_the_rest(void)
{
    struct queue *queue;
    CU_ASSERT_EQUAL_FATAL(queue_new(2, &queue), 0);
    int first = 1, second = 2;
    void *item = &first;
    CU_ASSERT_EQUAL(queue_push(queue, &item), 0);
    CU_ASSERT_PTR_NULL(item);
    queue_close(queue);
    item = &second;
    CU_ASSERT_EQUAL(queue_push(queue, &item), -EPIPE);
    CU_ASSERT_PTR_EQUAL(item, &second);
    CU_ASSERT_FALSE(queue_is_finished(queue));
    CU_ASSERT_PTR_EQUAL(queue_pop(queue), &first);
    CU_ASSERT_TRUE(queue_is_finished(queue));
    CU_ASSERT_PTR_NULL(queue_pop(queue));
    queue_free(queue);
}

static void *nudge(void *argument)
{
    queue_nudge(argument);
    return NULL;
}

static void test_deadline_and_nudge_end_a_wait(void)
{
    struct queue *queue;
    CU_ASSERT_EQUAL_FATAL(queue_new(2, &queue), 0);
    CU_ASSERT_PTR_NULL(queue_pop_until(queue, clock_now_ns(clock_system())));
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, nudge, queue), 0);
    CU_ASSERT_PTR_NULL(queue_pop_until(queue, clock_now_ns(clock_system()) + 600 * NS_PER_S));
    pthread_join(thread, NULL);
    CU_ASSERT_FALSE(queue_is_finished(queue));
    queue_free(queue);
}

static const struct test_case cases[] = {
    { "items arrive once and in order", test_items_arrive_once_and_in_order },
    { "closing hands out the rest", test_closing_hands_out_the_rest },
    { "a deadline and a nudge end a wait", test_deadline_and_nudge_end_a_wait },
};

CUNIT_MAIN("event/queue", cases)
