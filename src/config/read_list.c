/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and maps of texts. */
#include <errno.h>
#include <string.h>

#include "config/read.h"
#include "yaml/scalar.h"

/* Reads one item as if it stood alone, under the path "key[i]". */
static int read_item(const struct reading *list, size_t i, const struct yaml_node *node,
                     const char **ret_text, int (*read_text)(const struct reading *, const char **))
{
    char path[VALUE_PATH_SIZE];
    snprintf(path, sizeof(path), "%s[%zu]", list->path, i);
    struct reading item = *list;
    item.node = node;
    item.path = path;
    return read_text(&item, ret_text);
}

int list_read_texts(const struct reading *reading, struct config_list *ret_list,
                    int (*read_text)(const struct reading *, const char **))
{
    const struct yaml_node *node = reading->node;
    bool is_list = node->kind == YAML_LIST;
    size_t n_items = is_list ? node->n_items : 1;
    bool may_be_empty = reading->key->type == TYPE_STRINGS;
    if (node->kind == YAML_MAP || (n_items == 0 && !may_be_empty)) {
        return value_complain(reading, type_expectation(reading->key->type));
    }
    const char **items = arena_alloc(reading->loading->arena, n_items * sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    int result = 0;
    for (size_t i = 0; i < n_items; i++) {
        int r = is_list ? read_item(reading, i, node->items[i], &items[i], read_text)
                        : read_text(reading, &items[i]);
        result = r < 0 ? r : result;
    }
    if (result == 0) {
        *ret_list = (struct config_list){ .items = items, .n_items = n_items };
    }
    return result;
}

int list_read_integers(const struct reading *reading, struct config_integers *ret_integers)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_LIST) {
        return value_complain(reading, type_expectation(reading->key->type));
    }
    int64_t *items = arena_alloc(reading->loading->arena, node->n_items * sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < node->n_items; i++) {
        const struct yaml_node *item = node->items[i];
        bool is_integer = item->kind == YAML_SCALAR && yaml_scalar_type(item) == YAML_INTEGER;
        if (!is_integer || yaml_scalar_int64(item, &items[i]) < 0 || items[i] < reading->key->min ||
            items[i] > reading->key->max) {
            char expected[64];
            snprintf(expected, sizeof(expected), "integers from %lld to %lld",
                     (long long)reading->key->min, (long long)reading->key->max);
            struct reading at = *reading;
            at.node = item;
            return value_complain(&at, expected);
        }
    }
    *ret_integers = (struct config_integers){ .items = items, .n_items = node->n_items };
    return 0;
}

/* Numbers and booleans are texts here: Kafka's properties are written either way. */
static int read_pair(const struct reading *map, const struct yaml_entry *entry,
                     struct config_pair *ret_pair)
{
    char path[VALUE_PATH_SIZE];
    snprintf(path, sizeof(path), "%s.%s", map->path, entry->key);
    struct reading reading = *map;
    reading.node = entry->value;
    reading.path = path;
    const struct yaml_node *node = entry->value;
    bool is_text = node->kind == YAML_SCALAR && strlen(node->text) == node->len;
    if (!is_text || strlen(entry->key) != entry->key_len || entry->key_len == 0) {
        return value_complain(&reading, "a text");
    }
    *ret_pair = (struct config_pair){ .name = entry->key, .value = node->text };
    return 0;
}

int map_read_pairs(const struct reading *reading, struct config_pairs *ret_pairs)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_MAP) {
        return value_complain(reading, type_expectation(reading->key->type));
    }
    struct config_pair *pairs =
        arena_alloc(reading->loading->arena, node->n_items * sizeof(*pairs));
    if (pairs == NULL) {
        return -ENOMEM;
    }
    size_t n_pairs = 0;
    for (size_t i = 0; i < node->n_items; i++) {
        if (yaml_is_null(node->entries[i].value)) {
            continue;
        }
        int r = read_pair(reading, &node->entries[i], &pairs[n_pairs++]);
        if (r < 0) {
            return r;
        }
    }
    *ret_pairs = (struct config_pairs){ .items = pairs, .n_items = n_pairs };
    return 0;
}
