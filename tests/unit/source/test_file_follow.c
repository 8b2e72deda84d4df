/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is followed: it grows, is replaced, is cut, and the process restarts meanwhile. */
#include <unistd.h>

#include "file_rig.h"

static void rig_follow(struct rig *rig, const char *content)
{
    rig_init(rig, "log");
    rig_put(rig, "log", content);
    rig->options.follow = true;
    CU_ASSERT_EQUAL_FATAL(rig_open(rig), 0);
}

/* Nothing comes, however often it is asked. */
static void expect_nothing(struct rig *rig)
{
    for (int i = 0; i < 2; i++) {
        size_t n_events;
        CU_ASSERT_EQUAL(rig_read(rig, &n_events), SOURCE_MORE);
        CU_ASSERT_EQUAL(n_events, 0);
    }
}

static void test_what_is_added_is_read(void)
{
    struct rig rig;
    rig_follow(&rig, "");
    expect_nothing(&rig);
    rig_append(&rig, "log", "1\n");
    rig_read_events(&rig, 1);
    rig_append(&rig, "log", "2\n3\n");
    rig_read_events(&rig, 2);
    expect(&rig, "log@0 1\nlog@2 2\nlog@4 3\n");
    int64_t done;
    int64_t total;
    rig.source->ops->progress(rig.source, &done, &total);
    CU_ASSERT_EQUAL(done, 6);
    CU_ASSERT_EQUAL(total, -1);
    rig_deinit(&rig);
}

static void test_a_line_is_an_event_once_it_has_ended(void)
{
    struct rig rig;
    rig_follow(&rig, "1\n{\"a\":");
    rig_read_events(&rig, 1);
    expect_nothing(&rig);
    rig_append(&rig, "log", "2}");
    expect_nothing(&rig);
    rig_append(&rig, "log", "\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log@0 1\nlog@2 {\"a\":2}\n");
    rig_deinit(&rig);
}

static void test_a_replaced_file_is_read_to_its_end_then_the_new_one(void)
{
    struct rig rig;
    rig_follow(&rig, "1\n");
    rig_read_events(&rig, 1);
    rig_rename(&rig, "log", "log.1");
    /* Between the two nothing has that name. */
    expect_nothing(&rig);
    rig_append(&rig, "log.1", "2\nlast");
    rig_put(&rig, "log", "3\n");
    rig_read_events(&rig, 3);
    rig_append(&rig, "log", "4\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log@0 1\nlog@2 2\nlog@4 last\nlog#2@0 3\nlog#2@2 4\n");
    rig_rename(&rig, "log", "log.2");
    rig_put(&rig, "log", "5\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log#3@0 5\n");
    rig_deinit(&rig);
}

static void test_a_file_that_was_cut_is_read_from_its_start(void)
{
    struct rig rig;
    rig_follow(&rig, "1\n2\n3\n");
    rig_read_events(&rig, 3);
    rig_put(&rig, "log", "4\n");
    rig_read_events(&rig, 1);
    rig_append(&rig, "log", "5\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log@0 1\nlog@2 2\nlog@4 3\nlog#2@0 4\nlog#2@2 5\n");
    rig_put(&rig, "log", "");
    expect_nothing(&rig);
    rig_append(&rig, "log", "6\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log#3@0 6\n");
    rig_deinit(&rig);
}

static void test_only_the_last_file_of_several_is_followed(void)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "a", "1\nend");
    rig_put(&rig, "b", "2\n");
    rig.options.follow = true;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    rig_read_events(&rig, 3);
    rig_append(&rig, "b", "3\n");
    rig_read_events(&rig, 1);
    expect(&rig, "a@0 1\na@2 end\nb@0 2\nb@2 3\n");
    rig_deinit(&rig);
}

static void test_a_restart_goes_on_with_the_file_that_is_there(void)
{
    struct rig rig;
    rig_follow(&rig, "1\n");
    rig_read_events(&rig, 1);
    rig_rename(&rig, "log", "log.1");
    rig_put(&rig, "log", "2\n");
    rig_read_events(&rig, 1);
    rig_append(&rig, "log", "3\n");
    rig_read_events(&rig, 1);
    rig_save(&rig);
    rig_text(&rig);
    rig_append(&rig, "log", "4\n");
    CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
    rig_read_events(&rig, 1);
    expect(&rig, "log#2@4 4\n");
    /* What is replaced after that is the third. */
    rig_rename(&rig, "log", "log.2");
    rig_put(&rig, "log", "5\n");
    rig_read_events(&rig, 1);
    expect(&rig, "log#3@0 5\n");
    rig_deinit(&rig);
}

/* What the old file still held is under a name that nobody has told us. */
static void test_a_restart_after_a_replacement_says_what_is_missing(void)
{
    struct rig rig;
    rig_follow(&rig, "1\n2\n");
    rig.undone = 1;
    rig_read_events(&rig, 2);
    rig_rename(&rig, "log", "log.1");
    rig_put(&rig, "log", "3\n");
    rig_read_events(&rig, 1);
    rig_save(&rig);
    CU_ASSERT(rig_reopen(&rig) < 0);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "is gone"));
    rig_deinit(&rig);
}

/* A checkpoint may be taken before the first line, or in the midst of a file's first bytes. */
static void test_a_restart_knows_a_file_that_has_grown(void)
{
    struct rig rig;
    rig_follow(&rig, "");
    expect_nothing(&rig);
    for (int i = 0; i < 200; i++) {
        if (i % 20 == 0) {
            rig_save(&rig);
            CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
        }
        rig_append(&rig, "log", "{}\n");
        if (i % 20 == 19) {
            rig_read_events(&rig, 20);
        }
    }
    CU_ASSERT_EQUAL(rig.n_events, 200);
    /* From then on another file is told by any of its first bytes. */
    rig_save(&rig);
    static char other[601];
    for (int i = 0; i < 600; i += 3) {
        memcpy(other + i, "{}\n", 3);
    }
    other[255] = ' ';
    rig_put(&rig, "log", other);
    CU_ASSERT(rig_reopen(&rig) < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "is not the file"));
    rig_deinit(&rig);
}

static const struct test_case cases[] = {
    { "what is added is read", test_what_is_added_is_read },
    { "a line is an event once it has ended", test_a_line_is_an_event_once_it_has_ended },
    { "a replaced file is read to its end, then the new one",
      test_a_replaced_file_is_read_to_its_end_then_the_new_one },
    { "a file that was cut is read from its start",
      test_a_file_that_was_cut_is_read_from_its_start },
    { "only the last file of several is followed", test_only_the_last_file_of_several_is_followed },
    { "a restart goes on with the file that is there",
      test_a_restart_goes_on_with_the_file_that_is_there },
    { "a restart after a replacement says what is missing",
      test_a_restart_after_a_replacement_says_what_is_missing },
    { "a restart knows a file that has grown", test_a_restart_knows_a_file_that_has_grown },
};

CUNIT_MAIN("source/file_follow", cases)
