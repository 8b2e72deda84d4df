/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a number is a multiple of another one: long division of its digits, of which only the
 * remainder is kept.
 */
#include "json/decimal.h"

#include <string.h>

#include "base/error.h"
#include "json/decimal_private.h"

/* Twice as wide as a word; ISO C has no such type. */
__extension__ typedef unsigned __int128 wide;

enum {
    WORD_BITS = 64,
    /* The most digits that any number of so many digits fits a word. */
    CHUNK_DIGITS = 19,
    /* 10^1024 < 2^3402: 54 words. */
    DIVISOR_WORDS = DECIMAL_DIVISOR_DIGITS * 3402 / 1024 / WORD_BITS + 1,
};

bool decimal_is_divisor(const char *text, size_t len)
{
    struct decimal decimal = decimal_read(text, len);
    return decimal_sign(&decimal) > 0 && decimal.n_digits <= DECIMAL_DIVISOR_DIGITS;
}

/* A divisor's digits as an integer, and a remainder that is reduced by it; lowest word first. */
struct division {
    size_t n_words;
    /* How far the divisor is shifted up so that its highest bit is set; the remainder is, too. */
    unsigned shift;
    uint64_t divisor[DIVISOR_WORDS];
    /* Below the divisor between two steps; the word above is for the step. */
    uint64_t remainder[DIVISOR_WORDS + 1];
};

/* words = words * factor + addend. Returns what does not fit. */
static uint64_t multiply_add(uint64_t *words, size_t n, uint64_t factor, uint64_t addend)
{
    for (size_t i = 0; i < n; i++) {
        wide product = (wide)words[i] * factor + addend;
        words[i] = (uint64_t)product;
        addend = (uint64_t)(product >> WORD_BITS);
    }
    return addend;
}

static size_t chunk_of(size_t left)
{
    return left < CHUNK_DIGITS ? left : CHUNK_DIGITS;
}

/* 10^n, n up to CHUNK_DIGITS. */
static uint64_t power_of_ten(size_t n)
{
    uint64_t power = 1;
    for (size_t i = 0; i < n; i++) {
        power *= 10;
    }
    return power;
}

/* The next n digits as a number. */
static uint64_t next_chunk(const char **at, size_t n)
{
    uint64_t chunk = 0;
    for (size_t i = 0; i < n; i++) {
        chunk = chunk * 10 + decimal_next_digit(at);
    }
    return chunk;
}

static void division_init(struct division *division, const struct decimal *divisor)
{
    size_t n = 0;
    const char *at = divisor->digits;
    for (size_t left = divisor->n_digits; left > 0;) {
        size_t n_chunk = chunk_of(left);
        uint64_t chunk = next_chunk(&at, n_chunk);
        uint64_t carry = multiply_add(division->divisor, n, power_of_ten(n_chunk), chunk);
        if (carry > 0) {
            division->divisor[n++] = carry;
        }
        left -= n_chunk;
    }
    /* Not 0: it is a divisor. */
    require(n > 0);
    division->n_words = n;
    division->shift = (unsigned)__builtin_clzll(division->divisor[n - 1]);
    multiply_add(division->divisor, n, UINT64_C(1) << division->shift, 0);
    memset(division->remainder, 0, (n + 1) * sizeof(division->remainder[0]));
}

/* Takes the divisor times factor away from the remainder. Returns the borrow. */
static uint64_t subtract_multiple(struct division *division, uint64_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < division->n_words; i++) {
        wide product = (wide)division->divisor[i] * factor + carry;
        uint64_t low = (uint64_t)product;
        carry = (uint64_t)(product >> WORD_BITS) + (division->remainder[i] < low);
        division->remainder[i] -= low;
    }
    uint64_t *top = &division->remainder[division->n_words];
    uint64_t borrow = *top < carry;
    *top -= carry;
    return borrow;
}

/* Adds the divisor to the remainder. Returns the carry. */
static uint64_t add_divisor(struct division *division)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < division->n_words; i++) {
        wide sum = (wide)division->remainder[i] + division->divisor[i] + carry;
        division->remainder[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> WORD_BITS);
    }
    uint64_t *top = &division->remainder[division->n_words];
    *top += carry;
    return *top < carry;
}

/*
 * remainder = (remainder * scale + chunk) modulo the divisor, chunk < scale: one step of long
 * division (Knuth, algorithm D). The quotient fits a word and is guessed from the highest words;
 * with the divisor's highest bit set, the guess is at most two too large, and then the divisor is
 * added back.
 */
static void division_step(struct division *division, uint64_t scale, uint64_t chunk)
{
    size_t n = division->n_words;
    uint64_t *remainder = division->remainder;
    wide shifted = (wide)chunk << division->shift;
    remainder[n] = multiply_add(remainder, n, scale, (uint64_t)shifted);
    uint64_t carry = (uint64_t)(shifted >> WORD_BITS);
    for (size_t i = 1; carry > 0; i++) {
        remainder[i] += carry;
        carry = remainder[i] < carry;
    }
    uint64_t highest = division->divisor[n - 1];
    uint64_t guess = UINT64_MAX;
    if (remainder[n] < highest) {
        guess = (uint64_t)(((wide)remainder[n] << WORD_BITS | remainder[n - 1]) / highest);
    }
    uint64_t n_missing = subtract_multiple(division, guess);
    while (n_missing > 0) {
        n_missing -= add_divisor(division);
    }
}

static void division_take_digits(struct division *division, const struct decimal *decimal)
{
    const char *at = decimal->digits;
    for (size_t left = decimal->n_digits; left > 0;) {
        size_t n_chunk = chunk_of(left);
        division_step(division, power_of_ten(n_chunk), next_chunk(&at, n_chunk));
        left -= n_chunk;
    }
}

/*
 * Zeros behind the digits only help against twos and fives in the divisor, of which there are fewer
 * than it has bits: more zeros than that change nothing.
 */
static void division_take_zeros(struct division *division, uint64_t n_zeros)
{
    size_t n_bits = division->n_words * WORD_BITS;
    for (size_t left = n_zeros < n_bits ? (size_t)n_zeros : n_bits; left > 0;) {
        size_t n_chunk = chunk_of(left);
        division_step(division, power_of_ten(n_chunk), 0);
        left -= n_chunk;
    }
}

static bool division_is_exact(const struct division *division)
{
    for (size_t i = 0; i < division->n_words; i++) {
        if (division->remainder[i] != 0) {
            return false;
        }
    }
    return true;
}

/*
 * With a and b the digits as integers and n_zeros the difference of their powers of ten: whether b
 * divides a * 10^n_zeros. Neither ends in 0, so it never does for n_zeros < 0.
 */
bool decimal_is_multiple(const char *text, size_t len, const char *divisor, size_t divisor_len)
{
    struct decimal a = decimal_read(text, len);
    struct decimal b = decimal_read(divisor, divisor_len);
    require(decimal_sign(&b) > 0 && b.n_digits <= DECIMAL_DIVISOR_DIGITS);
    if (a.n_digits == 0) {
        return true;
    }
    int64_t n_zeros = decimal_exponent_difference(&a, &b) + a.bottom - b.bottom;
    if (n_zeros < 0) {
        return false;
    }
    struct division division;
    division_init(&division, &b);
    division_take_digits(&division, &a);
    division_take_zeros(&division, (uint64_t)n_zeros);
    return division_is_exact(&division);
}
