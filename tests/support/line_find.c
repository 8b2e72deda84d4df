/* SPDX-License-Identifier: Apache-2.0 */
#include "line_find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct scan {
    const char *text;
    size_t len;
    size_t at;
};

static bool is_at(const struct scan *scan, char byte)
{
    return scan->at < scan->len && scan->text[scan->at] == byte;
}

static void skip_space(struct scan *scan)
{
    while (is_at(scan, ' ') || is_at(scan, '\t') || is_at(scan, '\r') || is_at(scan, '\n')) {
        scan->at++;
    }
}

/* Steps over a string, from its first quote. */
static void skip_string(struct scan *scan)
{
    scan->at++;
    while (scan->at < scan->len && scan->text[scan->at] != '"') {
        scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
    }
    scan->at++;
}

/* Steps over any value: brackets are counted, strings are skipped, the rest ends at a delimiter. */
static void skip_value(struct scan *scan)
{
    size_t depth = 0;
    while (scan->at < scan->len) {
        char byte = scan->text[scan->at];
        if (depth == 0 && (byte == ',' || byte == '}' || byte == ']')) {
            return;
        }
        if (byte == '"') {
            skip_string(scan);
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        scan->at++;
    }
}

static bool is_name(const struct scan *scan, size_t start, const char *name)
{
    size_t name_len = strlen(name);
    return scan->at - start == name_len + 2 && memcmp(scan->text + start + 1, name, name_len) == 0;
}

/* Finds name among the members of the object that begins at scan. */
static int find_member(struct scan *scan, const char *name, struct line_place *ret_place)
{
    int r = -ENOENT;
    scan->at++;
    for (skip_space(scan); is_at(scan, '"'); skip_space(scan)) {
        struct line_place place = { .name_start = scan->at };
        skip_string(scan);
        if (scan->at > scan->len) {
            return -ENOENT;
        }
        bool is_wanted = is_name(scan, place.name_start, name);
        skip_space(scan);
        if (!is_at(scan, ':')) {
            return -ENOENT;
        }
        scan->at++;
        skip_space(scan);
        place.value_start = scan->at;
        skip_value(scan);
        place.value_end = scan->at < scan->len ? scan->at : scan->len;
        if (is_wanted) {
            *ret_place = place;
            r = 0;
        }
        if (!is_at(scan, ',')) {
            break;
        }
        scan->at++;
    }
    return r;
}

int line_find(const char *text, size_t len, const char *const *path, struct line_place *ret_place)
{
    struct scan scan = { .text = text, .len = len };
    struct line_place place = { .value_end = len };
    for (; *path != NULL; path++) {
        scan.at = place.value_start;
        scan.len = place.value_end;
        skip_space(&scan);
        if (!is_at(&scan, '{')) {
            return -ENOENT;
        }
        int r = find_member(&scan, *path, &place);
        if (r < 0) {
            return r;
        }
    }
    *ret_place = place;
    return 0;
}

static int hex_value(const char *text, size_t len, uint32_t *ret_value)
{
    uint32_t value = 0;
    if (len < 4) {
        return -EINVAL;
    }
    for (size_t i = 0; i < 4; i++) {
        char c = text[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) {
            return -EINVAL;
        }
        value = value * 16 + digit;
    }
    *ret_value = value;
    return 0;
}

static int append_utf8(struct buffer *out, uint32_t code)
{
    char bytes[4];
    size_t len = 0;
    if (code < 0x80) {
        bytes[len++] = (char)code;
    } else if (code < 0x800) {
        bytes[len++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[len++] = (char)(0xe0 | code >> 12);
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | code >> 18);
        bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80) {
        bytes[len++] = (char)(0x80 | (code & 0x3f));
    }
    return buffer_append(out, bytes, len);
}

/* Decodes \uXXXX (a pair of them where it takes two), with scan on the first digit. */
static int decode_unicode(struct scan *scan, struct buffer *out)
{
    uint32_t code, low;
    int r = hex_value(scan->text + scan->at, scan->len - scan->at, &code);
    if (r < 0) {
        return r;
    }
    scan->at += 4;
    if (code >= 0xd800 && code < 0xdc00 && scan->len - scan->at >= 6 && is_at(scan, '\\') &&
        scan->text[scan->at + 1] == 'u') {
        r = hex_value(scan->text + scan->at + 2, 4, &low);
        if (r < 0 || low < 0xdc00 || low > 0xdfff) {
            return -EINVAL;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        scan->at += 6;
    }
    return append_utf8(out, code);
}

int line_decode_string(const char *text, size_t len, struct buffer *out)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (len < 2 || text[0] != '"' || text[len - 1] != '"') {
        return -EINVAL;
    }
    struct scan scan = { .text = text, .len = len - 1, .at = 1 };
    while (scan.at < scan.len) {
        char byte = text[scan.at++];
        int r = -EINVAL;
        if (byte != '\\') {
            r = buffer_append_byte(out, byte);
        } else if (is_at(&scan, 'u')) {
            scan.at++;
            r = decode_unicode(&scan, out);
        } else if (scan.at < scan.len) {
            for (size_t i = 0; i + 1 < sizeof(escapes) && r == -EINVAL; i += 2) {
                r = escapes[i] == text[scan.at] ? buffer_append_byte(out, escapes[i + 1]) : -EINVAL;
            }
            scan.at++;
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -EINVAL : (int)(found - digits);
}

int line_decode_base64(const char *text, size_t len, struct buffer *out)
{
    if (len % 4 != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < len; i += 4) {
        size_t n_pads = i + 4 == len ? (size_t)(text[i + 3] == '=') + (text[i + 2] == '=') : 0;
        uint32_t bits = 0;
        for (size_t j = 0; j < 4 - n_pads; j++) {
            int value = base64_value(text[i + j]);
            if (value < 0) {
                return value;
            }
            bits |= (uint32_t)value << (18 - 6 * j);
        }
        char bytes[3] = { (char)(bits >> 16), (char)(bits >> 8 & 0xff), (char)(bits & 0xff) };
        int r = buffer_append(out, bytes, 3 - n_pads);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}
