/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of all keys. Checking, reading into struct config, --print-config and the manual all
 * go by it: a key that is not here does not exist.
 *
 * A path names each level, closed by a leaf: "stream_manager.source.connector". "steps[]" is each item
 * of a list; a trailing `*` in the last level stands for any rest of a name.
 */
#ifndef WEIR_CONFIG_KEYS_H
#define WEIR_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* How a value is read (config/read.c has the function and the words for each). */
enum config_type {
    /* const char * */
    TYPE_STRING,
    /* [A-Za-z0-9._-]{1,128}, no leading dot: it becomes a part of a path. */
    TYPE_NAME,
    /* A path; "file://" is taken off. */
    TYPE_PATH,
    /* http:// or https:// */
    TYPE_URL,
    /* An RFC 6901 JSON Pointer to something inside the event. */
    TYPE_POINTER,
    /* struct config_stream */
    TYPE_STREAM,
    /* bool */
    TYPE_BOOL,
    /* int64_t */
    TYPE_INTEGER,
    /* int64_t, or `auto`, which is 0. */
    TYPE_INTEGER_AUTO,
    /* int64_t */
    TYPE_BYTES,
    /* int64_t, milliseconds. */
    TYPE_DURATION,
    /* int64_t, milliseconds since 1970. */
    TYPE_TIME,
    /* An enum. */
    TYPE_WORD,
    /* struct config_list; one text is a list of one. */
    TYPE_STRINGS,
    /* Each as TYPE_URL or as TYPE_PATH. */
    TYPE_URIS,
    TYPE_POINTERS,
    /* struct config_integers */
    TYPE_INTEGERS,
    /* struct config_pairs */
    TYPE_PAIRS,
    /* const char * and, behind it, size_t: any value as JSON text. */
    TYPE_JSON,
    /* The list of steps; its items have rows of their own. */
    TYPE_STEPS,
    /* A key of theirs that is another of ours: instead holds its path. Never read itself. */
    TYPE_MOVED,
    /* A key of theirs without meaning here: instead names what to use. Never read. */
    TYPE_IGNORED,
};

/* Whose connector decides whether the key applies. */
enum config_section { SECTION_ANY, SECTION_SOURCE, SECTION_SINK, SECTION_ERROR_SINK };

/* A word of a TYPE_WORD; tables are closed by a NULL name. */
struct config_word {
    const char *name;
    unsigned value;
};

struct config_key {
    const char *path;
    enum config_type type;
    /* Of the field in struct config (of a key below steps[]: in struct config_step). */
    size_t offset;
    /* YAML; NULL = not set (what that means is in text, or it is required). */
    const char *fallback;
    /* One line for the manual. */
    const char *text;
    /* Of integers, bytes and durations, inclusive. */
    int64_t min;
    int64_t max;
    const struct config_word *words;
    /* TYPE_MOVED and TYPE_IGNORED. */
    const char *instead;
    /* Wherever the key applies. */
    bool is_required;
    enum config_section section;
    /* Bits (1 << enum connector) of the connectors that know the key; 0 = all. */
    unsigned connectors;
};

/* The table, in the order of the manual. */
const struct config_key *config_keys(size_t *ret_n_keys);

/* The row of a path as written in a file, `*` rows included, or NULL. */
const struct config_key *config_key_find(const char *path);

/* Whether rows lie below the path: it is a map (or, ending with "[]", an item). */
bool config_key_is_section(const char *path);

/*
 * The names directly below a section, for suggestions; "" is the top level. Steps through them from
 * *position = 0; returns a name of *ret_len bytes, or NULL at the end. May name one twice.
 */
const char *config_key_next_child(const char *section, size_t *position, size_t *ret_len);

/* The row whose last level has this name, if it is the only one, else NULL. */
const struct config_key *config_key_find_leaf(const char *name);

/* The last level of a path. */
const char *config_path_leaf(const char *path);

#endif
