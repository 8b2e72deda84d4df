/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of the table becomes a field of struct config. */
#include <errno.h>
#include <string.h>

#include "config/loading.h"
#include "config/merge.h"
#include "config/read.h"
#include "yaml/parse.h"

static const char default_source[] = "default";

/* The row's default as a tree, or NULL where it has none. */
static struct yaml_node *parse_fallback(struct loading *loading, const struct config_key *key)
{
    static const struct yaml_origin origin = { .source = default_source };
    struct problem problem;
    struct yaml_node *node = NULL;
    if (key->fallback == NULL) {
        return NULL;
    }
    if (yaml_parse(loading->arena, default_source, key->fallback, strlen(key->fallback), &node,
                   &problem) < 0) {
        diagnose_problem(loading->diagnostics, &problem);
        return NULL;
    }
    tree_relabel(node, &origin);
    return node;
}

static void read_row(struct loading *loading, const struct config_key *key,
                     const struct yaml_node *node)
{
    struct reading reading = { .loading = loading, .key = key, .node = node, .path = key->path };
    value_read(&reading, (char *)loading->config + key->offset);
}

static void say_missing(struct loading *loading, const struct config_key *key)
{
    struct yaml_origin origin = loading_origin(loading, key->path);
    char expected[EXPECTATION_SIZE];
    key_expectation(key, expected);
    diagnose_error(loading->diagnostics, &origin, key->path, "missing; expected %s", expected);
}

/* A key that another connector has: its field keeps the default, and it is not shown. */
static void skip_row(struct loading *loading, const struct config_key *key,
                     const struct yaml_node *given)
{
    if (given != NULL) {
        struct yaml_origin origin = loading_origin(loading, key->path);
        diagnose_warning(loading->diagnostics, &origin, key->path,
                         "is not a key of the connector that is chosen; ignored");
    }
    const struct yaml_node *fallback = parse_fallback(loading, key);
    if (fallback != NULL) {
        read_row(loading, key, fallback);
    }
}

static void fill_row(struct loading *loading, const struct config_key *key,
                     const struct yaml_node **ret_value)
{
    const struct yaml_node *given = loading_find(loading, key->path);
    if (!loading_applies(loading, key)) {
        skip_row(loading, key, given);
        return;
    }
    const struct yaml_node *node = given != NULL ? given : parse_fallback(loading, key);
    *ret_value = node;
    if (node != NULL) {
        read_row(loading, key, node);
    } else if (key->is_required) {
        say_missing(loading, key);
    }
}

/* The connectors' rows stand before the rows that depend on them. */
void fill(struct loading *loading)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    loading->config->source.since_ms = -1;
    loading->config->source.until_ms = -1;
    for (size_t i = 0; i < n_keys; i++) {
        bool is_read = keys[i].type != TYPE_MOVED && keys[i].type != TYPE_IGNORED;
        if (is_read && strchr(keys[i].path, '[') == NULL) {
            fill_row(loading, &keys[i], &loading->values[i]);
        }
    }
}

void loading_give(struct loading *loading, const char *path, const struct yaml_node *value)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    const struct config_key *key = config_key_find(path);
    require(key != NULL);
    loading->values[key - keys] = value;
    read_row(loading, key, value);
}

void loading_give_text(struct loading *loading, const char *path, const char *source,
                       const char *text)
{
    struct yaml_origin origin = { .source = source };
    struct yaml_node *value = yaml_scalar_new(loading->arena, text, strlen(text), false, &origin);
    if (value == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    loading_give(loading, path, value);
}
