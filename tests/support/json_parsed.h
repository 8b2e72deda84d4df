/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document for tests: copied to memory of exactly its length, so that a sanitizer sees a read beyond
 * it; indexed and walked.
 */
#ifndef WEIR_TESTS_JSON_PARSED_H
#define WEIR_TESTS_JSON_PARSED_H

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "json/document.h"
#include "json/walk.h"

struct parsed {
    struct json_indexer *indexer;
    char *bytes;
    uint32_t *links;
    struct json_document document;
    struct json_fault fault;
};

static inline void parsed_deinit(struct parsed *parsed)
{
    json_indexer_free(parsed->indexer);
    free(parsed->bytes);
    free(parsed->links);
    *parsed = (struct parsed){ .indexer = NULL };
}

#define AUTO_PARSED __attribute__((cleanup(parsed_deinit))) struct parsed

/* Indexes a copy of bytes; *ret_parsed, which is due for parsed_deinit() in any case, is overwritten. */
static inline int parsed_index(struct parsed *ret_parsed, const char *bytes, size_t len)
{
    *ret_parsed = (struct parsed){
        .indexer = json_indexer_new(0),
        .bytes = (char *)malloc(len > 0 ? len : 1),
    };
    require(ret_parsed->indexer != NULL && ret_parsed->bytes != NULL);
    if (len > 0) {
        memcpy(ret_parsed->bytes, bytes, len);
    }
    struct json_document *document = &ret_parsed->document;
    size_t n_tokens = 0;
    int r = json_index(ret_parsed->indexer, ret_parsed->bytes, len, &document->tokens, &n_tokens);
    if (r != 0) {
        ret_parsed->fault = json_indexer_fault(ret_parsed->indexer);
        return r;
    }
    document->bytes = ret_parsed->bytes;
    document->len = len;
    document->n_tokens = (uint32_t)n_tokens;
    ret_parsed->links = (uint32_t *)malloc(n_tokens * sizeof(uint32_t));
    require(ret_parsed->links != NULL);
    return 0;
}

/* Walks what was indexed. Returns what json_walk() returned. */
static inline int parsed_walk(struct parsed *parsed)
{
    parsed->document.links = parsed->links;
    return json_walk(&parsed->document, JSON_MAX_DEPTH, &parsed->fault);
}

/* Indexes and walks. Returns what the one of both returned that failed. */
static inline int parsed_init(struct parsed *ret_parsed, const char *bytes, size_t len)
{
    int r = parsed_index(ret_parsed, bytes, len);
    return r != 0 ? r : parsed_walk(ret_parsed);
}

#endif
