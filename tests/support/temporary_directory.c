/* SPDX-License-Identifier: Apache-2.0 */
#include "temporary_directory.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filesystem.h"

enum { FILE_LIMIT = 1 << 30 };

static void join(char path[1024], const char *directory, const char *name)
{
    int n = snprintf(path, 1024, "%s/%s", directory, name);
    require(n > 0 && n < 1024);
}

void temporary_directory_make(char path[256])
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, 256, "%s/weir-test-XXXXXX", base != NULL ? base : "/tmp");
    require(n > 0 && n < 256);
    require(mkdtemp(path) != NULL);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void temporary_directory_remove(const char *path)
{
    require(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

void file_put(const char *directory, const char *name, const void *bytes, size_t len)
{
    char path[1024];
    join(path, directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    require(fd >= 0);
    require(filesystem_write_all(filesystem_system(), fd, bytes, len) == 0);
    close(fd);
}

char *file_get(const char *directory, const char *name, size_t *ret_len)
{
    char path[1024];
    join(path, directory, name);
    char *bytes;
    return file_read_all(path, FILE_LIMIT, &bytes, ret_len) < 0 ? NULL : bytes;
}

bool file_holds(const char *directory, const char *name, const char *text)
{
    size_t len;
    AUTO_FREE char *bytes = file_get(directory, name, &len);
    return bytes != NULL && len == strlen(text) && memcmp(bytes, text, len) == 0;
}

bool file_exists(const char *directory, const char *name)
{
    char path[1024];
    join(path, directory, name);
    return access(path, F_OK) == 0;
}
