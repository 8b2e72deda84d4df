/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/checkpoint_sample.h"
#include "../../support/cunit_main.h"
#include "../../support/scripted_fs.h"
#include "../../support/temporary_directory.h"

DEFINE_AUTO(checkpoint_store, checkpoint_store_close)

static struct checkpoint_store *open_with(const char *directory, const struct filesystem *fs)
{
    struct checkpoint_store_options options = { .directory = directory, .filesystem = fs };
    struct checkpoint_store *store = NULL;
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_store_open(&options, &store, &problem), 0);
    return store;
}

static int save(struct checkpoint_store *store, int64_t number)
{
    struct checkpoint sample = checkpoint_sample(number);
    struct problem problem = { 0 };
    int r = checkpoint_store_save(store, &sample, &problem);
    CU_ASSERT_EQUAL(problem.exit_code, r < 0 ? EXIT_IO : EXIT_DONE);
    return r;
}

/* Loads and gives the sample's number, -1 for none, or the error; *ret_outcome is the outcome. */
static int64_t load_number(struct checkpoint_store *store, int *ret_outcome,
                           struct problem *ret_problem)
{
    struct checkpoint checkpoint;
    *ret_problem = (struct problem){ 0 };
    *ret_outcome = checkpoint_store_load(store, &checkpoint, ret_problem);
    if (*ret_outcome < 0) {
        return *ret_outcome;
    }
    if (*ret_outcome == CHECKPOINT_NONE) {
        return -1;
    }
    int64_t number = (int64_t)checkpoint.sinks[0].length;
    checkpoint_deinit(&checkpoint);
    return number;
}

/* Opens the directory as the next process would, and loads. */
static int64_t reload(const char *directory, int *ret_outcome)
{
    AUTO(checkpoint_store) store = open_with(directory, filesystem_system());
    struct problem problem;
    return load_number(store, ret_outcome, &problem);
}

static void test_newest_and_previous(void)
{
    char directory[256];
    temporary_directory_make(directory);
    struct checkpoint_store *store = open_with(directory, filesystem_system());
    int outcome;
    struct problem problem;
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), -1);
    for (int64_t number = 1; number <= 5; number++) {
        CU_ASSERT_EQUAL(save(store, number), 0);
    }
    checkpoint_store_close(store);
    CU_ASSERT_EQUAL(reload(directory, &outcome), 5);
    CU_ASSERT_EQUAL(outcome, CHECKPOINT_LOADED);
    file_put(directory, "checkpoint", "weir", 4);
    CU_ASSERT_EQUAL(reload(directory, &outcome), 4);
    CU_ASSERT_EQUAL(outcome, CHECKPOINT_PREVIOUS);
    CU_ASSERT_FALSE(file_exists(directory, "checkpoint.tmp"));
    struct stat status;
    char path[300];
    snprintf(path, sizeof(path), "%s/checkpoint", directory);
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0137, 0);
    temporary_directory_remove(directory);
}

/* A damaged newest one must not take the place of the good one when the next is stored. */
static void test_a_damaged_one_does_not_become_the_previous(void)
{
    char directory[256];
    temporary_directory_make(directory);
    struct checkpoint_store *store = open_with(directory, filesystem_system());
    CU_ASSERT_EQUAL(save(store, 1), 0);
    CU_ASSERT_EQUAL(save(store, 2), 0);
    checkpoint_store_close(store);
    file_put(directory, "checkpoint", "", 0);
    int outcome;
    /* open, write, sync, then the rename that puts 3 in place. */
    for (int crash_at = 3; crash_at <= 10; crash_at++) {
        struct scripted_fs scripted;
        scripted_fs_init(&scripted);
        store = open_with(directory, &scripted.fs);
        struct problem problem;
        CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 1);
        scripted.crash_at = scripted.n_calls + 1;
        CU_ASSERT(save(store, 3) < 0);
        checkpoint_store_close(store);
    }
    CU_ASSERT_EQUAL(reload(directory, &outcome), 1);
    store = open_with(directory, filesystem_system());
    struct problem problem;
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 1);
    CU_ASSERT_EQUAL(save(store, 3), 0);
    CU_ASSERT_EQUAL(save(store, 4), 0);
    checkpoint_store_close(store);
    CU_ASSERT_EQUAL(reload(directory, &outcome), 4);
    CU_ASSERT_EQUAL(outcome, CHECKPOINT_LOADED);
    temporary_directory_remove(directory);
}

static void test_damage_of_both_stops(void)
{
    static const struct {
        const char *newest;
        const char *previous;
    } cases[] = { { "", NULL }, { "x", "" }, { NULL, "x" }, { "weir-checkpoint 1\n", "y" } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char directory[256];
        temporary_directory_make(directory);
        if (cases[i].newest != NULL) {
            file_put(directory, "checkpoint", cases[i].newest, strlen(cases[i].newest));
        }
        if (cases[i].previous != NULL) {
            file_put(directory, "checkpoint.prev", cases[i].previous, strlen(cases[i].previous));
        }
        AUTO(checkpoint_store) store = open_with(directory, filesystem_system());
        int outcome;
        struct problem problem;
        CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), -EBADMSG);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, directory));
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "--fresh"));
        temporary_directory_remove(directory);
    }
}

/* Each byte of the newest file flipped, and each of its beginnings: the previous one, or 65. */
static void test_every_damage_on_disk_is_found(void)
{
    char directory[256];
    temporary_directory_make(directory);
    struct checkpoint_store *store = open_with(directory, filesystem_system());
    CU_ASSERT_EQUAL(save(store, 1), 0);
    CU_ASSERT_EQUAL(save(store, 2), 0);
    size_t len;
    AUTO_FREE char *text = file_get(directory, "checkpoint", &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    int outcome;
    struct problem problem;
    size_t n_missed = 0;
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        file_put(directory, "checkpoint", text, len);
        text[i] ^= 1;
        n_missed += load_number(store, &outcome, &problem) != 1;
        n_missed += outcome != CHECKPOINT_PREVIOUS || strlen(problem.text) < 20;
        file_put(directory, "checkpoint", text, i);
        n_missed += load_number(store, &outcome, &problem) != 1;
    }
    CU_ASSERT_EQUAL(n_missed, 0);
    file_put(directory, "checkpoint", text, len);
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 2);
    checkpoint_store_close(store);
    temporary_directory_remove(directory);
}

/*
 * A crash at each call in turn, in a save that follows two others. part_changes: the save in which both
 * files come to name a new part. Afterwards a new process must load the old one or the new one, never a
 * damaged one, and then be able to save.
 */
static void crash_in_turn(bool part_changes)
{
    bool is_over = false;
    for (int crash_at = 1; !is_over; crash_at++) {
        char directory[256];
        temporary_directory_make(directory);
        struct scripted_fs scripted;
        scripted_fs_init(&scripted);
        struct checkpoint_store *store = open_with(directory, &scripted.fs);
        CU_ASSERT_EQUAL(save(store, 1), 0);
        CU_ASSERT_EQUAL(save(store, 2), 0);
        scripted.crash_at = scripted.n_calls + crash_at;
        struct checkpoint third = checkpoint_sample(3);
        third.sinks[0].part += part_changes ? 1 : 0;
        is_over = checkpoint_store_save(store, &third, NULL) == 0;
        checkpoint_store_close(store);

        int outcome;
        int64_t number = reload(directory, &outcome);
        CU_ASSERT_EQUAL(outcome, CHECKPOINT_LOADED);
        CU_ASSERT(is_over ? number == 3 : number == 2 || number == 3);
        store = open_with(directory, filesystem_system());
        struct problem problem;
        CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), number);
        CU_ASSERT_EQUAL(save(store, 4), 0);
        checkpoint_store_close(store);
        CU_ASSERT_EQUAL(reload(directory, &outcome), 4);
        temporary_directory_remove(directory);
    }
}

static void test_a_crash_leaves_the_old_or_the_new(void)
{
    crash_in_turn(false);
    crash_in_turn(true);
}

/* One call fails, and the process goes on: nothing is lost, and the next save works. */
static void test_a_failing_call_loses_nothing(void)
{
    static const enum fs_call calls[] = { FS_OPEN, FS_WRITE, FS_SYNC, FS_RENAME };
    static const int errors[] = { ENOSPC, EIO, EDQUOT };
    for (size_t i = 0; i < ARRAY_SIZE(calls) * ARRAY_SIZE(errors); i++) {
        char directory[256];
        temporary_directory_make(directory);
        struct scripted_fs scripted;
        scripted_fs_init(&scripted);
        struct checkpoint_store *store = open_with(directory, &scripted.fs);
        CU_ASSERT_EQUAL(save(store, 1), 0);
        CU_ASSERT_EQUAL(save(store, 2), 0);
        int error = errors[i / ARRAY_SIZE(calls)];
        scripted_fs_fail(&scripted, calls[i % ARRAY_SIZE(calls)], 1, error);
        CU_ASSERT_EQUAL(save(store, 3), -error);
        CU_ASSERT_FALSE(file_exists(directory, "checkpoint.tmp"));
        CU_ASSERT_EQUAL(save(store, 4), 0);
        checkpoint_store_close(store);
        int outcome;
        CU_ASSERT_EQUAL(reload(directory, &outcome), 4);
        file_put(directory, "checkpoint", "", 0);
        CU_ASSERT_EQUAL(reload(directory, &outcome), 2);
        temporary_directory_remove(directory);
    }
}

/* When a part changes, the file behind the newest one names the new part too. */
static void test_a_changed_part_is_named_twice(void)
{
    char directory[256];
    temporary_directory_make(directory);
    AUTO(checkpoint_store) store = open_with(directory, filesystem_system());
    CU_ASSERT_EQUAL(save(store, 1), 0);
    CU_ASSERT_EQUAL(save(store, 2), 0);
    struct checkpoint sample = checkpoint_sample(3);
    sample.sinks[0].part = 4;
    CU_ASSERT_EQUAL(checkpoint_store_save(store, &sample, NULL), 0);
    file_put(directory, "checkpoint", "", 0);
    struct checkpoint loaded;
    CU_ASSERT_EQUAL_FATAL(checkpoint_store_load(store, &loaded, NULL), CHECKPOINT_PREVIOUS);
    CU_ASSERT_EQUAL(loaded.sinks[0].part, 4);
    CU_ASSERT_EQUAL(loaded.sinks[0].length, 3);
    checkpoint_deinit(&loaded);
    temporary_directory_remove(directory);
}

static void test_clear_forgets_and_touches_nothing_else(void)
{
    char directory[256];
    temporary_directory_make(directory);
    AUTO(checkpoint_store) store = open_with(directory, filesystem_system());
    file_put(directory, "other", "kept", 4);
    CU_ASSERT_EQUAL(checkpoint_store_clear(store, NULL), 0);
    CU_ASSERT_EQUAL(save(store, 1), 0);
    CU_ASSERT_EQUAL(checkpoint_store_clear(store, NULL), 0);
    int outcome;
    struct problem problem;
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), -1);
    CU_ASSERT_EQUAL(save(store, 2), 0);
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 2);
    CU_ASSERT_TRUE(file_holds(directory, "other", "kept"));
    temporary_directory_remove(directory);
}

static void test_opening(void)
{
    char directory[256];
    temporary_directory_make(directory);
    char deep[300];
    snprintf(deep, sizeof(deep), "%s/a/b/c", directory);
    AUTO(checkpoint_store) store = open_with(deep, filesystem_system());
    CU_ASSERT(checkpoint_store_directory(store) >= 0);

    struct checkpoint_store_options options = { .directory = deep,
                                                .filesystem = filesystem_system() };
    struct checkpoint_store *second = NULL;
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL(checkpoint_store_open(&options, &second, &problem), -EAGAIN);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_LOCKED);
    CU_ASSERT_PTR_NULL(second);

    file_put(directory, "file", "", 0);
    snprintf(deep, sizeof(deep), "%s/file/below", directory);
    CU_ASSERT_EQUAL(checkpoint_store_open(&options, &second, &problem), -ENOTDIR);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, deep));
    temporary_directory_remove(directory);
}

/* Things that are no checkpoint under its name: found, not followed, and never waited for. */
static void test_odd_files_are_damage(void)
{
    char directory[256];
    temporary_directory_make(directory);
    char path[300];
    char target[300];
    snprintf(path, sizeof(path), "%s/checkpoint", directory);
    snprintf(target, sizeof(target), "%s/checkpoint.other", directory);
    AUTO(checkpoint_store) store = open_with(directory, filesystem_system());
    CU_ASSERT_EQUAL(save(store, 1), 0);
    int outcome;
    struct problem problem;
    CU_ASSERT_EQUAL(rename(path, target), 0);
    CU_ASSERT_EQUAL(symlink(target, path), 0);
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 1);
    CU_ASSERT_EQUAL(outcome, CHECKPOINT_PREVIOUS);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    CU_ASSERT_EQUAL(load_number(store, &outcome, &problem), 1);
    CU_ASSERT_EQUAL(outcome, CHECKPOINT_PREVIOUS);
    temporary_directory_remove(directory);
}

static const struct test_case cases[] = {
    { "newest and previous", test_newest_and_previous },
    { "a damaged one does not become the previous",
      test_a_damaged_one_does_not_become_the_previous },
    { "damage of both stops", test_damage_of_both_stops },
    { "every damage on disk is found", test_every_damage_on_disk_is_found },
    { "a crash leaves the old or the new", test_a_crash_leaves_the_old_or_the_new },
    { "a failing call loses nothing", test_a_failing_call_loses_nothing },
    { "a changed part is named twice", test_a_changed_part_is_named_twice },
    { "clear forgets, and touches nothing else", test_clear_forgets_and_touches_nothing_else },
    { "opening", test_opening },
    { "odd files are damage", test_odd_files_are_damage },
};

CUNIT_MAIN("checkpoint/store", cases)
