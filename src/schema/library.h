/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents that a schema is compiled from, and what their `$id`s name (draft-07 core, section 8):
 * while compiling only. A value's base URI is that of the innermost schema around it that has an `$id`,
 * else its document's. `$id` counts where a schema may stand, not in enums, constants and unknown
 * keywords, and not beside a `$ref`.
 *
 * All memory is the arena's. Not thread-safe.
 */
#ifndef WEIR_SCHEMA_LIBRARY_H
#define WEIR_SCHEMA_LIBRARY_H

#include "base/arena.h"
#include "base/error.h"
#include "schema/program.h"
#include "schema/schema.h"

/* A schema with an `$id`, inside its document. */
struct library_scope {
    struct library_scope *next;
    uint32_t open;
    const char *base;
};

struct library_document {
    struct library_document *next;
    const char *uri;
    struct json_document document;
    /* In the order of the document. */
    struct library_scope *scopes;
    struct library_scope *last_scope;
};

/* What a URI leads to. */
struct library_name {
    struct library_name *next;
    const char *uri;
    struct schema_value value;
};

struct library {
    struct arena *arena;
    const struct schema_options *options;
    struct problem *problem;
    struct json_indexer *indexer;
    struct library_document *documents;
    struct library_name *names;
};

void library_init(struct library *library, struct arena *arena,
                  const struct schema_options *options, struct problem *problem);
void library_deinit(struct library *library);

/*
 * Adds a document, copied, under its URI; *ret_root is its root. Returns 0, -EINVAL where it is no JSON,
 * or -ENOMEM, with the problem filled.
 */
int library_add(struct library *library, const char *uri, const char *json, size_t json_len,
                struct schema_value *ret_root);

/*
 * The value that a `$ref` (NUL-terminated, not escaped) beside value leads to; fetches the document it is
 * in where it is not there yet. Returns 0, -ENOENT, or what fetching returned, with the problem filled.
 */
int library_resolve(struct library *library, const struct schema_value *from, const char *reference,
                    struct schema_value *ret_value);

/* "uri#/json/pointer" of a value (without the URI in the first document), or NULL without memory. */
const char *library_place(struct library *library, const struct schema_value *value);

/* A copy of the string at token, not escaped, with a NUL behind; NULL without memory. */
char *library_text(struct library *library, const struct schema_value *value, size_t *ret_len);

/* The value of the object's last member of that name; false where there is none. */
bool library_member(const struct schema_value *object, const char *name,
                    struct schema_value *ret_value);

#endif
