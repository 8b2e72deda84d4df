/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the decimals: a number that was read, for decimal.c and decimal_multiple.c. Pure. */
#ifndef WEIR_JSON_DECIMAL_PRIVATE_H
#define WEIR_JSON_DECIMAL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decimal {
    bool is_negative;
    /* How many digits from the first to the last that is not 0; none when the value is 0. */
    size_t n_digits;
    /* The first of them; the others follow, perhaps with a point between. */
    const char *digits;
    /* The powers of ten of the first and the last, but for the exponent. */
    int64_t top;
    int64_t bottom;
    /* The exponent's digits without leading zeros. */
    bool is_exponent_negative;
    const char *exponent;
    size_t exponent_len;
};

/* Reads a number, whose text is lent; zeros of every sign and exponent are one. */
struct decimal decimal_read(const char *text, size_t len);

/* The exponent of a less that of b, or a number of the same sign beyond what any digits make up for. */
int64_t decimal_exponent_difference(const struct decimal *a, const struct decimal *b);

/* Takes the digit at a place and moves on. */
static inline unsigned decimal_next_digit(const char **at)
{
    if (**at == '.') {
        (*at)++;
    }
    return (unsigned)(*(*at)++ - '0');
}

/* -1, 0 or 1; 0 has no first digit, and its sign is that of neither. */
static inline int decimal_sign(const struct decimal *decimal)
{
    if (decimal->n_digits == 0) {
        return 0;
    }
    return decimal->is_negative ? -1 : 1;
}

#endif
