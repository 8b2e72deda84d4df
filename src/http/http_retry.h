/* SPDX-License-Identifier: Apache-2.0 */
/* When to try again: the server's Retry-After, and back-off with full jitter. Pure. */
#ifndef WEIR_HTTP_HTTP_RETRY_H
#define WEIR_HTTP_HTTP_RETRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* No server makes us wait longer than this. */
#define HTTP_RETRY_AFTER_MAX_NS (6 * 3600 * NS_PER_S)

/* Outcome of http_retry_after_parse(). */
enum {
    /* Neither a number of seconds nor a date: as if there was no header. */
    HTTP_RETRY_AFTER_JUNK = 1,
};

/*
 * Reads a Retry-After value: seconds, or a date (IMF-fixdate, RFC 850, asctime) seen from
 * realtime_ns. *ret_ns is how long to wait, 0 (a past date) to HTTP_RETRY_AFTER_MAX_NS. Returns 0 or
 * HTTP_RETRY_AFTER_JUNK.
 */
int http_retry_after_parse(const char *text, int64_t realtime_ns, int64_t *ret_ns);

/* A generator of random numbers (splitmix64), not for secrets. Any seed is good. One owner. */
struct http_random {
    uint64_t state;
};

uint64_t http_random_next(struct http_random *random);

/* Uniform in [0, end); end > 0. */
int64_t http_random_below(struct http_random *random, int64_t end);

struct http_backoff {
    /* The upper end of the first delay, and of every delay. */
    int64_t base_ns;
    int64_t cap_ns;
};

/* A delay uniform in [0, min(cap, base * 2^n)] for the n-th failure in a row, from 0. */
int64_t http_backoff_delay(const struct http_backoff *backoff, unsigned n,
                           struct http_random *random);

#endif
