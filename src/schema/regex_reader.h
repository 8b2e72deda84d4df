/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the reader of regular expressions share; nothing else includes it. The text is
 * UTF-8, checked before. A function that returns false has filled error and reason.
 */
#ifndef WEIR_SCHEMA_REGEX_READER_H
#define WEIR_SCHEMA_REGEX_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "schema/regex.h"

/* No bound; counts above REGEX_MAX_COUNT are read as REGEX_MAX_COUNT + 1. */
#define REGEX_NO_MAX UINT32_MAX
enum { REGEX_MAX_COUNT = 65535 };

struct regex_name {
    const char *text;
    size_t len;
    uint32_t number;
};

struct regex_reader {
    const char *at;
    const char *end;
    /* NULL: the text is only checked. */
    struct buffer *out;
    int error;
    const char *reason;
    /* From the first look at the text. */
    uint32_t n_groups;
    uint32_t n_names;
    bool has_references;
    struct regex_name names[REGEX_MAX_NAMES];
    /* Work that may have been done since the last callout on any path to here, in atoms. */
    size_t work;
    /* The last callout was at this place of the subject. */
    bool is_at_callout;
};

/* One atom, as the quantifier behind it sees it. */
struct regex_atom {
    /* Where it begins in the output. */
    size_t out_start;
    /* Assertions take no quantifier. */
    bool is_assertion;
    /* One character each time: a class, a character. */
    bool is_single;
    bool is_reference;
    /* It never matches the empty text. */
    bool consumes;
    /* Of a class: the logarithm of what a look at one character costs. */
    unsigned weight;
    /* Of a capturing group: its number. Of a reference: the group's. Else 0. */
    uint32_t number;
    /* Of a group: the number that the first group opened in or behind it has or would have. */
    uint32_t first_number;
    bool is_group;
    bool has_alternatives;
};

#define REGEX_CHARACTER_MAX UINT32_C(0x10ffff)
/* What half a surrogate pair is, in expressions and subjects. */
#define REGEX_REPLACEMENT UINT32_C(0xfffd)

/* How often an atom comes. */
struct regex_counts {
    uint32_t min;
    uint32_t max;
};

/* Atoms between two callouts. */
enum { REGEX_WORK_MAX = 32, REGEX_WORK_LOG = 5 };

static inline bool regex_is_surrogate(uint32_t character)
{
    return character >= 0xd800 && character < 0xe000;
}

static inline bool regex_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline bool regex_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool regex_is_at(const struct regex_reader *reader, char byte)
{
    return reader->at < reader->end && *reader->at == byte;
}

static inline bool regex_fail(struct regex_reader *reader, int error, const char *reason)
{
    reader->error = error;
    reader->reason = reason;
    return false;
}

/* The first look: counts groups, collects names, sees references. */
bool regex_survey(struct regex_reader *reader);

/* What stands behind an atom; without a quantifier it comes once. */
bool regex_read_counts(struct regex_reader *reader, struct regex_counts *counts);
/* The callouts that an atom and its quantifier need. */
bool regex_pay_for(struct regex_reader *reader, const struct regex_atom *atom,
                   const struct regex_counts *counts);

/* Output; nothing where the text is only checked. */
size_t regex_out_len(const struct regex_reader *reader);
bool regex_put(struct regex_reader *reader, const char *text);
bool regex_put_bytes(struct regex_reader *reader, const char *bytes, size_t len);
bool regex_put_character(struct regex_reader *reader, uint32_t character);
/* A callout in front of what begins at out_start, or at the end. */
bool regex_put_callout(struct regex_reader *reader, unsigned number);
bool regex_insert_callout(struct regex_reader *reader, size_t out_start, unsigned number);

/* The smallest k with 2^k >= n. */
unsigned regex_log2(size_t n);

/* At a character that is no syntax, a `.`, a backslash, a `[`. */
bool regex_read_atom(struct regex_reader *reader, struct regex_atom *atom);
bool regex_read_class(struct regex_reader *reader, struct regex_atom *atom);

/* At the name behind `<`; moves behind the `>`. */
bool regex_read_name(struct regex_reader *reader, const char **ret_text, size_t *ret_len);

/* What an escape means. */
enum regex_escape_kind {
    REGEX_ESCAPE_CHARACTER,
    /* \d \D \w \W \s \S: letter. */
    REGEX_ESCAPE_SET,
    /* \p{} \P{}: already put into the output. */
    REGEX_ESCAPE_PROPERTY,
    /* Not known to classes and atoms alike: letter. The place is the letter. */
    REGEX_ESCAPE_OTHER,
};

struct regex_escape {
    enum regex_escape_kind kind;
    uint32_t character;
    char letter;
};

/* At a backslash: what classes and atoms have in common. */
bool regex_read_escape(struct regex_reader *reader, struct regex_escape *ret_escape);

/* A character of the text; moves behind it. */
uint32_t regex_next_character(struct regex_reader *reader);

#endif
