/* SPDX-License-Identifier: Apache-2.0 */
/* The whole pipeline between scripted ends: nothing lost, nothing doubled, in order, within its bounds. */
#include <errno.h>
#include <sched.h>

#include "../support/cunit_main.h"
#include "../support/pipeline.h"
#include "base/error.h"

static const size_t worker_counts[] = { 1, 2, 8 };

/* A little of everything. */
static void mix_fates(struct pipeline_options *options)
{
    options->per_mille[FATE_LARGE] = 3;
    options->per_mille[FATE_DROP] = 50;
    options->per_mille[FATE_FAIL] = 50;
    options->per_mille[FATE_MALFORMED] = 30;
    options->per_mille[FATE_KEYLESS] = 20;
    options->per_mille[FATE_FAULTY] = 20;
    options->per_mille[FATE_DROPPED] = 40;
    options->per_mille[FATE_SKIPPED] = 40;
}

static void check_whole_run(const struct pipeline_options *options)
{
    struct pipeline pipeline;
    pipeline_init(&pipeline, options);
    CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options->n_events));
    CU_ASSERT_TRUE(pipeline_adds_up(&pipeline, 0, options->n_events));
    /* A second run finds all of it done. */
    size_t n_lines = scripted_sink_count(&pipeline.sinks[RESULT_SINK]);
    CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
    CU_ASSERT_EQUAL(count_read(&pipeline.accounting.read), 0);
    CU_ASSERT_EQUAL(scripted_sink_count(&pipeline.sinks[RESULT_SINK]), n_lines);
    pipeline_deinit(&pipeline);
}

static void test_each_event_once_and_each_key_in_order(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(worker_counts); i++) {
        struct pipeline_options options = pipeline_usual();
        options.n_workers = worker_counts[i];
        options.n_results = worker_counts[i] + 3;
        check_whole_run(&options);
        mix_fates(&options);
        check_whole_run(&options);
        options.is_keyless_allowed = true;
        check_whole_run(&options);
    }
}

static void test_one_key_keeps_its_order_with_many_workers(void)
{
    struct pipeline_options options = pipeline_usual();
    options.n_keys = 1;
    options.n_partitions = 1;
    options.n_workers = 8;
    options.n_results = 11;
    check_whole_run(&options);
}

static void test_the_other_orderings_lose_nothing(void)
{
    struct pipeline_options options = pipeline_usual();
    options.n_workers = 4;
    options.n_results = 7;
    mix_fates(&options);
    options.ordering = READER_BY_PARTITION;
    check_whole_run(&options);
    options.ordering = READER_UNORDERED;
    check_whole_run(&options);
}

/* One of everything: the least that works. */
static void test_the_smallest_shape_works(void)
{
    struct pipeline_options options = pipeline_usual();
    mix_fates(&options);
    options.n_events = 2000;
    options.n_batches = 1;
    options.batch_events = 1;
    options.queue_len = 1;
    options.n_results = 1;
    options.block_bytes = 1;
    check_whole_run(&options);
    options.n_batches = 2;
    options.batch_events = 100;
    check_whole_run(&options);
}

static void test_a_limit_ends_the_run_and_the_next_goes_on(void)
{
    struct pipeline_options options = pipeline_usual();
    mix_fates(&options);
    options.limit = 777;
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    int n_runs = 0;
    do {
        CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
        CU_ASSERT(count_read(&pipeline.accounting.read) <= options.limit);
        CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), 0);
        n_runs++;
    } while (count_read(&pipeline.accounting.read) == options.limit && n_runs < 100);
    CU_ASSERT(n_runs > 10 && n_runs < 16);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

/* The sink takes nothing: the reader stops when all that can hold events is full. */
static void test_a_blocked_sink_stops_the_reader(void)
{
    struct pipeline_options options = pipeline_usual();
    options.n_workers = 1;
    options.n_partitions = 1;
    /* A batch makes one result. */
    options.block_bytes = 1 << 20;
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    scripted_sink_block(&pipeline.sinks[RESULT_SINK], true);
    pipeline_open(&pipeline);
    pipeline_start(&pipeline);
    scripted_sink_wait_blocked(&pipeline.sinks[RESULT_SINK]);
    uint64_t most = (options.n_batches + options.n_results) * options.batch_events;
    CU_ASSERT(most < options.n_events / 10);
    pipeline_wait_given(&pipeline, most);
    for (int i = 0; i < 1000; i++) {
        sched_yield();
    }
    CU_ASSERT_EQUAL(pipeline_given(&pipeline), most);
    CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), most);
    scripted_sink_block(&pipeline.sinks[RESULT_SINK], false);
    CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
    pipeline_close(&pipeline);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

/* Stopped in the middle, while the sink is blocked: what was read comes out, the rest the next time. */
static void test_a_drain_writes_what_was_read(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(worker_counts); i++) {
        struct pipeline_options options = pipeline_usual();
        mix_fates(&options);
        options.n_events = 0;
        options.n_workers = worker_counts[i];
        options.n_results = worker_counts[i] + 3;
        struct pipeline pipeline;
        pipeline_init(&pipeline, &options);
        pipeline_open(&pipeline);
        pipeline_start(&pipeline);
        pipeline_wait_given(&pipeline, 2000);
        scripted_sink_block(&pipeline.sinks[RESULT_SINK], true);
        scripted_sink_wait_blocked(&pipeline.sinks[RESULT_SINK]);
        pipeline_stop(&pipeline);
        scripted_sink_block(&pipeline.sinks[RESULT_SINK], false);
        CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
        uint64_t given = pipeline_given(&pipeline);
        const struct accounting *accounting = &pipeline.accounting;
        CU_ASSERT_EQUAL(count_read(&accounting->returned), 0);
        CU_ASSERT_EQUAL(count_read(&accounting->read), count_read(&accounting->delivered) +
                                                           count_read(&accounting->dropped) +
                                                           count_read(&accounting->errored));
        CU_ASSERT(count_read(&accounting->read) <= given);
        pipeline_close(&pipeline);
        /* What the reader held when it was stopped was not counted, and is read again. */
        pipeline.options.n_events = given + 500;
        CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
        CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, given + 500));
        pipeline_deinit(&pipeline);
    }
}

/* The sink breaks at its k-th write. */
static void break_at(void *context, struct scripted_sink *sink, enum sink_call call)
{
    const int *k = context;
    if (call == SINK_WRITE && sink->counts[SINK_WRITE] + 1 == *k) {
        scripted_sink_fail(sink, SINK_WRITE, 1, EIO);
    }
}

/* As after crashes: each run begins with what the last checkpoint says, and all comes out once. */
static void check_broken_runs(size_t n_workers, enum result_lane lane, int64_t interval_ns)
{
    struct pipeline_options options = pipeline_usual();
    mix_fates(&options);
    options.n_workers = n_workers;
    options.n_results = n_workers + 3;
    options.checkpoint_interval_ns = interval_ns;
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    int k = 1;
    int r;
    int n_runs = 0;
    uint64_t n_skipped = 0;
    pipeline.sinks[lane].hook = break_at;
    pipeline.sinks[lane].hook_context = &k;
    do {
        r = pipeline_run(&pipeline);
        const struct accounting *accounting = &pipeline.accounting;
        CU_ASSERT_EQUAL(accounting_in_flight(accounting), 0);
        CU_ASSERT_EQUAL(count_read(&accounting->read),
                        count_read(&accounting->delivered) + count_read(&accounting->dropped) +
                            count_read(&accounting->errored) + count_read(&accounting->returned));
        CU_ASSERT((r < 0) == (count_read(&accounting->returned) > 0));
        n_skipped += pipeline.n_skipped;
        k += 3 + n_runs;
        pipeline.sinks[lane].counts[SINK_WRITE] = 0;
        n_runs++;
    } while (r == -EIO && n_runs < 100);
    CU_ASSERT_EQUAL(r, 0);
    CU_ASSERT(n_runs > 3);
    CU_ASSERT(n_skipped > 0);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

static void test_broken_runs_together_deliver_each_event_once(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(worker_counts); i++) {
        check_broken_runs(worker_counts[i], RESULT_SINK, 0);
        check_broken_runs(worker_counts[i], RESULT_ERROR_SINK, 0);
        check_broken_runs(worker_counts[i], RESULT_SINK, 1000000);
    }
}

/* The worker's side of a gate: event 0 waits there until it is opened. */
struct gate {
    struct mutex lock;
    struct condition opened;
    bool is_open;
};

static void wait_at_gate(struct pipeline *pipeline, uint64_t n)
{
    struct gate *gate = pipeline->context;
    if (n > 0) {
        return;
    }
    mutex_lock(&gate->lock);
    while (!gate->is_open) {
        condition_wait(&gate->opened, &gate->lock);
    }
    mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate)
{
    mutex_lock(&gate->lock);
    gate->is_open = true;
    condition_broadcast(&gate->opened);
    mutex_unlock(&gate->lock);
}

static void test_the_window_bounds_what_is_done_ahead(void)
{
    struct pipeline_options options = pipeline_usual();
    options.n_keys = 2;
    options.n_partitions = 1;
    options.n_workers = 8;
    options.n_results = 11;
    options.window = 1000;
    options.checkpoint_interval_ns = 0;
    /* Nearly every batch's worth of events has its own place in the waiting worker's queue. */
    options.queue_len = 200;
    options.n_batches = 200;
    struct gate gate = { .is_open = false };
    CU_ASSERT_EQUAL_FATAL(mutex_init(&gate.lock), 0);
    CU_ASSERT_EQUAL_FATAL(condition_init(&gate.opened), 0);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    pipeline.on_event = wait_at_gate;
    pipeline.context = &gate;
    pipeline_open(&pipeline);
    pipeline_start(&pipeline);
    /* All below the window, and the batch that waits for it. */
    pipeline_wait_given(&pipeline, options.window);
    for (int i = 0; i < 1000; i++) {
        sched_yield();
    }
    CU_ASSERT(pipeline_given(&pipeline) <= options.window + 2 * options.batch_events);
    CU_ASSERT(count_read(&pipeline.accounting.read) <= options.window + options.batch_events);
    open_gate(&gate);
    CU_ASSERT_EQUAL(pipeline_join(&pipeline), 0);
    pipeline_close(&pipeline);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
    condition_deinit(&gate.opened);
    mutex_deinit(&gate.lock);
}

/* A stop wakes a reader that waits for the window. */
static void test_a_stop_ends_the_wait_for_the_window(void)
{
    struct pipeline_options options = pipeline_usual();
    options.n_workers = 1;
    options.n_partitions = 1;
    options.window = 100;
    options.queue_len = 100;
    options.n_batches = 100;
    struct gate gate = { .is_open = false };
    CU_ASSERT_EQUAL_FATAL(mutex_init(&gate.lock), 0);
    CU_ASSERT_EQUAL_FATAL(condition_init(&gate.opened), 0);
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    pipeline.on_event = wait_at_gate;
    pipeline.context = &gate;
    pipeline_open(&pipeline);
    pipeline_start(&pipeline);
    pipeline_wait_given(&pipeline, 3 * options.batch_events);
    pipeline_stop(&pipeline);
    pthread_join(pipeline.reader_thread, NULL);
    CU_ASSERT_EQUAL(count_read(&pipeline.accounting.read), 2 * options.batch_events);
    open_gate(&gate);
    pthread_join(pipeline.worker_threads[0], NULL);
    pthread_join(pipeline.writer_thread, NULL);
    CU_ASSERT_EQUAL(count_read(&pipeline.accounting.delivered), 2 * options.batch_events);
    pipeline_close(&pipeline);
    pipeline_deinit(&pipeline);
    condition_deinit(&gate.opened);
    mutex_deinit(&gate.lock);
}

/* While a large event is under way nothing else is read. */
static void see_large(struct pipeline *pipeline, uint64_t n)
{
    atomic_bool *is_alone = pipeline->context;
    if (pipeline_fate(&pipeline->options, n) == FATE_LARGE && pipeline_given(pipeline) != n + 1) {
        atomic_store(is_alone, false);
    }
}

static void test_large_events_travel_alone(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(worker_counts); i++) {
        struct pipeline_options options = pipeline_usual();
        options.n_events = 3000;
        options.n_workers = worker_counts[i];
        options.n_results = worker_counts[i] + 3;
        options.per_mille[FATE_LARGE] = 30;
        atomic_bool is_alone = true;
        struct pipeline pipeline;
        pipeline_init(&pipeline, &options);
        pipeline.on_event = see_large;
        pipeline.context = &is_alone;
        CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
        CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
        CU_ASSERT_TRUE(atomic_load(&is_alone));
        pipeline_deinit(&pipeline);
    }
}

/* Without an error sink the first bad event ends it; what is done is not done again. */
static void test_a_bad_event_without_an_error_sink_ends_the_run(void)
{
    struct pipeline_options options = pipeline_usual();
    options.has_error_sink = false;
    options.per_mille[FATE_FAIL] = 1;
    struct pipeline pipeline;
    pipeline_init(&pipeline, &options);
    CU_ASSERT_EQUAL(pipeline_run(&pipeline), -EBADMSG);
    CU_ASSERT_EQUAL(pipeline.writer_problem.exit_code, EXIT_DATA);
    CU_ASSERT_EQUAL(count_read(&pipeline.accounting.errored), 0);
    CU_ASSERT(count_read(&pipeline.accounting.returned) > 0);
    CU_ASSERT_EQUAL(accounting_in_flight(&pipeline.accounting), 0);
    /* Mended, it goes on. */
    pipeline.options.per_mille[FATE_FAIL] = 0;
    CU_ASSERT_EQUAL(pipeline_run(&pipeline), 0);
    CU_ASSERT_TRUE(pipeline_is_complete(&pipeline, options.n_events));
    pipeline_deinit(&pipeline);
}

static const struct test_case cases[] = {
    { "each event once and each key in order", test_each_event_once_and_each_key_in_order },
    { "one key keeps its order with many workers", test_one_key_keeps_its_order_with_many_workers },
    { "the other orderings lose nothing", test_the_other_orderings_lose_nothing },
    { "the smallest shape works", test_the_smallest_shape_works },
    { "a limit ends the run and the next goes on", test_a_limit_ends_the_run_and_the_next_goes_on },
    { "a blocked sink stops the reader", test_a_blocked_sink_stops_the_reader },
    { "a drain writes what was read", test_a_drain_writes_what_was_read },
    { "broken runs together deliver each event once",
      test_broken_runs_together_deliver_each_event_once },
    { "the window bounds what is done ahead", test_the_window_bounds_what_is_done_ahead },
    { "a stop ends the wait for the window", test_a_stop_ends_the_wait_for_the_window },
    { "large events travel alone", test_large_events_travel_alone },
    { "a bad event without an error sink ends the run",
      test_a_bad_event_without_an_error_sink_ends_the_run },
};

CUNIT_MAIN("flow/pipeline", cases)
