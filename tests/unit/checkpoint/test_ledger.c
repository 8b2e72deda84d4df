/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger against a model that keeps one flag per event and one per offset, and looks at all of
 * them. Orders are random, from fixed seeds.
 */
#include "checkpoint/ledger.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/clock.h"
#include "base/error.h"

DEFINE_AUTO(ledger, ledger_free)
DEFINE_AUTO(partition_table, partition_table_free)

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t add_partition(struct partition_table *table, const char *name, int64_t watermark,
                              struct offset_range *ranges, size_t n_ranges)
{
    struct partition_state state = { (char *)name, watermark, ranges, n_ranges };
    uint32_t partition = UINT32_MAX;
    CU_ASSERT_EQUAL_FATAL(partition_table_add(table, &state, &partition), 0);
    return partition;
}

static void done(struct ledger *ledger, uint32_t partition, uint64_t sequence, int64_t offset,
                 int64_t next_offset)
{
    struct position position = { partition, sequence, offset, next_offset };
    CU_ASSERT_EQUAL_FATAL(ledger_done(ledger, &position), 0);
}

static void test_an_untouched_partition_keeps_its_start(void)
{
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    struct offset_range ranges[] = { { 120, 130 }, { 140, 150 } };
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    struct ledger_snapshot snapshot;
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.n_partitions, 0);
    ledger_snapshot_deinit(&snapshot);

    add_partition(table, "a", 100, ranges, 2);
    add_partition(table, "b", 7, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.n_partitions, 2);
    CU_ASSERT_EQUAL(snapshot.n_ranges, 2);
    const struct partition_state *a = ledger_snapshot_find(&snapshot, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_EQUAL(a->watermark, 100);
    CU_ASSERT_EQUAL(memcmp(a->ranges, ranges, sizeof(ranges)), 0);
    CU_ASSERT_EQUAL(ledger_snapshot_find(&snapshot, "b")->watermark, 7);
    CU_ASSERT_PTR_NULL(ledger_snapshot_find(&snapshot, "c"));
    ledger_snapshot_deinit(&snapshot);
}

/* Restored [120,150): 110 is done, 120 was passed over as done, 150 is done, 140 not yet reached. */
static void test_restored_ranges_stay_named_until_passed(void)
{
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    struct offset_range ranges[] = { { 120, 150 }, { 180, 190 } };
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    uint32_t partition = add_partition(table, "a", 100, ranges, 2);
    done(ledger, partition, 1, 110, 120);
    struct ledger_snapshot snapshot;
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.partitions[0].watermark, 100);
    CU_ASSERT_EQUAL_FATAL(snapshot.partitions[0].n_ranges, 2);
    CU_ASSERT_EQUAL(snapshot.partitions[0].ranges[0].first, 110);
    CU_ASSERT_EQUAL(snapshot.partitions[0].ranges[0].end, 150);
    CU_ASSERT_EQUAL(snapshot.partitions[0].ranges[1].first, 180);
    ledger_snapshot_deinit(&snapshot);

    done(ledger, partition, 0, 100, 110);
    done(ledger, partition, 2, 120, 130);
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.partitions[0].watermark, 130);
    CU_ASSERT_EQUAL_FATAL(snapshot.partitions[0].n_ranges, 2);
    CU_ASSERT_EQUAL(snapshot.partitions[0].ranges[0].first, 130);
    CU_ASSERT_EQUAL(snapshot.partitions[0].ranges[0].end, 150);
    ledger_snapshot_deinit(&snapshot);

    done(ledger, partition, 3, 130, 150);
    done(ledger, partition, 4, 150, 195);
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.partitions[0].watermark, 195);
    CU_ASSERT_EQUAL(snapshot.partitions[0].n_ranges, 0);
    CU_ASSERT_EQUAL(snapshot.n_ranges, 0);
    ledger_snapshot_deinit(&snapshot);
}

/* A source that begins to number anew: no old name may hide a new event. */
static void test_a_new_numbering_forgets_the_old_names(void)
{
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    struct offset_range ranges[] = { { 2000, 3000 } };
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    uint32_t partition = add_partition(table, "a", 1000, ranges, 1);
    done(ledger, partition, 0, 1000, 1001);
    done(ledger, partition, 2, 51, 52);
    done(ledger, partition, 1, 50, 51);
    struct ledger_snapshot snapshot;
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL(snapshot.partitions[0].watermark, 52);
    CU_ASSERT_EQUAL(snapshot.partitions[0].n_ranges, 0);
    ledger_snapshot_deinit(&snapshot);
}

static void test_publishing_wakes_the_reader_at_the_window(void)
{
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    uint32_t partition = add_partition(table, "a", 0, NULL, 0);
    CU_ASSERT_EQUAL(partition_table_wait(table, partition, 9, 10), 0);
    done(ledger, partition, 0, 0, 1);
    done(ledger, partition, 1, 1, 2);
    done(ledger, partition, 3, 3, 4);
    ledger_publish(ledger);
    /* 11 - 2 < 10: does not block. */
    CU_ASSERT_EQUAL(partition_table_wait(table, partition, 11, 10), 0);
    partition_table_stop(table);
    CU_ASSERT_EQUAL(partition_table_wait(table, partition, 12, 10), 1);
}

/* One partition of the model. Event i begins at offsets[i] and ends where the next may begin. */
struct model {
    size_t n_events;
    int64_t *offsets;
    int64_t *next_offsets;
    bool *is_done;
    int64_t start;
    int64_t limit;
    /* Per offset: named as done by the start state. */
    bool *is_restored;
    struct offset_range *ranges;
    size_t n_ranges;
};

/* Events of 1 to 4 bytes with gaps of 0 to 2 between; about a tenth lies in restored ranges. */
static void model_init(struct model *model, size_t n_events, uint64_t *seed)
{
    *model = (struct model){ .n_events = n_events, .start = (int64_t)(random_next(seed) % 1000) };
    model->offsets = calloc(n_events, sizeof(int64_t));
    model->next_offsets = calloc(n_events, sizeof(int64_t));
    model->is_done = calloc(n_events, sizeof(bool));
    model->ranges = calloc(n_events, sizeof(struct offset_range));
    int64_t offset = model->start;
    for (size_t i = 0; i < n_events; i++) {
        offset += (int64_t)(random_next(seed) % 3);
        model->offsets[i] = offset;
        offset += (int64_t)(1 + random_next(seed) % 4);
        model->next_offsets[i] = offset;
    }
    model->limit = offset + 1;
    model->is_restored = calloc((size_t)(model->limit - model->start), sizeof(bool));
    for (size_t i = 1; i < n_events; i += 1 + random_next(seed) % 50) {
        size_t last = i + random_next(seed) % 5;
        if (last >= n_events) {
            break;
        }
        model->ranges[model->n_ranges++] =
            (struct offset_range){ model->offsets[i], model->next_offsets[last] };
        for (int64_t at = model->offsets[i]; at < model->next_offsets[last]; at++) {
            model->is_restored[at - model->start] = true;
        }
        /* Apart from the next one. */
        i = last + 1;
    }
}

static void model_deinit(struct model *model)
{
    free(model->offsets);
    free(model->next_offsets);
    free(model->is_done);
    free(model->ranges);
    free(model->is_restored);
}

/* The first event that is not done. */
static size_t model_watermark(const struct model *model)
{
    size_t i = 0;
    while (i < model->n_events && model->is_done[i]) {
        i++;
    }
    return i;
}

static bool state_is_well_formed(const struct partition_state *state)
{
    int64_t above = state->watermark;
    for (size_t i = 0; i < state->n_ranges; i++) {
        bool is_apart = i == 0 ? state->ranges[i].first >= above : state->ranges[i].first > above;
        if (!is_apart || state->ranges[i].end <= state->ranges[i].first) {
            return false;
        }
        above = state->ranges[i].end;
    }
    return true;
}

/* Each event must be skipped by the next process exactly when it is done or was restored as done. */
static void model_compare(const struct model *model, const struct partition_state *state)
{
    size_t watermark = model_watermark(model);
    int64_t expected = watermark == 0 ? model->start : model->next_offsets[watermark - 1];
    CU_ASSERT_EQUAL(state->watermark, expected);
    CU_ASSERT_TRUE(state_is_well_formed(state));
    size_t n_wrong = 0;
    for (size_t i = watermark; i < model->n_events; i++) {
        bool is_named = partition_state_has_done(state, model->offsets[i]);
        bool is_done = model->is_done[i] || model->is_restored[model->offsets[i] - model->start];
        n_wrong += is_named != is_done;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Moves each entry by at most spread places. */
static void shuffle(size_t *order, size_t n, size_t spread, uint64_t *seed)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t reach = n - i < spread ? n - i : spread;
        size_t j = i + random_next(seed) % reach;
        size_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

static void compare_with_ledger(struct ledger *ledger, const struct model *models, size_t n_models)
{
    struct ledger_snapshot snapshot;
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
    CU_ASSERT_EQUAL_FATAL(snapshot.n_partitions, n_models);
    for (size_t i = 0; i < n_models; i++) {
        model_compare(&models[i], &snapshot.partitions[i]);
    }
    ledger_snapshot_deinit(&snapshot);
}

static void run_model(size_t n_events, size_t spread, uint64_t seed)
{
    enum { MODELS = 3 };
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    struct model models[MODELS];
    AUTO_FREE size_t *order = calloc(n_events * MODELS, sizeof(size_t));
    CU_ASSERT_PTR_NOT_NULL_FATAL(order);
    for (size_t i = 0; i < MODELS; i++) {
        char name[] = { (char)('a' + i), '\0' };
        model_init(&models[i], n_events, &seed);
        add_partition(table, name, models[i].start, models[i].ranges, models[i].n_ranges);
    }
    for (size_t i = 0; i < n_events * MODELS; i++) {
        order[i] = i;
    }
    shuffle(order, n_events * MODELS, spread, &seed);
    for (size_t i = 0; i < n_events * MODELS; i++) {
        struct model *model = &models[order[i] % MODELS];
        size_t event = order[i] / MODELS;
        model->is_done[event] = true;
        done(ledger, (uint32_t)(order[i] % MODELS), event, model->offsets[event],
             model->next_offsets[event]);
        if (i % (n_events * MODELS / 16) == 0) {
            compare_with_ledger(ledger, models, MODELS);
        }
    }
    compare_with_ledger(ledger, models, MODELS);
    for (size_t i = 0; i < MODELS; i++) {
        model_deinit(&models[i]);
    }
}

static void test_random_orders_match_the_model(void)
{
    static const size_t spreads[] = { 1, 2, 7, 50, 1000, 100000 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run_model(500, spreads[seed % 6], seed * UINT64_C(0x9e3779b97f4a7c15));
    }
}

static void test_a_million_events_match_the_model(void)
{
    run_model(333334, 8192, 42);
}

/*
 * Eight workers take every eighth event and hand in blocks of 256; thousands of ranges stay open
 * because one event in a hundred takes 50,000 others. A list that moved or walked its ranges for each
 * event would take minutes.
 */
static void test_many_open_ranges_are_quick(void)
{
    enum { N = 1000000, WORKERS = 8, BLOCK = 256, LATE = 50000 };
    AUTO(partition_table) table = NULL;
    AUTO(ledger) ledger = NULL;
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&table), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(table, &ledger), 0);
    uint32_t partition = add_partition(table, "a", 0, NULL, 0);
    int64_t begin_ns = clock_now_ns(clock_system());
    size_t most_ranges = 0;
    for (uint64_t block = 0; block < N; block += WORKERS * BLOCK) {
        for (uint64_t i = 0; i < WORKERS * BLOCK; i++) {
            uint64_t sequence = block + i % BLOCK * WORKERS + i / BLOCK;
            if (sequence % 100 != 99) {
                done(ledger, partition, sequence, (int64_t)sequence, (int64_t)sequence + 1);
            }
        }
        for (uint64_t late = block < LATE ? block : block - LATE;
             block >= LATE && late < block - LATE + WORKERS * BLOCK; late++) {
            if (late % 100 == 99) {
                done(ledger, partition, late, (int64_t)late, (int64_t)late + 1);
            }
        }
        struct ledger_snapshot snapshot;
        CU_ASSERT_EQUAL_FATAL(ledger_freeze(ledger, &snapshot), 0);
        most_ranges = snapshot.n_ranges > most_ranges ? snapshot.n_ranges : most_ranges;
        ledger_snapshot_deinit(&snapshot);
    }
    int64_t took_ms = (clock_now_ns(clock_system()) - begin_ns) / NS_PER_MS;
    printf("%zu ranges at most, %lld ms, %d events ", most_ranges, (long long)took_ms, N);
    CU_ASSERT(most_ranges > 400);
    CU_ASSERT(took_ms < 20000);
}

static const struct test_case cases[] = {
    { "an untouched partition keeps its start", test_an_untouched_partition_keeps_its_start },
    { "restored ranges stay named until passed", test_restored_ranges_stay_named_until_passed },
    { "a new numbering forgets the old names", test_a_new_numbering_forgets_the_old_names },
    { "publishing lets the reader go on", test_publishing_wakes_the_reader_at_the_window },
    { "random orders match the model", test_random_orders_match_the_model },
    { "a million events match the model", test_a_million_events_match_the_model },
    { "many open ranges are quick", test_many_open_ranges_are_quick },
};

CUNIT_MAIN("checkpoint/ledger", cases)
