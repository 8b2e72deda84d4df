/* SPDX-License-Identifier: Apache-2.0 */
/*
 * max_rate: how many events may be read now. A token bucket that holds one event and 10 ms' worth.
 * Pure: the caller brings the time. One owner.
 */
#ifndef WEIR_SOURCE_PACE_H
#define WEIR_SOURCE_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
    /* Between two events; 0: no limit. */
    int64_t interval_ns;
    int64_t burst_ns;
    /* From here to now, one event an interval may be read. */
    int64_t next_ns;
};

/* rate is in events per second; 0: no limit. now_ns is monotonic time. */
void pace_init(struct pace *pace, int64_t rate, int64_t now_ns);

/* Events that may be read now: 0, or as many as `most` at most. */
size_t pace_available(struct pace *pace, int64_t now_ns, size_t most);

/* Counts events that were read. */
void pace_take(struct pace *pace, size_t n_events);

/* How long until one event may be read; 0: now. */
int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns);

#endif
