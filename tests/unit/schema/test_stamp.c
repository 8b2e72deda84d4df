/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/stamp.h"

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

/* 2026-11-24T04:35:07.123456789Z */
static int64_t fixed_ns(const struct clock *clock)
{
    (void)clock;
    return INT64_C(1795494907123456789);
}

static const struct clock fixed = { .monotonic_ns = fixed_ns, .realtime_ns = fixed_ns };

#define NOW    "\"2026-11-24T04:35:07.123Z\""
#define SCHEMA "\"$schema\":\"/page/1.1.0\""
#define STREAM "\"stream\":\"job.sink\""

static struct stamp *new_stamp(const char *stream, bool is_dt_forced)
{
    struct stamp_options options = {
        .title = "page",
        .version = "1.1.0",
        .stream = stream,
        .stamps = true,
        .is_dt_forced = is_dt_forced,
        .clock = &fixed,
    };
    struct stamp *stamp;
    CU_ASSERT_EQUAL_FATAL(stamp_new(&options, &stamp), 0);
    return stamp;
}

/* The id that the origin gives, with quotes. */
static const char *id_of(const struct stamp *stamp, const struct stamp_origin *origin)
{
    static char quoted[UUID_SIZE + 2];
    char id[UUID_SIZE];
    CU_ASSERT_EQUAL(stamp_id(stamp, origin, id), 0);
    snprintf(quoted, sizeof(quoted), "\"%s\"", id);
    return quoted;
}

/* The text, with id where it says %ID%. */
static void put_expected(struct buffer *expected, const char *text, const char *id)
{
    const char *place = strstr(text, "%ID%");
    int len = place == NULL ? (int)strlen(text) : (int)(place - text);
    CU_ASSERT_EQUAL(buffer_printf(expected, "%.*s%s%s", len, text, place == NULL ? "" : id,
                                  place == NULL ? "" : place + 4),
                    0);
}

static void test_what_is_written(void)
{
    static const struct {
        const char *event;
        /* %ID% stands for the id made from the position. */
        const char *expected;
        bool is_dt_forced;
    } rows[] = {
        /* What is right stays as it is written. */
        { "{ " SCHEMA " , \"meta\":{ \"id\" :\"x\"," STREAM ",\"dt\":\"then\"}}",
          "{ " SCHEMA " , \"meta\":{ \"id\" :\"x\"," STREAM ",\"dt\":\"then\"}}", false },
        { "{\"$schema\":\"\\/page\\/1.1.0\",\"meta\":{\"id\":\"x\"," STREAM ",\"dt\":\"then\"}}",
          "{\"$schema\":\"\\/page\\/1.1.0\",\"meta\":{\"id\":\"x\"," STREAM ",\"dt\":\"then\"}}",
          false },
        /* What is wrong is set in its place. */
        { "{\"$schema\":\"/page/"
          "1.2.0\",\"meta\":{\"stream\":\"a\",\"id\":\"x\",\"dt\":\"then\"},\"b\":1}",
          "{" SCHEMA ",\"meta\":{" STREAM ",\"id\":\"x\",\"dt\":\"then\"},\"b\":1}", false },
        { "{\"$schema\":7,\"meta\":{\"stream\":{},\"id\":7,\"dt\":[]}}",
          "{" SCHEMA ",\"meta\":{" STREAM ",\"id\":7,\"dt\":[]}}", false },
        { "{" SCHEMA ",\"meta\":{" STREAM ",\"id\":\"x\",\"dt\":\"then\",\"rest\":1}}",
          "{" SCHEMA ",\"meta\":{" STREAM ",\"id\":\"x\",\"dt\":" NOW ",\"rest\":1}}", true },
        /* What is missing is added. */
        { "{" SCHEMA ",\"meta\":{" STREAM "}}",
          "{" SCHEMA ",\"meta\":{" STREAM ",\"dt\":" NOW ",\"id\":%ID%}}", false },
        { "{" SCHEMA ",\"meta\":{\"dt\":null,\"id\":null," STREAM "}}",
          "{" SCHEMA ",\"meta\":{\"dt\":" NOW ",\"id\":%ID%," STREAM "}}", false },
        { "{}", "{" SCHEMA ",\"meta\":{" STREAM ",\"dt\":" NOW ",\"id\":%ID%}}", false },
        { "{\"$schema\":\"/page/1.1.0\",\"meta\":null,\"a\":1}",
          "{" SCHEMA ",\"meta\":{" STREAM ",\"dt\":" NOW ",\"id\":%ID%},\"a\":1}", true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct stamp *stamp = new_stamp("job.sink", rows[i].is_dt_forced);
        struct stamp_origin origin = { "topic[0]", 7, rows[i].event, strlen(rows[i].event) };
        AUTO_OPENED opened;
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, rows[i].event), 0);
        CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
        AUTO_BUFFER expected = { 0 };
        put_expected(&expected, rows[i].expected, id_of(stamp, &origin));
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), buffer_text(&expected));
        /* Once more changes nothing. */
        CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), buffer_text(&expected));
        event_reset(&opened.event);
        stamp_free(stamp);
    }
}

static void test_a_meta_that_is_none_is_told(void)
{
    static const char *const events[] = { "{\"meta\":1}", "{\"meta\":[]}", "{\"meta\":\"{}\"}" };
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        struct stamp *stamp = new_stamp("job.sink", false);
        struct stamp_origin origin = { "topic[0]", 7, NULL, 0 };
        AUTO_OPENED opened;
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, events[i]), 0);
        CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), STAMP_NO_META);
        event_reset(&opened.event);
        stamp_free(stamp);
    }
}

static void test_patches_are_seen(void)
{
    struct stamp *stamp = new_stamp("job.sink", false);
    struct stamp_origin origin = { "topic[0]", 7, "x", 1 };
    AUTO_OPENED opened;
    CU_ASSERT_EQUAL_FATAL(opened_init(&opened, "{\"$schema\":\"a\",\"meta\":{\"id\":\"x\"}}"), 0);
    CU_ASSERT_EQUAL(weir_event_set_string(&opened.event, "/meta/dt", "then"), 0);
    CU_ASSERT_EQUAL(weir_event_set_string(&opened.event, "/meta/stream", "other"), 0);
    CU_ASSERT_EQUAL(weir_event_remove(&opened.event, "/meta/id"), 0);
    CU_ASSERT_EQUAL(weir_event_remove(&opened.event, "/$schema"), 0);
    CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
    AUTO_BUFFER expected = { 0 };
    CU_ASSERT_EQUAL(buffer_printf(&expected,
                                  "{\"meta\":{\"dt\":\"then\"," STREAM ",\"id\":%s}," SCHEMA "}",
                                  id_of(stamp, &origin)),
                    0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), buffer_text(&expected));
    event_reset(&opened.event);
    stamp_free(stamp);
}

static void test_ids_are_of_stream_position_and_bytes(void)
{
    struct stamp *one = new_stamp("one", false);
    struct stamp *two = new_stamp("two", false);
    const struct {
        const struct stamp *stamp;
        struct stamp_origin origin;
    } rows[] = {
        { one, { "topic[0]", 7, "{}", 2 } },    { two, { "topic[0]", 7, "{}", 2 } },
        { one, { "topic[1]", 7, "{}", 2 } },    { one, { "topic[0]", 8, "{}", 2 } },
        { one, { "topic[0]", 7, "{} ", 3 } },   { one, { "topic[0]", 7, NULL, 0 } },
        { one, { "topic[0]\n7", 7, "{}", 2 } },
    };
    char ids[ARRAY_SIZE(rows)][UUID_SIZE];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char again[UUID_SIZE];
        CU_ASSERT_EQUAL(stamp_id(rows[i].stamp, &rows[i].origin, ids[i]), 0);
        CU_ASSERT_EQUAL(stamp_id(rows[i].stamp, &rows[i].origin, again), 0);
        CU_ASSERT_STRING_EQUAL(ids[i], again);
        CU_ASSERT_EQUAL(ids[i][14], '5');
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(ids[i], ids[j]);
        }
    }
    stamp_free(one);
    stamp_free(two);
}

static void test_marks_of_transport_go(void)
{
    struct stamp_options options = { .title = "", .version = "", .stream = "", .clock = &fixed };
    struct stamp_origin origin = { "topic[0]", 7, NULL, 0 };
    struct stamp *stamp;
    options.strips_transport = true;
    CU_ASSERT_EQUAL_FATAL(stamp_new(&options, &stamp), 0);
    static const struct {
        const char *event;
        const char *expected;
    } rows[] = {
        { "{\"meta\":{\"id\":\"x\",\"topic\":\"t\",\"partition\":0,\"offset\":5,\"key\":{\"a\":1}}"
          "}",
          "{\"meta\":{\"id\":\"x\"}}" },
        { "{\"meta\":{\"topic\":\"t\",\"id\":\"x\",\"topic\":\"u\"},\"topic\":1}",
          "{\"meta\":{\"id\":\"x\"},\"topic\":1}" },
        { "{\"meta\":{\"id\":\"x\"}}", "{\"meta\":{\"id\":\"x\"}}" },
        { "{\"meta\":[\"topic\"]}", "{\"meta\":[\"topic\"]}" },
        { "{\"a\":1}", "{\"a\":1}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_OPENED opened;
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, rows[i].event), 0);
        CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), rows[i].expected);
        event_reset(&opened.event);
    }
    AUTO_OPENED opened;
    CU_ASSERT_EQUAL_FATAL(opened_init(&opened, "{\"meta\":{\"key\":1,\"topic\":\"t\"}}"), 0);
    CU_ASSERT_EQUAL(weir_event_set_string(&opened.event, "/meta/key", "mine"), 0);
    CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"meta\":{\"key\":\"mine\"}}");
    /* A meta that is set as a whole, too. */
    CU_ASSERT_EQUAL(weir_event_set_raw(&opened.event, "/meta", "{\"topic\":\"mine\"}", 16), 0);
    CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"meta\":{\"topic\":\"mine\"}}");
    event_reset(&opened.event);
    stamp_free(stamp);
}

/* As a sink asks for: both at once, over what patches have set, removed and added. */
static void test_both_at_once(void)
{
    static const struct {
        const char *event;
        const char *removed;
        const char *set;
        const char *expected;
    } rows[] = {
        { "{\"$schema\":\"a\",\"meta\":{\"topic\":\"t\",\"stream\":\"a\",\"id\":\"x\",\"offset\":1,"
          "\"dt\":"
          "\"then\",\"key\":{}}}",
          NULL, NULL, "{" SCHEMA ",\"meta\":{" STREAM ",\"id\":\"x\",\"dt\":\"then\"}}" },
        { "{\"meta\":{\"topic\":\"t\",\"id\":\"x\",\"dt\":\"then\",\"domain\":\"d\"}," SCHEMA "}",
          "/meta/id", NULL,
          "{\"meta\":{\"dt\":\"then\",\"domain\":\"d\"," STREAM ",\"id\":%ID%}," SCHEMA "}" },
        { "{\"meta\":{\"topic\":\"t\",\"partition\":0,\"id\":\"x\",\"dt\":\"then\"}}", NULL,
          "/meta/partition",
          "{\"meta\":{\"partition\":\"set\",\"id\":\"x\",\"dt\":\"then\"," STREAM "}," SCHEMA "}" },
        { "{" SCHEMA ",\"meta\":{\"topic\":\"t\",\"id\":\"x\"," STREAM "}}", NULL, "/meta/dt",
          "{" SCHEMA ",\"meta\":{\"id\":\"x\"," STREAM ",\"dt\":\"set\"}}" },
    };
    struct stamp_options options = {
        .title = "page",
        .version = "1.1.0",
        .stream = "job.sink",
        .stamps = true,
        .strips_transport = true,
        .clock = &fixed,
    };
    struct stamp *stamp;
    CU_ASSERT_EQUAL_FATAL(stamp_new(&options, &stamp), 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct stamp_origin origin = { "topic[0]", 7, NULL, 0 };
        AUTO_OPENED opened;
        AUTO_BUFFER expected = { 0 };
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, rows[i].event), 0);
        if (rows[i].removed != NULL) {
            CU_ASSERT_EQUAL(weir_event_remove(&opened.event, rows[i].removed), 0);
        }
        if (rows[i].set != NULL) {
            CU_ASSERT_EQUAL(weir_event_set_string(&opened.event, rows[i].set, "set"), 0);
        }
        CU_ASSERT_EQUAL(stamp_event(stamp, &origin, &opened.event), 0);
        put_expected(&expected, rows[i].expected, id_of(stamp, &origin));
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), buffer_text(&expected));
        event_reset(&opened.event);
    }
    stamp_free(stamp);
}

static const struct test_case cases[] = {
    { "what is written", test_what_is_written },
    { "a meta that is none is told", test_a_meta_that_is_none_is_told },
    { "patches are seen", test_patches_are_seen },
    { "ids are of stream, position and bytes", test_ids_are_of_stream_position_and_bytes },
    { "marks of transport go", test_marks_of_transport_go },
    { "both at once", test_both_at_once },
};

CUNIT_MAIN("schema/stamp", cases)
