/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/scripted_fs.h"
#include "../../support/temporary_directory.h"

static int take(const char *directory, struct problem *problem)
{
    AUTO_CLOSE int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT_FATAL(dir_fd >= 0);
    return lock_take(filesystem_system(), dir_fd, directory, problem);
}

/* The child: takes the lock, says so, and holds it until it is killed. */
static void hold(const char *directory, int said)
{
    if (take(directory, NULL) < 0 || write(said, "x", 1) != 1) {
        _exit(1);
    }
    for (;;) {
        pause();
    }
}

static void test_a_second_process_learns_who_has_it(void)
{
    char directory[256];
    temporary_directory_make(directory);
    int said[2];
    CU_ASSERT_EQUAL_FATAL(pipe(said), 0);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        hold(directory, said[1]);
    }
    char byte;
    CU_ASSERT_EQUAL_FATAL(read(said[0], &byte, 1), 1);

    struct problem problem = { 0 };
    CU_ASSERT_EQUAL(take(directory, &problem), -EAGAIN);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_LOCKED);
    char expected[64];
    snprintf(expected, sizeof(expected), "pid %ld on host ", (long)child);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, expected));
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, directory));

    /* However it dies, its lock is gone with it. */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    int fd = take(directory, &problem);
    CU_ASSERT(fd >= 0);
    close(fd);
    close(said[0]);
    close(said[1]);
    temporary_directory_remove(directory);
}

static void test_one_process_cannot_take_it_twice(void)
{
    char directory[256];
    temporary_directory_make(directory);
    struct problem problem = { 0 };
    int fd = take(directory, &problem);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(take(directory, &problem), -EAGAIN);
    close(fd);
    fd = take(directory, &problem);
    CU_ASSERT(fd >= 0);
    close(fd);
    temporary_directory_remove(directory);
}

static void test_what_fails_is_said(void)
{
    static const struct {
        enum fs_call call;
        int error;
        int expected;
    } cases[] = {
        { FS_OPEN, EACCES, -EACCES },
        { FS_OPEN, EROFS, -EROFS },
        { FS_TRUNCATE, EIO, -EIO },
        { FS_WRITE, EIO, -EIO },
        /* The lock holds without the note. */
        { FS_WRITE, ENOSPC, 0 },
    };
    char directory[256];
    temporary_directory_make(directory);
    AUTO_CLOSE int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scripted_fs scripted;
        scripted_fs_init(&scripted);
        scripted_fs_fail(&scripted, cases[i].call, 1, cases[i].error);
        struct problem problem = { 0 };
        int r = lock_take(&scripted.fs, dir_fd, directory, &problem);
        CU_ASSERT_EQUAL(r < 0 ? r : 0, cases[i].expected);
        CU_ASSERT_EQUAL(problem.exit_code, r < 0 ? EXIT_CONFIG : EXIT_DONE);
        close_auto(&r);
    }
    temporary_directory_remove(directory);
}

static const struct test_case cases[] = {
    { "a second process learns who has it", test_a_second_process_learns_who_has_it },
    { "one process cannot take it twice", test_one_process_cannot_take_it_twice },
    { "what fails is said", test_what_fails_is_said },
};

CUNIT_MAIN("checkpoint/lock", cases)
