/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns: ECMA-262 regular expressions (schema/regex.h), matched by PCRE2, which enters through
 * pattern.c alone. By its JIT where the system lets it make code, silently by its interpreter where
 * that is forbidden (MemoryDenyWriteExecute).
 *
 * Life: pattern_compile() -> any number of matchers -> pattern_free(), after the last match.
 */
#ifndef WEIR_SCHEMA_PATTERN_H
#define WEIR_SCHEMA_PATTERN_H

#include <stddef.h>

#include "base/error.h"

struct pattern;

/*
 * Compiles an expression (UTF-8). Returns 0; -EINVAL with problem filled, for what ECMA-262 forbids
 * and for what PCRE2 cannot do (a lookbehind of varying length, a program above 64 KiB, properties
 * newer than it, what regex_translate() names); or -ENOMEM. The pattern is immutable and shared by
 * threads.
 */
int pattern_compile(const char *ecma, size_t len, struct pattern **ret_pattern,
                    struct problem *problem);
void pattern_free(struct pattern *pattern);

/* What one thread needs to match any number of patterns. Thread: one owner. */
struct pattern_matcher;

/* Returns 0 or -ENOMEM. */
int pattern_matcher_new(struct pattern_matcher **ret_matcher);
void pattern_matcher_free(struct pattern_matcher *matcher);

/* A new event begins: the budget for its matches is full again. */
void pattern_matcher_begin(struct pattern_matcher *matcher);

/* Outcomes of pattern_matches() besides 0. */
enum pattern_outcome {
    PATTERN_MATCHES = 1,
    /* The matches of this event have cost too much: whether this one matches is not known. */
    PATTERN_TOO_COSTLY = 2,
};

/*
 * Whether the pattern matches somewhere in subject: UTF-8 as json_unescape() writes it, half
 * surrogate pairs included (which are U+FFFD to the pattern). Returns PATTERN_MATCHES, 0,
 * PATTERN_TOO_COSTLY, or -ENOMEM.
 *
 * All matches of one event together cost at most a few milliseconds. What counts is work, not time:
 * the same events get the same answers on a busy machine. A backtracking loop over many thousand
 * characters may also run out of memory to go back by, sooner in the interpreter. Once the budget
 * is used up, all further matches of that event are PATTERN_TOO_COSTLY. Nothing is allocated in the
 * steady state.
 */
int pattern_matches(struct pattern_matcher *matcher, const struct pattern *pattern,
                    const char *subject, size_t len);

DEFINE_AUTO(pattern, pattern_free)
DEFINE_AUTO(pattern_matcher, pattern_matcher_free)

#endif
