/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing. `length` counts whole groups only. A group that could not be written whole is cut off at
 * once; where even that fails, the part is torn, and the tail is cut before anything else is written
 * or synced. Before each group the part's size is compared with what it must be: a part that somebody
 * else has changed or removed is never written to again.
 *
 * Life of a part: named by freeze -> (checkpointed) -> created by the first write -> written ->
 * closed by freeze -> synced -> (checkpointed) -> maybe compressed. It never changes once closed.
 */
#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/file_private.h"

/* How long an orderly end waits for compression. */
#define COMPRESSION_END_NS (10 * NS_PER_S)

static bool is_full_disk(int r)
{
    return r == -ENOSPC || r == -EDQUOT;
}

/* Fills problem with "cannot <what> <path>: <error>". Returns SINK_PAUSED where waiting may help. */
static int problem_io(const struct file_sink *file, const struct file_part *part, const char *what,
                      int r, struct problem *problem)
{
    problem_set(problem, -r, EXIT_IO, "cannot %s part %06" PRIu64 " of %s/%s: %s", what,
                part->number, file->directory, file->stem, strerror(-r));
    return is_full_disk(r) ? SINK_PAUSED : r;
}

/* Cuts off what a failed group has left. */
static int part_mend(const struct file_sink *file, struct file_part *part, struct problem *problem)
{
    if (!part->is_torn) {
        return 0;
    }
    int r = file->filesystem->truncate(file->filesystem, part->fd, part->length);
    if (r < 0) {
        return problem_io(file, part, "cut a torn line off", r, problem);
    }
    part->is_torn = false;
    return 0;
}

/*
 * Returns 0 when the part is as we left it; -ENOENT when it was removed (what was written since the
 * checkpoint is read again by the next run, not acknowledged by this one), or -EBADMSG when it was
 * changed.
 */
static int part_check(const struct file_sink *file, const struct file_part *part,
                      struct problem *problem)
{
    struct stat status;
    if (fstat(part->fd, &status) < 0) {
        return problem_io(file, part, "look at", -errno, problem);
    }
    if (status.st_nlink == 0) {
        return problem_set(problem, ENOENT, EXIT_IO,
                           "part %06" PRIu64 " of %s/%s was removed while it was written",
                           part->number, file->directory, file->stem);
    }
    if (status.st_size != part->length) {
        return problem_set(problem, EBADMSG, EXIT_DATA,
                           "part %06" PRIu64 " of %s/%s has %" PRId64
                           " bytes where we wrote %" PRId64 ": somebody else has changed it",
                           part->number, file->directory, file->stem, (int64_t)status.st_size,
                           part->length);
    }
    return 0;
}

/* The directory was removed; somebody may have made it again. */
static int reopen_directory(struct file_sink *file)
{
    int fd = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    close(file->dir_fd);
    file->dir_fd = fd;
    return 0;
}

static int create_file(const struct file_sink *file, const char *name)
{
    return file->filesystem->open(file->filesystem, file->dir_fd, name,
                                  O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0640);
}

static int part_create(struct file_sink *file, struct problem *problem)
{
    char name[PART_NAME_SIZE];
    int fd = part_name(name, file->stem, (struct part){ file->open.number, PART_PLAIN });
    if (fd == 0) {
        fd = create_file(file, name);
    }
    if (fd == -ENOENT && reopen_directory(file) == 0) {
        fd = create_file(file, name);
    }
    if (fd < 0) {
        return problem_io(file, &file->open, "create", fd, problem);
    }
    file->open.fd = fd;
    file->opened_ns = clock_now_ns(file->clock);
    file->is_directory_dirty = true;
    return 0;
}

/* Makes the open part fit to be written to. Returns 0, SINK_PAUSED, or -errno. */
static int part_prepare(struct file_sink *file, struct problem *problem)
{
    if (!file->is_named) {
        problem_set(problem, EAGAIN, EXIT_IO,
                    "part %06" PRIu64 " of %s/%s waits for the checkpoint that names it",
                    file->open.number, file->directory, file->stem);
        return SINK_PAUSED;
    }
    if (file->open.fd < 0) {
        return part_create(file, problem);
    }
    int r = part_mend(file, &file->open, problem);
    return r != 0 ? r : part_check(file, &file->open, problem);
}

static int file_write(struct sink *sink, const char *lines, size_t len, struct problem *problem)
{
    struct file_sink *file = (struct file_sink *)sink;
    struct file_part *part = &file->open;
    int r = part_prepare(file, problem);
    if (r != 0) {
        return r;
    }
    r = filesystem_write_all(file->filesystem, part->fd, lines, len);
    if (r == 0) {
        part->length += (int64_t)len;
        part->is_dirty = true;
        return 0;
    }
    part->is_torn = true;
    r = problem_io(file, part, "write", r, problem);
    /* Where this fails, the part stays torn and the next write begins with it. */
    (void)part_mend(file, part, NULL);
    return r;
}

static bool file_wants_roll(struct sink *sink, int64_t monotonic_ns)
{
    const struct file_sink *file = (const struct file_sink *)sink;
    if (!file->is_named || file->closing.fd >= 0 || file->open.fd < 0 || file->open.length == 0) {
        return false;
    }
    bool is_full = file->roll_bytes > 0 && file->open.length >= file->roll_bytes;
    bool is_old = file->roll_age_ns > 0 && monotonic_ns - file->opened_ns >= file->roll_age_ns;
    return is_full || is_old;
}

/* Names the next part: a number that nobody has used. */
static void roll(struct file_sink *file)
{
    uint64_t number = file->open.number + 1;
    while (part_exists(file->dir_fd, file->stem, number)) {
        number++;
    }
    file->closing = file->open;
    file->open = (struct file_part){ .fd = -1, .number = number };
    file->is_named = false;
}

static void file_freeze(struct sink *sink, struct sink_state *ret_state)
{
    struct file_sink *file = (struct file_sink *)sink;
    if (file_wants_roll(sink, clock_now_ns(file->clock))) {
        roll(file);
    }
    *ret_state = (struct sink_state){ file->open.number, (uint64_t)file->open.length };
}

/*
 * A failed sync is the end: the kernel may have dropped the pages and reported it once, so that a
 * second sync would succeed over lost data. That holds for a full disk too.
 */
static int part_sync(const struct file_sink *file, struct file_part *part, struct problem *problem)
{
    if (part->fd < 0) {
        return 0;
    }
    int r = part_mend(file, part, problem);
    if (r == 0 && part->is_dirty) {
        r = part_check(file, part, problem);
    }
    if (r != 0 || !part->is_dirty) {
        return r;
    }
    r = file->filesystem->datasync(file->filesystem, part->fd);
    if (r < 0) {
        (void)problem_io(file, part, "sync", r, problem);
        return r;
    }
    part->is_dirty = false;
    return 0;
}

static int sync_directory(struct file_sink *file, struct problem *problem)
{
    if (!file->is_directory_dirty) {
        return 0;
    }
    int r = file->filesystem->sync(file->filesystem, file->dir_fd);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_IO, "cannot sync sink directory %s: %s",
                           file->directory, strerror(-r));
    }
    file->is_directory_dirty = false;
    return 0;
}

static int file_sync(struct sink *sink, struct problem *problem)
{
    struct file_sink *file = (struct file_sink *)sink;
    if (file->closing.fd >= 0) {
        int r = part_sync(file, &file->closing, problem);
        if (r != 0) {
            return r;
        }
        file->closed_number = file->closing.number;
        close(file->closing.fd);
        file->closing.fd = -1;
    }
    int r = part_sync(file, &file->open, problem);
    return r != 0 ? r : sync_directory(file, problem);
}

static void file_checkpointed(struct sink *sink)
{
    struct file_sink *file = (struct file_sink *)sink;
    file->is_named = true;
    if (file->closed_number == 0) {
        return;
    }
    int r = file->compressor == NULL ? 0 : compressor_add(file->compressor, file->closed_number);
    if (r < 0) {
        log_warning("part stays uncompressed", LOG_INTEGER("part", (int64_t)file->closed_number),
                    LOG_TEXT("error", strerror(-r)));
    }
    file->closed_number = 0;
}

static void file_close(struct sink *sink)
{
    struct file_sink *file = (struct file_sink *)sink;
    compressor_free(file->compressor, COMPRESSION_END_NS);
    close_auto(&file->open.fd);
    close_auto(&file->closing.fd);
    close_auto(&file->dir_fd);
    close_auto(&file->owner_fd);
    free(file->sink.identity);
    free(file->directory);
    free(file->stem);
    free(file);
}

const struct sink_ops file_sink_ops = {
    .connector = "file",
    .write = file_write,
    .wants_roll = file_wants_roll,
    .freeze = file_freeze,
    .sync = file_sync,
    .checkpointed = file_checkpointed,
    .close = file_close,
};
