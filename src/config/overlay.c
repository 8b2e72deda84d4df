/* SPDX-License-Identifier: Apache-2.0 */
/* Files, then the environment, then --set, laid over each other. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/loading.h"
#include "config/merge.h"
#include "config/sections.h"
#include "config/substitute.h"
#include "yaml/parse.h"
#include "yaml/scalar.h"
#include "yaml/text.h"

static const char environment_prefix[] = "WEIR_";
enum { FILE_LIMIT = 1024 * 1024 };

static void merge_file(struct loading *loading, const char *path)
{
    struct problem problem = { 0 };
    struct yaml_node *tree = NULL;
    int r = yaml_parse_file(loading->arena, path, FILE_LIMIT, &tree, &problem);
    if (r < 0) {
        diagnose_problem(loading->diagnostics, &problem);
        return;
    }
    if (yaml_is_null(tree)) {
        return;
    }
    if (tree->kind != YAML_MAP) {
        diagnose_error(loading->diagnostics, &tree->origin, NULL,
                       "expected a map of sections such as stream_manager");
        return;
    }
    if (tree_merge(loading->arena, loading->root, tree) < 0) {
        loading->diagnostics->is_out_of_memory = true;
    }
}

/* A Python logging document is full of what looks like references, and is not for us. */
static void substitute_sections(struct loading *loading)
{
    for (size_t i = 0; i < loading->root->n_items; i++) {
        const struct yaml_entry *entry = &loading->root->entries[i];
        if (section_kind(loading->root, entry->key) != SECTION_LOGGING) {
            substitute(loading->arena, entry->value, loading->options->environ, entry->key,
                       loading->diagnostics);
        }
    }
}

/* Whether NAME of "NAME=value" is path: upper case, two underscores for a dot. */
static bool is_variable_of(const char *name, size_t name_len, const char *path, size_t path_len)
{
    size_t n = 0;
    for (size_t i = 0; i < path_len; i++) {
        size_t width = path[i] == '.' ? 2 : 1;
        if (name_len - n < width) {
            return false;
        }
        bool is_equal = width == 2 ? memcmp(name + n, "__", 2) == 0
                                   : name[n] == toupper((unsigned char)path[i]);
        if (!is_equal) {
            return false;
        }
        n += width;
    }
    return n == name_len;
}

/* The key or section of ours that a variable names: *ret_len bytes of a row's path, or NULL. */
static const char *find_variable(const char *name, size_t name_len, size_t *ret_len)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        const char *path = keys[i].path;
        if (strpbrk(path, "[*") != NULL) {
            continue;
        }
        for (size_t len = strcspn(path, ".");; len += 1 + strcspn(path + len + 1, ".")) {
            if (is_variable_of(name, name_len, path, len)) {
                *ret_len = len;
                return path;
            }
            if (path[len] == '\0') {
                break;
            }
        }
    }
    return NULL;
}

/*
 * A key of an application's section that is in the files: its names in lower case. What lies below
 * sections of ours is found by the table, or is a mistake.
 */
static bool cut_application_path(struct loading *loading, const char *name, size_t name_len,
                                 struct config_path *ret_path)
{
    AUTO_BUFFER text = { 0 };
    for (size_t i = 0; i < name_len; i++) {
        bool is_dot = i + 1 < name_len && name[i] == '_' && name[i + 1] == '_';
        i += is_dot;
        if (buffer_append_byte(&text, is_dot ? '.' : (char)tolower((unsigned char)name[i])) < 0) {
            loading->diagnostics->is_out_of_memory = true;
            return false;
        }
    }
    size_t offset;
    return yaml_text_check(text.data, text.len, &offset) == TEXT_GOOD &&
           config_path_cut(loading->arena, text.data, text.len, ret_path) == 0 &&
           ret_path->n_levels > 1 && yaml_map_find(loading->root, ret_path->levels[0]) != NULL &&
           section_kind(loading->root, ret_path->levels[0]) == SECTION_APPLICATION;
}

/* Parses a value that came without a file. Returns NULL after an error was added. */
static struct yaml_node *parse_value(struct loading *loading, const char *source, const char *text)
{
    struct problem problem = { 0 };
    struct yaml_node *value = NULL;
    if (strcmp(text, "-") == 0) {
        /* YAML's mark of a list item, and everybody's word for standard input. */
        struct yaml_origin origin = { .source = source };
        value = yaml_scalar_new(loading->arena, "-", 1, false, &origin);
        loading->diagnostics->is_out_of_memory |= value == NULL;
        return value;
    }
    if (yaml_parse(loading->arena, source, text, strlen(text), &value, &problem) < 0) {
        diagnose_problem(loading->diagnostics, &problem);
        return NULL;
    }
    /* No text is an empty map as a file, but no value here. */
    if (value->kind == YAML_MAP && text[strspn(text, " \t\r\n")] == '\0') {
        value = yaml_scalar_new(loading->arena, "null", 4, true, &value->origin);
        loading->diagnostics->is_out_of_memory |= value == NULL;
    }
    return value;
}

static void put_value(struct loading *loading, const struct config_path *path, const char *source,
                      struct yaml_node *value)
{
    struct yaml_origin origin = { .source = arena_copy(loading->arena, source, strlen(source)) };
    if (origin.source == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    tree_relabel(value, &origin);
    if (tree_merge_at(loading->arena, loading->root, path, value) < 0) {
        loading->diagnostics->is_out_of_memory = true;
    }
}

/* The key that a variable "WEIR_...=value" sets; false where it names none. */
static bool find_path(struct loading *loading, const char *line, struct config_path *ret_path)
{
    const char *name = line + sizeof(environment_prefix) - 1;
    size_t name_len = strcspn(name, "=");
    size_t path_len;
    const char *key = find_variable(name, name_len, &path_len);
    return key != NULL ? config_path_cut(loading->arena, key, path_len, ret_path) == 0
                       : cut_application_path(loading, name, name_len, ret_path);
}

/* A variable that is empty is as if not set. */
static bool is_ours(const char *line)
{
    const char *equals = strchr(line, '=');
    return strncmp(line, environment_prefix, sizeof(environment_prefix) - 1) == 0 &&
           equals != NULL && equals[1] != '\0';
}

/* Whether a value refers to ${NAME}; line is "NAME=value". */
static bool refers_to(const char *text, size_t len, const char *line)
{
    size_t name_len = strcspn(line, "=");
    const char *end = text + len;
    const char *found = text;
    while ((found = memmem(found, (size_t)(end - found), "${", 2)) != NULL) {
        found += 2;
        if ((size_t)(end - found) > name_len && memcmp(found, line, name_len) == 0 &&
            (found[name_len] == '}' || found[name_len] == ':')) {
            return true;
        }
    }
    return false;
}

static bool tree_refers_to(const struct yaml_node *node, const char *line)
{
    bool refers = node->kind == YAML_SCALAR && refers_to(node->text, node->len, line);
    for (size_t i = 0; i < node->n_items && !refers; i++) {
        bool is_map = node->kind == YAML_MAP;
        refers = tree_refers_to(is_map ? node->entries[i].value : node->items[i], line);
    }
    return refers;
}

static bool is_referred_to(const struct loading *loading, const char *line)
{
    const struct config_load_options *options = loading->options;
    bool refers = tree_refers_to(loading->root, line);
    for (size_t i = 0; i < options->n_sets && !refers; i++) {
        refers = refers_to(options->sets[i], strlen(options->sets[i]), line);
    }
    return refers;
}

/* Before references are replaced: afterwards nobody knows which there were. */
static void warn_of_variables(struct loading *loading)
{
    char *const *line = loading->options->environ;
    for (; line != NULL && *line != NULL; line++) {
        struct config_path path;
        if (!is_ours(*line) || find_path(loading, *line, &path) || is_referred_to(loading, *line)) {
            continue;
        }
        char name[256];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(*line, "="), *line);
        struct yaml_origin origin = { .source = name };
        diagnose_warning(loading->diagnostics, &origin, NULL, "names no key; ignored");
    }
}

static void merge_variable(struct loading *loading, const char *line)
{
    char name[256];
    struct config_path path;
    size_t len = strcspn(line, "=");
    if (len >= sizeof(name) || !find_path(loading, line, &path)) {
        return;
    }
    memcpy(name, line, len);
    name[len] = '\0';
    struct yaml_node *value = parse_value(loading, name, line + len + 1);
    if (value != NULL) {
        put_value(loading, &path, name, value);
    }
}

static void merge_environment(struct loading *loading)
{
    char *const *line = loading->options->environ;
    for (; line != NULL && *line != NULL; line++) {
        if (is_ours(*line)) {
            merge_variable(loading, *line);
        }
    }
}

/* set is "key.path=value". Returns 0, or -errno with problem filled when it is not of that form. */
static int merge_set(struct loading *loading, const char *set, struct problem *problem)
{
    const char *equals = strchr(set, '=');
    if (equals == NULL) {
        return problem_set(problem, EINVAL, EXIT_USAGE, "--set %s: expected key.path=value", set);
    }
    struct config_path path;
    int len = (int)strnlen(set, (size_t)(equals - set) < 200 ? (size_t)(equals - set) : 200);
    int r = config_path_cut(loading->arena, set, (size_t)(equals - set), &path);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_USAGE,
                           "--set %.*s: expected key.path=value, with at most %d names", len, set,
                           PATH_MAX_LEVELS);
    }
    char source[256];
    snprintf(source, sizeof(source), "--set %.*s", len, set);
    struct yaml_node *value = parse_value(loading, source, equals + 1);
    if (value == NULL) {
        return 0;
    }
    struct yaml_origin origin = { .source = source };
    tree_relabel(value, &origin);
    substitute(loading->arena, value, loading->options->environ, "", loading->diagnostics);
    put_value(loading, &path, "--set", value);
    return 0;
}

/* Names of keys reach messages and the output: the command line must be text, too. */
static int check_sets(const struct config_load_options *options, struct problem *problem)
{
    for (size_t i = 0; i < options->n_sets; i++) {
        size_t offset;
        enum yaml_text_fault fault =
            yaml_text_check(options->sets[i], strlen(options->sets[i]), &offset);
        if (fault != TEXT_GOOD) {
            return problem_set(problem, EINVAL, EXIT_USAGE, "--set: byte %zu is %s", offset + 1,
                               yaml_text_fault_name(fault));
        }
    }
    return 0;
}

int overlay(struct loading *loading, struct problem *problem)
{
    const struct config_load_options *options = loading->options;
    int r = check_sets(options, problem);
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; i < options->n_files; i++) {
        merge_file(loading, options->files[i]);
    }
    warn_of_variables(loading);
    substitute_sections(loading);
    merge_environment(loading);
    for (size_t i = 0; i < options->n_sets; i++) {
        r = merge_set(loading, options->sets[i], problem);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}
