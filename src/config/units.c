/* SPDX-License-Identifier: Apache-2.0 */
#include "config/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Smallest first; format takes the last one that divides. */
static const struct unit size_units[] = {
    { "B", 1 },
    { "KB", 1000 },
    { "MB", 1000000 },
    { "GB", 1000000000 },
    { "TB", INT64_C(1000000000000) },
    { "KiB", INT64_C(1) << 10 },
    { "MiB", INT64_C(1) << 20 },
    { "GiB", INT64_C(1) << 30 },
    { "TiB", INT64_C(1) << 40 },
};

static const struct unit time_units[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
};

/* Reads digits. Returns where they end, or NULL without any; *ret_value is -1 beyond 63 bits. */
static const char *read_number(const char *text, int64_t *ret_value)
{
    if (!isdigit((unsigned char)*text)) {
        return NULL;
    }
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *ret_value = errno == ERANGE ? -1 : value;
    return end;
}

static const struct unit *find_unit(const struct unit *units, size_t n_units, const char *name,
                                    size_t len)
{
    for (size_t i = 0; i < n_units; i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

static size_t letters(const char *text)
{
    size_t n = 0;
    while (isalpha((unsigned char)text[n])) {
        n++;
    }
    return n;
}

/* sum + value * factor; -ERANGE beyond 63 bits. */
static int add_product(int64_t *sum, int64_t value, int64_t factor)
{
    int64_t product;
    if (value < 0 || __builtin_mul_overflow(value, factor, &product) ||
        __builtin_add_overflow(*sum, product, sum)) {
        return -ERANGE;
    }
    return 0;
}

int bytes_parse(const char *text, int64_t *ret_bytes)
{
    int64_t value;
    const char *name = read_number(text, &value);
    if (name == NULL) {
        return -EINVAL;
    }
    name += *name == ' ';
    const struct unit *unit = find_unit(size_units, ARRAY_SIZE(size_units), name, strlen(name));
    if (unit == NULL && (*name != '\0' || name[-1] == ' ')) {
        return -EINVAL;
    }
    int64_t bytes = 0;
    int r = add_product(&bytes, value, unit != NULL ? unit->factor : 1);
    if (r == 0) {
        *ret_bytes = bytes;
    }
    return r;
}

int duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t ms = 0;
    if (strcmp(text, "0") == 0) {
        *ret_ms = 0;
        return 0;
    }
    do {
        int64_t value;
        const char *name = read_number(text, &value);
        if (name == NULL) {
            return -EINVAL;
        }
        name += *name == ' ';
        size_t len = letters(name);
        const struct unit *unit = find_unit(time_units, ARRAY_SIZE(time_units), name, len);
        if (unit == NULL) {
            return -EINVAL;
        }
        int r = add_product(&ms, value, unit->factor);
        if (r < 0) {
            return r;
        }
        text = name + len;
    } while (*text != '\0');
    *ret_ms = ms;
    return 0;
}

int time_parse(const char *text, int64_t *ret_ms)
{
    int64_t value;
    const char *end = read_number(text, &value);
    if (end != NULL && *end == '\0') {
        /* Beyond what fits into nanoseconds it is no time of ours. */
        if (value < 0 || value > INT64_MAX / NS_PER_MS) {
            return -EINVAL;
        }
        *ret_ms = value;
        return 0;
    }
    if (rfc3339_parse(text, &value) < 0 || value < 0) {
        return -EINVAL;
    }
    *ret_ms = value / NS_PER_MS;
    return 0;
}

static void format(char *text, int64_t value, const struct unit *units, size_t n_units)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < n_units; i++) {
        if (value != 0 && value % units[i].factor == 0 &&
            (best == NULL || units[i].factor > best->factor)) {
            best = &units[i];
        }
    }
    snprintf(text, UNITS_SIZE, "%" PRId64 "%s", best != NULL ? value / best->factor : value,
             best != NULL ? best->name : "");
}

void bytes_format(char *text, int64_t bytes)
{
    format(text, bytes, size_units, ARRAY_SIZE(size_units));
}

void duration_format(char *text, int64_t ms)
{
    format(text, ms, time_units, ARRAY_SIZE(time_units));
}
