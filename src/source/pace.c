/* SPDX-License-Identifier: Apache-2.0 */
#include "source/pace.h"

#include "base/clock.h"

void pace_init(struct pace *pace, int64_t rate, int64_t now_ns)
{
    *pace = (struct pace){ 0 };
    if (rate > 0) {
        pace->interval_ns = rate < NS_PER_S ? NS_PER_S / rate : 1;
        /* Who sleeps for an interval wakes up late: the time beyond is not lost. */
        pace->burst_ns = pace->interval_ns + 10 * NS_PER_MS;
        pace->next_ns = now_ns - pace->interval_ns;
    }
}

size_t pace_available(struct pace *pace, int64_t now_ns, size_t most)
{
    if (pace->interval_ns == 0) {
        return most;
    }
    if (pace->next_ns < now_ns - pace->burst_ns) {
        pace->next_ns = now_ns - pace->burst_ns;
    }
    if (pace->next_ns > now_ns) {
        return 0;
    }
    size_t available = (size_t)((now_ns - pace->next_ns) / pace->interval_ns);
    return available < most ? available : most;
}

void pace_take(struct pace *pace, size_t n_events)
{
    pace->next_ns += (int64_t)n_events * pace->interval_ns;
}

int64_t pace_wait_ns(const struct pace *pace, int64_t now_ns)
{
    int64_t wait_ns = pace->next_ns + pace->interval_ns - now_ns;
    return pace->interval_ns == 0 || wait_ns < 0 ? 0 : wait_ns;
}
