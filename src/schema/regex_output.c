/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written. Characters are \x{...} unless they are ASCII letters or digits, so that nothing
 * in the output can be read as syntax. Half surrogate pairs are U+FFFD on both sides: PCRE2 knows
 * none, and subjects have them replaced.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/regex_cost.h"
#include "schema/regex_reader.h"

unsigned regex_log2(size_t n)
{
    unsigned k = 0;
    while (k < REGEX_CALLOUT_MAX_LOG && ((size_t)1 << k) < n) {
        k++;
    }
    return k;
}

bool regex_put_bytes(struct regex_reader *reader, const char *bytes, size_t len)
{
    if (reader->out != NULL && buffer_append(reader->out, bytes, len) < 0) {
        return regex_fail(reader, -ENOMEM, "out of memory");
    }
    return true;
}

bool regex_put(struct regex_reader *reader, const char *text)
{
    return regex_put_bytes(reader, text, strlen(text));
}

size_t regex_out_len(const struct regex_reader *reader)
{
    return reader->out != NULL ? reader->out->len : 0;
}

bool regex_insert_callout(struct regex_reader *reader, size_t out_start, unsigned number)
{
    if (reader->out == NULL) {
        return true;
    }
    char text[16];
    size_t len = (size_t)snprintf(text, sizeof(text), "(?C%u)", number);
    if (!regex_put_bytes(reader, text, len)) {
        return false;
    }
    char *place = reader->out->data + out_start;
    memmove(place + len, place, reader->out->len - len - out_start);
    memcpy(place, text, len);
    return true;
}

bool regex_put_callout(struct regex_reader *reader, unsigned number)
{
    reader->work = 0;
    reader->is_at_callout = true;
    return regex_insert_callout(reader, regex_out_len(reader), number);
}

bool regex_put_character(struct regex_reader *reader, uint32_t character)
{
    char text[16];
    if (regex_is_surrogate(character)) {
        character = REGEX_REPLACEMENT;
    }
    if (character < 0x80 && (regex_is_letter((char)character) || regex_is_digit((char)character))) {
        snprintf(text, sizeof(text), "%c", (char)character);
    } else {
        snprintf(text, sizeof(text), "\\x{%x}", (unsigned)character);
    }
    return regex_put(reader, text);
}
