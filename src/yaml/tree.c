/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Below this a linear search is as fast as the index. */
enum { SMALL_MAP = 8 };

struct yaml_node *yaml_node_new(struct arena *arena, enum yaml_kind kind,
                                const struct yaml_origin *origin)
{
    struct yaml_node *node = arena_alloc(arena, sizeof(*node));
    if (node != NULL) {
        *node = (struct yaml_node){ .kind = kind, .depth = 1, .origin = *origin };
    }
    return node;
}

struct yaml_node *yaml_scalar_new(struct arena *arena, const char *text, size_t len, bool is_plain,
                                  const struct yaml_origin *origin)
{
    struct yaml_node *node = yaml_node_new(arena, YAML_SCALAR, origin);
    if (node == NULL) {
        return NULL;
    }
    node->text = arena_copy(arena, text, len);
    node->len = len;
    node->is_plain = is_plain;
    return node->text != NULL ? node : NULL;
}

static int compare_keys(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0) {
        return order;
    }
    return (a_len > b_len) - (a_len < b_len);
}

static int compare_indices(const void *a, const void *b, void *context)
{
    const struct yaml_entry *entries = context;
    uint32_t i = *(const uint32_t *)a;
    uint32_t j = *(const uint32_t *)b;
    int order =
        compare_keys(entries[i].key, entries[i].key_len, entries[j].key, entries[j].key_len);
    return order != 0 ? order : (i > j) - (i < j);
}

/* Returns 1 and the pair whose second comes first in the document, or 0. */
static int find_duplicate(const struct yaml_node *map, const uint32_t *by_key, size_t *ret_first,
                          size_t *ret_second)
{
    size_t second = SIZE_MAX;
    for (size_t i = 1; i < map->n_items; i++) {
        const struct yaml_entry *before = &map->entries[by_key[i - 1]];
        const struct yaml_entry *entry = &map->entries[by_key[i]];
        if (by_key[i] < second &&
            compare_keys(before->key, before->key_len, entry->key, entry->key_len) == 0) {
            second = by_key[i];
            *ret_first = by_key[i - 1];
            *ret_second = second;
        }
    }
    return second != SIZE_MAX;
}

int yaml_map_seal(struct arena *arena, struct yaml_node *map, size_t *ret_first, size_t *ret_second)
{
    map->by_key = NULL;
    if (map->n_items < 2) {
        return 0;
    }
    uint32_t *by_key = arena_alloc(arena, map->n_items * sizeof(*by_key));
    if (by_key == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < map->n_items; i++) {
        by_key[i] = (uint32_t)i;
    }
    qsort_r(by_key, map->n_items, sizeof(*by_key), compare_indices, map->entries);
    if (map->n_items > SMALL_MAP) {
        map->by_key = by_key;
    }
    return find_duplicate(map, by_key, ret_first, ret_second);
}

static struct yaml_entry *find_sorted(const struct yaml_node *map, const char *key, size_t key_len)
{
    size_t low = 0;
    size_t high = map->n_items;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct yaml_entry *entry = &map->entries[map->by_key[middle]];
        int order = compare_keys(key, key_len, entry->key, entry->key_len);
        if (order == 0) {
            return entry;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

struct yaml_entry *yaml_map_entry(const struct yaml_node *node, const char *key, size_t key_len)
{
    if (node == NULL || node->kind != YAML_MAP) {
        return NULL;
    }
    if (node->by_key != NULL) {
        return find_sorted(node, key, key_len);
    }
    for (size_t i = 0; i < node->n_items; i++) {
        struct yaml_entry *entry = &node->entries[i];
        if (entry->key_len == key_len && memcmp(entry->key, key, key_len) == 0) {
            return entry;
        }
    }
    return NULL;
}

struct yaml_node *yaml_map_find(const struct yaml_node *node, const char *key)
{
    struct yaml_entry *entry = yaml_map_entry(node, key, strlen(key));
    return entry != NULL ? entry->value : NULL;
}

int yaml_map_put(struct arena *arena, struct yaml_node *map, const char *key, size_t key_len,
                 const struct yaml_origin *origin, struct yaml_node *value)
{
    struct yaml_entry *entry = yaml_map_entry(map, key, key_len);
    if (entry != NULL) {
        entry->origin = *origin;
        entry->value = value;
        return 0;
    }
    struct yaml_entry *entries = arena_alloc(arena, (map->n_items + 1) * sizeof(*entries));
    char *copy = arena_copy(arena, key, key_len);
    if (entries == NULL || copy == NULL) {
        return -ENOMEM;
    }
    if (map->n_items > 0) {
        memcpy(entries, map->entries, map->n_items * sizeof(*entries));
    }
    entries[map->n_items] =
        (struct yaml_entry){ .key = copy, .key_len = key_len, .origin = *origin, .value = value };
    map->entries = entries;
    map->n_items++;
    size_t first;
    size_t second;
    int r = yaml_map_seal(arena, map, &first, &second);
    require(r <= 0);
    return r;
}

static int copy_entries(struct arena *arena, const struct yaml_node *from, struct yaml_node *to)
{
    to->entries = arena_alloc(arena, from->n_items * sizeof(*to->entries));
    if (to->entries == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < from->n_items; i++) {
        to->entries[i] = from->entries[i];
        to->entries[i].value = yaml_copy(arena, from->entries[i].value);
        if (to->entries[i].value == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int copy_items(struct arena *arena, const struct yaml_node *from, struct yaml_node *to)
{
    to->items = arena_alloc(arena, from->n_items * sizeof(*to->items));
    if (to->items == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < from->n_items; i++) {
        to->items[i] = yaml_copy(arena, from->items[i]);
        if (to->items[i] == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node)
{
    struct yaml_node *copy = arena_alloc(arena, sizeof(*copy));
    if (copy == NULL) {
        return NULL;
    }
    /* Texts and the index by key are never written to, so the copy shares them. */
    *copy = *node;
    int r = 0;
    if (node->kind == YAML_MAP) {
        r = copy_entries(arena, node, copy);
    } else if (node->kind == YAML_LIST) {
        r = copy_items(arena, node, copy);
    }
    return r < 0 ? NULL : copy;
}
