/* SPDX-License-Identifier: Apache-2.0 */
#include "config/loading.h"

#include <string.h>

#include "config/merge.h"
#include "yaml/scalar.h"

struct yaml_node *loading_find(const struct loading *loading, const char *path)
{
    struct yaml_node *node = loading->root;
    while (node != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        struct yaml_entry *entry = yaml_map_entry(node, path, len);
        node = entry != NULL ? entry->value : NULL;
        path += len + (path[len] == '.');
    }
    return yaml_is_null(node) ? NULL : node;
}

const struct yaml_node *loading_value(const struct loading *loading, const char *path)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    const struct config_key *key = config_key_find(path);
    require(key != NULL && (size_t)(key - keys) < n_keys);
    return loading->values[key - keys];
}

void loading_put(struct loading *loading, const char *path, struct yaml_node *value)
{
    static const struct yaml_origin none = { .source = "default" };
    struct config_path levels;
    if (value == NULL) {
        value = yaml_scalar_new(loading->arena, "null", 4, true, &none);
    }
    if (value == NULL || config_path_cut(loading->arena, path, strlen(path), &levels) < 0 ||
        tree_merge_at(loading->arena, loading->root, &levels, value) < 0) {
        loading->diagnostics->is_out_of_memory = true;
    }
}

struct yaml_origin loading_origin(const struct loading *loading, const char *path)
{
    struct yaml_origin origin = loading->root->origin;
    const struct yaml_node *node = loading->root;
    while (node != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");
        const struct yaml_entry *entry = yaml_map_entry(node, path, len);
        if (entry == NULL) {
            return origin;
        }
        origin = entry->origin;
        node = entry->value;
        path += len + (path[len] == '.');
    }
    return origin;
}

bool loading_applies(const struct loading *loading, const struct config_key *key)
{
    if (key->section == SECTION_ANY || key->connectors == 0) {
        return true;
    }
    const struct config *config = loading->config;
    enum connector connector = key->section == SECTION_SOURCE ? config->source.connector
                               : key->section == SECTION_SINK ? config->sink.connector
                                                              : config->error_sink.connector;
    return (key->connectors >> connector & 1U) != 0;
}
