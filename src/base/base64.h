/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4, with padding, no line breaks). Pure. Thread: any. */
#ifndef WEIR_BASE_BASE64_H
#define WEIR_BASE_BASE64_H

#include <stddef.h>

#include "base/buffer.h"

/* The number of characters that len bytes become. */
static inline size_t base64_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Appends the characters. Returns 0 or -ENOMEM. */
int base64_encode(struct buffer *buffer, const void *bytes, size_t len);

/*
 * Appends the bytes that text stands for. Strict: only what base64_encode() writes is taken, so that
 * each run of bytes has one text. Returns 0, -EINVAL (nothing was appended), or -ENOMEM.
 */
int base64_decode(struct buffer *buffer, const char *text, size_t len);

#endif
