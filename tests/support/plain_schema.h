/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema draft-07 as the specification says it, on a tree, keyword by keyword, with nothing
 * prepared and nothing remembered: slow, plain, and what schema/checker.h is compared with. Shares
 * with it only the matching of patterns and of formats. Recursive; running out of memory ends the
 * program. For tests only.
 */
#ifndef WEIR_TESTS_PLAIN_SCHEMA_H
#define WEIR_TESTS_PLAIN_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "json_tree.h"

struct plain_schema;

struct plain_options {
    /* Where the schema came from; may be NULL. */
    const char *uri;
    /* `format` is asserted. */
    bool asserts_format;
    /* The text of another document, which the caller frees; NULL where there is none. May be NULL. */
    char *(*fetch)(void *context, const char *uri, size_t *ret_len);
    void *context;
};

enum plain_verdict {
    PLAIN_VALID,
    PLAIN_INVALID,
    /* A reference to nothing or in a circle, a pattern that is none, or too much work. */
    PLAIN_UNDECIDED,
};

/* json is well-formed; options may be NULL, and what it points to is lent for the schema's life. */
struct plain_schema *plain_schema_new(const char *json, size_t json_len,
                                      const struct plain_options *options);
void plain_schema_free(struct plain_schema *schema);

enum plain_verdict plain_validate(struct plain_schema *schema, const struct json_tree *instance);

enum plain_soundness {
    PLAIN_SOUND,
    /*
     * A keyword's value is wrong in a part that nothing may ever look at: definitions, what stands
     * beside $ref, then and else without if. Or it is not for this function to say: a $ref, an $id, a
     * pattern that PCRE2 may not be able to do; a name that is listed twice.
     */
    PLAIN_DOUBTFUL,
    /* A keyword's value is wrong. */
    PLAIN_MALFORMED,
};

/* Whether a schema is one, by what the specification says a keyword's value must be. */
enum plain_soundness plain_judge(const struct json_tree *schema);

/* The same value by the specification: 1 is 1.0, members in any order, the last of one name. */
bool plain_equals(const struct json_tree *a, const struct json_tree *b);

#endif
