/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number is read into the places of its first and last digit that is not 0, the power of ten of
 * each as the point alone gives it, and the text of the exponent. Exponents stay texts: they may
 * have more digits than any integer type, and all that is ever asked of two of them is their
 * difference, which either fits or is beyond what the digits of a text in memory could make up for.
 */
#include "json/decimal.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"

/* Twice as wide as a word; ISO C has no such type. */
__extension__ typedef unsigned __int128 wide;

enum {
    WORD_BITS = 64,
    /* The most digits that any number of so many digits fits a word. */
    CHUNK_DIGITS = 19,
    /* 10^1024 < 2^3402: 54 words. */
    DIVISOR_WORDS = DECIMAL_DIVISOR_DIGITS * 3402 / 1024 / WORD_BITS + 1,
    HASH_CHUNK = 256,
};

/* Far above the length of any text, and a tenth of it and more away from the end of int64_t. */
static const int64_t EXPONENT_LIMIT = INT64_C(100000000000000000);

/* The largest prime below 10^17. */
static const int64_t POWER_PRIME = INT64_C(99999999999999997);

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

/* Zeros of every sign and exponent are one. */
static struct decimal decimal_read(const char *text, size_t len)
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

/* Takes the digit at a place and moves on. */
static unsigned next_digit(const char **at)
{
    if (**at == '.') {
        (*at)++;
    }
    return (unsigned)(*(*at)++ - '0');
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
static int64_t exponent_difference(const struct decimal *a, const struct decimal *b)
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
        unsigned digit_a = next_digit(&at_a);
        unsigned digit_b = next_digit(&at_b);
        if (digit_a != digit_b) {
            return digit_a < digit_b ? -1 : 1;
        }
    }
    /* The last digit is not 0: more digits are more. */
    return (a->n_digits > b->n_digits) - (a->n_digits < b->n_digits);
}

/* -1, 0 or 1; 0 has no first digit, and its sign is that of neither. */
static int sign_of(const struct decimal *decimal)
{
    if (decimal->n_digits == 0) {
        return 0;
    }
    return decimal->is_negative ? -1 : 1;
}

int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct decimal left = decimal_read(a, a_len);
    struct decimal right = decimal_read(b, b_len);
    int sign = sign_of(&left);
    if (sign != sign_of(&right)) {
        return sign < sign_of(&right) ? -1 : 1;
    }
    if (sign == 0) {
        return 0;
    }
    int64_t higher = exponent_difference(&left, &right) + left.top - right.top;
    if (higher != 0) {
        return higher < 0 ? -sign : sign;
    }
    return sign * compare_digits(&left, &right);
}

bool decimal_is_integer(const char *text, size_t len)
{
    static const struct decimal one = { 0 };
    struct decimal decimal = decimal_read(text, len);
    return decimal.n_digits == 0 || exponent_difference(&decimal, &one) + decimal.bottom >= 0;
}

bool decimal_is_divisor(const char *text, size_t len)
{
    struct decimal decimal = decimal_read(text, len);
    return sign_of(&decimal) > 0 && decimal.n_digits <= DECIMAL_DIVISOR_DIGITS;
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
        chunk = chunk * 10 + next_digit(at);
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
    require(sign_of(&b) > 0 && b.n_digits <= DECIMAL_DIVISOR_DIGITS);
    if (a.n_digits == 0) {
        return true;
    }
    int64_t n_zeros = exponent_difference(&a, &b) + a.bottom - b.bottom;
    if (n_zeros < 0) {
        return false;
    }
    struct division division;
    division_init(&division, &b);
    division_take_digits(&division, &a);
    division_take_zeros(&division, (uint64_t)n_zeros);
    return division_is_exact(&division);
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
            chunk[i] = (char)next_digit(&at);
        }
        hash = hash_bytes_seeded(chunk, n_chunk, hash);
        left -= n_chunk;
    }
    return hash;
}
