/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-file-description lock (fcntl): unlike the classic POSIX lock it is not lost when some other
 * descriptor of the same file is closed, and it keeps out a second open in the same process too.
 */
#include "checkpoint/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HOLDER_SIZE = 512 };

static int problem_here(struct problem *problem, int r, const char *directory)
{
    return problem_set(problem, -r, EXIT_CONFIG, "cannot lock %s/lock: %s", directory,
                       strerror(-r));
}

/* Reads who holds it, without the newline. What cannot be read is an empty text. */
static void read_holder(int fd, char *holder, size_t size)
{
    ssize_t n = pread(fd, holder, size - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    for (char *c = holder; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

static int problem_locked(struct problem *problem, int fd, const char *directory)
{
    char holder[HOLDER_SIZE];
    read_holder(fd, holder, sizeof(holder));
    return problem_set(problem, EAGAIN, EXIT_LOCKED, "state directory %s is in use by %s",
                       directory, holder[0] != '\0' ? holder : "another process");
}

/*
 * A full disk does not keep us from starting: the lock holds, only the second one's message will be
 * poorer.
 */
static int write_holder(const struct filesystem *filesystem, int fd)
{
    char host[256] = "?";
    if (gethostname(host, sizeof(host) - 1) < 0) {
        strcpy(host, "?");
    }
    char holder[HOLDER_SIZE];
    int n = snprintf(holder, sizeof(holder), "pid %ld on host %s\n", (long)getpid(), host);
    int r = filesystem->truncate(filesystem, fd, 0);
    if (r == 0) {
        r = filesystem_write_all(filesystem, fd, holder, (size_t)n);
    }
    return r == -ENOSPC || r == -EDQUOT ? 0 : r;
}

int lock_take(const struct filesystem *filesystem, int dir_fd, const char *directory,
              struct problem *problem)
{
    int fd = filesystem->open(filesystem, dir_fd, "lock",
                              O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0) {
        return problem_here(problem, fd, directory);
    }
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int r = fcntl(fd, F_OFD_SETLK, &whole) < 0 ? -errno : 0;
    if (r == -EAGAIN || r == -EACCES) {
        r = problem_locked(problem, fd, directory);
        close(fd);
        return r;
    }
    if (r == 0) {
        r = write_holder(filesystem, fd);
    }
    if (r < 0) {
        close(fd);
        return problem_here(problem, r, directory);
    }
    return fd;
}
