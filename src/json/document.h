/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document: bytes, the offsets of their tokens (json/index.h), and the links that the walk fills
 * (json/walk.h). The bytes are never changed and never copied. What reads links needs a walked
 * document; what does not says so.
 *
 * Tokens of `{"a":[1,2]}`: { " : [ 1 , 2 ] }, so that a member is key, colon, value, and what follows
 * a value is json_next() of it.
 */
#ifndef WEIR_JSON_DOCUMENT_H
#define WEIR_JSON_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/index.h"

/* Brackets deeper than this are refused. */
enum { JSON_MAX_DEPTH = 1024 };

/* The flag in the link of a string that holds a backslash. */
#define JSON_LINK_ESCAPED UINT32_C(0x80000000)
#define JSON_LINK_OFFSET  UINT32_C(0x7fffffff)

struct json_document {
    const char *bytes;
    size_t len;
    /* n_tokens offsets, and the sentinel len behind them. */
    const uint32_t *tokens;
    uint32_t n_tokens;
    /*
     * n_tokens entries, filled by the walk; NULL: not walked. Of { and [: the token index of the closing bracket. Of a
     * string: the offset of its closing quote, and JSON_LINK_ESCAPED. Of a number or literal: the
     * offset behind its last byte. Of others: undefined.
     */
    uint32_t *links;
    /* Set by who cuts documents at each LF: there is none inside, and the walk need not look for one. */
    bool is_line;
    /* The walk saw a line break: a CR or LF, which stands between tokens. */
    bool has_break;
};

enum json_kind {
    JSON_INVALID,
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_BOOL,
    JSON_NULL,
};

/* The kind of value that a first byte announces; JSON_INVALID for : , ] } and all that is no value. */
extern const unsigned char json_kind_of_byte[256];

/* The first byte of a token. Needs no walk; token < n_tokens. */
static inline char json_byte(const struct json_document *document, uint32_t token)
{
    return document->bytes[document->tokens[token]];
}

static inline enum json_kind json_kind(const struct json_document *document, uint32_t token)
{
    return (enum json_kind)json_kind_of_byte[(unsigned char)json_byte(document, token)];
}

/* The token behind the value at token: a comma, a closing bracket, or n_tokens behind the root. */
static inline uint32_t json_next(const struct json_document *document, uint32_t token)
{
    char byte = json_byte(document, token);
    return (byte == '{' || byte == '[' ? document->links[token] : token) + 1;
}

/* The offset behind the last byte of the value at token. */
static inline uint32_t json_value_end(const struct json_document *document, uint32_t token)
{
    uint32_t link = document->links[token];
    switch (json_byte(document, token)) {
    case '{':
    case '[':
        return document->tokens[link] + 1;
    case '"':
        return (link & JSON_LINK_OFFSET) + 1;
    default:
        return link;
    }
}

/* The bytes of a string between its quotes, as they are written. */
struct json_string {
    const char *raw;
    uint32_t raw_len;
    bool has_escape;
};

/* The string (value or key) at token. */
static inline struct json_string json_string(const struct json_document *document, uint32_t token)
{
    uint32_t link = document->links[token];
    uint32_t start = document->tokens[token] + 1;
    return (struct json_string){
        .raw = document->bytes + start,
        .raw_len = (link & JSON_LINK_OFFSET) - start,
        .has_escape = (link & JSON_LINK_ESCAPED) != 0,
    };
}

/*
 * The members of an object (or the elements of an array), in order:
 *
 *     for (uint32_t key = json_first(d, open); key != JSON_END; key = json_sibling(d, key + 2))
 *     for (uint32_t item = json_first(d, open); item != JSON_END; item = json_sibling(d, item))
 *
 * json_first: the first key or element behind the bracket at open. json_sibling: the key or element
 * behind the value at token. JSON_END where there is none.
 */
#define JSON_END UINT32_MAX

static inline uint32_t json_first(const struct json_document *document, uint32_t open)
{
    return document->links[open] == open + 1 ? JSON_END : open + 1;
}

static inline uint32_t json_sibling(const struct json_document *document, uint32_t token)
{
    uint32_t next = json_next(document, token);
    return json_byte(document, next) == ',' ? next + 1 : JSON_END;
}

#endif
