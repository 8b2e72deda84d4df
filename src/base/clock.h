/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time, through an interface, so that tests can script it. Waits are measured on the monotonic
 * clock; the real-time clock is only for what people and other programs read.
 */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*monotonic_ns)(const struct clock *clock);
    int64_t (*realtime_ns)(const struct clock *clock);
};

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* The machine's clock: CLOCK_MONOTONIC and CLOCK_REALTIME. Thread: any. */
const struct clock *clock_system(void);

static inline int64_t clock_now_ns(const struct clock *clock)
{
    return clock->monotonic_ns(clock);
}

static inline int64_t clock_now_ms(const struct clock *clock)
{
    return clock->monotonic_ns(clock) / NS_PER_MS;
}

/* Room for "2026-11-24T04:35:07.123456Z" and a NUL. */
enum { RFC3339_SIZE = 32 };

/*
 * Writes realtime_ns (since 1970, UTC) as RFC 3339 with 0, 3 or 6 digits of a second's fraction.
 * text has RFC3339_SIZE bytes.
 */
void rfc3339_format(char *text, int64_t realtime_ns, int digits);

/*
 * Reads RFC 3339 ("2026-11-24T04:35:07Z", fraction and offset allowed) into ns since 1970.
 * Returns 0 or -EINVAL.
 */
int rfc3339_parse(const char *text, int64_t *ret_realtime_ns);

#endif
