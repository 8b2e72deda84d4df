/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration in force as YAML: the rows of the table that apply, in its order, then the
 * sections of the application. What is printed is a copy in which secrets read `***` and a `${` of
 * the value is written `$${`, so that loading it finds the same.
 */
#include <errno.h>
#include <string.h>

#include "config/loading.h"
#include "config/secret.h"
#include "config/sections.h"
#include "yaml/render.h"
#include "yaml/scalar.h"
#include "yaml/text.h"

struct printing {
    /* Copies that are printed. */
    struct arena arena;
    struct buffer *buffer;
    /* The path of the row before: its sections need no heading. */
    const char *before;
};

/* Writes each `${` as `$${`, in place. */
static int escape_references(struct arena *arena, struct yaml_node *scalar)
{
    const char *text = scalar->text;
    const char *end = text + scalar->len;
    const char *found = memmem(text, scalar->len, "${", 2);
    if (found == NULL) {
        return 0;
    }
    AUTO_BUFFER escaped = { 0 };
    int r = 0;
    while (found != NULL && r == 0) {
        r = buffer_append(&escaped, text, (size_t)(found - text));
        if (r == 0) {
            r = buffer_append_text(&escaped, "$${");
        }
        text = found + 2;
        found = memmem(text, (size_t)(end - text), "${", 2);
    }
    if (r < 0 || buffer_append(&escaped, text, (size_t)(end - text)) < 0) {
        return -ENOMEM;
    }
    scalar->text = arena_copy(arena, escaped.data, escaped.len);
    scalar->len = escaped.len;
    return scalar->text != NULL ? 0 : -ENOMEM;
}

/* A key may be a URL (http.routes), and a URL may hold a password. */
static int redact_key(struct arena *arena, struct yaml_entry *entry)
{
    AUTO_BUFFER shown = { 0 };
    if (redact_text(entry->key, entry->key_len, &shown) < 0) {
        return -ENOMEM;
    }
    entry->key = arena_copy(arena, shown.data, shown.len);
    entry->key_len = shown.len;
    return entry->key != NULL ? 0 : -ENOMEM;
}

/* In place, on a copy. Depth is bounded by YAML_MAX_DEPTH. */
static int prepare_node(struct arena *arena, struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        return escape_references(arena, node);
    }
    int r = 0;
    for (size_t i = 0; i < node->n_items && r == 0; i++) {
        if (node->kind == YAML_LIST) {
            r = prepare_node(arena, node->items[i]);
            continue;
        }
        r = redact_key(arena, &node->entries[i]);
        if (r == 0) {
            r = prepare_node(arena, node->entries[i].value);
        }
    }
    return r;
}

static int indent(struct buffer *buffer, int depth)
{
    return buffer_printf(buffer, "%*s", 2 * depth, "");
}

/* A path may hold what a comment cannot: line breaks, and bytes that are no text. */
static int append_source(struct buffer *buffer, const char *source)
{
    size_t len = strlen(source);
    size_t offset;
    bool is_text = yaml_text_check(source, len, &offset) == TEXT_GOOD;
    for (const char *byte = source; *byte != '\0'; byte++) {
        bool is_plain = *byte >= 0x20 && *byte < 0x7F;
        if (!is_plain && is_text) {
            return yaml_render_string(source, len, buffer);
        }
        if (!is_plain) {
            return buffer_append_text(buffer, "?");
        }
    }
    return buffer_append_text(buffer, source);
}

/* Closes a line with where its value came from. */
static int end_line(struct buffer *buffer, const struct yaml_origin *origin)
{
    int r = buffer_append_text(buffer, "  # ");
    if (r == 0) {
        r = append_source(buffer, origin->source);
    }
    if (r == 0 && origin->line > 0) {
        r = buffer_printf(buffer, ":%u:%u", (unsigned)origin->line, (unsigned)origin->column);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static bool is_flat(const struct yaml_node *node)
{
    bool is_list = node->kind == YAML_LIST;
    for (size_t i = 0; is_list && i < node->n_items; i++) {
        if (node->items[i]->kind != YAML_SCALAR) {
            return false;
        }
    }
    return node->kind == YAML_SCALAR || is_list || node->n_items == 0;
}

static int print_item(struct printing *printing, int depth, const struct yaml_node *item)
{
    int r = indent(printing->buffer, depth);
    if (r == 0) {
        r = buffer_append_text(printing->buffer, "- ");
    }
    if (r == 0) {
        r = yaml_render_flow(item, printing->buffer);
    }
    return r < 0 ? r : end_line(printing->buffer, &item->origin);
}

/* The key and its colon; a long key takes a line of its own. */
static int print_key(struct printing *printing, int depth, const struct yaml_entry *entry)
{
    struct buffer *buffer = printing->buffer;
    bool is_long = entry->key_len > YAML_LONG_KEY;
    int r = indent(buffer, depth);
    if (r == 0 && is_long) {
        r = buffer_append_text(buffer, "? ");
    }
    if (r == 0) {
        r = yaml_render_key(entry->key, entry->key_len, buffer);
    }
    if (r == 0 && is_long) {
        r = buffer_append_byte(buffer, '\n');
        r = r < 0 ? r : indent(buffer, depth);
    }
    return r < 0 ? r : buffer_append_byte(buffer, ':');
}

/* Depth is bounded by YAML_MAX_DEPTH. */
static int print_entry(struct printing *printing, int depth, const struct yaml_entry *entry)
{
    struct buffer *buffer = printing->buffer;
    const struct yaml_node *value = entry->value;
    int r = print_key(printing, depth, entry);
    if (r == 0 && is_flat(value)) {
        r = buffer_append_byte(buffer, ' ');
        r = r < 0 ? r : yaml_render_flow(value, buffer);
        return r < 0 ? r : end_line(buffer, &value->origin);
    }
    if (r == 0) {
        r = buffer_append_byte(buffer, '\n');
    }
    for (size_t i = 0; i < value->n_items && r == 0; i++) {
        r = value->kind == YAML_MAP ? print_entry(printing, depth + 1, &value->entries[i])
                                    : print_item(printing, depth + 1, value->items[i]);
    }
    return r;
}

/* Prints the value of a key that has len bytes of name. */
static int print_value(struct printing *printing, int depth, const char *key, size_t len,
                       const struct yaml_node *value)
{
    char *name = arena_copy(&printing->arena, key, len);
    struct yaml_node *copy = name != NULL ? redact_copy(&printing->arena, name, value) : NULL;
    if (copy == NULL || prepare_node(&printing->arena, copy) < 0) {
        return -ENOMEM;
    }
    struct yaml_entry entry = { .key = name, .key_len = len, .value = copy };
    return print_entry(printing, depth, &entry);
}

/* Prints the headings of the path's sections that the row before had not. */
static int print_headings(struct printing *printing, const char *path, int *ret_depth)
{
    int depth = 0;
    int r = 0;
    const char *name = path;
    bool is_common = true;
    for (const char *dot = strchr(path, '.'); dot != NULL && r == 0; dot = strchr(name, '.')) {
        size_t len = (size_t)(dot - path) + 1;
        is_common = is_common && strncmp(path, printing->before, len) == 0;
        if (!is_common) {
            r = indent(printing->buffer, depth);
            r = r < 0 ? r : buffer_printf(printing->buffer, "%.*s:\n", (int)(dot - name), name);
        }
        depth++;
        name = dot + 1;
    }
    *ret_depth = depth;
    return r;
}

static int print_row(struct printing *printing, const struct config_key *key,
                     const struct yaml_node *value, bool is_comment)
{
    int depth;
    int r = print_headings(printing, key->path, &depth);
    printing->before = key->path;
    if (r == 0 && is_comment) {
        r = buffer_append_text(printing->buffer, "#");
    }
    const char *name = config_path_leaf(key->path);
    return r < 0 ? r : print_value(printing, depth, name, strlen(name), value);
}

static int print_rows(struct printing *printing, const struct config *config)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    int r = 0;
    for (size_t i = 0; i < n_keys && r == 0; i++) {
        const struct yaml_node *value = config->private->values[i];
        /* Setting the instance, be it to its default, changes the names of parts. */
        bool is_comment = keys[i].offset == offsetof(struct config, instance) &&
                          keys[i].type == TYPE_NAME && !config->is_instance_set;
        if (value != NULL) {
            r = print_row(printing, &keys[i], value, is_comment);
        }
    }
    return r;
}

static int print_application(struct printing *printing, const struct yaml_node *root)
{
    int r = 0;
    for (size_t i = 0; i < root->n_items && r == 0; i++) {
        const struct yaml_entry *entry = &root->entries[i];
        if (section_kind(root, entry->key) == SECTION_APPLICATION) {
            r = print_value(printing, 0, entry->key, entry->key_len, entry->value);
        }
    }
    return r;
}

int config_print(const struct config *config, struct buffer *buffer)
{
    struct printing printing = { .buffer = buffer, .before = "" };
    int r = print_rows(&printing, config);
    if (r == 0) {
        r = print_application(&printing, config->private->root);
    }
    arena_deinit(&printing.arena);
    return r;
}
