/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ${NAME} and ${NAME:-default} in values. The default holds where NAME is not set or empty; `$${` is a
 * literal `${`. What is put in is text, never parsed as YAML nor looked through again; it does not
 * change whether a value is quoted, so `workers: ${N}` is a number where N is one.
 */
#ifndef WEIR_CONFIG_SUBSTITUTE_H
#define WEIR_CONFIG_SUBSTITUTE_H

#include "base/arena.h"
#include "config/diagnostics.h"
#include "yaml/tree.h"

/* The value of a variable in "NAME=value" lines closed by NULL, or NULL. environment may be NULL. */
const char *environment_get(char *const *environment, const char *name, size_t len);

/*
 * Substitutes in every scalar of node and below. path is the key of node, for messages ("" at the
 * root). A value whose variable has a secret's name is marked as secret.
 */
void substitute(struct arena *arena, struct yaml_node *node, char *const *environment,
                const char *path, struct diagnostics *diagnostics);

#endif
