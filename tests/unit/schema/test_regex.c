/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "schema/regex.h"
#include "suite.h"

/* A text of exactly its length, so that a sanitizer sees a read beyond. */
static bool is_valid(const char *text, size_t len)
{
    AUTO_FREE char *exact = malloc(len > 0 ? len : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, text, len);
    AUTO_BUFFER pcre = { 0 };
    const char *reason = NULL;
    bool is_right = regex_is_valid(exact, len);
    int r = regex_translate(exact, len, &pcre, &reason);
    CU_ASSERT(r == 0 || (r == -EINVAL && reason != NULL && pcre.len == 0));
    /* What is translated is valid. */
    CU_ASSERT(r != 0 || is_right);
    return is_right;
}

static void test_grammar(void)
{
    static const struct {
        const char *text;
        bool is_valid;
    } cases[] = {
        { "", true },
        { "|", true },
        { "a|b||c", true },
        { "^$", true },
        { "a*b+c?d*?e+?f??", true },
        { "a{2}b{2,}c{2,3}d{0}?e{2,3}?", true },
        { "a{99999999999999999999}", true },
        { "a{3,2}", false },
        { "a{99999999999999999999,99999999999999999998}", false },
        { "a{09,10}", true },
        { "a{,3}", false },
        { "a{", false },
        { "a{1", false },
        { "a{1,", false },
        { "a{x}", false },
        { "{", false },
        { "}", false },
        { "]", false },
        { "a**", false },
        { "a++", false },
        { "a{2}{3}", false },
        { "a??\?", false },
        { "*a", false },
        { "^*", false },
        { "$?", false },
        { "\\b+", false },
        { "(?=a)*", false },
        { "(?!a)?", false },
        { "(?<=a)+", false },
        { "|*", false },
        { "(*)", false },
        { "(*UTF)", false },
        { "(a", false },
        { "a)", false },
        { "()", true },
        { "(?:)", true },
        { "(?:a", false },
        { "(?=a)(?!b)(?<=c)(?<!d)", true },
        { "(?i:a)", false },
        { "(?#a)", false },
        { "(?>a)", false },
        { "(?P<n>a)", false },
        { "(?R)", false },
        { "(?", false },
        { "(?<", false },
        { "(?<n", false },
        { "(?<>a)", false },
        { "(?<n>a)\\k<n>", true },
        { "\\k<n>(?<n>a)", true },
        { "(?<$_a1>a)", true },
        { "(?<\xc3\xa4>a)", true },
        { "(?<1a>a)", false },
        { "(?<a-b>a)", false },
        { "(?<\\u0061>a)", false },
        { "(?<n>a)(?<n>b)", false },
        { "(?<n>a)|(?<n>b)", false },
        { "\\k<n>", false },
        { "\\k", false },
        { "\\kn", false },
        { "(?<n>a)\\k<n", false },
        { "(?<n>a)\\k<m>", false },
        { "\\1", false },
        { "\\1(a)", true },
        { "(a)\\1", true },
        { "(a)\\2", false },
        { "(?:a)\\1", false },
        { "(a)\\10", false },
        { "[(]\\1", false },
        { "\\(\\1", false },
        { "\\0", true },
        { "\\00", false },
        { "\\01", false },
        { "[\\0]", true },
        { "[\\1]", false },
        { "\\d\\D\\s\\S\\w\\W\\b\\B", true },
        { "\\f\\n\\r\\t\\v", true },
        { "\\a", false },
        { "\\e", false },
        { "\\A", false },
        { "\\z", false },
        { "\\Z", false },
        { "\\Q", false },
        { "\\h", false },
        { "\\", false },
        { "\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/", true },
        { "\\-\\@\\_\\ \\\"\\,", true },
        { "\\\xc3\xa4", false },
        { "\\cA\\cz", true },
        { "\\c", false },
        { "\\c1", false },
        { "\\x41", true },
        { "\\x4", false },
        { "\\xg0", false },
        { "\\u0041", true },
        { "\\u004", false },
        { "\\u{41}\\u{0000010ffff}", true },
        { "\\u{110000}", false },
        { "\\u{}", false },
        { "\\u{41", false },
        { "\\ud83d\\udc32\\ud83d\\udc32", true },
        { "\\ud83d", true },
        { "\\ud83d\\u", false },
        { "[]", true },
        { "[^]", true },
        { "[]a]", false },
        { "[a", false },
        { "[a-z-9_-]", true },
        { "[z-a]", false },
        { "[a-a]", true },
        { "[--a]", true },
        { "[a-\\d]", false },
        { "[\\w-z]", false },
        { "[\\w-]", true },
        { "[\\b\\-\\]\\d]", true },
        { "[\\B]", false },
        { "[\\k]", false },
        { "[\\c]", false },
        { "[\\u{1f432}-\\u{1f433}]", true },
        { "[\\ud83d\\udc32-\\ud83d\\udc33]", true },
        { "[\\ud800-\\udfff]", true },
        { "[[:alpha:]]", false },
        { "[[a]", true },
        { "\\p{Letter}\\p{L}\\p{gc=Lu}\\p{General_Category=digit}", true },
        { "\\p{Script=Greek}\\p{sc=Grek}\\p{scx=Greek}\\P{Script_Extensions=Han}", true },
        { "\\p{Alphabetic}\\p{ASCII}\\p{Any}\\p{Assigned}[\\p{Emoji}\\P{Lu}]", true },
        { "\\p{letter}", false },
        { "\\p{Greek}", false },
        { "\\p{Script=greek}", false },
        { "\\p{Script}", false },
        { "\\p{sc=}", false },
        { "\\p{=L}", false },
        { "\\p{}", false },
        { "\\p{L", false },
        { "\\pL", false },
        { "\\p", false },
        { "\\p{^L}", false },
        { "\\p{Xan}", false },
        { "([abc])+\\s+$", true },
        { "^(abc]", false },
        { "a\xff", false },
        { "\xed\xa0\x80", false },
        { "/\xf0\x9f\x90\xb2*", true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (is_valid(cases[i].text, strlen(cases[i].text)) != cases[i].is_valid) {
            fprintf(stderr, "%s: is not %d\n", cases[i].text, cases[i].is_valid);
            CU_FAIL("wrong verdict");
        }
    }
    CU_ASSERT(is_valid("a\0b", 3));
}

static bool is_translated(const char *ecma, const char *ret_pcre[1], struct buffer *buffer)
{
    const char *reason = NULL;
    buffer_clear(buffer);
    int r = regex_translate(ecma, strlen(ecma), buffer, &reason);
    ret_pcre[0] = r == 0 ? buffer_text(buffer) : reason;
    return r == 0;
}

static void test_translation(void)
{
    static const struct {
        const char *ecma;
        const char *pcre;
    } cases[] = {
        { "^a-b$", "(?C0)\\Aa\\x{2d}b\\z" },
        { "[a-c]*x", "(?C0)[a-c]*(?C32)x" },
        { "x[a-c]*", "(?C0)x(?C0)[a-c]*(?C32)" },
        { "(a|b)", "(?C0)(?:(?C0)a|b)(?C0)" },
        { "(?<n>a)\\k<n>", "(?C0)((?C0)a)(?C65)\\g{1}(?C32)" },
        { "a{1000}", "(?C0)(?C10)a{1000}" },
        { "(?<=a)", "(?C0)(?C64)(?<=(?C0)a)" },
        { "[]", "(?C0)[^\\x{0}-\\x{10ffff}]" },
        { "[^\\ud000-\\udc00]", "(?C0)[^\\x{d000}-\\x{d7ff}\\x{fffd}]" },
        { "\\p{Assigned}\\P{Assigned}", "(?C0)\\P{Cn}\\p{Cn}" },
    };
    AUTO_BUFFER buffer = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *pcre[1];
        CU_ASSERT(is_translated(cases[i].ecma, pcre, &buffer));
        if (strcmp(pcre[0], cases[i].pcre) != 0) {
            fprintf(stderr, "%s: %s\n", cases[i].ecma, pcre[0]);
            CU_FAIL("another translation");
        }
    }
}

/* References that PCRE2 would answer otherwise than ECMA-262, and their likes that it does not. */
static void test_references(void)
{
    static const struct {
        const char *text;
        bool is_translated;
    } cases[] = {
        { "(a)\\1", true },
        { "\\1(a)", true },
        { "(a\\1)", true },
        { "(a)?\\1", true },
        { "(a)+\\1", true },
        { "(?:(a)|b)\\1", true },
        { "(?:(['\"])x\\1,)*", true },
        { "(?:(a)(?:b|\\1))+", true },
        { "(?:(a)|b)*\\1", false },
        { "(?:(a)?\\1b)*", false },
        { "(?:\\1(a))*", false },
        { "(a\\1)+", false },
        { "(a?)*\\1", false },
        { "(a|)+\\1", false },
        { "(?:(?=(a)))*\\1", false },
        { "(?:(?:(a)|b)\\1c)*", false },
        { "a{65535}", true },
        { "a{65536}", false },
        { "a{1,65536}", false },
        { "a{65536,}", false },
    };
    AUTO_BUFFER buffer = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *pcre[1];
        CU_ASSERT(regex_is_valid(cases[i].text, strlen(cases[i].text)));
        if (is_translated(cases[i].text, pcre, &buffer) != cases[i].is_translated) {
            fprintf(stderr, "%s: %s\n", cases[i].text, pcre[0]);
            CU_FAIL("wrong verdict");
        }
    }
}

/* before, n times middle, after. */
static bool is_repeated_valid(const char *before, const char *middle, const char *after, size_t n)
{
    AUTO_BUFFER text = { 0 };
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_FATAL(buffer_append_text(&text, before) == 0);
    }
    CU_ASSERT_FATAL(buffer_append_text(&text, middle) == 0);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_FATAL(buffer_append_text(&text, after) == 0);
    }
    return is_valid(text.data, text.len);
}

static void test_bounds(void)
{
    CU_ASSERT(is_repeated_valid("(", "a", ")", REGEX_MAX_DEPTH));
    CU_ASSERT(!is_repeated_valid("(", "a", ")", REGEX_MAX_DEPTH + 1));
    CU_ASSERT(is_repeated_valid("(a)", "", "", 1000));
    CU_ASSERT(is_repeated_valid("(a)\\1", "", "", 1000));
    AUTO_BUFFER text = { 0 };
    for (unsigned i = 0; i < REGEX_MAX_NAMES; i++) {
        CU_ASSERT_FATAL(buffer_printf(&text, "(?<n%u>a)\\k<n%u>", i, i) == 0);
    }
    CU_ASSERT(is_valid(text.data, text.len));
    CU_ASSERT_FATAL(buffer_append_text(&text, "(?<more>)") == 0);
    CU_ASSERT(!is_valid(text.data, text.len));
}

/* Pieces in any order: no read beyond, and what is translated is valid. */
static void test_random(void)
{
    static const char *const pieces[] = {
        "(",    ")",   "[",     "]",     "{",      "}",        "|",    "*",    "+",
        "?",    "^",   "$",     ".",     "\\",     "-",        "a",    "1",    ",",
        "(?:",  "(?=", "(?<=",  "(?<n>", "\\k<n>", "\\1",      "\\u",  "d83d", "\\p{L}",
        "\\x4", "\\c", "{1,2}", "\\d",   "[^",     "\xc3\xa4", "\xff", "(a)",  "[a-z]",
    };
    struct random random = { .state = 7 };
    size_t n_valid = 0;
    for (size_t i = 0; i < 100000; i++) {
        AUTO_BUFFER text = { 0 };
        size_t n = random_below(&random, 9);
        for (size_t j = 0; j < n; j++) {
            const char *piece = pieces[random_below(&random, ARRAY_SIZE(pieces))];
            CU_ASSERT_FATAL(buffer_append_text(&text, piece) == 0);
        }
        n_valid += is_valid(n > 0 ? text.data : "", text.len);
    }
    CU_ASSERT(n_valid > 1000 && n_valid < 99000);
}

static void test_suite(void)
{
    struct json_tree *groups = suite_read("optional/format/regex.json");
    size_t n_cases = 0;
    size_t n_passed = 0;
    for (size_t i = 0; groups != NULL && i < groups->n_members; i++) {
        const struct json_tree *tests = suite_member(groups->members[i].value, "tests");
        for (size_t j = 0; j < tests->n_members; j++) {
            const struct json_tree *data = suite_member(tests->members[j].value, "data");
            const struct json_tree *valid = suite_member(tests->members[j].value, "valid");
            AUTO_BUFFER text = { 0 };
            bool is_right = true;
            if (json_tree_byte(data) == '"') {
                suite_text(data, &text);
                is_right = regex_is_valid(text.data, text.len);
            }
            n_cases++;
            n_passed += is_right == (json_tree_byte(valid) == 't');
        }
    }
    if (groups != NULL) {
        printf("optional/format/regex.json: %zu of %zu ", n_passed, n_cases);
        CU_ASSERT(n_passed == n_cases && n_cases > 0);
        json_tree_free(groups);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        { "the grammar", test_grammar },
        { "the translation", test_translation },
        { "references, and counts, beyond PCRE2", test_references },
        { "depth and names are bounded", test_bounds },
        { "pieces in any order", test_random },
        { "the suite's regex format", test_suite },
    };
    return cunit_run("schema/regex", cases, ARRAY_SIZE(cases));
}
