/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

/* Numbers of any size, escapes, order, duplicates, spaces, tabs: all as they came in. */
static void test_untouched(void)
{
    static const char *const texts[] = {
        "{}",
        "  { \"b\" : 1.50 , \"a\":1E400,\"a\" : -0.0e-0 }  ",
        "{\"n\":123456789012345678901234567890123456789012345678901234567890}",
        "{\"s\":\"\\u0041\\/\\ud800\\u00E9 é \x7f\"}",
        "{\t\"a\":\t[\t]}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO_OPENED opened;
        CU_ASSERT_FATAL(opened_init(&opened, texts[i]) == 0);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), texts[i]);
    }
}

static void test_around_patches(void)
{
    static const struct {
        const char *before;
        const char *set;
        const char *remove;
        const char *after;
    } cases[] = {
        { " { \"a\" : 1 , \"b\" : 2 } ", "/a", NULL, " { \"a\" : 9 , \"b\" : 2 } " },
        { " { \"a\" : 1 , \"b\" : 2 } ", "/c", NULL, " { \"a\" : 1 , \"b\" : 2,\"c\":9 } " },
        { " { \"a\" : 1 , \"b\" : 2 } ", NULL, "/a", " { \"b\" : 2 } " },
        { " { \"a\" : 1 , \"b\" : 2 } ", NULL, "/b", " { \"a\" : 1} " },
        { "{ \"a\" : 1 , \"b\" : 2 , \"c\" : 3 }", NULL, "/b", "{ \"a\" : 1 , \"c\" : 3 }" },
        { "{ \"a\" : 1 }", NULL, "/a", "{}" },
        { "{ \"a\" : 1 }", "/b", "/a", "{\"b\":9}" },
        { "{ }", "/b", NULL, "{\"b\":9 }" },
        { "{ \"a\" : [ ] , \"b\":1e400}", "/a/-", NULL, "{ \"a\" : [9 ] , \"b\":1e400}" },
        { "{ \"a\" : [ 1 , 2 ] }", "/a/-", NULL, "{ \"a\" : [ 1 , 2,9 ] }" },
        { "{ \"a\" : [ 1 , 2 ] }", "/a/0", "/a/1", "{ \"a\" : [ 9] }" },
        { "{ \"a\" : {\"b\":1.0} , \"c\":\"\\u0041\" }", "/a/b", NULL,
          "{ \"a\" : {\"b\":9} , \"c\":\"\\u0041\" }" },
        { "{\"a\" : \"x\" , \"b\" : [1] }", NULL, "/b", "{\"a\" : \"x\"}" },
        { "{\"a\" : {\"x\":1 } , \"b\" : [1] }", NULL, "/b", "{\"a\" : {\"x\":1 }}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_OPENED opened;
        CU_ASSERT_FATAL(opened_init(&opened, cases[i].before) == 0);
        if (cases[i].set != NULL) {
            CU_ASSERT(weir_event_set_int64(&opened.event, cases[i].set, 9) == 0);
        }
        if (cases[i].remove != NULL) {
            CU_ASSERT(weir_event_remove(&opened.event, cases[i].remove) == 0);
        }
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), cases[i].after);
    }
}

/* The output is a line: a line break becomes a space; raw getters still show it. */
static void test_line_breaks(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "\r\n{\n\t\"a\" :\r\n[ 1,\n2 ],\n\"b\":\"\\n\"}\n") == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "  { \t\"a\" :  [ 1, 2 ], \"b\":\"\\n\"} ");
    CU_ASSERT(weir_event_set_int64(&opened.event, "/b", 1) == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "  { \t\"a\" :  [ 1, 2 ], \"b\":1} ");
    struct weir_view view = { NULL, 0 };
    CU_ASSERT(weir_event_get_raw(&opened.event, "/a", &view) == 0);
    CU_ASSERT(view_is(view, "[ 1,\n2 ]"));
    CU_ASSERT(weir_event_get_raw(&opened.event, "", &view) == 0);
    CU_ASSERT(view_is(view, "{\n\t\"a\" :\r\n[ 1,\n2 ],\n\"b\":1}"));
}

static void test_line_breaks_handed_in(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":1}") == 0);
    CU_ASSERT(weir_event_set_raw(&opened.event, "/a", "\n[1,\r\n\t2]\n", 10) == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":[1,  \t2]}");
    CU_ASSERT(weir_event_set_int64(&opened.event, "/a/0", 3) == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":[3,  \t2]}");
}

static void test_appends(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\n}") == 0);
    AUTO_BUFFER lines = { 0 };
    CU_ASSERT(buffer_append_text(&lines, "before\n") == 0);
    CU_ASSERT(event_render(&opened.event, &lines) == 0);
    CU_ASSERT(event_render(&opened.event, &lines) == 0);
    CU_ASSERT(lines.len == 13 && memcmp(lines.data, "before\n{ }{ }", 13) == 0);
}

/* A large container with a patch on each member, in an order that is not the document's. */
static void test_many_patches(void)
{
    enum { N = 1000 };
    AUTO_BUFFER before = { 0 };
    AUTO_BUFFER after = { 0 };
    for (int i = 0; i < N; i++) {
        CU_ASSERT_FATAL(buffer_printf(&before, "%c\"k%d\": %d", i == 0 ? '{' : ',', i, i) == 0);
        if (i % 3 != 1) {
            int r =
                buffer_printf(&after, "%c\"k%d\": %d", i == 0 ? '{' : ',', i, i % 3 == 0 ? -i : i);
            CU_ASSERT_FATAL(r == 0);
        }
    }
    CU_ASSERT_FATAL(buffer_append_byte(&before, '}') == 0);
    CU_ASSERT_FATAL(buffer_append_byte(&after, '}') == 0);
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init_len(&opened, before.data, before.len) == 0);
    for (int i = 0; i < N; i++) {
        /* 7 and N have no common divisor: each number once. */
        int n = i * 7 % N;
        char pointer[16];
        snprintf(pointer, sizeof(pointer), "/k%d", n);
        int r = n % 3 == 0   ? weir_event_set_int64(&opened.event, pointer, -n)
                : n % 3 == 1 ? weir_event_remove(&opened.event, pointer)
                             : 0;
        CU_ASSERT(r == 0);
    }
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), buffer_text(&after));
}

static const struct test_case cases[] = {
    { "an event without patches goes out byte for byte", test_untouched },
    { "around a patch nothing changes", test_around_patches },
    { "line breaks between tokens become spaces", test_line_breaks },
    { "those of values handed in too", test_line_breaks_handed_in },
    { "rendering appends, any number of times", test_appends },
    { "a thousand patches in any order", test_many_patches },
};

CUNIT_MAIN("event/render", cases)
