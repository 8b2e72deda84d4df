/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration, typed: what the files, the environment and --set said, checked and with every
 * default filled in. Only engine and cli see this header; each room takes its own options struct.
 *
 * Everything a struct config points to belongs to it and lives until config_free(). Nothing changes
 * after config_load(): any thread may read it.
 *
 * Units are in the names: _ms milliseconds, _bytes bytes. A text that was not given is NULL.
 */
#ifndef WEIR_CONFIG_CONFIG_H
#define WEIR_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* What an application reads its own sections from (include/weir/config.h). */
struct weir_config;

/* The kind of a source or sink. */
enum connector {
    /* Only of an error sink: there is none, the first bad event stops the job. */
    CONNECTOR_NONE,
    CONNECTOR_SSE,
    CONNECTOR_FILE,
    CONNECTOR_KAFKA,
    CONNECTOR_STDOUT,
};

enum config_ordering { ORDERING_KEY, ORDERING_SOURCE, ORDERING_NONE };
enum config_missing_key { MISSING_KEY_ERROR, MISSING_KEY_KEYLESS };
enum config_canary { CANARY_DROP, CANARY_KEEP };
enum config_compress { COMPRESS_NONE, COMPRESS_ZSTD };
enum config_fsync { FSYNC_CHECKPOINT, FSYNC_NONE };
enum config_offsets { OFFSETS_EARLIEST, OFFSETS_LATEST };
enum config_guarantee { GUARANTEE_AT_LEAST_ONCE, GUARANTEE_EXACTLY_ONCE };
/* What an event does when the retry budget is empty, or Retry-After is beyond its deadline. */
enum config_when_held { HELD_PARK, HELD_ERROR };
enum config_step_kind {
    STEP_SET,
    STEP_REMOVE,
    STEP_COPY,
    STEP_FILTER,
    STEP_HTTP,
    STEP_PAGE_CONTENT,
};
/* copy, http: an event for which there is nothing. */
enum config_missing { MISSING_ERROR, MISSING_SKIP };
/* filter: what becomes of events that match. */
enum config_filter { FILTER_KEEP, FILTER_DROP };
/* What becomes of fields that the sink's schema forbids. */
enum config_unknown_fields { UNKNOWN_FIELDS_DROP, UNKNOWN_FIELDS_KEEP, UNKNOWN_FIELDS_ERROR };

struct config_list {
    const char *const *items;
    size_t n_items;
};

struct config_integers {
    const int64_t *items;
    size_t n_items;
};

struct config_pair {
    const char *name;
    const char *value;
};

struct config_pairs {
    const struct config_pair *items;
    size_t n_items;
};

/* "name:version". */
struct config_stream {
    /* As given, "mediawiki.page_change.v1:1.1.0", or NULL. */
    const char *text;
    /* The part before the colon, or NULL; usable as a file name. */
    const char *name;
    /*
     * The part behind the colon, or NULL where it was not given: only a source may leave it out,
     * and only where streams are not looked up.
     */
    const char *version;
};

struct config_source {
    enum connector connector;
    struct config_stream stream;
    enum config_canary canary;
    /* Events per second that are read at most; 0 = as fast as they come. */
    int64_t max_rate;

    /* sse: never NULL; without userinfo it is safe to log. */
    const char *url;
    /* sse: milliseconds since 1970, or -1 where not given. */
    int64_t since_ms;
    int64_t until_ms;
    /* sse: nothing received for so long = the connection is dead. */
    int64_t idle_timeout_ms;
    /* sse: source.options.* or else http.*; NULL where neither is given. */
    const char *contact;
    const char *user_agent;

    /* file: a path (file, directory, glob, "-"), file:// taken off. */
    const char *uri;
    bool follow;

    /* kafka */
    const char *bootstrap_servers;
    struct config_list topics;
    const char *consumer_group;
    enum config_offsets offsets_initializer;
    struct config_pairs properties;
};

struct config_sink {
    enum connector connector;
    /* With a version, unless connector is CONNECTOR_NONE. */
    struct config_stream stream;

    /* file: the directory, file:// taken off. */
    const char *uri;
    int64_t roll_bytes;
    /* 0 = parts are not closed for their age. */
    int64_t roll_age_ms;
    enum config_compress compress;
    enum config_fsync fsync;

    /* kafka */
    const char *bootstrap_servers;
    const char *kafka_topic_prefix;
    enum config_guarantee delivery_guarantee;
    struct config_pairs properties;
};

struct config_step {
    enum config_step_kind kind;
    /* Where it stands, for messages: "config.yaml:11:7: stream_manager.steps[1]". */
    const char *place;
    /* RFC 6901, syntax checked; never the empty pointer. */
    const char *path;
    /* set, filter: the value as JSON text, NUL-terminated. */
    const char *value;
    size_t value_len;
    /* set, copy, http: missing parents are made, not an error. */
    bool create_parents;
    /* copy: as path. */
    const char *from;
    enum config_missing on_missing;
    enum config_filter filter;
    /* http: url, headers and body are templates; path is where the reply goes. */
    const char *url;
    const char *method;
    struct config_pairs headers;
    const char *body;
    /* NULL: all of the reply. */
    const char *extract;
    bool is_idempotent;
    struct config_list allowed_hosts;
    /* page_content; a number that was not given is 0. */
    const char *endpoint;
    int64_t max_keys;
    int64_t max_group_bytes;
    int64_t linger_ms;
    int64_t max_content_bytes;
};

struct config_batch {
    int64_t max_events;
    int64_t max_bytes;
    int64_t linger_ms;
};

struct config_checkpoint {
    /* NULL: the place that design and manual name. */
    const char *dir;
    int64_t interval_ms;
    int64_t ledger_window;
};

struct config_http_retry {
    /* All of them, the first one included. */
    int64_t attempts;
    int64_t base_ms;
    int64_t cap_ms;
    struct config_integers statuses;
    /* Names of API errors in a 200's body that count as 503; a trailing `*` stands for any rest. */
    struct config_list api_errors;
    /* 404 is retried while the event is younger. */
    int64_t missing_age_ms;
    /* Retries allowed per host: percent of requests, plus so many a second, over the window. */
    int64_t budget_percent;
    int64_t budget_per_second;
    int64_t budget_window_ms;
    enum config_when_held budget_empty;
    enum config_when_held retry_after_beyond_deadline;
};

struct config_http_limits {
    /* Per host; requests above wait. */
    int64_t concurrency;
    /* Requests per second and host; 0 = no limit. */
    int64_t rate;
    /* Connections kept open per host. */
    int64_t connections;
};

struct config_http_breaker {
    /* Failures in a row; 0 = it never opens. */
    int64_t failures;
    int64_t base_ms;
    int64_t cap_ms;
};

struct config_http_low_speed {
    /* Bytes a second; 0 = any. */
    int64_t bytes;
    int64_t window_ms;
};

struct config_http {
    const char *contact;
    const char *user_agent;
    int64_t connect_timeout_ms;
    int64_t attempt_timeout_ms;
    /* Over all attempts for one event. */
    int64_t deadline_ms;
    int64_t max_redirects;
    /* Decoded. */
    int64_t max_body_bytes;
    /* NULL: the system's authorities. */
    const char *ca_file;
    bool insecure_skip_verify;
    /* NULL: none; the environment's proxy variables are not read. */
    const char *proxy;
    bool deny_private_addresses;
    /* NULL: none. */
    const char *client_certificate;
    const char *client_key;
    /* Sent with every request of a step or function. */
    struct config_pairs headers;
    int64_t stack_bytes;
    struct config_http_breaker breaker;
    struct config_http_low_speed low_speed;
    struct config_http_retry retry;
    struct config_http_limits limits;
    /* name: a URL whose host is replaced; value: scheme, host and port to go to. */
    struct config_pairs routes;
};

struct config_admin {
    /* "host:port" or NULL. */
    const char *listen;
};

struct config {
    const char *job_name;
    const char *instance;
    /* Part names carry the instance when it is set. */
    bool is_instance_set;

    /* Files and EventStreamConfig APIs, earlier over later; file:// taken off. */
    struct config_list stream_config_uris;
    struct config_list schema_uris;
    /* A directory, "none", or NULL: the place that design and manual name. */
    const char *schema_cache;
    /*
     * JSON Pointers. None where only the stream's message_key_fields can tell; a default that these
     * replace where is_partition_by_given is not set.
     */
    struct config_list partition_by;
    bool is_partition_by_given;

    struct config_source source;
    struct config_sink sink;
    /* connector is CONNECTOR_NONE where there is none. */
    struct config_sink error_sink;
    const struct config_step *steps;
    size_t n_steps;

    /* 0 = auto: as many as affinity and cgroup quota allow. */
    int64_t workers;
    enum config_ordering ordering;
    enum config_missing_key missing_key;
    struct config_batch batch;
    int64_t max_in_flight;
    int64_t max_event_size;
    int64_t memory_limit;
    struct config_checkpoint checkpoint;
    bool project;
    bool validate;
    bool stamp;
    enum config_unknown_fields unknown_fields;
    int64_t startup_timeout_ms;

    struct config_http http;
    struct config_admin admin;

    /* The merged files as the application reads them; never NULL. */
    const struct weir_config *application;

    /* One text each, without newline, for the caller to log once. Hold no secrets. */
    struct config_list warnings;

    /* Trees, origins and memory; config/load.c. */
    struct config_private *private;
};

struct config_load_options {
    /* Paths as given by --config, merged in order. */
    const char *const *files;
    size_t n_files;
    /* "key.path=value" as given by --set, applied in order after all else. */
    const char *const *sets;
    size_t n_sets;
    /* As main's third argument: "NAME=value", closed by NULL. NULL = an empty environment. */
    char *const *environ;
    /* The application's defaults; partition_by is closed by NULL; both may be NULL. */
    const char *job_name;
    const char *const *partition_by;
    /* An application that reads sections of its own; else unknown sections are warned of. */
    bool has_application_sections;
    /* May be NULL. Gets every error found (at most 20), a line each. */
    struct buffer *errors;
};

/*
 * Reads, merges and checks. Blocks on reading the files, nothing else. Returns 0, or -EINVAL,
 * -ENOENT, ... with problem filled: its text holds as many whole error lines as fit, its exit code is
 * EXIT_CONFIG (EXIT_USAGE for a --set that has no `=`). Thread: any.
 */
int config_load(const struct config_load_options *options, struct config **ret_config,
                struct problem *problem);

/* Takes NULL. */
void config_free(struct config *config);

DEFINE_AUTO(config, config_free)

/* Whether streams and schemas are looked up at start: something is done by them. */
static inline bool config_uses_streams(const struct config *config)
{
    return config->project || config->validate || config->stamp;
}

/* Whether the job needs what this version has not got. Returns 0, or -ENOTSUP with problem filled. */
int config_check_built(const struct config *config, struct problem *problem);

/*
 * Appends the effective configuration as YAML, each value with its origin as a comment. Loads again
 * to the same configuration, but for secrets, which read `***`. Returns 0 or -ENOMEM.
 */
int config_print(const struct config *config, struct buffer *buffer);

/* What only a lookup of the streams tells. */
struct config_findings {
    /* The key that is in force. */
    struct config_list partition_by;
    /* Whole lines to stand below the connector's, or NULL. */
    const char *source;
    const char *sink;
    const char *error_sink;
};

/*
 * Appends the short text of `weir check`: what is read, done and written. findings is NULL where
 * the streams were not looked up. Returns 0 or -ENOMEM.
 */
int config_summary(const struct config *config, const struct config_findings *findings,
                   struct buffer *buffer);

/* Appends the manual's table of all keys, as Markdown. Returns 0 or -ENOMEM. */
int config_manual(struct buffer *buffer);

#endif
