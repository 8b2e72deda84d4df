/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations of matchers, by JIT and interpreter: none in the steady state; and each that fails in
 * a constructor is reported. The linker puts the functions below in the place of the C library's.
 */
#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "forbid_code.h"
#include "schema/pattern.h"

static size_t n_allocations;
/* This one fails, counted from 1; 0: none. */
static size_t failing;

/* The names are the linker's. NOLINTBEGIN(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    return ++n_allocations == failing ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return ++n_allocations == failing ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return ++n_allocations == failing ? NULL : __real_realloc(block, size);
}

/* NOLINTEND(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */

static const char *const expressions[] = {
    "^(?:a|b)+$", "(a+)+$", "^[^x]*$", "(.)\\1\\1x", "\\ud800$",
};

/* One event: each expression on a long text, and on one with half a surrogate pair. */
static bool match_all(struct pattern_matcher *matcher, struct pattern *const *patterns)
{
    char subject[4000];
    memset(subject, 'a', sizeof(subject));
    memcpy(subject + sizeof(subject) - 3, "\xed\xa0\x80", 3);
    bool is_right = true;
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        pattern_matcher_begin(matcher);
        is_right &= pattern_matches(matcher, patterns[i], subject, sizeof(subject) - 3) >= 0;
        is_right &= pattern_matches(matcher, patterns[i], subject, sizeof(subject)) >= 0;
    }
    return is_right;
}

static bool is_steady(void)
{
    struct pattern *patterns[ARRAY_SIZE(expressions)] = { NULL };
    AUTO(pattern_matcher) matcher = NULL;
    bool is_right = pattern_matcher_new(&matcher) == 0;
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        const char *text = expressions[i];
        is_right &= pattern_compile(text, strlen(text), &patterns[i], NULL) == 0;
    }
    if (is_right) {
        is_right = match_all(matcher, patterns);
        size_t before = n_allocations;
        is_right &= match_all(matcher, patterns);
        is_right &= match_all(matcher, patterns);
        is_right &= n_allocations == before;
    }
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        pattern_free(patterns[i]);
    }
    return is_right;
}

static bool is_steady_without_code(void)
{
    return is_steady() && !has_writable_code();
}

static void test_steady(void)
{
    /* First: no executable memory is there yet. */
    CU_ASSERT(run_without_code(is_steady_without_code));
    CU_ASSERT(is_steady());
}

static void test_failing_matcher(void)
{
    size_t n_failures = 0;
    for (size_t n = 1; n < 100; n++) {
        struct pattern_matcher *matcher = NULL;
        n_allocations = 0;
        failing = n;
        int r = pattern_matcher_new(&matcher);
        bool is_hit = n_allocations >= failing;
        failing = 0;
        CU_ASSERT((r == 0) == (matcher != NULL));
        CU_ASSERT(r == 0 || (r == -ENOMEM && is_hit));
        n_failures += r != 0;
        pattern_matcher_free(matcher);
        if (!is_hit) {
            break;
        }
    }
    CU_ASSERT(n_failures >= 4);
}

static void test_failing_pattern(void)
{
    size_t n_failures = 0;
    for (size_t n = 1; n < 100; n++) {
        struct pattern *pattern = NULL;
        n_allocations = 0;
        failing = n;
        int r = pattern_compile("^a$", 3, &pattern, NULL);
        bool is_hit = n_allocations >= failing;
        failing = 0;
        CU_ASSERT(is_hit ? r == -ENOMEM && pattern == NULL : r == 0 && pattern != NULL);
        n_failures += r != 0;
        pattern_free(pattern);
        if (!is_hit) {
            break;
        }
    }
    CU_ASSERT(n_failures >= 2);
}

int main(void)
{
    static const struct test_case cases[] = {
        { "the steady state allocates nothing", test_steady },
        { "a matcher without memory", test_failing_matcher },
        { "a pattern without memory", test_failing_pattern },
    };
    return cunit_run("schema/pattern_memory", cases, ARRAY_SIZE(cases));
}
