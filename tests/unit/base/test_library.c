/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

static struct {
    unsigned long (*bound)(unsigned long);
    const char *(*version)(void);
} library;

static void test_functions_are_found_by_name(void)
{
    static const char *const names[] = { "compressBound", "zlibVersion" };
    CU_ASSERT_EQUAL_FATAL(library_load("libz.so.1", names, ARRAY_SIZE(names), &library), 0);
    CU_ASSERT_PTR_NOT_NULL(library.bound);
    CU_ASSERT_EQUAL(strncmp(library.version(), "1.", 2), 0);
}

static void test_what_is_missing_leaves_nothing_behind(void)
{
    static const char *const names[] = { "zlibVersion", "zlib_has_no_such_function" };
    memset(&library, 0, sizeof(library));
    CU_ASSERT_EQUAL(library_load("libz.so.1", names, ARRAY_SIZE(names), &library), -ENOENT);
    CU_ASSERT_EQUAL(library_load("libweir-has-none.so.7", names, 1, &library), -ENOENT);
    CU_ASSERT_PTR_NULL(library.version);
}

static const struct test_case cases[] = {
    { "functions are found by name", test_functions_are_found_by_name },
    { "what is missing leaves nothing behind", test_what_is_missing_leaves_nothing_behind },
};

CUNIT_MAIN("base/library", cases)
