/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "../../support/random_json.h"
#include "json/find.h"

/* A path from "a/b/0": names without escapes. The steps live in steps. */
static struct json_path path_of(const char *text, struct json_step *steps)
{
    struct json_path path = { steps, 0 };
    while (*text != '\0') {
        text++;
        size_t len = strcspn(text, "/");
        bool is_index = len > 0 && strspn(text, "0123456789") >= len && (*text != '0' || len == 1);
        steps[path.n_steps++] =
            (struct json_step){ text, (uint32_t)len,
                                is_index ? (uint32_t)strtoul(text, NULL, 10) : JSON_NO_INDEX };
        text += len;
    }
    return path;
}

/* In a walked document the same is found. */
static void check_walked(const struct parsed *parsed, const struct json_path *paths, size_t n_paths,
                         const struct json_span *spans)
{
    struct json_span walked[JSON_FIND_MAX];
    CU_ASSERT_FATAL(json_find(&parsed->document, paths, n_paths, walked) == 0);
    for (size_t i = 0; i < n_paths; i++) {
        CU_ASSERT(walked[i].bytes == spans[i].bytes && walked[i].len == spans[i].len);
    }
}

/* Finds paths in what was indexed, and again when it was walked. */
static void find_both(struct parsed *parsed, const struct json_path *paths, size_t n_paths,
                      struct json_span *ret_spans)
{
    CU_ASSERT_FATAL(json_find(&parsed->document, paths, n_paths, ret_spans) == 0);
    CU_ASSERT_FATAL(parsed_walk(parsed) == 0);
    check_walked(parsed, paths, n_paths, ret_spans);
}

static void test_found(void)
{
    static const struct {
        const char *text;
        const char *path;
        /* NULL: nothing is there. */
        const char *value;
    } cases[] = {
        { "{\"a\":1}", "/a", "1" },
        { "{\"a\":1}", "", "{\"a\":1}" },
        { " [ ] ", "", "[ ]" },
        { " 12 ", "", "12" },
        { "{\"a\" : \"x\" , \"b\":2}", "/a", "\"x\"" },
        { "{\"a\":1.50e3 \n}", "/a", "1.50e3" },
        { "{\"a\":{\"b\":[1,{\"c\":null}]}}", "/a/b/1/c", "null" },
        { "{\"a\":{\"b\":[1,{\"c\":null}]}}", "/a/b", "[1,{\"c\":null}]" },
        { "{\"a\":{\"b\":[1,{\"c\":null}]}}", "/a/b/1", "{\"c\":null}" },
        { "{\"a\":{\"b\":[1,2]}}", "/a/b/2", NULL },
        { "{\"a\":{\"b\":[1,2]}}", "/a/b/x", NULL },
        { "{\"a\":{\"0\":[1,2]}}", "/a/0/0", "1" },
        { "{\"a\":[[],[3]]}", "/a/1/0", "3" },
        { "{}", "/a", NULL },
        { "{\"a\":{}}", "/a/b", NULL },
        { "{\"a\":\"b\"}", "/a/b", NULL },
        { "[1]", "/a", NULL },
        { "1", "/a", NULL },
        { "{\"\":{\"\":7}}", "//", "7" },
        /* The last of several members of one name counts, whatever it is. */
        { "{\"a\":1,\"a\":2}", "/a", "2" },
        { "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "/a/b", "2" },
        { "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "/a/b", NULL },
        { "{\"a\":{\"b\":1},\"a\":3}", "/a/b", NULL },
        { "{\"a\":{\"b\":{\"c\":1}},\"a\":{\"b\":[]}}", "/a/b/c", NULL },
        { "{\"a\":3,\"a\":{\"b\":1}}", "/a/b", "1" },
        { "{\"a\":1,\"\\u0061\":2}", "/a", "2" },
        /* Names are compared by what they mean. */
        { "{\"\\u0061\\n\":1}", "/a\n", "1" },
        { "{\"a\\/b\":1}", "/a", NULL },
        { "{\"caf\\u00e9\":1}", "/café", "1" },
        { "{\"\\ud83d\\ude82\":1}", "/🚂", "1" },
        { "{\"ab\":1,\"a\":2,\"abc\":3}", "/a", "2" },
        { "{\"x\":\"a\",\"y\":{\"a\":5}}", "/a", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT_FATAL(parsed_index(&parsed, cases[i].text, strlen(cases[i].text)) == 0);
        struct json_step steps[JSON_PATH_MAX];
        struct json_path path = path_of(cases[i].path, steps);
        struct json_span span;
        find_both(&parsed, &path, 1, &span);
        bool is_same = cases[i].value == NULL
                           ? span.bytes == NULL
                           : span.bytes != NULL && span.len == strlen(cases[i].value) &&
                                 memcmp(span.bytes, cases[i].value, span.len) == 0;
        CU_ASSERT(is_same);
        if (!is_same) {
            fprintf(stderr, "%s in %s\n", cases[i].path, cases[i].text);
        }
    }
}

static void test_paths_together(void)
{
    static const char text[] = "{\"a\":{\"b\":1,\"c\":[2,3]},\"d\":4,\"a\":{\"c\":[5,6],\"e\":7}}";
    static const char *const paths_text[JSON_FIND_MAX] = {
        "/a", "/a/b", "/a/c", "/a/c/0", "/a/c/1", "/d", "/a/e", "/a/c/1",
    };
    static const char *const values[JSON_FIND_MAX] = {
        "{\"c\":[5,6],\"e\":7}", NULL, "[5,6]", "5", "6", "4", "7", "6",
    };
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_index(&parsed, text, sizeof(text) - 1) == 0);
    struct json_step steps[JSON_FIND_MAX][JSON_PATH_MAX];
    struct json_path paths[JSON_FIND_MAX];
    struct json_span spans[JSON_FIND_MAX];
    for (size_t i = 0; i < JSON_FIND_MAX; i++) {
        paths[i] = path_of(paths_text[i], steps[i]);
    }
    find_both(&parsed, paths, JSON_FIND_MAX, spans);
    for (size_t i = 0; i < JSON_FIND_MAX; i++) {
        CU_ASSERT((spans[i].bytes == NULL) == (values[i] == NULL));
        if (values[i] != NULL && spans[i].bytes != NULL) {
            CU_ASSERT(spans[i].len == strlen(values[i]));
            CU_ASSERT(memcmp(spans[i].bytes, values[i], spans[i].len) == 0);
        }
    }
}

static void test_longest_path(void)
{
    char text[2 * JSON_PATH_MAX + 2] = "";
    char path_text[2 * JSON_PATH_MAX + 1] = "";
    memset(text, '[', JSON_PATH_MAX);
    text[JSON_PATH_MAX] = '9';
    memset(text + JSON_PATH_MAX + 1, ']', JSON_PATH_MAX);
    for (size_t i = 0; i < 2 * JSON_PATH_MAX; i++) {
        path_text[i] = "/0"[i % 2];
    }
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_index(&parsed, text, sizeof(text) - 1) == 0);
    struct json_step steps[JSON_PATH_MAX];
    struct json_path path = path_of(path_text, steps);
    CU_ASSERT(path.n_steps == JSON_PATH_MAX);
    struct json_span span;
    find_both(&parsed, &path, 1, &span);
    CU_ASSERT(span.bytes == parsed.bytes + JSON_PATH_MAX && span.len == 1);
}

static void test_malformed(void)
{
    static const char *const texts[] = {
        "[",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{1:2}",
        "{\"a\":1",
        "}",
        ":",
        "{\"a\":1,}",
        "{,}",
        "{}{}",
        "{\"a\":1]",
        "{\"a\":[1}",
        "[1,",
        "{\"b\":[[",
        "{\"a\":{\"b\"}}",
        "{\"a\":]}",
        "{\"a\",}",
        "{\"a\":1 \"b\"",
        ",",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT_FATAL(parsed_index(&parsed, texts[i], strlen(texts[i])) == 0);
        struct json_step steps[JSON_PATH_MAX];
        struct json_path path = path_of("/a/b", steps);
        struct json_span span;
        CU_ASSERT(json_find(&parsed.document, &path, 1, &span) == JSON_MALFORMED);
    }
}

/* Where the walk is content, so is the search; and it never leaves the document. */
static void test_mutations(void)
{
    struct random random = { 3 };
    AUTO_BUFFER text = { 0 };
    size_t n_right = 0;
    size_t n_malformed = 0;
    for (int i = 0; i < 20000; i++) {
        buffer_clear(&text);
        random_json_document(&text, &random);
        if (i % 4 != 0) {
            random_json_mutate(&text, &random);
        }
        AUTO_PARSED parsed;
        if (parsed_index(&parsed, text.data, text.len) != 0) {
            continue;
        }
        struct json_step steps[2][JSON_PATH_MAX];
        struct json_path paths[2] = { path_of("/a/b", steps[0]), path_of("/b/1/a", steps[1]) };
        struct json_span spans[2];
        int r = json_find(&parsed.document, paths, 2, spans);
        if (parsed_walk(&parsed) == 0) {
            CU_ASSERT(r == 0);
            check_walked(&parsed, paths, 2, spans);
            n_right++;
        }
        n_malformed += r != 0;
        for (size_t j = 0; j < 2 && r == 0; j++) {
            if (spans[j].bytes != NULL) {
                size_t offset = (size_t)(spans[j].bytes - parsed.bytes);
                CU_ASSERT(spans[j].len > 0 && offset + spans[j].len <= text.len);
                CU_ASSERT(spans[j].bytes[0] != '"' || spans[j].len >= 2);
            }
        }
    }
    CU_ASSERT(n_right > 1000 && n_malformed > 1000);
}

static const struct test_case cases[] = {
    { "a path leads to the last value of its names, or to nothing", test_found },
    { "eight paths are searched in one pass", test_paths_together },
    { "64 steps", test_longest_path },
    { "visible faults of the structure are reported", test_malformed },
    { "malformed documents do no harm", test_mutations },
};

CUNIT_MAIN("json/find", cases)
