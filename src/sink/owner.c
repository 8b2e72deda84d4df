/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

/* A job's name and instance, a newline, and what somebody may have put there. */
enum { OWNER_SIZE = 512 };

static int problem_owner(struct problem *problem, int r, const char *path)
{
    return problem_set(problem, -r, EXIT_CONFIG, "cannot use %s: %s", path, strerror(-r));
}

static void read_owner(int fd, char *owner, size_t size)
{
    ssize_t n = pread(fd, owner, size - 1, 0);
    owner[n > 0 ? n : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
}

/* A full disk keeps nobody from starting: the lock holds, and the next start writes the name. */
static int write_owner(const struct filesystem *filesystem, int fd, const char *job)
{
    char line[OWNER_SIZE];
    int n = snprintf(line, sizeof(line), "%s\n", job);
    int r = filesystem->truncate(filesystem, fd, 0);
    if (r == 0 && n < (int)sizeof(line)) {
        r = filesystem_write_all(filesystem, fd, line, (size_t)n);
    }
    if (r == 0) {
        r = filesystem->sync(filesystem, fd);
    }
    return r == -ENOSPC || r == -EDQUOT ? 0 : r;
}

static int take(const struct filesystem *filesystem, int fd, const char *path, const char *job,
                bool is_restored, struct problem *problem)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int r = fcntl(fd, F_OFD_SETLK, &whole) < 0 ? -errno : 0;
    char owner[OWNER_SIZE];
    read_owner(fd, owner, sizeof(owner));
    if (r == -EAGAIN || r == -EACCES) {
        return problem_set(problem, EAGAIN, EXIT_LOCKED, "%s: job %s is writing these parts", path,
                           owner);
    }
    if (r < 0) {
        return problem_owner(problem, r, path);
    }
    if (strcmp(owner, job) == 0) {
        return 0;
    }
    if (is_restored && owner[0] != '\0') {
        return problem_set(
            problem, EINVAL, EXIT_CONFIG,
            "%s: job %s has written these parts since the checkpoint of %s; give one "
            "of them another uri, or begin anew with --fresh",
            path, owner, job);
    }
    r = write_owner(filesystem, fd, job);
    return r < 0 ? problem_owner(problem, r, path) : 0;
}

int owner_take(const struct filesystem *filesystem, const char *directory, const char *stem,
               const char *job, bool is_restored, struct problem *problem)
{
    AUTO_BUFFER path = { 0 };
    if (buffer_printf(&path, "%s/.weir", directory) < 0 || buffer_text(&path) == NULL) {
        return problem_owner(problem, -ENOMEM, directory);
    }
    int r = directory_make(path.data);
    if (r < 0) {
        return problem_owner(problem, r, path.data);
    }
    if (buffer_printf(&path, "/%s.owner", stem) < 0 || buffer_text(&path) == NULL) {
        return problem_owner(problem, -ENOMEM, directory);
    }
    int fd = filesystem->open(filesystem, AT_FDCWD, path.data,
                              O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0) {
        return problem_owner(problem, fd, path.data);
    }
    r = take(filesystem, fd, path.data, job, is_restored, problem);
    if (r < 0) {
        close(fd);
        return r;
    }
    return fd;
}
