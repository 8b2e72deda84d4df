/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to tree; the one door to libyaml.
 *
 * One document, UTF-8. Refused with a place and a reason, in time linear in the text: more than the
 * bounds of yaml/tree.h, a key given twice, an alias inside its own anchor, a key that is not a text,
 * tags beyond the core schema's, %TAG directives, a second document. A merge key (`<<`) is followed;
 * what the map says itself wins. No text is an empty map.
 *
 * Thread: any (one at a time per arena). Blocks: only yaml_parse_file(), on reading.
 */
#ifndef WEIR_YAML_PARSE_H
#define WEIR_YAML_PARSE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "yaml/tree.h"

/*
 * source names the text in messages and origins, and is copied. The text is not needed after; NULL where len
 * is 0, which is an empty map.
 * Returns 0, -EINVAL with problem filled ("source:line:column: what", EXIT_CONFIG), or -ENOMEM
 * likewise.
 */
int yaml_parse(struct arena *arena, const char *source, const char *text, size_t len,
               struct yaml_node **ret_root, struct problem *problem);

/*
 * Reads path, at most limit bytes. Returns as yaml_parse(), -EFBIG, or -errno of reading, each with
 * problem filled.
 */
int yaml_parse_file(struct arena *arena, const char *path, size_t limit,
                    struct yaml_node **ret_root, struct problem *problem);

#endif
