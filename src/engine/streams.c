/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/streams.h"

#include <errno.h>
#include <string.h>

#include "schema/stream_config.h"

static int out_of_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

static void name_streams(struct job_streams *streams, const struct config *config)
{
    const struct config_stream *const named[JOB_STREAM_ROLES] = {
        [JOB_STREAM_SOURCE] = &config->source.stream,
        [JOB_STREAM_SINK] = &config->sink.stream,
        [JOB_STREAM_ERROR_SINK] =
            config->error_sink.connector != CONNECTOR_NONE ? &config->error_sink.stream : NULL,
    };
    for (size_t i = 0; i < JOB_STREAM_ROLES; i++) {
        if (named[i] != NULL) {
            streams->streams[i].name = named[i]->name;
            streams->streams[i].asked_version = named[i]->version;
        }
    }
}

static int find_settings(struct job_streams *streams, const struct config *config,
                         const struct schema_access *access, struct problem *problem)
{
    const struct stream_config uris = { access, config->stream_config_uris.items,
                                        config->stream_config_uris.n_items };
    const char *names[JOB_STREAM_ROLES];
    struct stream_settings settings[JOB_STREAM_ROLES];
    size_t n = 0;
    for (size_t i = 0; i < JOB_STREAM_ROLES; i++) {
        if (streams->streams[i].name != NULL) {
            names[n++] = streams->streams[i].name;
        }
    }
    int r = stream_config_find(&uris, names, n, &streams->arena, settings, problem);
    n = 0;
    for (size_t i = 0; i < JOB_STREAM_ROLES && r == 0; i++) {
        if (streams->streams[i].name != NULL) {
            streams->streams[i].settings = settings[n++];
        }
    }
    return r;
}

/* A stream before this one whose schema is the same, or NULL. */
static const struct job_stream *find_alike(const struct job_streams *streams, size_t role)
{
    const struct job_stream *stream = &streams->streams[role];
    for (size_t i = 0; i < role; i++) {
        const struct job_stream *other = &streams->streams[i];
        if (other->name != NULL && strcmp(other->settings.title, stream->settings.title) == 0 &&
            strcmp(other->asked_version, stream->asked_version) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Says of which stream a problem with a schema is. */
static int blame(const struct job_stream *stream, int r, struct problem *problem)
{
    struct problem cause = *problem;
    return problem_set(problem, -r, cause.exit_code, "stream %s:%s: %.800s", stream->name,
                       stream->asked_version, cause.text);
}

static int find_schemas(struct job_streams *streams, const struct config *config,
                        const struct schema_access *access, struct problem *problem)
{
    const struct repository repository = { access, config->schema_uris.items,
                                           config->schema_uris.n_items };
    for (size_t i = 0; i < JOB_STREAM_ROLES; i++) {
        struct job_stream *stream = &streams->streams[i];
        if (stream->name == NULL) {
            continue;
        }
        const struct job_stream *alike = find_alike(streams, i);
        if (alike != NULL) {
            stream->schema = alike->schema;
            continue;
        }
        int r = repository_find(&repository, stream->settings.title, stream->asked_version,
                                &streams->arena, &stream->schema, problem);
        if (r < 0) {
            return blame(stream, r, problem);
        }
    }
    return 0;
}

static int compile_schema(struct job_stream *stream, struct repository *repository,
                          struct problem *problem)
{
    const struct schema_options options = {
        /* What its `$id` says is resolved against it: a path in the repositories. */
        .uri = "",
        .json = stream->schema.json,
        .json_len = stream->schema.json_len,
        .asserts_format = true,
        .fetch = repository_fetch,
        .context = repository,
    };
    return schema_compile(&options, &stream->rules, problem);
}

/* The schemas that events are projected on or checked against: the sink's and the error sink's. */
static int compile_schemas(struct job_streams *streams, const struct config *config,
                           const struct schema_access *access, struct problem *problem)
{
    struct repository repository = { access, config->schema_uris.items,
                                     config->schema_uris.n_items };
    if (!config->project && !config->validate) {
        return 0;
    }
    for (size_t i = JOB_STREAM_SINK; i < JOB_STREAM_ROLES; i++) {
        struct job_stream *stream = &streams->streams[i];
        int r = stream->name == NULL ? 0 : compile_schema(stream, &repository, problem);
        if (r < 0) {
            return blame(stream, r, problem);
        }
    }
    return 0;
}

/*
 * Configured, else the application's, else the stream's, else what the configuration falls back on.
 */
static int find_key(struct job_streams *streams, const struct config *config,
                    struct problem *problem)
{
    const struct stream_settings *settings = &streams->streams[JOB_STREAM_SOURCE].settings;
    streams->partition_by = config->partition_by;
    if (config->is_partition_by_given || settings->n_keys == 0) {
        return config->partition_by.n_items > 0
                   ? 0
                   : problem_set(problem, EINVAL, EXIT_CONFIG,
                                 "stream_manager.partition_by: missing; expected a list of JSON "
                                 "Pointers to the fields of the key, such as [/wiki_id, "
                                 "/page/page_id]; stream %s has no message_key_fields in %s",
                                 settings->name, settings->uri);
    }
    const char **fields = arena_alloc(&streams->arena, settings->n_keys * sizeof(*fields));
    if (fields == NULL) {
        return out_of_memory(problem);
    }
    for (size_t i = 0; i < settings->n_keys; i++) {
        fields[i] = settings->keys[i].pointer;
    }
    streams->partition_by = (struct config_list){ fields, settings->n_keys };
    return 0;
}

int job_streams_open(struct job_streams *streams, const struct outside_options *options,
                     struct problem *problem)
{
    const struct config *config = options->config;
    if (!config_uses_streams(config)) {
        streams->partition_by = config->partition_by;
        return 0;
    }
    struct outside outside = { 0 };
    name_streams(streams, config);
    int r = outside_init(&outside, options, problem);
    if (r == 0) {
        r = find_settings(streams, config, &outside.access, problem);
    }
    if (r == 0) {
        r = find_schemas(streams, config, &outside.access, problem);
    }
    if (r == 0) {
        r = compile_schemas(streams, config, &outside.access, problem);
    }
    if (r == 0) {
        r = find_key(streams, config, problem);
    }
    streams->is_resolved = r == 0;
    outside_deinit(&outside);
    return r;
}

void job_streams_close(struct job_streams *streams)
{
    for (size_t i = 0; i < JOB_STREAM_ROLES; i++) {
        schema_free(streams->streams[i].rules);
    }
    arena_deinit(&streams->arena);
    *streams = (struct job_streams){ 0 };
}

/* "            topics ", as far in as the summary of the configuration is. */
static int append_label(struct buffer *buffer, const char *label)
{
    return buffer_printf(buffer, "%12s%-7s", "", label);
}

static int append_schema(struct buffer *buffer, const struct repository_schema *schema)
{
    int r = append_label(buffer, "schema");
    return r < 0 ? r : buffer_printf(buffer, " %s %s\n", schema->title, schema->version);
}

static int append_topics(struct buffer *buffer, const struct stream_settings *settings)
{
    int r = append_label(buffer, "topics");
    for (size_t i = 0; i < settings->n_topics && r == 0; i++) {
        r = buffer_printf(buffer, " %s", settings->topics[i]);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static int append_key(struct buffer *buffer, const struct stream_settings *settings)
{
    int r = settings->n_keys == 0 ? 0 : append_label(buffer, "key");
    for (size_t i = 0; i < settings->n_keys && r == 0; i++) {
        r = buffer_printf(buffer, " %s", settings->keys[i].pointer);
    }
    return r < 0 || settings->n_keys == 0 ? r : buffer_append_byte(buffer, '\n');
}

int job_stream_describe(const struct job_streams *streams, enum job_stream_role role,
                        struct buffer *buffer)
{
    const struct job_stream *stream = &streams->streams[role];
    if (!streams->is_resolved || stream->name == NULL) {
        return 0;
    }
    int r = append_schema(buffer, &stream->schema);
    if (r == 0) {
        r = append_topics(buffer, &stream->settings);
    }
    return r < 0 ? r : append_key(buffer, &stream->settings);
}
