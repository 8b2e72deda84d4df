/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the tree from what the parser sees, one call an event. Private to this room.
 *
 * Children of unfinished lists and maps wait on one stack (of a map: key, value, key, ...); a finished
 * list or map takes its own off the top. So depth costs a frame, not the machine's stack.
 */
#ifndef WEIR_YAML_BUILD_H
#define WEIR_YAML_BUILD_H

#include "base/arena.h"
#include "base/error.h"
#include "yaml/tree.h"

struct yaml_frame {
    struct yaml_node *node;
    /* Where its children begin on the stack. */
    size_t first;
    /* Its anchor's index in anchors, or SIZE_MAX. */
    size_t anchor;
};

struct yaml_anchor {
    const char *name;
    /* NULL while the anchored node is unfinished. */
    const struct yaml_node *node;
};

struct yaml_builder {
    struct arena *arena;
    struct problem *problem;
    struct yaml_node *root;
    struct yaml_frame frames[YAML_MAX_DEPTH];
    size_t depth;
    struct yaml_node **pending;
    size_t n_pending;
    size_t pending_capacity;
    struct yaml_anchor *anchors;
    size_t n_anchors;
    /* Spent of YAML_MAX_NODES and YAML_MAX_TEXT. */
    size_t n_nodes;
    size_t text_len;
};

/* Frees what is not in the arena. */
void yaml_builder_deinit(struct yaml_builder *builder);

/* Each takes an anchor's name, or NULL; each returns 0, or -EINVAL or -ENOMEM with problem filled. */
int yaml_build_scalar(struct yaml_builder *builder, const char *anchor, struct yaml_node *scalar);
int yaml_build_open(struct yaml_builder *builder, const char *anchor, struct yaml_node *node);
int yaml_build_close(struct yaml_builder *builder);
int yaml_build_alias(struct yaml_builder *builder, const char *name,
                     const struct yaml_origin *origin);

/* Fills problem with "source:line:column: " and the rest. Returns -EINVAL. */
int yaml_complain(struct problem *problem, const struct yaml_origin *origin, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Fills problem for want of memory. Returns -ENOMEM. */
int yaml_out_of_memory(struct problem *problem);

#endif
