/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tally.h"

#include <stdio.h>
#include <string.h>

#include "../../support/cunit_main.h"

static void test_names_have_counters(void)
{
    struct tally *tally;
    CU_ASSERT_EQUAL_FATAL(tally_new(&tally), 0);
    bool is_new = false;
    _Atomic uint64_t *counter = tally_counter(tally, "ab", 2, &is_new);
    CU_ASSERT_TRUE(is_new);
    atomic_fetch_add(counter, 2);
    CU_ASSERT_PTR_EQUAL(tally_counter(tally, "abc", 2, &is_new), counter);
    CU_ASSERT_FALSE(is_new);
    tally_count(tally, "a");
    tally_count(tally, "ab");
    const char *name;
    uint64_t count;
    CU_ASSERT_TRUE_FATAL(tally_get(tally, 0, &name, &count));
    CU_ASSERT_STRING_EQUAL(name, "ab");
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_TRUE_FATAL(tally_get(tally, 1, &name, &count));
    CU_ASSERT_STRING_EQUAL(name, "a");
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_FALSE(tally_get(tally, 2, &name, &count));
    tally_free(tally);
}

static void test_what_is_beyond_shares_one(void)
{
    struct tally *tally;
    CU_ASSERT_EQUAL_FATAL(tally_new(&tally), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TALLY_MAX + 3; i++) {
            char name[16];
            snprintf(name, sizeof(name), "n%d", i);
            tally_count(tally, name);
        }
    }
    const char *name;
    uint64_t count;
    CU_ASSERT_TRUE(tally_get(tally, TALLY_MAX - 1, &name, &count));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_TRUE(tally_get(tally, TALLY_MAX, &name, &count));
    CU_ASSERT_STRING_EQUAL(name, "other");
    CU_ASSERT_EQUAL(count, 6);
    CU_ASSERT_FALSE(tally_get(tally, TALLY_MAX + 1, &name, &count));
    tally_free(tally);
}

static const struct test_case cases[] = {
    { "names have counters", test_names_have_counters },
    { "what is beyond shares one", test_what_is_beyond_shares_one },
};

CUNIT_MAIN("base/tally", cases)
