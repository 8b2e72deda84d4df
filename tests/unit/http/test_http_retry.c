/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_retry.h"

#include "../../support/cunit_main.h"

/* 2026-01-02T03:04:05Z */
#define NOW_NS (INT64_C(1767323045) * NS_PER_S)

static void test_retry_after(void)
{
    static const struct {
        const char *text;
        /* Seconds; -1: junk. */
        int64_t seconds;
    } cases[] = {
        { "0", 0 },
        { "7", 7 },
        { " 120\t", 120 },
        { "0007", 7 },
        { "21600", 21600 },
        { "21601", 21600 },
        { "9999999999", 21600 },
        { "99999999999", 21600 },
        { "123456789012345678901234567890", 21600 },
        { "", -1 },
        { "-1", -1 },
        { "+1", -1 },
        { "1.5", -1 },
        { "1e3", -1 },
        { "soon", -1 },
        { "7 seconds", -1 },
        /* The three forms of RFC 9110. */
        { "Fri, 02 Jan 2026 03:04:15 GMT", 10 },
        { "Friday, 02-Jan-26 03:04:15 GMT", 10 },
        { "Fri Jan  2 03:04:15 2026", 10 },
        { "Fri, 02 Jan 2026 03:04:05 GMT", 0 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", 21600 },
        /* Two digits mean at most 50 years ahead. */
        { "Sunday, 06-Nov-94 08:49:37 GMT", 0 },
        { "Fri, 02 Foo 2026 03:04:15 GMT", -1 },
        { "Fri, 32 Jan 2026 03:04:15 GMT", -1 },
        { "Fri, 02 Jan 2026 24:04:15 GMT", -1 },
        { "Fri, 02 Jan 2026 03:04:15", -1 },
        { "Fri, 02 Jan 2026 03:04:15 GMT!", -1 },
        { "2026-01-02T03:04:15Z", -1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = -1;
        int r = http_retry_after_parse(cases[i].text, NOW_NS, &ns);
        int64_t expected = cases[i].seconds < 0 ? -1 : cases[i].seconds * NS_PER_S;
        if (r != (expected < 0 ? HTTP_RETRY_AFTER_JUNK : 0) || ns != expected) {
            printf("\n\"%s\": %d, %lld ns ", cases[i].text, r, (long long)ns);
        }
        CU_ASSERT_EQUAL(r, expected < 0 ? HTTP_RETRY_AFTER_JUNK : 0);
        CU_ASSERT_EQUAL(ns, expected);
    }
}

/* Uniform up to a bound that doubles and then stays: seen in the bounds and in the mean. */
static void test_backoff(void)
{
    static const struct {
        int64_t base_ns;
        int64_t cap_ns;
        unsigned n;
        int64_t most_ns;
    } cases[] = {
        { 1000, 30000, 0, 1000 },
        { 1000, 30000, 1, 2000 },
        { 1000, 30000, 4, 16000 },
        { 1000, 30000, 5, 30000 },
        { 1000, 30000, 200, 30000 },
        { 50000, 30000, 0, 30000 },
        { 1000, INT64_MAX / 2, 4000000000u, INT64_MAX / 2 },
    };
    enum { DRAWS = 4000 };
    struct http_random random = { 42 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_backoff backoff = { cases[i].base_ns, cases[i].cap_ns };
        double sum = 0;
        int64_t most = 0;
        for (int k = 0; k < DRAWS; k++) {
            int64_t delay = http_backoff_delay(&backoff, cases[i].n, &random);
            CU_ASSERT_TRUE(delay >= 0 && delay <= cases[i].most_ns);
            most = delay > most ? delay : most;
            sum += (double)delay / (double)cases[i].most_ns;
        }
        CU_ASSERT_TRUE(sum / DRAWS > 0.47 && sum / DRAWS < 0.53);
        CU_ASSERT_TRUE((double)most > 0.95 * (double)cases[i].most_ns);
    }
}

static void test_random(void)
{
    struct http_random a = { 1 };
    struct http_random b = { 1 };
    struct http_random c = { 2 };
    unsigned n_same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t value = http_random_next(&a);
        CU_ASSERT_EQUAL(value, http_random_next(&b));
        n_same += value == http_random_next(&c);
        CU_ASSERT_EQUAL(http_random_below(&a, 1), 0);
        http_random_next(&b);
    }
    CU_ASSERT_EQUAL(n_same, 0);
}

static const struct test_case cases[] = {
    { "Retry-After", test_retry_after },
    { "back-off with full jitter", test_backoff },
    { "the same seed, the same numbers", test_random },
};

CUNIT_MAIN("http/http_retry", cases)
