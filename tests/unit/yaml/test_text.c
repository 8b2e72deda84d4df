/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/text.h"

#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

static void test_faults(void)
{
    static const struct {
        const char *text;
        enum yaml_text_fault fault;
        size_t offset;
    } rows[] = {
        { "", TEXT_GOOD, 99 },
        { "a\tb\r\n", TEXT_GOOD, 99 },
        { "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", TEXT_GOOD,
          99 },
        { "ab\x80", TEXT_NOT_UTF8, 2 },
        { "a\xC0\xAF", TEXT_NOT_UTF8, 1 },
        { "\xC1\xBF", TEXT_NOT_UTF8, 0 },
        { "\xE0\x9F\xBF", TEXT_NOT_UTF8, 0 },
        { "\xED\xA0\x80", TEXT_NOT_UTF8, 0 },
        { "\xF0\x8F\xBF\xBF", TEXT_NOT_UTF8, 0 },
        { "\xF4\x90\x80\x80", TEXT_NOT_UTF8, 0 },
        { "\xF5\x80\x80\x80", TEXT_NOT_UTF8, 0 },
        { "a\xE2\x82", TEXT_NOT_UTF8, 1 },
        { "a\xE2\x82z", TEXT_NOT_UTF8, 1 },
        { "a\x1B[31m", TEXT_CONTROL, 1 },
        { "a\x7F", TEXT_CONTROL, 1 },
        { "\b\xFF", TEXT_CONTROL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t offset = 99;
        CU_ASSERT_EQUAL(yaml_text_check(rows[i].text, strlen(rows[i].text), &offset),
                        rows[i].fault);
        CU_ASSERT_EQUAL(offset, rows[i].offset);
    }
    size_t offset = 99;
    CU_ASSERT_EQUAL(yaml_text_check("a\0b", 3, &offset), TEXT_CONTROL);
    CU_ASSERT_EQUAL(offset, 1);
}

static void test_places(void)
{
    static const char text[] = "ab\n\xC3\xA9z\r\nc\rd";
    static const struct {
        size_t offset;
        uint32_t line;
        uint32_t column;
    } rows[] = { { 0, 1, 1 }, { 2, 1, 3 }, { 3, 2, 1 },  { 5, 2, 2 },
                 { 6, 2, 3 }, { 8, 3, 1 }, { 10, 4, 1 }, { 11, 4, 2 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t line;
        uint32_t column;
        yaml_text_place(text, rows[i].offset, &line, &column);
        CU_ASSERT_EQUAL(line, rows[i].line);
        CU_ASSERT_EQUAL(column, rows[i].column);
    }
}

static void test_offsets(void)
{
    static const char text[] = "a\xC3\xA9\xF0\x9F\x8C\x8Az";
    static const size_t offsets[] = { 0, 1, 3, 7, 8, 8, 8 };
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        CU_ASSERT_EQUAL(yaml_text_offset(text, sizeof(text) - 1, i), offsets[i]);
    }
}

static const struct test_case cases[] = {
    { "the first byte that is no text is found", test_faults },
    { "a byte's line and column are counted in characters", test_places },
    { "the n-th character's byte is found", test_offsets },
};

CUNIT_MAIN("yaml/text", cases)
