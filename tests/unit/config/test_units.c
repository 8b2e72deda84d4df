/* SPDX-License-Identifier: Apache-2.0 */
#include "config/units.h"

#include <errno.h>
#include <inttypes.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

struct row {
    const char *text;
    int result;
    int64_t value;
};

static void check(const struct row *rows, size_t n_rows, int (*parse)(const char *, int64_t *))
{
    for (size_t i = 0; i < n_rows; i++) {
        int64_t value = -5;
        int64_t expected = rows[i].result == 0 ? rows[i].value : -5;
        int r = parse(rows[i].text, &value);
        CU_ASSERT_EQUAL(r, rows[i].result);
        CU_ASSERT_EQUAL(value, expected);
        if (r != rows[i].result || value != expected) {
            printf("\"%s\": %d, %" PRId64 "\n", rows[i].text, r, value);
        }
    }
}

static void test_sizes(void)
{
    static const struct row rows[] = {
        { "0", 0, 0 },
        { "4096", 0, 4096 },
        { "7B", 0, 7 },
        { "64KB", 0, 64000 },
        { "64KiB", 0, 65536 },
        { "1MB", 0, 1000000 },
        { "1MiB", 0, 1048576 },
        { "16 GiB", 0, INT64_C(17179869184) },
        { "2TB", 0, INT64_C(2000000000000) },
        { "1TiB", 0, INT64_C(1099511627776) },
        { "9223372036854775807", 0, INT64_MAX },
        { "9223372036854775808", -ERANGE, 0 },
        { "8388608TiB", -ERANGE, 0 },
        { "99999999999999999999999KB", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "MiB", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "+1", -EINVAL, 0 },
        { " 1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 },
        { "1  MiB", -EINVAL, 0 },
        { "1.5MiB", -EINVAL, 0 },
        { "1mib", -EINVAL, 0 },
        { "1K", -EINVAL, 0 },
        { "1MiB ", -EINVAL, 0 },
        { "1MiB2", -EINVAL, 0 },
        { "0x10", -EINVAL, 0 },
    };
    check(rows, ARRAY_SIZE(rows), bytes_parse);
}

static void test_durations(void)
{
    static const struct row rows[] = {
        { "0", 0, 0 },
        { "0s", 0, 0 },
        { "10ms", 0, 10 },
        { "30s", 0, 30000 },
        { "5 m", 0, 300000 },
        { "1h", 0, 3600000 },
        { "7d", 0, 604800000 },
        { "1h30m", 0, 5400000 },
        { "1m1ms", 0, 60001 },
        { "9223372036854775807ms", 0, INT64_MAX },
        { "9223372036854775807s", -ERANGE, 0 },
        { "9223372036854775807ms1ms", -ERANGE, 0 },
        { "", -EINVAL, 0 },
        { "1", -EINVAL, 0 },
        { "10", -EINVAL, 0 },
        { "s", -EINVAL, 0 },
        { "-1s", -EINVAL, 0 },
        { "1.5s", -EINVAL, 0 },
        { "1sec", -EINVAL, 0 },
        { "1S", -EINVAL, 0 },
        { "1h ", -EINVAL, 0 },
        { "1h30", -EINVAL, 0 },
        { "1us", -EINVAL, 0 },
    };
    check(rows, ARRAY_SIZE(rows), duration_parse);
}

static void test_times(void)
{
    static const struct row rows[] = {
        { "0", 0, 0 },
        { "1790525832813", 0, INT64_C(1790525832813) },
        { "2026-01-31T12:00:00Z", 0, INT64_C(1769860800000) },
        { "2026-01-31T12:00:00.250Z", 0, INT64_C(1769860800250) },
        { "2026-01-31T13:00:00+01:00", 0, INT64_C(1769860800000) },
        { "1969-12-31T23:59:59Z", -EINVAL, 0 },
        { "-1", -EINVAL, 0 },
        { "9223372036854775807", -EINVAL, 0 },
        { "99999999999999999999", -EINVAL, 0 },
        { "", -EINVAL, 0 },
        { "now", -EINVAL, 0 },
        { "yesterday", -EINVAL, 0 },
        { "2026-01-31", -EINVAL, 0 },
        { "2026-02-30T12:00:00Z", -EINVAL, 0 },
        { "2026-01-31T12:00:00", -EINVAL, 0 },
    };
    check(rows, ARRAY_SIZE(rows), time_parse);
}

static void test_formats_read_back(void)
{
    static const struct {
        int64_t value;
        const char *bytes;
        const char *duration;
    } rows[] = {
        { 0, "0", "0" },
        { 1, "1B", "1ms" },
        { 1000, "1KB", "1s" },
        { 1024, "1KiB", "1024ms" },
        { 60000, "60KB", "1m" },
        { 1048576, "1MiB", "1048576ms" },
        { 86400000, "84375KiB", "1d" },
        { INT64_C(1) << 40, "1TiB", "1099511627776ms" },
        { INT64_MAX, "9223372036854775807B", "9223372036854775807ms" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[UNITS_SIZE];
        int64_t value = -1;
        bytes_format(text, rows[i].value);
        CU_ASSERT_STRING_EQUAL(text, rows[i].bytes);
        CU_ASSERT_EQUAL(bytes_parse(text, &value), 0);
        CU_ASSERT_EQUAL(value, rows[i].value);
        duration_format(text, rows[i].value);
        CU_ASSERT_STRING_EQUAL(text, rows[i].duration);
        CU_ASSERT_EQUAL(duration_parse(text, &value), 0);
        CU_ASSERT_EQUAL(value, rows[i].value);
    }
}

static const struct test_case cases[] = {
    { "sizes are read with their units", test_sizes },
    { "durations need a unit", test_durations },
    { "times are RFC 3339 or milliseconds", test_times },
    { "what is formatted reads back the same", test_formats_read_back },
};

CUNIT_MAIN("config/units", cases)
