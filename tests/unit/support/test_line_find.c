/* SPDX-License-Identifier: Apache-2.0 */
#include "line_find.h"

#include <errno.h>

#include "../../support/cunit_main.h"

static void test_find_follows_the_path(void)
{
    static const struct {
        const char *text;
        const char *path[4];
        /* NULL: not found. */
        const char *value;
    } cases[] = {
        { "{\"a\":1}", { "a" }, "1" },
        { "{ \"a\" : { \"b\" : [1,{\"c\":2}] } , \"d\":3 }", { "a", "b" }, "[1,{\"c\":2}] " },
        { "{\"x\":{\"a\":1},\"a\":2}", { "a" }, "2" },
        { "{\"a\":1,\"a\":2}", { "a" }, "2" },
        { "{\"s\":\"}\\\"{\",\"a\":{\"b\":\"\\\\\"}}", { "a", "b" }, "\"\\\\\"" },
        { "{\"ab\":1}", { "a" }, NULL },
        { "{\"a\":[{\"b\":1}]}", { "a", "b" }, NULL },
        { "{}", { "a" }, NULL },
        { "{\"a", { "a" }, NULL },
        { "{\"a\"", { "a" }, NULL },
        { "{\"b\":\"\\", { "a" }, NULL },
        { "", { "a" }, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line_place place;
        int r = line_find(cases[i].text, strlen(cases[i].text), cases[i].path, &place);
        if (cases[i].value == NULL) {
            CU_ASSERT_EQUAL(r, -ENOENT);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(r, 0);
        CU_ASSERT_EQUAL(place.value_end - place.value_start, strlen(cases[i].value));
        CU_ASSERT_EQUAL(memcmp(cases[i].text + place.value_start, cases[i].value,
                               place.value_end - place.value_start),
                        0);
    }
}

static void test_strings_are_decoded(void)
{
    static const struct {
        const char *text;
        const char *value;
    } cases[] = {
        { "\"\"", "" },
        { "\"plain\"", "plain" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"\\u0041\\u00e9\\u2192\\ud83d\\ude80\"", "A\u00e9\u2192\U0001F680" },
        { "\"\\x\"", NULL },
        { "\"\\u12g4\"", NULL },
        { "\"\\u12\"", NULL },
        { "\"\\ud83d\\u0041\"", NULL },
        { "\"", NULL },
        { "open", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER out = { 0 };
        int r = line_decode_string(cases[i].text, strlen(cases[i].text), &out);
        if (cases[i].value == NULL) {
            CU_ASSERT_EQUAL(r, -EINVAL);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(r, 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&out), cases[i].value);
    }
}

static void test_base64_is_decoded(void)
{
    static const struct {
        const char *text;
        const char *value;
    } cases[] = {
        { "", "" },        { "Zg==", "f" },         { "Zm8=", "fo" },
        { "Zm9v", "foo" }, { "/+9v", "\xff\xefo" }, { "Zm9vYmFy", "foobar" },
        { "Zg=", NULL },   { "Z===", NULL },        { "Zm.v", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER out = { 0 };
        int r = line_decode_base64(cases[i].text, strlen(cases[i].text), &out);
        if (cases[i].value == NULL) {
            CU_ASSERT_EQUAL(r, -EINVAL);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(r, 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&out), cases[i].value);
    }
}

static const struct test_case cases[] = {
    { "a path leads to the last member of its name", test_find_follows_the_path },
    { "string literals are decoded", test_strings_are_decoded },
    { "base64 is decoded", test_base64_is_decoded },
};

CUNIT_MAIN("support/line_find", cases)
