/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_limit.h"

#include <string.h>

#include "base/clock.h"

void http_rate_init(struct http_rate *rate, unsigned per_second, unsigned burst)
{
    *rate = (struct http_rate){ .full_at_ns = INT64_MIN };
    if (per_second > 0) {
        rate->interval_ns = NS_PER_S / per_second;
        rate->burst_ns = (int64_t)(burst > 0 ? burst - 1 : 0) * rate->interval_ns;
    }
}

int64_t http_rate_take(struct http_rate *rate, int64_t now_ns)
{
    if (rate->interval_ns == 0) {
        return 0;
    }
    int64_t full_at_ns = rate->full_at_ns > now_ns ? rate->full_at_ns : now_ns;
    int64_t wait_ns = full_at_ns - now_ns - rate->burst_ns;
    if (wait_ns > 0) {
        return wait_ns;
    }
    rate->full_at_ns = full_at_ns + rate->interval_ns;
    return 0;
}

void http_budget_init(struct http_budget *budget, unsigned percent, unsigned per_second,
                      int64_t window_ns)
{
    *budget = (struct http_budget){
        .percent = percent,
        .per_second = per_second,
        .part_ns = window_ns / HTTP_BUDGET_PARTS,
    };
}

/* Forgets the parts that have left the window. */
static void advance(struct http_budget *budget, int64_t now_ns)
{
    int64_t part = now_ns / budget->part_ns;
    int64_t n_past = part - budget->part;
    if (n_past >= HTTP_BUDGET_PARTS) {
        memset(budget->parts, 0, sizeof(budget->parts));
    } else {
        for (int64_t i = budget->part + 1; i <= part; i++) {
            memset(&budget->parts[i % HTTP_BUDGET_PARTS], 0, sizeof(budget->parts[0]));
        }
    }
    budget->part = part;
}

void http_budget_attempt(struct http_budget *budget, int64_t now_ns)
{
    advance(budget, now_ns);
    budget->parts[budget->part % HTTP_BUDGET_PARTS].attempts++;
}

bool http_budget_retry(struct http_budget *budget, int64_t now_ns)
{
    uint64_t n_attempts = 0;
    uint64_t n_retries = 0;
    advance(budget, now_ns);
    for (size_t i = 0; i < HTTP_BUDGET_PARTS; i++) {
        n_attempts += budget->parts[i].attempts;
        n_retries += budget->parts[i].retries;
    }
    uint64_t window_ms = (uint64_t)(budget->part_ns * HTTP_BUDGET_PARTS / NS_PER_MS);
    uint64_t allowed = n_attempts * budget->percent / 100 + budget->per_second * window_ms / 1000;
    if (n_retries >= allowed) {
        return false;
    }
    budget->parts[budget->part % HTTP_BUDGET_PARTS].retries++;
    return true;
}

void http_budget_give_back(struct http_budget *budget, int64_t now_ns)
{
    advance(budget, now_ns);
    for (int64_t i = 0; i < HTTP_BUDGET_PARTS; i++) {
        /* From the newest to the oldest; the clock began long ago. */
        uint32_t *retries =
            &budget->parts[(budget->part + HTTP_BUDGET_PARTS - i) % HTTP_BUDGET_PARTS].retries;
        if (*retries > 0) {
            --*retries;
            return;
        }
    }
}

void http_breaker_init(struct http_breaker *breaker, unsigned max_failures, int64_t base_ns,
                       int64_t cap_ns)
{
    *breaker = (struct http_breaker){
        .max_failures = max_failures,
        .base_ns = base_ns,
        .cap_ns = cap_ns,
    };
}

int64_t http_breaker_admit(struct http_breaker *breaker, int64_t now_ns, bool *ret_is_probe)
{
    *ret_is_probe = false;
    if (breaker->state == HTTP_BREAKER_CLOSED) {
        return 0;
    }
    if (breaker->state == HTTP_BREAKER_OPEN) {
        if (now_ns < breaker->until_ns) {
            return breaker->until_ns - now_ns;
        }
        breaker->state = HTTP_BREAKER_HALF_OPEN;
        breaker->is_probing = false;
    }
    if (breaker->is_probing) {
        return INT64_MAX;
    }
    breaker->is_probing = true;
    *ret_is_probe = true;
    return 0;
}

static void open_breaker(struct http_breaker *breaker, int64_t open_ns, int64_t now_ns)
{
    breaker->state = HTTP_BREAKER_OPEN;
    breaker->open_ns = open_ns < breaker->cap_ns ? open_ns : breaker->cap_ns;
    breaker->until_ns = now_ns + breaker->open_ns;
}

static void learn(struct http_breaker *breaker, enum http_outcome outcome, int64_t now_ns)
{
    if (outcome == HTTP_OUTCOME_SUCCESS) {
        breaker->n_failures = 0;
    } else if (outcome == HTTP_OUTCOME_FAILURE && breaker->max_failures > 0 &&
               ++breaker->n_failures >= breaker->max_failures) {
        open_breaker(breaker, breaker->base_ns, now_ns);
    }
}

static void learn_from_probe(struct http_breaker *breaker, enum http_outcome outcome,
                             int64_t now_ns)
{
    breaker->is_probing = false;
    if (outcome == HTTP_OUTCOME_SUCCESS) {
        breaker->state = HTTP_BREAKER_CLOSED;
        breaker->n_failures = 0;
    } else if (outcome == HTTP_OUTCOME_FAILURE) {
        open_breaker(breaker, 2 * breaker->open_ns, now_ns);
    }
}

void http_breaker_done(struct http_breaker *breaker, bool is_probe, enum http_outcome outcome,
                       int64_t now_ns)
{
    if (is_probe) {
        learn_from_probe(breaker, outcome, now_ns);
    } else if (breaker->state == HTTP_BREAKER_CLOSED) {
        learn(breaker, outcome, now_ns);
    }
}
