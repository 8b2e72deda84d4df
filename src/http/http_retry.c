/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_retry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static bool is_at_end(const char *text)
{
    return *skip_blanks(text) == '\0';
}

static int parse_seconds(const char *text, int64_t *ret_ns)
{
    int64_t longest = HTTP_RETRY_AFTER_MAX_NS / NS_PER_S;
    int64_t seconds = 0;
    size_t n_digits = strspn(text, "0123456789");
    if (n_digits == 0 || !is_at_end(text + n_digits)) {
        return HTTP_RETRY_AFTER_JUNK;
    }
    for (size_t i = 0; i < n_digits && seconds < longest; i++) {
        seconds = seconds * 10 + (text[i] - '0');
    }
    *ret_ns = (seconds < longest ? seconds : longest) * NS_PER_S;
    return 0;
}

static int month_number(const char *name)
{
    static const char *const names[12] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    for (int i = 0; i < 12; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_date_sane(const struct tm *date)
{
    return date->tm_mon >= 0 && date->tm_mday >= 1 && date->tm_mday <= 31 && date->tm_hour >= 0 &&
           date->tm_hour <= 23 && date->tm_min >= 0 && date->tm_min <= 59 && date->tm_sec >= 0 &&
           date->tm_sec <= 60 && date->tm_year >= 0;
}

/* A year of two digits is the one that is at most 50 years ahead (RFC 9110, 5.6.7). */
static int full_year(int two_digits, int64_t realtime_ns)
{
    time_t now = (time_t)(realtime_ns / NS_PER_S);
    struct tm today;
    if (gmtime_r(&now, &today) == NULL) {
        return two_digits;
    }
    int year = (today.tm_year + 1900) / 100 * 100 + two_digits;
    return year > today.tm_year + 1900 + 50 ? year - 100 : year;
}

static bool parse_date(const char *text, int64_t realtime_ns, struct tm *ret_date)
{
    char day[10];
    char month[4] = "";
    struct tm date = { 0 };
    int end = 0;
    int year = 0;
    if (sscanf(text, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", day, &date.tm_mday, month,
               &year, &date.tm_hour, &date.tm_min, &date.tm_sec, &end) == 7 &&
        end > 0) {
        date.tm_year = year - 1900;
    } else if (sscanf(text, "%9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", day, &date.tm_mday,
                      month, &year, &date.tm_hour, &date.tm_min, &date.tm_sec, &end) == 7 &&
               end > 0) {
        date.tm_year = full_year(year, realtime_ns) - 1900;
    } else if (sscanf(text, "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", day, month,
                      &date.tm_mday, &date.tm_hour, &date.tm_min, &date.tm_sec, &year, &end) == 7 &&
               end > 0) {
        date.tm_year = year - 1900;
    } else {
        return false;
    }
    date.tm_mon = month_number(month);
    *ret_date = date;
    return is_date_sane(&date) && is_at_end(text + end);
}

int http_retry_after_parse(const char *text, int64_t realtime_ns, int64_t *ret_ns)
{
    text = skip_blanks(text);
    if (parse_seconds(text, ret_ns) == 0) {
        return 0;
    }
    struct tm date;
    if (!parse_date(text, realtime_ns, &date)) {
        return HTTP_RETRY_AFTER_JUNK;
    }
    int64_t seconds = (int64_t)timegm(&date) - realtime_ns / NS_PER_S;
    int64_t longest = HTTP_RETRY_AFTER_MAX_NS / NS_PER_S;
    if (seconds < 0) {
        seconds = 0;
    }
    *ret_ns = (seconds < longest ? seconds : longest) * NS_PER_S;
    return 0;
}

uint64_t http_random_next(struct http_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t http_random_below(struct http_random *random, int64_t end)
{
    return (int64_t)(http_random_next(random) % (uint64_t)end);
}

int64_t http_backoff_delay(const struct http_backoff *backoff, unsigned n,
                           struct http_random *random)
{
    int64_t most = backoff->base_ns;
    for (unsigned i = 0; i < n && most < backoff->cap_ns; i++) {
        most = most > backoff->cap_ns / 2 ? backoff->cap_ns : most * 2;
    }
    if (most > backoff->cap_ns) {
        most = backoff->cap_ns;
    }
    return http_random_below(random, most + 1);
}
