/* SPDX-License-Identifier: Apache-2.0 */
#include "base/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_open(const struct filesystem *fs, int dir_fd, const char *path, int flags,
                       mode_t mode)
{
    (void)fs;
    int fd;
    do {
        fd = openat(dir_fd, path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static ssize_t system_write(const struct filesystem *fs, int fd, const void *bytes, size_t len)
{
    (void)fs;
    ssize_t n;
    do {
        n = write(fd, bytes, len);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int system_truncate(const struct filesystem *fs, int fd, int64_t len)
{
    (void)fs;
    return ftruncate(fd, len) < 0 ? -errno : 0;
}

static int system_datasync(const struct filesystem *fs, int fd)
{
    (void)fs;
    return fdatasync(fd) < 0 ? -errno : 0;
}

static int system_sync(const struct filesystem *fs, int fd)
{
    (void)fs;
    return fsync(fd) < 0 ? -errno : 0;
}

static int system_rename(const struct filesystem *fs, int dir_fd, const char *from, const char *to)
{
    (void)fs;
    return renameat(dir_fd, from, dir_fd, to) < 0 ? -errno : 0;
}

static int system_unlink(const struct filesystem *fs, int dir_fd, const char *path)
{
    (void)fs;
    return unlinkat(dir_fd, path, 0) < 0 ? -errno : 0;
}

const struct filesystem *filesystem_system(void)
{
    static const struct filesystem system = {
        .open = system_open,
        .write = system_write,
        .truncate = system_truncate,
        .datasync = system_datasync,
        .sync = system_sync,
        .rename = system_rename,
        .unlink = system_unlink,
    };
    return &system;
}

int filesystem_write_all(const struct filesystem *fs, int fd, const void *bytes, size_t len)
{
    const char *cursor = bytes;
    while (len > 0) {
        ssize_t n = fs->write(fs, fd, cursor, len);
        if (n < 0) {
            return (int)n;
        }
        if (n == 0) {
            return -EIO;
        }
        cursor += n;
        len -= (size_t)n;
    }
    return 0;
}

static int write_and_sync(const struct filesystem *fs, int dir_fd, const char *name,
                          const void *bytes, size_t len, mode_t mode)
{
    AUTO_CLOSE int fd = fs->open(fs, dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (fd < 0) {
        return fd;
    }
    int r = filesystem_write_all(fs, fd, bytes, len);
    if (r < 0) {
        return r;
    }
    return fs->sync(fs, fd);
}

int filesystem_replace(const struct filesystem *fs, int dir_fd, const char *name, const void *bytes,
                       size_t len, mode_t mode)
{
    char temporary[NAME_MAX + 1];
    int n = snprintf(temporary, sizeof(temporary), "%s.tmp", name);
    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        return -ENAMETOOLONG;
    }
    int r = write_and_sync(fs, dir_fd, temporary, bytes, len, mode);
    if (r == 0) {
        r = fs->rename(fs, dir_fd, temporary, name);
    }
    if (r < 0) {
        fs->unlink(fs, dir_fd, temporary);
        return r;
    }
    return fs->sync(fs, dir_fd);
}

static int read_fd(int fd, size_t limit, char **ret_bytes, size_t *ret_len)
{
    size_t capacity = 64 * 1024;
    size_t len = 0;
    AUTO_FREE char *bytes = malloc(capacity + 1);
    while (bytes != NULL) {
        ssize_t n = read(fd, bytes + len, capacity - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        len += (size_t)n;
        if (len > limit) {
            return -EFBIG;
        }
        if (n == 0) {
            bytes[len] = '\0';
            *ret_bytes = bytes;
            *ret_len = len;
            bytes = NULL;
            return 0;
        }
        if (len == capacity) {
            capacity *= 2;
            char *grown = realloc(bytes, capacity + 1);
            if (grown == NULL) {
                return -ENOMEM;
            }
            bytes = grown;
        }
    }
    return -ENOMEM;
}

int file_read_all(const char *path, size_t limit, char **ret_bytes, size_t *ret_len)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    return read_fd(fd, limit, ret_bytes, ret_len);
}

int directory_make(const char *path)
{
    AUTO_FREE char *copy = strdup(path);
    if (copy == NULL) {
        return -ENOMEM;
    }
    for (char *cursor = copy + 1; *cursor != '\0'; cursor++) {
        if (*cursor != '/') {
            continue;
        }
        *cursor = '\0';
        if (mkdir(copy, 0750) < 0 && errno != EEXIST) {
            return -errno;
        }
        *cursor = '/';
    }
    return mkdir(copy, 0750) < 0 && errno != EEXIST ? -errno : 0;
}
