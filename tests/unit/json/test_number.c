/* SPDX-License-Identifier: Apache-2.0 */
/* The C library, in its own locale, is the oracle for doubles. */
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/error.h"
#include "json/number.h"

static void test_int64(void)
{
    static const struct {
        const char *text;
        int r;
        int64_t value;
    } cases[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "-1", 0, -1 },
        { "9223372036854775807", 0, INT64_MAX },
        { "9223372036854775808", -ERANGE, 0 },
        { "-9223372036854775808", 0, INT64_MIN },
        { "-9223372036854775809", -ERANGE, 0 },
        { "18446744073709551615", -ERANGE, 0 },
        { "123456789012345678901234567890", -ERANGE, 0 },
        { "1.0", -EDOM, 0 },
        { "1e3", -EDOM, 0 },
        { "1E3", -EDOM, 0 },
        { "99999999999999999999.5", -EDOM, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t value = 77;
        CU_ASSERT(json_number_int64(cases[i].text, strlen(cases[i].text), &value) == cases[i].r);
        CU_ASSERT(value == (cases[i].r == 0 ? cases[i].value : 77));
    }
}

static void test_uint64(void)
{
    static const struct {
        const char *text;
        int r;
        uint64_t value;
    } cases[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "-1", -ERANGE, 0 },
        { "-18446744073709551615", -ERANGE, 0 },
        { "9223372036854775808", 0, UINT64_C(9223372036854775808) },
        { "18446744073709551615", 0, UINT64_MAX },
        { "18446744073709551616", -ERANGE, 0 },
        { "0.0", -EDOM, 0 },
        { "-1e1", -EDOM, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t value = 77;
        CU_ASSERT(json_number_uint64(cases[i].text, strlen(cases[i].text), &value) == cases[i].r);
        CU_ASSERT(value == (cases[i].r == 0 ? cases[i].value : 77));
    }
}

/* A number ends at its length, not at a NUL. */
static void test_length(void)
{
    int64_t value = 0;
    CU_ASSERT(json_number_int64("12345", 3, &value) == 0 && value == 123);
    double number = 0;
    CU_ASSERT(json_number_double("1.5e9", 3, &number) == 0 && number == 1.5);
    CU_ASSERT(json_number_is_integer("12.5", 2));
    CU_ASSERT(!json_number_is_integer("12.5", 3));
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Zero has a sign here. */
static bool is_same_double(double a, double b)
{
    return bits_of(a) == bits_of(b);
}

static void check_double(const char *text)
{
    double expected = strtod(text, NULL);
    double value = 77;
    int r = json_number_double(text, strlen(text), &value);
    bool is_right =
        isinf(expected) ? r == -ERANGE && value == 77 : r == 0 && is_same_double(value, expected);
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "%s: %d, %.17g\n", text, r, value);
    }
}

static void test_doubles(void)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "-0.0e99999999999999999999",
        "0e99999999999999999999",
        "1",
        "0.1",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e309",
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "-1e-99999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "5e-324",
        "4.9e-324",
        "2.4703282292062328e-324",
        "2.4703282292062327e-324",
        "-1e-400",
        "1e-400",
        "9007199254740993",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000000000001e340",
        "10000000000000000000000000000000000000000000000e-340",
        "0.0000000000000000000001e-400",
        "100000000000000000000000e400",
        "1e+5",
        "1E+05",
        "1.5E-0005",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        check_double(texts[i]);
    }
}

/* Too large or too small by digits alone, without an exponent. */
static void test_long_doubles(void)
{
    char text[900];
    for (size_t len = 290; len < 800; len += 17) {
        memset(text, '0', sizeof(text));
        text[0] = '1';
        text[len] = '\0';
        check_double(text);
        snprintf(text, sizeof(text), "0.%0*d1", (int)len, 0);
        check_double(text);
        snprintf(text, sizeof(text), "0.%0*d1e%zu", (int)len, 0, len);
        check_double(text);
    }
}

static double random_double(struct random *random)
{
    for (;;) {
        uint64_t bits = random_next(random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            return value;
        }
    }
}

static void test_random_doubles(void)
{
    struct random random = { 6 };
    for (int i = 0; i < 100000; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%.*e", (int)random_below(&random, 25),
                 random_double(&random));
        check_double(text);
    }
}

static void check_format(double value)
{
    char text[JSON_DOUBLE_SIZE];
    size_t len = 0;
    CU_ASSERT_FATAL(json_format_double(text, value, &len) == 0);
    CU_ASSERT(len == strlen(text) && len < JSON_DOUBLE_SIZE);
    CU_ASSERT(!json_number_is_integer(text, len));
    double back = 0;
    CU_ASSERT(json_number_double(text, len, &back) == 0 && is_same_double(back, value));
    /* No exponential form that reads back is shorter. */
    char other[64];
    for (int precision = 0; precision <= 17; precision++) {
        int other_len = snprintf(other, sizeof(other), "%.*e", precision, value);
        if (is_same_double(strtod(other, NULL), value)) {
            CU_ASSERT(len <= (size_t)other_len + (strchr(text, 'e') == NULL ? 2 : 0));
            break;
        }
    }
}

static void test_format(void)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0.0, "0.0" },
        { -0.0, "-0.0" },
        { 1.0, "1.0" },
        { 0.1, "0.1" },
        { -2.5, "-2.5" },
        { 123456.0, "123456.0" },
        { 1e22, "1e+22" },
        { 1e-7, "1e-07" },
        { 5e-324, "5e-324" },
        { 1.0 / 3, "0.3333333333333333" },
        { DBL_MAX, "1.7976931348623157e+308" },
        { -DBL_MIN, "-2.2250738585072014e-308" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[JSON_DOUBLE_SIZE];
        size_t len = 0;
        CU_ASSERT(json_format_double(text, cases[i].value, &len) == 0);
        CU_ASSERT_STRING_EQUAL(text, cases[i].text);
        check_format(cases[i].value);
    }
    struct random random = { 7 };
    for (int i = 0; i < 50000; i++) {
        check_format(random_double(&random));
        check_format((double)(int64_t)random_next(&random));
        check_format((double)random_below(&random, 100000) / 100);
    }
}

static void test_not_finite(void)
{
    char text[JSON_DOUBLE_SIZE] = "x";
    size_t len = 77;
    CU_ASSERT(json_format_double(text, NAN, &len) == -EDOM);
    CU_ASSERT(json_format_double(text, INFINITY, &len) == -EDOM);
    CU_ASSERT(json_format_double(text, -INFINITY, &len) == -EDOM);
    CU_ASSERT(len == 77);
}

/* A decimal comma in the environment changes nothing. */
static void test_locale(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (setlocale(LC_ALL, names[i]) == NULL) {
            continue;
        }
        double value = 0;
        CU_ASSERT(json_number_double("1.5", 3, &value) == 0 && value == 1.5);
        char text[JSON_DOUBLE_SIZE];
        size_t len = 0;
        CU_ASSERT(json_format_double(text, 1.5, &len) == 0);
        CU_ASSERT_STRING_EQUAL(text, "1.5");
        setlocale(LC_ALL, "C");
        return;
    }
    fprintf(stderr, "skipped: no locale with a decimal comma is installed\n");
}

static const struct test_case cases[] = {
    { "int64 to its edges", test_int64 },
    { "uint64 to its edges", test_uint64 },
    { "a number is as long as its length says", test_length },
    { "doubles are the nearest, too large ones an error, too small ones zero", test_doubles },
    { "numbers of hundreds of digits", test_long_doubles },
    { "random doubles are read as the C library reads them", test_random_doubles },
    { "doubles are written in the fewest digits that read back", test_format },
    { "what is not finite is no JSON", test_not_finite },
    { "the locale does not matter", test_locale },
};

CUNIT_MAIN("json/number", cases)
