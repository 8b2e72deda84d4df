/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "../../support/cunit_main.h"

static void test_values_never_change(void)
{
    /* The first is the published test value of XXH3 for no input. */
    CU_ASSERT_EQUAL(hash_bytes("", 0), UINT64_C(0x2d06800538d394c2));
    CU_ASSERT_NOT_EQUAL(hash_bytes("a", 1), hash_bytes("b", 1));
    CU_ASSERT_NOT_EQUAL(hash_bytes_seeded("a", 1, 1), hash_bytes_seeded("a", 1, 2));
}

static const struct test_case cases[] = {
    { "hash values are part of formats", test_values_never_change },
};

CUNIT_MAIN("base/hash", cases)
