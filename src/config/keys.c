/* SPDX-License-Identifier: Apache-2.0 */
#include "config/keys.h"

#include <string.h>

#include "config/keys_table.h"

const struct config_key *config_keys(size_t *ret_n_keys)
{
    *ret_n_keys = config_n_key_rows;
    return config_key_rows;
}

static bool matches(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (pattern[len - 1] != '*') {
        return strcmp(pattern, path) == 0;
    }
    /* A `*` covers the rest of a name, not the levels below. */
    return strncmp(pattern, path, len - 1) == 0 && strchr(path + len - 1, '.') == NULL;
}

const struct config_key *config_key_find(const char *path)
{
    for (size_t i = 0; i < config_n_key_rows; i++) {
        if (matches(config_key_rows[i].path, path)) {
            return &config_key_rows[i];
        }
    }
    return NULL;
}

/* What stands behind "section." in a path, or NULL where the path is not below it. */
static const char *below(const char *path, const char *section)
{
    size_t len = strlen(section);
    if (len == 0) {
        return path;
    }
    return strncmp(path, section, len) == 0 && path[len] == '.' ? path + len + 1 : NULL;
}

bool config_key_is_section(const char *path)
{
    for (size_t i = 0; i < config_n_key_rows; i++) {
        if (below(config_key_rows[i].path, path) != NULL) {
            return true;
        }
    }
    return false;
}

const char *config_key_next_child(const char *section, size_t *position, size_t *ret_len)
{
    while (*position < config_n_key_rows) {
        const char *name = below(config_key_rows[(*position)++].path, section);
        if (name == NULL) {
            continue;
        }
        *ret_len = strcspn(name, ".[");
        if (name[*ret_len] != '[' && memchr(name, '*', *ret_len) == NULL) {
            return name;
        }
    }
    return NULL;
}

const char *config_path_leaf(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

const struct config_key *config_key_find_leaf(const char *name)
{
    const struct config_key *found = NULL;
    for (size_t i = 0; i < config_n_key_rows; i++) {
        if (strcmp(config_path_leaf(config_key_rows[i].path), name) != 0) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = &config_key_rows[i];
    }
    return found;
}
