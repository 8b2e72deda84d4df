/* SPDX-License-Identifier: Apache-2.0 */
/* Turns what a worker could not deliver into an event of the error stream. */
#include "engine/job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filesystem.h"
#include "base/log.h"
#include "base/uuid.h"

static const char *partition_name(const struct job *job, const struct position *position)
{
    return partition_table_start(job->partitions, position->partition)->name;
}

static struct stamp_origin origin_of(const struct job *job, const struct position *position,
                                     const char *raw, size_t raw_len)
{
    return (struct stamp_origin){ partition_name(job, position), position->offset, raw, raw_len };
}

/* Without an error sink the line is the reason that the writer stops with. */
static int render_reason(const struct job *job, const struct worker_fault *fault,
                         struct buffer *ret_line)
{
    return buffer_printf(ret_line, "%s at offset %lld: %s: %s",
                         partition_name(job, &fault->position), (long long)fault->position.offset,
                         fault->type, fault->message);
}

static int open_rejected(const struct job *job)
{
    AUTO_BUFFER path = { 0 };
    if (buffer_printf(&path, "%s/rejected", job->state_directory) < 0 ||
        buffer_text(&path) == NULL) {
        return -ENOMEM;
    }
    if (mkdir(path.data, 0777) < 0 && errno != EEXIST) {
        return -errno;
    }
    int fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/*
 * Keeps an error event that its stream does not take: in a file of its own in the state directory, named by
 * its id, so that a run after a crash writes the same file again.
 */
static int keep_rejected(const struct job *job, const char *id, const char *line, size_t len,
                         const char *complaint)
{
    char name[UUID_SIZE + sizeof(".json")];
    snprintf(name, sizeof(name), "%s.json", id);
    AUTO_CLOSE int dir_fd = open_rejected(job);
    if (dir_fd < 0) {
        return dir_fd;
    }
    int r = filesystem_replace(filesystem_system(), dir_fd, name, line, len, 0644);
    if (r == 0) {
        log_warning("an error event that its schema does not take is kept aside",
                    LOG_TEXT("directory", job->state_directory), LOG_TEXT("file", name),
                    LOG_TEXT("reason", complaint));
    }
    return r;
}

static int render_error(const struct job_worker *worker, const struct worker_fault *fault,
                        struct buffer *ret_line)
{
    const struct job *job = worker->job;
    const struct stamp_origin origin = origin_of(job, &fault->position, fault->raw, fault->raw_len);
    size_t start = ret_line->len;
    const char *complaint;
    char id[UUID_SIZE];
    int r = stamp_id(job->production.error_stamp, &origin, id);
    if (r < 0) {
        return r;
    }
    struct error_event event = {
        .emitter_id = job->config->job_name,
        .stream = job->config->error_sink.stream.name,
        .id = id,
        .realtime_ns = job->clock->realtime_ns(job->clock),
        .error_type = fault->type,
        .message = fault->message,
        .errored_stream = job->config->source.stream.name,
        .raw = fault->raw,
        .raw_len = fault->raw_len,
    };
    r = producer_render_error(worker->producer, &event, ret_line, &complaint);
    if (r >= 0 && buffer_append_byte(ret_line, '\n') < 0) {
        r = -ENOMEM;
    }
    if (r == PRODUCER_REFUSED) {
        r = keep_rejected(job, id, ret_line->data + start, ret_line->len - start, complaint);
        ret_line->len = start;
    }
    return r;
}

int job_render_fault(void *context, const struct worker_fault *fault, struct buffer *ret_line)
{
    const struct job_worker *worker = context;
    tally_count(worker->job->production.errors, fault->type);
    return worker->job->sinks[RESULT_ERROR_SINK] == NULL
               ? render_reason(worker->job, fault, ret_line)
               : render_error(worker, fault, ret_line);
}

int job_finish(void *context, struct weir_event *event, const struct position *position,
               struct event_failure *ret_failure)
{
    const struct job_worker *worker = context;
    const struct stamp_origin origin =
        origin_of(worker->job, position, event->document.bytes, event->document.len);
    int r = producer_finish(worker->producer, event, &origin, ret_failure);
    return r == PRODUCER_REFUSED ? WORKER_REFUSED : r;
}
