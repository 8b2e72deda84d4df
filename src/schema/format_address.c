/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schema/format_kinds.h"

static bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

static bool is_hex_digit(char byte)
{
    return is_digit(byte) || (unsigned char)((byte | 0x20) - 'a') <= 'f' - 'a';
}

/*
 * The length of the number from 0 to 255 that text begins with, 0 where there is none. RFC 2673 lets a
 * number begin with zeros; readers part over whether it is octal then, so none may.
 */
static size_t octet_len(const char *text, size_t len)
{
    unsigned value = 0;
    size_t n = 0;
    while (n < len && n < 3 && is_digit(text[n])) {
        value = value * 10 + (unsigned)(text[n] - '0');
        n++;
    }
    bool is_octet = value <= 255 && (n <= 1 || text[0] != '0');
    return is_octet ? n : 0;
}

bool format_is_ipv4(const char *text, size_t len)
{
    size_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0 && (at == len || text[at++] != '.')) {
            return false;
        }
        size_t n = octet_len(text + at, len - at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return at == len;
}

/* One to four hexadecimal digits; 0 where there is none. */
static size_t group_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && n < 4 && is_hex_digit(text[n])) {
        n++;
    }
    return n;
}

enum { N_GROUPS = 8 };

static bool is_complete(unsigned n_groups, bool has_gap)
{
    return has_gap ? n_groups < N_GROUPS : n_groups == N_GROUPS;
}

/*
 * Groups are read from left to right; each round begins behind a colon or at the start. A "::" stands
 * for one group at least, and an IPv4 address at the end for two.
 */
bool format_is_ipv6(const char *text, size_t len)
{
    unsigned n_groups = 0;
    bool has_gap = len >= 2 && text[0] == ':' && text[1] == ':';
    size_t at = has_gap ? 2 : 0;
    if (has_gap && at == len) {
        return true;
    }
    while (n_groups < N_GROUPS) {
        size_t n = group_len(text + at, len - at);
        if (at + n < len && text[at + n] == '.') {
            return is_complete(n_groups + 2, has_gap) && format_is_ipv4(text + at, len - at);
        }
        at += n;
        n_groups++;
        if (n == 0) {
            return false;
        }
        if (at == len) {
            return is_complete(n_groups, has_gap);
        }
        if (text[at++] != ':') {
            return false;
        }
        if (at < len && text[at] == ':') {
            if (has_gap) {
                return false;
            }
            has_gap = true;
            at++;
            if (at == len) {
                return is_complete(n_groups, has_gap);
            }
        }
    }
    return false;
}

/* Each byte is looked at alike, without a branch: nearly every event holds such a text, or two. */
bool format_is_uuid(const char *text, size_t len)
{
    enum { UUID_LEN = 36, N_HYPHENS = 4 };
    if (len != UUID_LEN || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
        text[23] != '-') {
        return false;
    }
    unsigned n_hex_digits = 0;
    for (size_t i = 0; i < UUID_LEN; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        unsigned letter = ((unsigned char)text[i] | 0x20u) - (unsigned)'a';
        n_hex_digits += (unsigned)(digit <= 9) | (unsigned)(letter <= 'f' - 'a');
    }
    return n_hex_digits == UUID_LEN - N_HYPHENS;
}
