/* SPDX-License-Identifier: Apache-2.0 */
#include "json/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "json/index.h"
#include "json/scan.h"

/* The longest escape: \u00XX. */
enum { ESCAPE_SIZE = 6 };

/* What stands behind the backslash; 'u' for the long form; 0: the byte stays as it is. */
static const char escape_letter[256] = {
    [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u',  [0x04] = 'u', [0x05] = 'u',
    [0x06] = 'u', [0x07] = 'u', [0x08] = 'b', [0x09] = 't',  [0x0a] = 'n', [0x0b] = 'u',
    [0x0c] = 'f', [0x0d] = 'r', [0x0e] = 'u', [0x0f] = 'u',  [0x10] = 'u', [0x11] = 'u',
    [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u',  [0x16] = 'u', [0x17] = 'u',
    [0x18] = 'u', [0x19] = 'u', [0x1a] = 'u', [0x1b] = 'u',  [0x1c] = 'u', [0x1d] = 'u',
    [0x1e] = 'u', [0x1f] = 'u', ['"'] = '"',  ['\\'] = '\\',
};

/* Writes the escape of byte, which needs one; returns the place behind it. */
static inline char *put_escape(char *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = escape_letter[byte];
    if (escape_letter[byte] == 'u') {
        *out++ = '0';
        *out++ = '0';
        *out++ = hex[byte >> 4];
        *out++ = hex[byte & 15];
    }
    return out;
}

/*
 * Escapes up to CHUNK bytes of text at a time into room for the worst case. A whole vector is always
 * stored, and the place behind it moved only over the bytes that stay as they are; after a special
 * byte the vector is loaded again from the byte behind it.
 */
enum { CHUNK = 4096 };

/* Copies two vectors; whether they hold no special byte. */
static inline bool put_plain(char *out, const char *text)
{
    json_vector first = json_vector_load(text);
    json_vector second = json_vector_load(text + JSON_VECTOR_SIZE);
    memcpy(out, &first, sizeof(first));
    memcpy(out + sizeof(first), &second, sizeof(second));
    return !json_vector_any(json_vector_specials(first) | json_vector_specials(second));
}

static char *escape_chunk(char *out, const char *text, size_t len)
{
    size_t offset = 0;
    while (len - offset >= JSON_VECTOR_SIZE) {
        if (len - offset >= 2 * JSON_VECTOR_SIZE && put_plain(out, text + offset)) {
            out += 2 * JSON_VECTOR_SIZE;
            offset += 2 * JSON_VECTOR_SIZE;
            continue;
        }
        json_vector vector = json_vector_load(text + offset);
        memcpy(out, &vector, sizeof(vector));
        unsigned n = json_vector_first(json_vector_specials(vector));
        out += n;
        offset += n;
        if (n < JSON_VECTOR_SIZE) {
            out = put_escape(out, (unsigned char)text[offset++]);
        }
    }
    for (; offset < len; offset++) {
        unsigned char byte = (unsigned char)text[offset];
        if (escape_letter[byte] == 0) {
            *out++ = (char)byte;
        } else {
            out = put_escape(out, byte);
        }
    }
    return out;
}

int json_escape(struct buffer *buffer, const char *text, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (!json_is_utf8(text, len)) {
        return -EILSEQ;
    }
    size_t before = buffer->len;
    for (size_t offset = 0; offset < len; offset += CHUNK) {
        size_t n = len - offset < CHUNK ? len - offset : CHUNK;
        int r = buffer_reserve(buffer, n * ESCAPE_SIZE + JSON_VECTOR_SIZE);
        if (r < 0) {
            buffer->len = before;
            return r;
        }
        char *end = escape_chunk(buffer->data + buffer->len, text + offset, n);
        buffer->len = (size_t)(end - buffer->data);
    }
    return 0;
}

int json_quote(struct buffer *buffer, const char *text, size_t len)
{
    size_t before = buffer->len;
    int r = buffer_append_byte(buffer, '"');
    if (r == 0) {
        r = json_escape(buffer, text, len);
    }
    if (r == 0) {
        r = buffer_append_byte(buffer, '"');
    }
    if (r < 0) {
        buffer->len = before;
    }
    return r;
}

/* What one escape means. */
struct escape {
    uint32_t character;
    /* Bytes it takes in the document; 0: it is wrong. */
    size_t len;
};

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The 16 bits of the \uXXXX at raw, -1 when there is none. */
static int32_t utf16_unit(const char *raw, size_t left)
{
    if (left < 6 || raw[0] != '\\' || raw[1] != 'u') {
        return -1;
    }
    int32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        int value = hex_value(raw[i]);
        if (value < 0) {
            return -1;
        }
        unit = unit * 16 + value;
    }
    return unit;
}

static struct escape escape_read(const char *raw, size_t left)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (left < 2) {
        return (struct escape){ 0 };
    }
    const char *letter = raw[1] == '\0' ? NULL : strchr(letters, raw[1]);
    if (letter != NULL) {
        return (struct escape){ (unsigned char)meanings[letter - letters], 2 };
    }
    int32_t high = utf16_unit(raw, left);
    if (high < 0) {
        return (struct escape){ 0 };
    }
    if (high >= 0xd800 && high < 0xdc00) {
        int32_t low = utf16_unit(raw + 6, left - 6);
        if (low >= 0xdc00 && low < 0xe000) {
            return (struct escape){
                0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00), 12
            };
        }
    }
    return (struct escape){ (uint32_t)high, 6 };
}

/* Writes a character as UTF-8; returns the place behind it. */
static char *put_character(char *out, uint32_t character)
{
    if (character < 0x80) {
        *out++ = (char)character;
        return out;
    }
    if (character < 0x800) {
        *out++ = (char)(0xc0 | character >> 6);
    } else {
        if (character < 0x10000) {
            *out++ = (char)(0xe0 | character >> 12);
        } else {
            *out++ = (char)(0xf0 | character >> 18);
            *out++ = (char)(0x80 | (character >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (character >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (character & 0x3f));
    return out;
}

int json_unescape(const char *raw, size_t raw_len, char *text, size_t *ret_len)
{
    bool has_lone = false;
    char *out = text;
    size_t offset = 0;
    while (offset < raw_len) {
        const char *backslash = memchr(raw + offset, '\\', raw_len - offset);
        size_t n = (backslash != NULL ? (size_t)(backslash - raw) : raw_len) - offset;
        memmove(out, raw + offset, n);
        out += n;
        offset += n;
        if (backslash == NULL) {
            break;
        }
        struct escape escape = escape_read(backslash, raw_len - offset);
        if (escape.len == 0) {
            return JSON_MALFORMED;
        }
        has_lone |= escape.character >= 0xd800 && escape.character < 0xe000;
        out = put_character(out, escape.character);
        offset += escape.len;
    }
    *ret_len = (size_t)(out - text);
    return has_lone ? JSON_LONE_SURROGATE : 0;
}

/* json_string_equals() where raw is longer than text: piece by piece, without memory. */
static bool equals_escaped(const char *raw, size_t raw_len, const char *text, size_t len)
{
    size_t offset = 0;
    size_t matched = 0;
    while (offset < raw_len) {
        char piece[4];
        struct escape escape = { (unsigned char)raw[offset], 1 };
        size_t n = 1;
        piece[0] = raw[offset];
        if (raw[offset] == '\\') {
            escape = escape_read(raw + offset, raw_len - offset);
            n = (size_t)(put_character(piece, escape.character) - piece);
        }
        if (escape.len == 0 || len - matched < n || memcmp(text + matched, piece, n) != 0) {
            return false;
        }
        matched += n;
        offset += escape.len;
    }
    return matched == len;
}

bool json_string_equals_all(const char *raw, size_t raw_len, const char *text, size_t len)
{
    if (raw_len == len) {
        return len == 0 || (memcmp(raw, text, len) == 0 && memchr(raw, '\\', raw_len) == NULL);
    }
    /* Only a longer raw can mean text by escapes. */
    return memchr(raw, '\\', raw_len) != NULL && equals_escaped(raw, raw_len, text, len);
}
