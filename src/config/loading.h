/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stages of loading share. Private to this room. The stages, in order (config/load.c):
 *
 *     overlay    files, environment and --set become one tree
 *     normalise  other names and short forms become ours
 *     check      every key of the tree is one of the table
 *     fill       every row of the table becomes a field of struct config
 *     finish     what rows cannot say: defaults that depend, keys that need each other
 *
 * A stage adds what it finds wrong to the diagnostics and goes on; want of memory is remembered there
 * too. So the stages return nothing.
 */
#ifndef WEIR_CONFIG_LOADING_H
#define WEIR_CONFIG_LOADING_H

#include "base/arena.h"
#include "config/config.h"
#include "config/diagnostics.h"
#include "config/keys.h"
#include "yaml/tree.h"

struct weir_config {
    const struct yaml_node *root;
};

/* What a struct config keeps for printing; lives in its own arena. */
struct config_private {
    struct arena arena;
    struct diagnostics diagnostics;
    /* The merged tree, after normalise. */
    struct yaml_node *root;
    /* By row of the table: the value in force, or NULL. */
    const struct yaml_node **values;
    struct weir_config application;
};

struct loading {
    const struct config_load_options *options;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct yaml_node *root;
    struct config *config;
    const struct yaml_node **values;
};

/* The value in the tree at a path of plain names, or NULL; a null value counts as none. */
struct yaml_node *loading_find(const struct loading *loading, const char *path);

/* The same for the row's value in force after fill: given, or its default. */
const struct yaml_node *loading_value(const struct loading *loading, const char *path);

/* Puts a value at a path of plain names, making maps on the way; NULL takes it out. */
void loading_put(struct loading *loading, const char *path, struct yaml_node *value);

/* Where to point for something that is missing at path: the nearest level that is there. */
struct yaml_origin loading_origin(const struct loading *loading, const char *path);

/* Whether a row is for the connector that is chosen. */
bool loading_applies(const struct loading *loading, const struct config_key *key);

/*
 * Makes value the one in force at a path of the table, and reads it into its field; text, for a scalar,
 * is plain. source says where it came from.
 */
void loading_give(struct loading *loading, const char *path, const struct yaml_node *value);
void loading_give_text(struct loading *loading, const char *path, const char *source,
                       const char *text);

/* The stages. */
int overlay(struct loading *loading, struct problem *problem);
void normalise(struct loading *loading);
void check(struct loading *loading);
void fill(struct loading *loading);
void finish(struct loading *loading);

#endif
