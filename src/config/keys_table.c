/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows, in the order in which the manual shows them. A new key is a row here and a field in
 * config.h, nothing else. Pure data.
 */
#include "config/keys_table.h"

#include "base/error.h"
#include "config/config.h"

/* Fields. */
#define AT(member)   offsetof(struct config, member)
#define STEP(member) offsetof(struct config_step, member)

/* Which connector a key of `options` belongs to. */
#define OF(side, connector) .section = SECTION_##side, .connectors = 1U << CONNECTOR_##connector
/* All connectors of an error sink, but none where there is no error sink. */
#define ANY_SINK (1U << CONNECTOR_FILE | 1U << CONNECTOR_KAFKA | 1U << CONNECTOR_STDOUT)

/* Ranges. */
#define KIB     (INT64_C(1) << 10)
#define MIB     (INT64_C(1) << 20)
#define GIB     (INT64_C(1) << 30)
#define TIB     (INT64_C(1) << 40)
#define SECONDS INT64_C(1000)
#define MINUTE  (60 * SECONDS)
#define HOURS   (3600 * SECONDS)
#define DAYS    (24 * HOURS)
#define MILLION INT64_C(1000000)

static const struct config_word source_connectors[] = {
    { "sse", CONNECTOR_SSE }, { "file", CONNECTOR_FILE }, { "kafka", CONNECTOR_KAFKA }, { NULL, 0 }
};
static const struct config_word sink_connectors[] = { { "file", CONNECTOR_FILE },
                                                      { "kafka", CONNECTOR_KAFKA },
                                                      { "stdout", CONNECTOR_STDOUT },
                                                      { NULL, 0 } };
static const struct config_word error_sink_connectors[] = { { "none", CONNECTOR_NONE },
                                                            { "file", CONNECTOR_FILE },
                                                            { "kafka", CONNECTOR_KAFKA },
                                                            { "stdout", CONNECTOR_STDOUT },
                                                            { NULL, 0 } };
static const struct config_word canaries[] = { { "drop", CANARY_DROP },
                                               { "keep", CANARY_KEEP },
                                               { NULL, 0 } };
static const struct config_word compressions[] = { { "none", COMPRESS_NONE },
                                                   { "zstd", COMPRESS_ZSTD },
                                                   { NULL, 0 } };
static const struct config_word fsyncs[] = { { "checkpoint", FSYNC_CHECKPOINT },
                                             { "none", FSYNC_NONE },
                                             { NULL, 0 } };
static const struct config_word offsets[] = { { "earliest", OFFSETS_EARLIEST },
                                              { "latest", OFFSETS_LATEST },
                                              { NULL, 0 } };
static const struct config_word guarantees[] = { { "AT_LEAST_ONCE", GUARANTEE_AT_LEAST_ONCE },
                                                 { "EXACTLY_ONCE", GUARANTEE_EXACTLY_ONCE },
                                                 { NULL, 0 } };
static const struct config_word orderings[] = {
    { "key", ORDERING_KEY }, { "source", ORDERING_SOURCE }, { "none", ORDERING_NONE }, { NULL, 0 }
};
static const struct config_word missing_keys[] = { { "error", MISSING_KEY_ERROR },
                                                   { "keyless", MISSING_KEY_KEYLESS },
                                                   { NULL, 0 } };
static const struct config_word missings[] = { { "error", MISSING_ERROR },
                                               { "skip", MISSING_SKIP },
                                               { NULL, 0 } };
static const struct config_word filters[] = { { "keep", FILTER_KEEP },
                                              { "drop", FILTER_DROP },
                                              { NULL, 0 } };
static const struct config_word unknown_fields[] = { { "drop", UNKNOWN_FIELDS_DROP },
                                                     { "keep", UNKNOWN_FIELDS_KEEP },
                                                     { "error", UNKNOWN_FIELDS_ERROR },
                                                     { NULL, 0 } };
static const struct config_word held[] = { { "park", HELD_PARK },
                                           { "error", HELD_ERROR },
                                           { NULL, 0 } };

/* clang-format off */

/* What sink and error_sink have in common. */
#define SINK_ROWS(path, field, side) \
    { path ".options.uri", TYPE_PATH, AT(field.uri), NULL, \
      "the directory that the parts are written to", .is_required = true, OF(side, FILE) }, \
    { path ".options.roll.bytes", TYPE_BYTES, AT(field.roll_bytes), "256MiB", \
      "a part is closed when it has grown to this", 1, TIB, OF(side, FILE) }, \
    { path ".options.roll.age", TYPE_DURATION, AT(field.roll_age_ms), "1h", \
      "a part is closed when it is this old; 0 = never", 0, 365 * DAYS, OF(side, FILE) }, \
    { path ".options.compress", TYPE_WORD, AT(field.compress), "none", \
      "of closed parts", .words = compressions, OF(side, FILE) }, \
    { path ".options.fsync", TYPE_WORD, AT(field.fsync), "checkpoint", \
      "checkpoint: durable before a checkpoint says so; none: survives kill -9, not a power cut", \
      .words = fsyncs, OF(side, FILE) }, \
    { path ".options.bootstrap_servers", TYPE_STRING, AT(field.bootstrap_servers), NULL, \
      "host:port, comma-separated", .is_required = true, OF(side, KAFKA) }, \
    { path ".options.kafka_topic_prefix", TYPE_STRING, AT(field.kafka_topic_prefix), NULL, \
      "put before the stream's name to make the topic's", OF(side, KAFKA) }, \
    { path ".options.delivery_guarantee", TYPE_WORD, AT(field.delivery_guarantee), \
      "AT_LEAST_ONCE", "how often an event may arrive", .words = guarantees, OF(side, KAFKA) }, \
    { path ".options.properties", TYPE_PAIRS, AT(field.properties), NULL, \
      "properties for the Kafka client", OF(side, KAFKA) }, \
    { path ".parallelism", TYPE_IGNORED, 0, NULL, \
      "accepted and ignored: a sink has one writer", .instead = "stream_manager.workers" }

const struct config_key config_key_rows[] = {
    { "stream_manager.job_name", TYPE_NAME, AT(job_name), NULL,
      "names the job in its state, its log and its error stream; default: the application's name" },
    { "stream_manager.instance", TYPE_NAME, AT(instance), "0",
      "tells the processes of one job apart; part names carry it when it is set" },
    { "stream_manager.stream_config_uri", TYPE_URIS, AT(stream_config_uris),
      "https://meta.wikimedia.org/w/api.php",
      "stream configuration: files (JSON or YAML) and EventStreamConfig APIs; of a stream the "
      "first that knows it counts" },
    { "stream_manager.schema_uris", TYPE_URIS, AT(schema_uris),
      "[https://schema.wikimedia.org/repositories/primary/jsonschema, "
      "https://schema.wikimedia.org/repositories/secondary/jsonschema]",
      "schema repositories, tried in order" },
    { "stream_manager.schema_cache", TYPE_PATH, AT(schema_cache), NULL,
      "the directory of the copies that a start without the network goes by, or none; default: "
      "$CACHE_DIRECTORY, else $XDG_CACHE_HOME/weir/schemas, else ~/.cache/weir/schemas" },
    { "stream_manager.partition_by", TYPE_POINTERS, AT(partition_by), NULL,
      "the fields whose values keep events in order; default: the application's, else the stream's "
      "message_key_fields, else page and wiki for mediawiki.page_* streams" },

    { "stream_manager.source.connector", TYPE_WORD, AT(source.connector), "sse",
      "where events come from", .words = source_connectors },
    { "stream_manager.source.stream", TYPE_STREAM, AT(source.stream), NULL,
      "name:version of the stream that is read" },
    { "stream_manager.source.options.canary", TYPE_WORD, AT(source.canary), "drop",
      "what becomes of events whose meta.domain is \"canary\"", .words = canaries },
    { "stream_manager.source.options.max_rate", TYPE_INTEGER, AT(source.max_rate), "0",
      "events read per second at most; 0 = no limit", 0, 1000 * MILLION },
    { "stream_manager.source.options.url", TYPE_URL, AT(source.url), NULL,
      "default: https://stream.wikimedia.org/v2/stream/ and the stream's name", OF(SOURCE, SSE) },
    { "stream_manager.source.options.since", TYPE_TIME, AT(source.since_ms), NULL,
      "where a job without a checkpoint begins: RFC 3339 or milliseconds since 1970; default: now",
      OF(SOURCE, SSE) },
    { "stream_manager.source.options.until", TYPE_TIME, AT(source.until_ms), NULL,
      "the job ends when it has read past this; default: never", OF(SOURCE, SSE) },
    { "stream_manager.source.options.idle_timeout", TYPE_DURATION, AT(source.idle_timeout_ms), "5m",
      "a connection that is silent for so long is dead", 10, 7 * DAYS, OF(SOURCE, SSE) },
    { "stream_manager.source.options.contact", TYPE_STRING, AT(source.contact), NULL,
      "a mail address or page for the User-Agent; default: http.contact", OF(SOURCE, SSE) },
    { "stream_manager.source.options.user_agent", TYPE_STRING, AT(source.user_agent), NULL,
      "the whole User-Agent; default: http.user_agent", OF(SOURCE, SSE) },
    { "stream_manager.source.options.uri", TYPE_PATH, AT(source.uri), NULL,
      "a file, a directory, a glob, or - for standard input", .is_required = true,
      OF(SOURCE, FILE) },
    { "stream_manager.source.options.follow", TYPE_BOOL, AT(source.follow), "false",
      "go on reading what is appended", OF(SOURCE, FILE) },
    { "stream_manager.source.options.bootstrap_servers", TYPE_STRING, AT(source.bootstrap_servers),
      NULL, "host:port, comma-separated", .is_required = true, OF(SOURCE, KAFKA) },
    { "stream_manager.source.options.topics", TYPE_STRINGS, AT(source.topics), NULL,
      "default: the topics of the stream's configuration", OF(SOURCE, KAFKA) },
    { "stream_manager.source.options.consumer_group", TYPE_STRING, AT(source.consumer_group), NULL,
      "default: the job's name", OF(SOURCE, KAFKA) },
    { "stream_manager.source.options.offsets_initializer", TYPE_WORD,
      AT(source.offsets_initializer), "earliest", "where a group without offsets begins",
      .words = offsets, OF(SOURCE, KAFKA) },
    { "stream_manager.source.options.properties", TYPE_PAIRS, AT(source.properties), NULL,
      "properties for the Kafka client", OF(SOURCE, KAFKA) },
    { "stream_manager.source.parallelism", TYPE_IGNORED, 0, NULL,
      "accepted and ignored: a process reads all its partitions in one thread",
      .instead = "stream_manager.workers" },

    { "stream_manager.sink.connector", TYPE_WORD, AT(sink.connector), NULL,
      "where events go", .words = sink_connectors, .is_required = true },
    { "stream_manager.sink.stream", TYPE_STREAM, AT(sink.stream), NULL,
      "name:version of the stream that is written", .is_required = true },
    SINK_ROWS("stream_manager.sink", sink, SINK),

    { "stream_manager.error_sink.connector", TYPE_WORD, AT(error_sink.connector), "none",
      "where what failed goes; none: the first bad event stops the job. Instead of a map, "
      "error_sink may be true or a stream's name: the rest is then the sink's",
      .words = error_sink_connectors },
    { "stream_manager.error_sink.stream", TYPE_STREAM, AT(error_sink.stream), NULL,
      "name:version; default: <job_name>.error:2.1.0",
      .section = SECTION_ERROR_SINK, .connectors = ANY_SINK },
    SINK_ROWS("stream_manager.error_sink", error_sink, ERROR_SINK),

    { "stream_manager.steps", TYPE_STEPS, AT(steps), NULL,
      "what is done to each event, in order, before the application's function" },
    { "stream_manager.steps[].set.path", TYPE_POINTER, STEP(path), NULL,
      "the field that is set", .is_required = true },
    { "stream_manager.steps[].set.value", TYPE_JSON, STEP(value), NULL, "any value", .is_required = true },
    { "stream_manager.steps[].set.create_parents", TYPE_BOOL, STEP(create_parents), "false",
      "make the objects on the way that are missing, instead of failing the event" },
    { "stream_manager.steps[].remove.path", TYPE_POINTER, STEP(path), NULL,
      "the field that is removed", .is_required = true },
    { "stream_manager.steps[].copy.from", TYPE_POINTER, STEP(from), NULL,
      "the field whose value is taken", .is_required = true },
    { "stream_manager.steps[].copy.path", TYPE_POINTER, STEP(path), NULL,
      "the field that is set to it", .is_required = true },
    { "stream_manager.steps[].copy.create_parents", TYPE_BOOL, STEP(create_parents), "false",
      "make the objects on the way that are missing, instead of failing the event" },
    { "stream_manager.steps[].copy.on_missing", TYPE_WORD, STEP(on_missing), "error",
      "an event without the field from: it fails, or it passes unchanged", .words = missings },
    { "stream_manager.steps[].filter.path", TYPE_POINTER, STEP(path), NULL,
      "the field that is compared", .is_required = true },
    { "stream_manager.steps[].filter.value", TYPE_JSON, STEP(value), NULL,
      "a string, number, boolean or null, or a list of them: one is enough; an event without the "
      "field does not match", .is_required = true },
    { "stream_manager.steps[].filter.action", TYPE_WORD, STEP(filter), "keep",
      "events that match are kept and the others dropped, or the other way round",
      .words = filters },
    { "stream_manager.steps[].http.url", TYPE_STRING, STEP(url), NULL,
      "what is requested; {/a/pointer} stands for the event's value there, percent-encoded, in path and query",
      .is_required = true },
    { "stream_manager.steps[].http.method", TYPE_STRING, STEP(method), NULL, "default: GET" },
    { "stream_manager.steps[].http.headers", TYPE_PAIRS, STEP(headers), NULL,
      "names and values; values are templates as url is, without encoding" },
    { "stream_manager.steps[].http.body", TYPE_STRING, STEP(body), NULL,
      "what is sent; a template, whose values stand as JSON: a string with its quotes" },
    { "stream_manager.steps[].http.extract", TYPE_POINTER, STEP(extract), NULL,
      "the part of a JSON reply that is taken; default: all of the reply, as a string" },
    { "stream_manager.steps[].http.into", TYPE_POINTER, STEP(path), NULL,
      "the field that is set to it", .is_required = true },
    { "stream_manager.steps[].http.create_parents", TYPE_BOOL, STEP(create_parents), "false",
      "make the objects on the way that are missing, instead of failing the event" },
    { "stream_manager.steps[].http.on_missing", TYPE_WORD, STEP(on_missing), "error",
      "a reply of status 404, or without the part extract: the event fails, or it passes unchanged",
      .words = missings },
    { "stream_manager.steps[].http.idempotent", TYPE_BOOL, STEP(is_idempotent), "false",
      "a POST or PATCH may be sent again, with the same Idempotency-Key" },
    { "stream_manager.steps[].http.hosts", TYPE_STRINGS, STEP(allowed_hosts), NULL,
      "hosts that a url whose host holds a {pointer} may lead to; *.example.org: any below it" },
    { "stream_manager.steps[].page_content.endpoint", TYPE_STRING, STEP(endpoint), NULL,
      "the URL of the Action API: one for all wikis (each is told by the Host header), or one in which "
      "{/meta/domain} is the wiki's name; default: enrich.mediawiki_api_endpoint_template" },
    { "stream_manager.steps[].page_content.hosts", TYPE_STRINGS, STEP(allowed_hosts), NULL,
      "wikis that an endpoint whose host is {/meta/domain} may lead to; *.example.org: any below it" },
    { "stream_manager.steps[].page_content.max_keys", TYPE_INTEGER, STEP(max_keys), NULL,
      "revisions of one wiki in a request; default: 50", 1, 500 },
    { "stream_manager.steps[].page_content.max_group_bytes", TYPE_BYTES, STEP(max_group_bytes), NULL,
      "their sizes together; default: 4MB", KIB, GIB },
    { "stream_manager.steps[].page_content.linger", TYPE_DURATION, STEP(linger_ms), NULL,
      "how long the first one waits for others; default: 5ms", 1, MINUTE },
    { "stream_manager.steps[].page_content.max_content_size", TYPE_BYTES, STEP(max_content_bytes), NULL,
      "a longer content is an error event; default: enrich.max_content_size, else 17MiB", 1, GIB },

    { "stream_manager.workers", TYPE_INTEGER_AUTO, AT(workers), "auto",
      "threads that enrich; auto = as many as the machine lets this process use", 1, 256 },
    { "stream_manager.ordering", TYPE_WORD, AT(ordering), "key",
      "which events leave in the order in which they came", .words = orderings },
    { "stream_manager.missing_key", TYPE_WORD, AT(missing_key), "error",
      "an event without the fields of partition_by", .words = missing_keys },
    { "stream_manager.batch.max_events", TYPE_INTEGER, AT(batch.max_events), "512",
      "events handed over at once", 1, MILLION },
    { "stream_manager.batch.max_bytes", TYPE_BYTES, AT(batch.max_bytes), "1MiB",
      "bytes handed over at once", KIB, GIB },
    { "stream_manager.batch.linger", TYPE_DURATION, AT(batch.linger_ms), "10ms",
      "how long a batch may wait to be filled", 0, 60 * SECONDS },
    { "stream_manager.max_in_flight", TYPE_INTEGER, AT(max_in_flight), "1024",
      "events that may wait at once; then the source pauses", 1, 10 * MILLION },
    { "stream_manager.max_event_size", TYPE_BYTES, AT(max_event_size), "16MiB",
      "an event above becomes an error event", KIB, GIB },
    { "stream_manager.memory_limit", TYPE_BYTES, AT(memory_limit), "256MiB",
      "for all that could grow; the process stays under this and 64 MiB", MIB, TIB },
    { "stream_manager.checkpoint.dir", TYPE_PATH, AT(checkpoint.dir), NULL,
      "default: .weir/<job_name>/<instance> below a file sink, else below the state directory" },
    { "stream_manager.checkpoint.interval", TYPE_DURATION, AT(checkpoint.interval_ms), "1s",
      "how often progress is made durable", 1, HOURS },
    { "stream_manager.checkpoint.ledger_window", TYPE_INTEGER, AT(checkpoint.ledger_window),
      "1000000", "events between the oldest unfinished one and the newest", 1, 1000 * MILLION },
    { "stream_manager.project", TYPE_BOOL, AT(project), "true",
      "drop the fields that the sink's schema does not know" },
    { "stream_manager.validate", TYPE_BOOL, AT(validate), "true",
      "check against the sink's schema" },
    { "stream_manager.stamp", TYPE_BOOL, AT(stamp), "true",
      "write $schema and meta for the sink's stream" },
    { "stream_manager.unknown_fields", TYPE_WORD, AT(unknown_fields), "drop",
      "fields that the sink's schema forbids, when events are projected: they are removed, they "
      "stay, or the event fails", .words = unknown_fields },
    { "stream_manager.startup_timeout", TYPE_DURATION, AT(startup_timeout_ms), "30s",
      "how long a service may be missing at start", 0, DAYS },
    { "stream_manager.http_client_routes", TYPE_MOVED, 0, NULL, "another name of http.routes",
      .instead = "http.routes" },
    { "stream_manager.parallelism", TYPE_IGNORED, 0, NULL, "accepted and ignored",
      .instead = "stream_manager.workers" },
    { "stream_manager.process_batch_*", TYPE_IGNORED, 0, NULL, "accepted and ignored",
      .instead = "stream_manager.batch" },
    { "stream_manager.process_async_*", TYPE_IGNORED, 0, NULL, "accepted and ignored",
      .instead = "stream_manager.max_in_flight" },
    { "stream_manager.process_*", TYPE_IGNORED, 0, NULL, "accepted and ignored",
      .instead = "stream_manager.workers" },

    { "http.contact", TYPE_STRING, AT(http.contact), NULL,
      "a mail address or page that the User-Agent names" },
    { "http.user_agent", TYPE_STRING, AT(http.user_agent), NULL,
      "the whole User-Agent; default: the job, this program and the contact" },
    { "http.connect_timeout", TYPE_DURATION, AT(http.connect_timeout_ms), "5s",
      "for a connection", 1, HOURS },
    { "http.attempt_timeout", TYPE_DURATION, AT(http.attempt_timeout_ms), "65s",
      "for one request", 1, HOURS },
    { "http.deadline", TYPE_DURATION, AT(http.deadline_ms), "180s",
      "for all requests of one event, retries included", 1, DAYS },
    { "http.max_redirects", TYPE_INTEGER, AT(http.max_redirects), "0",
      "redirects followed", 0, 3 },
    { "http.max_body", TYPE_BYTES, AT(http.max_body_bytes), "16MiB",
      "a reply's body, decoded", KIB, GIB },
    { "http.ca_file", TYPE_PATH, AT(http.ca_file), NULL,
      "certificate authorities; default: the system's" },
    { "http.insecure_skip_verify", TYPE_BOOL, AT(http.insecure_skip_verify), "false",
      "accept any certificate; warned of at each start" },
    { "http.proxy", TYPE_URL, AT(http.proxy), NULL,
      "a proxy's URL; the environment's variables are not read" },
    { "http.deny_private_addresses", TYPE_BOOL, AT(http.deny_private_addresses), "false",
      "refuse loopback and private addresses, too; link-local ones always are" },
    { "http.client_certificate", TYPE_PATH, AT(http.client_certificate), NULL,
      "a certificate of ours (PEM), for servers that ask for one" },
    { "http.client_key", TYPE_PATH, AT(http.client_key), NULL,
      "its key (PEM); default: in the same file" },
    { "http.headers", TYPE_PAIRS, AT(http.headers), NULL,
      "sent with every request of a step or an application's function; file:PATH stands for a file's text" },
    { "http.stack_size", TYPE_BYTES, AT(http.stack_bytes), "64KiB",
      "the stack of a function that makes requests", 16 * KIB, 16 * MIB },
    { "http.breaker.failures", TYPE_INTEGER, AT(http.breaker.failures), "50",
      "failures in a row after which a host is left alone; 0 = never", 0, MILLION },
    { "http.breaker.base", TYPE_DURATION, AT(http.breaker.base_ms), "1s",
      "for how long, the first time; then one request tries, and each that fails doubles it", 1, HOURS },
    { "http.breaker.cap", TYPE_DURATION, AT(http.breaker.cap_ms), "30s",
      "it is never left alone for longer", 1, HOURS },
    { "http.low_speed.bytes", TYPE_BYTES, AT(http.low_speed.bytes), "64",
      "a reply that has begun must bring as many a second; 0 = any", 0, MIB },
    { "http.low_speed.window", TYPE_DURATION, AT(http.low_speed.window_ms), "30s",
      "what that is measured over", 100, HOURS },
    { "http.retry.attempts", TYPE_INTEGER, AT(http.retry.attempts), "4",
      "requests in all, the first one included", 1, 100 },
    { "http.retry.base", TYPE_DURATION, AT(http.retry.base_ms), "200ms",
      "the n-th pause is random up to base * 2^n", 1, HOURS },
    { "http.retry.cap", TYPE_DURATION, AT(http.retry.cap_ms), "30s",
      "no pause is longer", 1, HOURS },
    { "http.retry.statuses", TYPE_INTEGERS, AT(http.retry.statuses),
      "[408, 425, 429, 500, 502, 503, 504]", "replies that are tried again", 400, 599 },
    { "http.retry.api_errors", TYPE_STRINGS, AT(http.retry.api_errors),
      "[maxlag, ratelimited, readonly, internal_api_error_*]",
      "error codes in a 200's body that count as 503" },
    { "http.retry.missing_age", TYPE_DURATION, AT(http.retry.missing_age_ms), "10s",
      "404 is tried again while the event is younger", 0, DAYS },
    { "http.retry.budget_percent", TYPE_INTEGER, AT(http.retry.budget_percent), "20",
      "retries allowed per host, in percent of requests", 0, 1000 },
    { "http.retry.budget_per_second", TYPE_INTEGER, AT(http.retry.budget_per_second), "10",
      "retries allowed per host and second besides", 0, MILLION },
    { "http.retry.budget_window", TYPE_DURATION, AT(http.retry.budget_window_ms), "10s",
      "what the budget is measured over", SECONDS, HOURS },
    { "http.retry.budget_empty", TYPE_WORD, AT(http.retry.budget_empty), "park",
      "events that would retry without budget", .words = held },
    { "http.retry.retry_after_beyond_deadline", TYPE_WORD,
      AT(http.retry.retry_after_beyond_deadline), "error",
      "events that a server sends away for longer than their deadline", .words = held },
    { "http.limits.concurrency", TYPE_INTEGER, AT(http.limits.concurrency), "64",
      "requests under way per host", 1, 100000 },
    { "http.limits.rate", TYPE_INTEGER, AT(http.limits.rate), "0",
      "requests per second and host; 0 = no limit", 0, MILLION },
    { "http.limits.connections", TYPE_INTEGER, AT(http.limits.connections), "12",
      "connections that a worker keeps at least, when they are idle", 1, 10000 },
    { "http.routes", TYPE_PAIRS, AT(http.routes), NULL,
      "a URL, and the scheme, host and port that requests to its host go to instead" },
    { "http.http_client_routes", TYPE_MOVED, 0, NULL, "another name of http.routes",
      .instead = "http.routes" },
    { "http.http_session.pool_maxsize", TYPE_MOVED, 0, NULL,
      "another name of http.limits.connections", .instead = "http.limits.connections" },
    { "http_session.pool_maxsize", TYPE_MOVED, 0, NULL,
      "another name of http.limits.connections", .instead = "http.limits.connections" },

    { "admin.listen", TYPE_STRING, AT(admin.listen), NULL,
      "host:port of metrics and health; not built yet" },
};

/* clang-format on */

const size_t config_n_key_rows = ARRAY_SIZE(config_key_rows);
