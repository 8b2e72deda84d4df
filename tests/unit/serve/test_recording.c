/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/recording.h"

#include "recorded.h"

#include <errno.h>

static void test_offsets_ascend_in_a_partition(void)
{
    struct problem problem = { 0 };
    AUTO(recording)
    recording =
        recorded_load(RECORDED_EVENT("eqiad", 12, "02") RECORDED_EVENT("codfw", 5, "00.5")
                          RECORDED_EVENT("eqiad", 10, "00") RECORDED_EVENT("eqiad", 11, "01"),
                      false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    static const struct {
        int64_t offset;
        uint32_t partition;
        int64_t timestamp_ms;
    } wanted[] = { { 10, 0, 0 }, { 5, 1, 500 }, { 11, 0, 1000 }, { 12, 0, 2000 } };
    CU_ASSERT_EQUAL_FATAL(recording->n_events, ARRAY_SIZE(wanted));
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        CU_ASSERT_EQUAL(recording->events[i].offset, wanted[i].offset);
        CU_ASSERT_EQUAL(recording->events[i].partition, wanted[i].partition);
        CU_ASSERT_EQUAL(recording->events[i].timestamp_ms,
                        RECORDED_MINUTE + wanted[i].timestamp_ms);
    }
    CU_ASSERT_EQUAL(recording->partitions[0].span, 3);
    CU_ASSERT_EQUAL(recording->partitions[0].period_ms, 2001);
}

static void test_streams_and_topics(void)
{
    struct problem problem = { 0 };
    AUTO(recording)
    recording = recorded_load("{\"meta\":{\"stream\":\"mediawiki.a.v1\"}}\n"
                              "{\"meta\":{\"stream\":\"b\"}}\n"
                              "{\"meta\":{\"topic\":\"other.c\",\"partition\":2,"
                              "\"offset\":3}}\n",
                              false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    CU_ASSERT_EQUAL(recording->n_streams, 3);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "mediawiki.a.v1", 14), 0);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "a.v1", 4), 0);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "b", 1), 1);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "bc", 1), 1);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "x", 1), -1);
    CU_ASSERT_EQUAL(recording_find_partition(recording, "eqiad.mediawiki.a.v1", 20, 0), 0);
    CU_ASSERT_EQUAL(recording_find_partition(recording, "codfw.mediawiki.a.v1", 20, 0), 1);
    CU_ASSERT_EQUAL(recording_find_partition(recording, "eqiad.mediawiki.a.v1", 20, 1), -1);
    CU_ASSERT(recording_find_partition(recording, "other.c", 7, 2) >= 0);
}

static void test_running_offsets(void)
{
    struct problem problem = { 0 };
    AUTO(recording)
    recording =
        recorded_load("{\"meta\":{\"stream\":\"s\"}}\n" RECORDED_EVENT(
                          "eqiad", 2000000, "01") "{\"meta\":{\"stream\":\"s\"}}\nnot json\n{}\n",
                      false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    static const struct {
        int64_t offset;
        enum recording_splice splice;
        size_t line;
    } wanted[] = {
        { 2000000, RECORDING_REPLACE, 2 },
        { 2000001, RECORDING_INSERT, 1 },
        { 2000002, RECORDING_INSERT, 3 },
        { 2000003, RECORDING_NO_SPLICE, 4 },
        { 2000004, RECORDING_INSERT_META_FIRST, 5 },
    };
    CU_ASSERT_EQUAL_FATAL(recording->n_events, ARRAY_SIZE(wanted));
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        CU_ASSERT_EQUAL(recording->events[i].offset, wanted[i].offset);
        CU_ASSERT_EQUAL(recording->events[i].splice, wanted[i].splice);
        CU_ASSERT_EQUAL(recording->events[i].line, wanted[i].line);
        CU_ASSERT_EQUAL(recording->events[i].partition, 0);
    }
}

static void test_renumber(void)
{
    static const char twice[] = RECORDED_EVENT("eqiad", 7, "00") RECORDED_EVENT("eqiad", 7, "00");
    struct problem problem = { 0 };
    CU_ASSERT_PTR_NULL(recorded_load(twice, false, &problem));
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, ":2: offset 7 of eqiad.s was there in line 1"));
    AUTO(recording) recording = recorded_load(twice, true, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    CU_ASSERT_EQUAL(recording->events[0].offset, RECORDING_FIRST_OFFSET);
    CU_ASSERT_EQUAL(recording->events[1].offset, RECORDING_FIRST_OFFSET + 1);
}

static void test_refused(void)
{
    static const char *const texts[] = {
        "{\"meta\":{\"topic\":\"eqiad.s\"}}\n",
        "{\"meta\":{\"topic\":\"eqiad.s\",\"partition\":0}}\n",
        "{\"meta\":{\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":-1}}\n",
        "{\"meta\":{\"topic\":\"eqiad.s\",\"partition\":-1,\"offset\":1}}\n",
        "{\"meta\":{\"partition\":0,\"offset\":1}}\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct problem problem = { 0 };
        CU_ASSERT_PTR_NULL(recorded_load(texts[i], false, &problem));
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, ":1: "));
    }
    struct problem problem = { 0 };
    struct recording *recording = NULL;
    struct recording_options options = { .path = "/nonexistent/file" };
    CU_ASSERT_EQUAL(recording_load(&options, &problem, &recording), -ENOENT);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_IO);
    options.path = "/dev/null";
    CU_ASSERT(recording_load(&options, &problem, &recording) < 0);
}

static void test_empty_file_has_a_stream(void)
{
    struct problem problem = { 0 };
    AUTO(recording) recording = recorded_load("", false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    CU_ASSERT_EQUAL(recording->n_events, 0);
    CU_ASSERT_EQUAL(recording_find_stream(recording, "mediawiki.page_change.v1", 24), 0);
}

static const struct test_case cases[] = {
    { "offsets ascend in a partition", test_offsets_ascend_in_a_partition },
    { "streams, aliases and topics", test_streams_and_topics },
    { "events without position get running offsets", test_running_offsets },
    { "a position claimed twice, and renumbering", test_renumber },
    { "what is refused", test_refused },
    { "an empty file", test_empty_file_has_a_stream },
};

CUNIT_MAIN("serve/recording", cases)
