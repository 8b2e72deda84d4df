/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/tree.h"

#include <stdio.h>
#include <string.h>

#include "../../support/cunit_main.h"

static const struct yaml_origin origin = { .source = "test" };

static void put(struct arena *arena, struct yaml_node *map, const char *key, const char *text)
{
    struct yaml_node *value = yaml_scalar_new(arena, text, strlen(text), true, &origin);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    CU_ASSERT_EQUAL_FATAL(yaml_map_put(arena, map, key, strlen(key), &origin, value), 0);
}

/* Both sides of the size from which on a map has an index. */
static void test_every_key_is_found(void)
{
    for (int n_keys = 0; n_keys < 40; n_keys++) {
        struct arena arena = { 0 };
        char key[16];
        struct yaml_node *map = yaml_node_new(&arena, YAML_MAP, &origin);
        for (int i = 0; i < n_keys; i++) {
            snprintf(key, sizeof(key), "k%d", i * 41 % n_keys);
            put(&arena, map, key, key + 1);
        }
        CU_ASSERT_EQUAL(map->n_items, (size_t)n_keys);
        for (int i = 0; i < n_keys; i++) {
            snprintf(key, sizeof(key), "k%d", i);
            const struct yaml_node *value = yaml_map_find(map, key);
            CU_ASSERT_PTR_NOT_NULL_FATAL(value);
            CU_ASSERT_STRING_EQUAL(value->text, key + 1);
        }
        CU_ASSERT_PTR_NULL(yaml_map_find(map, "k"));
        CU_ASSERT_PTR_NULL(yaml_map_find(map, "k99"));
        arena_deinit(&arena);
    }
}

static void test_a_key_is_put_once(void)
{
    struct arena arena = { 0 };
    struct yaml_node *map = yaml_node_new(&arena, YAML_MAP, &origin);
    put(&arena, map, "a", "1");
    put(&arena, map, "b", "2");
    put(&arena, map, "a", "3");
    CU_ASSERT_EQUAL(map->n_items, 2);
    CU_ASSERT_STRING_EQUAL(map->entries[0].key, "a");
    CU_ASSERT_STRING_EQUAL(map->entries[0].value->text, "3");
    arena_deinit(&arena);
}

static void test_keys_are_compared_whole(void)
{
    struct arena arena = { 0 };
    struct yaml_node *map = yaml_node_new(&arena, YAML_MAP, &origin);
    struct yaml_node *value = yaml_scalar_new(&arena, "1", 1, true, &origin);
    CU_ASSERT_EQUAL_FATAL(yaml_map_put(&arena, map, "a\0b", 3, &origin, value), 0);
    CU_ASSERT_PTR_NULL(yaml_map_find(map, "a"));
    CU_ASSERT_PTR_NOT_NULL(yaml_map_entry(map, "a\0b", 3));
    CU_ASSERT_PTR_NULL(yaml_map_entry(map, "a\0c", 3));
    arena_deinit(&arena);
}

static void test_the_first_duplicate_is_named(void)
{
    static const struct {
        const char *keys;
        size_t first;
        size_t second;
    } rows[] = {
        { "aa", 0, 1 }, { "abab", 0, 2 }, { "zyxwvutsrqponmz", 0, 14 }, { "abbaab", 1, 2 }
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena = { 0 };
        struct yaml_entry entries[16];
        struct yaml_node map = { .kind = YAML_MAP, .entries = entries };
        for (const char *key = rows[i].keys; *key != '\0'; key++) {
            entries[map.n_items++] = (struct yaml_entry){ .key = key, .key_len = 1 };
        }
        size_t first = 99;
        size_t second = 99;
        CU_ASSERT_EQUAL(yaml_map_seal(&arena, &map, &first, &second), 1);
        CU_ASSERT_EQUAL(first, rows[i].first);
        CU_ASSERT_EQUAL(second, rows[i].second);
        arena_deinit(&arena);
    }
}

static void test_what_is_no_map_has_no_keys(void)
{
    struct yaml_node list = { .kind = YAML_LIST };
    CU_ASSERT_PTR_NULL(yaml_map_find(NULL, "a"));
    CU_ASSERT_PTR_NULL(yaml_map_find(&list, "a"));
}

static void test_a_copy_is_deep(void)
{
    struct arena arena = { 0 };
    struct yaml_node *map = yaml_node_new(&arena, YAML_MAP, &origin);
    struct yaml_node *inner = yaml_node_new(&arena, YAML_MAP, &origin);
    put(&arena, inner, "k", "1");
    CU_ASSERT_EQUAL_FATAL(yaml_map_put(&arena, map, "in", 2, &origin, inner), 0);
    struct yaml_node *copy = yaml_copy(&arena, map);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    put(&arena, inner, "k", "2");
    CU_ASSERT_STRING_EQUAL(yaml_map_find(yaml_map_find(copy, "in"), "k")->text, "1");
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "every key of a map is found", test_every_key_is_found },
    { "a key that is put again takes its old place", test_a_key_is_put_once },
    { "keys are compared whole, NULs included", test_keys_are_compared_whole },
    { "the first duplicate of the document is named", test_the_first_duplicate_is_named },
    { "what is no map has no keys", test_what_is_no_map_has_no_keys },
    { "a copy is deep", test_a_copy_is_deep },
};

CUNIT_MAIN("yaml/tree", cases)
