/* SPDX-License-Identifier: Apache-2.0 */
/* The file sink while it runs: parts, groups, full disks, and hands other than ours. */
#include <errno.h>

#include "sink_rig.h"

static void test_lines_go_into_the_part_that_was_named(void)
{
    struct rig rig;
    rig_init(&rig);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_TRUE(rig.sink->is_truncatable);
    CU_ASSERT_EQUAL(file_sink_cut_bytes(rig.sink), 0);
    /* Before a checkpoint names it nothing is written, nor made. */
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), SINK_PAUSED);
    CU_ASSERT_EQUAL(rig_count(&rig), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.part, 1);
    CU_ASSERT_EQUAL(rig.state.length, 0);
    CU_ASSERT_EQUAL(rig_count(&rig), 0);

    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "2\n3\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "1\n2\n3\n"));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.part, 1);
    CU_ASSERT_EQUAL(rig.state.length, 6);
    rig_deinit(&rig);
}

static void test_the_instance_is_part_of_the_name(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.instance = "b";
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.b.000001.ndjson", "1\n"));
    AUTO_BUFFER identity = { 0 };
    CU_ASSERT_EQUAL(file_sink_identity(rig.directory, "out", "b", &identity), 0);
    CU_ASSERT_STRING_EQUAL(rig.sink->identity, buffer_text(&identity));
    rig_deinit(&rig);
}

/* Data once, a new part's directory entry once; nothing when nothing was written. */
static void test_what_is_synced(void)
{
    struct rig rig;
    rig_start(&rig);
    int before = rig.fs.n_calls;
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.fs.n_calls, before);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 1);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_SYNC], 1);
    CU_ASSERT_EQUAL(rig_write(&rig, "2\n"), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 2);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_SYNC], 1);
    rig_deinit(&rig);
}

static void test_a_part_that_is_full_is_followed_by_the_next(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.roll_bytes = 6;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    CU_ASSERT_EQUAL(rig_write(&rig, "123\n"), 0);
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    CU_ASSERT_EQUAL(rig_write(&rig, "4\n"), 0);
    CU_ASSERT_TRUE(rig_wants_roll(&rig));
    /* A group is never split: until the checkpoint the part grows on. */
    CU_ASSERT_EQUAL(rig_write(&rig, "5\n"), 0);

    struct sink_state state;
    rig.sink->ops->freeze(rig.sink, &state);
    CU_ASSERT_EQUAL(state.part, 2);
    CU_ASSERT_EQUAL(state.length, 0);
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    CU_ASSERT_EQUAL(rig_write(&rig, "6\n"), SINK_PAUSED);
    CU_ASSERT_EQUAL(rig.sink->ops->sync(rig.sink, &rig.problem), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 1);
    CU_ASSERT_EQUAL(rig_write(&rig, "6\n"), SINK_PAUSED);
    CU_ASSERT_FALSE(file_exists(rig.directory, "out.000002.ndjson"));
    rig.sink->ops->checkpointed(rig.sink);
    CU_ASSERT_EQUAL(rig_write(&rig, "6\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "123\n4\n5\n"));
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", "6\n"));
    rig_deinit(&rig);
}

static void test_a_part_that_is_old_is_followed_by_the_next(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.roll_age_ns = 10 * NS_PER_S;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    /* What holds nothing does not grow old. */
    rig.clock.now_ns += 100 * NS_PER_S;
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    rig.clock.now_ns += 10 * NS_PER_S - 1;
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    rig.clock.now_ns++;
    CU_ASSERT_TRUE(rig_wants_roll(&rig));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.part, 2);
    CU_ASSERT_FALSE(rig_wants_roll(&rig));
    rig_deinit(&rig);
}

/* A group of lines, for the tests below, and what is there before it. */
static const char before[] = "{\"n\":1}\n{\"n\":2}\n";
static const char group[] = "{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n";
static const char after[] = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n";

/* The disk fills up within the group: whole groups only are in the file, and writing goes on. */
static void check_full_disk(int64_t room, int error, size_t longest_write)
{
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    rig.fs.room = room;
    rig.fs.no_room_error = error;
    rig.fs.longest_write = longest_write;
    CU_ASSERT_EQUAL(rig_write(&rig, group), SINK_PAUSED);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "000001"));
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.length, strlen(before));
    rig.fs.room = -1;
    CU_ASSERT_EQUAL(rig_write(&rig, group), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", after));
    rig_deinit(&rig);
}

static void test_a_full_disk_leaves_no_torn_line(void)
{
    for (int64_t room = 0; room < (int64_t)strlen(group); room++) {
        check_full_disk(room, ENOSPC, 0);
        check_full_disk(room, EDQUOT, 5);
    }
}

static void test_where_even_cutting_fails_nothing_goes_behind_the_torn_line(void)
{
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    rig.fs.room = 11;
    /* At once, at the next write, and at a checkpoint. */
    scripted_fs_fail(&rig.fs, FS_TRUNCATE, 3, EIO);
    CU_ASSERT_EQUAL(rig_write(&rig, group), SINK_PAUSED);
    rig.fs.room = -1;
    CU_ASSERT_EQUAL(rig_write(&rig, group), -EIO);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), -EIO);
    CU_ASSERT(!file_holds(rig.directory, "out.000001.ndjson", before));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    CU_ASSERT_EQUAL(rig_write(&rig, group), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", after));
    rig_deinit(&rig);
}

static void test_a_short_write_is_gone_on_with(void)
{
    struct rig rig;
    rig_start(&rig);
    rig.fs.longest_write = 1;
    CU_ASSERT_EQUAL(rig_write(&rig, after), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", after));
    rig_deinit(&rig);
}

static void test_an_input_output_error_is_the_end(void)
{
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    scripted_fs_fail(&rig.fs, FS_WRITE, 1, EIO);
    CU_ASSERT_EQUAL(rig_write(&rig, group), -EIO);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    rig_deinit(&rig);
}

/* The kernel may have dropped the pages: a second sync would lie. */
static void test_a_failed_sync_is_the_end_even_of_a_full_disk(void)
{
    static const int errors[] = { EIO, ENOSPC, EDQUOT };
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        struct rig rig;
        rig_start(&rig);
        CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
        scripted_fs_fail(&rig.fs, FS_DATASYNC, 1, errors[i]);
        CU_ASSERT_EQUAL(rig_checkpoint(&rig), -errors[i]);
        CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
        CU_ASSERT_EQUAL(rig.state.length, 0);
        rig_deinit(&rig);
    }
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    scripted_fs_fail(&rig.fs, FS_SYNC, 1, EIO);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), -EIO);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    rig_deinit(&rig);
}

static void test_a_part_that_cannot_be_made_pauses_or_ends(void)
{
    struct rig rig;
    rig_start(&rig);
    scripted_fs_fail(&rig.fs, FS_OPEN, 1, ENOSPC);
    CU_ASSERT_EQUAL(rig_write(&rig, before), SINK_PAUSED);
    scripted_fs_fail(&rig.fs, FS_OPEN, 1, EACCES);
    CU_ASSERT_EQUAL(rig_write(&rig, before), -EACCES);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    rig_deinit(&rig);
}

/* Somebody made a file under the name between the checkpoint and the first line. */
static void test_a_foreign_file_under_the_next_name_is_not_written_to(void)
{
    struct rig rig;
    rig_start(&rig);
    rig_put(&rig, "out.000001.ndjson", "theirs\n");
    CU_ASSERT_EQUAL(rig_write(&rig, before), -EEXIST);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "theirs\n"));
    rig_deinit(&rig);
}

static void check_changed_part(const char *changed)
{
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    rig_put(&rig, "out.000001.ndjson", changed);
    CU_ASSERT_EQUAL(rig_write(&rig, group), -EBADMSG);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), -EBADMSG);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", changed));
    rig_deinit(&rig);
}

static void test_a_part_that_was_changed_is_never_written_to_again(void)
{
    check_changed_part("");
    check_changed_part("{\"n\":1}\n");
    check_changed_part("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void test_a_part_that_was_removed_is_not_acknowledged(void)
{
    struct rig rig;
    char path[512];
    rig_start(&rig);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    rig_path(&rig, "out.000001.ndjson", path);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, group), -ENOENT);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "was removed"));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), -ENOENT);
    CU_ASSERT_EQUAL(rig.state.length, 0);
    CU_ASSERT_EQUAL(rig_count(&rig), 0);
    rig_deinit(&rig);
}

/* The directory is removed before the first line, and comes back. */
static void test_a_directory_that_is_made_again_is_used(void)
{
    struct rig rig;
    rig_start(&rig);
    CU_ASSERT_EQUAL(rmdir(rig.directory), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, before), -ENOENT);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    CU_ASSERT_EQUAL(mkdir(rig.directory, 0700), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    rig_deinit(&rig);
}

/* A checkpoint that could not be stored: the closed part is synced, the next one not begun. */
static void test_nothing_is_written_while_the_checkpoint_of_a_roll_is_not_stored(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.roll_bytes = 1;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
    struct sink_state state;
    for (int i = 0; i < 3; i++) {
        rig.sink->ops->freeze(rig.sink, &state);
        CU_ASSERT_EQUAL(state.part, 2);
        CU_ASSERT_EQUAL(rig.sink->ops->sync(rig.sink, &rig.problem), 0);
        CU_ASSERT_EQUAL(rig_write(&rig, group), SINK_PAUSED);
    }
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 1);
    rig.sink->ops->checkpointed(rig.sink);
    CU_ASSERT_EQUAL(rig_write(&rig, group), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", before));
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", group));
    rig_deinit(&rig);
}

/* As after a crash: what was written since the checkpoint is cut, at whichever call it came. */
static void test_a_crash_at_any_call_leaves_what_a_restart_can_cut(void)
{
    int n_calls = 1;
    for (int crash_at = 1; crash_at <= n_calls; crash_at++) {
        struct rig rig;
        rig_start(&rig);
        rig.options.roll_bytes = 30;
        rig.fs.crash_at = rig.fs.n_calls + crash_at;
        int r = 0;
        int n_groups = 0;
        while (r == 0 && n_groups < 6) {
            r = rig_write(&rig, before);
            r = r == 0 ? rig_checkpoint(&rig) : r;
            n_groups += r == 0;
        }
        n_calls = r == 0 ? crash_at : crash_at + 1;
        rig_close(&rig);
        scripted_fs_init(&rig.fs);
        CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
        for (; n_groups < 6; n_groups++) {
            CU_ASSERT_EQUAL(rig_write(&rig, before), 0);
            CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
        }
        size_t total = 0;
        for (int part = 1; part < 9; part++) {
            char name[64];
            snprintf(name, sizeof(name), "out.%06d.ndjson", part);
            size_t len = 0;
            AUTO_FREE char *bytes = file_get(rig.directory, name, &len);
            total += len;
            CU_ASSERT(bytes == NULL || len % strlen(before) == 0);
        }
        CU_ASSERT_EQUAL(total, 6 * strlen(before));
        rig_deinit(&rig);
        CU_ASSERT_FATAL(crash_at < 100);
    }
    CU_ASSERT(n_calls > 10);
}

static const struct test_case cases[] = {
    { "lines go into the part that was named", test_lines_go_into_the_part_that_was_named },
    { "the instance is part of the name", test_the_instance_is_part_of_the_name },
    { "what is synced", test_what_is_synced },
    { "a part that is full is followed by the next",
      test_a_part_that_is_full_is_followed_by_the_next },
    { "a part that is old is followed by the next",
      test_a_part_that_is_old_is_followed_by_the_next },
    { "a full disk leaves no torn line", test_a_full_disk_leaves_no_torn_line },
    { "where even cutting fails nothing goes behind the torn line",
      test_where_even_cutting_fails_nothing_goes_behind_the_torn_line },
    { "a short write is gone on with", test_a_short_write_is_gone_on_with },
    { "an input/output error is the end", test_an_input_output_error_is_the_end },
    { "a failed sync is the end, even of a full disk",
      test_a_failed_sync_is_the_end_even_of_a_full_disk },
    { "a part that cannot be made pauses or ends", test_a_part_that_cannot_be_made_pauses_or_ends },
    { "a foreign file under the next name is not written to",
      test_a_foreign_file_under_the_next_name_is_not_written_to },
    { "a part that was changed is never written to again",
      test_a_part_that_was_changed_is_never_written_to_again },
    { "a part that was removed is not acknowledged",
      test_a_part_that_was_removed_is_not_acknowledged },
    { "a directory that is made again is used", test_a_directory_that_is_made_again_is_used },
    { "nothing is written while the checkpoint of a roll is not stored",
      test_nothing_is_written_while_the_checkpoint_of_a_roll_is_not_stored },
    { "a crash at any call leaves what a restart can cut",
      test_a_crash_at_any_call_leaves_what_a_restart_can_cut },
};

CUNIT_MAIN("sink/file", cases)
