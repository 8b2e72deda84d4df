/* SPDX-License-Identifier: Apache-2.0 */
#include "config/merge.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

int config_path_cut(struct arena *arena, const char *text, size_t len, struct config_path *ret_path)
{
    struct config_path path = { .n_levels = 0 };
    AUTO_BUFFER name = { 0 };
    for (size_t i = 0; i <= len; i++) {
        bool is_escape = i + 1 < len && text[i] == '\\' && text[i + 1] == '.';
        if (i < len && (is_escape || text[i] != '.')) {
            i += is_escape;
            if (buffer_append_byte(&name, text[i]) < 0) {
                return -ENOMEM;
            }
            continue;
        }
        if (name.len == 0 || path.n_levels == PATH_MAX_LEVELS) {
            return -EINVAL;
        }
        char *copy = arena_copy(arena, name.data, name.len);
        if (copy == NULL) {
            return -ENOMEM;
        }
        path.levels[path.n_levels++] = copy;
        buffer_clear(&name);
    }
    *ret_path = path;
    return 0;
}

static bool is_nothing(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->is_plain && node->len == 0;
}

/* Merges what both have; counts what only overlay has. */
static int merge_common(struct arena *arena, struct yaml_node *base,
                        const struct yaml_node *overlay, size_t *ret_n_new)
{
    size_t n_new = 0;
    for (size_t i = 0; i < overlay->n_items; i++) {
        const struct yaml_entry *from = &overlay->entries[i];
        struct yaml_entry *entry = yaml_map_entry(base, from->key, from->key_len);
        if (entry == NULL) {
            n_new++;
            continue;
        }
        if (is_nothing(from->value)) {
            continue;
        }
        if (entry->value->kind == YAML_MAP && from->value->kind == YAML_MAP) {
            int r = tree_merge(arena, entry->value, from->value);
            if (r < 0) {
                return r;
            }
            continue;
        }
        entry->origin = from->origin;
        entry->value = from->value;
    }
    *ret_n_new = n_new;
    return 0;
}

int tree_merge(struct arena *arena, struct yaml_node *base, const struct yaml_node *overlay)
{
    size_t n_new;
    int r = merge_common(arena, base, overlay, &n_new);
    if (r < 0 || n_new == 0) {
        return r;
    }
    struct yaml_entry *entries = arena_alloc(arena, (base->n_items + n_new) * sizeof(*entries));
    if (entries == NULL) {
        return -ENOMEM;
    }
    size_t n_entries = base->n_items;
    if (n_entries > 0) {
        memcpy(entries, base->entries, n_entries * sizeof(*entries));
    }
    for (size_t i = 0; i < overlay->n_items; i++) {
        const struct yaml_entry *from = &overlay->entries[i];
        if (yaml_map_entry(base, from->key, from->key_len) == NULL) {
            entries[n_entries++] = *from;
        }
    }
    base->entries = entries;
    base->n_items = n_entries;
    size_t first;
    size_t second;
    r = yaml_map_seal(arena, base, &first, &second);
    require(r <= 0);
    return r;
}

int tree_merge_at(struct arena *arena, struct yaml_node *base, const struct config_path *path,
                  struct yaml_node *value)
{
    struct yaml_node *node = value;
    for (size_t i = path->n_levels; i > 0; i--) {
        struct yaml_node *map = yaml_node_new(arena, YAML_MAP, &value->origin);
        const char *name = path->levels[i - 1];
        if (map == NULL || yaml_map_put(arena, map, name, strlen(name), &value->origin, node) < 0) {
            return -ENOMEM;
        }
        node = map;
    }
    return tree_merge(arena, base, node);
}

void tree_relabel(struct yaml_node *node, const struct yaml_origin *origin)
{
    node->origin = *origin;
    for (size_t i = 0; i < node->n_items; i++) {
        if (node->kind == YAML_MAP) {
            node->entries[i].origin = *origin;
            tree_relabel(node->entries[i].value, origin);
        } else {
            tree_relabel(node->items[i], origin);
        }
    }
}
