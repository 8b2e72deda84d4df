/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "event/pointer.h"

enum { MAX_STEPS = 4 };

static const struct {
    const char *text;
    uint32_t n_steps;
    const char *names[MAX_STEPS];
    uint32_t indices[MAX_STEPS];
} right_cases[] = {
    { "", 0, { NULL }, { 0 } },
    { "/", 1, { "" }, { JSON_NO_INDEX } },
    { "//", 2, { "", "" }, { JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/a/b", 2, { "a", "b" }, { JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/0/10/01/-", 4, { "0", "10", "01", "-" }, { 0, 10, JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/999999999/1000000000", 2, { "999999999", "1000000000" }, { 999999999, JSON_NO_INDEX } },
    { "/1a/+1/ 1", 3, { "1a", "+1", " 1" }, { JSON_NO_INDEX, JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/a~1b/m~0n/~01",
      3,
      { "a/b", "m~n", "~1" },
      { JSON_NO_INDEX, JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/c%d/e^f/ \"", 3, { "c%d", "e^f", " \"" }, { JSON_NO_INDEX, JSON_NO_INDEX, JSON_NO_INDEX } },
    { "/é/堰", 2, { "é", "堰" }, { JSON_NO_INDEX, JSON_NO_INDEX } },
};

static void check_steps(const struct pointer *pointer, size_t i)
{
    CU_ASSERT_FATAL(pointer->n_steps == right_cases[i].n_steps);
    CU_ASSERT(pointer->text_len == strlen(right_cases[i].text));
    CU_ASSERT(memcmp(pointer->text, right_cases[i].text, pointer->text_len) == 0);
    for (uint32_t step = 0; step < pointer->n_steps; step++) {
        const char *name = right_cases[i].names[step];
        CU_ASSERT(pointer->steps[step].name_len == strlen(name));
        CU_ASSERT(memcmp(pointer->steps[step].name, name, strlen(name)) == 0);
        CU_ASSERT(pointer->steps[step].index == right_cases[i].indices[step]);
    }
}

static void test_right(void)
{
    struct arena arena = { .used = 0 };
    for (size_t i = 0; i < ARRAY_SIZE(right_cases); i++) {
        size_t len = strlen(right_cases[i].text);
        AUTO_FREE char *text = malloc(len + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        memcpy(text, right_cases[i].text, len);
        struct pointer pointer;
        CU_ASSERT(pointer_parse(&pointer, &arena, text, len) == 0);
        check_steps(&pointer, i);
        struct pointer_fault fault;
        CU_ASSERT(pointer_init(&pointer, text, len, &fault) == 0);
        /* Compiled, it owns all that it needs. */
        memset(text, '#', len);
        check_steps(&pointer, i);
        CU_ASSERT(pointer_path(&pointer).n_steps == pointer.n_steps);
        pointer_deinit(&pointer);
        CU_ASSERT(pointer.n_steps == 0);
    }
    arena_deinit(&arena);
}

static void test_wrong(void)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *reason;
    } cases[] = {
        { "a", 0, "begins with /" },   { "a/b", 0, "begins with /" },
        { "#/a", 0, "begins with /" }, { "/~", 1, "~" },
        { "/a/b~", 3, "~" },           { "/a~2", 1, "~" },
        { "/a~/b", 1, "~" },           { "/a\xff", 0, "UTF-8" },
    };
    struct arena arena = { .used = 0 };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t len = strlen(cases[i].text);
        struct pointer pointer;
        struct pointer_fault fault = { 77, "" };
        CU_ASSERT(pointer_init(&pointer, cases[i].text, len, &fault) == -EINVAL);
        CU_ASSERT(fault.offset == cases[i].offset);
        CU_ASSERT_PTR_NOT_NULL(strstr(fault.reason, cases[i].reason));
        pointer_deinit(&pointer);
        CU_ASSERT(pointer_init(&pointer, cases[i].text, len, NULL) == -EINVAL);
        pointer_deinit(&pointer);
        CU_ASSERT(pointer_parse(&pointer, &arena, cases[i].text, len) == -EINVAL);
    }
    arena_deinit(&arena);
}

static void test_limits(void)
{
    struct arena arena = { .used = 0 };
    struct pointer pointer;
    struct pointer_fault fault = { 0, "" };
    char text[8192];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 2 == 0 ? '/' : 'a';
    }
    CU_ASSERT(pointer_parse(&pointer, &arena, text, 2 * 64) == 0);
    CU_ASSERT(pointer.n_steps == 64);
    CU_ASSERT(pointer_parse(&pointer, &arena, text, 2 * 64 + 1) == -EINVAL);
    CU_ASSERT(pointer_init(&pointer, text, 2 * 64 + 1, &fault) == -EINVAL);
    CU_ASSERT(fault.offset == 128);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.reason, "64 steps"));
    pointer_deinit(&pointer);
    memset(text + 1, 'a', sizeof(text) - 1);
    CU_ASSERT(pointer_parse(&pointer, &arena, text, 4096) == 0);
    CU_ASSERT(pointer.steps[0].name_len == 4095);
    CU_ASSERT(pointer_parse(&pointer, &arena, text, 4097) == -EINVAL);
    CU_ASSERT(pointer_init(&pointer, text, 4097, &fault) == -EINVAL);
    CU_ASSERT(fault.offset == 4096);
    pointer_deinit(&pointer);
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "steps, names and indices", test_right },
    { "what is malformed, where, and why", test_wrong },
    { "64 steps and 4,096 bytes", test_limits },
};

CUNIT_MAIN("event/pointer", cases)
