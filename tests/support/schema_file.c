/* SPDX-License-Identifier: Apache-2.0 */
#include "schema_file.h"

#include <string.h>

#include "base/arena.h"
#include "base/filesystem.h"
#include "yaml/parse.h"
#include "yaml/scalar.h"
#include "json/text.h"

static void put_scalar(struct buffer *out, const struct yaml_node *node)
{
    switch (yaml_scalar_type(node)) {
    case YAML_NULL:
        require(buffer_append_text(out, "null") == 0);
        break;
    case YAML_BOOL:
        require(buffer_append_text(out, yaml_scalar_bool(node) ? "true" : "false") == 0);
        break;
    case YAML_INTEGER:
    case YAML_FLOAT:
        /* The schemas at hand write numbers as JSON does. */
        require(buffer_append(out, node->text, node->len) == 0);
        break;
    default:
        require(json_quote(out, node->text, node->len) == 0);
    }
}

static void put_node(struct buffer *out, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        put_scalar(out, node);
        return;
    }
    bool is_map = node->kind == YAML_MAP;
    require(buffer_append_text(out, is_map ? "{" : "[") == 0);
    for (size_t i = 0; i < node->n_items; i++) {
        require(buffer_append_text(out, i > 0 ? "," : "") == 0);
        if (is_map) {
            require(json_quote(out, node->entries[i].key, node->entries[i].key_len) == 0);
            require(buffer_append_text(out, ":") == 0);
        }
        put_node(out, is_map ? node->entries[i].value : node->items[i]);
    }
    require(buffer_append_text(out, is_map ? "}" : "]") == 0);
}

static int read_yaml(const char *path, struct buffer *ret_json, struct problem *problem)
{
    struct arena arena = { .used = 0 };
    struct yaml_node *root = NULL;
    int r = yaml_parse_file(&arena, path, YAML_MAX_TEXT, &root, problem);
    if (r == 0) {
        put_node(ret_json, root);
    }
    arena_deinit(&arena);
    return r;
}

int schema_file_read(const char *path, struct buffer *ret_json, struct problem *problem)
{
    size_t path_len = strlen(path);
    if (path_len < 5 || strcmp(path + path_len - 5, ".json") != 0) {
        return read_yaml(path, ret_json, problem);
    }
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    int r = file_read_all(path, 1 << 24, &text, &len);
    return r < 0 ? problem_set(problem, -r, EXIT_CONFIG, "cannot read %s", path)
                 : buffer_append(ret_json, text, len);
}
