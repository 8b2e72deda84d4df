/* SPDX-License-Identifier: Apache-2.0 */
/* The start of a file sink: the directory, what the checkpoint says of it, and what is there. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "sink/file_private.h"
#include "sink/owner.h"

/* Returns a descriptor, or -errno with problem filled. */
static int open_directory(const char *path, struct problem *problem)
{
    if (mkdir(path, 0750) < 0 && errno != EEXIST) {
        int err = errno;
        return problem_set(problem, err, EXIT_CONFIG, "cannot make sink directory %s: %s", path,
                           strerror(err));
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0) {
        return fd;
    }
    int err = errno;
    close_auto(&fd);
    return problem_set(problem, err, EXIT_CONFIG, "cannot write to sink directory %s: %s", path,
                       strerror(err));
}

int file_sink_check(const char *uri, struct problem *problem)
{
    AUTO_CLOSE int fd = open_directory(uri, problem);
    return fd < 0 ? fd : 0;
}

static int problem_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory for the file sink");
}

/* Fills problem with what is wrong with the open part. */
static int problem_part(struct problem *problem, const struct file_sink *file, const char *name,
                        const char *why)
{
    return problem_set(problem, EBADMSG, EXIT_DATA,
                       "the checkpoint names %s/%s as the open part with %" PRId64
                       " bytes, now: %s; put it back, or begin anew with --fresh",
                       file->directory, name, file->open.length, why);
}

/* Appends <stream name>, or <stream name>.<instance>. */
static int append_stem(struct buffer *stem, const char *stream_name, const char *instance)
{
    bool has_instance = instance != NULL;
    return buffer_printf(stem, "%s%s%s", stream_name, has_instance ? "." : "",
                         has_instance ? instance : "");
}

int file_sink_identity(const char *uri, const char *stream_name, const char *instance,
                       struct buffer *ret_identity)
{
    /* The way there may change (the working directory, a link); the place is what counts. */
    AUTO_FREE char *directory = realpath(uri, NULL);
    if (directory == NULL) {
        return -errno;
    }
    int r = buffer_printf(ret_identity, "file %s ", directory);
    return r < 0 ? r : append_stem(ret_identity, stream_name, instance);
}

/* Takes the text out of a buffer; NULL without memory. */
static char *buffer_take_text(struct buffer *buffer)
{
    char *text = buffer_text(buffer);
    if (text != NULL) {
        *buffer = (struct buffer){ 0 };
    }
    return text;
}

/* True when all parts of the stem are names of files in one directory. */
static bool is_stem(const char *stem)
{
    char longest[PART_NAME_SIZE];
    struct part last = { UINT64_MAX, PART_TEMPORARY };
    return stem[0] != '\0' && strchr(stem, '/') == NULL && part_name(longest, stem, last) == 0;
}

static int set_names(struct file_sink *file, const struct file_sink_options *options,
                     struct problem *problem)
{
    AUTO_BUFFER stem = { 0 };
    AUTO_BUFFER identity = { 0 };
    if (append_stem(&stem, options->stream_name, options->instance) < 0) {
        return problem_memory(problem);
    }
    int r = file_sink_identity(options->uri, options->stream_name, options->instance, &identity);
    file->directory = r < 0 ? NULL : realpath(options->uri, NULL);
    if (file->directory == NULL) {
        r = r < 0 ? -r : errno;
        return problem_set(problem, r, EXIT_CONFIG, "cannot find sink directory %s: %s",
                           options->uri, strerror(r));
    }
    file->stem = buffer_take_text(&stem);
    file->sink.identity = buffer_take_text(&identity);
    if (file->stem == NULL || file->sink.identity == NULL) {
        return problem_memory(problem);
    }
    if (!is_stem(file->stem)) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "\"%s\" (stream name and instance) cannot be part of a file name",
                           file->stem);
    }
    return 0;
}

/* When the restored part was created; where the filesystem does not know, its age begins anew. */
static int64_t created_ns(const struct file_sink *file)
{
    int64_t now_ns = clock_now_ns(file->clock);
    struct statx status;
    if (statx(file->open.fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) < 0 ||
        (status.stx_mask & STATX_BTIME) == 0) {
        return now_ns;
    }
    int64_t created = status.stx_btime.tv_sec * NS_PER_S + status.stx_btime.tv_nsec;
    int64_t age_ns = file->clock->realtime_ns(file->clock) - created;
    return age_ns > 0 ? now_ns - age_ns : now_ns;
}

/* Checks that what is recorded is there and ends with a line. Returns the size beyond, or -errno. */
static int64_t check_open_part(const struct file_sink *file, const char *name,
                               struct problem *problem)
{
    struct stat status;
    if (fstat(file->open.fd, &status) < 0) {
        return problem_part(problem, file, name, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return problem_part(problem, file, name, "it is not a regular file");
    }
    if (status.st_size < file->open.length) {
        char why[64];
        snprintf(why, sizeof(why), "it has only %" PRId64, (int64_t)status.st_size);
        return problem_part(problem, file, name, why);
    }
    char last = '\n';
    if (file->open.length > 0 && pread(file->open.fd, &last, 1, file->open.length - 1) != 1) {
        return problem_part(problem, file, name, "it cannot be read");
    }
    if (last != '\n') {
        return problem_part(problem, file, name, "no line ends there");
    }
    return status.st_size - file->open.length;
}

static int cut_open_part(struct file_sink *file, const char *name, struct problem *problem)
{
    int64_t beyond = check_open_part(file, name, problem);
    if (beyond <= 0) {
        return (int)beyond;
    }
    int r = file->filesystem->truncate(file->filesystem, file->open.fd, file->open.length);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_IO, "cannot cut %s/%s to %" PRId64 " bytes: %s",
                           file->directory, name, file->open.length, strerror(-r));
    }
    file->cut_bytes = beyond;
    file->open.is_dirty = true;
    return 0;
}

/* Opens the part that the checkpoint names as open, and cuts off what it does not know of. */
static int restore_open_part(struct file_sink *file, const struct sink_state *restored,
                             struct problem *problem)
{
    if (restored->part == 0 || restored->length > INT64_MAX) {
        return problem_set(problem, EBADMSG, EXIT_DATA,
                           "the checkpoint names no part of a file sink for %s", file->directory);
    }
    file->open.number = restored->part;
    file->open.length = (int64_t)restored->length;
    file->is_named = true;
    char name[PART_NAME_SIZE];
    int r = part_name(name, file->stem, (struct part){ restored->part, PART_PLAIN });
    if (r < 0) {
        return problem_set(problem, -r, EXIT_CONFIG, "part name too long: %s", file->stem);
    }
    int fd = file->filesystem->open(file->filesystem, file->dir_fd, name,
                                    O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd == -ENOENT && restored->length == 0) {
        /* Named but never created: the crash came before the first line. */
        return 0;
    }
    if (fd == -ENOENT || fd == -ELOOP || fd == -EISDIR || fd == -ENXIO) {
        return problem_part(problem, file, name, strerror(-fd));
    }
    if (fd < 0) {
        return problem_set(problem, -fd, EXIT_CONFIG, "cannot open %s/%s: %s", file->directory,
                           name, strerror(-fd));
    }
    file->open.fd = fd;
    file->opened_ns = created_ns(file);
    /* Its directory entry may not have been synced before the crash. */
    file->is_directory_dirty = true;
    return cut_open_part(file, name, problem);
}

static void remove_left_over(const struct file_sink *file, struct part part)
{
    char name[PART_NAME_SIZE];
    int r = part_name(name, file->stem, part);
    if (r == 0) {
        r = file->filesystem->unlink(file->filesystem, file->dir_fd, name);
    }
    if (r < 0) {
        log_warning("left-over file stays", LOG_TEXT("file", name),
                    LOG_TEXT("error", strerror(-r)));
    }
}

/*
 * Parts below the open one are recorded as closed: their interrupted compression is begun again, and
 * what it left is removed; all of that first, because the new one makes files of the same names. A
 * closed part that is missing was taken by somebody.
 */
static int resume_compression(struct file_sink *file, const struct part_list *list)
{
    size_t n_closed = 0;
    while (n_closed < list->n_parts && list->parts[n_closed].number < file->open.number) {
        n_closed++;
    }
    for (size_t i = 0; i < n_closed; i++) {
        if (list->parts[i].kind == PART_TEMPORARY) {
            remove_left_over(file, list->parts[i]);
        }
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < n_closed; i++) {
        if (list->parts[i].kind == PART_PLAIN) {
            r = compressor_add(file->compressor, list->parts[i].number);
        }
    }
    return r;
}

static int find_place(struct file_sink *file, const struct file_sink_options *options,
                      struct problem *problem)
{
    struct part_list list;
    int r = part_scan(file->dir_fd, file->stem, &list);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_CONFIG, "cannot list sink directory %s: %s",
                           file->directory, strerror(-r));
    }
    bool is_restored = options->restored != NULL;
    if (is_restored) {
        r = restore_open_part(file, options->restored, problem);
    } else {
        file->open.number = list.n_parts > 0 ? list.parts[list.n_parts - 1].number + 1 : 1;
    }
    if (r == 0 && is_restored && file->compressor != NULL) {
        r = resume_compression(file, &list);
        if (r < 0) {
            problem_set(problem, -r, EXIT_SOFTWARE, "cannot begin to compress: %s", strerror(-r));
        }
    }
    part_list_deinit(&list);
    return r;
}

static int open_all(struct file_sink *file, const struct file_sink_options *options,
                    struct problem *problem)
{
    file->dir_fd = open_directory(options->uri, problem);
    if (file->dir_fd < 0) {
        return file->dir_fd;
    }
    int r = set_names(file, options, problem);
    if (r < 0) {
        return r;
    }
    if (options->owner != NULL) {
        file->owner_fd = owner_take(file->filesystem, file->directory, file->stem, options->owner,
                                    options->restored != NULL, problem);
        if (file->owner_fd < 0) {
            return file->owner_fd;
        }
    }
    if (options->compress_zstd) {
        r = compressor_new(file->filesystem, file->dir_fd, file->stem, &file->compressor);
        if (r < 0) {
            return problem_set(problem, -r, EXIT_SOFTWARE, "cannot begin to compress: %s",
                               strerror(-r));
        }
    }
    return find_place(file, options, problem);
}

int file_sink_open(const struct file_sink_options *options, struct sink **ret_sink,
                   struct problem *problem)
{
    struct file_sink *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return problem_memory(problem);
    }
    *file = (struct file_sink){
        .sink = { .ops = &file_sink_ops, .is_truncatable = true },
        .filesystem = options->filesystem,
        .clock = options->clock,
        .roll_bytes = options->roll_bytes,
        .roll_age_ns = options->roll_age_ns,
        .owner_fd = -1,
        .dir_fd = -1,
        .open.fd = -1,
        .closing.fd = -1,
    };
    int r = open_all(file, options, problem);
    if (r < 0) {
        file->sink.ops->close(&file->sink);
        return r;
    }
    *ret_sink = &file->sink;
    return 0;
}

int64_t file_sink_cut_bytes(const struct sink *sink)
{
    require(sink->ops == &file_sink_ops);
    return ((const struct file_sink *)sink)->cut_bytes;
}
