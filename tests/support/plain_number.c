/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_number.h"

#include <ctype.h>

#include "base/error.h"

enum { EXPONENT_DIGITS = 15 };

/* digits times 10 to the exponent; neither the first nor the last digit is 0, and 0 has none. */
struct decimal {
    bool is_negative;
    struct buffer digits;
    long long exponent;
};

static void decimal_deinit(struct decimal *decimal)
{
    buffer_deinit(&decimal->digits);
}

#define AUTO_DECIMAL __attribute__((cleanup(decimal_deinit))) struct decimal

static void put_digit(struct decimal *decimal, char digit)
{
    require(buffer_append_byte(&decimal->digits, digit) == 0);
}

static long long read_exponent(const char *p, const char *end)
{
    bool is_negative = *p == '-';
    p += *p == '-' || *p == '+';
    while (p < end && *p == '0') {
        p++;
    }
    long long exponent = 0;
    if (end - p > EXPONENT_DIGITS) {
        exponent = 1000000000000000;
        p = end;
    }
    for (; p < end; p++) {
        exponent = exponent * 10 + (*p - '0');
    }
    return is_negative ? -exponent : exponent;
}

static void strip(struct decimal *decimal)
{
    struct buffer *digits = &decimal->digits;
    while (digits->len > 0 && digits->data[digits->len - 1] == '0') {
        digits->len--;
        decimal->exponent++;
    }
    if (digits->len == 0) {
        decimal->is_negative = false;
        decimal->exponent = 0;
    }
}

static struct decimal read_decimal(const struct buffer *text)
{
    const char *p = text->data;
    const char *end = text->data + text->len;
    struct decimal decimal = { .is_negative = *p == '-' };
    p += *p == '-';
    bool is_fraction = false;
    for (; p < end && (isdigit((unsigned char)*p) || *p == '.'); p++) {
        if (*p == '.') {
            is_fraction = true;
            continue;
        }
        decimal.exponent -= is_fraction;
        if (*p != '0' || decimal.digits.len > 0) {
            put_digit(&decimal, *p);
        }
    }
    decimal.exponent += p < end ? read_exponent(p + 1, end) : 0;
    strip(&decimal);
    return decimal;
}

/* The digit that counts 10 to the power, which is at most that of the first digit. */
static char digit_at(const struct decimal *decimal, long long power)
{
    long long place = decimal->exponent + (long long)decimal->digits.len - 1 - power;
    return place < (long long)decimal->digits.len ? decimal->digits.data[place] : '0';
}

/* Without signs. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    if (a->digits.len == 0 || b->digits.len == 0) {
        return (a->digits.len > 0) - (b->digits.len > 0);
    }
    long long top_a = a->exponent + (long long)a->digits.len;
    long long top_b = b->exponent + (long long)b->digits.len;
    if (top_a != top_b) {
        return top_a < top_b ? -1 : 1;
    }
    size_t n = a->digits.len > b->digits.len ? a->digits.len : b->digits.len;
    for (size_t i = 0; i < n; i++) {
        int difference =
            digit_at(a, top_a - 1 - (long long)i) - digit_at(b, top_a - 1 - (long long)i);
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

int plain_number_compare(const struct buffer *a, const struct buffer *b)
{
    AUTO_DECIMAL x = read_decimal(a);
    AUTO_DECIMAL y = read_decimal(b);
    if (x.is_negative != y.is_negative) {
        return x.is_negative ? -1 : 1;
    }
    int sizes = compare_sizes(&x, &y);
    return x.is_negative ? -sizes : sizes;
}

int plain_number_compare_count(const struct buffer *a, size_t count)
{
    AUTO_BUFFER text = { 0 };
    require(buffer_printf(&text, "%zu", count) == 0);
    return plain_number_compare(a, &text);
}

bool plain_number_is_integer(const struct buffer *number)
{
    AUTO_DECIMAL decimal = read_decimal(number);
    return decimal.exponent >= 0;
}

/* Both are integers with the first digit not 0, as digits; takes b from a. */
static void subtract(struct buffer *a, const struct buffer *b)
{
    int borrow = 0;
    for (size_t i = 0; i < a->len; i++) {
        char *digit = &a->data[a->len - 1 - i];
        int value = *digit - '0' - borrow - (i < b->len ? b->data[b->len - 1 - i] - '0' : 0);
        borrow = value < 0;
        *digit = (char)('0' + value + (borrow != 0 ? 10 : 0));
    }
    size_t zeros = 0;
    while (zeros < a->len && a->data[zeros] == '0') {
        zeros++;
    }
    memmove(a->data, a->data + zeros, a->len - zeros);
    a->len -= zeros;
}

static bool is_less(const struct buffer *a, const struct buffer *b)
{
    return a->len != b->len ? a->len < b->len : memcmp(a->data, b->data, a->len) < 0;
}

/*
 * Division as at school. Where the dividend's zeros outnumber four times the divisor's digits, more of
 * them change nothing: the divisor has fewer factors 2 and 5 than that.
 */
static bool divides(const struct decimal *of, const struct decimal *number, long long zeros)
{
    long long enough = 4 * (long long)of->digits.len;
    zeros = zeros < enough ? zeros : enough;
    AUTO_BUFFER rest = { 0 };
    for (long long i = 0; i < (long long)number->digits.len + zeros; i++) {
        char digit = i < (long long)number->digits.len ? number->digits.data[i] : '0';
        if (rest.len > 0 || digit != '0') {
            require(buffer_append_byte(&rest, digit) == 0);
        }
        while (rest.len > 0 && !is_less(&rest, &of->digits)) {
            subtract(&rest, &of->digits);
        }
    }
    return rest.len == 0;
}

bool plain_number_is_multiple(const struct buffer *number, const struct buffer *of)
{
    AUTO_DECIMAL x = read_decimal(number);
    AUTO_DECIMAL y = read_decimal(of);
    if (x.digits.len == 0) {
        return true;
    }
    /* The last digit of x is not 0, so that it is no multiple of a larger power of 10. */
    return x.exponent >= y.exponent && divides(&y, &x, x.exponent - y.exponent);
}
