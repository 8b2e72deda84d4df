/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers: a binary heap of times, each with a function to call. Times are CLOCK_MONOTONIC's, in
 * nanoseconds. Thread: one owner.
 */
#ifndef WEIR_HTTP_HTTP_TIMER_H
#define WEIR_HTTP_HTTP_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_timer {
    int64_t at_ns;
    /* From 1 on; 0: not set. Zero-initialised is a timer that is not set. */
    size_t place;
    void (*fire)(void *context);
    void *context;
};

/* Zero-initialised is empty. */
struct http_timers {
    struct http_timer **heap;
    size_t n_timers;
    size_t capacity;
};

void http_timers_deinit(struct http_timers *timers);

/* Sets a timer, or sets it anew. Returns 0 or -ENOMEM (it is as it was). */
int http_timer_set(struct http_timers *timers, struct http_timer *timer, int64_t at_ns,
                   void (*fire)(void *context), void *context);

/* Unsets a timer that may be set. */
void http_timer_clear(struct http_timers *timers, struct http_timer *timer);

/* Unsets and calls all whose time has come. They may set and clear timers. */
void http_timers_run(struct http_timers *timers, int64_t now_ns);

/* The next one's time; INT64_MAX: none is set. */
int64_t http_timers_next(const struct http_timers *timers);

#endif
