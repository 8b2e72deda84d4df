/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers to digits, for the hot path. Pure. */
#ifndef WEIR_SERVE_DECIMAL_H
#define WEIR_SERVE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The most digits of an int64_t, its sign included. */
enum { DECIMAL_SIZE = 20 };

/* Writes value without a NUL, at most DECIMAL_SIZE bytes. Returns how many. */
static inline size_t decimal_write(char *out, int64_t value)
{
    char digits[DECIMAL_SIZE];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    memcpy(out, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

#endif
