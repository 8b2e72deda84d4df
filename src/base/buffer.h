/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable run of bytes. Zero-initialised is empty and valid. Not thread-safe: one owner.
 */
#ifndef WEIR_BASE_BUFFER_H
#define WEIR_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
};

/*
 * Makes room for extra more bytes behind len. Grows to twice the size, so that appending is linear, or
 * to just what is asked for where that is more.
 * Returns 0 or -ENOMEM (the buffer is unchanged then).
 */
int buffer_reserve(struct buffer *buffer, size_t extra);

/* Appends a copy. Returns 0 or -ENOMEM. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t len);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends one byte. Returns 0 or -ENOMEM. */
static inline int buffer_append_byte(struct buffer *buffer, char byte)
{
    if (buffer->len == buffer->capacity) {
        int r = buffer_reserve(buffer, 1);
        if (r < 0) {
            return r;
        }
    }
    buffer->data[buffer->len++] = byte;
    return 0;
}

/* Appends where room was reserved before. */
static inline void buffer_put(struct buffer *buffer, const void *bytes, size_t len)
{
    memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
}

/* Forgets the content, keeps the memory. */
static inline void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
}

/* Puts a NUL behind the content (not counted in len) and returns it, or NULL without memory. */
char *buffer_text(struct buffer *buffer);

/* Gives memory above keep bytes back, for buffers that a rare big event has blown up. */
void buffer_shrink(struct buffer *buffer, size_t keep);

/* Frees the memory; the buffer is empty and usable again. */
void buffer_deinit(struct buffer *buffer);

#define AUTO_BUFFER __attribute__((cleanup(buffer_deinit))) struct buffer

#endif
