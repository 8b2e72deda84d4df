/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline with many threads and small queues, looked at and stopped from outside: for the thread
 * sanitizer, which sees what merely works by luck. What comes out is checked all the same.
 */
#include <errno.h>
#include <sched.h>

#include "../support/cunit_main.h"
#include "../support/pipeline.h"
#include "../support/random.h"
#include "base/error.h"

/* Many threads, little room. */
static struct pipeline_options crowd(uint64_t n_events)
{
    struct pipeline_options options = pipeline_usual();
    options.n_events = n_events;
    options.n_workers = 12;
    options.n_batches = 3;
    options.batch_events = 20;
    options.queue_len = 1;
    options.n_results = 3;
    options.block_bytes = 200;
    options.window = 300;
    options.per_mille[FATE_LARGE] = 2;
    options.per_mille[FATE_DROP] = 30;
    options.per_mille[FATE_FAIL] = 30;
    options.per_mille[FATE_MALFORMED] = 30;
    options.per_mille[FATE_FAULTY] = 30;
    options.per_mille[FATE_DROPPED] = 30;
    options.per_mille[FATE_SKIPPED] = 30;
    return options;
}

/* What the main thread and an admin page do beside a run. */
struct watcher {
    struct pipeline *pipeline;
    atomic_bool is_over;
    bool is_good;
    uint64_t n_looks;
    pthread_t thread;
};

static void *watch(void *argument)
{
    struct watcher *watcher = argument;
    struct pipeline *pipeline = watcher->pipeline;
    int64_t last_checkpoint = 0;
    while (!atomic_load(&watcher->is_over)) {
        watcher->is_good &=
            accounting_in_flight(&pipeline->accounting) <= pipeline->options.n_events;
        int64_t checkpoint = writer_checkpoint_ns(pipeline->writer);
        watcher->is_good &= checkpoint >= last_checkpoint;
        last_checkpoint = checkpoint;
        for (size_t w = 0; w < pipeline->options.n_workers; w++) {
            watcher->is_good &= queue_depth(pipeline->queues[w]) <= pipeline->options.queue_len;
        }
        watcher->is_good &= partition_table_count(pipeline->partitions) == 3;
        (void)batch_pool_is_whole(pipeline->batches);
        watcher->n_looks++;
        sched_yield();
    }
    return NULL;
}

static void watcher_start(struct watcher *watcher, struct pipeline *pipeline)
{
    *watcher = (struct watcher){ .pipeline = pipeline, .is_good = true };
    CU_ASSERT_EQUAL_FATAL(pthread_create(&watcher->thread, NULL, watch, watcher), 0);
}

static void watcher_end(struct watcher *watcher)
{
    atomic_store(&watcher->is_over, true);
    pthread_join(watcher->thread, NULL);
    CU_ASSERT_TRUE(watcher->is_good);
    CU_ASSERT(watcher->n_looks > 0);
}

static void test_a_crowd_of_workers_with_little_room(void)
{
    static const enum reader_ordering orderings[] = { READER_BY_KEY, READER_BY_PARTITION,
                                                      READER_UNORDERED };
    for (size_t i = 0; i < ARRAY_SIZE(orderings); i++) {
        struct pipeline_options options = crowd(6000);
        options.ordering = orderings[i];
        struct pipeline pipeline;
        struct watcher watcher;
        pipeline_init(&pipeline, &options);
        pipeline_open(&pipeline);
        pipeline_start(&pipeline);
        watcher_start(&watcher, &pipeline);
        CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
        watcher_end(&watcher);
        pipeline_close(&pipeline);
        CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
        CU_ASSERT_TRUE(pipeline_adds_up(&pipeline, 0, options.n_events));
        pipeline_deinit(&pipeline);
    }
}

/* At any moment, also before the first batch and behind the last one, and twice. */
static void test_stops_at_any_moment(void)
{
    struct random random = { 23 };
    struct pipeline_options options = crowd(3000);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    uint64_t n_read = 0;
    for (int run = 0; run < 30; run++) {
        pipeline_open(&pipeline);
        pipeline_start(&pipeline);
        uint64_t aim = random_below(&random, options.n_events / 4) * (run % 3 > 0);
        aim += n_read < options.n_events ? n_read : options.n_events;
        pipeline_wait_given(&pipeline, aim < options.n_events ? aim : options.n_events);
        pipeline_stop(&pipeline);
        if (run % 2 == 0) {
            pipeline_stop(&pipeline);
        }
        CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
        CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), 0);
        CU_ASSERT_EQUAL(count_read(&pipeline.accounting.returned), 0);
        n_read += count_read(&pipeline.accounting.read);
        pipeline_close(&pipeline);
    }
    CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

/* The sink stops and goes on, again and again. */
static void test_a_sink_that_blocks_now_and_then(void)
{
    struct pipeline_options options = crowd(3000);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    pipeline_open(&pipeline);
    pipeline_start(&pipeline);
    for (uint64_t n = 0; n < options.n_events; n += 200) {
        scripted_sink_block(&pipeline.sinks[RESULT_SINK], true);
        sched_yield();
        scripted_sink_block(&pipeline.sinks[RESULT_SINK], false);
        pipeline_wait_given(&pipeline, n);
    }
    CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
    pipeline_close(&pipeline);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

/* The writer stops the reader while it waits for a batch, a queue, or the window. */
static void break_at(void *context, struct scripted_sink *sink, enum sink_call call)
{
    const int *k = context;
    if (call == SINK_WRITE && sink->counts[SINK_WRITE] + 1 == *k) {
        scripted_sink_fail(sink, SINK_WRITE, 1, EIO);
    }
}

static void test_a_sink_that_breaks_stops_all(void)
{
    struct pipeline_options options = crowd(3000);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    int k = 0;
    pipeline.sinks[RESULT_SINK].hook = break_at;
    pipeline.sinks[RESULT_SINK].hook_context = &k;
    int r = -EIO;
    int n_broken = 0;
    while (r == -EIO && n_broken < 100) {
        k += 30;
        pipeline.sinks[RESULT_SINK].counts[SINK_WRITE] = 0;
        r = pipeline_run(&pipeline);
        CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), 0);
        n_broken += r == -EIO;
    }
    CU_ASSERT_EQUAL(r, 0);
    CU_ASSERT(n_broken > 2);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

/* The drain's time is up while the disk is full: the wait ends, what is not written is given back. */
static void test_giving_up_wakes_a_writer_that_waits(void)
{
    struct pipeline_options options = crowd(0);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    scripted_sink_fail(&pipeline.sinks[RESULT_SINK], SINK_WRITE, -1, 0);
    pipeline_open(&pipeline);
    pipeline_start(&pipeline);
    pipeline_wait_given(&pipeline, 2 * options.batch_events);
    pipeline_stop(&pipeline);
    writer_give_up(pipeline.writer);
    CU_ASSERT_EQUAL(pipeline_join(&pipeline), -ENOSPC);
    CU_ASSERT_EQUAL(count_read(&pipeline.accounting.delivered), 0);
    CU_ASSERT(count_read(&pipeline.accounting.returned) > 0);
    CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), 0);
    pipeline_close(&pipeline);
    pipeline_deinit(&pipeline);
}

static const struct test_case cases[] = {
    { "a crowd of workers with little room", test_a_crowd_of_workers_with_little_room },
    { "stops at any moment", test_stops_at_any_moment },
    { "a sink that blocks now and then", test_a_sink_that_blocks_now_and_then },
    { "a sink that breaks stops all", test_a_sink_that_breaks_stops_all },
    { "giving up wakes a writer that waits", test_giving_up_wakes_a_writer_that_waits },
};

CUNIT_MAIN("race/pipeline", cases)
