/* SPDX-License-Identifier: Apache-2.0 */
/* How many CPUs this process may use. */
#ifndef WEIR_BASE_CPU_H
#define WEIR_BASE_CPU_H

/*
 * The CPUs of the affinity mask, or fewer where a cgroup's quota (v2 cpu.max, v1 cpu.cfs_quota_us)
 * allows less; rounded up, at least 1. Thread: any.
 */
unsigned cpu_count(void);

#endif
