/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft-07 suite beside the source tree (WEIR_SHARED): runs its files through any validator and
 * counts. What is malformed there ends the program. For tests only.
 */
#ifndef WEIR_TESTS_SCHEMA_SUITE_H
#define WEIR_TESTS_SCHEMA_SUITE_H

#include <stdbool.h>
#include <stddef.h>

#include "json_tree.h"

struct suite {
    /* A schema of the suite is due. Returns false where it cannot be used: all its cases fail. */
    bool (*begin)(void *context, const struct buffer *json);
    /* Whether a document is valid. Not called after begin() failed. */
    bool (*judge)(void *context, const struct buffer *json);
    /* It is done with; also called after begin() failed. */
    void (*end)(void *context);
    void *context;
};

enum { SUITE_FILES = 64 };

struct suite_count {
    size_t n_files;
    struct {
        /* Without the extension. */
        char name[64];
        size_t n_cases;
        size_t n_passed;
    } files[SUITE_FILES];
    size_t n_cases;
    size_t n_passed;
};

/* Whether the suite is there; says on stderr where it is not. */
bool suite_is_there(void);

/* Runs the files of a group: "", "optional" or "optional/format"; names each case that fails. */
struct suite_count suite_run(const struct suite *suite, const char *group);

/* The document of the suite that a URI names, for plain_options.fetch. */
char *suite_fetch(void *context, const char *uri, size_t *ret_len);

#endif
