/* SPDX-License-Identifier: Apache-2.0 */
#include "event/room.h"

#include "../../support/cunit_main.h"

static void test_limit(void)
{
    struct room room;
    CU_ASSERT_EQUAL_FATAL(room_init(&room, 100), 0);
    /* While nothing is charged anybody gets what he asks for. */
    CU_ASSERT_TRUE(room_try(&room, 0, 500));
    CU_ASSERT_FALSE(room_try(&room, 0, 1));
    room_set(&room, 500, 60);
    CU_ASSERT_TRUE(room_try(&room, 0, 40));
    CU_ASSERT_FALSE(room_try(&room, 40, 41));
    CU_ASSERT_TRUE(room_try(&room, 40, 10));
    CU_ASSERT_TRUE(room_try(&room, 60, 90));
    room_set(&room, 100, 0);
    CU_ASSERT_TRUE(room_try(&room, 0, 1000));
    room_set(&room, 1000, 0);
    room_deinit(&room);
}

static void test_reserve(void)
{
    struct room room;
    CU_ASSERT_EQUAL_FATAL(room_init(&room, 100), 0);
    CU_ASSERT_TRUE(room_reserve(&room));
    CU_ASSERT_FALSE(room_reserve(&room));
    room_unreserve(&room);
    CU_ASSERT_TRUE(room_reserve(&room));
    room_unreserve(&room);
    room_deinit(&room);
}

static const struct test_case cases[] = {
    { "charges up to the limit, and alone beyond it", test_limit },
    { "one reserve", test_reserve },
};

CUNIT_MAIN("event/room", cases)
