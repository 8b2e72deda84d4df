/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_limit.h"

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/clock.h"
#include "base/error.h"

/* Not at 0, nor at a whole part of a window. */
static const int64_t start_ns = INT64_C(123456789012345);

static void test_tokens_come_at_their_rate(void)
{
    static const struct {
        unsigned per_second;
        unsigned burst;
        /* Asked for as often as may be for ten seconds. */
        unsigned expected;
    } rows[] = {
        { 1, 1, 10 }, { 100, 1, 1000 }, { 100, 50, 1049 }, { 7, 7, 76 }, { 1000, 0, 10000 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct http_rate rate;
        unsigned n_taken = 0;
        http_rate_init(&rate, rows[i].per_second, rows[i].burst);
        for (int64_t now = start_ns; now < start_ns + 10 * NS_PER_S;) {
            int64_t wait = http_rate_take(&rate, now);
            CU_ASSERT(wait >= 0 && wait <= NS_PER_S / rows[i].per_second);
            n_taken += wait == 0;
            now += wait;
        }
        CU_ASSERT(n_taken >= rows[i].expected && n_taken <= rows[i].expected + 1);
    }
}

static void test_a_bucket_fills_up_and_no_further(void)
{
    struct http_rate rate;
    http_rate_init(&rate, 10, 5);
    for (int round = 0; round < 3; round++) {
        int64_t now = start_ns + round * 3600 * NS_PER_S;
        for (int i = 0; i < 5; i++) {
            CU_ASSERT_EQUAL(http_rate_take(&rate, now), 0);
        }
        CU_ASSERT_EQUAL(http_rate_take(&rate, now), NS_PER_S / 10);
        /* Being refused costs nothing. */
        CU_ASSERT_EQUAL(http_rate_take(&rate, now + NS_PER_S / 20), NS_PER_S / 20);
        CU_ASSERT_EQUAL(http_rate_take(&rate, now + NS_PER_S / 10), 0);
    }
    http_rate_init(&rate, 0, 0);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(http_rate_take(&rate, start_ns), 0);
    }
}

static void test_retries_are_a_share(void)
{
    static const struct {
        unsigned percent;
        unsigned per_second;
        unsigned attempts;
        unsigned expected;
    } rows[] = {
        { 20, 10, 0, 100 }, { 20, 10, 1000, 300 }, { 20, 0, 1000, 200 },
        { 20, 0, 4, 0 },    { 20, 0, 5, 1 },       { 0, 0, 1000, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct http_budget budget;
        unsigned n_retries = 0;
        http_budget_init(&budget, rows[i].percent, rows[i].per_second, 10 * NS_PER_S);
        for (unsigned n = 0; n < rows[i].attempts; n++) {
            http_budget_attempt(&budget, start_ns + (int64_t)n * NS_PER_MS);
        }
        while (n_retries < 2000 && http_budget_retry(&budget, start_ns + 2 * NS_PER_S)) {
            n_retries++;
        }
        CU_ASSERT_EQUAL(n_retries, rows[i].expected);
        /* Both are forgotten together. */
        CU_ASSERT_EQUAL(http_budget_retry(&budget, start_ns + 13 * NS_PER_S),
                        rows[i].per_second > 0);
    }
}

/*
 * Every reply is an error, each attempt is followed by as many retries as there may be: for a minute at a
 * thousand attempts per second requests are at most 1.2 times the attempts, and ten per second.
 */
static void test_a_storm_is_bounded(void)
{
    struct http_budget budget;
    struct random random = { 5 };
    unsigned n_retries = 0;
    http_budget_init(&budget, 20, 10, 10 * NS_PER_S);
    for (int64_t ms = 0; ms < 60000; ms++) {
        int64_t now = start_ns + ms * NS_PER_MS + (int64_t)random_below(&random, NS_PER_MS);
        http_budget_attempt(&budget, now);
        for (int i = 0; i < 3; i++) {
            n_retries += http_budget_retry(&budget, now);
        }
    }
    CU_ASSERT(n_retries <= 60000 / 5 + 60 * 10 + 100);
    CU_ASSERT(n_retries >= 60000 / 5);
}

/* Retries that succeed cost nothing, in whichever part of the window they were counted; others do. */
static void test_what_succeeds_is_given_back(void)
{
    struct http_budget budget;
    int64_t now = start_ns;
    http_budget_init(&budget, 0, 1, 10 * NS_PER_S);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_TRUE(http_budget_retry(&budget, now));
        now += i % 100 == 0 ? 3 * NS_PER_S : NS_PER_MS;
        http_budget_give_back(&budget, now);
    }
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_TRUE(http_budget_retry(&budget, now));
    }
    CU_ASSERT_FALSE(http_budget_retry(&budget, now));
    /* One that has left the window is forgotten: there is nothing to give back. */
    now += 20 * NS_PER_S;
    http_budget_give_back(&budget, now);
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_TRUE(http_budget_retry(&budget, now));
    }
    CU_ASSERT_FALSE(http_budget_retry(&budget, now));
}

/* A step of a breaker's life: at ms a request is asked for (wait_ms: what is answered) or ends. */
struct step {
    int64_t at_ms;
    enum { ASK, PROBE, END, END_PROBE } what;
    enum http_outcome outcome;
    /* Of ASK, refused: for how long; 0: it goes; -1: until the probe is done. */
    int64_t wait_ms;
    enum http_breaker_state state;
};

#define FAILS    HTTP_OUTCOME_FAILURE
#define SUCCEEDS HTTP_OUTCOME_SUCCESS
#define NOTHING  HTTP_OUTCOME_NONE
#define CLOSED   HTTP_BREAKER_CLOSED
#define OPEN     HTTP_BREAKER_OPEN
#define HALF     HTTP_BREAKER_HALF_OPEN

static void test_a_breaker_opens_and_closes(void)
{
    static const struct step steps[] = {
        /* Three in a row; a success between counts anew, what says nothing does not count. */
        { 0, ASK, NOTHING, 0, CLOSED },
        { 1, END, FAILS, 0, CLOSED },
        { 2, END, FAILS, 0, CLOSED },
        { 3, END, SUCCEEDS, 0, CLOSED },
        { 4, END, FAILS, 0, CLOSED },
        { 5, END, NOTHING, 0, CLOSED },
        { 6, END, FAILS, 0, CLOSED },
        { 10, END, FAILS, 0, OPEN },
        /* Stragglers change nothing. */
        { 11, END, FAILS, 0, OPEN },
        { 12, END, SUCCEEDS, 0, OPEN },
        { 60, ASK, NOTHING, 50, OPEN },
        /* One probe at a time. */
        { 110, PROBE, NOTHING, 0, HALF },
        { 111, ASK, NOTHING, -1, HALF },
        { 112, END, SUCCEEDS, 0, HALF },
        { 120, END_PROBE, NOTHING, 0, HALF },
        { 121, PROBE, NOTHING, 0, HALF },
        /* It fails: twice as long, then at most the cap. */
        { 130, END_PROBE, FAILS, 0, OPEN },
        { 131, ASK, NOTHING, 199, OPEN },
        { 330, PROBE, NOTHING, 0, HALF },
        { 340, END_PROBE, FAILS, 0, OPEN },
        { 340, ASK, NOTHING, 300, OPEN },
        { 640, PROBE, NOTHING, 0, HALF },
        { 650, END_PROBE, FAILS, 0, OPEN },
        { 650, ASK, NOTHING, 300, OPEN },
        { 2000, PROBE, NOTHING, 0, HALF },
        /* It succeeds: all is as at the beginning. */
        { 2001, END_PROBE, SUCCEEDS, 0, CLOSED },
        { 2002, ASK, NOTHING, 0, CLOSED },
        { 2003, END, FAILS, 0, CLOSED },
        { 2004, END, FAILS, 0, CLOSED },
        { 2005, END, FAILS, 0, OPEN },
        { 2005, ASK, NOTHING, 100, OPEN },
    };
    struct http_breaker breaker;
    http_breaker_init(&breaker, 3, 100 * NS_PER_MS, 300 * NS_PER_MS);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        int64_t now = start_ns + steps[i].at_ms * NS_PER_MS;
        bool is_probe = false;
        if (steps[i].what == ASK || steps[i].what == PROBE) {
            int64_t expected = steps[i].wait_ms < 0 ? INT64_MAX : steps[i].wait_ms * NS_PER_MS;
            CU_ASSERT_EQUAL(http_breaker_admit(&breaker, now, &is_probe), expected);
            CU_ASSERT_EQUAL(is_probe, steps[i].what == PROBE);
        } else {
            http_breaker_done(&breaker, steps[i].what == END_PROBE, steps[i].outcome, now);
        }
        CU_ASSERT_EQUAL(breaker.state, steps[i].state);
    }
}

static void test_a_breaker_may_be_switched_off(void)
{
    struct http_breaker breaker;
    bool is_probe = true;
    http_breaker_init(&breaker, 0, NS_PER_S, NS_PER_S);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(http_breaker_admit(&breaker, start_ns, &is_probe), 0);
        CU_ASSERT(!is_probe);
        http_breaker_done(&breaker, is_probe, HTTP_OUTCOME_FAILURE, start_ns);
    }
}

static const struct test_case cases[] = {
    { "tokens come at their rate", test_tokens_come_at_their_rate },
    { "a bucket fills up and no further", test_a_bucket_fills_up_and_no_further },
    { "retries are a share", test_retries_are_a_share },
    { "a storm is bounded", test_a_storm_is_bounded },
    { "a retry that succeeds is given back", test_what_succeeds_is_given_back },
    { "a breaker opens and closes", test_a_breaker_opens_and_closes },
    { "a breaker may be switched off", test_a_breaker_may_be_switched_off },
};

CUNIT_MAIN("http/http_limit", cases)
