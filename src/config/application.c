/* SPDX-License-Identifier: Apache-2.0 */
/* The merged files as an application reads them. Units and types are those of our own keys. */
#include "weir/config.h"

#include <errno.h>
#include <string.h>

#include "config/loading.h"
#include "config/units.h"
#include "event/pointer.h"
#include "yaml/scalar.h"

/* One step of a pointer. Returns 0, -ENOENT or -ENOTDIR. */
static int descend(const struct yaml_node **node, const struct json_step *step)
{
    const struct yaml_node *from = *node;
    if (from->kind == YAML_LIST) {
        bool is_item = step->index != JSON_NO_INDEX && step->index < from->n_items;
        *node = is_item ? from->items[step->index] : NULL;
        return is_item ? 0 : -ENOENT;
    }
    /* A section that is there with nothing in it is as good as absent. */
    if (from->kind == YAML_SCALAR) {
        return yaml_is_null(from) ? -ENOENT : -ENOTDIR;
    }
    const struct yaml_entry *entry = yaml_map_entry(from, step->name, step->name_len);
    *node = entry != NULL ? entry->value : NULL;
    return entry != NULL ? 0 : -ENOENT;
}

static int find(const struct weir_config *config, const char *text,
                const struct yaml_node **ret_node)
{
    struct arena arena = { 0 };
    struct pointer pointer;
    const struct yaml_node *node = config->root;
    int r = pointer_parse(&pointer, &arena, text, strlen(text));
    for (uint32_t i = 0; r == 0 && i < pointer.n_steps; i++) {
        r = descend(&node, &pointer.steps[i]);
    }
    arena_deinit(&arena);
    if (r == 0 && yaml_is_null(node)) {
        r = -ENOENT;
    }
    if (r == 0) {
        *ret_node = node;
    }
    return r;
}

/* The same for a value that is neither map nor list, nor holds a NUL. */
static int find_scalar(const struct weir_config *config, const char *pointer,
                       const struct yaml_node **ret_scalar)
{
    const struct yaml_node *node;
    int r = find(config, pointer, &node);
    if (r < 0) {
        return r;
    }
    if (node->kind != YAML_SCALAR || strlen(node->text) != node->len) {
        return -EPROTOTYPE;
    }
    *ret_scalar = node;
    return 0;
}

int weir_config_string(const struct weir_config *config, const char *pointer,
                       const char **ret_value)
{
    const struct yaml_node *scalar;
    int r = find_scalar(config, pointer, &scalar);
    if (r == 0) {
        *ret_value = scalar->text;
    }
    return r;
}

int weir_config_int64(const struct weir_config *config, const char *pointer, int64_t *ret_value)
{
    const struct yaml_node *scalar;
    int r = find_scalar(config, pointer, &scalar);
    if (r < 0) {
        return r;
    }
    return yaml_scalar_type(scalar) == YAML_INTEGER ? yaml_scalar_int64(scalar, ret_value)
                                                    : -EPROTOTYPE;
}

int weir_config_double(const struct weir_config *config, const char *pointer, double *ret_value)
{
    const struct yaml_node *scalar;
    int r = find_scalar(config, pointer, &scalar);
    if (r < 0) {
        return r;
    }
    enum yaml_type type = yaml_scalar_type(scalar);
    if (type != YAML_INTEGER && type != YAML_FLOAT) {
        return -EPROTOTYPE;
    }
    *ret_value = yaml_scalar_double(scalar);
    return 0;
}

int weir_config_bool(const struct weir_config *config, const char *pointer, bool *ret_value)
{
    const struct yaml_node *scalar;
    int r = find_scalar(config, pointer, &scalar);
    if (r < 0) {
        return r;
    }
    if (yaml_scalar_type(scalar) != YAML_BOOL) {
        return -EPROTOTYPE;
    }
    *ret_value = yaml_scalar_bool(scalar);
    return 0;
}

/* By one of the parsers of config/units.h. */
static int get_unit(const struct weir_config *config, const char *pointer,
                    int (*parse)(const char *, int64_t *), int64_t *ret_value)
{
    const struct yaml_node *scalar;
    int r = find_scalar(config, pointer, &scalar);
    if (r < 0) {
        return r;
    }
    r = parse(scalar->text, ret_value);
    return r == -EINVAL ? -EPROTOTYPE : r;
}

int weir_config_duration(const struct weir_config *config, const char *pointer, int64_t *ret_ms)
{
    return get_unit(config, pointer, duration_parse, ret_ms);
}

int weir_config_bytes(const struct weir_config *config, const char *pointer, int64_t *ret_bytes)
{
    return get_unit(config, pointer, bytes_parse, ret_bytes);
}

int weir_config_count(const struct weir_config *config, const char *pointer, size_t *ret_count)
{
    const struct yaml_node *node;
    int r = find(config, pointer, &node);
    if (r < 0) {
        return r;
    }
    if (node->kind == YAML_SCALAR) {
        return -EPROTOTYPE;
    }
    *ret_count = node->n_items;
    return 0;
}

int weir_config_key(const struct weir_config *config, const char *pointer, size_t index,
                    const char **ret_name)
{
    const struct yaml_node *node;
    int r = find(config, pointer, &node);
    if (r < 0) {
        return r;
    }
    if (node->kind != YAML_MAP) {
        return -EPROTOTYPE;
    }
    if (index >= node->n_items) {
        return -ENOENT;
    }
    *ret_name = node->entries[index].key;
    return 0;
}

int weir_config_origin(const struct weir_config *config, const char *pointer, char *text,
                       size_t size)
{
    const struct yaml_node *node;
    int r = find(config, pointer, &node);
    if (r < 0) {
        return r;
    }
    const struct yaml_origin *origin = &node->origin;
    if (origin->line == 0) {
        snprintf(text, size, "%s", origin->source);
    } else {
        snprintf(text, size, "%s:%u:%u", origin->source, (unsigned)origin->line,
                 (unsigned)origin->column);
    }
    return 0;
}
