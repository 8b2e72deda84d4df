/* SPDX-License-Identifier: Apache-2.0 */
/* simdjson's DOM, which shares nothing with our walk but the index: what it says of a document. */
#ifndef WEIR_TESTS_ORACLE_H
#define WEIR_TESTS_ORACLE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum oracle_verdict {
    ORACLE_ACCEPTS,
    /* A number that fits no type: the DOM holds values, Weir holds bytes. */
    ORACLE_NUMBER,
    /* A string; the DOM refuses half a surrogate pair too. */
    ORACLE_STRING,
    ORACLE_REFUSES,
};

/*
 * Judges a document. Where it is accepted, *ret_description is what it holds, in a form that a program
 * compares easily, to be freed:
 *
 *     {..} [..]      members and elements in order, without commas
 *     "5:bytes       a string or name, not escaped, with its length
 *     i.. u.. d..    an int64, uint64 or double, as 16 hexadecimal digits
 *     t f n          true, false, null
 */
enum oracle_verdict oracle_judge(const char *bytes, size_t len, char **ret_description,
                                 size_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif
