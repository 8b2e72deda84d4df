/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to simdjson. Its stage 1 reads a document once, with the widest instructions the
 * machine has, checks the UTF-8 and the inside of strings for control characters, and gives the byte
 * offset of every token: each of { } [ ] : , and the first byte of each string, number and literal.
 * A closing quote is no token. Nothing else is checked: grammar, escapes and numbers are the walk's
 * (json/walk.h). Not thread-safe: one owner each.
 */
#ifndef WEIR_JSON_INDEX_H
#define WEIR_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Outcomes: positive results of the functions of this room. */
enum json_outcome {
    /* The bytes are no JSON document; a struct json_fault says where and why. */
    JSON_MALFORMED = 1,
    /* A string holds a \u escape of half a surrogate pair: grammatical JSON, but no Unicode text. */
    JSON_LONE_SURROGATE = 2,
};

/* Where a document is wrong, and why. */
struct json_fault {
    /* Byte offset from the document's first byte. */
    size_t offset;
    /* A short constant text without punctuation at its end. */
    const char *reason;
};

/* No document is longer: offsets fit 31 bits, the top bit of a link is a flag (json/document.h). */
#define JSON_MAX_LEN ((size_t)INT32_MAX - 64)

struct json_indexer;

/* An indexer with room for documents of capacity bytes; NULL without memory. Grows by itself. */
struct json_indexer *json_indexer_new(size_t capacity);
void json_indexer_free(struct json_indexer *indexer);

/*
 * Indexes one document. Reads bytes[0] to bytes[len - 1] and no byte beyond. *ret_tokens are
 * ascending offsets, with the sentinel len behind the last one (*ret_n_tokens does not count it), and
 * are valid until the next call. Returns 0, JSON_MALFORMED (json_indexer_fault() says why; an empty
 * or blank document is malformed), -ENOMEM, or -EFBIG above JSON_MAX_LEN.
 */
int json_index(struct json_indexer *indexer, const char *bytes, size_t len,
               const uint32_t **ret_tokens, size_t *ret_n_tokens);

/* Where and why the last json_index() returned JSON_MALFORMED. */
struct json_fault json_indexer_fault(const struct json_indexer *indexer);

/*
 * The memory in bytes that an indexer holds after a document of len bytes (4 a byte of the next power
 * of two), to be charged before; and what this one holds now.
 */
size_t json_indexer_memory_for(size_t len);
size_t json_indexer_memory(const struct json_indexer *indexer);

/*
 * Gives memory back after a giant document, down to a capacity for documents of capacity bytes.
 * Tokens handed out before are invalid. Returns 0 or -ENOMEM (the indexer then still works).
 */
int json_indexer_shrink(struct json_indexer *indexer, size_t capacity);

/* Whether the bytes are valid UTF-8. Pure; several GB/s. */
bool json_is_utf8(const char *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
