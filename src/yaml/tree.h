/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree: scalars, lists and maps, each with the place it was written at. Anchors
 * and aliases are gone: an alias is a copy, so that a tree is a tree and may be changed in place.
 *
 * Nodes live in the arena they were made in. A map has each key once. Not thread-safe while it is
 * changed; read by any thread after.
 */
#ifndef WEIR_YAML_TREE_H
#define WEIR_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Bounds on one document, copies of aliases included. */
enum {
    YAML_MAX_DEPTH = 64,
    YAML_MAX_NODES = 100000,
    YAML_MAX_ANCHORS = 1000,
    YAML_MAX_TEXT = 8 * 1024 * 1024,
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_origin {
    /* A file's path, or the name of whatever else the text came from. */
    const char *source;
    /* From 1; 0 where the source has no lines. Columns count characters. */
    uint32_t line;
    uint32_t column;
};

struct yaml_entry {
    /* NUL-terminated; may hold NULs of its own. */
    const char *key;
    size_t key_len;
    struct yaml_origin origin;
    struct yaml_node *value;
};

struct yaml_node {
    enum yaml_kind kind;
    /* Scalar: without quotes, so that null, true, 1 and 1.5 are not texts. */
    bool is_plain;
    /* Scalar: holds what a variable was set to, so that quotes say nothing about its type. */
    bool is_substituted;
    /* Scalar: must not be shown to people; set by whoever put the secret in. */
    bool is_secret;
    /* Depth of the tree below: 1 for a scalar. */
    uint16_t depth;
    struct yaml_origin origin;
    /* Scalar: NUL-terminated, valid UTF-8. */
    const char *text;
    size_t len;
    /* List. */
    struct yaml_node **items;
    /* Map, in the order of the document. */
    struct yaml_entry *entries;
    /* Of items or entries. */
    size_t n_items;
    /* Map: indices of entries, sorted by key; NULL for small maps. */
    uint32_t *by_key;
};

/* An empty node, or NULL without memory. */
struct yaml_node *yaml_node_new(struct arena *arena, enum yaml_kind kind,
                                const struct yaml_origin *origin);

/* A scalar that holds a copy of text, or NULL without memory. */
struct yaml_node *yaml_scalar_new(struct arena *arena, const char *text, size_t len, bool is_plain,
                                  const struct yaml_origin *origin);

/*
 * Makes the map's entries findable after they were filled in. Returns 0, -ENOMEM, or 1 when a key is
 * there twice: *ret_second is then the index of the later one, the first such of the document, and
 * *ret_first of the one before it.
 */
int yaml_map_seal(struct arena *arena, struct yaml_node *map, size_t *ret_first,
                  size_t *ret_second);

/* The entry of a key, or NULL; node may be NULL or of any kind. */
struct yaml_entry *yaml_map_entry(const struct yaml_node *node, const char *key, size_t key_len);

/* The value of a NUL-terminated key, or NULL. */
struct yaml_node *yaml_map_find(const struct yaml_node *node, const char *key);

/* Sets a key, at the end where it is new. The key is copied. Returns 0 or -ENOMEM. */
int yaml_map_put(struct arena *arena, struct yaml_node *map, const char *key, size_t key_len,
                 const struct yaml_origin *origin, struct yaml_node *value);

/* A copy of node and all below, texts shared, or NULL without memory. At most YAML_MAX_DEPTH deep. */
struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node);

#endif
