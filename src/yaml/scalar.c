/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool is_one_of(const struct yaml_node *scalar, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (strlen(words[i]) == scalar->len && memcmp(words[i], scalar->text, scalar->len) == 0) {
            return true;
        }
    }
    return false;
}

static const char *skip_sign(const char *text)
{
    return *text == '-' || *text == '+' ? text + 1 : text;
}

static const char *skip_digits(const char *text)
{
    while (isdigit((unsigned char)*text)) {
        text++;
    }
    return text;
}

/* Whether text is prefix and at least one of the digits, to its end. */
static bool is_based(const char *text, const char *prefix, const char *digits)
{
    size_t n = strlen(prefix);
    if (strncmp(text, prefix, n) != 0 || text[n] == '\0') {
        return false;
    }
    return text[n + strspn(text + n, digits)] == '\0';
}

static bool is_integer(const char *text)
{
    const char *digits = skip_sign(text);
    if (*digits != '\0' && *skip_digits(digits) == '\0') {
        return true;
    }
    return is_based(text, "0o", "01234567") || is_based(text, "0x", "0123456789abcdefABCDEF");
}

static bool is_number(const char *text)
{
    const char *p = skip_sign(text);
    const char *whole = p;
    p = skip_digits(p);
    size_t n_digits = (size_t)(p - whole);
    if (*p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction);
        n_digits += (size_t)(p - fraction);
    }
    if (n_digits == 0) {
        return false;
    }
    if (*p == 'e' || *p == 'E') {
        const char *exponent = skip_sign(p + 1);
        p = skip_digits(exponent);
        return p > exponent && *p == '\0';
    }
    return *p == '\0';
}

static bool is_infinity(const char *text)
{
    const char *p = skip_sign(text);
    return strcmp(p, ".inf") == 0 || strcmp(p, ".Inf") == 0 || strcmp(p, ".INF") == 0;
}

static bool is_nan(const char *text)
{
    return strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 || strcmp(text, ".NAN") == 0;
}

enum yaml_type yaml_scalar_type(const struct yaml_node *scalar)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const bools[] = { "true", "True", "TRUE", "false", "False", "FALSE" };
    if (!scalar->is_plain || strlen(scalar->text) != scalar->len) {
        return YAML_STRING;
    }
    if (is_one_of(scalar, nulls, ARRAY_SIZE(nulls))) {
        return YAML_NULL;
    }
    if (is_one_of(scalar, bools, ARRAY_SIZE(bools))) {
        return YAML_BOOL;
    }
    if (is_integer(scalar->text)) {
        return YAML_INTEGER;
    }
    if (is_number(scalar->text) || is_infinity(scalar->text) || is_nan(scalar->text)) {
        return YAML_FLOAT;
    }
    return YAML_STRING;
}

bool yaml_is_null(const struct yaml_node *node)
{
    return node == NULL || (node->kind == YAML_SCALAR && yaml_scalar_type(node) == YAML_NULL);
}

bool yaml_scalar_bool(const struct yaml_node *scalar)
{
    return scalar->text[0] == 't' || scalar->text[0] == 'T';
}

int yaml_scalar_int64(const struct yaml_node *scalar, int64_t *ret_value)
{
    const char *text = scalar->text;
    int base = strncmp(text, "0x", 2) == 0 ? 16 : strncmp(text, "0o", 2) == 0 ? 8 : 10;
    errno = 0;
    long long value = strtoll(base == 10 ? text : text + 2, NULL, base);
    if (errno == ERANGE) {
        return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

double yaml_scalar_double(const struct yaml_node *scalar)
{
    int64_t integer;
    if (yaml_scalar_type(scalar) == YAML_INTEGER && yaml_scalar_int64(scalar, &integer) == 0) {
        return (double)integer;
    }
    if (is_nan(scalar->text)) {
        return (double)NAN;
    }
    if (is_infinity(scalar->text)) {
        return scalar->text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
    }
    return strtod(scalar->text, NULL);
}
