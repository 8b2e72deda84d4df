/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that change files, through an interface, so that tests can make each of them fail or
 * stop in turn. Reading goes straight to the C library. Every function returns a value >= 0 or
 * -errno. Thread: any.
 */
#ifndef WEIR_BASE_FILESYSTEM_H
#define WEIR_BASE_FILESYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct filesystem {
    /* openat(2) with O_CLOEXEC added; the result is a file descriptor. */
    int (*open)(const struct filesystem *fs, int dir_fd, const char *path, int flags, mode_t mode);
    /* One write(2): may write less than len. */
    ssize_t (*write)(const struct filesystem *fs, int fd, const void *bytes, size_t len);
    int (*truncate)(const struct filesystem *fs, int fd, int64_t len);
    int (*datasync)(const struct filesystem *fs, int fd);
    /* fsync(2): for files that are about to be renamed, and for directories. */
    int (*sync)(const struct filesystem *fs, int fd);
    int (*rename)(const struct filesystem *fs, int dir_fd, const char *from, const char *to);
    int (*unlink)(const struct filesystem *fs, int dir_fd, const char *path);
};

/* The machine's own calls; EINTR is retried. */
const struct filesystem *filesystem_system(void);

/*
 * Writes all of bytes, in as many calls as it takes. Returns 0 or -errno; after an error the file
 * may hold a part of them.
 */
int filesystem_write_all(const struct filesystem *fs, int fd, const void *bytes, size_t len);

/*
 * Replaces the file `name` in dir_fd by bytes, so that a crash leaves the old or the new content:
 * temporary file, fsync, rename, fsync of the directory. mode as for open(2). Returns 0 or -errno.
 */
int filesystem_replace(const struct filesystem *fs, int dir_fd, const char *name, const void *bytes,
                       size_t len, mode_t mode);

/*
 * Reads a whole file into *ret_bytes (malloc'ed, a NUL behind the content; the caller frees it).
 * Returns 0, -EFBIG above limit, or -errno.
 */
int file_read_all(const char *path, size_t limit, char **ret_bytes, size_t *ret_len);

/* Makes path and its missing parents, mode 0750. Returns 0 or -errno. */
int directory_make(const char *path);

#endif
