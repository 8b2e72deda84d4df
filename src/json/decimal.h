/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of JSON as the exact decimals they are written as: of any length, with any exponent, never
 * rounded to a double. Text has passed the walk (RFC 8259, section 6). No function allocates or
 * recurses; each takes time that is linear in the lengths of its texts, whatever their exponents say.
 * Pure. Thread: any.
 */
#ifndef WEIR_JSON_DECIMAL_H
#define WEIR_JSON_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -1, 0 or 1 as a is less than, equal to or greater than b. 1, 1.0 and 10e-1 are equal, 0 and -0 too. */
int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Whether the value is an integer, however it is written: 1.0, 1e2 and 10e-1 are. */
bool decimal_is_integer(const char *text, size_t len);

/* The most digits a divisor may have between its first and last that is not 0. */
enum { DECIMAL_DIVISOR_DIGITS = 1024 };

/* Whether decimal_is_multiple() takes text as a divisor: above 0, and not of more digits than that. */
bool decimal_is_divisor(const char *text, size_t len);

/*
 * Whether text is divisor times an integer; 0 is a multiple of all. The divisor has passed
 * decimal_is_divisor(). At most a few nanoseconds per digit of text for divisors below 2^64; 15 were
 * measured for those of DECIMAL_DIVISOR_DIGITS.
 */
bool decimal_is_multiple(const char *text, size_t len, const char *divisor, size_t divisor_len);

/* The same for equal numbers, for tables in memory: the value is part of no format. Not for secrets. */
uint64_t decimal_hash(const char *text, size_t len);

#endif
