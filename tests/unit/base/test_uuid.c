/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "../../support/cunit_main.h"
#include "base/error.h"

/* What Python's uuid.uuid5() says of the same namespace and name. */
static void test_names_have_the_same_uuid_everywhere(void)
{
    static const struct {
        const char *name;
        size_t len;
        const char *uuid;
    } rows[] = {
        { "", 0, "305620d9-bac5-5c2a-a857-9ef8f3d0373b" },
        { "a", 1, "8f31598a-5bcd-550f-809b-d416fa293430" },
        { "sink\neqiad.page_change\n0", 24, "82f3c04a-0698-5048-bebe-9e00662f1f2a" },
        { "ä", 2, "64abf026-7dec-5af4-888d-9a7b76168b0d" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[UUID_SIZE];
        uuid_of_name(text, rows[i].name, rows[i].len);
        CU_ASSERT_STRING_EQUAL(text, rows[i].uuid);
    }
}

static const struct test_case cases[] = {
    { "names have the same UUID everywhere", test_names_have_the_same_uuid_everywhere },
};

CUNIT_MAIN("base/uuid", cases)
