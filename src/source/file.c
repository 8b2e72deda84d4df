/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/file_private.h"

int64_t file_source_find(struct file_source *self, const char *path)
{
    int64_t found = -1;
    mutex_lock(&self->lock);
    for (size_t i = 0; i < self->n_records; i++) {
        const struct file_record *record = &self->records[i];
        if (strcmp(record->path, path) == 0 &&
            (found < 0 || record->generation > self->records[found].generation)) {
            found = (int64_t)i;
        }
    }
    mutex_unlock(&self->lock);
    return found;
}

static int add_record(struct file_source *self, const struct file_record *record)
{
    mutex_lock(&self->lock);
    struct file_record *grown =
        realloc(self->records, (self->n_records + 1) * sizeof(*self->records));
    if (grown != NULL) {
        self->records = grown;
        grown[self->n_records++] = *record;
    }
    mutex_unlock(&self->lock);
    return grown == NULL ? -ENOMEM : 0;
}

int file_source_add(struct file_source *self, struct file_record *record,
                    const struct partition_state *state, uint32_t *ret_partition)
{
    AUTO_BUFFER name = { 0 };
    int r = record->path == NULL ? -ENOMEM : file_record_name(record, &name);
    if (r == 0) {
        struct partition_state from = { 0 };
        if (state != NULL) {
            from = *state;
        }
        from.name = name.data;
        /* The record first: the writer may save as soon as the partition is there. */
        r = add_record(self, record);
        if (r == 0) {
            *record = (struct file_record){ 0 };
            r = partition_table_add(self->options.common.partitions, &from, ret_partition);
            require(r < 0 || *ret_partition + 1 == self->n_records);
        }
    }
    file_record_deinit(record);
    return r;
}

static int save(struct source *source, const struct ledger_snapshot *snapshot,
                struct buffer *ret_state)
{
    struct file_source *self = (struct file_source *)source;
    int r = 0;
    mutex_lock(&self->lock);
    require(snapshot->n_partitions <= self->n_records);
    for (size_t i = 0; r == 0 && i < snapshot->n_partitions; i++) {
        r = file_record_write(&self->records[i], ret_state);
    }
    mutex_unlock(&self->lock);
    return r;
}

static bool is_finished(const struct file_record *record, const struct partition_state *state)
{
    return record->end >= 0 && state->watermark >= record->end;
}

static bool is_listed(const struct file_source *self, const char *path)
{
    for (size_t i = 0; i < self->list.n_paths; i++) {
        if (strcmp(self->list.paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static int unreadable(const struct file_record *record, const char *why, struct problem *problem)
{
    return problem_set(problem, EBADMSG, EXIT_DATA,
                       "source: %s %s: what was left to read of it cannot be found; --fresh begins "
                       "anew and deletes no output",
                       record->path, why);
}

/* Whether the file still holds all that the checkpoint says was read. Returns 1, 0 or -errno. */
static int is_long_enough(const struct file_record *record, const struct partition_state *state,
                          int fd)
{
    struct stat info;
    if (fstat(fd, &info) < 0) {
        return -errno;
    }
    /* What is compressed shows it when it is read up to the watermark again. */
    struct decompress *file;
    int copy = dup(fd);
    int r = copy < 0 ? -errno : decompress_new(copy, &file);
    if (r < 0) {
        return r;
    }
    r = decompress_seek(file, 0);
    bool is_plain = decompress_is_plain(file);
    decompress_free(file);
    if (r < 0) {
        return r;
    }
    return info.st_size >= record->size && (!is_plain || info.st_size >= state->watermark);
}

/* The file must be the one that was read, and at least as long. */
static int check_file(const struct file_record *record, const struct partition_state *state,
                      struct problem *problem)
{
    AUTO_CLOSE int fd = open(record->path, O_RDONLY | O_CLOEXEC);
    int matches = fd < 0 ? -errno : file_record_matches(record, fd);
    int is_long = matches < 0 ? matches : is_long_enough(record, state, fd);
    if (is_long < 0) {
        return problem_set(problem, -is_long, EXIT_CONFIG, "source: cannot read %s: %s",
                           record->path, strerror(-is_long));
    }
    if (!is_long) {
        return unreadable(record, "has become shorter than what was read of it", problem);
    }
    return matches ? 0 : unreadable(record, "is not the file that the checkpoint knows", problem);
}

/* Takes over one file of the checkpoint. */
static int restore_record(struct file_source *self, struct file_record *record,
                          const struct partition_state *state, bool is_newest,
                          struct problem *problem)
{
    bool is_current = is_newest && is_listed(self, record->path);
    bool is_done = is_finished(record, state);
    if (!is_current) {
        int r = is_done ? 0 : unreadable(record, "is gone", problem);
        file_record_deinit(record);
        return r;
    }
    int r = check_file(record, state, problem);
    if (r < 0) {
        file_record_deinit(record);
        return r;
    }
    if (is_done) {
        log_info("source already read to its end", LOG_TEXT("path", record->path),
                 LOG_INTEGER("offset", record->end));
    }
    uint32_t partition;
    r = file_source_add(self, record, state, &partition);
    return r < 0 ? problem_set(problem, -r, EXIT_SOFTWARE, "out of memory") : 0;
}

/* True when the records behind at hold no newer generation of the same path. */
static bool is_newest_generation(const struct file_record *record, const char *at, const char *end)
{
    struct file_record other;
    bool is_newest = true;
    while (is_newest && file_record_read(&at, end, &other) > 0) {
        is_newest = strcmp(other.path, record->path) != 0;
        file_record_deinit(&other);
    }
    return is_newest;
}

static int restore(struct source *source, const struct ledger_snapshot *snapshot, const void *state,
                   size_t state_len, struct problem *problem)
{
    struct file_source *self = (struct file_source *)source;
    if (self->source.not_replayable != NULL) {
        /* Another run's pipe brings other data. */
        return 0;
    }
    const char *at = state;
    const char *end = at + state_len;
    struct file_record record;
    int r;
    while ((r = file_record_read(&at, end, &record)) > 0) {
        AUTO_BUFFER name = { 0 };
        const struct partition_state *partition = NULL;
        if (file_record_name(&record, &name) == 0) {
            partition = ledger_snapshot_find(snapshot, name.data);
        }
        if (partition == NULL) {
            file_record_deinit(&record);
            r = -EBADMSG;
            break;
        }
        bool is_newest = is_newest_generation(&record, at, end);
        r = restore_record(self, &record, partition, is_newest, problem);
        if (r < 0) {
            return r;
        }
    }
    return r < 0 ? problem_set(problem, -r, EXIT_DATA, "the checkpoint's list of files is damaged")
                 : 0;
}

static void interrupt(struct source *source)
{
    struct file_source *self = (struct file_source *)source;
    atomic_store_explicit(&self->is_interrupted, true, memory_order_relaxed);
    wakeup_send(&self->interruption);
}

static void progress(struct source *source, int64_t *ret_done, int64_t *ret_total)
{
    struct file_source *self = (struct file_source *)source;
    *ret_done = atomic_load_explicit(&self->bytes_done, memory_order_relaxed);
    *ret_total = atomic_load_explicit(&self->bytes_total, memory_order_relaxed);
}

static void file_source_close(struct source *source)
{
    struct file_source *self = (struct file_source *)source;
    for (size_t i = 0; i < self->n_records; i++) {
        file_record_deinit(&self->records[i]);
    }
    free(self->records);
    decompress_free(self->file);
    lines_deinit(&self->lines);
    file_list_deinit(&self->list);
    wakeup_deinit(&self->interruption);
    mutex_deinit(&self->lock);
    free(self->source.identity);
    free(self);
}

static const struct source_ops file_source_ops = {
    .connector = "file",
    .read = file_source_read,
    .interrupt = interrupt,
    .restore = restore,
    .save = save,
    .progress = progress,
    .close = file_source_close,
};

/* Lists the files, and makes sure that each can be read before anything is done. */
static int find_files(struct file_source *self, struct problem *problem)
{
    int r = file_list_make(self->options.uri, &self->list, problem);
    int64_t total = 0;
    for (size_t i = 0; r == 0 && i < self->list.n_paths; i++) {
        struct stat info;
        const char *path = self->list.paths[i];
        if (access(path, R_OK) < 0 || stat(path, &info) < 0) {
            r = problem_set(problem, errno, EXIT_CONFIG, "source: cannot read %s: %s", path,
                            strerror(errno));
        } else {
            total += info.st_size;
            self->can_block |= !S_ISREG(info.st_mode);
        }
    }
    bool has_end = !self->options.follow && !self->can_block;
    atomic_store_explicit(&self->bytes_total, has_end ? total : -1, memory_order_relaxed);
    if (r == 0 && self->can_block) {
        self->source.not_replayable = "what went through a pipe is gone";
    }
    return r;
}

static int init(struct file_source *self)
{
    int r = mutex_init(&self->lock);
    if (r < 0) {
        return r;
    }
    r = wakeup_init(&self->interruption);
    if (r < 0) {
        mutex_deinit(&self->lock);
    }
    return r;
}

int file_source_open(const struct file_source_options *options, struct source **ret_source,
                     struct problem *problem)
{
    struct file_source *self = calloc(1, sizeof(*self));
    if (self == NULL || init(self) < 0) {
        free(self);
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    self->source.ops = &file_source_ops;
    self->options = *options;
    self->is_stdin = strcmp(options->uri, "-") == 0;
    self->lines.max_event_size = options->common.max_event_size;
    pace_init(&self->pace, options->max_rate, clock_now_ns(options->common.clock));
    atomic_store_explicit(&self->bytes_total, -1, memory_order_relaxed);
    int r = 0;
    if (asprintf(&self->source.identity, "file %s", options->uri) < 0) {
        self->source.identity = NULL;
        r = problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    } else if (self->is_stdin) {
        self->source.not_replayable = "standard input";
    } else {
        r = find_files(self, problem);
    }
    if (r < 0) {
        file_source_close(&self->source);
        return r;
    }
    *ret_source = &self->source;
    return 0;
}
