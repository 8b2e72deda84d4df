/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle writes numbers out as rows of decimal digits around a fixed point and calculates as on
 * paper: one digit at a time, by repeated subtraction.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/error.h"
#include "json/decimal.h"

static int compare(const char *a, const char *b)
{
    return decimal_compare(a, strlen(a), b, strlen(b));
}

static bool is_multiple(const char *text, const char *divisor)
{
    CU_ASSERT_FATAL(decimal_is_divisor(divisor, strlen(divisor)));
    return decimal_is_multiple(text, strlen(text), divisor, strlen(divisor));
}

static uint64_t hash_of(const char *text)
{
    return decimal_hash(text, strlen(text));
}

static void expect(bool is_right, const char *what, const char *a, const char *b)
{
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "%s: %.80s, %.80s\n", what, a, b);
    }
}

/* Lines ascend; what stands in one line is equal. */
static void test_order(void)
{
    static const char *const lines[][5] = {
        { "-1e99999999999999999999999", "-10e99999999999999999999998" },
        { "-1e99999999999999999999998", "-0.1e99999999999999999999999" },
        { "-1e2", "-100", "-100.0", "-1E+2" },
        { "-99.99999999999999999999999999999999999999" },
        { "-1", "-1.0", "-10e-1" },
        { "-0.5" },
        { "-1e-99999999999999999999999" },
        { "0", "-0", "0.0", "-0e99999999999999999999", "0.000E-5" },
        { "1e-99999999999999999999999", "0.1e-99999999999999999999998" },
        { "1e-99999999999999999999998", "10e-99999999999999999999999" },
        { "0.1", "1e-1", "0.1000", "0.01e1", "100e-3" },
        { "0.1000000000000000000000000000000000000001" },
        { "0.12" },
        { "1", "1.0", "10e-1", "1e0", "1e-0" },
        { "1.00000000000000000000000000001" },
        { "9007199254740992", "9007199254740992.0" },
        { "9007199254740993", "9.007199254740993e15", "9.007199254740993E+0000015" },
        { "99999999999999999999" },
        { "100000000000000000000", "1e20", "1E+20", "1e00000000000000000000000020" },
        { "100000000000000000000.5" },
        { "1e99999999999999999", "0.01e100000000000000001", "10e99999999999999998" },
        { "1e100000000000000000", "10e99999999999999999", "0.1e100000000000000001" },
        { "1e9223372036854775808" },
        { "1e18446744073709551616", "0.1e18446744073709551617" },
        { "1e100000000000000000000000", "10e99999999999999999999999",
          "0.001e100000000000000000000003" },
        { "1.1e100000000000000000000000", "11e99999999999999999999999" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
            for (size_t n = 0; n < 25; n++) {
                const char *a = lines[i][n / 5];
                const char *b = lines[k][n % 5];
                if (a != NULL && b != NULL) {
                    expect(compare(a, b) == (i > k) - (i < k), "order", a, b);
                    expect((hash_of(a) == hash_of(b)) == (i == k), "hash", a, b);
                }
            }
        }
    }
}

static void test_integers(void)
{
    static const struct {
        const char *text;
        bool is_integer;
    } cases[] = {
        { "0", true },
        { "-0.0", true },
        { "0e-99999999999999999999", true },
        { "1", true },
        { "1.0", true },
        { "1e2", true },
        { "10e-1", true },
        { "-1000e-3", true },
        { "1.5e1", true },
        { "100.00", true },
        { "12345678901234567890123456789.000", true },
        { "1e99999999999999999999", true },
        { "0.0001e4", true },
        { "1000000e-6", true },
        { "1.5", false },
        { "-0.1", false },
        { "10e-2", false },
        { "1e-1", false },
        { "0.0001e3", false },
        { "1000000e-7", false },
        { "1e-99999999999999999999", false },
        { "9007199254740993.5", false },
        { "100000000000000000000000000000000.1", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *text = cases[i].text;
        expect(decimal_is_integer(text, strlen(text)) == cases[i].is_integer, "integer", text, "");
    }
}

static void test_divisors(void)
{
    char text[2 * DECIMAL_DIVISOR_DIGITS];
    memset(text, '7', sizeof(text));
    CU_ASSERT(decimal_is_divisor(text, DECIMAL_DIVISOR_DIGITS));
    CU_ASSERT(!decimal_is_divisor(text, DECIMAL_DIVISOR_DIGITS + 1));
    /* A point is no digit. */
    text[3] = '.';
    CU_ASSERT(decimal_is_divisor(text, DECIMAL_DIVISOR_DIGITS + 1));
    CU_ASSERT(!decimal_is_divisor(text, DECIMAL_DIVISOR_DIGITS + 2));
    /* Zeros at the ends do not count, those between do. */
    memset(text, '0', sizeof(text));
    text[0] = '1';
    CU_ASSERT(decimal_is_divisor(text, sizeof(text)));
    text[DECIMAL_DIVISOR_DIGITS - 1] = '1';
    CU_ASSERT(decimal_is_divisor(text, sizeof(text)));
    text[DECIMAL_DIVISOR_DIGITS] = '1';
    CU_ASSERT(!decimal_is_divisor(text, sizeof(text)));
    static const char *const not_above_0[] = { "0", "-0", "0.0", "0e5", "-1", "-0.01", "-1e9" };
    for (size_t i = 0; i < ARRAY_SIZE(not_above_0); i++) {
        CU_ASSERT(!decimal_is_divisor(not_above_0[i], strlen(not_above_0[i])));
    }
    CU_ASSERT(decimal_is_divisor("1e-99999999999999999999", 23));
    CU_ASSERT(decimal_is_divisor("0.01", 4));
}

static void test_multiples(void)
{
    static const struct {
        const char *text;
        const char *divisor;
        bool is_multiple;
    } cases[] = {
        { "0", "7", true },
        { "-0.0", "1e99999999999999999999", true },
        { "10", "2", true },
        { "-10", "2", true },
        { "7", "2", false },
        { "19.99", "0.01", true },
        { "0.3", "0.1", true },
        { "1.1", "0.1", true },
        { "0.0075", "0.0001", true },
        { "0.00751", "0.0001", false },
        { "4.5", "1.5", true },
        { "35", "1.5", false },
        { "1e308", "0.123456789", false },
        { "12391239123", "1e-8", true },
        { "1e308", "0.5", true },
        { "1", "3", false },
        { "1e99999999999999999999", "3", false },
        { "3e99999999999999999999", "3", true },
        { "1e99999999999999999999", "1e99999999999999999999", true },
        { "1e99999999999999999999", "1e100000000000000000000", false },
        { "1e100000000000000000000", "1e99999999999999999999", true },
        { "1e99999999999999999999", "1e-99999999999999999999", true },
        { "1e-99999999999999999999", "1e99999999999999999999", false },
        { "9007199254740993", "2", false },
        { "9007199254740994", "2", true },
        { "18446744073709551616", "18446744073709551615", false },
        { "36893488147419103230", "18446744073709551615", true },
        { "36893488147419103232", "18446744073709551616", true },
        { "36893488147419103231", "18446744073709551616", false },
        { "340282366920938463463374607431768211456", "18446744073709551616", true },
        /* The guess of a step's quotient is two too large. */
        { "1038991623015675761966243179995596568520922406249186085461321047488366046923271409314679"
          "44246740",
          "170141183460469231750134047789593657343", true },
        /* As many zeros as the divisor has twos, and one fewer. */
        { "1e63", "9223372036854775808", true },
        { "1e62", "9223372036854775808", false },
        { "1e64", "18446744073709551616", true },
        { "1e63", "18446744073709551616", false },
        { "1e27", "7450580596923828125", true },
        { "1e26", "7450580596923828125", false },
        { "100", "10", true },
        { "101", "10", false },
        { "1.0e1", "0.25e1", true },
        { "5", "10", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        expect(is_multiple(cases[i].text, cases[i].divisor) == cases[i].is_multiple, "multiple",
               cases[i].text, cases[i].divisor);
    }
}

/* Texts need not end where the number ends. */
static void test_length(void)
{
    CU_ASSERT(decimal_compare("123", 2, "12", 2) == 0);
    CU_ASSERT(decimal_compare("1e55", 3, "1e5", 3) == 0);
    CU_ASSERT(decimal_is_integer("1.5", 1));
    CU_ASSERT(decimal_hash("1.05", 3) == decimal_hash("1", 1));
    CU_ASSERT(decimal_is_multiple("105", 2, "55", 1));
}

/* The oracle's numbers: FIXED digits before the point and as many behind, highest first. */
enum { FIXED = 48 };

struct fixed {
    bool is_negative;
    char digits[2 * FIXED];
};

/* Writes out a number whose digits all find room. */
static struct fixed fixed_of(const char *text)
{
    struct fixed fixed = { .is_negative = *text == '-' };
    text += fixed.is_negative;
    long exponent = 0;
    size_t len = strcspn(text, "eE");
    if (text[len] != '\0') {
        exponent = strtol(text + len + 1, NULL, 10);
    }
    long at = FIXED - (long)strcspn(text, ".eE") - exponent;
    bool is_zero = true;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.') {
            continue;
        }
        if (text[i] != '0') {
            CU_ASSERT_FATAL(at >= 0 && at < 2 * FIXED);
            fixed.digits[at] = (char)(text[i] - '0');
            is_zero = false;
        }
        at++;
    }
    fixed.is_negative = fixed.is_negative && !is_zero;
    return fixed;
}

static int fixed_compare(const struct fixed *a, const struct fixed *b)
{
    if (a->is_negative != b->is_negative) {
        return a->is_negative ? -1 : 1;
    }
    int order = memcmp(a->digits, b->digits, sizeof(a->digits));
    order = (order > 0) - (order < 0);
    return a->is_negative ? -order : order;
}

static bool fixed_is_integer(const struct fixed *fixed)
{
    static const char zeros[FIXED];
    return memcmp(fixed->digits + FIXED, zeros, FIXED) == 0;
}

/* row -= digits, both of n digits, row the greater one. */
static void row_subtract(char *row, const char *digits, size_t n)
{
    int borrow = 0;
    for (size_t i = n; i-- > 0;) {
        int digit = row[i] - digits[i] - borrow;
        borrow = digit < 0;
        row[i] = (char)(digit + 10 * borrow);
    }
}

/* Without their points both are integers, and multiples stay multiples. */
static bool fixed_is_multiple(const struct fixed *a, const struct fixed *divisor)
{
    enum { WIDTH = 2 * FIXED + 1 };
    char row[WIDTH] = { 0 };
    char wide_divisor[WIDTH] = { 0 };
    memcpy(wide_divisor + 1, divisor->digits, sizeof(divisor->digits));
    for (size_t i = 0; i < sizeof(a->digits); i++) {
        memmove(row, row + 1, WIDTH - 1);
        row[WIDTH - 1] = a->digits[i];
        while (memcmp(row, wide_divisor, WIDTH) >= 0) {
            row_subtract(row, wide_divisor, WIDTH);
        }
    }
    static const char zeros[WIDTH];
    return memcmp(row, zeros, WIDTH) == 0;
}

/* A number of few digits (many of them 0 or 9) and a small exponent, in every way to write it. */
static void random_number(struct random *random, char *text, size_t most_digits)
{
    size_t at = 0;
    size_t n_digits = 1 + random_below(random, most_digits);
    size_t point = 1 + random_below(random, n_digits);
    if (random_below(random, 3) == 0) {
        text[at++] = '-';
    }
    for (size_t i = 0; i < n_digits; i++) {
        static const char digits[] = "000099123456789";
        if (i == point) {
            text[at++] = '.';
        }
        text[at] = digits[random_below(random, sizeof(digits) - 1)];
        if (i == 0 && point > 1 && text[at] == '0') {
            text[at] = '1';
        }
        at++;
    }
    text[at] = '\0';
    if (random_below(random, 2) == 0) {
        static const char *const letters[] = { "e", "E", "e0", "e+", "E-", "e-00" };
        const char *letter = letters[random_below(random, ARRAY_SIZE(letters))];
        sprintf(text + at, "%s%d", letter, (int)random_below(random, 12));
    }
}

/* The same number with one more digit behind, which is 0 or makes it a neighbour. */
static void lengthened(const char *text, char digit, char *ret_text)
{
    size_t len = strcspn(text, "eE");
    long exponent = text[len] == '\0' ? 0 : strtol(text + len + 1, NULL, 10);
    exponent -= strcspn(text, ".") < len ? 0 : 1;
    sprintf(ret_text, "%.*s%ce%ld", (int)len, text, digit, exponent);
    /* 00 is no number. */
    if (ret_text[ret_text[0] == '-'] == '0' && exponent < 0 && strchr(ret_text, '.') == NULL) {
        sprintf(ret_text, "%s", text);
    }
}

static void test_random_order(void)
{
    struct random random = { 31 };
    size_t n_equal = 0;
    size_t n_integers = 0;
    for (int i = 0; i < 100000; i++) {
        char a[64];
        char b[64];
        size_t most_digits = 1 + random_below(&random, 24);
        random_number(&random, a, most_digits);
        random_number(&random, b, most_digits);
        if (i % 2 == 0) {
            lengthened(a, random_below(&random, 2) == 0 ? '0' : '1', b);
        }
        struct fixed fixed_a = fixed_of(a);
        struct fixed fixed_b = fixed_of(b);
        int order = fixed_compare(&fixed_a, &fixed_b);
        expect(compare(a, b) == order, "order", a, b);
        expect((hash_of(a) == hash_of(b)) == (order == 0), "hash", a, b);
        bool is_integer = fixed_is_integer(&fixed_a);
        expect(decimal_is_integer(a, strlen(a)) == is_integer, "integer", a, "");
        n_equal += order == 0;
        n_integers += is_integer;
    }
    CU_ASSERT(n_equal > 1000 && n_integers > 10000);
}

static void test_random_multiples(void)
{
    struct random random = { 32 };
    size_t n_multiples = 0;
    size_t n_cases = 0;
    while (n_cases < 20000) {
        char a[64];
        char divisor[64];
        random_number(&random, a, 24);
        random_number(&random, divisor, 1 + random_below(&random, 24));
        struct fixed fixed_a = fixed_of(a);
        struct fixed fixed_divisor = fixed_of(divisor);
        struct fixed zero = { 0 };
        bool is_divisor = fixed_compare(&fixed_divisor, &zero) > 0;
        expect(decimal_is_divisor(divisor, strlen(divisor)) == is_divisor, "divisor", divisor, "");
        if (is_divisor) {
            bool is_right = fixed_is_multiple(&fixed_a, &fixed_divisor);
            expect(is_multiple(a, divisor) == is_right, "multiple", a, divisor);
            n_multiples += is_right;
            n_cases++;
        }
    }
    CU_ASSERT(n_multiples > 500);
}

/* Digits of every length; nines and zeros make quotients whose first guess is wrong. */
static void random_row(struct random *random, char *row, size_t len)
{
    uint64_t kind = random_below(random, 3);
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = random_below(random, 10);
        row[i] = (char)(kind == 0 ? digit : kind == 1 ? 9 * (digit > 0) : digit == 0);
    }
    row[0] = row[0] == 0 ? 1 : row[0];
    row[len - 1] = row[len - 1] == 0 ? 3 : row[len - 1];
}

/* product = a * b + addend, as on paper; returns its text without leading zeros. */
static char *row_product(const char *a, size_t a_len, const char *b, size_t b_len, int addend)
{
    size_t len = a_len + b_len;
    char *text = calloc(len + 1, 1);
    require(text != NULL);
    for (size_t i = a_len; i-- > 0;) {
        int carry = 0;
        for (size_t k = b_len; k-- > 0;) {
            carry += text[i + k + 1] + a[i] * b[k];
            text[i + k + 1] = (char)(carry % 10);
            carry /= 10;
        }
        text[i] = (char)carry;
    }
    int carry = addend;
    for (size_t i = len; i-- > 0;) {
        carry += text[i];
        text[i] = (char)('0' + (carry + 10) % 10);
        carry = carry < 0 ? -1 : carry / 10;
    }
    size_t n_zeros = strspn(text, "0");
    memmove(text, text + n_zeros, len + 1 - n_zeros);
    return text;
}

/* A product is a multiple, and its neighbours are not; the point may lie anywhere. */
static void test_long_multiples(void)
{
    struct random random = { 33 };
    for (int i = 0; i < 600; i++) {
        char divisor[DECIMAL_DIVISOR_DIGITS] = { 0 };
        char factor[3000] = { 0 };
        size_t divisor_len = i % 8 == 0 ? sizeof(divisor) : 2 + random_below(&random, 300);
        size_t factor_len = i % 8 == 0 ? sizeof(factor) : 1 + random_below(&random, 300);
        random_row(&random, divisor, divisor_len);
        random_row(&random, factor, factor_len);
        static const char one = 1;
        char *divisor_text = row_product(divisor, divisor_len, &one, 1, 0);
        for (int addend = -1; addend <= 1; addend++) {
            char *text = row_product(divisor, divisor_len, factor, factor_len, addend);
            expect(is_multiple(text, divisor_text) == (addend == 0), "long", text, divisor_text);
            size_t len = strlen(text);
            char *pointed = calloc(len + 40, 1);
            require(pointed != NULL);
            size_t point = 1 + random_below(&random, len - 1);
            sprintf(pointed, "%.*s.%se%zu", (int)point, text, text + point, len - point);
            expect(compare(text, pointed) == 0, "pointed", text, pointed);
            expect(hash_of(text) == hash_of(pointed), "pointed hash", text, pointed);
            expect(is_multiple(pointed, divisor_text) == (addend == 0), "pointed", pointed,
                   divisor_text);
            free(pointed);
            free(text);
        }
        free(divisor_text);
    }
}

/* Zeros of an exponent count as written ones, up to the longest divisor: 2^3400 and 5^1464. */
static void test_long_zeros(void)
{
    static const struct {
        int factor;
        size_t power;
    } cases[] = { { 2, 3400 }, { 2, 200 }, { 2, 64 }, { 5, 1464 }, { 5, 27 }, { 5, 28 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char factor = (char)cases[i].factor;
        static const char one = 1;
        char *divisor = row_product(&factor, 1, &one, 1, 0);
        for (size_t power = 1; power < cases[i].power; power++) {
            size_t len = strlen(divisor);
            for (size_t k = 0; k < len; k++) {
                divisor[k] = (char)(divisor[k] - '0');
            }
            char *next = row_product(divisor, len, &factor, 1, 0);
            free(divisor);
            divisor = next;
        }
        char text[32];
        sprintf(text, "1e%zu", cases[i].power);
        expect(is_multiple(text, divisor), "zeros", text, divisor);
        sprintf(text, "-3e%zu", cases[i].power + 12345);
        expect(is_multiple(text, divisor), "zeros", text, divisor);
        sprintf(text, "1e%zu", cases[i].power - 1);
        expect(!is_multiple(text, divisor), "zeros", text, divisor);
        free(divisor);
    }
}

/* Exponents of any length, as texts of the same digits whose point and exponent move together. */
static void test_random_exponents(void)
{
    struct random random = { 34 };
    for (int i = 0; i < 20000; i++) {
        /* 10^low + rest, around which both exponents lie: carries run through all its digits. */
        char digits[2][64];
        size_t n_zeros = 16 + random_below(&random, 30);
        int64_t offsets[2];
        for (size_t k = 0; k < 2; k++) {
            offsets[k] = (int64_t)random_below(&random, 19) - 9;
            if (offsets[k] >= 0) {
                sprintf(digits[k], "1%0*" PRId64, (int)n_zeros, offsets[k]);
            } else {
                memset(digits[k], '9', n_zeros);
                sprintf(digits[k] + n_zeros - 1, "%" PRId64, 10 + offsets[k]);
            }
        }
        /* 1e(x + o0) against 1 with a point moved by s, e(x + o1). */
        bool is_negative = random_below(&random, 2) == 0;
        int shift = (int)random_below(&random, 20);
        char a[128];
        char b[128];
        sprintf(a, "1%s%s", is_negative ? "e-" : "e", digits[0]);
        sprintf(b, "1%0*d%s%s", shift + 1, 0, is_negative ? "e-" : "e+", digits[1]);
        int64_t power_a = is_negative ? -offsets[0] : offsets[0];
        int64_t power_b = (is_negative ? -offsets[1] : offsets[1]) + shift + 1;
        expect(compare(a, b) == (power_a > power_b) - (power_a < power_b), "exponent", a, b);
        expect((hash_of(a) == hash_of(b)) == (power_a == power_b), "exponent hash", a, b);
        expect(is_multiple(a, b) == (power_a >= power_b), "exponent multiple", a, b);
        expect(decimal_is_integer(b, strlen(b)) != is_negative, "exponent integer", b, "");
    }
}

static const struct test_case cases[] = {
    { "numbers are ordered by value, equal ones hash alike", test_order },
    { "integers are told by value", test_integers },
    { "divisors are above 0 and of 1024 digits at most", test_divisors },
    { "multiples are exact", test_multiples },
    { "a number is as long as its length says", test_length },
    { "random numbers are ordered as on paper", test_random_order },
    { "random multiples are those of long division", test_random_multiples },
    { "products of thousands of digits, and their neighbours", test_long_multiples },
    { "zeros of an exponent count as written ones", test_long_zeros },
    { "exponents beyond every integer type", test_random_exponents },
};

CUNIT_MAIN("json/decimal", cases)
