/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The atoms of a regular expression that are no groups: characters, escapes, classes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/regex_cost.h"
#include "schema/regex_reader.h"

/* What `\s` means, clause 22.2.2.9: WhiteSpace and LineTerminator; and what it does not. */
static const char spaces[] =
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}"
    "\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
static const char no_spaces[] =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

/* A class is as dear as one character up to so many items. */
enum { CHEAP_ITEMS = 8 };

uint32_t regex_next_character(struct regex_reader *reader)
{
    unsigned char first = (unsigned char)*reader->at++;
    if (first < 0x80) {
        return first;
    }
    int n_more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t character = first & (0x3fu >> n_more);
    for (; n_more > 0; n_more--) {
        character = character << 6 | ((unsigned char)*reader->at++ & 0x3f);
    }
    return character;
}

/* \d and its like, in a class or outside. */
static bool put_set(struct regex_reader *reader, char letter, bool is_in_class)
{
    if (letter != 's' && letter != 'S') {
        char text[] = { '\\', letter, '\0' };
        return regex_put(reader, text);
    }
    const char *items = letter == 's' ? spaces : no_spaces;
    return is_in_class
               ? regex_put(reader, items)
               : regex_put(reader, "[") && regex_put(reader, items) && regex_put(reader, "]");
}

static bool put_range_part(struct regex_reader *reader, uint32_t low, uint32_t high)
{
    return low > high ||
           (regex_put_character(reader, low) &&
            (low == high || (regex_put(reader, "-") && regex_put_character(reader, high))));
}

/* A range may begin or end among the surrogates, where PCRE2 has no characters. */
static bool put_range(struct regex_reader *reader, uint32_t low, uint32_t high)
{
    if (!regex_is_surrogate(low) && !regex_is_surrogate(high)) {
        return put_range_part(reader, low, high);
    }
    return (low >= 0xd800 || put_range_part(reader, low, 0xd7ff)) &&
           (high < 0xe000 || put_range_part(reader, 0xe000, high)) &&
           regex_put_character(reader, REGEX_REPLACEMENT);
}

/* One item of a class. *ret_is_set: a set of characters, which is in the output already. */
static bool read_class_item(struct regex_reader *reader, uint32_t *ret_character, bool *ret_is_set)
{
    *ret_is_set = false;
    if (*reader->at != '\\') {
        *ret_character = regex_next_character(reader);
        return true;
    }
    struct regex_escape escape;
    if (!regex_read_escape(reader, &escape)) {
        return false;
    }
    switch (escape.kind) {
    case REGEX_ESCAPE_CHARACTER:
        *ret_character = escape.character;
        return true;
    case REGEX_ESCAPE_SET:
        *ret_is_set = true;
        return put_set(reader, escape.letter, true);
    case REGEX_ESCAPE_PROPERTY:
        *ret_is_set = true;
        return true;
    case REGEX_ESCAPE_OTHER:
        break;
    }
    if (escape.letter == 'b') {
        reader->at++;
        *ret_character = '\b';
        return true;
    }
    return regex_fail(reader, -EINVAL, "an unknown escape in a class");
}

/* Whether a `-` at the place makes a range: something but the end of the class is behind it. */
static bool is_at_range(const struct regex_reader *reader)
{
    return reader->end - reader->at >= 2 && reader->at[0] == '-' && reader->at[1] != ']';
}

static bool read_class_range(struct regex_reader *reader, bool *ret_is_set)
{
    uint32_t low = 0;
    bool is_set = false;
    if (!read_class_item(reader, &low, &is_set)) {
        return false;
    }
    *ret_is_set = is_set;
    if (!is_at_range(reader)) {
        return is_set || put_range(reader, low, low);
    }
    reader->at++;
    uint32_t high = 0;
    bool is_high_set = false;
    if (!read_class_item(reader, &high, &is_high_set)) {
        return false;
    }
    if (is_set || is_high_set) {
        return regex_fail(reader, -EINVAL, "a range from or to a set of characters");
    }
    return low <= high ? put_range(reader, low, high)
                       : regex_fail(reader, -EINVAL, "a range in the wrong order");
}

bool regex_read_class(struct regex_reader *reader, struct regex_atom *atom)
{
    reader->at++;
    bool is_inverse = reader->at < reader->end && *reader->at == '^';
    reader->at += is_inverse;
    if (!regex_put(reader, is_inverse ? "[^" : "[")) {
        return false;
    }
    size_t n_items = 0;
    while (reader->at < reader->end && *reader->at != ']') {
        bool is_set = false;
        if (!read_class_range(reader, &is_set)) {
            return false;
        }
        n_items += is_set ? CHEAP_ITEMS : 1;
    }
    if (reader->at == reader->end) {
        return regex_fail(reader, -EINVAL, "a class without its ]");
    }
    reader->at++;
    atom->weight = regex_log2((n_items + CHEAP_ITEMS - 1) / CHEAP_ITEMS);
    if (n_items > 0) {
        return regex_put(reader, "]");
    }
    /* [] is no character, [^] any. */
    if (reader->out != NULL) {
        reader->out->len = atom->out_start;
    }
    return regex_put(reader, is_inverse ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]");
}

bool regex_read_name(struct regex_reader *reader, const char **ret_text, size_t *ret_len)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at != '>') {
        char byte = *reader->at;
        bool is_right = (unsigned char)byte >= 0x80 || regex_is_letter(byte) || byte == '$' ||
                        byte == '_' || (regex_is_digit(byte) && reader->at > start);
        if (!is_right) {
            return regex_fail(reader, -EINVAL, "a wrong character in the name of a group");
        }
        reader->at++;
    }
    if (reader->at == start || reader->at == reader->end) {
        return regex_fail(reader, -EINVAL, "a group without a name or its >");
    }
    *ret_text = start;
    *ret_len = (size_t)(reader->at++ - start);
    return true;
}

static bool put_reference(struct regex_reader *reader, struct regex_atom *atom, uint32_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "\\g{%u}", (unsigned)number);
    atom->number = number;
    atom->is_reference = true;
    return regex_put_callout(reader, REGEX_CALLOUT_REFERENCE) && regex_put(reader, text);
}

/* At the letter k. */
static bool read_named_reference(struct regex_reader *reader, struct regex_atom *atom)
{
    reader->at++;
    if (reader->at == reader->end || *reader->at++ != '<') {
        return regex_fail(reader, -EINVAL, "\\k without a name");
    }
    const char *name = NULL;
    size_t len = 0;
    if (!regex_read_name(reader, &name, &len)) {
        return false;
    }
    for (uint32_t i = 0; i < reader->n_names; i++) {
        if (reader->names[i].len == len && memcmp(reader->names[i].text, name, len) == 0) {
            return put_reference(reader, atom, reader->names[i].number);
        }
    }
    return regex_fail(reader, -EINVAL, "a reference to a name that no group has");
}

/* At a digit from 1 to 9. */
static bool read_numbered_reference(struct regex_reader *reader, struct regex_atom *atom)
{
    uint32_t number = 0;
    while (reader->at < reader->end && regex_is_digit(*reader->at)) {
        number = number * 10 + (uint32_t)(*reader->at++ - '0');
        if (number > reader->n_groups) {
            return regex_fail(reader, -EINVAL, "a reference to a group that is not there");
        }
    }
    return put_reference(reader, atom, number);
}

static bool read_escaped_atom(struct regex_reader *reader, struct regex_atom *atom)
{
    struct regex_escape escape;
    if (!regex_read_escape(reader, &escape)) {
        return false;
    }
    switch (escape.kind) {
    case REGEX_ESCAPE_CHARACTER:
        return regex_put_character(reader, escape.character);
    case REGEX_ESCAPE_SET:
        return put_set(reader, escape.letter, false);
    case REGEX_ESCAPE_PROPERTY:
        return true;
    case REGEX_ESCAPE_OTHER:
        break;
    }
    atom->is_single = false;
    atom->consumes = false;
    if (regex_is_digit(escape.letter)) {
        return read_numbered_reference(reader, atom);
    }
    if (escape.letter == 'k') {
        return read_named_reference(reader, atom);
    }
    if (escape.letter == 'b' || escape.letter == 'B') {
        reader->at++;
        atom->is_assertion = true;
        return regex_put(reader, escape.letter == 'b' ? "\\b" : "\\B");
    }
    return regex_fail(reader, -EINVAL, "an unknown escape");
}

bool regex_read_atom(struct regex_reader *reader, struct regex_atom *atom)
{
    atom->is_single = true;
    atom->consumes = true;
    switch (*reader->at) {
    case '\\':
        return read_escaped_atom(reader, atom);
    case '[':
        return regex_read_class(reader, atom);
    case '.':
        reader->at++;
        return regex_put(reader, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
    default:
        return regex_put_character(reader, regex_next_character(reader));
    }
}
