/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of the tree is one of the table's. */
#include <string.h>

#include "base/buffer.h"
#include "config/loading.h"
#include "config/nearest.h"
#include "config/sections.h"
#include "yaml/scalar.h"

static void unknown_key(struct loading *loading, const struct yaml_entry *entry, const char *path,
                        const char *section)
{
    /* Beyond what is shown errors are only counted: no need to look for names. */
    if (loading->diagnostics->n_errors >= DIAGNOSTICS_MAX) {
        diagnose_error(loading->diagnostics, &entry->origin, path, "unknown key");
        return;
    }
    size_t len;
    const char *near = nearest_child(section, entry->key, false, &len);
    if (near != NULL) {
        diagnose_error(loading->diagnostics, &entry->origin, path,
                       "unknown key; did you mean \"%.*s\"?", (int)len, near);
        return;
    }
    const struct config_key *elsewhere = config_key_find_leaf(entry->key);
    if (elsewhere != NULL) {
        diagnose_error(loading->diagnostics, &entry->origin, path,
                       "unknown key; did you mean \"%s\"?", elsewhere->path);
        return;
    }
    diagnose_error(loading->diagnostics, &entry->origin, path, "unknown key");
}

static void check_map(struct loading *loading, const struct yaml_node *map, struct buffer *path);

static void check_entry(struct loading *loading, const struct yaml_entry *entry,
                        const char *section, struct buffer *path)
{
    /* Of each name the text up to a NUL counts: no key of the table holds one. */
    const char *text = buffer_text(path);
    if (text == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    bool is_text = strlen(entry->key) == entry->key_len;
    const struct config_key *key = is_text ? config_key_find(text) : NULL;
    if (key != NULL) {
        if (key->type == TYPE_IGNORED && !yaml_is_null(entry->value)) {
            diagnose_warning(loading->diagnostics, &entry->origin, text,
                             "has no effect here; see %s", key->instead);
        }
        return;
    }
    if (!is_text || !config_key_is_section(text)) {
        unknown_key(loading, entry, text, section);
        return;
    }
    if (entry->value->kind == YAML_MAP) {
        check_map(loading, entry->value, path);
    } else if (!yaml_is_null(entry->value)) {
        diagnose_error(loading->diagnostics, &entry->value->origin, text, "expected a map of keys");
    }
}

/* Depth is bounded by the table's: only its sections are entered. */
static void check_map(struct loading *loading, const struct yaml_node *map, struct buffer *path)
{
    size_t path_len = path->len;
    AUTO_BUFFER section = { 0 };
    if (buffer_append(&section, path->data, path_len) < 0 || buffer_text(&section) == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        if (buffer_append_byte(path, '.') < 0 || buffer_append_text(path, entry->key) < 0) {
            loading->diagnostics->is_out_of_memory = true;
            return;
        }
        check_entry(loading, entry, section.data, path);
        path->len = path_len;
    }
}

static void check_section(struct loading *loading, const struct yaml_entry *entry)
{
    AUTO_BUFFER path = { 0 };
    if (buffer_append_text(&path, entry->key) < 0) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    check_entry(loading, entry, "", &path);
}

/* Appends a foreign section's name; a name that looks like ours mistyped is an error instead. */
static void check_foreign(struct loading *loading, const struct yaml_entry *entry,
                          struct buffer *names)
{
    size_t len;
    const char *near = nearest_child("", entry->key, true, &len);
    if (near != NULL) {
        diagnose_error(loading->diagnostics, &entry->origin, entry->key,
                       "unknown section; did you mean \"%.*s\"?", (int)len, near);
        return;
    }
    if (buffer_printf(names, "%s%.64s", names->len > 0 ? ", " : "", entry->key) < 0) {
        loading->diagnostics->is_out_of_memory = true;
    }
}

void check(struct loading *loading)
{
    AUTO_BUFFER foreign = { 0 };
    const struct yaml_origin *foreign_origin = NULL;
    const struct yaml_origin *logging_origin = NULL;
    for (size_t i = 0; i < loading->root->n_items; i++) {
        const struct yaml_entry *entry = &loading->root->entries[i];
        enum section_kind kind = section_kind(loading->root, entry->key);
        if (kind == SECTION_OURS) {
            check_section(loading, entry);
        } else if (kind == SECTION_APPLICATION) {
            check_foreign(loading, entry, &foreign);
            foreign_origin = foreign_origin != NULL ? foreign_origin : &entry->origin;
        } else if (logging_origin == NULL) {
            logging_origin = &entry->origin;
        }
    }
    if (logging_origin != NULL) {
        diagnose_warning(loading->diagnostics, logging_origin, NULL,
                         "a Python logging document has no effect here; see --log-format");
    }
    if (foreign.len > 0 && !loading->options->has_application_sections) {
        diagnose_warning(loading->diagnostics, foreign_origin, NULL,
                         "sections of an application have no effect here: %.*s",
                         foreign.len < 400 ? (int)foreign.len : 400, foreign.data);
    }
}
