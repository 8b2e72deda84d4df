/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that have threads of their own beside them: a file source that is saved while it is read and
 * interrupted, and the compression of parts while others are written. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../support/cunit_main.h"
#include "../support/temporary_directory.h"
#include "base/clock.h"
#include "base/log.h"
#include "sink/file.h"
#include "source/file.h"

enum { FILES = 300 };

struct reading {
    struct source *source;
    struct ledger *ledger;
    struct partition_table *partitions;
    struct batch_pool *pool;
    atomic_bool is_over;
    size_t n_events;
    int result;
};

/* As the source thread does, but for the hand-over. */
static void *read_all(void *argument)
{
    struct reading *reading = argument;
    int r;
    do {
        struct problem problem;
        struct batch *batch = batch_pool_take(reading->pool);
        r = reading->source->ops->read(reading->source, batch, &problem);
        reading->n_events += batch->n_events;
        batch_pool_put(reading->pool, batch);
    } while (r == SOURCE_MORE);
    reading->result = r;
    atomic_store(&reading->is_over, true);
    return NULL;
}

static void test_a_source_is_saved_and_interrupted_while_it_reads(void)
{
    char directory[256];
    struct budget budget;
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(directory);
    budget_init(&budget, 1 << 30);
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "f%d", i);
        file_put(directory, name, "1\n2\n3\n", 6);
    }
    struct reading reading = { .result = -1 };
    struct batch_pool_options pool = { 2, 4096, &budget };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&pool, &reading.pool), 0);
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&reading.partitions), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(reading.partitions, &reading.ledger), 0);
    struct file_source_options options = {
        .common = { .partitions = reading.partitions,
                    .clock = clock_system(),
                    .batch_max_events = 7,
                    .batch_max_bytes = 4096,
                    .linger_ns = NS_PER_MS,
                    .max_event_size = 100,
                    .budget = &budget },
        .uri = directory,
    };
    struct problem problem;
    CU_ASSERT_EQUAL_FATAL(file_source_open(&options, &reading.source, &problem), 0);
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_all, &reading), 0);
    size_t n_saved = 0;
    size_t most = 0;
    do {
        struct ledger_snapshot snapshot;
        struct buffer state = { 0 };
        CU_ASSERT_EQUAL_FATAL(ledger_freeze(reading.ledger, &snapshot), 0);
        CU_ASSERT_EQUAL(reading.source->ops->save(reading.source, &snapshot, &state), 0);
        CU_ASSERT(snapshot.n_partitions >= most);
        most = snapshot.n_partitions;
        ledger_snapshot_deinit(&snapshot);
        buffer_deinit(&state);
        int64_t done;
        int64_t total;
        reading.source->ops->progress(reading.source, &done, &total);
        CU_ASSERT(done <= total);
        reading.source->ops->interrupt(reading.source);
        n_saved++;
        sched_yield();
    } while (!atomic_load(&reading.is_over));
    pthread_join(thread, NULL);
    CU_ASSERT(n_saved > 0);
    CU_ASSERT_EQUAL(reading.result, SOURCE_END);
    CU_ASSERT_EQUAL(reading.n_events, 3 * FILES);
    reading.source->ops->close(reading.source);
    ledger_free(reading.ledger);
    partition_table_free(reading.partitions);
    batch_pool_free(reading.pool);
    temporary_directory_remove(directory);
}

static void test_parts_are_compressed_while_others_are_written(void)
{
    enum { PARTS = 200 };
    char directory[256];
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(directory);
    struct file_sink_options options = {
        .uri = directory,
        .stream_name = "out",
        .roll_bytes = 1,
        .compress_zstd = true,
        .filesystem = filesystem_system(),
        .clock = clock_system(),
    };
    struct problem problem;
    struct sink *sink;
    CU_ASSERT_EQUAL_FATAL(file_sink_open(&options, &sink, &problem), 0);
    for (int i = 0; i < PARTS; i++) {
        struct sink_state state;
        sink->ops->freeze(sink, &state);
        CU_ASSERT_EQUAL(state.part, (uint64_t)i + 1);
        CU_ASSERT_EQUAL(sink->ops->sync(sink, &problem), 0);
        sink->ops->checkpointed(sink);
        CU_ASSERT_EQUAL(sink->ops->write(sink, "{\"a\":1}\n", 8, &problem), 0);
    }
    sink->ops->close(sink);
    for (int i = 1; i <= PARTS; i++) {
        char name[64];
        bool is_open = i == PARTS;
        snprintf(name, sizeof(name), "out.%06d.ndjson%s", i, is_open ? "" : ".zst");
        CU_ASSERT(file_exists(directory, name));
        snprintf(name, sizeof(name), "out.%06d.ndjson%s", i, is_open ? ".zst" : "");
        CU_ASSERT_FALSE(file_exists(directory, name));
    }
    temporary_directory_remove(directory);
}

static const struct test_case cases[] = {
    { "a source is saved and interrupted while it reads",
      test_a_source_is_saved_and_interrupted_while_it_reads },
    { "parts are compressed while others are written",
      test_parts_are_compressed_while_others_are_written },
};

CUNIT_MAIN("race/ends", cases)
