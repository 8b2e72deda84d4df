/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of steps. Each item is a map of one key, the step's name, over a map of its keys, which
 * have rows of the table below "stream_manager.steps[].".
 */
#include <errno.h>
#include <string.h>

#include "config/nearest.h"
#include "config/read.h"
#include "yaml/scalar.h"

static const char section[] = "stream_manager.steps[]";

struct step_kind_row {
    const char *name;
    enum config_step_kind kind;
};

static const struct step_kind_row kinds[] = {
    { "set", STEP_SET },       { "remove", STEP_REMOVE }, { "copy", STEP_COPY },
    { "filter", STEP_FILTER }, { "http", STEP_HTTP },     { "page_content", STEP_PAGE_CONTENT },
};

static const struct step_kind_row *find_kind(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* Says of an item, or of a key of a step, that its name is not known; section is where it would be. */
static int unknown_name(const struct reading *step, const struct yaml_entry *entry,
                        const char *names_of, const char *what)
{
    size_t len;
    const char *near = nearest_child(names_of, entry->key, false, &len);
    if (near != NULL) {
        diagnose_error(step->loading->diagnostics, &entry->origin, step->path,
                       "unknown %s \"%.64s\"; did you mean \"%.*s\"?", what, entry->key, (int)len,
                       near);
    } else {
        diagnose_error(step->loading->diagnostics, &entry->origin, step->path,
                       "unknown %s \"%.64s\"", what, entry->key);
    }
    return -EINVAL;
}

static int check_keys(const struct reading *step, const char *step_section,
                      const struct yaml_node *keys)
{
    int result = 0;
    for (size_t i = 0; i < keys->n_items; i++) {
        char path[128];
        int n = snprintf(path, sizeof(path), "%s.%s", step_section, keys->entries[i].key);
        bool is_known = n > 0 && (size_t)n < sizeof(path) && config_key_find(path) != NULL;
        if (!is_known) {
            result = unknown_name(step, &keys->entries[i], step_section, "key");
        }
    }
    return result;
}

static int read_key(const struct reading *step, const struct config_key *key,
                    const struct yaml_node *keys, struct config_step *config)
{
    const char *leaf = config_path_leaf(key->path);
    char path[VALUE_PATH_SIZE];
    snprintf(path, sizeof(path), "%s.%s", step->path, leaf);
    const struct yaml_node *value = yaml_map_find(keys, leaf);
    /* `value: null` sets a null; every other null is as good as absent. */
    bool is_missing = value == NULL || (key->type != TYPE_JSON && yaml_is_null(value));
    if (is_missing && !key->is_required) {
        return 0;
    }
    if (is_missing) {
        diagnose_error(step->loading->diagnostics, &keys->origin, path, "missing; expected %s",
                       type_expectation(key->type));
        return -EINVAL;
    }
    struct reading reading = { .loading = step->loading, .key = key, .node = value, .path = path };
    value_read(&reading, (char *)config + key->offset);
    return 0;
}

/* step->path is "stream_manager.steps[0].set", keys the map behind it. */
static int read_keys(const struct reading *step, const char *name, const struct yaml_node *keys,
                     struct config_step *config)
{
    char step_section[128];
    snprintf(step_section, sizeof(step_section), "%s.%s", section, name);
    int result = check_keys(step, step_section, keys);
    size_t n_rows;
    const struct config_key *rows = config_keys(&n_rows);
    size_t section_len = strlen(step_section);
    for (size_t i = 0; i < n_rows; i++) {
        bool is_of_step = strncmp(rows[i].path, step_section, section_len) == 0 &&
                          rows[i].path[section_len] == '.';
        int r = is_of_step ? read_key(step, &rows[i], keys, config) : 0;
        if (r == -ENOMEM) {
            return r;
        }
        result = r < 0 ? r : result;
    }
    return result;
}

static bool is_list_of_scalars(const struct yaml_node *node)
{
    bool is_right = node->kind == YAML_LIST && node->n_items > 0;
    for (size_t i = 0; is_right && i < node->n_items; i++) {
        is_right = node->items[i]->kind == YAML_SCALAR;
    }
    return is_right;
}

/* What a filter compares with; step->path is "stream_manager.steps[0].filter". */
static int check_filter(const struct reading *step, const struct yaml_node *keys)
{
    const struct yaml_node *value = yaml_map_find(keys, "value");
    if (value == NULL || value->kind == YAML_SCALAR || is_list_of_scalars(value)) {
        return 0;
    }
    char path[VALUE_PATH_SIZE];
    snprintf(path, sizeof(path), "%s.value", step->path);
    struct reading reading = *step;
    reading.node = value;
    reading.path = path;
    return value_complain(&reading, "a string, number, boolean or null, or a list of them");
}

/* Returns 0 or -ENOMEM. */
static int note_place(const struct reading *step, struct config_step *config)
{
    const struct yaml_origin *origin = &step->node->origin;
    AUTO_BUFFER text = { 0 };
    int r = buffer_append_text(&text, origin->source);
    if (r == 0 && origin->line > 0) {
        r = buffer_printf(&text, ":%u:%u", (unsigned)origin->line, (unsigned)origin->column);
    }
    if (r == 0) {
        r = buffer_printf(&text, ": %s", step->path);
    }
    config->place = r < 0 ? NULL : arena_copy(step->loading->arena, text.data, text.len);
    return config->place == NULL ? -ENOMEM : 0;
}

static int read_step(const struct reading *list, size_t i, struct config_step *config)
{
    const struct yaml_node *item = list->node->items[i];
    char path[VALUE_PATH_SIZE];
    int len = snprintf(path, sizeof(path), "%s[%zu]", list->path, i);
    struct reading step = *list;
    step.node = item;
    step.path = path;
    int r = note_place(&step, config);
    if (r < 0) {
        return r;
    }
    if (item->kind != YAML_MAP || item->n_items != 1) {
        return value_complain(&step, "one step, such as set: { path: ..., value: ... }");
    }
    const struct yaml_entry *entry = &item->entries[0];
    const struct step_kind_row *kind = find_kind(entry->key);
    if (kind == NULL) {
        return unknown_name(&step, entry, section, "step");
    }
    snprintf(path + len, sizeof(path) - (size_t)len, ".%s", kind->name);
    step.node = entry->value;
    if (entry->value->kind != YAML_MAP) {
        return value_complain(&step, "a map of keys");
    }
    config->kind = kind->kind;
    r = read_keys(&step, kind->name, entry->value, config);
    return r == 0 && kind->kind == STEP_FILTER ? check_filter(&step, entry->value) : r;
}

int steps_read(const struct reading *reading, const struct config_step **ret_steps)
{
    const struct yaml_node *list = reading->node;
    if (list->kind != YAML_LIST) {
        return value_complain(reading, type_expectation(TYPE_STEPS));
    }
    struct config_step *steps =
        arena_alloc(reading->loading->arena, list->n_items * sizeof(*steps));
    if (steps == NULL) {
        return -ENOMEM;
    }
    int result = 0;
    for (size_t i = 0; i < list->n_items; i++) {
        steps[i] = (struct config_step){ .kind = STEP_SET };
        int r = read_step(reading, i, &steps[i]);
        if (r == -ENOMEM) {
            return r;
        }
        result = r < 0 ? r : result;
    }
    *ret_steps = steps;
    reading->loading->config->n_steps = list->n_items;
    return result;
}
