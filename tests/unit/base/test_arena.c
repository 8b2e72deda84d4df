/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "../../support/cunit_main.h"

static void test_allocations_are_apart_and_aligned(void)
{
    struct arena arena = { 0 };
    char *last = NULL;
    for (size_t len = 1; len < 5000; len += 7) {
        char *bytes = arena_alloc(&arena, len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
        CU_ASSERT_EQUAL((uintptr_t)bytes % _Alignof(max_align_t), 0);
        memset(bytes, 0x5a, len);
        CU_ASSERT_NOT_EQUAL(bytes, last);
        last = bytes;
    }
    arena_deinit(&arena);
}

static void test_reset_reuses_memory(void)
{
    struct arena arena = { 0 };
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    CU_ASSERT_PTR_EQUAL(arena_alloc(&arena, 100), first);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&arena, 1 << 20));
    arena_reset(&arena);
    CU_ASSERT_PTR_NULL(arena.block);
    arena_deinit(&arena);
}

static void test_copy_is_terminated(void)
{
    struct arena arena = { 0 };
    CU_ASSERT_STRING_EQUAL(arena_copy(&arena, "abcdef", 3), "abc");
    CU_ASSERT_STRING_EQUAL(arena_copy(&arena, NULL, 0), "");
    CU_ASSERT_PTR_NULL(arena_alloc(&arena, SIZE_MAX));
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "allocations do not overlap", test_allocations_are_apart_and_aligned },
    { "reset keeps a small block only", test_reset_reuses_memory },
    { "a copy ends with NUL", test_copy_is_terminated },
};

CUNIT_MAIN("base/arena", cases)
