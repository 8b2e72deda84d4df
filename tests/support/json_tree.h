/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as a tree of copies, and the patches of weir/event.h on it, done the simplest way: the model
 * that events are compared with. It shares no code with them. Takes well-formed text only; running
 * out of memory or a wrong text ends the program. Recursive. For tests only.
 */
#ifndef WEIR_TESTS_JSON_TREE_H
#define WEIR_TESTS_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct json_tree;

struct json_tree_member {
    /* The name as it is written, with its quotes; empty where it was made by a patch. */
    struct buffer raw_name;
    /* What it means. Both are empty in an array. */
    struct buffer name;
    struct json_tree *value;
};

struct json_tree {
    /* The text it was read from. */
    struct buffer raw;
    /* Of a string: what it means. Half a surrogate pair is the three bytes UTF-8 would use. */
    struct buffer text;
    /* A patch made this value; what is inside came with it. */
    bool is_made;
    /* A patch changed something inside: raw is out of date. */
    bool is_touched;
    /* Of { or [. */
    struct json_tree_member *members;
    size_t n_members;
};

/* The names of a JSON Pointer's steps. */
enum { TREE_PATH_MAX = 8 };

struct json_tree_path {
    size_t n_steps;
    struct buffer steps[TREE_PATH_MAX];
};

struct json_tree *json_tree_parse(const char *text, size_t len);
void json_tree_free(struct json_tree *tree);

/* '{', '[', '"', 't', 'f', 'n', '-' or a digit. */
static inline char json_tree_byte(const struct json_tree *tree)
{
    return tree->raw.data[0];
}

static inline bool json_tree_is_number(const struct json_tree *tree)
{
    char byte = json_tree_byte(tree);
    return byte == '-' || (byte >= '0' && byte <= '9');
}

/* The member of an object; of several of one name the last; NULL where there is none, or no object. */
const struct json_tree *json_tree_member(const struct json_tree *tree, const char *name);

/* Whether a later member of the object has the same name. */
bool json_tree_is_shadowed(const struct json_tree *tree, size_t place);

/* Whether a patch made this value or anything inside it. */
bool json_tree_has_made(const struct json_tree *tree);

struct json_tree *json_tree_copy(const struct json_tree *tree);

/*
 * Removes the member of the object at place, and all others of its name; returns how many of them
 * stood before it. Marks nothing as touched.
 */
size_t json_tree_remove_name(struct json_tree *object, size_t place);

/* The value at path; *ret_r is 0, -ENOENT or -ENOTDIR, and the result NULL unless it is 0. */
struct json_tree *json_tree_get(struct json_tree *root, const struct json_tree_path *path,
                                int *ret_r);

/* As weir_event_set_raw() and so on; value is taken over in any case. */
int json_tree_set(struct json_tree **root, const struct json_tree_path *path,
                  struct json_tree *value);
int json_tree_remove(struct json_tree *root, const struct json_tree_path *path);
int json_tree_create_parents(struct json_tree *root, const struct json_tree_path *path);

/*
 * Whether written, which was read from output, is what tree has become: the same members in the same
 * order, and byte for byte the same text where nothing was touched. Line breaks of tree count as
 * spaces where is_line.
 */
bool json_tree_is_written(const struct json_tree *tree, const struct json_tree *written,
                          bool is_line);

/* The path as a JSON Pointer, appended with a NUL. */
void json_tree_path_text(const struct json_tree_path *path, struct buffer *out);
void json_tree_path_deinit(struct json_tree_path *path);

#endif
