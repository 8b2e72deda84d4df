/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_reply.h"

#include "../../support/cunit_main.h"

static void take(struct http_reply *reply, const char *line)
{
    http_reply_take_header(reply, line, strlen(line));
}

static void test_headers(void)
{
    struct http_reply reply = { 0 };
    take(&reply, "Content-Type:  text/event-stream; charset=utf-8 \r\n");
    take(&reply, "RETRY-AFTER: 120\r\n");
    take(&reply, "content-encoding:gzip\n");
    take(&reply, "Content-Typewriter: x\r\n");
    take(&reply, "no colon\r\n");
    take(&reply, ": no name\r\n");
    CU_ASSERT_STRING_EQUAL(reply.content_type, "text/event-stream; charset=utf-8");
    CU_ASSERT_STRING_EQUAL(reply.retry_after, "120");
    CU_ASSERT_STRING_EQUAL(reply.encoding, "gzip");
    CU_ASSERT_FALSE(reply.has_location);
    /* The head of the reply behind a redirect has nothing of the one before. */
    http_reply_begin_head(&reply);
    CU_ASSERT_STRING_EQUAL(reply.content_type, "");
    CU_ASSERT_STRING_EQUAL(reply.retry_after, "");
    char longest[1000] = "retry-after: ";
    memset(longest + 13, 'x', sizeof(longest) - 14);
    take(&reply, longest);
    CU_ASSERT_EQUAL(strlen(reply.retry_after), HTTP_RETRY_AFTER_SIZE - 1);
    http_reply_deinit(&reply);
}

static void test_media_type(void)
{
    static const struct {
        const char *type;
        bool is_it;
    } cases[] = {
        { "text/event-stream", true },
        { "TEXT/Event-Stream", true },
        { "text/event-stream;x", true },
        { "text/event-stream ; x", true },
        { "text/event-streams", false },
        { "text/html", false },
        { "", false },
        { "text/event-strea", false },
        { "application/json; a=text/event-stream", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_reply reply = { 0 };
        snprintf(reply.content_type, sizeof(reply.content_type), "%s", cases[i].type);
        CU_ASSERT_EQUAL(http_reply_is_of(&reply, "text/event-stream"), cases[i].is_it);
    }
}

static void test_redirects(void)
{
    static const struct {
        int status;
        const char *location;
        bool is_redirect;
    } cases[] = {
        { 301, "location: /x", true },  { 302, "location: /x", true },
        { 303, "location: /x", true },  { 307, "location: /x", true },
        { 308, "location: /x", true },  { 300, "location: /x", false },
        { 304, "location: /x", false }, { 200, "location: /x", false },
        { 301, "location:  ", false },  { 301, "x: y", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_reply reply = { .status = cases[i].status };
        take(&reply, cases[i].location);
        CU_ASSERT_EQUAL(http_reply_is_redirect(&reply), cases[i].is_redirect);
    }
}

static void test_explain(void)
{
    struct http_reply reply = { 0 };
    http_reply_explain(&reply, "first %d", 1);
    http_reply_explain(&reply, "second");
    CU_ASSERT_STRING_EQUAL(reply.detail, "first 1");
    for (int i = HTTP_FINISH_NONE; i <= HTTP_FINISH_PROTOCOL; i++) {
        CU_ASSERT_TRUE(strlen(http_finish_text((enum http_finish)i)) > 3);
    }
}

static const struct test_case cases[] = {
    { "headers that are kept", test_headers },
    { "the media type", test_media_type },
    { "what is a redirect", test_redirects },
    { "the first explanation stays", test_explain },
};

CUNIT_MAIN("http/http_reply", cases)
