/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/scalar.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

static struct yaml_node scalar_of(const char *text, bool is_plain)
{
    return (struct yaml_node){
        .kind = YAML_SCALAR, .is_plain = is_plain, .text = text, .len = strlen(text)
    };
}

static void test_types(void)
{
    static const struct {
        const char *text;
        enum yaml_type type;
    } rows[] = {
        { "", YAML_NULL },        { "~", YAML_NULL },
        { "null", YAML_NULL },    { "NULL", YAML_NULL },
        { "nUll", YAML_STRING },  { "none", YAML_STRING },
        { "true", YAML_BOOL },    { "False", YAML_BOOL },
        { "tRUE", YAML_STRING },  { "yes", YAML_STRING },
        { "off", YAML_STRING },   { "0", YAML_INTEGER },
        { "-0", YAML_INTEGER },   { "+12", YAML_INTEGER },
        { "007", YAML_INTEGER },  { "0o17", YAML_INTEGER },
        { "0o18", YAML_STRING },  { "0xFf", YAML_INTEGER },
        { "0x", YAML_STRING },    { "-0x1", YAML_STRING },
        { "1_000", YAML_STRING }, { "1:30", YAML_STRING },
        { "-", YAML_STRING },     { "+", YAML_STRING },
        { "1.", YAML_FLOAT },     { ".5", YAML_FLOAT },
        { ".", YAML_STRING },     { "1e3", YAML_FLOAT },
        { "1e", YAML_STRING },    { "1.5E-3", YAML_FLOAT },
        { "e3", YAML_STRING },    { ".inf", YAML_FLOAT },
        { "-.INF", YAML_FLOAT },  { ".nan", YAML_FLOAT },
        { "+.nan", YAML_STRING }, { "inf", YAML_STRING },
        { "nan", YAML_STRING },   { "12 ", YAML_STRING },
        { "1.2.3", YAML_STRING }, { "2026-01-31", YAML_STRING },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node plain = scalar_of(rows[i].text, true);
        struct yaml_node quoted = scalar_of(rows[i].text, false);
        CU_ASSERT_EQUAL(yaml_scalar_type(&plain), rows[i].type);
        CU_ASSERT_EQUAL(yaml_scalar_type(&quoted), YAML_STRING);
        if (yaml_scalar_type(&plain) != rows[i].type) {
            printf("\"%s\": %d\n", rows[i].text, (int)yaml_scalar_type(&plain));
        }
    }
}

static void test_integers(void)
{
    static const struct {
        const char *text;
        int result;
        int64_t value;
    } rows[] = {
        { "0", 0, 0 },
        { "-7", 0, -7 },
        { "010", 0, 10 },
        { "0o10", 0, 8 },
        { "0x7fffffffffffffff", 0, INT64_MAX },
        { "9223372036854775807", 0, INT64_MAX },
        { "-9223372036854775808", 0, INT64_MIN },
        { "9223372036854775808", -ERANGE, 5 },
        { "0x8000000000000000", -ERANGE, 5 },
        { "-9223372036854775809", -ERANGE, 5 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node scalar = scalar_of(rows[i].text, true);
        int64_t value = 5;
        CU_ASSERT_EQUAL(yaml_scalar_int64(&scalar, &value), rows[i].result);
        CU_ASSERT_EQUAL(value, rows[i].value);
    }
}

static void test_doubles(void)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        { "1.5", 1.5 },
        { "-.25", -.25 },
        { "0x10", 16 },
        { "7", 7 },
        { "1e400", (double)INFINITY },
        { "-.inf", -(double)INFINITY },
        { ".Inf", (double)INFINITY },
        { "18446744073709551616", 0x1p64 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node scalar = scalar_of(rows[i].text, true);
        CU_ASSERT_EQUAL(yaml_scalar_double(&scalar), rows[i].value);
    }
    struct yaml_node nan = scalar_of(".nan", true);
    CU_ASSERT(isnan(yaml_scalar_double(&nan)));
}

static void test_nulls_and_booleans(void)
{
    struct yaml_node quoted = scalar_of("null", false);
    struct yaml_node list = { .kind = YAML_LIST };
    struct yaml_node yes = scalar_of("TRUE", true);
    struct yaml_node no = scalar_of("false", true);
    CU_ASSERT_TRUE(yaml_is_null(NULL));
    CU_ASSERT_FALSE(yaml_is_null(&quoted));
    CU_ASSERT_FALSE(yaml_is_null(&list));
    CU_ASSERT_TRUE(yaml_scalar_bool(&yes));
    CU_ASSERT_FALSE(yaml_scalar_bool(&no));
}

static void test_nul_bytes_make_a_text(void)
{
    struct yaml_node scalar = { .kind = YAML_SCALAR, .is_plain = true, .text = "1\0", .len = 2 };
    CU_ASSERT_EQUAL(yaml_scalar_type(&scalar), YAML_STRING);
}

static const struct test_case cases[] = {
    { "types are those of the core schema of YAML 1.2", test_types },
    { "integers are read up to 64 bits", test_integers },
    { "doubles are read, infinities included", test_doubles },
    { "nulls and booleans are told from texts", test_nulls_and_booleans },
    { "a scalar with a NUL is a text", test_nul_bytes_make_a_text },
};

CUNIT_MAIN("yaml/scalar", cases)
