/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to PCRE2.
 *
 * What a match costs cannot be had from PCRE2: its match limit counts differently in JIT and
 * interpreter, starts anew at each place of the subject where a match may begin, and does not see
 * the characters that a simple loop runs over. So the expression holds callouts wherever a match
 * can come again and again (schema/regex_cost.h), and each takes its cost from the event's budget;
 * JIT and interpreter call the same ones, but for what their optimisations skip. PCRE2's own limits
 * stay as a second line, and bound memory.
 *
 * Life: a matcher's budget is full at pattern_matcher_begin(), falls with each match, and at 0 the
 * rest of the event is PATTERN_TOO_COSTLY.
 */
#include "schema/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buffer.h"
#include "schema/regex.h"
#include "schema/regex_cost.h"

enum {
    /* Units an event has: under 10 ms in the interpreter, where a unit took up to 60 ns. */
    BUDGET = 60000,
    /* Entering PCRE2. */
    MATCH_COST = 4,
    /* Looks at characters that cost as much as a callout. */
    LOOKS = 4,
    /* Bytes of the subject that PCRE2's own search for a start passes in a unit. */
    SEARCHED = 16,
    /* Bytes that a reference compares in a unit. */
    COMPARED = 32,
    /* Second line: places to go back to, from one start. */
    MATCH_LIMIT = 1000000,
    /* KiB of the interpreter's frames; bytes of the JIT's stack. */
    HEAP_LIMIT = 2048,
    JIT_STACK_START = 32 * 1024,
    JIT_STACK_MAX = 1024 * 1024,
};

struct pattern {
    pcre2_code *code;
    uint32_t max_lookbehind;
};

struct pattern_matcher {
    pcre2_match_context *context;
    pcre2_match_data *match;
    /* NULL where the JIT may not be used. */
    pcre2_jit_stack *jit_stack;
    /* A subject whose half surrogate pairs are replaced. */
    struct buffer scratch;
    /* Units left to the event. */
    uint64_t left;
    /* Of the match that runs: the place of its last callout, and what a lookbehind goes back. */
    size_t place;
    uint32_t max_lookbehind;
};

static int pcre_problem(struct problem *problem, int error)
{
    PCRE2_UCHAR text[256] = "";
    if (error == PCRE2_ERROR_HEAP_FAILED || error == PCRE2_ERROR_NOMEMORY) {
        return -ENOMEM;
    }
    pcre2_get_error_message(error, text, sizeof(text));
    return problem_set(problem, EINVAL, EXIT_CONFIG, "PCRE2: %s", (const char *)text);
}

int pattern_compile(const char *ecma, size_t len, struct pattern **ret_pattern,
                    struct problem *problem)
{
    AUTO_BUFFER text = { 0 };
    const char *reason = NULL;
    int r = regex_translate(ecma, len, &text, &reason);
    if (r == -EINVAL) {
        return problem_set(problem, EINVAL, EXIT_CONFIG, "%s", reason);
    }
    if (r < 0) {
        return r;
    }
    AUTO(pattern) pattern = calloc(1, sizeof(*pattern));
    if (pattern == NULL) {
        return -ENOMEM;
    }
    int error = 0;
    PCRE2_SIZE offset = 0;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    pattern->code = pcre2_compile((PCRE2_SPTR)text.data, text.len, options, &error, &offset, NULL);
    if (pattern->code == NULL) {
        return pcre_problem(problem, error);
    }
    pcre2_pattern_info(pattern->code, PCRE2_INFO_MAXLOOKBEHIND, &pattern->max_lookbehind);
    /* Where this fails pcre2_match() interprets. */
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    *ret_pattern = pattern;
    pattern = NULL;
    return 0;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the work before or behind a callout costs, beside the callout. */
static uint64_t callout_cost(const struct pattern_matcher *matcher,
                             const pcre2_callout_block *block)
{
    size_t place = block->current_position;
    unsigned number = block->callout_number;
    if (number < REGEX_CALLOUT_BEHIND) {
        return ((uint64_t)1 << number) / LOOKS;
    }
    if (number < REGEX_CALLOUT_LOOKBEHIND) {
        size_t moved = place > matcher->place ? place - matcher->place : 0;
        return ((uint64_t)moved << (number - REGEX_CALLOUT_BEHIND)) / LOOKS;
    }
    if (number == REGEX_CALLOUT_LOOKBEHIND) {
        return smaller(matcher->max_lookbehind, place) / LOOKS;
    }
    return smaller(place, block->subject_length - place) / COMPARED;
}

static int on_callout(pcre2_callout_block *block, void *context)
{
    struct pattern_matcher *matcher = context;
    uint64_t cost = 1 + callout_cost(matcher, block);
    matcher->place = block->current_position;
    if (cost >= matcher->left) {
        matcher->left = 0;
        return PCRE2_ERROR_CALLOUT;
    }
    matcher->left -= cost;
    return 0;
}

/* PCRE2 allocates as we do, so that tests see what it takes and can refuse it. */
static void *allocate(size_t size, void *context)
{
    (void)context;
    return malloc(size);
}

static void release(void *block, void *context)
{
    (void)context;
    free(block);
}

/* The parts of a matcher that are PCRE2's; what is made before a failure stays in matcher. */
static int make_parts(struct pattern_matcher *matcher)
{
    pcre2_general_context *general = pcre2_general_context_create(allocate, release, NULL);
    if (general == NULL) {
        return -ENOMEM;
    }
    matcher->context = pcre2_match_context_create(general);
    /* Whether there is a match is all we ask. */
    matcher->match = pcre2_match_data_create(1, general);
    /* Without a stack of ours the JIT uses 32 KiB of the thread's. */
    matcher->jit_stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, general);
    pcre2_general_context_free(general);
    return matcher->context != NULL && matcher->match != NULL ? 0 : -ENOMEM;
}

int pattern_matcher_new(struct pattern_matcher **ret_matcher)
{
    AUTO(pattern_matcher) matcher = calloc(1, sizeof(*matcher));
    if (matcher == NULL) {
        return -ENOMEM;
    }
    int r = make_parts(matcher);
    if (r < 0) {
        return r;
    }
    if (matcher->jit_stack != NULL) {
        pcre2_jit_stack_assign(matcher->context, NULL, matcher->jit_stack);
    }
    pcre2_set_callout(matcher->context, on_callout, matcher);
    pcre2_set_match_limit(matcher->context, MATCH_LIMIT);
    pcre2_set_heap_limit(matcher->context, HEAP_LIMIT);
    pattern_matcher_begin(matcher);
    *ret_matcher = matcher;
    matcher = NULL;
    return 0;
}

void pattern_matcher_free(struct pattern_matcher *matcher)
{
    if (matcher != NULL) {
        pcre2_match_data_free(matcher->match);
        pcre2_match_context_free(matcher->context);
        pcre2_jit_stack_free(matcher->jit_stack);
        buffer_deinit(&matcher->scratch);
        free(matcher);
    }
}

void pattern_matcher_begin(struct pattern_matcher *matcher)
{
    matcher->left = BUDGET;
}

/* The next half of a surrogate pair in UTF-8: ED A0..BF 80..BF; NULL: there is none. */
static const char *find_half(const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = text;
    while (at < end && (at = memchr(at, 0xed, (size_t)(end - at))) != NULL) {
        if (end - at >= 3 && (unsigned char)at[1] >= 0xa0) {
            return at;
        }
        at++;
    }
    return NULL;
}

/* *subject is made one without half pairs: a copy if it has any. */
static int replace_halves(struct pattern_matcher *matcher, const char **subject, size_t len)
{
    const char *half = find_half(*subject, len);
    if (half == NULL) {
        return 0;
    }
    struct buffer *scratch = &matcher->scratch;
    buffer_clear(scratch);
    int r = buffer_append(scratch, *subject, len);
    if (r < 0) {
        return r;
    }
    const char *end = scratch->data + len;
    char *at = scratch->data + (half - *subject);
    while (at != NULL) {
        memcpy(at, "\xef\xbf\xbd", 3);
        at += 3;
        at = (char *)find_half(at, (size_t)(end - at));
    }
    *subject = scratch->data;
    return 0;
}

int pattern_matches(struct pattern_matcher *matcher, const struct pattern *pattern,
                    const char *subject, size_t len)
{
    uint64_t cost = MATCH_COST + len / SEARCHED;
    if (cost >= matcher->left) {
        matcher->left = 0;
        return PATTERN_TOO_COSTLY;
    }
    matcher->left -= cost;
    int r = replace_halves(matcher, &subject, len);
    if (r < 0) {
        return r;
    }
    matcher->place = 0;
    matcher->max_lookbehind = pattern->max_lookbehind;
    r = pcre2_match(pattern->code, (PCRE2_SPTR)subject, len, 0, PCRE2_NO_UTF_CHECK, matcher->match,
                    matcher->context);
    if (r >= 0) {
        return PATTERN_MATCHES;
    }
    if (r == PCRE2_ERROR_NOMATCH) {
        return 0;
    }
    matcher->left = 0;
    return r == PCRE2_ERROR_NOMEMORY ? -ENOMEM : PATTERN_TOO_COSTLY;
}
