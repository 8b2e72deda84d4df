/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON Schema (draft-07), compiled once to tables that all workers share.
 *
 * Life: schema_compile() -> any number of checkers (schema/checker.h) -> schema_free(), after the last
 * checker is gone. Immutable between. Thread: any.
 */
#ifndef WEIR_SCHEMA_SCHEMA_H
#define WEIR_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct schema;

struct schema_options {
    /* Where the schema came from: `$id` and `$ref` are resolved against it (RFC 3986); may be "". */
    const char *uri;
    /* The schema as JSON text. */
    const char *json;
    size_t json_len;
    /* `format` is asserted; else it is an annotation only. */
    bool asserts_format;
    /*
     * Gets another document that a `$ref` leads to, as JSON text; uri is absolute and has no fragment.
     * Returns 0, or -errno with problem filled. NULL: such a reference is an error.
     */
    int (*fetch)(void *context, const char *uri, struct buffer *ret_json, struct problem *problem);
    void *context;
};

/*
 * Compiles a schema and all it refers to. A name that is listed twice, in `required` or `type`, is taken
 * once; other breaches of the specification are errors where a value may come to be looked at by them.
 * Options are lent for the call. Returns 0, or -EINVAL (a
 * malformed schema; the problem names the place as a JSON Pointer), -ENOENT (a reference to nothing),
 * -ENOMEM, or what fetch returned, with problem filled.
 */
int schema_compile(const struct schema_options *options, struct schema **ret_schema,
                   struct problem *problem);
void schema_free(struct schema *schema);

#endif
