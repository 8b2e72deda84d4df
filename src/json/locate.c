/* SPDX-License-Identifier: Apache-2.0 */
#include "json/locate.h"

#include <stdbool.h>
#include <stdint.h>

/* The length of the UTF-8 sequence that begins at p, 0 when it is none (Unicode, table 3-7). */
static size_t sequence_len(const unsigned char *p, size_t left)
{
    unsigned char lead = p[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || left < len) {
        return 0;
    }
    unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < least || p[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

size_t json_locate_bad_utf8(const char *bytes, size_t len)
{
    size_t offset = 0;
    while (offset < len) {
        size_t n = sequence_len((const unsigned char *)bytes + offset, len - offset);
        if (n == 0) {
            return offset;
        }
        offset += n;
    }
    return len;
}

/* The offset behind the string that opens at quote; len + 1 when it stays open. */
static size_t skip_string(const char *bytes, size_t len, size_t quote)
{
    size_t offset = quote + 1;
    while (offset < len && bytes[offset] != '"') {
        offset += bytes[offset] == '\\' ? 2 : 1;
    }
    return offset < len ? offset + 1 : len + 1;
}

size_t json_locate_control(const char *bytes, size_t len)
{
    size_t offset = 0;
    while (offset < len) {
        if (bytes[offset] != '"') {
            offset++;
            continue;
        }
        size_t end = skip_string(bytes, len, offset);
        for (; offset < end && offset < len; offset++) {
            if ((unsigned char)bytes[offset] < 0x20) {
                return offset;
            }
        }
    }
    return len;
}

size_t json_locate_unclosed(const char *bytes, size_t len)
{
    size_t offset = 0;
    while (offset < len) {
        size_t end = bytes[offset] == '"' ? skip_string(bytes, len, offset) : offset + 1;
        if (end > len) {
            return offset;
        }
        offset = end;
    }
    return len;
}
