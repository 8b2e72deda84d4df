/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST = 256 };

int buffer_reserve(struct buffer *buffer, size_t extra)
{
    if (extra <= buffer->capacity - buffer->len) {
        return 0;
    }
    if (extra > SIZE_MAX / 2 - buffer->len) {
        return -ENOMEM;
    }
    size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : 2 * buffer->capacity;
    if (capacity - buffer->len < extra) {
        capacity = buffer->len + extra;
    }
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return -ENOMEM;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    int r = buffer_reserve(buffer, len);
    if (r < 0) {
        return r;
    }
    buffer_put(buffer, bytes, len);
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n < 0) {
        return -EINVAL;
    }
    int r = buffer_reserve(buffer, (size_t)n + 1);
    if (r < 0) {
        return r;
    }
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->len, (size_t)n + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)n;
    return 0;
}

char *buffer_text(struct buffer *buffer)
{
    if (buffer_reserve(buffer, 1) < 0) {
        return NULL;
    }
    buffer->data[buffer->len] = '\0';
    return buffer->data;
}

void buffer_shrink(struct buffer *buffer, size_t keep)
{
    if (buffer->capacity <= keep || buffer->len > keep) {
        return;
    }
    char *data = realloc(buffer->data, keep);
    if (data != NULL) {
        buffer->data = data;
        buffer->capacity = keep;
    }
}

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ 0 };
}
