/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/position.h"

#include "base/error.h"

#include "../../support/cunit_main.h"

#include <string.h>

static void test_one_entry(void)
{
    static const struct {
        const char *text;
        int outcome;
        struct position position;
    } rows[] = {
        { "[{\"topic\":\"t\",\"partition\":3,\"offset\":7}]",
          0,
          { "t", .partition = 3, .has_offset = true, .offset = 7 } },
        { " [ { \"offset\" : -1 , \"partition\" : 0 , \"topic\" : \"t\" } ] ",
          0,
          { "t", .has_offset = true, .offset = -1 } },
        { "[{\"topic\":\"t\",\"partition\":0,\"timestamp\":1790525832813}]",
          0,
          { "t", .has_timestamp = true, .timestamp_ms = 1790525832813 } },
        { "[{\"topic\":\"t\",\"partition\":0,\"offset\":5,\"timestamp\":6}]",
          0,
          { "t", .has_offset = true, .offset = 5, .has_timestamp = true, .timestamp_ms = 6 } },
        { "[\"t\"]", 0, { "t", .is_topic_only = true } },
        { "", POSITION_INVALID, { 0 } },
        { "nonsense", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"partition\":0,\"offset\":7}", POSITION_INVALID, { 0 } },
        { "[]", POSITION_INVALID, { 0 } },
        { "{}", POSITION_INVALID, { 0 } },
        { "[7]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"partition\":0}]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"offset\":0}]", POSITION_INVALID, { 0 } },
        { "[{\"partition\":0,\"offset\":0}]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":7,\"partition\":0,\"offset\":0}]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"partition\":\"0\",\"offset\":0}]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"partition\":0,\"offset\":1.5}]", POSITION_INVALID, { 0 } },
        { "[{\"topic\":\"t\",\"partition\":0,\"offset\":99999999999999999999}]",
          POSITION_INVALID,
          { 0 } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct position *positions = NULL;
        size_t n_positions = 0;
        const char *reason = NULL;
        int r = positions_parse(&arena, rows[i].text, &positions, &n_positions, &reason);
        CU_ASSERT_EQUAL(r, rows[i].outcome);
        CU_ASSERT_EQUAL(reason != NULL, r == POSITION_INVALID);
        if (r == 0) {
            const struct position *wanted = &rows[i].position;
            CU_ASSERT_EQUAL(n_positions, 1);
            CU_ASSERT_STRING_EQUAL(positions->topic, wanted->topic);
            CU_ASSERT_EQUAL(positions->is_topic_only, wanted->is_topic_only);
            CU_ASSERT_EQUAL(positions->partition, wanted->partition);
            CU_ASSERT_EQUAL(positions->has_offset, wanted->has_offset);
            CU_ASSERT_EQUAL(positions->offset, wanted->offset);
            CU_ASSERT_EQUAL(positions->has_timestamp, wanted->has_timestamp);
            CU_ASSERT_EQUAL(positions->timestamp_ms, wanted->timestamp_ms);
        }
        arena_deinit(&arena);
    }
}

static void test_several_entries(void)
{
    struct arena arena = { 0 };
    struct position *positions = NULL;
    size_t n_positions = 0;
    const char *reason = NULL;
    CU_ASSERT_EQUAL_FATAL(positions_parse(&arena,
                                          "[{\"topic\":\"a\",\"partition\":0,\"offset\":7},\"b\","
                                          "{\"topic\":\"c\",\"partition\":1,\"timestamp\":8}]",
                                          &positions, &n_positions, &reason),
                          0);
    CU_ASSERT_EQUAL_FATAL(n_positions, 3);
    CU_ASSERT_STRING_EQUAL(positions[0].topic, "a");
    CU_ASSERT(positions[1].is_topic_only);
    CU_ASSERT_EQUAL(positions[2].timestamp_ms, 8);
    arena_deinit(&arena);
}

static void test_since(void)
{
    static const struct {
        const char *text;
        int outcome;
        int64_t timestamp_ms;
    } rows[] = {
        { "0", 0, 0 },
        { "1767225600123", 0, 1767225600123 },
        { "2026-01-01T00:00:00Z", 0, 1767225600000 },
        { "2026-01-01T01:00:00.5+01:00", 0, 1767225600500 },
        { "2026-01-01", 0, 1767225600000 },
        { "yesterday", POSITION_INVALID, -7 },
        { "-5", POSITION_INVALID, -7 },
        { "99999999999999999999", POSITION_INVALID, -7 },
        { "2026-13-01", POSITION_INVALID, -7 },
        { "2026-01-01T00:00:00 00:00", POSITION_INVALID, -7 },
        { "2026-01-01T00:00:00.000000000000000000000000000000000000000000000000Z", POSITION_INVALID,
          -7 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int64_t timestamp_ms = -7;
        CU_ASSERT_EQUAL(since_parse(rows[i].text, &timestamp_ms), rows[i].outcome);
        CU_ASSERT_EQUAL(timestamp_ms, rows[i].timestamp_ms);
    }
}

static const struct test_case cases[] = {
    { "an entry of Last-Event-ID", test_one_entry },
    { "several entries keep their order", test_several_entries },
    { "since", test_since },
};

CUNIT_MAIN("serve/position", cases)
