/* SPDX-License-Identifier: Apache-2.0 */
/* Laying one tree over another, and values over a tree by their path. Pure, but for memory. */
#ifndef WEIR_CONFIG_MERGE_H
#define WEIR_CONFIG_MERGE_H

#include "base/arena.h"
#include "yaml/tree.h"

/* No key of ours is nearly as deep. */
enum { PATH_MAX_LEVELS = 16 };

/* A path cut into names. */
struct config_path {
    const char *levels[PATH_MAX_LEVELS];
    size_t n_levels;
};

/*
 * Cuts "a.b\.c.d" into "a", "b.c", "d"; the names live in arena. Returns 0, -ENOMEM, or -EINVAL for an
 * empty name or too many.
 */
int config_path_cut(struct arena *arena, const char *text, size_t len,
                    struct config_path *ret_path);

/*
 * Lays overlay over base, in place: maps merge, all else replaces. A key with nothing behind it
 * (`http:`) is as if absent; an explicit null replaces. Both must be maps. Returns 0 or -ENOMEM.
 */
int tree_merge(struct arena *arena, struct yaml_node *base, const struct yaml_node *overlay);

/* Lays one value over base at a path. Returns 0 or -ENOMEM. */
int tree_merge_at(struct arena *arena, struct yaml_node *base, const struct config_path *path,
                  struct yaml_node *value);

/* Gives node and all below the same origin. */
void tree_relabel(struct yaml_node *node, const struct yaml_origin *origin);

#endif
