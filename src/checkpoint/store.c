/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving: the new text goes to checkpoint.tmp and is synced; then `checkpoint` is renamed to
 * `checkpoint.prev`, and `checkpoint.tmp` to `checkpoint`; then the directory is synced. Stopped
 * between the renames, there is no `checkpoint`, and checkpoint.prev is the newest one that was ever
 * acknowledged: loading takes it without complaint. A `checkpoint` that is known to be damaged is not
 * made the previous one; it is replaced.
 *
 * Where a sink's part changes, the checkpoint is stored twice. A new part is created only after the
 * checkpoint that names it is durable; if that one is damaged later and the previous one still named
 * the part before, the new part's lines would be written again into another part. So both have to
 * name it before it exists, and before the closed part is compressed. For the same reason the first
 * save of a process is made twice: what checkpoint.prev says is not known then.
 */
#include "checkpoint/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "checkpoint/checkpoint_format.h"
#include "checkpoint/lock.h"

#define NEWEST    "checkpoint"
#define PREVIOUS  "checkpoint.prev"
#define TEMPORARY "checkpoint.tmp"

/* No checkpoint is near this: 1,000,000 ranges are 40 MB. */
static const size_t SIZE_LIMIT = (size_t)1 << 30;

struct checkpoint_store {
    char *directory;
    const struct filesystem *filesystem;
    int dir_fd;
    int lock_fd;
    /* The file NEWEST was written or loaded by us, so it may become the previous one. */
    bool is_newest_whole;
    /* The parts that both files name; n_parts -1: not known. */
    uint64_t parts[CHECKPOINT_SINKS_MAX];
    int n_parts;
    /* The text, kept for its memory. */
    struct buffer text;
};

void checkpoint_deinit(struct checkpoint *checkpoint)
{
    free(checkpoint->job_name);
    free(checkpoint->instance);
    free(checkpoint->source_identity);
    free(checkpoint->source_state);
    ledger_snapshot_deinit(&checkpoint->ledger);
    for (size_t i = 0; i < checkpoint->n_sinks; i++) {
        free(checkpoint->sinks[i].role);
        free(checkpoint->sinks[i].identity);
    }
    *checkpoint = (struct checkpoint){ 0 };
}

/* Opening. */

static int open_directory(struct checkpoint_store *store, struct problem *problem)
{
    int r = directory_make(store->directory);
    if (r == 0) {
        store->dir_fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = store->dir_fd < 0 ? -errno : 0;
    }
    if (r < 0) {
        return problem_set(problem, -r, EXIT_CONFIG, "cannot make or open state directory %s: %s",
                           store->directory, strerror(-r));
    }
    if (faccessat(store->dir_fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
        r = errno;
        return problem_set(problem, r, EXIT_CONFIG, "cannot write to state directory %s: %s",
                           store->directory, strerror(r));
    }
    return 0;
}

int checkpoint_store_open(const struct checkpoint_store_options *options,
                          struct checkpoint_store **ret_store, struct problem *problem)
{
    struct checkpoint_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory for the checkpoint store");
    }
    store->filesystem = options->filesystem;
    store->dir_fd = -1;
    store->lock_fd = -1;
    store->n_parts = -1;
    store->directory = strdup(options->directory);
    int r = store->directory == NULL
                ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory for the checkpoint store")
                : open_directory(store, problem);
    if (r == 0) {
        r = lock_take(store->filesystem, store->dir_fd, store->directory, problem);
    }
    if (r < 0) {
        checkpoint_store_close(store);
        return r;
    }
    store->lock_fd = r;
    *ret_store = store;
    return 0;
}

void checkpoint_store_close(struct checkpoint_store *store)
{
    if (store == NULL) {
        return;
    }
    close_auto(&store->lock_fd);
    close_auto(&store->dir_fd);
    buffer_deinit(&store->text);
    free(store->directory);
    free(store);
}

int checkpoint_store_directory(const struct checkpoint_store *store)
{
    return store->dir_fd;
}

/* Loading. */

static int read_fd(int fd, struct buffer *text)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)SIZE_LIMIT) {
        return -EBADMSG;
    }
    int r = buffer_reserve(text, (size_t)status.st_size + 1);
    while (r == 0) {
        ssize_t n = read(fd, text->data + text->len, text->capacity - text->len);
        if (n == 0 || text->len > SIZE_LIMIT) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        text->len += n > 0 ? (size_t)n : 0;
        r = buffer_reserve(text, 1);
    }
    return r;
}

/* Returns 0, -ENOENT, or -errno with problem filled (text: why). */
static int load_file(const struct checkpoint_store *store, const char *name,
                     struct checkpoint *ret_checkpoint, struct problem *problem)
{
    AUTO_CLOSE int fd = openat(store->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        int err = errno;
        return problem_set(problem, err, EXIT_DATA, "cannot open it: %s", strerror(err));
    }
    AUTO_BUFFER text = { 0 };
    int r = read_fd(fd, &text);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_DATA, "cannot read it: %s",
                           r == -EBADMSG ? "not a file of ours" : strerror(-r));
    }
    return checkpoint_format_read(text.data, text.len, ret_checkpoint, problem);
}

/* True for what an older file can help against; a file that we may not read is not damaged. */
static bool is_damage(int r)
{
    return r == -EBADMSG || r == -EIO || r == -ELOOP;
}

int checkpoint_store_load(struct checkpoint_store *store, struct checkpoint *ret_checkpoint,
                          struct problem *problem)
{
    struct problem why = { 0 };
    struct problem why_previous = { 0 };
    int newest = load_file(store, NEWEST, ret_checkpoint, &why);
    if (newest == 0) {
        store->is_newest_whole = true;
        return CHECKPOINT_LOADED;
    }
    if (newest != -ENOENT && !is_damage(newest)) {
        return problem_set(problem, -newest, why.exit_code, "%s/" NEWEST ": %.500s",
                           store->directory, why.text);
    }
    int previous = load_file(store, PREVIOUS, ret_checkpoint, &why_previous);
    if (newest == -ENOENT && previous == -ENOENT) {
        return CHECKPOINT_NONE;
    }
    if (previous < 0) {
        return problem_set(problem, EBADMSG, EXIT_DATA,
                           "no checkpoint in %s can be used: " NEWEST ": %.300s; " PREVIOUS
                           ": %.300s; restore one of them, or begin anew with --fresh",
                           store->directory, why.text, why_previous.text);
    }
    if (newest == -ENOENT) {
        return CHECKPOINT_LOADED;
    }
    problem_set(problem, EBADMSG, EXIT_DATA, "%s/" NEWEST ": %.500s", store->directory, why.text);
    return CHECKPOINT_PREVIOUS;
}

/* Saving. */

static int write_temporary(struct checkpoint_store *store)
{
    const struct filesystem *fs = store->filesystem;
    AUTO_CLOSE int fd =
        fs->open(fs, store->dir_fd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        return fd;
    }
    int r = filesystem_write_all(fs, fd, store->text.data, store->text.len);
    return r < 0 ? r : fs->sync(fs, fd);
}

static int put_in_place(struct checkpoint_store *store)
{
    const struct filesystem *fs = store->filesystem;
    if (store->is_newest_whole) {
        int r = fs->rename(fs, store->dir_fd, NEWEST, PREVIOUS);
        if (r < 0) {
            return r;
        }
        store->is_newest_whole = false;
    }
    int r = fs->rename(fs, store->dir_fd, TEMPORARY, NEWEST);
    if (r < 0) {
        return r;
    }
    store->is_newest_whole = true;
    return fs->sync(fs, store->dir_fd);
}

static int save_once(struct checkpoint_store *store, struct problem *problem)
{
    int r = write_temporary(store);
    if (r == 0) {
        r = put_in_place(store);
    }
    if (r < 0) {
        /* A half-written file would only keep a full disk full. */
        store->filesystem->unlink(store->filesystem, store->dir_fd, TEMPORARY);
        problem_set(problem, -r, EXIT_IO, "cannot store the checkpoint in %s: %s", store->directory,
                    strerror(-r));
    }
    return r;
}

/* True when both files are known to name the parts that checkpoint names. */
static bool names_same_parts(const struct checkpoint_store *store,
                             const struct checkpoint *checkpoint)
{
    if (store->n_parts != (int)checkpoint->n_sinks) {
        return false;
    }
    for (size_t i = 0; i < checkpoint->n_sinks; i++) {
        if (store->parts[i] != checkpoint->sinks[i].part) {
            return false;
        }
    }
    return true;
}

int checkpoint_store_save(struct checkpoint_store *store, const struct checkpoint *checkpoint,
                          struct problem *problem)
{
    buffer_clear(&store->text);
    int r = checkpoint_format_write(checkpoint, &store->text);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "no memory for the checkpoint");
    }
    bool is_twice = !names_same_parts(store, checkpoint);
    store->n_parts = is_twice ? -1 : store->n_parts;
    r = save_once(store, problem);
    if (r == 0 && is_twice) {
        r = save_once(store, problem);
    }
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; i < checkpoint->n_sinks; i++) {
        store->parts[i] = checkpoint->sinks[i].part;
    }
    store->n_parts = (int)checkpoint->n_sinks;
    return 0;
}

int checkpoint_store_clear(struct checkpoint_store *store, struct problem *problem)
{
    static const char *const names[] = { TEMPORARY, PREVIOUS, NEWEST };
    const struct filesystem *fs = store->filesystem;
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
        r = fs->unlink(fs, store->dir_fd, names[i]);
        r = r == -ENOENT ? 0 : r;
    }
    if (r == 0) {
        r = fs->sync(fs, store->dir_fd);
    }
    if (r < 0) {
        return problem_set(problem, -r, EXIT_IO, "cannot remove the checkpoint in %s: %s",
                           store->directory, strerror(-r));
    }
    store->is_newest_whole = false;
    store->n_parts = -1;
    return 0;
}
