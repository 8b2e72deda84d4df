/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection asks for, and what becomes of messages, without any network. */
#include "source/sse_track.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "source/sse_window.h"

#include "../../support/cunit_main.h"

enum { NOW_MS = 1000000000 };

struct bench {
    struct partition_table *partitions;
    struct ledger *ledger;
    struct sse_track *track;
    struct sse_facts_reader *reader;
    struct position position;
};

static void bench_open_until(struct bench *bench, int64_t since_ms, int64_t until_ms)
{
    *bench = (struct bench){ 0 };
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&bench->partitions), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(bench->partitions, &bench->ledger), 0);
    CU_ASSERT_EQUAL_FATAL(sse_facts_reader_new(&bench->reader), 0);
    struct sse_track_options options = { .partitions = bench->partitions,
                                         .since_ms = since_ms,
                                         .until_ms = until_ms };
    CU_ASSERT_EQUAL_FATAL(sse_track_new(&options, &bench->track), 0);
}

static void bench_open(struct bench *bench, int64_t since_ms)
{
    bench_open_until(bench, since_ms, -1);
}

static void bench_close(struct bench *bench)
{
    sse_track_free(bench->track);
    sse_facts_reader_free(bench->reader);
    ledger_free(bench->ledger);
    partition_table_free(bench->partitions);
}

/* A message as it is on the wire; what is new is done at once. */
static int take(struct bench *bench, const char *id, const char *data)
{
    struct sse_facts facts;
    struct sse_message message = { .facts = &facts, .now_ms = NOW_MS };
    CU_ASSERT_EQUAL_FATAL(sse_facts_read(bench->reader, data, strlen(data), &facts), 0);
    CU_ASSERT_EQUAL_FATAL(
        sse_facts_read_places(bench->reader, id, strlen(id), &message.places, &message.n_places),
        0);
    int action = sse_track_take(bench->track, &message, &bench->position);
    if (action == SSE_GIVE || action == SSE_SKIP) {
        CU_ASSERT_EQUAL(ledger_done(bench->ledger, &bench->position), 0);
        ledger_publish(bench->ledger);
    }
    return action;
}

/* Compares what the next connection asks for. */
static void check_asks(struct bench *bench, const char *expected)
{
    AUTO_BUFFER id = { 0 };
    struct sse_resume resume = { .now_ms = NOW_MS };
    CU_ASSERT_EQUAL(sse_track_resume(bench->track, &resume, &id), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(buffer_text(&id));
    CU_ASSERT_STRING_EQUAL(id.data, expected);
    if (strcmp(id.data, expected) != 0) {
        printf("\nasks %s\n", id.data);
    }
}

#define ENTRY(topic, rest) "{\"topic\":\"" topic "\",\"partition\":0," rest "}"
#define EVENT(topic, offset, id)                                                                   \
    "{\"meta\":{\"topic\":\"" topic "\",\"partition\":0,\"offset\":" #offset ",\"id\":\"" id "\"}" \
    "}"

static void test_nothing_known(void)
{
    struct bench bench;
    bench_open(&bench, -1);
    check_asks(&bench, "");
    CU_ASSERT_EQUAL(sse_track_since(bench.track), -1);
    sse_track_connected(bench.track, 5000);
    /* Cut before the first event: from when we were there. */
    check_asks(&bench, "");
    CU_ASSERT_EQUAL(sse_track_since(bench.track), 5000);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(sse_track_since(bench.track), 5000);
    bench_close(&bench);
    bench_open(&bench, 77);
    CU_ASSERT_EQUAL(sse_track_since(bench.track), 77);
    bench_close(&bench);
}

/* Every topic-partition is listed; one never read by a time, never by -1 or what the id says. */
static void test_all_are_listed(void)
{
    static const char id[] = "[" ENTRY("eqiad.s", "\"timestamp\":8001") "," ENTRY(
        "codfw.s", "\"offset\":-1") "," ENTRY("eqiad.t", "\"offset\":123") "]";
    struct bench bench;
    bench_open(&bench, -1);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 41, "a")), SSE_GIVE);
    /* The service's clock is behind ours: its time counts. */
    check_asks(&bench,
               "[" ENTRY("eqiad.s", "\"offset\":41") "," ENTRY(
                   "codfw.s", "\"timestamp\":8000") "," ENTRY("eqiad.t", "\"timestamp\":8000") "]");
    bench_close(&bench);
    bench_open(&bench, 77);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 41, "a")), SSE_GIVE);
    check_asks(&bench,
               "[" ENTRY("eqiad.s", "\"offset\":41") "," ENTRY(
                   "codfw.s", "\"timestamp\":77") "," ENTRY("eqiad.t", "\"timestamp\":77") "]");
    bench_close(&bench);
}

static void test_same_event_again(void)
{
    static const char id[] = "[" ENTRY("eqiad.s", "\"timestamp\":8001") "]";
    struct bench bench;
    bench_open(&bench, -1);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 41, "a")), SSE_GIVE);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 43, "b")), SSE_GIVE);
    CU_ASSERT_EQUAL(bench.position.offset, 43);
    CU_ASSERT_EQUAL(bench.position.sequence, 1);
    check_asks(&bench, "[" ENTRY("eqiad.s", "\"offset\":43") "]");
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 43, "b")), SSE_IGNORE);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 44, "b")), SSE_GIVE);
    CU_ASSERT_FALSE(sse_track_has_moved(bench.track));
    bench_close(&bench);
}

/* Each way in which the event may not be the one that was expected. */
static void test_another_event(void)
{
    static const char *const others[] = {
        EVENT("eqiad.s", 43, "x"),
        EVENT("eqiad.s", 44, "b"),
        EVENT("eqiad.s", 7, "b"),
        "{\"meta\":{}}",
        "oops",
    };
    static const char id[] = "[" ENTRY("eqiad.s", "\"timestamp\":2000001") "]";
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct bench bench;
        bench_open(&bench, -1);
        sse_track_connected(bench.track, 9000);
        CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 42, "a")), SSE_GIVE);
        CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 43, "b")), SSE_GIVE);
        check_asks(&bench, "[" ENTRY("eqiad.s", "\"offset\":43") "]");
        CU_ASSERT_EQUAL(take(&bench, id, others[i]), SSE_MOVED);
        CU_ASSERT_TRUE(sse_track_has_moved(bench.track));
        CU_ASSERT_EQUAL(sse_track_follow(bench.track), 0);
        CU_ASSERT_FALSE(sse_track_has_moved(bench.track));
        /* Ten minutes before the last one. */
        check_asks(&bench, "[" ENTRY("eqiad.s", "\"timestamp\":1400000") "]");
        CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 9042, "a")), SSE_SKIP);
        CU_ASSERT_EQUAL(bench.position.sequence, 0);
        CU_ASSERT_EQUAL(bench.position.partition, 1);
        CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 9043, "b")), SSE_SKIP);
        CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 9044, "c")), SSE_GIVE);
        CU_ASSERT_STRING_EQUAL(partition_table_start(bench.partitions, 1)->name, "eqiad.s/0#2");
        check_asks(&bench, "[" ENTRY("eqiad.s", "\"offset\":9044") "]");
        bench_close(&bench);
    }
}

/* A producer's own double, with no offsets moved, is two events. */
static void test_double_is_no_repeat(void)
{
    static const char id[] = "[" ENTRY("eqiad.s", "\"timestamp\":8001") "]";
    struct bench bench;
    bench_open(&bench, -1);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 1, "a")), SSE_GIVE);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 2, "a")), SSE_GIVE);
    bench_close(&bench);
}

/* What follows must wait until all that was read is done: it would be doubled otherwise. */
static void test_follow_can_be_stopped(void)
{
    static const char id[] = "[" ENTRY("eqiad.s", "\"timestamp\":8001") "]";
    struct bench bench;
    struct sse_facts facts;
    struct sse_message message = { .facts = &facts };
    bench_open(&bench, -1);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 1, "a")), SSE_GIVE);
    static const char undone[] = EVENT("eqiad.s", 2, "b");
    CU_ASSERT_EQUAL(sse_facts_read(bench.reader, undone, strlen(undone), &facts), 0);
    CU_ASSERT_EQUAL(sse_track_take(bench.track, &message, &bench.position), SSE_GIVE);
    check_asks(&bench, "[" ENTRY("eqiad.s", "\"offset\":2") "]");
    CU_ASSERT_EQUAL(take(&bench, id, EVENT("eqiad.s", 3, "x")), SSE_MOVED);
    partition_table_stop(bench.partitions);
    CU_ASSERT_EQUAL(sse_track_follow(bench.track), 1);
    CU_ASSERT_TRUE(sse_track_has_moved(bench.track));
    bench_close(&bench);
}

/* No topic, no offset: read, counted, and said to be blind. */
static void test_blind(void)
{
    struct bench bench;
    bench_open(&bench, -1);
    sse_track_connected(bench.track, 9000);
    CU_ASSERT_EQUAL(take(&bench, "17", "{\"a\":1}"), SSE_GIVE);
    CU_ASSERT_EQUAL(take(&bench, "", "{\"a\":1}"), SSE_GIVE);
    CU_ASSERT_EQUAL(bench.position.offset, 1);
    CU_ASSERT_TRUE(sse_track_is_blind(bench.track));
    CU_ASSERT_FALSE(sse_track_has_moved(bench.track));
    check_asks(&bench, "");
    CU_ASSERT_EQUAL(take(&bench, "", "{\"a\":2}"), SSE_GIVE);
    CU_ASSERT_EQUAL(bench.position.sequence, 2);
    bench_close(&bench);
}

/* Topics that would break out of the header or of the JSON are no topics. */
static void test_hostile_topics(void)
{
    static const char *const events[] = {
        EVENT("a\\\"b", 1, "a"),
        EVENT("a b", 1, "a"),
        EVENT("", 1, "a"),
        EVENT("a\\r\\nX: y", 1, "a"),
        "{\"meta\":{\"topic\":\"t\",\"partition\":-1,\"offset\":1}}",
        "{\"meta\":{\"topic\":\"t\",\"partition\":0,\"offset\":-1}}",
        "{\"meta\":{\"topic\":\"t\",\"partition\":0,\"offset\":1e3}}",
        "{\"meta\":{\"topic\":\"t\",\"partition\":0,\"offset\":99999999999999999999}}",
        "{\"meta\":{\"topic\":7,\"partition\":0,\"offset\":1}}",
    };
    struct sse_facts_reader *reader;
    CU_ASSERT_EQUAL_FATAL(sse_facts_reader_new(&reader), 0);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct sse_facts facts;
        CU_ASSERT_EQUAL(sse_facts_read(reader, events[i], strlen(events[i]), &facts), 0);
        CU_ASSERT_FALSE(facts.is_located);
    }
    sse_facts_reader_free(reader);
}

static void test_facts(void)
{
    static const char event[] =
        "{\"x\":{\"meta\":{\"topic\":\"no\"}},\"meta\":{\"dt\":\"1970-01-01T00:00:07.5Z\","
        "\"domain\":\"d\",\"id\":\"i\",\"partition\":3,\"offset\":1109139115,"
        "\"topic\":\"eqiad.s\"}}";
    struct sse_facts_reader *reader;
    struct sse_facts facts;
    CU_ASSERT_EQUAL_FATAL(sse_facts_reader_new(&reader), 0);
    CU_ASSERT_EQUAL(sse_facts_read(reader, event, strlen(event), &facts), 0);
    CU_ASSERT_TRUE(facts.is_located);
    CU_ASSERT_EQUAL(facts.name.topic_len, 7);
    CU_ASSERT_EQUAL(memcmp(facts.name.topic, "eqiad.s", 7), 0);
    CU_ASSERT_EQUAL(facts.name.partition, 3);
    CU_ASSERT_EQUAL(facts.offset, 1109139115);
    CU_ASSERT_EQUAL(facts.dt_ms, 7500);
    sse_facts_reader_free(reader);
}

static void test_too_many_topics(void)
{
    struct bench bench;
    bench_open(&bench, -1);
    for (int i = 0; i <= SSE_LANES_MAX; i++) {
        char event[128];
        snprintf(event, sizeof(event), EVENT("t%d", 5, "i%d"), i, i);
        CU_ASSERT_EQUAL(take(&bench, "", event), i < SSE_LANES_MAX ? SSE_GIVE : -E2BIG);
    }
    CU_ASSERT_EQUAL(take(&bench, "", EVENT("t0", 6, "next")), SSE_GIVE);
    bench_close(&bench);
}

#define AT(topic, offset, seconds)                                                                \
    "{\"meta\":{\"topic\":\"" topic "\",\"partition\":0,\"offset\":" #offset ",\"id\":\"" #offset \
    "\",\"dt\":\"1970-01-01T01:" seconds "Z\"}}"
#define UNTIL_MS INT64_C(3720000) /* 01:02:00 */

/* The end is where every topic-partition that had an event is at it, or one ten minutes behind it. */
static void test_until(void)
{
    static const char id[] = "[" ENTRY("eqiad.s", "\"offset\":-1") "," ENTRY(
        "codfw.s", "\"offset\":-1") "," ENTRY("eqiad.t", "\"offset\":-1") "]";
    static const struct {
        const char *event;
        int action;
        bool is_past;
    } rows[] = {
        { AT("eqiad.s", 1, "00:00"), SSE_GIVE, false },
        { AT("codfw.s", 7, "00:00"), SSE_GIVE, false },
        { AT("eqiad.s", 2, "01:59.999"), SSE_GIVE, false },
        { AT("eqiad.s", 3, "02:00"), SSE_IGNORE, false },
        /* Behind the first one that is too late; another run has them both. */
        { AT("eqiad.s", 4, "01:00"), SSE_IGNORE, false },
        { AT("codfw.s", 8, "01:30"), SSE_GIVE, false },
        { AT("codfw.s", 9, "02:30"), SSE_IGNORE, true },
    };
    struct bench bench;
    bench_open_until(&bench, -1, UNTIL_MS);
    sse_track_connected(bench.track, UNTIL_MS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(take(&bench, id, rows[i].event), rows[i].action);
        CU_ASSERT_EQUAL(sse_track_is_past_until(bench.track), rows[i].is_past);
    }
    /* Another run begins behind what this one gave out. */
    check_asks(&bench,
               "[" ENTRY("eqiad.s", "\"offset\":2") "," ENTRY("codfw.s", "\"offset\":8") "," ENTRY(
                   "eqiad.t", "\"timestamp\":3600000") "]");
    bench_close(&bench);
}

static void test_until_without_the_other(void)
{
    struct bench bench;
    bench_open_until(&bench, -1, UNTIL_MS);
    sse_track_connected(bench.track, UNTIL_MS);
    CU_ASSERT_EQUAL(take(&bench, "", AT("eqiad.s", 1, "00:00")), SSE_GIVE);
    CU_ASSERT_EQUAL(take(&bench, "", AT("codfw.s", 7, "00:00")), SSE_GIVE);
    CU_ASSERT_EQUAL(take(&bench, "", AT("eqiad.s", 2, "11:59.999")), SSE_IGNORE);
    CU_ASSERT_FALSE(sse_track_is_past_until(bench.track));
    CU_ASSERT_EQUAL(take(&bench, "", AT("eqiad.s", 3, "12:00")), SSE_IGNORE);
    CU_ASSERT_TRUE(sse_track_is_past_until(bench.track));
    bench_close(&bench);
}

static void test_window(void)
{
    enum { LIMIT = 1000 };
    struct sse_window window = { 0 };
    sse_window_limit(&window, LIMIT);
    CU_ASSERT_FALSE(window.has_overflowed);
    for (int64_t i = 0; i < 5000; i++) {
        struct sse_record record = {
            .id = (uint64_t)i * 3, .offset = i, .time_ms = i, .partition = (uint32_t)(i % 2)
        };
        CU_ASSERT_EQUAL(sse_window_add(&window, &record), 0);
    }
    CU_ASSERT_EQUAL(window.n, LIMIT);
    CU_ASSERT_TRUE(window.has_overflowed);
    CU_ASSERT_TRUE(window.allocated <= 1024);
    CU_ASSERT_EQUAL(sse_window_at(&window, 0)->offset, 4000);
    CU_ASSERT_EQUAL(sse_window_newest_ms(&window), 4999);
    CU_ASSERT_EQUAL(sse_window_before(&window, 1, 4500)->offset, 4499);
    CU_ASSERT_EQUAL(sse_window_before(&window, 0, 4500)->offset, 4498);
    CU_ASSERT_PTR_NULL(sse_window_before(&window, 0, 4000));
    CU_ASSERT_PTR_NULL(sse_window_before(&window, 2, 9000));
    CU_ASSERT_FALSE(sse_window_has_seen(&window, 4500 * 3));
    CU_ASSERT_EQUAL(sse_window_begin_lookup(&window), 0);
    for (uint64_t i = 0; i < 5000; i++) {
        CU_ASSERT_EQUAL(sse_window_has_seen(&window, i * 3), i >= 4000);
        CU_ASSERT_FALSE(sse_window_has_seen(&window, i * 3 + 1));
    }
    sse_window_end_lookup(&window);
    sse_window_limit(&window, 10);
    CU_ASSERT_EQUAL(window.n, 10);
    CU_ASSERT_EQUAL(sse_window_at(&window, 0)->offset, 4990);
    sse_window_deinit(&window);
}

static const struct test_case cases[] = {
    { "nothing known: since, or the first connection", test_nothing_known },
    { "every topic-partition is listed, none by -1", test_all_are_listed },
    { "the same event again", test_same_event_again },
    { "another event: on by time, without repeats", test_another_event },
    { "a producer's double is no repeat", test_double_is_no_repeat },
    { "going on by time waits for what is under way", test_follow_can_be_stopped },
    { "events without any place", test_blind },
    { "topics that would break a header", test_hostile_topics },
    { "more topic-partitions than can be told apart", test_too_many_topics },
    { "facts of an event", test_facts },
    { "until: every topic-partition is at it", test_until },
    { "until: one is far behind it, another silent", test_until_without_the_other },
    { "the window forgets the oldest", test_window },
};

int main(void)
{
    log_setup(LOG_ERROR, LOG_LOGFMT);
    return cunit_run("source/sse_track", cases, sizeof(cases) / sizeof(cases[0]));
}
