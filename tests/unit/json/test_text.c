/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/error.h"
#include "json/index.h"
#include "json/text.h"

/* Escaping by the letter, a byte at a time. */
static void naive_escape(struct buffer *out, const char *text, size_t len)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char meanings[] = "\"\\bfnrt";
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        const char *letter = byte != 0 ? strchr(letters, byte) : NULL;
        int r = letter != NULL ? buffer_printf(out, "\\%c", meanings[letter - letters])
                : byte < 0x20  ? buffer_printf(out, "\\u%04x", byte)
                               : buffer_append(out, &text[i], 1);
        CU_ASSERT_FATAL(r == 0);
    }
}

static bool is_text(const struct buffer *buffer, const char *text, size_t len)
{
    return buffer->len == len && (len == 0 || memcmp(buffer->data, text, len) == 0);
}

static void test_each_byte(void)
{
    for (unsigned byte = 0; byte < 0x100; byte++) {
        char text = (char)byte;
        AUTO_BUFFER out = { 0 };
        int r = json_escape(&out, &text, 1);
        if (byte >= 0x80) {
            CU_ASSERT(r == -EILSEQ && out.len == 0);
            continue;
        }
        AUTO_BUFFER expected = { 0 };
        naive_escape(&expected, &text, 1);
        CU_ASSERT(r == 0);
        CU_ASSERT(is_text(&out, expected.data, expected.len));
    }
}

static void test_quote(void)
{
    AUTO_BUFFER out = { 0 };
    CU_ASSERT(json_quote(&out, "", 0) == 0);
    CU_ASSERT(json_quote(&out, NULL, 0) == 0);
    CU_ASSERT(json_quote(&out, "a\"\0/é", 6) == 0);
    CU_ASSERT(is_text(&out, "\"\"\"\"\"a\\\"\\u0000/é\"", 18));
}

/* A failure leaves what the buffer held. */
static void test_bad_utf8(void)
{
    static const char *const texts[] = { "a\xff", "\xed\xa0\x80", "\xc0\x80",
                                         "xxxxxxxx\xf0\x9f\x9a" };
    AUTO_BUFFER out = { 0 };
    CU_ASSERT(json_quote(&out, "before", 6) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CU_ASSERT(json_escape(&out, texts[i], strlen(texts[i])) == -EILSEQ);
        CU_ASSERT(json_quote(&out, texts[i], strlen(texts[i])) == -EILSEQ);
        CU_ASSERT(is_text(&out, "\"before\"", 8));
    }
    /* Far behind the first bytes that were escaped. */
    AUTO_FREE char *large = malloc(100001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    memset(large, '"', 100001);
    large[100000] = (char)0x80;
    CU_ASSERT(json_escape(&out, large, 100001) == -EILSEQ);
    CU_ASSERT(is_text(&out, "\"before\"", 8));
}

/* Characters of all lengths, and those that need an escape, as often as rate says of 100. */
static size_t random_text(struct random *random, char *text, size_t max, unsigned rate)
{
    static const char *const characters[] = { "a", "Z", " ", "/", "\x7f", "é", "堰", "🚂" };
    static const char specials[] = "\"\\\n\t\r\b\f\x01\x1f\x00";
    size_t len = 0;
    while (len + 4 <= max) {
        if (random_below(random, 100) < rate) {
            text[len++] = specials[random_below(random, sizeof(specials) - 1)];
            continue;
        }
        const char *character = characters[random_below(random, ARRAY_SIZE(characters))];
        while (*character != '\0') {
            text[len++] = *character++;
        }
    }
    return len;
}

/* Every length around the vectors' sizes, at every alignment, in memory of exactly that length. */
static void test_like_naive(void)
{
    struct random random = { 4 };
    static const unsigned rates[] = { 0, 3, 30, 100 };
    for (size_t i = 0; i < 4 * 16 * 100; i++) {
        size_t alignment = i / 4 % 16;
        size_t size = 4 + i / 64;
        char text[200];
        size_t len = random_text(&random, text, size, rates[i % 4]);
        AUTO_FREE char *exact = malloc(alignment + len + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
        memcpy(exact + alignment, text, len);
        AUTO_BUFFER out = { 0 };
        AUTO_BUFFER expected = { 0 };
        CU_ASSERT_FATAL(buffer_append_text(&out, &"0123456789abcdef"[alignment]) == 0);
        CU_ASSERT_FATAL(buffer_append(&expected, out.data, out.len) == 0);
        naive_escape(&expected, text, len);
        CU_ASSERT(json_escape(&out, exact + alignment, len) == 0);
        CU_ASSERT(is_text(&out, expected.data, expected.len));
    }
}

static void test_large(void)
{
    struct random random = { 5 };
    enum { MAX = 50000 };
    AUTO_FREE char *text = malloc(MAX);
    AUTO_FREE char *back = malloc(6 * MAX);
    CU_ASSERT_FATAL(text != NULL && back != NULL);
    for (size_t max = 4000; max < MAX; max += 999) {
        size_t len = random_text(&random, text, max, 20);
        AUTO_BUFFER out = { 0 };
        AUTO_BUFFER expected = { 0 };
        naive_escape(&expected, text, len);
        CU_ASSERT(json_escape(&out, text, len) == 0);
        CU_ASSERT(is_text(&out, expected.data, expected.len));
        size_t back_len = 0;
        CU_ASSERT(json_unescape(out.data, out.len, back, &back_len) == 0);
        CU_ASSERT(back_len == len && memcmp(back, text, len) == 0);
        CU_ASSERT(json_string_equals(out.data, out.len, text, len));
    }
}

static void test_unescape(void)
{
    static const struct {
        const char *raw;
        int r;
        const char *text;
        size_t len;
    } cases[] = {
        { "", 0, "", 0 },
        { "plain é", 0, "plain é", 8 },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", 0, "\"\\/\b\f\n\r\t", 8 },
        { "a\\u0000b", 0, "a\0b", 3 },
        { "\\u007f\\u0080\\u07ff\\u0800\\uffff", 0, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
          11 },
        { "\\uD83D\\uDE82", 0, "🚂", 4 },
        { "\\ud800\\udc00\\udbff\\udfff", 0, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8 },
        { "\\u00E9\\u00e9", 0, "éé", 4 },
        { "\\ud800", JSON_LONE_SURROGATE, "\xed\xa0\x80", 3 },
        { "\\udfff", JSON_LONE_SURROGATE, "\xed\xbf\xbf", 3 },
        { "\\udc00\\ud800", JSON_LONE_SURROGATE, "\xed\xb0\x80\xed\xa0\x80", 6 },
        { "\\ud800\\ud83d\\ude82", JSON_LONE_SURROGATE, "\xed\xa0\x80🚂", 7 },
        { "\\ud800\\u0041", JSON_LONE_SURROGATE,
          "\xed\xa0\x80"
          "A",
          4 },
        { "\\ud800x\\udc00", JSON_LONE_SURROGATE, "\xed\xa0\x80x\xed\xb0\x80", 7 },
        { "\\ud800\\n", JSON_LONE_SURROGATE, "\xed\xa0\x80\n", 4 },
        { "\\", JSON_MALFORMED, NULL, 0 },
        { "ab\\x", JSON_MALFORMED, NULL, 0 },
        { "\\u12", JSON_MALFORMED, NULL, 0 },
        { "\\u12g4", JSON_MALFORMED, NULL, 0 },
        { "\\u 123", JSON_MALFORMED, NULL, 0 },
        { "\\U0041", JSON_MALFORMED, NULL, 0 },
        { "\\ud83d\\ude8", JSON_MALFORMED, NULL, 0 },
        { "\\a", JSON_MALFORMED, NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t raw_len = strlen(cases[i].raw);
        AUTO_FREE char *raw = malloc(raw_len + 1);
        AUTO_FREE char *text = malloc(raw_len + (raw_len == 0));
        CU_ASSERT_FATAL(raw != NULL && text != NULL);
        memcpy(raw, cases[i].raw, raw_len);
        size_t len = 999;
        CU_ASSERT(json_unescape(raw, raw_len, text, &len) == cases[i].r);
        if (cases[i].text == NULL) {
            CU_ASSERT(len == 999);
            CU_ASSERT(!json_string_equals(raw, raw_len, "", 0));
            continue;
        }
        CU_ASSERT(len == cases[i].len && memcmp(text, cases[i].text, len) == 0);
        CU_ASSERT(json_string_equals(raw, raw_len, cases[i].text, len));
    }
    /* A NUL is no letter of an escape. */
    char text[2];
    size_t len = 0;
    CU_ASSERT(json_unescape("\\\0", 2, text, &len) == JSON_MALFORMED);
}

/* All 65,536 units, one by one. */
static void test_all_units(void)
{
    size_t n_lone = 0;
    for (unsigned unit = 0; unit < 0x10000; unit++) {
        char raw[8];
        char text[8];
        size_t len = 0;
        snprintf(raw, sizeof(raw), "\\u%04X", unit);
        int r = json_unescape(raw, 6, text, &len);
        n_lone += r == JSON_LONE_SURROGATE;
        CU_ASSERT(r == (unit >> 11 == 0x1b ? JSON_LONE_SURROGATE : 0));
        CU_ASSERT((r == 0) == json_is_utf8(text, len));
        CU_ASSERT(len == (unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3));
    }
    CU_ASSERT(n_lone == 2048);
}

static void test_equals(void)
{
    static const struct {
        const char *raw;
        const char *text;
        bool is_equal;
    } cases[] = {
        { "", "", true },
        { "", "a", false },
        { "a", "", false },
        { "abc", "abc", true },
        { "abc", "abd", false },
        { "abc", "abcd", false },
        { "abcd", "abc", false },
        { "\\u0061bc", "abc", true },
        { "a\\u0062c", "abc", true },
        { "a\\u0062", "abc", false },
        { "a\\u0062cd", "abc", false },
        { "\\n", "\n", true },
        { "\\n", "\\n", false },
        { "a\\\\", "a\\", true },
        { "\\\\", "\\\\", false },
        { "\\/", "/", true },
        { "\\u00e9", "é", true },
        { "é", "\\u00e9", false },
        { "\\u00e9", "e", false },
        { "\\ud83d\\ude82", "🚂", true },
        { "\\x", "x", false },
        { "a\\", "a", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT(json_string_equals(cases[i].raw, strlen(cases[i].raw), cases[i].text,
                                     strlen(cases[i].text)) == cases[i].is_equal);
    }
}

static const struct test_case cases[] = {
    { "each byte is escaped as RFC 8259 asks, and no more", test_each_byte },
    { "quotes around", test_quote },
    { "invalid UTF-8 is an error and leaves the buffer", test_bad_utf8 },
    { "vectors do what single bytes do, at every length and alignment", test_like_naive },
    { "texts of several chunks go out and back", test_large },
    { "what escapes mean, surrogates included", test_unescape },
    { "every \\u escape", test_all_units },
    { "a string equals the text that it means", test_equals },
};

CUNIT_MAIN("json/text", cases)
