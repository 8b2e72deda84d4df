/* SPDX-License-Identifier: Apache-2.0 */
/* What would take long, or much memory, or a deep stack, is refused at once. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../../support/cunit_main.h"
#include "base/buffer.h"
#include "yaml/parse.h"

/* CPU seconds; a sanitizer's slowness included, all of these take milliseconds. */
static const double patience = 5;

/* Parses and expects an error that contains message, or none where it is NULL. */
static void expect(const struct buffer *text, const char *message)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    clock_t start = clock();
    int r = yaml_parse(&arena, "big.yaml", text->data, text->len, &root, &problem);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    CU_ASSERT(seconds < patience);
    CU_ASSERT_EQUAL(r, message == NULL ? 0 : -EINVAL);
    if (message != NULL) {
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, message));
        CU_ASSERT_EQUAL(strncmp(problem.text, "big.yaml:", 9), 0);
    }
    if ((message == NULL) != (r == 0) || (r < 0 && strstr(problem.text, message) == NULL)) {
        printf("%.20s...: %s\n", text->data, problem.text);
    }
    arena_deinit(&arena);
}

static void repeat(struct buffer *text, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        require(buffer_append_text(text, part) == 0);
    }
}

static void test_depth(void)
{
    static const struct {
        const char *open;
        const char *close;
        size_t depth;
        const char *message;
    } rows[] = {
        { "[", "]", YAML_MAX_DEPTH, NULL },
        { "[", "]", YAML_MAX_DEPTH + 1, "big.yaml:1:65: nested deeper than 64 levels" },
        { "{a: ", "}", YAML_MAX_DEPTH, NULL },
        { "{a: ", "}", YAML_MAX_DEPTH + 1, "nested deeper than 64 levels" },
        { "[", "", 500000, "nested deeper than 64 levels" },
        { "- ", "", 500000, "nested deeper than 64 levels" },
        { "{", "", 500000, "" },
        { "? ", "", 100000, "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER text = { 0 };
        repeat(&text, rows[i].open, rows[i].depth);
        repeat(&text, rows[i].close, rows[i].depth);
        expect(&text, rows[i].message);
    }
}

static void test_depth_of_aliases(void)
{
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "a0: &a0 [x]\n"), 0);
    for (int i = 1; i < 100; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1), 0);
    }
    expect(&text, "nested deeper than 64 levels");
}

/* Ten lists of ten aliases each: 10^10 values when they are followed. */
static void test_alias_bomb(void)
{
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"), 0);
    for (int i = 1; i < 10; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "a%d: &a%d [", i, i), 0);
        for (int j = 0; j < 10; j++) {
            CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "%s*a%d", j > 0 ? "," : "", i - 1), 0);
        }
        CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "]\n"), 0);
    }
    expect(&text, "more than 100000 values, copies of aliases included");
}

static void test_text_bomb(void)
{
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "a: &a "), 0);
    repeat(&text, "x", 200000);
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "\nb: ["), 0);
    repeat(&text, "*a, ", 100);
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "]\n"), 0);
    expect(&text, "more than 8388608 bytes of text, copies of aliases included");
}

static void test_merge_bomb(void)
{
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "base: &b {"), 0);
    for (int i = 0; i < 2000; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "k%d: 1, ", i), 0);
    }
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "}\nc: {<<: ["), 0);
    repeat(&text, "*b, ", 1000);
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "]}\n"), 0);
    expect(&text, "more than 100000 values");
}

/* Merges that grow by little each walk the whole map: quadratic, unless the walk is paid for. */
static void test_merge_walks(void)
{
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "a: {<<: ["), 0);
    for (int i = 0; i < 20000; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "{k%d: 1},", i), 0);
    }
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "]}\n"), 0);
    expect(&text, "more than 100000 values");
}

static void test_many_anchors(void)
{
    AUTO_BUFFER text = { 0 };
    for (int i = 0; i <= YAML_MAX_ANCHORS; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "- &a%d x\n", i), 0);
    }
    expect(&text, "more than 1000 anchors");
}

/* Each of 2 MiB. */
static void test_two_mebibytes(void)
{
    static const struct {
        const char *head;
        const char *part;
        const char *message;
    } rows[] = {
        { "a: ", "x", NULL },
        { "", "- x\n", "more than 100000 values" },
        { "", "a: 1\n", "more than 100000 values" },
        { "[", "a, ", "more than 100000 values" },
        { "a: \"", "\\x41", "" },
        { "", "# comment\n", NULL },
        { "", "\n", NULL },
        { "", "&a ", "" },
        { "", "!", "" },
        { "", "\"", "" },
        { "", "'", NULL },
        { "", "--- ", NULL },
        { "", "---\n", "a second document begins here" },
        { "", "%TAG ! x:\n", "%TAG directives are not supported" },
        { "", "%YAML 1.1\n", "" },
        { "", "? a\n", "more than 100000 values" },
        { "a: |\n", "  x\n", NULL },
        { "", "a:", "" },
        { "", "a: ", "" },
        { "", "[", "nested deeper" },
        { "", "\t", "" },
        { "", "\xC3\xA9", NULL },
        { "", "\xFF", "not valid UTF-8" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER text = { 0 };
        CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, rows[i].head), 0);
        repeat(&text, rows[i].part, 2 * 1024 * 1024 / strlen(rows[i].part));
        expect(&text, rows[i].message);
    }
}

/* Keys of one map: found by an index, not by walking. */
static void test_a_large_map(void)
{
    AUTO_BUFFER text = { 0 };
    for (int i = 0; i < 49000; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "key%d: %d\n", i, i), 0);
    }
    expect(&text, NULL);
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, "key48999: 1\n"), 0);
    expect(&text, "big.yaml:49001:1: key \"key48999\" is given twice, first in line 49000");
}

static const struct test_case cases[] = {
    { "64 levels are the deepest", test_depth },
    { "aliases cannot nest deeper than texts", test_depth_of_aliases },
    { "an alias bomb does not go off", test_alias_bomb },
    { "nor one of long texts", test_text_bomb },
    { "nor one of merge keys", test_merge_bomb },
    { "many small merges into one map are paid for", test_merge_walks },
    { "anchors are counted", test_many_anchors },
    { "2 MiB of anything end soon", test_two_mebibytes },
    { "a large map is searched fast", test_a_large_map },
};

CUNIT_MAIN("yaml/limits", cases)
