/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantifiers, and the callouts that count what they may cost.
 */
#include <errno.h>
#include <string.h>

#include "schema/regex_cost.h"
#include "schema/regex_reader.h"

/* Digits; a value that is too large for us is still compared as it is written. */
struct count {
    const char *digits;
    size_t len;
};

static bool read_count(struct regex_reader *reader, struct count *count, uint32_t *ret_value)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        reader->at++;
    }
    if (reader->at == start) {
        return regex_fail(reader, -EINVAL, "a { without counts");
    }
    while (start < reader->at && *start == '0') {
        start++;
    }
    *count = (struct count){ start, (size_t)(reader->at - start) };
    uint32_t value = 0;
    for (size_t i = 0; i < count->len && value <= REGEX_MAX_COUNT; i++) {
        value = value * 10 + (uint32_t)(start[i] - '0');
    }
    *ret_value = value > REGEX_MAX_COUNT ? REGEX_MAX_COUNT + 1 : value;
    return true;
}

/* Behind the `{`. */
static bool read_braces(struct regex_reader *reader, struct regex_counts *counts)
{
    struct count min = { 0 };
    struct count max = { 0 };
    if (!read_count(reader, &min, &counts->min)) {
        return false;
    }
    counts->max = counts->min;
    if (regex_is_at(reader, ',')) {
        reader->at++;
        counts->max = REGEX_NO_MAX;
        if (!regex_is_at(reader, '}')) {
            if (!read_count(reader, &max, &counts->max)) {
                return false;
            }
            if (max.len < min.len ||
                (max.len == min.len && memcmp(max.digits, min.digits, min.len) < 0)) {
                return regex_fail(reader, -EINVAL, "counts in the wrong order");
            }
        }
    }
    if (!regex_is_at(reader, '}')) {
        return regex_fail(reader, -EINVAL, "a { without its }");
    }
    reader->at++;
    bool is_large = counts->min > REGEX_MAX_COUNT ||
                    (counts->max > REGEX_MAX_COUNT && counts->max != REGEX_NO_MAX);
    return reader->out == NULL || !is_large || regex_fail(reader, -EINVAL, "a count above 65535");
}

bool regex_read_counts(struct regex_reader *reader, struct regex_counts *counts)
{
    *counts = (struct regex_counts){ 1, 1 };
    char byte = reader->at < reader->end ? *reader->at : '\0';
    if (byte != '*' && byte != '+' && byte != '?' && byte != '{') {
        return true;
    }
    const char *start = reader->at++;
    counts->min = byte == '+';
    counts->max = byte == '?' ? 1 : REGEX_NO_MAX;
    if (byte == '{' && !read_braces(reader, counts)) {
        return false;
    }
    if (regex_is_at(reader, '?')) {
        reader->at++;
    }
    return regex_put_bytes(reader, start, (size_t)(reader->at - start));
}

/* The callouts around an atom of one character each time. */
static bool pay_for_single(struct regex_reader *reader, const struct regex_atom *atom,
                           const struct regex_counts *counts)
{
    unsigned log = regex_log2(counts->min) + atom->weight;
    log = log > REGEX_CALLOUT_MAX_LOG ? REGEX_CALLOUT_MAX_LOG : log;
    bool is_long = counts->max > REGEX_WORK_MAX;
    if (log >= REGEX_WORK_LOG || (is_long && !reader->is_at_callout)) {
        unsigned number = REGEX_CALLOUT_BEFORE + (log >= REGEX_WORK_LOG ? log : 0);
        if (!regex_insert_callout(reader, atom->out_start, number)) {
            return false;
        }
        reader->work = 0;
    }
    reader->work += ((size_t)1 << (log >= REGEX_WORK_LOG ? 0 : log)) + 1;
    reader->is_at_callout = false;
    if (counts->min != counts->max) {
        return regex_put_callout(reader, REGEX_CALLOUT_BEHIND + atom->weight);
    }
    return reader->work < REGEX_WORK_MAX || regex_put_callout(reader, REGEX_CALLOUT_BEFORE);
}

bool regex_pay_for(struct regex_reader *reader, const struct regex_atom *atom,
                   const struct regex_counts *counts)
{
    if (atom->is_single) {
        return pay_for_single(reader, atom, counts);
    }
    if (atom->is_reference) {
        return regex_put_callout(reader, REGEX_CALLOUT_BEHIND);
    }
    if (atom->is_group) {
        bool is_choice = atom->has_alternatives || counts->min != 1 || counts->max != 1;
        reader->is_at_callout = false;
        if (!is_choice) {
            return true;
        }
        /* PCRE2 nests the copies of a group that need not come; to leave is to leave all. */
        size_t n_nested = counts->max == REGEX_NO_MAX ? 0 : counts->max - counts->min;
        unsigned log = n_nested > REGEX_WORK_MAX ? regex_log2(n_nested) : 0;
        return regex_put_callout(reader, REGEX_CALLOUT_BEFORE + log);
    }
    reader->work++;
    return true;
}
