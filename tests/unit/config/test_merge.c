/* SPDX-License-Identifier: Apache-2.0 */
#include "config/merge.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "yaml/parse.h"
#include "yaml/render.h"

static struct yaml_node *parse(struct arena *arena, const char *text)
{
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    CU_ASSERT_EQUAL_FATAL(yaml_parse(arena, "t", text, strlen(text), &root, &problem), 0);
    return root;
}

static void expect_json(const struct yaml_node *node, const char *json)
{
    AUTO_BUFFER buffer = { 0 };
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL(yaml_render_json(node, &buffer, &problem), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), json);
}

static void test_trees(void)
{
    static const struct {
        const char *base;
        const char *overlay;
        const char *json;
    } rows[] = {
        { "{}", "{a: 1}", "{\"a\":1}" },
        { "{a: 1}", "{}", "{\"a\":1}" },
        { "{a: 1, b: 2}", "{b: 3, c: 4}", "{\"a\":1,\"b\":3,\"c\":4}" },
        { "{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", "{\"a\":{\"b\":1,\"c\":3,\"d\":4}}" },
        { "{a: [1, 2]}", "{a: [3]}", "{\"a\":[3]}" },
        { "{a: {b: 1}}", "{a: 2}", "{\"a\":2}" },
        { "{a: 2}", "{a: {b: 1}}", "{\"a\":{\"b\":1}}" },
        { "{a: {b: 1}}", "{a: [1]}", "{\"a\":[1]}" },
        { "{a: {b: 1}}", "a:", "{\"a\":{\"b\":1}}" },
        { "{a: {b: 1}}", "{a: null}", "{\"a\":null}" },
        { "{a: {b: 1}}", "{a: ~}", "{\"a\":null}" },
        { "{a: 1}", "{a: ''}", "{\"a\":\"\"}" },
        { "{}", "a:", "{\"a\":null}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct yaml_node *base = parse(&arena, rows[i].base);
        CU_ASSERT_EQUAL(tree_merge(&arena, base, parse(&arena, rows[i].overlay)), 0);
        expect_json(base, rows[i].json);
        arena_deinit(&arena);
    }
}

static void test_values_at_paths(void)
{
    static const struct {
        const char *base;
        const char *path;
        const char *value;
        const char *json;
    } rows[] = {
        { "{}", "a", "1", "{\"a\":1}" },
        { "{}", "a.b.c", "[1]", "{\"a\":{\"b\":{\"c\":[1]}}}" },
        { "{a: {b: 1}}", "a.c", "2", "{\"a\":{\"b\":1,\"c\":2}}" },
        { "{a: {b: 1}}", "a.b", "2", "{\"a\":{\"b\":2}}" },
        { "{a: {b: 1}}", "a", "{c: 2}", "{\"a\":{\"b\":1,\"c\":2}}" },
        { "{a: 1}", "a.b", "2", "{\"a\":{\"b\":2}}" },
        { "{}", "a\\.b.c", "1", "{\"a.b\":{\"c\":1}}" },
        { "{}", "a\\b", "1", "{\"a\\\\b\":1}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct config_path path;
        struct yaml_node *base = parse(&arena, rows[i].base);
        CU_ASSERT_EQUAL_FATAL(config_path_cut(&arena, rows[i].path, strlen(rows[i].path), &path),
                              0);
        CU_ASSERT_EQUAL(tree_merge_at(&arena, base, &path, parse(&arena, rows[i].value)), 0);
        expect_json(base, rows[i].json);
        arena_deinit(&arena);
    }
}

static void test_paths(void)
{
    static const struct {
        const char *text;
        size_t n_levels;
        const char *last;
    } rows[] = {
        { "a", 1, "a" },
        { "a.b.c", 3, "c" },
        { "properties.ssl\\.ca\\.location", 2, "ssl.ca.location" },
        { "a\\", 1, "a\\" },
        { "a\\\\.b", 1, "a\\.b" },
        { "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16", 16, "16" },
        { "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", 0, NULL },
        { "", 0, NULL },
        { ".", 0, NULL },
        { ".a", 0, NULL },
        { "a.", 0, NULL },
        { "a..b", 0, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct config_path path = { .n_levels = 0 };
        int r = config_path_cut(&arena, rows[i].text, strlen(rows[i].text), &path);
        CU_ASSERT_EQUAL(r, rows[i].last != NULL ? 0 : -EINVAL);
        CU_ASSERT_EQUAL(path.n_levels, rows[i].n_levels);
        if (r == 0 && path.n_levels > 0) {
            CU_ASSERT_STRING_EQUAL(path.levels[path.n_levels - 1], rows[i].last);
        }
        arena_deinit(&arena);
    }
}

static void test_origins_follow_their_values(void)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *base = parse(&arena, "a: {b: 1, c: 2}");
    struct yaml_node *overlay = NULL;
    const char *text = "\na: {c: 3}";
    CU_ASSERT_EQUAL_FATAL(yaml_parse(&arena, "over", text, strlen(text), &overlay, &problem), 0);
    CU_ASSERT_EQUAL(tree_merge(&arena, base, overlay), 0);
    const struct yaml_node *a = yaml_map_find(base, "a");
    CU_ASSERT_STRING_EQUAL(yaml_map_find(a, "b")->origin.source, "t");
    CU_ASSERT_STRING_EQUAL(yaml_map_find(a, "c")->origin.source, "over");
    CU_ASSERT_STRING_EQUAL(yaml_map_entry(a, "c", 1)->origin.source, "over");
    CU_ASSERT_EQUAL(yaml_map_entry(a, "c", 1)->origin.line, 2);
    struct yaml_origin set = { .source = "--set" };
    tree_relabel(base, &set);
    CU_ASSERT_STRING_EQUAL(yaml_map_find(a, "b")->origin.source, "--set");
    CU_ASSERT_STRING_EQUAL(yaml_map_entry(a, "b", 1)->origin.source, "--set");
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "maps merge, all else replaces", test_trees },
    { "values are laid at paths", test_values_at_paths },
    { "paths are cut at dots that are not escaped", test_paths },
    { "a value keeps where it came from", test_origins_follow_their_values },
};

CUNIT_MAIN("config/merge", cases)
