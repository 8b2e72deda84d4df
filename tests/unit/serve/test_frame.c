/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/frame.h"

#include "recorded.h"

static void test_data(void)
{
    static const struct {
        const char *event;
        uint64_t pass;
        int64_t shift;
        const char *wanted;
    } rows[] = {
        { "{\"meta\":{\"offset\":7,\"partition\":0,\"topic\":\"eqiad.s\"},\"a\":1.0e2}", 0, 0,
          "{\"meta\":{\"offset\":7,\"partition\":0,\"topic\":\"eqiad.s\"},\"a\":1.0e2}" },
        { "{\"meta\":{\"offset\" : 9 ,\"partition\":0,\"topic\":\"eqiad.s\"},\"a\":1.0e2}", 0, 1,
          "{\"meta\":{\"offset\" : 10 ,\"partition\":0,\"topic\":\"eqiad.s\"},\"a\":1.0e2}" },
        { "{\"meta\":{\"offset\":7,\"partition\":0,\"topic\":\"eqiad.s\"}}", 3, -4,
          "{\"meta\":{\"offset\":6,\"partition\":0,\"topic\":\"eqiad.s\"}}" },
        { "{ \"meta\" : { \"stream\" : \"s\" } , \"b\" : [ ] }", 0, 5,
          "{ \"meta\" : { \"stream\" : \"s\" ,\"topic\":\"eqiad.s\",\"partition\":0,"
          "\"offset\":1000005} , \"b\" : [ ] }" },
        { "{\"meta\":{}}", 0, 0,
          "{\"meta\":{\"topic\":\"eqiad.mediawiki.page_change.v1\",\"partition\":0,"
          "\"offset\":1000000}}" },
        { "{\"a\":1}", 0, 0,
          "{\"a\":1,\"meta\":{\"topic\":\"eqiad.mediawiki.page_change.v1\",\"partition\":0,"
          "\"offset\":1000000}}" },
        { "{}", 2, 0,
          "{\"meta\":{\"topic\":\"eqiad.mediawiki.page_change.v1\",\"partition\":0,"
          "\"offset\":1000002}}" },
        { "{\"meta\":7}", 0, 9, "{\"meta\":7}" },
        { "[broken", 0, 9, "[broken" },
        /* A further pass varies the id's head, before the offset and behind it. */
        { "{\"meta\":{\"id\":\"0000000a-0000-0000-0000-000000000000\",\"offset\":9,"
          "\"partition\":0,\"topic\":\"eqiad.s\"}}",
          1, 0,
          "{\"meta\":{\"id\":\"0000000b-0000-0000-0000-000000000000\",\"offset\":10,"
          "\"partition\":0,\"topic\":\"eqiad.s\"}}" },
        { "{\"meta\":{\"offset\":9,\"id\":\"FFFFFFFF-0000-0000-0000-000000000000\","
          "\"partition\":0,\"topic\":\"eqiad.s\"}}",
          18, 0,
          "{\"meta\":{\"offset\":27,\"id\":\"ffffffed-0000-0000-0000-000000000000\","
          "\"partition\":0,\"topic\":\"eqiad.s\"}}" },
        { "{\"meta\":{\"id\":\"no uuid but as long as one, I think.\",\"stream\":\"s\"}}", 1, 0,
          "{\"meta\":{\"id\":\"no uuid but as long as one, I think.\",\"stream\":\"s\","
          "\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":1000001}}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct problem problem = { 0 };
        AUTO(recording) recording = recorded_load(rows[i].event, false, &problem);
        CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
        CU_ASSERT_EQUAL_FATAL(recording->n_events, 1);
        struct frame frame = { recording, recording->events, rows[i].pass, rows[i].shift };
        AUTO_BUFFER data = { 0 };
        CU_ASSERT_EQUAL_FATAL(buffer_reserve(&data, frame_data_bound(&frame)), 0);
        data.len = frame_write_data(&frame, data.data);
        CU_ASSERT(data.len <= frame_data_bound(&frame));
        CU_ASSERT_STRING_EQUAL(buffer_text(&data), rows[i].wanted);
    }
}

static void test_whole_frame(void)
{
    struct problem problem = { 0 };
    AUTO(recording)
    recording = recorded_load(RECORDED_EVENT("eqiad", 7, "00.250"), false, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(recording);
    uint32_t stream = 0;
    struct assignment_request request = {
        .recording = recording, .streams = &stream, .n_streams = 1, .since_ms = -1
    };
    AUTO(assignment) assignment = NULL;
    CU_ASSERT_EQUAL_FATAL(assignment_new(&request, &assignment), 0);
    struct frame frame = { .recording = recording };
    frame.event = assignment_peek(assignment, &frame.pass);
    CU_ASSERT_PTR_NOT_NULL_FATAL(frame.event);
    assignment_advance(assignment);
    AUTO_BUFFER text = { 0 };
    size_t data_at = 0;
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&text, frame_bound(&frame, assignment)), 0);
    text.len = frame_write(&frame, assignment, text.data, &data_at);
    CU_ASSERT(text.len <= frame_bound(&frame, assignment));
    CU_ASSERT_STRING_EQUAL(
        buffer_text(&text),
        "event: message\n"
        "id: [{\"topic\":\"eqiad.s\",\"partition\":0,\"timestamp\":1767225600251},"
        "{\"topic\":\"codfw.s\",\"partition\":0,\"offset\":-1}]\n"
        "data: {\"meta\":{\"stream\":\"s\",\"dt\":\"2026-01-01T00:00:00.250Z\","
        "\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":7}}\n\n");
    CU_ASSERT_NSTRING_EQUAL(text.data + data_at, "{\"meta\"", 7);
}

static const struct test_case cases[] = {
    { "an event's bytes with its position", test_data },
    { "a whole frame", test_whole_frame },
};

CUNIT_MAIN("serve/frame", cases)
