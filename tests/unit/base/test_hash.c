/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

#include "../../support/cunit_main.h"

static void test_values_never_change(void)
{
    /* The first is the published test value of XXH3 for no input. */
    CU_ASSERT_EQUAL(hash_bytes("", 0), UINT64_C(0x2d06800538d394c2));
    CU_ASSERT_NOT_EQUAL(hash_bytes("a", 1), hash_bytes("b", 1));
    CU_ASSERT_NOT_EQUAL(hash_bytes_seeded("a", 1, 1), hash_bytes_seeded("a", 1, 2));
}

static void test_uuid_is_stable_and_well_formed(void)
{
    char one[UUID_SIZE], two[UUID_SIZE], other[UUID_SIZE];
    uuid_from_bytes(one, "position 1", 10);
    uuid_from_bytes(two, "position 1", 10);
    uuid_from_bytes(other, "position 2", 10);
    CU_ASSERT_STRING_EQUAL(one, two);
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT_EQUAL(strlen(one), 36);
    CU_ASSERT_EQUAL(one[14], '8');
    CU_ASSERT_PTR_NOT_NULL(strchr("89ab", one[19]));
    CU_ASSERT(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
}

static const struct test_case cases[] = {
    { "hash values are part of formats", test_values_never_change },
    { "a UUID comes from bytes alone", test_uuid_is_stable_and_well_formed },
};

CUNIT_MAIN("base/hash", cases)
