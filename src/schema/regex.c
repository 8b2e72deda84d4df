/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a regular expression: alternatives, groups, quantifiers. One pass counts groups and
 * names, so that references can be judged; a second reads and translates.
 *
 * Groups capture only in expressions with references, where PCRE2 then counts them alike. Callouts
 * (schema/regex_cost.h) stand where a match can come again and again: at the start, at the start of
 * each group, behind what has a quantifier or alternatives, and so often that not more than
 * REGEX_WORK_MAX atoms are tried between two.
 */
#include "schema/regex.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "schema/regex_cost.h"
#include "schema/regex_reader.h"
#include "schema/regex_references.h"
#include "json/index.h"

/* An open group; the first stands for the whole. */
struct frame {
    struct regex_atom atom;
    /* The alternative that is being read. */
    uint32_t branch;
    bool branch_consumes;
    bool all_consume;
};

struct parser {
    struct regex_reader reader;
    struct frame frames[REGEX_MAX_DEPTH + 1];
    size_t n_frames;
    uint32_t n_branches;
    uint32_t n_opened;
    struct regex_references references;
};

static struct frame *top(struct parser *parser)
{
    return &parser->frames[parser->n_frames - 1];
}

static bool translates_references(const struct parser *parser)
{
    return parser->reader.out != NULL && parser->reader.has_references;
}

/* Whether a reference here comes behind the group, in each way to get here. */
static bool is_certainly_set(const struct parser *parser, const struct regex_group *group)
{
    if (!group->is_closed || group->is_optional) {
        return false;
    }
    for (size_t i = 0; i < parser->n_frames; i++) {
        if (parser->frames[i].branch == group->branch) {
            return true;
        }
    }
    return false;
}

static void note_reference(struct parser *parser, uint32_t number)
{
    if (translates_references(parser)) {
        struct regex_group *group = &parser->references.groups[number];
        group->is_referred = true;
        group->is_doubtful |= !is_certainly_set(parser, group);
        group->is_referred_within |= number <= parser->n_opened && !group->is_closed;
    }
}

/* Behind an atom: its quantifier, what it costs, and what that means for references. */
static bool end_atom(struct parser *parser, const struct regex_atom *atom)
{
    struct regex_reader *reader = &parser->reader;
    struct regex_counts counts = { 1, 1 };
    if (!atom->is_assertion && !regex_read_counts(reader, &counts)) {
        return false;
    }
    if (translates_references(parser)) {
        if (atom->is_group && atom->number > 0) {
            parser->references.groups[atom->number].is_optional = counts.min == 0;
        }
        if (atom->is_group && counts.max > 1) {
            regex_references_loop(&parser->references, atom->number, atom->first_number,
                                  parser->n_opened + 1, !atom->consumes);
        }
    }
    top(parser)->branch_consumes |= atom->consumes && counts.min > 0;
    return regex_pay_for(reader, atom, &counts);
}

struct opening {
    const char *text;
    bool is_assertion;
    bool is_behind;
};

/* At a `(`: what kind of group begins. NULL: a capturing one, with a name or without. */
static bool read_opening(struct parser *parser, const struct opening **ret_opening)
{
    static const struct opening openings[] = {
        { "(?:", false, false }, { "(?=", true, false }, { "(?!", true, false },
        { "(?<=", true, true },  { "(?<!", true, true },
    };
    struct regex_reader *reader = &parser->reader;
    size_t left = (size_t)(reader->end - reader->at);
    *ret_opening = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
        size_t len = strlen(openings[i].text);
        if (left >= len && memcmp(reader->at, openings[i].text, len) == 0) {
            reader->at += len;
            *ret_opening = &openings[i];
            return true;
        }
    }
    reader->at++;
    if (!regex_is_at(reader, '?')) {
        return true;
    }
    reader->at++;
    if (!regex_is_at(reader, '<')) {
        return regex_fail(reader, -EINVAL, "an unknown kind of group");
    }
    reader->at++;
    const char *name = NULL;
    size_t len = 0;
    return regex_read_name(reader, &name, &len);
}

static bool open_group(struct parser *parser)
{
    struct regex_reader *reader = &parser->reader;
    const struct opening *opening = NULL;
    if (!read_opening(parser, &opening)) {
        return false;
    }
    if (parser->n_frames == ARRAY_SIZE(parser->frames)) {
        return regex_fail(reader, -EINVAL, "groups nested too deep");
    }
    struct frame frame = {
        .atom = { .is_group = true, .is_assertion = opening != NULL && opening->is_assertion },
        .branch = ++parser->n_branches,
        .all_consume = true,
    };
    frame.atom.first_number = parser->n_opened + 1;
    if (opening == NULL) {
        frame.atom.number = ++parser->n_opened;
        if (translates_references(parser)) {
            parser->references.groups[frame.atom.number].branch = top(parser)->branch;
        }
    }
    parser->frames[parser->n_frames++] = frame;
    const char *text = opening != NULL ? opening->text : reader->has_references ? "(" : "(?:";
    bool is_behind = opening != NULL && opening->is_behind;
    return (!is_behind || regex_put_callout(reader, REGEX_CALLOUT_LOOKBEHIND)) &&
           regex_put(reader, text) && regex_put_callout(reader, REGEX_CALLOUT_BEFORE);
}

static bool next_branch(struct parser *parser)
{
    struct frame *frame = top(parser);
    frame->all_consume &= frame->branch_consumes;
    frame->branch_consumes = false;
    frame->branch = ++parser->n_branches;
    frame->atom.has_alternatives = true;
    parser->reader.at++;
    parser->reader.is_at_callout = false;
    parser->reader.work++;
    return regex_put(&parser->reader, "|") &&
           (parser->reader.work < REGEX_WORK_MAX ||
            regex_put_callout(&parser->reader, REGEX_CALLOUT_BEFORE));
}

static bool close_group(struct parser *parser)
{
    struct regex_reader *reader = &parser->reader;
    if (parser->n_frames == 1) {
        return regex_fail(reader, -EINVAL, "a ) without its (");
    }
    reader->at++;
    struct frame frame = *top(parser);
    parser->n_frames--;
    frame.atom.consumes = frame.all_consume && frame.branch_consumes && !frame.atom.is_assertion;
    if (frame.atom.number > 0 && translates_references(parser)) {
        parser->references.groups[frame.atom.number].is_closed = true;
    }
    return regex_put(reader, ")") && end_atom(parser, &frame.atom);
}

static bool read_assertion(struct regex_reader *reader)
{
    reader->work++;
    return regex_put(reader, *reader->at++ == '^' ? "\\A" : "\\z");
}

static bool read_simple(struct parser *parser)
{
    struct regex_atom atom = { .out_start = regex_out_len(&parser->reader) };
    if (!regex_read_atom(&parser->reader, &atom)) {
        return false;
    }
    if (atom.is_reference) {
        note_reference(parser, atom.number);
    }
    return end_atom(parser, &atom);
}

static bool read_term(struct parser *parser)
{
    switch (*parser->reader.at) {
    case '(':
        return open_group(parser);
    case ')':
        return close_group(parser);
    case '|':
        return next_branch(parser);
    case '^':
    case '$':
        return read_assertion(&parser->reader);
    case '*':
    case '+':
    case '?':
        return regex_fail(&parser->reader, -EINVAL, "a quantifier behind nothing");
    case '{':
    case '}':
    case ']':
        return regex_fail(&parser->reader, -EINVAL, "a bracket that has no backslash before it");
    default:
        return read_simple(parser);
    }
}

static bool read_all(struct parser *parser)
{
    struct regex_reader *reader = &parser->reader;
    if (!regex_survey(reader)) {
        return false;
    }
    if (translates_references(parser) && reader->n_groups > REGEX_MAX_REFERRED) {
        return regex_fail(reader, -EINVAL, "references among more than 99 groups");
    }
    parser->frames[0] = (struct frame){ .all_consume = true };
    parser->n_frames = 1;
    if (!regex_put_callout(reader, REGEX_CALLOUT_BEFORE)) {
        return false;
    }
    while (reader->at < reader->end) {
        if (!read_term(parser)) {
            return false;
        }
    }
    if (parser->n_frames > 1) {
        return regex_fail(reader, -EINVAL, "a ( without its )");
    }
    return regex_references_agree(&parser->references) ||
           regex_fail(reader, -EINVAL, "a reference to a group that a loop may have left unset");
}

static int parse(const char *ecma, size_t len, struct buffer *out, const char **ret_reason)
{
    struct parser parser = { .reader = { .at = ecma, .end = ecma + len, .out = out } };
    if (len > 0 && !json_is_utf8(ecma, len)) {
        *ret_reason = "not UTF-8";
        return -EINVAL;
    }
    if (!read_all(&parser)) {
        *ret_reason = parser.reader.reason;
        return parser.reader.error;
    }
    return 0;
}

bool regex_is_valid(const char *ecma, size_t len)
{
    const char *reason = NULL;
    return parse(ecma, len, NULL, &reason) == 0;
}

int regex_translate(const char *ecma, size_t len, struct buffer *ret_pcre, const char **ret_reason)
{
    size_t before = ret_pcre->len;
    const char *reason = NULL;
    int r = parse(ecma, len, ret_pcre, &reason);
    if (r < 0) {
        ret_pcre->len = before;
        if (r == -EINVAL) {
            *ret_reason = reason;
        }
    }
    return r;
}
