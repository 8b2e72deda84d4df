/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patches as text, a line each, made on an event and on a tree alike:
 *
 *     set POINTER JSON
 *     remove POINTER
 *
 * What is no such line, and what a pointer does not lead to, changes neither. For tests only.
 */
#ifndef WEIR_TESTS_PATCH_LINES_H
#define WEIR_TESTS_PATCH_LINES_H

#include <stddef.h>

#include "event/event.h"
#include "json_tree.h"
#include "random.h"

void patch_lines_apply(const char *text, size_t len, struct weir_event *event,
                       struct json_tree **tree);

/* Appends n random lines, most of them with names that random_schema() uses. */
void patch_lines_random(struct buffer *out, struct random *random, size_t n);

#endif
