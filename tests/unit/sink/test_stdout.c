/* SPDX-License-Identifier: Apache-2.0 */
/* The stdout sink on descriptors of the test's own: a file, a pipe. */
#include "sink/stdout.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/scripted_fs.h"

struct rig {
    int fd;
    struct scripted_fs fs;
    struct sink *sink;
    struct problem problem;
};

static void rig_init(struct rig *rig, int fd)
{
    *rig = (struct rig){ .fd = fd };
    CU_ASSERT_FATAL(fd >= 0);
    scripted_fs_init(&rig->fs);
    CU_ASSERT_EQUAL_FATAL(stdout_sink_open_fd(fd, &rig->fs.fs, &rig->sink, &rig->problem), 0);
}

static void rig_deinit(struct rig *rig)
{
    rig->sink->ops->close(rig->sink);
    close(rig->fd);
}

static int rig_write(struct rig *rig, const char *lines)
{
    return rig->sink->ops->write(rig->sink, lines, strlen(lines), &rig->problem);
}

static bool file_is(int fd, const char *expected)
{
    char bytes[200];
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
    return n == (ssize_t)strlen(expected) && memcmp(bytes, expected, (size_t)n) == 0;
}

static int new_file(void)
{
    return memfd_create("weir-test", MFD_CLOEXEC);
}

static void test_lines_go_out_and_are_synced(void)
{
    struct rig rig;
    rig_init(&rig, new_file());
    CU_ASSERT_FALSE(rig.sink->is_truncatable);
    rig.fs.longest_write = 1;
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n22\n"), 0);
    CU_ASSERT(file_is(rig.fd, "1\n22\n"));
    struct sink_state state;
    CU_ASSERT_FALSE(rig.sink->ops->wants_roll(rig.sink, INT64_MAX));
    rig.sink->ops->freeze(rig.sink, &state);
    CU_ASSERT_EQUAL(state.length, 5);
    CU_ASSERT_EQUAL(rig.sink->ops->sync(rig.sink, &rig.problem), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 1);
    scripted_fs_fail(&rig.fs, FS_DATASYNC, 1, EIO);
    CU_ASSERT_EQUAL(rig.sink->ops->sync(rig.sink, &rig.problem), -EIO);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    rig_deinit(&rig);
}

/* What was there before stays, and the next write begins where the last whole one ended. */
static void test_a_full_disk_leaves_no_torn_line_in_a_file(void)
{
    for (int flags = 0; flags <= O_APPEND; flags += O_APPEND) {
        struct rig rig;
        rig_init(&rig, new_file());
        CU_ASSERT_EQUAL(write(rig.fd, "before\n", 7), 7);
        CU_ASSERT_EQUAL(fcntl(rig.fd, F_SETFL, flags), 0);
        CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
        for (int64_t room = 0; room < 5; room++) {
            rig.fs.room = room;
            CU_ASSERT_EQUAL(rig_write(&rig, "22\n33\n"), SINK_PAUSED);
            CU_ASSERT(file_is(rig.fd, "before\n1\n"));
        }
        rig.fs.room = -1;
        CU_ASSERT_EQUAL(rig_write(&rig, "22\n33\n"), 0);
        CU_ASSERT(file_is(rig.fd, "before\n1\n22\n33\n"));
        rig_deinit(&rig);
    }
}

/* In the middle of a file what follows is not ours to cut. */
static void test_a_full_disk_ends_it_where_nothing_can_be_cut(void)
{
    struct rig rig;
    rig_init(&rig, new_file());
    CU_ASSERT_EQUAL(write(rig.fd, "abcdefgh", 8), 8);
    CU_ASSERT_EQUAL(lseek(rig.fd, 0, SEEK_SET), 0);
    rig.fs.room = 1;
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), -ENOSPC);
    CU_ASSERT(file_is(rig.fd, "1bcdefgh"));
    rig_deinit(&rig);
}

static void test_a_reader_that_has_gone_ends_it(void)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    struct rig rig;
    rig_init(&rig, ends[1]);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    /* A pipe has nothing to sync. */
    CU_ASSERT_EQUAL(rig.sink->ops->sync(rig.sink, &rig.problem), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 0);
    close(ends[0]);
    CU_ASSERT_EQUAL(rig_write(&rig, "2\n"), -EPIPE);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    rig_deinit(&rig);
}

struct draining {
    int fd;
    size_t n_read;
};

static void *drain(void *argument)
{
    struct draining *draining = argument;
    char bytes[4096];
    ssize_t n;
    while ((n = read(draining->fd, bytes, sizeof(bytes))) > 0) {
        draining->n_read += (size_t)n;
    }
    return NULL;
}

/* Somebody made the pipe non-blocking: the writer waits for room all the same. */
static void test_a_pipe_that_does_not_block_is_waited_for(void)
{
    enum { LEN = 1 << 20 };
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    struct rig rig;
    rig_init(&rig, ends[1]);
    char *lines = malloc(LEN + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
    memset(lines, 'x', LEN);
    lines[LEN - 1] = '\n';
    lines[LEN] = '\0';
    struct draining draining = { .fd = ends[0] };
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, drain, &draining), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, lines), 0);
    rig_deinit(&rig);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(draining.n_read, LEN);
    close(ends[0]);
    free(lines);
}

static const struct test_case cases[] = {
    { "lines go out and are synced", test_lines_go_out_and_are_synced },
    { "a full disk leaves no torn line in a file", test_a_full_disk_leaves_no_torn_line_in_a_file },
    { "a full disk ends it where nothing can be cut",
      test_a_full_disk_ends_it_where_nothing_can_be_cut },
    { "a reader that has gone ends it", test_a_reader_that_has_gone_ends_it },
    { "a pipe that does not block is waited for", test_a_pipe_that_does_not_block_is_waited_for },
};

CUNIT_MAIN("sink/stdout", cases)
