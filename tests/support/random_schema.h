/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random draft-07 schemas, all right, and random documents that nearly match them: most members are
 * those that the schema knows, most values of the type it asks for, with unknown fields, null, names
 * given twice and escaped names in between. For tests only; running out of memory ends the program.
 */
#ifndef WEIR_TESTS_RANDOM_SCHEMA_H
#define WEIR_TESTS_RANDOM_SCHEMA_H

#include "base/buffer.h"
#include "json_tree.h"
#include "random.h"

/*
 * Appends a schema. It describes an object, mostly; its references lead to its own definitions and
 * never in a circle without going deeper into the document.
 */
void random_schema(struct buffer *out, struct random *random);

/* Appends a value for a schema that random_schema() made, at most depth brackets deep. */
void random_instance(struct buffer *out, struct random *random, const struct json_tree *schema,
                     unsigned depth);

/* Appends an object, perhaps with whitespace around it. */
void random_instance_document(struct buffer *out, struct random *random,
                              const struct json_tree *schema);

#endif
