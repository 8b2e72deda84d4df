/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <sched.h>
#include <stdio.h>

/* Reads "QUOTA PERIOD" or "max PERIOD"; 0 when there is no limit. */
static double quota_v2(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (file == NULL) {
        return 0;
    }
    double quota = 0, period = 0;
    int n = fscanf(file, "%lf %lf", &quota, &period);
    fclose(file);
    return n == 2 && quota > 0 && period > 0 ? quota / period : 0;
}

static double read_number(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    double value = 0;
    int n = fscanf(file, "%lf", &value);
    fclose(file);
    return n == 1 ? value : 0;
}

static double quota_v1(void)
{
    double quota = read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    double period = read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    return quota > 0 && period > 0 ? quota / period : 0;
}

unsigned cpu_count(void)
{
    cpu_set_t allowed;
    unsigned count = 1;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0) {
        count = (unsigned)CPU_COUNT(&allowed);
    }
    double quota = quota_v2();
    if (quota <= 0) {
        quota = quota_v1();
    }
    if (quota > 0 && quota < count) {
        unsigned whole = (unsigned)quota;
        count = whole + (quota > whole);
    }
    return count == 0 ? 1 : count;
}
