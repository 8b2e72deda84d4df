/* SPDX-License-Identifier: Apache-2.0 */
#include "config/substitute.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/secret.h"
#include "yaml/text.h"

/* One scalar's substitution. */
struct substitution {
    char *const *environment;
    const struct yaml_origin *origin;
    const char *path;
    struct diagnostics *diagnostics;
    struct buffer result;
    bool is_secret;
};

/* A reference "${NAME}" or "${NAME:-default}", cut apart. */
struct reference {
    const char *name;
    size_t name_len;
    /* NULL: none. */
    const char *fallback;
    size_t fallback_len;
    /* Behind the closing brace. */
    const char *end;
};

const char *environment_get(char *const *environment, const char *name, size_t len)
{
    for (char *const *line = environment; line != NULL && *line != NULL; line++) {
        if (strncmp(*line, name, len) == 0 && (*line)[len] == '=') {
            return *line + len + 1;
        }
    }
    return NULL;
}

/* text is behind "${". Returns false where it is not a reference. */
static bool cut_reference(const char *text, const char *end, struct reference *ret_reference)
{
    const char *close = memchr(text, '}', (size_t)(end - text));
    if (close == NULL) {
        return false;
    }
    struct reference reference = { .name = text, .end = close + 1 };
    const char *p = text;
    while (p < close && (isalnum((unsigned char)*p) || *p == '_')) {
        p++;
    }
    reference.name_len = (size_t)(p - text);
    if (reference.name_len == 0 || isdigit((unsigned char)*text)) {
        return false;
    }
    if (p < close) {
        if (close - p < 2 || p[0] != ':' || p[1] != '-') {
            return false;
        }
        reference.fallback = p + 2;
        reference.fallback_len = (size_t)(close - reference.fallback);
    }
    *ret_reference = reference;
    return true;
}

static int put_reference(struct substitution *substitution, const struct reference *reference)
{
    const char *value =
        environment_get(substitution->environment, reference->name, reference->name_len);
    if (reference->fallback != NULL && (value == NULL || *value == '\0')) {
        return buffer_append(&substitution->result, reference->fallback, reference->fallback_len);
    }
    int name_len = reference->name_len < 100 ? (int)reference->name_len : 100;
    if (value == NULL) {
        diagnose_error(substitution->diagnostics, substitution->origin, substitution->path,
                       "the environment has no %.*s (write ${%.*s:-default} for a default)",
                       name_len, reference->name, name_len, reference->name);
        return 0;
    }
    size_t len = strlen(value);
    size_t offset;
    enum yaml_text_fault fault = yaml_text_check(value, len, &offset);
    if (fault != TEXT_GOOD) {
        diagnose_error(substitution->diagnostics, substitution->origin, substitution->path,
                       "the environment's %.*s is unusable: byte %zu is %s", name_len,
                       reference->name, offset + 1, yaml_text_fault_name(fault));
        return 0;
    }
    if (is_secret_name(reference->name, reference->name_len)) {
        substitution->is_secret = true;
    }
    return buffer_append(&substitution->result, value, len);
}

/* Takes one step through text; returns where the next begins, or NULL without memory. */
static const char *step(struct substitution *substitution, const char *text, const char *end)
{
    const char *dollar = memchr(text, '$', (size_t)(end - text));
    if (dollar == NULL) {
        dollar = end;
    }
    if (dollar > text) {
        int r = buffer_append(&substitution->result, text, (size_t)(dollar - text));
        return r < 0 ? NULL : dollar;
    }
    size_t left = (size_t)(end - text);
    if (left >= 3 && memcmp(text, "$${", 3) == 0) {
        return buffer_append(&substitution->result, "${", 2) < 0 ? NULL : text + 3;
    }
    if (left < 2 || text[1] != '{') {
        return buffer_append_byte(&substitution->result, '$') < 0 ? NULL : text + 1;
    }
    struct reference reference;
    if (!cut_reference(text + 2, end, &reference)) {
        diagnose_error(substitution->diagnostics, substitution->origin, substitution->path,
                       "expected ${NAME} or ${NAME:-default}; write $${ for a plain ${");
        return end;
    }
    return put_reference(substitution, &reference) < 0 ? NULL : reference.end;
}

static int substitute_scalar(struct arena *arena, struct yaml_node *scalar,
                             char *const *environment, const char *path,
                             struct diagnostics *diagnostics)
{
    if (memmem(scalar->text, scalar->len, "${", 2) == NULL) {
        return 0;
    }
    struct substitution substitution = { .environment = environment,
                                         .origin = &scalar->origin,
                                         .path = path,
                                         .diagnostics = diagnostics };
    const char *end = scalar->text + scalar->len;
    const char *text = scalar->text;
    while (text != NULL && text < end) {
        text = step(&substitution, text, end);
    }
    char *result = NULL;
    if (text != NULL) {
        result = arena_copy(arena, substitution.result.data, substitution.result.len);
    }
    if (result != NULL) {
        scalar->text = result;
        scalar->len = substitution.result.len;
        scalar->is_substituted = true;
        scalar->is_secret = scalar->is_secret || substitution.is_secret;
    }
    buffer_deinit(&substitution.result);
    return result != NULL ? 0 : -ENOMEM;
}

static int substitute_below(struct arena *arena, struct yaml_node *node, char *const *environment,
                            struct buffer *path, struct diagnostics *diagnostics)
{
    if (node->kind == YAML_SCALAR) {
        const char *text = buffer_text(path);
        return text == NULL ? -ENOMEM
                            : substitute_scalar(arena, node, environment, text, diagnostics);
    }
    size_t path_len = path->len;
    int r = 0;
    for (size_t i = 0; i < node->n_items && r == 0; i++) {
        const char *dot = path_len > 0 ? "." : "";
        bool is_map = node->kind == YAML_MAP;
        r = is_map ? buffer_printf(path, "%s%s", dot, node->entries[i].key)
                   : buffer_printf(path, "[%zu]", i);
        if (r == 0) {
            r = substitute_below(arena, is_map ? node->entries[i].value : node->items[i],
                                 environment, path, diagnostics);
        }
        path->len = path_len;
    }
    return r;
}

void substitute(struct arena *arena, struct yaml_node *node, char *const *environment,
                const char *path, struct diagnostics *diagnostics)
{
    AUTO_BUFFER buffer = { 0 };
    if (buffer_append_text(&buffer, path) < 0 ||
        substitute_below(arena, node, environment, &buffer, diagnostics) < 0) {
        diagnostics->is_out_of_memory = true;
    }
}
