/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to text: JSON for values that go into events, YAML for people. Thread: any. */
#ifndef WEIR_YAML_RENDER_H
#define WEIR_YAML_RENDER_H

#include "base/buffer.h"
#include "base/error.h"
#include "yaml/tree.h"

/*
 * Appends node as compact JSON. Decimal numbers keep their digits, however many; only what JSON has
 * no form for is rewritten (+1, 007, .5, 5., 0x1F). Returns 0, -ENOMEM, or -EINVAL with problem
 * filled: an infinity, a NaN, a hexadecimal or octal number beyond 64 bits.
 */
int yaml_render_json(const struct yaml_node *node, struct buffer *buffer, struct problem *problem);

/* Appends a text as a JSON string, quotes included. Returns 0 or -ENOMEM. */
int yaml_render_string(const char *text, size_t len, struct buffer *buffer);

/*
 * Appends a scalar so that YAML reads the same value again: as it is where that is safe, else in
 * double quotes, on one line. Returns 0 or -ENOMEM.
 */
int yaml_render_scalar(const struct yaml_node *scalar, struct buffer *buffer);

/*
 * The same for a map's key. Of more than YAML_LONG_KEY bytes it may take more than the 1,024 characters
 * that YAML allows a key without a `? ` before it, which is the caller's to write.
 */
enum { YAML_LONG_KEY = 160 };
int yaml_render_key(const char *key, size_t len, struct buffer *buffer);

/* Appends node in flow style on one line: [a, b], { c: d }. Returns 0 or -ENOMEM. */
int yaml_render_flow(const struct yaml_node *node, struct buffer *buffer);

#endif
