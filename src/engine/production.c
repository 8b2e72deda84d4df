/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/production.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/error_type.h"

/* Where no schema was looked up. */
#define ERROR_SCHEMA_URI "/error/2.1.0"

static int out_of_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

static int new_stamp(const struct production *production, enum job_stream_role role,
                     struct stamp **ret_stamp)
{
    const struct job_stream *stream = &production->streams->streams[role];
    bool is_resolved = production->streams->is_resolved;
    const struct config *config = production->config;
    const struct config_sink *sink = role == JOB_STREAM_SINK ? &config->sink : &config->error_sink;
    struct stamp_options options = {
        .title = is_resolved ? stream->schema.title : "",
        .version = is_resolved ? stream->schema.version : "",
        .stream = sink->stream.name,
        .stamps = production->config->stamp,
        .strips_transport = production->config->project,
        .is_dt_forced = sink->connector == CONNECTOR_KAFKA,
        .clock = production->clock,
    };
    return stamp_new(&options, ret_stamp);
}

static int open_stamps(struct production *production)
{
    const struct config *config = production->config;
    const struct job_stream *errors = &production->streams->streams[JOB_STREAM_ERROR_SINK];
    bool is_needed = config->stamp || config->project;
    int r = is_needed ? new_stamp(production, JOB_STREAM_SINK, &production->stamp) : 0;
    if (r < 0 || config->error_sink.connector == CONNECTOR_NONE) {
        return r;
    }
    r = new_stamp(production, JOB_STREAM_ERROR_SINK, &production->error_stamp);
    if (r == 0) {
        r = production->streams->is_resolved
                ? buffer_printf(&production->error_schema_uri, "/%s/%s", errors->schema.title,
                                errors->schema.version)
                : buffer_append_text(&production->error_schema_uri, ERROR_SCHEMA_URI);
    }
    return r < 0 || buffer_text(&production->error_schema_uri) != NULL ? r : -ENOMEM;
}

/* A job whose every error event would be refused is not to start. */
static int try_error_event(const struct production *production, struct problem *problem)
{
    const struct config *config = production->config;
    struct producer *producer = NULL;
    AUTO_BUFFER line = { 0 };
    const char *complaint = "";
    char id[UUID_SIZE];
    uuid_of_name(id, "", 0);
    struct error_event event = {
        .emitter_id = config->job_name,
        .stream = config->error_sink.stream.name,
        .id = id,
        .realtime_ns = production->clock->realtime_ns(production->clock),
        .error_type = ERROR_TYPE_PARSE,
        .message = "a sample",
        .errored_stream = config->source.stream.name,
        .raw = "{}",
        .raw_len = 2,
    };
    int r = producer_new(production, &producer);
    if (r == 0) {
        r = producer_render_error(producer, &event, &line, &complaint);
    }
    if (r == PRODUCER_REFUSED) {
        r = problem_set(problem, EINVAL, EXIT_CONFIG,
                        "stream %s: the schema %s does not take error events: %.600s",
                        config->error_sink.stream.text, production->error_schema_uri.data,
                        complaint);
    } else if (r < 0) {
        r = out_of_memory(problem);
    }
    producer_free(producer);
    return r;
}

int production_open(struct production *production, const struct config *config,
                    const struct job_streams *streams, const struct clock *clock,
                    struct problem *problem)
{
    static const enum schema_unknown unknown[] = {
        [UNKNOWN_FIELDS_DROP] = SCHEMA_UNKNOWN_DROP,
        [UNKNOWN_FIELDS_KEEP] = SCHEMA_UNKNOWN_KEEP,
        [UNKNOWN_FIELDS_ERROR] = SCHEMA_UNKNOWN_ERROR,
    };
    production->config = config;
    production->streams = streams;
    production->clock = clock;
    if (tally_new(&production->dropped) < 0 || tally_new(&production->errors) < 0) {
        return out_of_memory(problem);
    }
    production->projection =
        (struct schema_projection){ unknown[config->unknown_fields], production->dropped };
    int r = open_stamps(production);
    if (r == -EILSEQ) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "the name of a stream or of its schema is not UTF-8");
    }
    if (r < 0) {
        return out_of_memory(problem);
    }
    return streams->streams[JOB_STREAM_ERROR_SINK].rules == NULL
               ? 0
               : try_error_event(production, problem);
}

void production_close(struct production *production)
{
    stamp_free(production->stamp);
    stamp_free(production->error_stamp);
    buffer_deinit(&production->error_schema_uri);
    tally_free(production->dropped);
    tally_free(production->errors);
    *production = (struct production){ 0 };
}
