/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/assignment.h"

#include <inttypes.h>

#include "base/arena.h"

#include "recorded.h"

/* Two datacentres' events; the timestamps of eqiad go back once. */
static const char events[] = RECORDED_EVENT("eqiad", 10, "01") RECORDED_EVENT("codfw", 5, "02")
    RECORDED_EVENT("eqiad", 11, "03") RECORDED_EVENT("eqiad", 14, "02.5")
        RECORDED_EVENT("codfw", 6, "04") RECORDED_EVENT("eqiad", 15, "05");

#define ENTRY(topic, value) "{\"topic\":\"" topic "\",\"partition\":0," value "}"
#define BOTH(eqiad, codfw)  "[" ENTRY("eqiad.s", eqiad) "," ENTRY("codfw.s", codfw) "]"

/* What an assignment serves, each event as "e10 " or "c5 ", at most `most` of them. */
static void served(struct assignment *assignment, size_t most, struct buffer *text)
{
    const struct recording_event *event;
    uint64_t pass = 0;
    while (most-- > 0 && (event = assignment_peek(assignment, &pass)) != NULL) {
        const struct recording_partition *partition =
            &assignment->recording->partitions[event->partition];
        int64_t offset = event->offset + (int64_t)pass * partition->span + assignment->shift;
        buffer_printf(text, "%c%" PRId64 " ", partition->topic[0], offset);
        assignment_advance(assignment);
    }
    buffer_text(text);
}

/* Resolves as the server does; last_event_id may be NULL, since_ms -1. */
static int resolve(const struct recording *recording, const char *last_event_id, int64_t since_ms,
                   int64_t shift, bool is_looping, struct assignment **ret_assignment)
{
    static const uint32_t stream = 0;
    struct arena arena = { 0 };
    const char *reason = NULL;
    struct assignment_request request = { .recording = recording,
                                          .streams = &stream,
                                          .n_streams = 1,
                                          .since_ms = since_ms,
                                          .shift = shift,
                                          .is_looping = is_looping };
    struct position *positions = NULL;
    if (last_event_id != NULL) {
        CU_ASSERT_EQUAL_FATAL(
            positions_parse(&arena, last_event_id, &positions, &request.n_positions, &reason), 0);
    }
    request.positions = positions;
    int r = assignment_new(&request, ret_assignment);
    arena_deinit(&arena);
    return r;
}

static void test_where_serving_begins(void)
{
    static const struct {
        const char *last_event_id;
        int64_t since_ms;
        int64_t shift;
        /* The id before the first event. */
        const char *id;
        const char *served;
    } rows[] = {
        /* The beginning, shown as the public service shows its "latest". */
        { NULL, -1, 0, BOTH("\"offset\":-1", "\"offset\":-1"), "e10 c5 e11 e14 c6 e15 " },
        { NULL, RECORDED_MINUTE + 2000, 0, BOTH("\"offset\":11", "\"offset\":5"),
          "c5 e11 e14 c6 e15 " },
        /* The first in offset order that is not older: e14 is, and is served all the same. */
        { NULL, RECORDED_MINUTE + 3000, 0, BOTH("\"offset\":11", "\"offset\":6"),
          "e11 e14 c6 e15 " },
        /* Past the end is latest. */
        { NULL, RECORDED_MINUTE + 4001, 0, BOTH("\"offset\":15", "\"offset\":-1"), "e15 " },
        { NULL, RECORDED_MINUTE + 9000, 0, BOTH("\"offset\":-1", "\"offset\":-1"), "" },
        /* The header beats since. */
        { BOTH("\"offset\":11", "\"offset\":6"), RECORDED_MINUTE + 9000, 0,
          BOTH("\"offset\":11", "\"offset\":6"), "e11 e14 c6 e15 " },
        /* An offset that is a gap goes on behind it. */
        { BOTH("\"offset\":12", "\"offset\":7"), -1, 0, BOTH("\"offset\":12", "\"offset\":7"),
          "e14 e15 " },
        { BOTH("\"offset\":16", "\"offset\":-1"), -1, 0, BOTH("\"offset\":16", "\"offset\":-1"),
          "" },
        { BOTH("\"offset\":-2", "\"offset\":-1"), -1, 0, BOTH("\"offset\":-2", "\"offset\":-1"),
          "e10 e11 e14 e15 " },
        /* Out of range, on either side: the beginning. */
        { BOTH("\"offset\":17", "\"offset\":7"), -1, 0, BOTH("\"offset\":17", "\"offset\":7"),
          "e10 e11 e14 e15 " },
        { BOTH("\"offset\":9", "\"offset\":7"), -1, 0, BOTH("\"offset\":9", "\"offset\":7"),
          "e10 e11 e14 e15 " },
        /* A topic left out is not served. */
        { "[" ENTRY("codfw.s", "\"offset\":5") "]", -1, 0, "[" ENTRY("codfw.s", "\"offset\":5") "]",
          "c5 c6 " },
        /* Timestamps, and the order of the id's members: those come behind. */
        { BOTH("\"timestamp\":1767225603000", "\"offset\":6"), -1, 0,
          "[" ENTRY("codfw.s", "\"offset\":6") "," ENTRY("eqiad.s", "\"offset\":11") "]",
          "e11 e14 c6 e15 " },
        { BOTH("\"timestamp\":1767225605001", "\"timestamp\":1767225604000"), -1, 0,
          BOTH("\"offset\":-1", "\"offset\":6"), "c6 " },
        /* Offset wins over timestamp; beside a lone timestamp an entry with both is dropped. */
        { BOTH("\"offset\":15,\"timestamp\":0", "\"offset\":7"), -1, 0,
          BOTH("\"offset\":15", "\"offset\":7"), "e15 " },
        { BOTH("\"offset\":15,\"timestamp\":0", "\"timestamp\":0"), -1, 0,
          "[" ENTRY("codfw.s", "\"offset\":5") "]", "c5 c6 " },
        /* The last of two entries for a partition counts, in the place of the first. */
        { "[" ENTRY("eqiad.s", "\"offset\":10") "," ENTRY("codfw.s", "\"offset\":7") "," ENTRY(
              "eqiad.s", "\"offset\":15") "]",
          -1, 0, BOTH("\"offset\":15", "\"offset\":7"), "e15 " },
        /* A partition that the topic does not have is listed. */
        { "[{\"topic\":\"eqiad.s\",\"partition\":4,\"offset\":3}]", -1, 0,
          "[{\"topic\":\"eqiad.s\",\"partition\":4,\"offset\":3}]", "" },
        { "[\"codfw.s\"]", -1, 0, "[" ENTRY("codfw.s", "\"offset\":-1") "]", "c5 c6 " },
        /* Another cluster's offsets: the same numbers land elsewhere, a time does not. */
        { BOTH("\"offset\":14", "\"offset\":7"), -1, 3, BOTH("\"offset\":14", "\"offset\":7"),
          "c8 e14 e17 c9 e18 " },
        { BOTH("\"offset\":14", "\"offset\":6"), -1, 1000, BOTH("\"offset\":14", "\"offset\":6"),
          "e1010 c1005 e1011 e1014 c1006 e1015 " },
        { NULL, RECORDED_MINUTE + 3000, 1000, BOTH("\"offset\":1011", "\"offset\":1006"),
          "e1011 e1014 c1006 e1015 " },
    };
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load(events, false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(assignment) assignment = NULL;
        AUTO_BUFFER id = { 0 };
        AUTO_BUFFER text = { 0 };
        CU_ASSERT_EQUAL_FATAL(resolve(recording, rows[i].last_event_id, rows[i].since_ms,
                                      rows[i].shift, false, &assignment),
                              0);
        CU_ASSERT_EQUAL(assignment_describe(assignment, &id), 0);
        CU_ASSERT(id.len <= assignment->id_bound);
        CU_ASSERT_STRING_EQUAL(buffer_text(&id), rows[i].id);
        served(assignment, SIZE_MAX, &text);
        CU_ASSERT_STRING_EQUAL(text.data, rows[i].served);
        if (strcmp(text.data, rows[i].served) != 0 || strcmp(id.data, rows[i].id) != 0) {
            fprintf(stderr, "row %zu: %s %s\n", i, id.data, text.data);
        }
    }
}

static void test_unknown_topic(void)
{
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load(events, false, &problem);
    AUTO(assignment) assignment = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    CU_ASSERT_EQUAL(
        resolve(recording, "[" ENTRY("eqiad.t", "\"offset\":1") "]", -1, 0, false, &assignment),
        ASSIGNMENT_NO_TOPIC);
    CU_ASSERT_PTR_NULL(assignment);
}

static void test_id_moves_on(void)
{
    static const char *const ids[] = {
        BOTH("\"timestamp\":1767225601001", "\"offset\":-1"),
        BOTH("\"timestamp\":1767225601001", "\"timestamp\":1767225602001"),
        BOTH("\"timestamp\":1767225603001", "\"timestamp\":1767225602001"),
        BOTH("\"timestamp\":1767225602501", "\"timestamp\":1767225602001"),
    };
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load(events, false, &problem);
    AUTO(assignment) assignment = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    CU_ASSERT_EQUAL_FATAL(resolve(recording, NULL, -1, 0, false, &assignment), 0);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        AUTO_BUFFER id = { 0 };
        AUTO_BUFFER text = { 0 };
        served(assignment, 1, &text);
        CU_ASSERT_EQUAL(assignment_describe(assignment, &id), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&id), ids[i]);
    }
}

static void test_starting_over(void)
{
    static const struct {
        const char *last_event_id;
        int64_t since_ms;
        const char *served;
    } rows[] = {
        { NULL, -1, "e10 c5 e11 e14 c6 e15 e16 c7 e17 e20 c8 e21 e22 c9 " },
        { BOTH("\"offset\":20", "\"offset\":9"), -1,
          "e20 e21 e22 c9 e23 e26 c10 e27 e28 c11 e29 e32 c12 e33 " },
        { "[" ENTRY("eqiad.s", "\"offset\":1000003") "]", -1,
          "e1000004 e1000005 e1000006 e1000007 e1000010 e1000011 e1000012 e1000013 e1000016 "
          "e1000017 e1000018 e1000019 e1000022 e1000023 " },
        /* eqiad's pass is 4,001 ms long: 5,500 ms is in its second. */
        { "[" ENTRY("eqiad.s", "\"timestamp\":1767225605500") "]", -1,
          "e17 e20 e21 e22 e23 e26 e27 e28 e29 e32 e33 e34 e35 e38 " },
        /* Only empty partitions: nothing, instead of going round for ever. */
        { "[{\"topic\":\"eqiad.s\",\"partition\":4,\"offset\":3}]", -1, "" },
    };
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load(events, false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(assignment) assignment = NULL;
        AUTO_BUFFER text = { 0 };
        CU_ASSERT_EQUAL_FATAL(
            resolve(recording, rows[i].last_event_id, rows[i].since_ms, 0, true, &assignment), 0);
        served(assignment, 14, &text);
        CU_ASSERT_STRING_EQUAL(text.data, rows[i].served);
        if (strcmp(text.data, rows[i].served) != 0) {
            fprintf(stderr, "row %zu: %s\n", i, text.data);
        }
    }
}

static void test_last_again(void)
{
    static const struct {
        const char *last_event_id;
        bool is_again;
    } rows[] = {
        { NULL, false },
        { BOTH("\"offset\":15", "\"offset\":6"), true },
        { BOTH("\"offset\":15", "\"offset\":7"), true },
        { BOTH("\"offset\":15", "\"offset\":-1"), true },
        { "[" ENTRY("eqiad.s", "\"offset\":15") "]", true },
        { BOTH("\"offset\":14", "\"offset\":6"), false },
        { BOTH("\"offset\":15", "\"offset\":5"), false },
        /* By its time it was not asked for "again". */
        { BOTH("\"timestamp\":1767225605000", "\"timestamp\":1767225604000"), false },
        /* Behind the end is no asking again. */
        { BOTH("\"offset\":16", "\"offset\":7"), false },
    };
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load(events, false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(assignment) assignment = NULL;
        CU_ASSERT_EQUAL_FATAL(resolve(recording, rows[i].last_event_id, -1, 0, false, &assignment),
                              0);
        CU_ASSERT_EQUAL(assignment_is_last_again(assignment), rows[i].is_again);
    }
}

static const struct test_case cases[] = {
    { "where serving begins", test_where_serving_begins },
    { "a topic of another stream", test_unknown_topic },
    { "the id moves on with each event", test_id_moves_on },
    { "starting over", test_starting_over },
    { "asking for the last event again", test_last_again },
};

CUNIT_MAIN("serve/assignment", cases)
