/* SPDX-License-Identifier: Apache-2.0 */
/* The short text of `weir check`: what is read, done and written, a line each. */
#include <inttypes.h>

#include "config/loading.h"
#include "config/secret.h"
#include "config/units.h"

static const char *connector_name(enum connector connector)
{
    static const char *const names[] = {
        [CONNECTOR_NONE] = "none",   [CONNECTOR_SSE] = "sse",       [CONNECTOR_FILE] = "file",
        [CONNECTOR_KAFKA] = "kafka", [CONNECTOR_STDOUT] = "stdout",
    };
    return names[connector];
}

static bool is_secret(const struct config *config, const char *path)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    const struct config_key *key = config_key_find(path);
    require(key != NULL);
    const struct yaml_node *value = config->private->values[key - keys];
    return value != NULL && value->is_secret;
}

/* Appends a field's text; path is its key's. */
static int append_shown(const struct config *config, const char *path, const char *text,
                        struct buffer *buffer)
{
    return is_secret(config, path) ? buffer_append_text(buffer, "***")
                                   : redact_text(text, strlen(text), buffer);
}

static int summarise_job(const struct config *config, struct buffer *buffer)
{
    int r = buffer_append_text(buffer, "job         ");
    if (r == 0) {
        r = append_shown(config, "stream_manager.job_name", config->job_name, buffer);
    }
    if (r == 0) {
        r = buffer_append_text(buffer, ", instance ");
    }
    if (r == 0) {
        r = append_shown(config, "stream_manager.instance", config->instance, buffer);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static int append_source_place(const struct config *config, struct buffer *buffer)
{
    const struct config_source *source = &config->source;
    switch (source->connector) {
    case CONNECTOR_SSE:
        return append_shown(config, "stream_manager.source.options.url", source->url, buffer);
    case CONNECTOR_FILE:
        return append_shown(config, "stream_manager.source.options.uri", source->uri, buffer);
    default:
        return append_shown(config, "stream_manager.source.options.bootstrap_servers",
                            source->bootstrap_servers, buffer);
    }
}

/*
 * Appends the lines that a lookup has found; a stream's name that is a secret may be a part of
 * them.
 */
static int append_found(const struct config *config, const char *stream_path, const char *lines,
                        struct buffer *buffer)
{
    return lines == NULL || is_secret(config, stream_path) ? 0 : buffer_append_text(buffer, lines);
}

static int summarise_source(const struct config *config, const char *found, struct buffer *buffer)
{
    const char *stream = config->source.stream.text;
    int r = buffer_append_text(buffer, "reads       ");
    if (r == 0 && stream != NULL) {
        r = append_shown(config, "stream_manager.source.stream", stream, buffer);
        r = r < 0 ? r : buffer_append_text(buffer, " from ");
    }
    if (r == 0) {
        r = append_source_place(config, buffer);
    }
    if (r == 0) {
        r = buffer_printf(buffer, " (%s)\n", connector_name(config->source.connector));
    }
    return r < 0 ? r : append_found(config, "stream_manager.source.stream", found, buffer);
}

/* What differs between sink and error_sink. */
struct side {
    const char *label;
    const char *stream_path;
    const char *uri_path;
    const char *servers_path;
};

static const struct side sides[] = {
    { "writes      ", "stream_manager.sink.stream", "stream_manager.sink.options.uri",
      "stream_manager.sink.options.bootstrap_servers" },
    { "errors      ", "stream_manager.error_sink.stream", "stream_manager.error_sink.options.uri",
      "stream_manager.error_sink.options.bootstrap_servers" },
};

static int append_sink_place(const struct config *config, const struct config_sink *sink,
                             const struct side *side, struct buffer *buffer)
{
    switch (sink->connector) {
    case CONNECTOR_FILE:
        return append_shown(config, side->uri_path, sink->uri, buffer);
    case CONNECTOR_KAFKA:
        return append_shown(config, side->servers_path, sink->bootstrap_servers, buffer);
    default:
        return buffer_append_text(buffer, "standard output");
    }
}

static int summarise_sink(const struct config *config, const struct config_sink *sink,
                          const struct side *side, const char *found, struct buffer *buffer)
{
    int r = buffer_append_text(buffer, side->label);
    if (r == 0 && sink->connector == CONNECTOR_NONE) {
        return buffer_append_text(buffer, "nowhere: the first bad event stops the job\n");
    }
    if (r == 0) {
        r = append_shown(config, side->stream_path, sink->stream.text, buffer);
    }
    if (r == 0) {
        r = buffer_append_text(buffer, " to ");
    }
    if (r == 0) {
        r = append_sink_place(config, sink, side, buffer);
    }
    if (r == 0) {
        r = buffer_printf(buffer, " (%s)\n", connector_name(sink->connector));
    }
    return r < 0 ? r : append_found(config, side->stream_path, found, buffer);
}

static int summarise_step(const struct config_step *step, struct buffer *buffer)
{
    int r;
    switch (step->kind) {
    case STEP_COPY:
        return buffer_printf(buffer, "copy %s to %s\n", step->from, step->path);
    case STEP_FILTER:
        return buffer_printf(buffer, "%s where %s is %s\n",
                             step->filter == FILTER_KEEP ? "keep" : "drop", step->path,
                             step->value);
    case STEP_HTTP:
        r = buffer_printf(buffer, "%s ", step->method == NULL ? "GET" : step->method);
        r = r < 0 ? r : redact_text(step->url, strlen(step->url), buffer);
        return r < 0 ? r : buffer_printf(buffer, " into %s\n", step->path);
    case STEP_PAGE_CONTENT:
        return buffer_append_text(buffer, "page content of the wiki's API\n");
    default:
        return buffer_printf(buffer, "%s %s\n", step->kind == STEP_SET ? "set" : "remove",
                             step->path);
    }
}

static int summarise_steps(const struct config *config, struct buffer *buffer)
{
    int r = 0;
    for (size_t i = 0; i < config->n_steps && r == 0; i++) {
        r = buffer_printf(buffer, "%-12s", i == 0 ? "steps" : "");
        if (r == 0) {
            r = summarise_step(&config->steps[i], buffer);
        }
    }
    return r;
}

static int summarise_order(const struct config *config, const struct config_list *fields,
                           struct buffer *buffer)
{
    static const char *const orderings[] = {
        [ORDERING_KEY] = "kept per key",
        [ORDERING_SOURCE] = "kept per source partition",
        [ORDERING_NONE] = "not kept",
    };
    int r = buffer_printf(buffer, "order       %s:", orderings[config->ordering]);
    for (size_t i = 0; i < fields->n_items && r == 0; i++) {
        r = buffer_printf(buffer, " %s", fields->items[i]);
    }
    if (r == 0 && fields->n_items == 0) {
        r = buffer_append_text(buffer, " message_key_fields");
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

/* Beside the first file sink; else where the machine keeps state. */
static int append_state_place(const struct config *config, struct buffer *buffer)
{
    const char *path = "stream_manager.checkpoint.dir";
    bool is_sink = config->sink.connector == CONNECTOR_FILE;
    const struct config_sink *sink = is_sink ? &config->sink : &config->error_sink;
    const char *uri_path = sides[is_sink ? 0 : 1].uri_path;
    if (config->checkpoint.dir != NULL) {
        return append_shown(config, path, config->checkpoint.dir, buffer);
    }
    if (sink->connector != CONNECTOR_FILE) {
        return buffer_append_text(buffer, "the state directory");
    }
    int r = append_shown(config, uri_path, sink->uri, buffer);
    if (r == 0) {
        r = buffer_append_text(buffer, "/.weir/");
    }
    if (r == 0) {
        r = append_shown(config, "stream_manager.job_name", config->job_name, buffer);
    }
    if (r == 0) {
        r = buffer_append_byte(buffer, '/');
    }
    return r < 0 ? r : append_shown(config, "stream_manager.instance", config->instance, buffer);
}

static int summarise_checkpoint(const struct config *config, struct buffer *buffer)
{
    char interval[UNITS_SIZE];
    duration_format(interval, config->checkpoint.interval_ms);
    int r = buffer_printf(buffer, "checkpoint  every %s in ", interval);
    if (r == 0) {
        r = append_state_place(config, buffer);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static int summarise_machine(const struct config *config, struct buffer *buffer)
{
    char memory[UNITS_SIZE];
    bytes_format(memory, config->memory_limit);
    return config->workers == 0
               ? buffer_printf(buffer, "workers     auto, memory_limit %s\n", memory)
               : buffer_printf(buffer, "workers     %" PRId64 ", memory_limit %s\n",
                               config->workers, memory);
}

static int summarise_lookup(const struct config *config, struct buffer *buffer)
{
    return config_uses_streams(config)
               ? 0
               : buffer_append_text(buffer,
                                    "schemas     not looked up: project, validate and stamp "
                                    "are false\n");
}

int config_summary(const struct config *config, const struct config_findings *findings,
                   struct buffer *buffer)
{
    const struct config_findings none = { .partition_by = config->partition_by };
    const struct config_findings *found = findings != NULL ? findings : &none;
    int r = summarise_job(config, buffer);
    if (r == 0) {
        r = summarise_source(config, found->source, buffer);
    }
    if (r == 0) {
        r = summarise_order(config, &found->partition_by, buffer);
    }
    if (r == 0) {
        r = summarise_steps(config, buffer);
    }
    if (r == 0) {
        r = summarise_sink(config, &config->sink, &sides[0], found->sink, buffer);
    }
    if (r == 0) {
        r = summarise_sink(config, &config->error_sink, &sides[1], found->error_sink, buffer);
    }
    if (r == 0) {
        r = summarise_machine(config, buffer);
    }
    if (r == 0) {
        r = summarise_checkpoint(config, buffer);
    }
    return r < 0 ? r : summarise_lookup(config, buffer);
}
