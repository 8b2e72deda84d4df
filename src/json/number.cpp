/* SPDX-License-Identifier: Apache-2.0 */
/* In C++ for <charconv>: correct, shortest, and deaf to the locale, which strtod() and printf() obey. */
#include "json/number.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

bool json_number_is_integer(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' || (text[i] | 0x20) == 'e') {
            return false;
        }
    }
    return true;
}

template <typename Integer>
static int integer_read(const char *text, size_t len, Integer *ret_value)
{
    Integer value = 0;
    auto result = std::from_chars(text, text + len, value);
    if (!json_number_is_integer(text, len)) {
        return -EDOM;
    }
    if (result.ec != std::errc() || result.ptr != text + len) {
        return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

int json_number_int64(const char *text, size_t len, int64_t *ret_value)
{
    return integer_read(text, len, ret_value);
}

int json_number_uint64(const char *text, size_t len, uint64_t *ret_value)
{
    /* Only "-0" is negative and fits. */
    if (len == 2 && text[0] == '-' && text[1] == '0') {
        *ret_value = 0;
        return 0;
    }
    return integer_read(text, len, ret_value);
}

/*
 * Whether a number that no double holds is too small rather than too large: by the power of ten of
 * its first digit that is not 0.
 */
static bool is_tiny(const char *text, size_t len)
{
    const char *end = text + len;
    const char *p = text + (text[0] == '-');
    int64_t power = 0;
    bool is_fraction = false;
    bool is_leading = true;
    for (; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.') {
            is_fraction = true;
            continue;
        }
        is_leading = is_leading && *p == '0';
        power += is_fraction ? (is_leading ? -1 : 0) : (is_leading ? 0 : 1);
    }
    if (p == end) {
        return power <= 0;
    }
    p += p[1] == '+' ? 2 : 1;
    int64_t exponent = 0;
    if (std::from_chars(p, end, exponent).ec != std::errc()) {
        return *p == '-';
    }
    return exponent < -power || (exponent == -power && power <= 0);
}

int json_number_double(const char *text, size_t len, double *ret_value)
{
    double value = 0;
    auto result = std::from_chars(text, text + len, value);
    if (result.ec == std::errc::result_out_of_range) {
        if (!is_tiny(text, len)) {
            return -ERANGE;
        }
        value = text[0] == '-' ? -0.0 : 0.0;
    }
    if (std::isinf(value)) {
        return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

int json_format_double(char *text, double value, size_t *ret_len)
{
    if (!std::isfinite(value)) {
        return -EDOM;
    }
    char *end = std::to_chars(text, text + JSON_DOUBLE_SIZE - 3, value).ptr;
    if (json_number_is_integer(text, static_cast<size_t>(end - text))) {
        *end++ = '.';
        *end++ = '0';
    }
    *end = '\0';
    *ret_len = static_cast<size_t>(end - text);
    return 0;
}
