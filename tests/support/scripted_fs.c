/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted_fs.h"

#include <errno.h>
#include <stdbool.h>

static struct scripted_fs *from(const struct filesystem *fs)
{
    return (struct scripted_fs *)fs;
}

static bool is_crashed(const struct scripted_fs *scripted)
{
    return scripted->crash_at > 0 && scripted->n_calls >= scripted->crash_at;
}

/* Counts the call. Returns 0 when it is to happen, or -errno. */
static int begin(struct scripted_fs *scripted, enum fs_call call)
{
    scripted->n_calls++;
    scripted->counts[call]++;
    if (is_crashed(scripted)) {
        return -EIO;
    }
    if (scripted->failing[call] == 0) {
        return 0;
    }
    if (scripted->failing[call] > 0) {
        scripted->failing[call]--;
    }
    return -scripted->errors[call];
}

static int scripted_open(const struct filesystem *fs, int dir_fd, const char *path, int flags,
                         mode_t mode)
{
    int r = begin(from(fs), FS_OPEN);
    return r < 0 ? r : filesystem_system()->open(filesystem_system(), dir_fd, path, flags, mode);
}

static ssize_t scripted_write(const struct filesystem *fs, int fd, const void *bytes, size_t len)
{
    struct scripted_fs *scripted = from(fs);
    bool was_crashed = is_crashed(scripted);
    int r = begin(scripted, FS_WRITE);
    if (r < 0 && is_crashed(scripted) && !was_crashed) {
        (void)filesystem_system()->write(filesystem_system(), fd, bytes, len / 2);
    }
    if (r < 0) {
        return r;
    }
    if (scripted->longest_write > 0 && len > scripted->longest_write) {
        len = scripted->longest_write;
    }
    if (scripted->room == 0) {
        return -scripted->no_room_error;
    }
    if (scripted->room > 0 && (int64_t)len > scripted->room) {
        len = (size_t)scripted->room;
    }
    ssize_t n = filesystem_system()->write(filesystem_system(), fd, bytes, len);
    if (n > 0 && scripted->room > 0) {
        scripted->room -= n;
    }
    return n;
}

static int scripted_truncate(const struct filesystem *fs, int fd, int64_t len)
{
    int r = begin(from(fs), FS_TRUNCATE);
    return r < 0 ? r : filesystem_system()->truncate(filesystem_system(), fd, len);
}

static int scripted_datasync(const struct filesystem *fs, int fd)
{
    int r = begin(from(fs), FS_DATASYNC);
    return r < 0 ? r : filesystem_system()->datasync(filesystem_system(), fd);
}

static int scripted_sync(const struct filesystem *fs, int fd)
{
    int r = begin(from(fs), FS_SYNC);
    return r < 0 ? r : filesystem_system()->sync(filesystem_system(), fd);
}

static int scripted_rename(const struct filesystem *fs, int dir_fd, const char *old_name,
                           const char *new_name)
{
    int r = begin(from(fs), FS_RENAME);
    return r < 0 ? r : filesystem_system()->rename(filesystem_system(), dir_fd, old_name, new_name);
}

static int scripted_unlink(const struct filesystem *fs, int dir_fd, const char *path)
{
    int r = begin(from(fs), FS_UNLINK);
    return r < 0 ? r : filesystem_system()->unlink(filesystem_system(), dir_fd, path);
}

void scripted_fs_init(struct scripted_fs *scripted)
{
    *scripted = (struct scripted_fs){
        .fs = {
            .open = scripted_open,
            .write = scripted_write,
            .truncate = scripted_truncate,
            .datasync = scripted_datasync,
            .sync = scripted_sync,
            .rename = scripted_rename,
            .unlink = scripted_unlink,
        },
        .room = -1,
        .no_room_error = ENOSPC,
    };
}

void scripted_fs_fail(struct scripted_fs *scripted, enum fs_call call, int n, int errno_value)
{
    scripted->failing[call] = n;
    scripted->errors[call] = errno_value;
}
