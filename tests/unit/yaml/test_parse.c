/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/parse.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/temporary_directory.h"
#include "yaml/render.h"

struct good {
    const char *text;
    /* The tree as JSON. */
    const char *json;
};

struct bad {
    const char *text;
    /* The message, whole. */
    const char *message;
};

static int parse(struct arena *arena, const char *text, struct yaml_node **ret_root,
                 struct problem *problem)
{
    return yaml_parse(arena, "t.yaml", text, strlen(text), ret_root, problem);
}

static void check_good(const struct good *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct arena arena = { 0 };
        struct problem problem = { 0 };
        struct yaml_node *root = NULL;
        AUTO_BUFFER json = { 0 };
        CU_ASSERT_EQUAL(parse(&arena, rows[i].text, &root, &problem), 0);
        if (root == NULL) {
            printf("row %zu: %s\n", i, problem.text);
            arena_deinit(&arena);
            continue;
        }
        CU_ASSERT_EQUAL(yaml_render_json(root, &json, &problem), 0);
        const char *text = buffer_text(&json);
        CU_ASSERT_STRING_EQUAL(text, rows[i].json);
        if (strcmp(text, rows[i].json) != 0) {
            printf("row %zu: %s\n", i, text);
        }
        arena_deinit(&arena);
    }
}

static void check_bad(const struct bad *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct arena arena = { 0 };
        struct problem problem = { 0 };
        struct yaml_node *root = NULL;
        CU_ASSERT_EQUAL(parse(&arena, rows[i].text, &root, &problem), -EINVAL);
        CU_ASSERT_PTR_NULL(root);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_STRING_EQUAL(problem.text, rows[i].message);
        if (strcmp(problem.text, rows[i].message) != 0) {
            printf("row %zu: %s\n", i, problem.text);
        }
        arena_deinit(&arena);
    }
}

static void test_documents_become_trees(void)
{
    static const struct good rows[] = {
        { "", "{}" },
        { "# nothing but a comment\n", "{}" },
        { "---\n...\n", "null" },
        { "\xEF\xBB\xBF"
          "a: 1",
          "{\"a\":1}" },
        { "a: 1\r\nb: two words\r\n", "{\"a\":1,\"b\":\"two words\"}" },
        { "a:\nb: ~\nc: null\nd: ''", "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\"}" },
        { "[1, -2, 0x10, 0o17, 010, +3]", "[1,-2,16,15,10,3]" },
        { "[yes, on, No, y]", "[\"yes\",\"on\",\"No\",\"y\"]" },
        { "['1', \"true\", '~']", "[\"1\",\"true\",\"~\"]" },
        { "a: |\n  one\n  two\nb: >\n  one\n  two\n",
          "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\\n\"}" },
        { "a: { b: [ { c: d } ] }", "{\"a\":{\"b\":[{\"c\":\"d\"}]}}" },
        { "{z: 1, a: 2, m: 3}", "{\"z\":1,\"a\":2,\"m\":3}" },
        { "? a\n: b", "{\"a\":\"b\"}" },
        { "a: !!str 1\nb: !!int '7'", "{\"a\":\"1\",\"b\":7}" },
        { "%YAML 1.1\n---\na: 1", "{\"a\":1}" },
        { "\"\\u00e9\": \"\\x41\\0\"", "{\"\xC3\xA9\":\"A\\u0000\"}" },
    };
    check_good(rows, ARRAY_SIZE(rows));
}

static void test_aliases_are_copies(void)
{
    static const struct good rows[] = {
        { "a: &x [1, 2]\nb: *x", "{\"a\":[1,2],\"b\":[1,2]}" },
        { "a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}" },
        { "? &x key\n: *x", "{\"key\":\"key\"}" },
        { "a: &x {b: 1}\nc: {<<: *x, d: 2}", "{\"a\":{\"b\":1},\"c\":{\"d\":2,\"b\":1}}" },
        { "c: {b: 9, <<: {b: 1, d: 2}}", "{\"c\":{\"b\":9,\"d\":2}}" },
        { "c: {<<: [{a: 1}, {a: 2, b: 3}]}", "{\"c\":{\"a\":1,\"b\":3}}" },
        { "c: {\"<<\": 1}", "{\"c\":{\"<<\":1}}" },
    };
    check_good(rows, ARRAY_SIZE(rows));
}

static void test_a_copy_can_be_changed_alone(void)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    CU_ASSERT_EQUAL_FATAL(parse(&arena, "a: &x {k: 1}\nb: *x", &root, &problem), 0);
    struct yaml_node *copy = yaml_map_find(root, "b");
    struct yaml_node *value = yaml_scalar_new(&arena, "2", 1, true, &copy->origin);
    CU_ASSERT_EQUAL_FATAL(yaml_map_put(&arena, copy, "k", 1, &copy->origin, value), 0);
    CU_ASSERT_STRING_EQUAL(yaml_map_find(yaml_map_find(root, "a"), "k")->text, "1");
    CU_ASSERT_STRING_EQUAL(yaml_map_find(copy, "k")->text, "2");
    arena_deinit(&arena);
}

static void test_what_is_refused_has_a_place(void)
{
    static const struct bad rows[] = {
        { "a: 1\nb: 2\na: 3", "t.yaml:3:1: key \"a\" is given twice, first in line 1" },
        { "a: {b: 1, 'b': 2}", "t.yaml:1:11: key \"b\" is given twice, first in line 1" },
        { "{<<: {a: 1}, <<: {b: 1}}", "t.yaml:1:14: key \"<<\" is given twice" },
        { "a: *x", "t.yaml:1:4: alias *x has no anchor before it" },
        { "a: &x [1, *x]", "t.yaml:1:11: alias *x stands inside its own anchor" },
        { "a: {<<: 1}", "t.yaml:1:9: a merge key (<<) needs a map or a list of maps" },
        { "a: {<<: [{b: 1}, 2]}", "t.yaml:1:18: a merge key (<<) needs a map or a list of maps" },
        { "[a]: 1", "t.yaml:1:1: a key must be a plain text, not a list or a map" },
        { "? {a: 1}\n: 1", "t.yaml:1:3: a key must be a plain text, not a list or a map" },
        { "a: 1\n---\nb: 2", "t.yaml:2:1: a second document begins here; one is expected" },
        { "a: !python/object:os.system x",
          "t.yaml:1:4: tag !python/object:os.system is not supported" },
        { "a: !!set {b}", "t.yaml:1:4: tag tag:yaml.org,2002:set is not supported" },
        { "%TAG ! tag:x,2000:\n---\na: 1", "t.yaml:1:1: %TAG directives are not supported" },
        { "a:\n\tb: 1", "t.yaml:2:1: a tab cannot indent; use spaces" },
        { "a: \xFF", "t.yaml:1:4: not valid UTF-8" },
        { "\xC3\xA9\xC3\xA9: \xED\xA0\x80", "t.yaml:1:5: not valid UTF-8" },
        { "a: \"b\x01\"",
          "t.yaml:1:6: a control character; write it as an escape in double quotes" },
        { "a: 'b", "t.yaml:1:6: not YAML: found unexpected end of stream while scanning a quoted "
                   "scalar" },
    };
    check_bad(rows, ARRAY_SIZE(rows));
}

static void test_each_node_knows_its_place(void)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    const char *text = "# first\n\xC3\xA9: 1\nb:\n  - x\n  - \xC3\xA9: [7]\n";
    CU_ASSERT_EQUAL_FATAL(parse(&arena, text, &root, &problem), 0);
    const struct yaml_node *list = yaml_map_find(root, "b");
    const struct yaml_entry *entry = &list->items[1]->entries[0];
    CU_ASSERT_STRING_EQUAL(root->origin.source, "t.yaml");
    CU_ASSERT_EQUAL(root->origin.line, 2);
    CU_ASSERT_EQUAL(root->entries[0].value->origin.column, 4);
    CU_ASSERT_EQUAL(list->items[0]->origin.line, 4);
    CU_ASSERT_EQUAL(list->items[0]->origin.column, 5);
    CU_ASSERT_EQUAL(entry->origin.line, 5);
    CU_ASSERT_EQUAL(entry->origin.column, 5);
    /* Characters, not bytes. */
    CU_ASSERT_EQUAL(entry->value->items[0]->origin.column, 9);
    arena_deinit(&arena);
}

static void test_files_say_why_they_cannot_be_read(void)
{
    char directory[256];
    char path[512];
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    temporary_directory_make(directory);
    file_put(directory, "a.yaml", "a: 12345678\n", 12);
    snprintf(path, sizeof(path), "%s/a.yaml", directory);
    CU_ASSERT_EQUAL(yaml_parse_file(&arena, path, 11, &root, &problem), -EFBIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "larger than 11 bytes"));
    CU_ASSERT_PTR_NULL(root);
    CU_ASSERT_EQUAL(yaml_parse_file(&arena, path, 12, &root, &problem), 0);
    CU_ASSERT_STRING_EQUAL(yaml_map_find(root, "a")->text, "12345678");
    snprintf(path, sizeof(path), "%s/b.yaml", directory);
    CU_ASSERT_EQUAL(yaml_parse_file(&arena, path, 12, &root, &problem), -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "b.yaml: cannot be read: No such file"));
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    CU_ASSERT(yaml_parse_file(&arena, directory, 12, &root, &problem) < 0);
    arena_deinit(&arena);
    temporary_directory_remove(directory);
}

/* As an empty buffer is. */
static void test_no_text_is_an_empty_map(void)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    CU_ASSERT_EQUAL_FATAL(yaml_parse(&arena, "t.yaml", NULL, 0, &root, &problem), 0);
    CU_ASSERT_EQUAL(root->kind, YAML_MAP);
    CU_ASSERT_EQUAL(root->n_items, 0);
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "documents become trees", test_documents_become_trees },
    { "no text is an empty map", test_no_text_is_an_empty_map },
    { "aliases are copies, merge keys are followed", test_aliases_are_copies },
    { "a copy can be changed alone", test_a_copy_can_be_changed_alone },
    { "what is refused has a place and a reason", test_what_is_refused_has_a_place },
    { "each node knows its line and column", test_each_node_knows_its_place },
    { "a file that cannot be read says why", test_files_say_why_they_cannot_be_read },
};

CUNIT_MAIN("yaml/parse", cases)
