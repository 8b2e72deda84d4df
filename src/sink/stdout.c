/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/stdout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stdout_sink {
    struct sink sink;
    /* Fixed after start. */
    const struct filesystem *filesystem;
    int fd;
    bool is_regular;
    /* Owned by the writer: bytes in all. */
    uint64_t length;
};

/* Waits until a descriptor that somebody has made non-blocking takes more. */
static int wait_writable(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
    while (poll(&pollfd, 1, -1) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int write_all(const struct stdout_sink *out, const char *lines, size_t len)
{
    while (len > 0) {
        ssize_t n = out->filesystem->write(out->filesystem, out->fd, lines, len);
        if (n == -EAGAIN) {
            int r = wait_writable(out->fd);
            if (r < 0) {
                return r;
            }
            continue;
        }
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        lines += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The end of a regular file, where that is where we write; -1 where nothing can be cut back. */
static int64_t writing_end(const struct stdout_sink *out)
{
    struct stat status;
    if (!out->is_regular || fstat(out->fd, &status) < 0) {
        return -1;
    }
    int flags = fcntl(out->fd, F_GETFL);
    bool is_appending = flags >= 0 && (flags & O_APPEND) != 0;
    if (is_appending || lseek(out->fd, 0, SEEK_CUR) == status.st_size) {
        return status.st_size;
    }
    return -1;
}

/* Takes back what a failed write has left behind end. */
static int cut_back(const struct stdout_sink *out, int64_t end)
{
    int r = out->filesystem->truncate(out->filesystem, out->fd, end);
    if (r == 0 && lseek(out->fd, end, SEEK_SET) < 0) {
        r = -errno;
    }
    return r;
}

static int stdout_write(struct sink *sink, const char *lines, size_t len, struct problem *problem)
{
    struct stdout_sink *out = (struct stdout_sink *)sink;
    int64_t end = writing_end(out);
    int r = write_all(out, lines, len);
    if (r == 0) {
        out->length += len;
        return 0;
    }
    problem_set(problem, -r, EXIT_IO, "cannot write to standard output: %s", strerror(-r));
    bool is_full = r == -ENOSPC || r == -EDQUOT;
    return is_full && end >= 0 && cut_back(out, end) == 0 ? SINK_PAUSED : r;
}

static bool stdout_wants_roll(struct sink *sink, int64_t monotonic_ns)
{
    (void)sink;
    (void)monotonic_ns;
    return false;
}

static void stdout_freeze(struct sink *sink, struct sink_state *ret_state)
{
    const struct stdout_sink *out = (const struct stdout_sink *)sink;
    *ret_state = (struct sink_state){ .part = 0, .length = out->length };
}

static int stdout_sync(struct sink *sink, struct problem *problem)
{
    const struct stdout_sink *out = (const struct stdout_sink *)sink;
    if (!out->is_regular) {
        return 0;
    }
    int r = out->filesystem->datasync(out->filesystem, out->fd);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_IO, "cannot sync standard output: %s", strerror(-r));
    }
    return 0;
}

static void stdout_checkpointed(struct sink *sink)
{
    (void)sink;
}

static void stdout_close(struct sink *sink)
{
    free(sink->identity);
    free(sink);
}

static const struct sink_ops stdout_ops = {
    .connector = "stdout",
    .write = stdout_write,
    .wants_roll = stdout_wants_roll,
    .freeze = stdout_freeze,
    .sync = stdout_sync,
    .checkpointed = stdout_checkpointed,
    .close = stdout_close,
};

int stdout_sink_open_fd(int fd, const struct filesystem *filesystem, struct sink **ret_sink,
                        struct problem *problem)
{
    struct stdout_sink *out = calloc(1, sizeof(*out));
    char *identity = strdup("stdout");
    if (out == NULL || identity == NULL) {
        free(out);
        free(identity);
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory for the stdout sink");
    }
    struct stat status;
    *out = (struct stdout_sink){
        .sink = { .ops = &stdout_ops, .identity = identity, .is_truncatable = false },
        .filesystem = filesystem,
        .fd = fd,
        .is_regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode),
    };
    *ret_sink = &out->sink;
    return 0;
}

int stdout_sink_open(struct sink **ret_sink, struct problem *problem)
{
    return stdout_sink_open_fd(STDOUT_FILENO, filesystem_system(), ret_sink, problem);
}
