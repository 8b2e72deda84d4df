/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number is read into the places of its first and last digit that is not 0, the power of ten of
 * each as the point alone gives it, and the text of the exponent. Exponents stay texts: they may
 * have more digits than any integer type, and all that is ever asked of two of them is their
 * difference, which either fits or is beyond what the digits of a text in memory could make up for.
 * decimal_multiple.c divides.
 */
#include "json/decimal.h"

#include "base/hash.h"
#include "json/decimal_private.h"

enum { HASH_CHUNK = 256 };

/* Far above the length of any text, and a tenth of it and more away from the end of int64_t. */
static const int64_t EXPONENT_LIMIT = INT64_C(100000000000000000);

/* The largest prime below 10^17. */
static const int64_t POWER_PRIME = INT64_C(99999999999999997);

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at;
}

/* The power of ten of the digit at a place, where point is the place of the point or the end. */
static int64_t power_at(const char *at, const char *point)
{
    return at < point ? (int64_t)(point - at) - 1 : -(int64_t)(at - point);
}

static void read_exponent(struct decimal *decimal, const char *at, const char *end)
{
    if (at == end) {
        return;
    }
    /* Behind the letter. */
    at++;
    if (*at == '+' || *at == '-') {
        decimal->is_exponent_negative = *at == '-';
        at++;
    }
    while (at < end && *at == '0') {
        at++;
    }
    decimal->exponent = at;
    decimal->exponent_len = (size_t)(end - at);
}

struct decimal decimal_read(const char *text, size_t len)
{
    struct decimal decimal = { 0 };
    const char *end = text + len;
    bool is_negative = text[0] == '-';
    const char *first = text + is_negative;
    const char *point = skip_digits(first, end);
    const char *behind = point < end && *point == '.' ? skip_digits(point + 1, end) : point;
    while (first < behind && (*first == '0' || *first == '.')) {
        first++;
    }
    if (first == behind) {
        return decimal;
    }
    const char *last = behind - 1;
    while (*last == '0' || *last == '.') {
        last--;
    }
    decimal.is_negative = is_negative;
    decimal.digits = first;
    decimal.top = power_at(first, point);
    decimal.bottom = power_at(last, point);
    decimal.n_digits = (size_t)(decimal.top - decimal.bottom) + 1;
    read_exponent(&decimal, behind, end);
    return decimal;
}

/* The exponent's digit of a weight, with its sign. */
static int exponent_digit(const struct decimal *decimal, size_t weight)
{
    if (weight >= decimal->exponent_len) {
        return 0;
    }
    int digit = decimal->exponent[decimal->exponent_len - 1 - weight] - '0';
    return decimal->is_exponent_negative ? -digit : digit;
}

/*
 * The exponent of a less that of b, or a number of the same sign beyond EXPONENT_LIMIT. Digits are
 * taken from the highest weight: a sum of 2 and more never comes nearer to 0 again, for a step
 * makes it ten times as large and takes 18 at most away.
 */
int64_t decimal_exponent_difference(const struct decimal *a, const struct decimal *b)
{
    int64_t sum = 0;
    size_t weight = a->exponent_len > b->exponent_len ? a->exponent_len : b->exponent_len;
    while (weight > 0 && sum < EXPONENT_LIMIT && sum > -EXPONENT_LIMIT) {
        weight--;
        sum = sum * 10 + exponent_digit(a, weight) - exponent_digit(b, weight);
    }
    return sum;
}

static int compare_digits(const struct decimal *a, const struct decimal *b)
{
    const char *at_a = a->digits;
    const char *at_b = b->digits;
    size_t n_common = a->n_digits < b->n_digits ? a->n_digits : b->n_digits;
    for (size_t i = 0; i < n_common; i++) {
        unsigned digit_a = decimal_next_digit(&at_a);
        unsigned digit_b = decimal_next_digit(&at_b);
        if (digit_a != digit_b) {
            return digit_a < digit_b ? -1 : 1;
        }
    }
    /* The last digit is not 0: more digits are more. */
    return (a->n_digits > b->n_digits) - (a->n_digits < b->n_digits);
}

int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct decimal left = decimal_read(a, a_len);
    struct decimal right = decimal_read(b, b_len);
    int sign = decimal_sign(&left);
    if (sign != decimal_sign(&right)) {
        return sign < decimal_sign(&right) ? -1 : 1;
    }
    if (sign == 0) {
        return 0;
    }
    int64_t higher = decimal_exponent_difference(&left, &right) + left.top - right.top;
    if (higher != 0) {
        return higher < 0 ? -sign : sign;
    }
    return sign * compare_digits(&left, &right);
}

bool decimal_is_integer(const char *text, size_t len)
{
    static const struct decimal one = { 0 };
    struct decimal decimal = decimal_read(text, len);
    return decimal.n_digits == 0 ||
           decimal_exponent_difference(&decimal, &one) + decimal.bottom >= 0;
}

/*
 * The power of ten of the last digit, modulo a prime: what is equal stays equal. A power of two
 * would take exponents that end in many zeros for 0.
 */
static uint64_t reduced_power(const struct decimal *decimal)
{
    int64_t power = 0;
    for (size_t i = 0; i < decimal->exponent_len; i++) {
        power = (power * 10 + decimal->exponent[i] - '0') % POWER_PRIME;
    }
    power = (decimal->is_exponent_negative ? -power : power) + decimal->bottom;
    power %= POWER_PRIME;
    return (uint64_t)(power < 0 ? power + POWER_PRIME : power);
}

/* The digits are copied, because a point may lie between them. */
uint64_t decimal_hash(const char *text, size_t len)
{
    struct decimal decimal = decimal_read(text, len);
    uint64_t hash = hash_bytes_seeded("-", decimal.is_negative, reduced_power(&decimal));
    const char *at = decimal.digits;
    for (size_t left = decimal.n_digits; left > 0;) {
        char chunk[HASH_CHUNK];
        size_t n_chunk = left < HASH_CHUNK ? left : HASH_CHUNK;
        for (size_t i = 0; i < n_chunk; i++) {
            chunk[i] = (char)decimal_next_digit(&at);
        }
        hash = hash_bytes_seeded(chunk, n_chunk, hash);
        left -= n_chunk;
    }
    return hash;
}
