/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of the table cannot say: defaults that depend, and keys that need each other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/loading.h"
#include "config/read.h"
#include "yaml/scalar.h"

static const char default_source[] = "default";
static const struct yaml_origin by_default = { .source = default_source };
/* The value is of the program's own, not of a file. */
static const char application_source[] = "application";
static const char public_service[] = "https://stream.wikimedia.org/v2/stream/";
/* The version of the schema that error events have. */
static const char error_version[] = "2.1.0";

/* Where the value in force at path came from, or would have. */
static struct yaml_origin origin_of(const struct loading *loading, const char *path)
{
    const struct yaml_node *value = loading_value(loading, path);
    return value != NULL ? value->origin : loading_origin(loading, path);
}

static void complain(const struct loading *loading, const char *path, const char *text)
{
    struct yaml_origin origin = origin_of(loading, path);
    diagnose_error(loading->diagnostics, &origin, path, "%s", text);
}

/*
 * Makes text the value at path. It is made from the value at `from`, and a secret where that is one;
 * origin says where it came from.
 */
static void give_derived(struct loading *loading, const char *path, const char *from,
                         const struct yaml_origin *origin, const char *text)
{
    const struct yaml_node *made_from = loading_value(loading, from);
    struct yaml_node *value = yaml_scalar_new(loading->arena, text, strlen(text), false, origin);
    if (value == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    value->is_secret = made_from != NULL && made_from->is_secret;
    loading_give(loading, path, value);
}

static void finish_job(struct loading *loading)
{
    struct config *config = loading->config;
    config->is_instance_set = loading_find(loading, "stream_manager.instance") != NULL;
    if (loading_value(loading, "stream_manager.job_name") != NULL) {
        return;
    }
    if (loading->options->job_name == NULL) {
        complain(loading, "stream_manager.job_name", "missing; the application has no name");
        return;
    }
    loading_give_text(loading, "stream_manager.job_name", application_source,
                      loading->options->job_name);
}

/* What names the stream that is read, so that it can be looked up. */
static void finish_source_stream(struct loading *loading)
{
    static const char path[] = "stream_manager.source.stream";
    const struct config_stream *stream = &loading->config->source.stream;
    if (loading_value(loading, path) == NULL) {
        complain(loading, path,
                 "missing; expected name:version, or project, validate and stamp all false");
    } else if (stream->name != NULL && stream->version == NULL) {
        complain(
            loading, path,
            "has no version; expected name:version, such as mediawiki.page_change.v1:1.1.0, or "
            "project, validate and stamp all false");
    }
}

static void finish_sse(struct loading *loading)
{
    struct config_source *source = &loading->config->source;
    const char *url_path = "stream_manager.source.options.url";
    if (loading_value(loading, url_path) == NULL && source->stream.name != NULL) {
        char url[sizeof(public_service) + 160];
        snprintf(url, sizeof(url), "%s%s", public_service, source->stream.name);
        give_derived(loading, url_path, "stream_manager.source.stream", &by_default, url);
    } else if (loading_value(loading, url_path) == NULL &&
               loading_value(loading, "stream_manager.source.stream") == NULL &&
               !config_uses_streams(loading->config)) {
        complain(loading, "stream_manager.source.stream",
                 "missing; expected name:version, or source.options.url");
    }
    if (source->until_ms >= 0 && source->since_ms > source->until_ms) {
        complain(loading, "stream_manager.source.options.until", "is before since");
    }
    source->contact = source->contact != NULL ? source->contact : loading->config->http.contact;
    source->user_agent =
        source->user_agent != NULL ? source->user_agent : loading->config->http.user_agent;
}

static void finish_source(struct loading *loading)
{
    const struct config_source *source = &loading->config->source;
    if (source->connector == CONNECTOR_SSE) {
        finish_sse(loading);
    }
    if (config_uses_streams(loading->config)) {
        finish_source_stream(loading);
    } else if (source->connector == CONNECTOR_KAFKA &&
               loading_value(loading, "stream_manager.source.stream") == NULL) {
        complain(loading, "stream_manager.source.stream", "missing; expected name:version");
    }
}

static void finish_sink(struct loading *loading)
{
    const struct config_stream *stream = &loading->config->sink.stream;
    if (stream->name != NULL && stream->version == NULL) {
        complain(loading, "stream_manager.sink.stream",
                 "has no version; expected name:version, such as app.sink:1.1.0");
    }
}

/* The stream of an error sink, where its name or its version was left out. */
static void finish_error_stream(struct loading *loading)
{
    static const char path[] = "stream_manager.error_sink.stream";
    const struct config *config = loading->config;
    const struct yaml_node *given = loading_value(loading, path);
    char text[320];
    if (given == NULL && config->job_name != NULL) {
        snprintf(text, sizeof(text), "%s.error:%s", config->job_name, error_version);
        give_derived(loading, path, "stream_manager.job_name", &by_default, text);
    } else if (config->error_sink.stream.name != NULL &&
               config->error_sink.stream.version == NULL) {
        snprintf(text, sizeof(text), "%s:%s", config->error_sink.stream.name, error_version);
        give_derived(loading, path, path, &given->origin, text);
    }
}

static void finish_error_sink(struct loading *loading)
{
    const struct yaml_node *given = loading_find(loading, "stream_manager.error_sink");
    const char *connector_path = "stream_manager.error_sink.connector";
    if (given != NULL && given->n_items > 0 && loading_find(loading, connector_path) == NULL) {
        struct yaml_origin origin = loading_origin(loading, "stream_manager.error_sink");
        diagnose_error(loading->diagnostics, &origin, connector_path,
                       "missing; expected one of none, file, kafka, stdout");
        return;
    }
    if (loading->config->error_sink.connector != CONNECTOR_NONE) {
        finish_error_stream(loading);
    }
}

static bool is_same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* What would write into each other's parts, or read its own. */
static void finish_directories(struct loading *loading)
{
    const struct config *config = loading->config;
    const struct config_sink *sinks[] = { &config->sink, &config->error_sink };
    for (size_t i = 0; i < ARRAY_SIZE(sinks); i++) {
        if (config->source.connector == CONNECTOR_FILE && sinks[i]->connector == CONNECTOR_FILE &&
            is_same_text(config->source.uri, sinks[i]->uri)) {
            complain(loading, "stream_manager.source.options.uri",
                     "is a sink's directory; what is written there would be read");
            return;
        }
    }
    if (config->sink.connector == CONNECTOR_FILE &&
        config->error_sink.connector == CONNECTOR_FILE &&
        is_same_text(config->sink.uri, config->error_sink.uri) &&
        is_same_text(config->sink.stream.name, config->error_sink.stream.name)) {
        complain(
            loading, "stream_manager.error_sink.stream",
            "is the sink's stream in the sink's directory; expected another stream, or another "
            "directory");
    }
}

static void give_pointers(struct loading *loading, const char *source, const char *const *pointers)
{
    struct yaml_origin origin = { .source = source };
    struct yaml_node *list = yaml_node_new(loading->arena, YAML_LIST, &origin);
    size_t n_pointers = 0;
    while (pointers[n_pointers] != NULL) {
        n_pointers++;
    }
    struct yaml_node **items = arena_alloc(loading->arena, n_pointers * sizeof(struct yaml_node *));
    if (list == NULL || items == NULL) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < n_pointers; i++) {
        items[i] =
            yaml_scalar_new(loading->arena, pointers[i], strlen(pointers[i]), false, &origin);
        if (items[i] == NULL) {
            loading->diagnostics->is_out_of_memory = true;
            return;
        }
    }
    list->items = items;
    list->n_items = n_pointers;
    loading_give(loading, "stream_manager.partition_by", list);
}

/* The streams of schema mediawiki/page/change; older ones, mediawiki.page-*, have other fields. */
static bool is_page_stream(const char *name)
{
    return name != NULL && strncmp(name, "mediawiki.page_", strlen("mediawiki.page_")) == 0;
}

static void finish_partition_by(struct loading *loading)
{
    static const char *const page_fields[] = { "/wiki_id", "/page/page_id", NULL };
    struct config *config = loading->config;
    const char *const *given = loading->options->partition_by;
    if (loading_value(loading, "stream_manager.partition_by") != NULL) {
        config->is_partition_by_given = true;
        return;
    }
    if (given != NULL && given[0] != NULL) {
        config->is_partition_by_given = true;
        give_pointers(loading, application_source, given);
    } else if (is_page_stream(config->source.stream.name)) {
        give_pointers(loading, default_source, page_fields);
    } else if (!config_uses_streams(config)) {
        complain(loading, "stream_manager.partition_by",
                 "missing; expected a list of JSON Pointers to the fields of the key, such as "
                 "[/wiki_id, /page/page_id]; this stream has no default");
    }
}

static void finish_routes(struct loading *loading)
{
    const struct yaml_node *routes = loading_value(loading, "http.routes");
    for (size_t i = 0; routes != NULL && routes->kind == YAML_MAP && i < routes->n_items; i++) {
        const struct yaml_entry *entry = &routes->entries[i];
        bool is_good = entry->value->kind != YAML_SCALAR || yaml_is_null(entry->value) ||
                       (is_http_url(entry->key) && is_http_url(entry->value->text));
        if (!is_good) {
            diagnose_error(loading->diagnostics, &entry->origin, "http.routes",
                           "expected URLs, from and to");
        }
    }
}

static void finish_http(struct loading *loading)
{
    const struct config_http *http = &loading->config->http;
    finish_routes(loading);
    if (http->retry.base_ms > http->retry.cap_ms) {
        complain(loading, "http.retry.cap", "is less than http.retry.base");
    }
    if (http->breaker.base_ms > http->breaker.cap_ms) {
        complain(loading, "http.breaker.cap", "is less than http.breaker.base");
    }
    if (http->insecure_skip_verify) {
        struct yaml_origin origin = origin_of(loading, "http.insecure_skip_verify");
        diagnose_warning(loading->diagnostics, &origin, "http.insecure_skip_verify",
                         "certificates are not verified");
    }
    if (loading->config->admin.listen != NULL) {
        struct yaml_origin origin = origin_of(loading, "admin.listen");
        diagnose_warning(loading->diagnostics, &origin, "admin.listen",
                         "is not built yet; nothing listens");
    }
}

void finish(struct loading *loading)
{
    finish_job(loading);
    finish_source(loading);
    finish_sink(loading);
    finish_error_sink(loading);
    finish_directories(loading);
    finish_partition_by(loading);
    finish_http(loading);
}
