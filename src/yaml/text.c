/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/text.h"

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length of the sequence that begins here, or 0 where it is none. */
static size_t sequence_len(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0];
    if (first < 0x80) {
        return 1;
    }
    size_t len = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(bytes[i])) {
            return 0;
        }
    }
    /* Overlong forms, surrogates, and what lies above U+10FFFF. */
    if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) ||
        (first == 0xF0 && bytes[1] < 0x90) || (first == 0xF4 && bytes[1] > 0x8F)) {
        return 0;
    }
    return len;
}

enum yaml_text_fault yaml_text_check(const char *text, size_t len, size_t *ret_offset)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        size_t n = sequence_len(bytes + i, len - i);
        if (n == 0) {
            *ret_offset = i;
            return TEXT_NOT_UTF8;
        }
        bool is_control = bytes[i] < 0x20 || bytes[i] == 0x7F;
        if (is_control && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') {
            *ret_offset = i;
            return TEXT_CONTROL;
        }
        i += n;
    }
    return TEXT_GOOD;
}

const char *yaml_text_fault_name(enum yaml_text_fault fault)
{
    static const char *const names[] = {
        [TEXT_GOOD] = "valid text",
        [TEXT_NOT_UTF8] = "not valid UTF-8",
        [TEXT_CONTROL] = "a control character; write it as an escape in double quotes",
    };
    return names[fault];
}

void yaml_text_place(const char *text, size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
    uint32_t line = 1;
    uint32_t column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == offset || text[i + 1] != '\n'))) {
            line++;
            column = 1;
        } else if (!is_continuation((unsigned char)text[i])) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

size_t yaml_text_offset(const char *text, size_t len, size_t n_characters)
{
    size_t i = 0;
    for (size_t n = 0; n < n_characters && i < len; n++) {
        i++;
        while (i < len && is_continuation((unsigned char)text[i])) {
            i++;
        }
    }
    return i;
}
