/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t system_monotonic_ns(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_realtime_ns(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

const struct clock *clock_system(void)
{
    static const struct clock system = { system_monotonic_ns, system_realtime_ns };
    return &system;
}

void rfc3339_format(char *text, int64_t realtime_ns, int digits)
{
    int64_t second = realtime_ns / NS_PER_S;
    int64_t rest = realtime_ns % NS_PER_S;
    if (rest < 0) {
        rest += NS_PER_S;
        second--;
    }
    time_t time = (time_t)second;
    struct tm parts;
    gmtime_r(&time, &parts);
    char fraction[16] = "";
    if (digits == 3) {
        snprintf(fraction, sizeof(fraction), ".%03d", (int)(rest / NS_PER_MS));
    } else if (digits == 6) {
        snprintf(fraction, sizeof(fraction), ".%06d", (int)(rest / 1000));
    }
    char day[RFC3339_SIZE];
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, RFC3339_SIZE, "%.19s%.7sZ", day, fraction);
}

/* Reads exactly n digits at *cursor. */
static bool take_digits(const char **cursor, int n, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        char c = (*cursor)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *cursor += n;
    *ret_value = value;
    return true;
}

static bool take_byte(const char **cursor, char byte)
{
    if (**cursor != byte) {
        return false;
    }
    (*cursor)++;
    return true;
}

static int64_t take_fraction_ns(const char **cursor)
{
    int64_t ns = 0;
    int64_t unit = NS_PER_S / 10;
    while (**cursor >= '0' && **cursor <= '9') {
        ns += (**cursor - '0') * unit;
        unit /= 10;
        (*cursor)++;
    }
    return ns;
}

static bool take_zone_s(const char **cursor, int *ret_seconds)
{
    if (take_byte(cursor, 'Z') || take_byte(cursor, 'z')) {
        *ret_seconds = 0;
        return true;
    }
    int sign = **cursor == '-' ? -1 : 1;
    if (**cursor != '+' && **cursor != '-') {
        return false;
    }
    (*cursor)++;
    int hours, minutes;
    if (!take_digits(cursor, 2, &hours) || !take_byte(cursor, ':') ||
        !take_digits(cursor, 2, &minutes)) {
        return false;
    }
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* Whether the month, from 1, has that day. */
static bool is_day(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && is_leap);
}

int rfc3339_parse(const char *text, int64_t *ret_realtime_ns)
{
    const char *cursor = text;
    struct tm parts = { 0 };
    bool is_date = take_digits(&cursor, 4, &parts.tm_year) && take_byte(&cursor, '-') &&
                   take_digits(&cursor, 2, &parts.tm_mon) && take_byte(&cursor, '-') &&
                   take_digits(&cursor, 2, &parts.tm_mday);
    if (!is_date ||
        (!take_byte(&cursor, 'T') && !take_byte(&cursor, 't') && !take_byte(&cursor, ' '))) {
        return -EINVAL;
    }
    bool is_time = take_digits(&cursor, 2, &parts.tm_hour) && take_byte(&cursor, ':') &&
                   take_digits(&cursor, 2, &parts.tm_min) && take_byte(&cursor, ':') &&
                   take_digits(&cursor, 2, &parts.tm_sec);
    if (!is_time || !is_day(parts.tm_year, parts.tm_mon, parts.tm_mday) || parts.tm_hour > 23 ||
        parts.tm_min > 59 || parts.tm_sec > 60) {
        return -EINVAL;
    }
    int64_t fraction_ns = take_byte(&cursor, '.') ? take_fraction_ns(&cursor) : 0;
    int zone_s;
    if (!take_zone_s(&cursor, &zone_s) || *cursor != '\0') {
        return -EINVAL;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t ns;
    /* Years before 1678 and after 2261 do not fit. */
    if (__builtin_mul_overflow((int64_t)timegm(&parts) - zone_s, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, fraction_ns, &ns)) {
        return -EINVAL;
    }
    *ret_realtime_ns = ns;
    return 0;
}
