/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON strings to text and back. `raw` is what stands between the quotes in a document. Pure, but for
 * the buffers. Thread: any.
 */
#ifndef WEIR_JSON_TEXT_H
#define WEIR_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Appends text as the body of a JSON string (without quotes). Escaped is what must be: \" \\ \b \f \n
 * \r \t and \u00XX for other control characters; the rest stays as it is. Returns 0, -EILSEQ when the
 * text is not UTF-8 (buffer unchanged), or -ENOMEM (buffer unchanged).
 */
int json_escape(struct buffer *buffer, const char *text, size_t len);

/* The same between quotes. */
int json_quote(struct buffer *buffer, const char *text, size_t len);

/*
 * Writes what raw means to text, which has room for raw_len bytes: unescaping never lengthens. Half a
 * surrogate pair becomes the three bytes that UTF-8 would use if it were a character, so that
 * different strings stay different. Safe on any bytes, walked or not. Returns 0,
 * JSON_LONE_SURROGATE, or JSON_MALFORMED (*ret_len is untouched then).
 */
int json_unescape(const char *raw, size_t raw_len, char *text, size_t *ret_len);

/* json_string_equals() of what its first look does not part. */
bool json_string_equals_all(const char *raw, size_t raw_len, const char *text, size_t len);

/*
 * Whether raw means text. Fast where raw holds no backslash. Safe on any bytes; a wrong escape equals
 * nothing.
 */
static inline bool json_string_equals(const char *raw, size_t raw_len, const char *text, size_t len)
{
    /* Unescaping always shortens; most names differ in length or in their first letter. */
    if (raw_len < len || (raw_len > 0 && raw[0] != '\\' && (len == 0 || raw[0] != text[0]))) {
        return false;
    }
    return json_string_equals_all(raw, raw_len, text, len);
}

#endif
