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

/* Appends text, secrets in URLs hidden. */
static int append_shown(struct buffer *buffer, const char *text)
{
    return redact_text(text, strlen(text), buffer);
}

static int summarise_source(const struct config_source *source, struct buffer *buffer)
{
    const char *place = source->connector == CONNECTOR_SSE    ? source->url
                        : source->connector == CONNECTOR_FILE ? source->uri
                                                              : source->bootstrap_servers;
    const char *stream = source->stream.text;
    int r = buffer_printf(buffer, "reads       %s%s", stream != NULL ? stream : "",
                          stream != NULL ? " from " : "");
    if (r == 0) {
        r = append_shown(buffer, place);
    }
    return r < 0 ? r : buffer_printf(buffer, " (%s)\n", connector_name(source->connector));
}

static int summarise_sink(const struct config_sink *sink, const char *label, struct buffer *buffer)
{
    if (sink->connector == CONNECTOR_NONE) {
        return buffer_printf(buffer, "%-12snowhere: the first bad event stops the job\n", label);
    }
    const char *place = sink->connector == CONNECTOR_FILE    ? sink->uri
                        : sink->connector == CONNECTOR_KAFKA ? sink->bootstrap_servers
                                                             : "standard output";
    int r = buffer_printf(buffer, "%-12s%s to ", label, sink->stream.text);
    if (r == 0) {
        r = append_shown(buffer, place);
    }
    return r < 0 ? r : buffer_printf(buffer, " (%s)\n", connector_name(sink->connector));
}

static int summarise_steps(const struct config *config, struct buffer *buffer)
{
    int r = 0;
    for (size_t i = 0; i < config->n_steps && r == 0; i++) {
        const struct config_step *step = &config->steps[i];
        r = buffer_printf(buffer, "%-12s%s %s\n", i == 0 ? "steps" : "",
                          step->kind == STEP_SET ? "set" : "remove", step->path);
    }
    return r;
}

static int summarise_order(const struct config *config, struct buffer *buffer)
{
    static const char *const orderings[] = {
        [ORDERING_KEY] = "kept per key",
        [ORDERING_SOURCE] = "kept per source partition",
        [ORDERING_NONE] = "not kept",
    };
    int r = buffer_printf(buffer, "order       %s:", orderings[config->ordering]);
    for (size_t i = 0; i < config->partition_by.n_items && r == 0; i++) {
        r = buffer_printf(buffer, " %s", config->partition_by.items[i]);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

/* Where state goes by default depends on the machine, unless a file sink has it. */
static int summarise_checkpoint(const struct config *config, struct buffer *buffer)
{
    char interval[UNITS_SIZE];
    duration_format(interval, config->checkpoint.interval_ms);
    int r = buffer_printf(buffer, "checkpoint  every %s in ", interval);
    if (r < 0) {
        return r;
    }
    const struct config_sink *sink =
        config->sink.connector == CONNECTOR_FILE ? &config->sink : &config->error_sink;
    if (config->checkpoint.dir != NULL) {
        return buffer_printf(buffer, "%s\n", config->checkpoint.dir);
    }
    if (sink->connector == CONNECTOR_FILE) {
        return buffer_printf(buffer, "%s/.weir/%s/%s\n", sink->uri, config->job_name,
                             config->instance);
    }
    return buffer_append_text(buffer, "the state directory\n");
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

int config_summary(const struct config *config, struct buffer *buffer)
{
    int r =
        buffer_printf(buffer, "job         %s, instance %s\n", config->job_name, config->instance);
    if (r == 0) {
        r = summarise_source(&config->source, buffer);
    }
    if (r == 0) {
        r = summarise_order(config, buffer);
    }
    if (r == 0) {
        r = summarise_steps(config, buffer);
    }
    if (r == 0) {
        r = summarise_sink(&config->sink, "writes", buffer);
    }
    if (r == 0) {
        r = summarise_sink(&config->error_sink, "errors", buffer);
    }
    if (r == 0) {
        r = summarise_machine(config, buffer);
    }
    return r < 0 ? r : summarise_checkpoint(config, buffer);
}
