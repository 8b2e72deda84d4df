/* SPDX-License-Identifier: Apache-2.0 */
/* Turns what a worker could not deliver into an event of the error stream. */
#include "engine/job.h"

#include "base/hash.h"
#include "sink/error_event.h"

/* Appends "<partition> at offset <offset>". */
static int append_position(const struct job *job, const struct position *position,
                           struct buffer *text)
{
    const struct partition_state *start =
        partition_table_start(job->partitions, position->partition);
    return buffer_printf(text, "%s at offset %lld", start->name, (long long)position->offset);
}

/* Without an error sink the line is the reason that the writer stops with. */
static int render_reason(const struct job *job, const struct worker_fault *fault,
                         struct buffer *ret_line)
{
    int r = append_position(job, &fault->position, ret_line);
    return r < 0 ? r : buffer_printf(ret_line, ": %s: %s", fault->type, fault->message);
}

int job_render_fault(void *context, const struct worker_fault *fault, struct buffer *ret_line)
{
    const struct job *job = context;
    if (job->sinks[RESULT_ERROR_SINK] == NULL) {
        return render_reason(job, fault, ret_line);
    }
    /* Made from the source position alone, so that a line written again has the same id. */
    AUTO_BUFFER seed = { 0 };
    int r = buffer_printf(&seed, "%s %s ", job->config->job_name, job->source->identity);
    if (r == 0) {
        r = append_position(job, &fault->position, &seed);
    }
    if (r < 0) {
        return r;
    }
    char id[UUID_SIZE];
    uuid_from_bytes(id, seed.data, seed.len);
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
    r = error_event_render(&event, ret_line);
    return r < 0 ? r : buffer_append_byte(ret_line, '\n');
}
