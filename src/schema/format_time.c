/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339, section 5.6. Nearly every event holds a date-time, so its fixed part, 19 bytes, is read as
 * four words of eight bytes that overlap instead of byte by byte.
 */
#include <stdint.h>
#include <string.h>

#include "schema/format_kinds.h"

enum {
    DATE_LEN = sizeof("YYYY-MM-DD") - 1,
    CLOCK_LEN = sizeof("hh:mm:ss") - 1,
    OFFSET_LEN = sizeof("+hh:mm") - 1,
    MINUTES_OF_DAY = 24 * 60,
};

/*
 * Whether eight bytes look like shape, in which 0 stands for any digit. XOR turns digits into 0 to 9
 * and the other bytes into 0; what is greater has its top bit set after 0x7f minus the greatest is
 * added. A sum carries into the next byte only where a top bit was set already.
 */
static inline bool has_shape(const char *text, const char shape[8], const char slack[8])
{
    uint64_t word;
    uint64_t expected;
    uint64_t added;
    memcpy(&word, text, sizeof(word));
    memcpy(&expected, shape, sizeof(expected));
    memcpy(&added, slack, sizeof(added));
    word ^= expected;
    return ((word | (word + added)) & UINT64_C(0x8080808080808080)) == 0;
}

/* What is added to a digit, and to a byte that is no digit. */
#define D "\x76"
#define B "\x7f"

static inline unsigned two_digits(const char *text)
{
    return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

static inline bool is_leap_year(unsigned century, unsigned year)
{
    return (year != 0 ? year : century) % 4 == 0;
}

/* Whether a date begins at text, which holds DATE_LEN bytes. */
static inline bool begins_date(const char *text)
{
    static const unsigned char n_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (!has_shape(text, "0000-00-", D D D D B D D B) ||
        !has_shape(text + 2, "00-00-00", D D B D D B D D)) {
        return false;
    }
    /* Month and day 0 wrap around and are too great. */
    unsigned month = two_digits(text + 5) - 1;
    unsigned day = two_digits(text + 8) - 1;
    if (month >= 12) {
        return false;
    }
    return day < n_days[month] ||
           (month == 1 && day == 28 && is_leap_year(two_digits(text), two_digits(text + 2)));
}

/*
 * Reads "Z" or a numeric offset, which is all of text. *ret_minutes is what local time is ahead of
 * UTC.
 */
static inline bool read_offset(const char *text, size_t len, int *ret_minutes)
{
    if (len == 1) {
        *ret_minutes = 0;
        return text[0] == 'Z' || text[0] == 'z';
    }
    if (len != OFFSET_LEN || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[4]) || !is_digit(text[5])) {
        return false;
    }
    unsigned hour = two_digits(text + 1);
    unsigned minute = two_digits(text + 4);
    int minutes = (int)(hour * 60 + minute);
    *ret_minutes = text[0] == '+' ? minutes : -minutes;
    return hour < 24 && minute < 60;
}

/*
 * Leap seconds are announced half a year ahead at most, so no table of them can be complete. What is
 * certain is that they end a day of UTC.
 */
static bool is_last_minute_of_utc(unsigned hour, unsigned minute, int offset)
{
    int utc = (int)(hour * 60 + minute) - offset + MINUTES_OF_DAY;
    return utc % MINUTES_OF_DAY == MINUTES_OF_DAY - 1;
}

bool format_is_time(const char *text, size_t len)
{
    if (len <= CLOCK_LEN || !has_shape(text, "00:00:00", D D B D D B D D)) {
        return false;
    }
    unsigned hour = two_digits(text);
    unsigned minute = two_digits(text + 3);
    unsigned second = two_digits(text + 6);
    size_t at = CLOCK_LEN;
    if (text[at] == '.') {
        do {
            at++;
        } while (at < len && is_digit(text[at]));
        if (at == CLOCK_LEN + 1) {
            return false;
        }
    }
    int offset;
    if (!read_offset(text + at, len - at, &offset) || hour >= 24 || minute >= 60 || second > 60) {
        return false;
    }
    return second < 60 || is_last_minute_of_utc(hour, minute, offset);
}

bool format_is_date(const char *text, size_t len)
{
    return len == DATE_LEN && begins_date(text);
}

bool format_is_date_time(const char *text, size_t len)
{
    return len > DATE_LEN && begins_date(text) &&
           (text[DATE_LEN] == 'T' || text[DATE_LEN] == 't') &&
           format_is_time(text + DATE_LEN + 1, len - DATE_LEN - 1);
}
