/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds values by their paths. In a document that was walked it goes from member to member; in one that
 * was only indexed (its links are NULL) it passes over all tokens once: that is for giants and for bytes
 * that may be malformed, of which nothing is read outside the document. Pure.
 */
#ifndef WEIR_JSON_FIND_H
#define WEIR_JSON_FIND_H

#include <string.h>

#include "json/document.h"
#include "json/text.h"

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

/* Whether the key at token key of a walked document is the member that step names. */
static inline bool json_key_is(const struct json_document *document, uint32_t key,
                               const struct json_step *step)
{
    uint32_t start = document->tokens[key] + 1;
    uint32_t link = document->links[key];
    const char *raw = document->bytes + start;
    if (link & JSON_LINK_ESCAPED) {
        uint32_t raw_len = (link & JSON_LINK_OFFSET) - start;
        return json_string_equals(raw, raw_len, step->name, step->name_len);
    }
    return link - start == step->name_len && memcmp(raw, step->name, step->name_len) == 0;
}

/* The bytes of a value as they stand; bytes is NULL where there is none. */
struct json_span {
    const char *bytes;
    size_t len;
};

/*
 * Finds the values of n_paths (1 to JSON_FIND_MAX) paths in document, whose links are NULL where it was
 * not walked. Of members of the same name the last counts. Returns 0 with all ret_spans filled, or
 * JSON_MALFORMED where the structure is visibly wrong (the spans mean nothing then); without links 0 does
 * not mean that the document is right.
 */
int json_find(const struct json_document *document, const struct json_path *paths, size_t n_paths,
              struct json_span *ret_spans);

#endif
