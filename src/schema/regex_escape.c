/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escapes that mean the same in classes and outside.
 */
#include <errno.h>
#include <string.h>

#include "schema/regex_property.h"
#include "schema/regex_reader.h"

static int hex_value(char byte)
{
    if (regex_is_digit(byte)) {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* n hexadecimal digits at offset; -1: they are not there. */
static int32_t hex_at(const struct regex_reader *reader, size_t offset, size_t n)
{
    if ((size_t)(reader->end - reader->at) < offset + n) {
        return -1;
    }
    int32_t value = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(reader->at[offset + i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Behind `\u{`. */
static bool read_code_point(struct regex_reader *reader, uint32_t *ret_character)
{
    uint32_t character = 0;
    const char *start = reader->at;
    while (reader->at < reader->end && hex_value(*reader->at) >= 0) {
        character = character * 16 + (uint32_t)hex_value(*reader->at++);
        if (character > REGEX_CHARACTER_MAX) {
            return regex_fail(reader, -EINVAL, "\\u{...} is above 10FFFF");
        }
    }
    if (reader->at == start || reader->at == reader->end || *reader->at != '}') {
        return regex_fail(reader, -EINVAL, "\\u{ without hexadecimal digits and }");
    }
    reader->at++;
    *ret_character = character;
    return true;
}

/* Behind `\u`. Two halves that are written one behind the other are one character. */
static bool read_unicode(struct regex_reader *reader, uint32_t *ret_character)
{
    if (reader->at < reader->end && *reader->at == '{') {
        reader->at++;
        return read_code_point(reader, ret_character);
    }
    int32_t unit = hex_at(reader, 0, 4);
    if (unit < 0) {
        return regex_fail(reader, -EINVAL, "\\u without four hexadecimal digits");
    }
    reader->at += 4;
    *ret_character = (uint32_t)unit;
    if (unit >= 0xd800 && unit < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
        reader->at[1] == 'u') {
        int32_t low = hex_at(reader, 2, 4);
        if (low >= 0xdc00 && low < 0xe000) {
            *ret_character = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
            reader->at += 6;
        }
    }
    return true;
}

/* Behind `\p` or `\P`. */
static bool read_property(struct regex_reader *reader, bool is_inverse)
{
    size_t left = (size_t)(reader->end - reader->at);
    const char *close = left > 0 && *reader->at == '{' ? memchr(reader->at, '}', left) : NULL;
    struct regex_property property;
    if (close == NULL ||
        !regex_property_find(reader->at + 1, (size_t)(close - reader->at - 1), &property)) {
        return regex_fail(reader, -EINVAL, "\\p without a known property in braces");
    }
    reader->at = close + 1;
    return regex_put(reader, is_inverse != property.is_inverse ? "\\P{" : "\\p{") &&
           regex_put(reader, property.prefix) &&
           regex_put_bytes(reader, property.name, property.name_len) && regex_put(reader, "}");
}

/* Letters that name one character. */
static uint32_t control_character(char letter)
{
    static const char letters[] = "fnrtv";
    static const char meanings[] = "\f\n\r\t\v";
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    return found != NULL ? (uint32_t)meanings[found - letters] : 0;
}

/* Behind a letter or digit that stands behind a backslash: escapes of one character. */
static bool read_character_escape(struct regex_reader *reader, char letter,
                                  struct regex_escape *escape)
{
    escape->kind = REGEX_ESCAPE_CHARACTER;
    escape->character = control_character(letter);
    if (escape->character != 0) {
        return true;
    }
    const char *at = reader->at;
    bool has_next = at < reader->end;
    switch (letter) {
    case 'u':
        return read_unicode(reader, &escape->character);
    case 'x':
        if (hex_at(reader, 0, 2) < 0) {
            return regex_fail(reader, -EINVAL, "\\x without two hexadecimal digits");
        }
        escape->character = (uint32_t)hex_at(reader, 0, 2);
        reader->at += 2;
        return true;
    case 'c':
        if (!has_next || !regex_is_letter(*at)) {
            return regex_fail(reader, -EINVAL, "\\c without a letter");
        }
        escape->character = (uint32_t)(*at & 0x1f);
        reader->at++;
        return true;
    case '0':
        if (has_next && regex_is_digit(*at)) {
            return regex_fail(reader, -EINVAL, "\\0 before a digit");
        }
        return true;
    default:
        reader->at--;
        escape->kind = REGEX_ESCAPE_OTHER;
        return true;
    }
}

bool regex_read_escape(struct regex_reader *reader, struct regex_escape *ret_escape)
{
    reader->at++;
    if (reader->at == reader->end) {
        return regex_fail(reader, -EINVAL, "a backslash at the end");
    }
    char letter = *reader->at++;
    ret_escape->letter = letter;
    if ((unsigned char)letter >= 0x80) {
        return regex_fail(reader, -EINVAL, "a backslash before a character that needs none");
    }
    if (!regex_is_letter(letter) && !regex_is_digit(letter)) {
        ret_escape->kind = REGEX_ESCAPE_CHARACTER;
        ret_escape->character = (uint32_t)letter;
        return true;
    }
    if (strchr("dDwWsS", letter) != NULL) {
        ret_escape->kind = REGEX_ESCAPE_SET;
        return true;
    }
    if (letter == 'p' || letter == 'P') {
        ret_escape->kind = REGEX_ESCAPE_PROPERTY;
        return read_property(reader, letter == 'P');
    }
    return read_character_escape(reader, letter, ret_escape);
}
