/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room's URIs: the parts of a text, and how bytes are taken from them. Pure. */
#ifndef WEIR_SCHEMA_URI_PRIVATE_H
#define WEIR_SCHEMA_URI_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *data;
    size_t len;
};

struct uri {
    bool has_scheme;
    bool has_authority;
    bool has_query;
    bool has_fragment;
    /* Each without the delimiters around it. */
    struct span scheme;
    struct span authority;
    struct span path;
    struct span query;
    struct span fragment;
};

/* Takes bytes from rest up to the first that is in ends. */
static inline struct span span_until(struct span *rest, const char *ends)
{
    struct span taken = { rest->data, 0 };
    size_t n_ends = strlen(ends);
    while (taken.len < rest->len && memchr(ends, rest->data[taken.len], n_ends) == NULL) {
        taken.len++;
    }
    rest->data += taken.len;
    rest->len -= taken.len;
    return taken;
}

/* Takes the byte that rest begins with, if it is this one. */
static inline bool span_byte(struct span *rest, char byte)
{
    if (rest->len == 0 || rest->data[0] != byte) {
        return false;
    }
    rest->data++;
    rest->len--;
    return true;
}

/* Splits a text as appendix B does; any text has such parts. */
struct uri uri_split(const char *text, size_t len);

/* The value of a hexadecimal digit, -1 of others. */
static inline int uri_hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Whether left bytes begin with a percent and two hexadecimal digits. */
static inline bool uri_is_escape(const char *at, size_t left)
{
    return left >= 3 && at[0] == '%' && uri_hex_value(at[1]) >= 0 && uri_hex_value(at[2]) >= 0;
}

/* Whether the first segment of a path holds a colon; it would be read as the end of a scheme. */
static inline bool uri_has_early_colon(struct span path)
{
    struct span segment = span_until(&path, "/");
    return memchr(segment.data, ':', segment.len) != NULL;
}

#endif
