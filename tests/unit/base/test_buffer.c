/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "../../support/cunit_main.h"

static void test_append_grows(void)
{
    AUTO_BUFFER buffer = { 0 };
    for (int i = 0; i < 10000; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&buffer, "%d,", i), 0);
    }
    CU_ASSERT_EQUAL(buffer.len, 48890);
    CU_ASSERT_NSTRING_EQUAL(buffer.data, "0,1,2,3,", 8);
    CU_ASSERT_NSTRING_EQUAL(buffer.data + buffer.len - 10, "9998,9999,", 10);
}

static void test_text_is_terminated(void)
{
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
    CU_ASSERT_EQUAL(buffer_append_text(&buffer, "weir"), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "weir");
    CU_ASSERT_EQUAL(buffer.len, 4);
}

static void test_impossible_size_is_refused(void)
{
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT(buffer_reserve(&buffer, SIZE_MAX - 10) < 0);
    CU_ASSERT_PTR_NULL(buffer.data);
}

static void test_shrink_keeps_content(void)
{
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT_EQUAL(buffer_reserve(&buffer, 1 << 20), 0);
    CU_ASSERT_EQUAL(buffer_append_text(&buffer, "kept"), 0);
    buffer_shrink(&buffer, 4096);
    CU_ASSERT_EQUAL(buffer.capacity, 4096);
    CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "kept");
}

static const struct test_case cases[] = {
    { "appending grows the buffer", test_append_grows },
    { "text has a NUL behind it", test_text_is_terminated },
    { "a size beyond memory is refused", test_impossible_size_is_refused },
    { "shrinking keeps the content", test_shrink_keeps_content },
};

CUNIT_MAIN("base/buffer", cases)
