/* SPDX-License-Identifier: Apache-2.0 */
/* Error events, field by field as schema error 2.1.0 has them, and raw events had back from them. */
#include "sink/error_event.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/clock.h"
#include "base/error.h"
#include "json/text.h"

/* 2026-11-24T04:35:07.123Z */
static const int64_t MOMENT_NS = INT64_C(1795494907123) * NS_PER_MS;

static const struct error_event sample = {
    .schema_uri = "/error/2.1.0",
    .emitter_id = "my_job",
    .stream = "my_job.error",
    .id = "c0ffee00-0000-4000-8000-000000000000",
    .realtime_ns = MOMENT_NS,
    .error_type = "ParseError",
    .message = "not valid JSON: \"x\" at byte 3",
    .errored_stream = "configured.stream",
};

/* The event of raw, as a line; the buffer is the caller's. */
static const char *render_raw(const char *raw, size_t raw_len, struct buffer *line)
{
    struct error_event event = sample;
    event.raw = raw;
    event.raw_len = raw_len;
    buffer_clear(line);
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(error_event_render(&event, line, &at), 0);
    const char *text = buffer_text(line);
    const char *member = strstr(text, ",\"raw_event\":");
    CU_ASSERT_EQUAL(at, raw == NULL ? line->len : (size_t)(member - text) + 13);
    return text;
}

#define HEAD                                                                       \
    "{\"$schema\":\"/error/2.1.0\",\"dt\":\"2026-11-24T04:35:07.123Z\",\"meta\":{" \
    "\"stream\":\"my_job.error\",\"dt\":\"2026-11-24T04:35:07.123Z\","             \
    "\"id\":\"c0ffee00-0000-4000-8000-000000000000\""
#define MIDDLE                                                   \
    "},\"emitter_id\":\"my_job\",\"error_type\":\"ParseError\"," \
    "\"message\":\"not valid JSON: \\\"x\\\" at byte 3\",\"errored_stream_name\":"

static void test_what_the_raw_event_says_of_itself_is_taken_over(void)
{
    static const char raw[] = "{\"$schema\":\"/a/1.0.0\",\"meta\":{\"stream\":\"a.b\","
                              "\"domain\":\"en.wikipedia.org\",\"request_id\":\"r-1\",\"id\":\"7\","
                              "\"uri\":\"u\"}}";
    AUTO_BUFFER line = { 0 };
    CU_ASSERT_STRING_EQUAL(
        render_raw(raw, sizeof(raw) - 1, &line),
        HEAD ",\"domain\":\"en.wikipedia.org\",\"request_id\":\"r-1\"" MIDDLE
             "\"a.b\",\"errored_schema_uri\":\"/a/1.0.0\",\"raw_event\":"
             "\"{\\\"$schema\\\":\\\"/a/1.0.0\\\",\\\"meta\\\":{\\\"stream\\\":\\\"a.b\\\","
             "\\\"domain\\\":\\\"en.wikipedia.org\\\",\\\"request_id\\\":\\\"r-1\\\","
             "\\\"id\\\":\\\"7\\\",\\\"uri\\\":\\\"u\\\"}}\"}");
}

static void test_a_bare_event_takes_nothing_over(void)
{
    static const char raw[] = "{\"$schema\":\"/a/1.0.0\",\"meta\":{\"stream\":\"a.b\"}}";
    struct error_event event = sample;
    event.schema_uri = "/error/2.0.0";
    event.raw = raw;
    event.raw_len = sizeof(raw) - 1;
    event.is_bare = true;
    AUTO_BUFFER line = { 0 };
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(error_event_render(&event, &line, &at), 0);
    const char *text = buffer_text(&line);
    CU_ASSERT_EQUAL(strncmp(text, "{\"$schema\":\"/error/2.0.0\",", 26), 0);
    CU_ASSERT_PTR_NULL(strstr(text, "errored_"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "at byte 3\",\"raw_event\":\"{"));
}

static void test_what_it_does_not_say_rightly_is_left_out(void)
{
    static const char *const raws[] = {
        "{}",
        "[]",
        "x",
        "{\"$schema\":1,\"meta\":{\"stream\":null,\"domain\":[],\"request_id\":{}}}",
        "{\"$schema\":\"\",\"meta\":{\"stream\":\"\",\"domain\":\"\",\"request_id\":\"\"}}",
        "{\"$schema\":\"\\ud800\",\"meta\":{\"stream\":\"\\x\",\"domain\":\"\\u12\"}}",
        "{\"meta\":\"stream\"}",
        "{\"meta\":{\"stream\":\"unended}}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(raws); i++) {
        AUTO_BUFFER line = { 0 };
        const char *text = render_raw(raws[i], strlen(raws[i]), &line);
        static const char expected[] = HEAD MIDDLE "\"configured.stream\",\"raw_event\":\"";
        CU_ASSERT_EQUAL(strncmp(text, expected, sizeof(expected) - 1), 0);
    }
}

static void test_an_event_that_was_not_kept_has_no_raw_event(void)
{
    AUTO_BUFFER line = { 0 };
    CU_ASSERT_STRING_EQUAL(render_raw(NULL, 0, &line), HEAD MIDDLE "\"configured.stream\"}");
    CU_ASSERT_STRING_EQUAL(render_raw("", 0, &line),
                           HEAD MIDDLE "\"configured.stream\",\"raw_event\":\"\"}");
}

/* A source need not have a stream's name: a file has none unless it is configured. */
static void test_a_stream_that_nobody_knows_is_left_out(void)
{
    struct error_event event = sample;
    event.errored_stream = NULL;
    AUTO_BUFFER line = { 0 };
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(error_event_render(&event, &line, &at), 0);
    const char *text = buffer_text(&line);
    CU_ASSERT_PTR_NULL(strstr(text, "errored_stream_name"));
    CU_ASSERT_STRING_EQUAL(text + line.len - 11, "at byte 3\"}");
}

static void test_text_of_any_bytes_makes_a_line(void)
{
    struct error_event event = sample;
    event.message = "caf\xe9 \"\n\t\\";
    event.error_type = "\xff";
    event.emitter_id = "\xc3\xa9";
    AUTO_BUFFER line = { 0 };
    CU_ASSERT_EQUAL(buffer_append_text(&line, "before\n"), 0);
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(error_event_render(&event, &line, &at), 0);
    const char *text = buffer_text(&line);
    CU_ASSERT_EQUAL(strncmp(text, "before\n{", 8), 0);
    CU_ASSERT_PTR_EQUAL(strrchr(text, '\n'), text + 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"message\":\"caf? \\\"\\n\\t\\\\\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"error_type\":\"?\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"emitter_id\":\"\xc3\xa9\""));
}

#define DATA_URI "data:application/octet-stream;base64,"

/* The bytes behind padded base64. */
static void decode_base64(const char *text, size_t len, struct buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    CU_ASSERT_EQUAL_FATAL(len % 4, 0);
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] == '=' ? digits : strchr(digits, text[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(digit);
        bits = bits << 6 | (uint32_t)(digit - digits);
        if (i % 4 == 3) {
            char bytes[] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };
            size_t n_padding = (size_t)(text[i] == '=') + (text[i - 1] == '=');
            CU_ASSERT_EQUAL(buffer_append(out, bytes, sizeof(bytes) - n_padding), 0);
        }
    }
}

/* The bytes that raw_event, which comes last, stands for. */
static void have_back(const struct buffer *line, struct buffer *raw, bool *ret_is_base64)
{
    static const char name[] = ",\"raw_event\":\"";
    const char *value = memmem(line->data, line->len, name, strlen(name));
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    value += strlen(name);
    size_t value_len = (size_t)(line->data + line->len - value) - strlen("\"}");
    AUTO_FREE char *text = malloc(value_len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t len = 0;
    CU_ASSERT_EQUAL_FATAL(json_unescape(value, value_len, text, &len), 0);
    size_t prefix = strlen(DATA_URI);
    *ret_is_base64 = len >= prefix && memcmp(text, DATA_URI, prefix) == 0;
    if (*ret_is_base64) {
        decode_base64(text + prefix, len - prefix, raw);
    } else {
        CU_ASSERT_EQUAL(buffer_append(raw, text, len), 0);
    }
}

static void check_had_back(const char *bytes, size_t len, bool is_base64)
{
    AUTO_BUFFER line = { 0 };
    AUTO_BUFFER raw = { 0 };
    bool was_base64;
    render_raw(bytes, len, &line);
    have_back(&line, &raw, &was_base64);
    CU_ASSERT_EQUAL(was_base64, is_base64);
    CU_ASSERT(raw.len == len && memcmp(raw.data, bytes, len) == 0);
    CU_ASSERT_PTR_NULL(memchr(line.data, '\n', line.len));
}

static void test_raw_bytes_can_be_had_back(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool is_base64;
    } rows[] = {
        { "{\"a\":1}", 7, false },
        { "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}", 14, false },
        { "\0\x01\x1f\x7f\"\\/", 7, false },
        { "dat", 3, false },
        { "data", 4, false },
        { " data:", 6, false },
        { "DATA:", 5, false },
        /* It could be taken for what we make. */
        { "data:", 5, true },
        { "data:application/octet-stream;base64,eA==", 41, true },
        { "\xff", 1, true },
        { "{\"a\":\"caf\xe9\"}", 12, true },
        { "\xed\xa0\x80", 3, true },
        { "\xc3", 1, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        check_had_back(rows[i].bytes, rows[i].len, rows[i].is_base64);
    }
}

static void test_random_bytes_can_be_had_back(void)
{
    struct random random = { 5 };
    for (int round = 0; round < 300; round++) {
        char bytes[70];
        size_t len = 1 + random_below(&random, sizeof(bytes) - 1);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)random_next(&random);
        }
        /* Of random bytes one is no UTF-8; of those below 0x80 all are. */
        bytes[len / 2] = (char)0xff;
        check_had_back(bytes, len, true);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)(bytes[i] & 0x7f);
        }
        check_had_back(bytes, len, false);
    }
}

/* Above 1 MiB the raw event is kept, but not looked into. */
static void test_a_very_large_event_is_kept_without_reading_it(void)
{
    size_t len = (1 << 20) + 100;
    AUTO_FREE char *raw = malloc(len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    memset(raw, ' ', len);
    static const char start[] = "{\"meta\":{\"stream\":\"own\"}}";
    memcpy(raw, start, sizeof(start) - 1);
    AUTO_BUFFER line = { 0 };
    CU_ASSERT_PTR_NOT_NULL(strstr(render_raw(raw, 1 << 20, &line), "_name\":\"own\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(render_raw(raw, len, &line), "_name\":\"configured.stream\""));
    CU_ASSERT(line.len > len);
}

static const struct test_case cases[] = {
    { "what the raw event says of itself is taken over",
      test_what_the_raw_event_says_of_itself_is_taken_over },
    { "a bare event takes nothing over", test_a_bare_event_takes_nothing_over },
    { "what it does not say rightly is left out", test_what_it_does_not_say_rightly_is_left_out },
    { "an event that was not kept has no raw event",
      test_an_event_that_was_not_kept_has_no_raw_event },
    { "a stream that nobody knows is left out", test_a_stream_that_nobody_knows_is_left_out },
    { "text of any bytes makes a line", test_text_of_any_bytes_makes_a_line },
    { "raw bytes can be had back", test_raw_bytes_can_be_had_back },
    { "random bytes can be had back", test_random_bytes_can_be_had_back },
    { "a very large event is kept without reading it",
      test_a_very_large_event_is_kept_without_reading_it },
};

CUNIT_MAIN("sink/error_event", cases)
