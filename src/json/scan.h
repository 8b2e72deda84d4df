/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at 16 bytes at a time, by the compiler's vectors: SSE2 and NEON where there is one, plain
 * words elsewhere, and no intrinsics. Pure.
 */
#ifndef WEIR_JSON_SCAN_H
#define WEIR_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char json_vector __attribute__((vector_size(16)));

enum { JSON_VECTOR_SIZE = sizeof(json_vector) };

static inline json_vector json_vector_load(const char *bytes)
{
    json_vector vector;
    memcpy(&vector, bytes, sizeof(vector));
    return vector;
}

/* 0xff in each byte that must be escaped in a JSON string. */
static inline json_vector json_vector_specials(json_vector vector)
{
    return (json_vector)(vector < 0x20) | (json_vector)(vector == '"') |
           (json_vector)(vector == '\\');
}

/* The position in memory of the first byte set in a word that is not 0. */
static inline unsigned json_word_first(uint64_t word)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        return (unsigned)__builtin_ctzll(word) / 8;
    }
    return (unsigned)__builtin_clzll(word) / 8;
}

/* Whether any byte is set. */
static inline bool json_vector_any(json_vector vector)
{
    uint64_t halves[2];
    memcpy(halves, &vector, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* The position of the first byte set, JSON_VECTOR_SIZE when there is none. */
static inline unsigned json_vector_first(json_vector vector)
{
    uint64_t halves[2];
    memcpy(halves, &vector, sizeof(halves));
    if (halves[0] != 0) {
        return json_word_first(halves[0]);
    }
    return halves[1] != 0 ? 8 + json_word_first(halves[1]) : JSON_VECTOR_SIZE;
}

#endif
