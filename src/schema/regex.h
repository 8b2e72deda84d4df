/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions of ECMA-262 (clause 22.2.1, Patterns), as JSON Schema asks for them (draft-07
 * validation, section 4.3): the grammar of the `u` flag, read strictly, and its translation to the
 * syntax of PCRE2. The only leniencies: an ASCII character that is neither letter nor digit may be
 * escaped everywhere (\- and \@ too), and a group's name may hold any character above U+007F. Names
 * with \u escapes, the modifiers (?i:) and names used twice (ES2025) are refused, and so are groups
 * nested deeper than REGEX_MAX_DEPTH and names beyond REGEX_MAX_NAMES.
 *
 * Iterative, linear in the text, no memory but the buffer. Thread: any.
 */
#ifndef WEIR_SCHEMA_REGEX_H
#define WEIR_SCHEMA_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    REGEX_MAX_DEPTH = 200,
    REGEX_MAX_NAMES = 64,
};

/* Whether text (UTF-8) is such an expression. No allocation. */
bool regex_is_valid(const char *ecma, size_t len);

/*
 * Appends the expression in PCRE2's syntax, for a match with PCRE2_UTF and
 * PCRE2_MATCH_UNSET_BACKREF and without PCRE2_UCP, PCRE2_MULTILINE, PCRE2_DOTALL and
 * PCRE2_EXTENDED. What does not differ in whether it matches may be written differently (groups
 * that nothing refers to do not capture). Callouts count the work (schema/regex_cost.h). Refused
 * besides, because PCRE2 would answer otherwise: counts above 65535; references to a group that an
 * earlier iteration of a loop may have set (`(?:(a)|b)*\1`) or whose loop may match nothing;
 * references in an expression of more than 99 groups. Returns 0, -EINVAL with *ret_reason a
 * constant text (the buffer is unchanged), or -ENOMEM.
 */
int regex_translate(const char *ecma, size_t len, struct buffer *ret_pcre, const char **ret_reason);

#endif
