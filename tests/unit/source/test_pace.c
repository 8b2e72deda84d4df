/* SPDX-License-Identifier: Apache-2.0 */
#include "source/pace.h"

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/clock.h"

enum { MOST = 512 };

/* Any moment: the clock does not begin at 0. */
static const int64_t START_NS = 17 * NS_PER_S;

static void test_no_rate_is_no_limit(void)
{
    struct pace pace;
    pace_init(&pace, 0, START_NS);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS, MOST), MOST);
    pace_take(&pace, MOST);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS, MOST), MOST);
    CU_ASSERT_EQUAL(pace_wait_ns(&pace, START_NS), 0);
}

static void test_the_first_event_comes_at_once_and_the_next_after_an_interval(void)
{
    struct pace pace;
    pace_init(&pace, 1, START_NS);
    CU_ASSERT_EQUAL(pace_wait_ns(&pace, START_NS), 0);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS, MOST), 1);
    pace_take(&pace, 1);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS, MOST), 0);
    CU_ASSERT_EQUAL(pace_wait_ns(&pace, START_NS), NS_PER_S);
    CU_ASSERT_EQUAL(pace_wait_ns(&pace, START_NS + NS_PER_S - 1), 1);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS + NS_PER_S - 1, MOST), 0);
    CU_ASSERT_EQUAL(pace_wait_ns(&pace, START_NS + NS_PER_S), 0);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS + NS_PER_S, MOST), 1);
}

/* However long nothing was read. */
static void test_what_is_not_read_is_saved_for_ten_milliseconds_only(void)
{
    static const struct {
        int64_t rate;
        size_t burst;
    } rows[] = { { 1, 1 }, { 99, 1 }, { 100, 2 }, { 1000, 11 }, { 50000, 501 }, { 1000000, MOST } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pace pace;
        pace_init(&pace, rows[i].rate, START_NS);
        CU_ASSERT_EQUAL(pace_available(&pace, START_NS + 3600 * NS_PER_S, MOST), rows[i].burst);
    }
}

static void test_never_more_than_asked_for(void)
{
    struct pace pace;
    pace_init(&pace, 1000, START_NS);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS + NS_PER_S, 3), 3);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS + NS_PER_S, 0), 0);
}

static void test_rates_above_the_clock_are_no_limit_of_zero(void)
{
    struct pace pace;
    pace_init(&pace, INT64_MAX, START_NS);
    CU_ASSERT_EQUAL(pace_available(&pace, START_NS + NS_PER_S, MOST), MOST);
    pace_take(&pace, MOST);
    CU_ASSERT(pace_wait_ns(&pace, START_NS + NS_PER_S) <= MOST);
}

/* Reads as much as it may at random moments: between them at most a burst is lost. */
static void test_over_time_the_rate_is_kept(void)
{
    static const int64_t rates[] = { 3, 100, 300, 1000, 70000 };
    struct random random = { 11 };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct pace pace;
        pace_init(&pace, rates[i], START_NS);
        int64_t now_ns = START_NS;
        int64_t n_read = 0;
        while (now_ns < START_NS + 100 * NS_PER_S) {
            size_t n = pace_available(&pace, now_ns, MOST);
            pace_take(&pace, n);
            n_read += (int64_t)n;
            int64_t wait_ns = pace_wait_ns(&pace, now_ns);
            CU_ASSERT(n == MOST || wait_ns > 0);
            /* A little late, as every sleeper is; less than the burst. */
            now_ns += wait_ns + (int64_t)random_below(&random, 5 * NS_PER_MS);
        }
        int64_t most = rates[i] * 100 + rates[i] / 50 + 2;
        CU_ASSERT(n_read <= most);
        CU_ASSERT(n_read * 100 >= most * 98);
    }
}

static const struct test_case cases[] = {
    { "no rate is no limit", test_no_rate_is_no_limit },
    { "the first event comes at once and the next after an interval",
      test_the_first_event_comes_at_once_and_the_next_after_an_interval },
    { "what is not read is saved for ten milliseconds only",
      test_what_is_not_read_is_saved_for_ten_milliseconds_only },
    { "never more than asked for", test_never_more_than_asked_for },
    { "rates above the clock are no limit of zero",
      test_rates_above_the_clock_are_no_limit_of_zero },
    { "over time the rate is kept", test_over_time_the_rate_is_kept },
};

CUNIT_MAIN("source/pace", cases)
