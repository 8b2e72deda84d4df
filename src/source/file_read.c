/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: one file after the other, each from where its partition starts, in large reads straight into
 * the batch.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/file_private.h"

enum {
    IDLE_MS = 1000,
    /* How soon a followed file's growth is seen. */
    FOLLOW_MS = 50,
    READ_MIN = 16 * 1024,
};

static int failed(const char *path, int error, struct problem *problem)
{
    if (error == -EBADMSG || error == -ENODATA) {
        return problem_set(problem, -error, EXIT_DATA, "source: %s: %s", path,
                           error == -EBADMSG ? "the compressed data is damaged or cut short"
                                             : "has become shorter than what was read of it");
    }
    return problem_set(problem, -error, error == -ENOMEM ? EXIT_SOFTWARE : EXIT_IO,
                       "source: cannot read %s: %s", path, strerror(-error));
}

static const char *path_of(const struct file_source *self)
{
    return self->is_stdin ? "standard input" : self->list.paths[self->next_path - 1];
}

/* Waits for bytes or an interruption. Returns whether there are bytes (or an end, or an error). */
static bool wait_for_input(struct file_source *self, int timeout_ms)
{
    struct pollfd polled[] = {
        { .fd = self->interruption.fd, .events = POLLIN },
        { .fd = self->file == NULL ? -1 : decompress_fd(self->file), .events = POLLIN },
    };
    return poll(polled, ARRAY_SIZE(polled), timeout_ms) > 0 && polled[1].revents != 0;
}

/* Waits without a file: for time to pass, or an interruption. */
static void wait_ms(struct file_source *self, int64_t timeout_ms)
{
    struct pollfd polled = { .fd = self->interruption.fd, .events = POLLIN };
    (void)poll(&polled, 1, timeout_ms > IDLE_MS ? IDLE_MS : (int)timeout_ms);
}

static bool take_interruption(struct file_source *self)
{
    if (!atomic_exchange_explicit(&self->is_interrupted, false, memory_order_relaxed)) {
        return false;
    }
    wakeup_clear(&self->interruption);
    return true;
}

static void count_bytes(struct file_source *self)
{
    int64_t consumed = decompress_consumed(self->file);
    atomic_fetch_add_explicit(&self->bytes_done, consumed - self->counted, memory_order_relaxed);
    self->counted = consumed;
}

/* Whether a file of the checkpoint holds nothing new. */
static bool is_finished(struct file_source *self, int64_t partition, const struct stat *info)
{
    const struct partition_state *start =
        partition_table_start(self->options.common.partitions, (uint32_t)partition);
    mutex_lock(&self->lock);
    struct file_record *record = &self->records[partition];
    bool is_finished = !self->options.follow && record->end >= 0 &&
                       start->watermark >= record->end && info->st_size == record->size;
    if (!is_finished) {
        record->end = record->size = -1;
    }
    mutex_unlock(&self->lock);
    return is_finished;
}

/* Starts reading the open file as a partition that is in the table. */
static int start_file(struct file_source *self, uint32_t partition)
{
    const struct partition_state *start =
        partition_table_start(self->options.common.partitions, partition);
    int r = start->watermark > 0 ? decompress_seek(self->file, start->watermark) : 0;
    if (r < 0) {
        return r;
    }
    self->partition = partition;
    self->counted = 0;
    self->is_replaced = false;
    count_bytes(self);
    lines_start(&self->lines, partition, start, start->watermark);
    return 0;
}

/* Adds the open file as a new partition and starts it. */
static int start_new(struct file_source *self, char *path, uint32_t generation)
{
    struct file_record record = { .path = path, .generation = generation, .end = -1, .size = -1 };
    int r = self->can_block ? 0 : file_record_update(&record, decompress_fd(self->file));
    if (r < 0) {
        file_record_deinit(&record);
        return r;
    }
    uint32_t partition;
    r = file_source_add(self, &record, NULL, &partition);
    return r < 0 ? r : start_file(self, partition);
}

/* Standard input, or a pipe: each run's is another one, and so is its name. */
static int start_pipe(struct file_source *self, const char *path)
{
    const struct clock *clock = self->options.common.clock;
    char *name;
    if (asprintf(&name, "%s@%lld", path, (long long)clock->realtime_ns(clock)) < 0) {
        return -ENOMEM;
    }
    return start_new(self, name, 1);
}

/* A pipe is opened at once: its writer is waited for where an interruption is heard. */
static int open_unblocked(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fcntl(fd, F_SETFL, O_RDONLY) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int open_path(struct file_source *self, const char *path)
{
    int fd = self->is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open_unblocked(path);
    if (fd < 0) {
        return -errno;
    }
    struct stat info;
    if (fstat(fd, &info) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    int64_t known = self->can_block ? -1 : file_source_find(self, path);
    if (known >= 0 && is_finished(self, known, &info)) {
        close(fd);
        atomic_fetch_add_explicit(&self->bytes_done, info.st_size, memory_order_relaxed);
        return 0;
    }
    if (self->is_stdin) {
        self->can_block = !S_ISREG(info.st_mode);
    }
    int r = decompress_new(fd, &self->file);
    if (r < 0) {
        return r;
    }
    if (self->is_stdin || self->can_block) {
        return start_pipe(self, path);
    }
    return known >= 0 ? start_file(self, (uint32_t)known) : start_new(self, strdup(path), 1);
}

/* Opens the next file that has something to read. Returns 0, 1 when there is none, or -errno. */
static int open_next(struct file_source *self, struct problem *problem)
{
    size_t n_paths = self->is_stdin ? 1 : self->list.n_paths;
    while (self->file == NULL) {
        if (self->next_path == n_paths) {
            return 1;
        }
        const char *path = self->is_stdin ? "-" : self->list.paths[self->next_path];
        self->next_path++;
        int r = open_path(self, path);
        if (r < 0) {
            return failed(path_of(self), r, problem);
        }
    }
    return 0;
}

/* Notes that all of the file was read, and closes it. */
static void close_file(struct file_source *self)
{
    mutex_lock(&self->lock);
    self->records[self->partition].end = self->lines.end;
    self->records[self->partition].size = decompress_consumed(self->file);
    mutex_unlock(&self->lock);
    decompress_free(self->file);
    self->file = NULL;
}

/* Bytes to read for as many events as are wanted, or for more of a long line. */
static size_t bytes_wanted(struct file_source *self, const struct batch *batch, size_t max_events)
{
    size_t most = self->options.common.batch_max_bytes;
    size_t target = max_events < most / self->lines.mean ? max_events * self->lines.mean : most;
    size_t unfinished = lines_unfinished(&self->lines, batch);
    if (unfinished >= target) {
        return most;
    }
    return target - unfinished < READ_MIN ? READ_MIN : target - unfinished;
}

/* A line that makes the batch larger than batches are is charged to the memory limit. */
static int make_room(struct file_source *self, struct batch *batch, size_t len)
{
    size_t usual = 2 * self->options.common.batch_max_bytes;
    size_t need = batch->bytes.len + len;
    if (need > usual + batch->charged) {
        size_t extra = need - usual - batch->charged;
        budget_charge(self->options.common.budget, extra);
        batch->charged += extra;
    }
    return buffer_reserve(&batch->bytes, len);
}

/* Reads once. Returns the number of bytes, 0 at the end of the file, or -errno. */
static ssize_t fill(struct file_source *self, struct batch *batch, size_t max_events)
{
    size_t want = bytes_wanted(self, batch, max_events);
    int r = make_room(self, batch, want);
    if (r < 0) {
        return r;
    }
    ssize_t n = decompress_read(self->file, batch->bytes.data + batch->bytes.len, want);
    if (n < 0) {
        return n;
    }
    batch->bytes.len += (size_t)n;
    count_bytes(self);
    if (self->options.follow && n > 0 && !self->can_block) {
        mutex_lock(&self->lock);
        r = file_record_update(&self->records[self->partition], decompress_fd(self->file));
        mutex_unlock(&self->lock);
    }
    return r < 0 ? r : n;
}

/* The file under the path is read from its start, as a new partition. */
static int open_successor(struct file_source *self, const char *path)
{
    mutex_lock(&self->lock);
    uint32_t generation = self->records[self->partition].generation + 1;
    mutex_unlock(&self->lock);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = fd < 0 ? -errno : decompress_new(fd, &self->file);
    return r < 0 ? r : start_new(self, strdup(path), generation);
}

/*
 * At the end of the file that is followed. Returns 1 when it is done with and a successor is there, 0
 * to read on, or -errno.
 */
static int look_for_successor(struct file_source *self, const char *path)
{
    struct stat open_file;
    struct stat named;
    if (fstat(decompress_fd(self->file), &open_file) < 0) {
        return -errno;
    }
    if (open_file.st_size < decompress_consumed(self->file) || self->is_replaced) {
        return 1;
    }
    /* Nothing may be there for a moment: between the rename and the new file. */
    bool is_other = stat(path, &named) == 0 &&
                    (named.st_ino != open_file.st_ino || named.st_dev != open_file.st_dev);
    if (is_other) {
        /* What was written between our last read and the rename. */
        self->is_replaced = true;
    } else {
        wait_ms(self, FOLLOW_MS);
    }
    return 0;
}

/* Returns 1 when read() should return, 0 to go on, or -errno. */
static int end_followed(struct file_source *self, struct batch *batch)
{
    if (batch->n_events > 0) {
        return 1;
    }
    const char *path = path_of(self);
    int r = look_for_successor(self, path);
    if (r <= 0) {
        return r < 0 ? r : !self->is_replaced;
    }
    r = lines_finish(&self->lines, batch);
    if (r < 0) {
        return r;
    }
    log_info(self->is_replaced ? "source file was replaced, reading the new one"
                               : "source file was truncated, reading it from its start",
             LOG_TEXT("path", path));
    close_file(self);
    buffer_clear(&self->lines.rest);
    return 1;
}

/* The end of a file. Returns 1 when read() should return, 0 to go on, or -errno. */
static int end_file(struct file_source *self, struct batch *batch)
{
    bool is_last = self->is_stdin || self->next_path == self->list.n_paths;
    if (self->options.follow && is_last && !self->can_block) {
        return end_followed(self, batch);
    }
    struct stat info;
    if (!self->can_block && fstat(decompress_fd(self->file), &info) == 0 &&
        info.st_size < decompress_consumed(self->file)) {
        return -ENODATA;
    }
    int r = lines_finish(&self->lines, batch);
    if (r < 0) {
        return r;
    }
    close_file(self);
    return batch->n_events > 0;
}

/* Whether the batch should be handed over before another read. */
static bool is_due(struct file_source *self, const struct batch *batch, size_t max_events)
{
    if (batch->n_events == 0) {
        return false;
    }
    const struct source_options *common = &self->options.common;
    if (batch->n_events >= max_events || batch->bytes.len >= common->batch_max_bytes / 8 * 7 ||
        batch->n_events >= max_events / 8 * 7) {
        return true;
    }
    if (!self->can_block || decompress_has_input(self->file)) {
        return false;
    }
    bool is_late = clock_now_ns(common->clock) - batch->read_ns >= common->linger_ns;
    return is_late || !wait_for_input(self, 0);
}

/* Opens what comes next. Returns 0, 1 when all is read, or -errno with problem filled. */
static int open_file(struct file_source *self, struct batch *batch, struct problem *problem)
{
    buffer_clear(&batch->bytes);
    bool has_successor = self->options.follow && self->next_path > 0 && !self->can_block &&
                         self->next_path == self->list.n_paths;
    if (!has_successor) {
        return open_next(self, problem);
    }
    const char *path = path_of(self);
    int r = open_successor(self, path);
    if (r == -ENOENT) {
        /* Renamed once more: the next one will come. */
        wait_ms(self, FOLLOW_MS);
        return 0;
    }
    return r < 0 ? failed(path, r, problem) : 0;
}

/* Reads and cuts. Returns 0 to go on, 1 when read() should return, 2 at the end of all, or -errno. */
static int advance(struct file_source *self, struct batch *batch, size_t max_events,
                   struct problem *problem)
{
    if (self->file == NULL) {
        int r = open_file(self, batch, problem);
        if (r != 0 || self->file == NULL) {
            return r < 0 ? r : r + 1;
        }
    }
    int r = lines_cut(&self->lines, batch, max_events);
    if (r < 0) {
        return failed(path_of(self), r, problem);
    }
    if (batch->n_events > 0 && batch->read_ns == 0) {
        batch->read_ns = clock_now_ns(self->options.common.clock);
    }
    if (is_due(self, batch, max_events) || take_interruption(self)) {
        return 1;
    }
    if (self->can_block && !decompress_has_input(self->file) && !wait_for_input(self, IDLE_MS)) {
        return 1;
    }
    ssize_t n = fill(self, batch, max_events);
    r = n > 0 ? 0 : n < 0 ? (int)n : end_file(self, batch);
    return r < 0 ? failed(path_of(self), r, problem) : r;
}

/* Events that may be read; waits for the first one. 0: none yet. */
static size_t allowed_events(struct file_source *self)
{
    const struct source_options *common = &self->options.common;
    size_t allowed =
        pace_available(&self->pace, clock_now_ns(common->clock), common->batch_max_events);
    if (allowed > 0) {
        return allowed;
    }
    int64_t wait_ns = pace_wait_ns(&self->pace, clock_now_ns(common->clock));
    wait_ms(self, wait_ns / NS_PER_MS + 1);
    (void)take_interruption(self);
    return pace_available(&self->pace, clock_now_ns(common->clock), common->batch_max_events);
}

/* Fails after the events that were read before it have been handed over. */
static int fail_later(struct file_source *self, const struct batch *batch, int error,
                      struct problem *problem)
{
    if (batch->n_events == 0) {
        return error;
    }
    self->failure_error = error;
    self->failure = *problem;
    return SOURCE_MORE;
}

int file_source_read(struct source *source, struct batch *batch, struct problem *problem)
{
    struct file_source *self = (struct file_source *)source;
    if (self->failure_error < 0) {
        *problem = self->failure;
        return self->failure_error;
    }
    size_t max_events = allowed_events(self);
    if (max_events == 0) {
        return SOURCE_MORE;
    }
    int r = self->file == NULL ? 0 : lines_begin(&self->lines, batch);
    if (r < 0) {
        return failed(path_of(self), r, problem);
    }
    while (r == 0) {
        r = advance(self, batch, max_events, problem);
    }
    if (batch->n_events > 0 && batch->read_ns == 0) {
        batch->read_ns = clock_now_ns(self->options.common.clock);
    }
    pace_take(&self->pace, batch->n_events);
    if (r < 0) {
        return fail_later(self, batch, r, problem);
    }
    if (self->file != NULL && lines_end(&self->lines, batch) < 0) {
        return failed(path_of(self), -ENOMEM, problem);
    }
    return r == 2 ? SOURCE_END : SOURCE_MORE;
}
