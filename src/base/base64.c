/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(struct buffer *buffer, const void *bytes, size_t len)
{
    if (len > SIZE_MAX / 2) {
        return -ENOMEM;
    }
    int r = buffer_reserve(buffer, base64_len(len));
    if (r < 0) {
        return r;
    }
    const unsigned char *from = bytes;
    for (; len > 0;) {
        size_t n = len < 3 ? len : 3;
        uint32_t group = (uint32_t)from[0] << 16;
        group |= n > 1 ? (uint32_t)from[1] << 8 : 0;
        group |= n > 2 ? from[2] : 0;
        char out[4] = { alphabet[group >> 18], alphabet[group >> 12 & 63],
                        n > 1 ? alphabet[group >> 6 & 63] : '=',
                        n > 2 ? alphabet[group & 63] : '=' };
        buffer_put(buffer, out, sizeof(out));
        from += n;
        len -= n;
    }
    return 0;
}

/* The value of one character, or -1. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

/* Decodes four characters, of which the last n_padding are '='. Returns 0 or -EINVAL. */
static int decode_group(const char *text, size_t n_padding, char *ret_bytes)
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - n_padding ? digit_value(text[i]) : 0;
        if (value < 0) {
            return -EINVAL;
        }
        group = group << 6 | (uint32_t)value;
    }
    /* The bits that padding cuts off must be zero. */
    if (n_padding > 0 && (group & ((UINT32_C(1) << 8 * n_padding) - 1)) != 0) {
        return -EINVAL;
    }
    ret_bytes[0] = (char)(group >> 16);
    ret_bytes[1] = (char)(group >> 8 & 255);
    ret_bytes[2] = (char)(group & 255);
    return 0;
}

int base64_decode(struct buffer *buffer, const char *text, size_t len)
{
    if (len % 4 != 0) {
        return -EINVAL;
    }
    int r = buffer_reserve(buffer, len / 4 * 3);
    if (r < 0) {
        return r;
    }
    size_t before = buffer->len;
    for (size_t i = 0; i < len; i += 4) {
        size_t n_padding = 0;
        if (i + 4 == len && text[i + 3] == '=') {
            n_padding = text[i + 2] == '=' ? 2 : 1;
        }
        char bytes[3];
        r = decode_group(text + i, n_padding, bytes);
        if (r < 0) {
            buffer->len = before;
            return r;
        }
        buffer_put(buffer, bytes, 3 - n_padding);
    }
    return 0;
}
