/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must not be shown: values of keys that sound secret, values that came from environment
 * variables that sound secret, and of URLs the userinfo and secret-sounding query parameters. They
 * read `***` wherever a person or a log sees them. Pure, but for memory.
 */
#ifndef WEIR_CONFIG_SECRET_H
#define WEIR_CONFIG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "yaml/tree.h"

/* Whether a key, property or variable of this name holds a secret. */
bool is_secret_name(const char *name, size_t len);

/* Appends text with what a URL in it hides replaced. Returns 0 or -ENOMEM. */
int redact_text(const char *text, size_t len, struct buffer *buffer);

/*
 * A copy of the value of the key `name` (NULL: of no key) that may be shown; all below is looked
 * through. NULL without memory.
 */
struct yaml_node *redact_copy(struct arena *arena, const char *name, const struct yaml_node *node);

#endif
