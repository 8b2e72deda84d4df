/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "json/locate.h"

struct location {
    const char *text;
    /* The text's length where nothing is to be found. */
    size_t offset;
};

/* Calls function with a copy of exactly each text's length. */
static void check(size_t (*function)(const char *bytes, size_t len), const struct location *cases,
                  size_t n_cases)
{
    for (size_t i = 0; i < n_cases; i++) {
        size_t len = strlen(cases[i].text);
        AUTO_FREE char *copy = malloc(len > 0 ? len : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, cases[i].text, len);
        CU_ASSERT(function(copy, len) == cases[i].offset);
    }
}

static void test_bad_utf8(void)
{
    static const struct location cases[] = {
        { "", 0 },
        { "é堰🚂", 9 },
        { "a\x80", 1 },
        { "é\xc3", 2 },
        { "\xc1\xbf", 0 },
        { "\xe0\x9f\xbf", 0 },
        { "\xe0\xa0\x80", 3 },
        { "\xed\x9f\xbf", 3 },
        { "\xed\xa0\x80", 0 },
        { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf0\x90\x80\x80", 4 },
        { "\xf4\x8f\xbf\xbf", 4 },
        { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 },
        { "ab\xe5\xa0", 2 },
        { "ab\xe5\xa0z", 2 },
        { "ab\xf0\x9f\x9azz", 2 },
    };
    check(json_locate_bad_utf8, cases, ARRAY_SIZE(cases));
}

static void test_control(void)
{
    static const struct location cases[] = {
        { "", 0 },
        { "{\n\"a\":\t\"b\"}\r\n", 13 },
        { "[\"a\nb\"]", 3 },
        { "[\"a\\\"\x01\"]", 5 },
        { "[\n\"a\\\\\",\n\"\x1f\"]", 10 },
        { "\"a\n", 2 },
        { "\"\\\n\"", 2 },
    };
    check(json_locate_control, cases, ARRAY_SIZE(cases));
}

static void test_unclosed(void)
{
    static const struct location cases[] = {
        { "", 0 },          { "[\"a\"]", 5 },       { "[\"a]", 1 },
        { "[\"a\\\"]", 1 }, { "[\"a\\\\\",\"", 7 }, { "[\"a\\", 1 },
    };
    check(json_locate_unclosed, cases, ARRAY_SIZE(cases));
}

static const struct test_case cases[] = {
    { "the first byte that is not UTF-8", test_bad_utf8 },
    { "the first control character in a string", test_control },
    { "the string that stays open", test_unclosed },
};

CUNIT_MAIN("json/locate", cases)
