/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds values in a document that was indexed but not walked: for the reader, which needs the
 * partition key of an event before a worker checks the event. Bytes may be malformed: nothing is read
 * outside the document, and one pass over the tokens ends. Pure.
 */
#ifndef WEIR_JSON_FIND_H
#define WEIR_JSON_FIND_H

#include "json/document.h"

enum {
    /* Paths in one search. */
    JSON_FIND_MAX = 8,
    /* Steps in one path. */
    JSON_PATH_MAX = 64,
};

#define JSON_NO_INDEX UINT32_MAX

/* One step of a path: a member by its name, or an element of an array. */
struct json_step {
    /* Not escaped, not NUL-terminated. */
    const char *name;
    uint32_t name_len;
    /* The same name as an index, JSON_NO_INDEX where it is none. */
    uint32_t index;
};

struct json_path {
    const struct json_step *steps;
    uint32_t n_steps;
};

/* The bytes of a value as they stand; bytes is NULL where there is none. */
struct json_span {
    const char *bytes;
    size_t len;
};

/*
 * Finds the values of n_paths (1 to JSON_FIND_MAX) paths in document (bytes, tokens; links are not
 * read). Of members of the same name the last counts. Returns 0 with all ret_spans filled, or
 * JSON_MALFORMED where the structure is visibly wrong (the spans mean nothing then); 0 does not mean
 * that the document is right.
 */
int json_find(const struct json_document *document, const struct json_path *paths, size_t n_paths,
              struct json_span *ret_spans);

#endif
