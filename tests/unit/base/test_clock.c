/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "../../support/cunit_main.h"

static void test_parse(void)
{
    static const struct {
        const char *text;
        int result;
        int64_t ns;
    } rows[] = {
        { "1970-01-01T00:00:00Z", 0, 0 },
        { "2026-09-27T16:17:12.932Z", 0, INT64_C(1790525832932000000) },
        { "2026-09-27T18:17:12.932+02:00", 0, INT64_C(1790525832932000000) },
        { "2026-09-27t16:17:12.932000z", 0, INT64_C(1790525832932000000) },
        { "2024-02-29T00:00:00Z", 0, INT64_C(1709164800000000000) },
        { "2016-12-31T23:59:60Z", 0, INT64_C(1483228800000000000) },
        { "2026-13-27T16:17:12Z", -1, 0 },
        { "2026-02-29T00:00:00Z", -1, 0 },
        { "2026-04-31T00:00:00Z", -1, 0 },
        { "2262-04-11T23:47:16.854775807Z", 0, INT64_MAX },
        { "2262-04-11T23:47:16.854775808Z", -1, 0 },
        { "9999-12-31T23:59:59Z", -1, 0 },
        { "0000-01-01T00:00:00Z", -1, 0 },
        { "2026-09-27T16:17:12", -1, 0 },
        { "2026-09-27", -1, 0 },
        { "", -1, 0 },
        { "2026-09-27T16:17:12Zx", -1, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ns = 0;
        int r = rfc3339_parse(rows[i].text, &ns);
        CU_ASSERT_EQUAL(r < 0, rows[i].result < 0);
        CU_ASSERT_EQUAL(ns, rows[i].ns);
    }
}

static void test_format(void)
{
    char text[RFC3339_SIZE];
    rfc3339_format(text, INT64_C(1790525832932456789), 0);
    CU_ASSERT_STRING_EQUAL(text, "2026-09-27T16:17:12Z");
    rfc3339_format(text, INT64_C(1790525832932456789), 3);
    CU_ASSERT_STRING_EQUAL(text, "2026-09-27T16:17:12.932Z");
    rfc3339_format(text, INT64_C(1790525832932456789), 6);
    CU_ASSERT_STRING_EQUAL(text, "2026-09-27T16:17:12.932456Z");
    rfc3339_format(text, -1, 3);
    CU_ASSERT_STRING_EQUAL(text, "1969-12-31T23:59:59.999Z");
}

static const struct test_case cases[] = {
    { "RFC 3339 is read", test_parse },
    { "RFC 3339 is written", test_format },
};

CUNIT_MAIN("base/clock", cases)
