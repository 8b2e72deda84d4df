/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host is asked for at most: requests per second, retries, and nothing while it is down. Pure: times
 * are CLOCK_MONOTONIC's, in nanoseconds, and never go back. Whoever shares one holds its lock.
 */
#ifndef WEIR_HTTP_HTTP_LIMIT_H
#define WEIR_HTTP_HTTP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Requests per second: a token bucket, kept as the time at which it will be full again (the generic cell
 * rate algorithm, ITU-T I.371).
 */
struct http_rate {
    /* Of one token; 0: no limit. */
    int64_t interval_ns;
    /* What may be taken at once, less one token. */
    int64_t burst_ns;
    int64_t full_at_ns;
};

/* per_second 0: no limit. burst: tokens of a full bucket, at least 1. */
void http_rate_init(struct http_rate *rate, unsigned per_second, unsigned burst);

/* Takes a token: 0. Or takes none and returns how long there will be none. */
int64_t http_rate_take(struct http_rate *rate, int64_t now_ns);

/*
 * Retries: at most a share of the first attempts of the last window_ns, and so many per second besides (as
 * Finagle's RetryBudget). So a host whose every reply is an error gets little more than it would get anyway.
 * A retry that succeeds is given back: what waited while a host was ill goes on at once when it is well.
 */
enum { HTTP_BUDGET_PARTS = 10 };

struct http_budget {
    unsigned percent;
    unsigned per_second;
    int64_t part_ns;
    /* The part of the window that is being counted: now_ns / part_ns. */
    int64_t part;
    struct {
        uint32_t attempts;
        uint32_t retries;
    } parts[HTTP_BUDGET_PARTS];
};

/* window_ns: at least HTTP_BUDGET_PARTS. */
void http_budget_init(struct http_budget *budget, unsigned percent, unsigned per_second,
                      int64_t window_ns);

/* Counts a first attempt. */
void http_budget_attempt(struct http_budget *budget, int64_t now_ns);

/* Counts a retry, if there is one left: true. */
bool http_budget_retry(struct http_budget *budget, int64_t now_ns);

/* The last retry that was counted in the window counts no more. */
void http_budget_give_back(struct http_budget *budget, int64_t now_ns);

/*
 * A circuit breaker: after so many failures in a row the host gets nothing for a while (open), then one probe
 * at a time (half open): a probe that succeeds closes it, one that fails opens it for twice as long, up to
 * a cap. A reply of any kind that shows the host at work is a success: what is a failure is the caller's.
 */
enum http_breaker_state { HTTP_BREAKER_CLOSED, HTTP_BREAKER_OPEN, HTTP_BREAKER_HALF_OPEN };

struct http_breaker {
    /* 0: never opens. */
    unsigned max_failures;
    int64_t base_ns;
    int64_t cap_ns;
    enum http_breaker_state state;
    unsigned n_failures;
    /* Open: how long this time, and until when. */
    int64_t open_ns;
    int64_t until_ns;
    bool is_probing;
};

void http_breaker_init(struct http_breaker *breaker, unsigned max_failures, int64_t base_ns,
                       int64_t cap_ns);

/*
 * Whether a request may go: 0, and it must be followed by http_breaker_done(). Else for how long there is no
 * use in asking again; INT64_MAX: until the probe that is out is done. *ret_is_probe: it is one.
 */
int64_t http_breaker_admit(struct http_breaker *breaker, int64_t now_ns, bool *ret_is_probe);

enum http_outcome {
    HTTP_OUTCOME_SUCCESS,
    HTTP_OUTCOME_FAILURE,
    /* It says nothing about the host: cancelled, or never sent. */
    HTTP_OUTCOME_NONE,
};

/* A request that was admitted has ended. Of those that are no probes only a closed breaker learns. */
void http_breaker_done(struct http_breaker *breaker, bool is_probe, enum http_outcome outcome,
                       int64_t now_ns);

#endif
