/* SPDX-License-Identifier: Apache-2.0 */
/* What good configurations become: values, defaults, and what follows from other keys. */
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

static void test_the_tutorial(void)
{
    static const struct scene scene = {
        .files = { "stream_manager:\n"
                   "  stream_config_uri: file://stream_config.yaml\n"
                   "  schema_uris:\n"
                   "    - file:///srv/schemas/jsonschema\n"
                   "  source:\n"
                   "    connector: sse\n"
                   "    stream: mediawiki.page_change.v1:1.1.0\n"
                   "  sink:\n"
                   "    connector: file\n"
                   "    stream: event_platform_app.sink:1.1.0\n"
                   "    options:\n"
                   "      uri: file:///tmp/out\n"
                   "  error_sink:\n"
                   "    connector: file\n"
                   "    stream: event_platform_app.error:2.1.0\n"
                   "    options:\n"
                   "      uri: file:///tmp/out\n" },
        .job_name = "event_platform_app",
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->job_name, "event_platform_app");
    CU_ASSERT_STRING_EQUAL(config->instance, "0");
    CU_ASSERT_FALSE(config->is_instance_set);
    CU_ASSERT_STRING_EQUAL(config->stream_config_uris.items[0], "stream_config.yaml");
    CU_ASSERT_EQUAL(config->schema_uris.n_items, 1);
    CU_ASSERT_STRING_EQUAL(config->schema_uris.items[0], "/srv/schemas/jsonschema");
    CU_ASSERT_EQUAL(config->partition_by.n_items, 2);
    CU_ASSERT_STRING_EQUAL(config->partition_by.items[1], "/page/page_id");
    CU_ASSERT_EQUAL(config->source.connector, CONNECTOR_SSE);
    CU_ASSERT_STRING_EQUAL(config->source.url,
                           "https://stream.wikimedia.org/v2/stream/mediawiki.page_change.v1");
    CU_ASSERT_EQUAL(config->source.since_ms, -1);
    CU_ASSERT_EQUAL(config->source.until_ms, -1);
    CU_ASSERT_STRING_EQUAL(config->source.stream.name, "mediawiki.page_change.v1");
    CU_ASSERT_STRING_EQUAL(config->source.stream.version, "1.1.0");
    CU_ASSERT_EQUAL(config->sink.connector, CONNECTOR_FILE);
    CU_ASSERT_STRING_EQUAL(config->sink.uri, "/tmp/out");
    CU_ASSERT_STRING_EQUAL(config->sink.stream.name, "event_platform_app.sink");
    CU_ASSERT_EQUAL(config->sink.roll_bytes, 256 << 20);
    CU_ASSERT_EQUAL(config->sink.roll_age_ms, 3600000);
    CU_ASSERT_EQUAL(config->error_sink.connector, CONNECTOR_FILE);
    CU_ASSERT_STRING_EQUAL(config->error_sink.stream.text, "event_platform_app.error:2.1.0");
    CU_ASSERT_EQUAL(config->warnings.n_items, 0);
    CU_ASSERT_EQUAL(config_check_built(config, NULL), 0);
}

static void test_defaults(void)
{
    static const struct scene scene = { .files = { MINIMAL } };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->job_name, "weir");
    CU_ASSERT_EQUAL(config->source.connector, CONNECTOR_SSE);
    CU_ASSERT_EQUAL(config->source.canary, CANARY_DROP);
    CU_ASSERT_EQUAL(config->source.max_rate, 0);
    CU_ASSERT_EQUAL(config->source.idle_timeout_ms, 300000);
    CU_ASSERT_STRING_EQUAL(config->source.stream.version, "1.1.0");
    CU_ASSERT_PTR_NULL(config->source.contact);
    CU_ASSERT_EQUAL(config->error_sink.connector, CONNECTOR_NONE);
    CU_ASSERT_EQUAL(config->n_steps, 0);
    CU_ASSERT_EQUAL(config->workers, 0);
    CU_ASSERT_EQUAL(config->ordering, ORDERING_KEY);
    CU_ASSERT_EQUAL(config->missing_key, MISSING_KEY_ERROR);
    CU_ASSERT_EQUAL(config->batch.max_events, 512);
    CU_ASSERT_EQUAL(config->batch.max_bytes, 1 << 20);
    CU_ASSERT_EQUAL(config->batch.linger_ms, 10);
    CU_ASSERT_EQUAL(config->max_in_flight, 1024);
    CU_ASSERT_EQUAL(config->max_event_size, 16 << 20);
    CU_ASSERT_EQUAL(config->memory_limit, 256 << 20);
    CU_ASSERT_PTR_NULL(config->checkpoint.dir);
    CU_ASSERT_EQUAL(config->checkpoint.interval_ms, 1000);
    CU_ASSERT_EQUAL(config->checkpoint.ledger_window, 1000000);
    CU_ASSERT_TRUE(config->project && config->validate && config->stamp);
    CU_ASSERT_EQUAL(config->startup_timeout_ms, 30000);
    CU_ASSERT_EQUAL(config->http.retry.attempts, 4);
    CU_ASSERT_EQUAL(config->http.retry.statuses.n_items, 7);
    CU_ASSERT_EQUAL(config->http.retry.statuses.items[6], 504);
    CU_ASSERT_STRING_EQUAL(config->http.retry.api_errors.items[3], "internal_api_error_*");
    CU_ASSERT_EQUAL(config->http.limits.connections, 12);
    CU_ASSERT_EQUAL(config->http.routes.n_items, 0);
    CU_ASSERT_PTR_NULL(config->admin.listen);
    CU_ASSERT_PTR_NOT_NULL(config->application);
}

static void test_every_kind_of_value(void)
{
    static const struct scene scene = {
        .files = { "stream_manager:\n"
                   "  job_name: other\n"
                   "  instance: b-2\n"
                   "  partition_by: /key\n"
                   "  source:\n"
                   "    connector: file\n"
                   "    options: {uri: 'file:/in%20dir/*.ndjson', follow: True, max_rate: 100}\n"
                   "  sink:\n"
                   "    connector: file\n"
                   "    stream: out:latest\n"
                   "    options:\n"
                   "      uri: ./out\n"
                   "      roll: {bytes: 1GiB, age: 0}\n"
                   "      compress: zstd\n"
                   "      fsync: none\n"
                   "  workers: 4\n"
                   "  ordering: source\n"
                   "  missing_key: keyless\n"
                   "  stream_config_uri: [file:///c.yaml, 'http://h/w/api.php']\n"
                   "  schema_cache: file:///var/cache/schemas\n"
                   "  unknown_fields: error\n" NO_RULES
                   "  batch: {max_events: 0x10, max_bytes: 64KiB, linger: 1s500ms}\n"
                   "  checkpoint: {dir: /var/lib/x, interval: 10ms, ledger_window: 5000}\n"
                   "http:\n"
                   "  contact: someone@example.org\n"
                   "  retry: {statuses: [500, 599], api_errors: []}\n"
                   "  routes: {'https://a.example/x': 'http://localhost:6500'}\n" },
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->job_name, "other");
    CU_ASSERT_STRING_EQUAL(config->instance, "b-2");
    CU_ASSERT_TRUE(config->is_instance_set);
    CU_ASSERT_STRING_EQUAL(config->partition_by.items[0], "/key");
    CU_ASSERT_STRING_EQUAL(config->source.uri, "/in dir/*.ndjson");
    CU_ASSERT_TRUE(config->source.follow);
    CU_ASSERT_EQUAL(config->source.max_rate, 100);
    CU_ASSERT_STRING_EQUAL(config->sink.stream.version, "latest");
    CU_ASSERT_EQUAL(config->sink.roll_bytes, 1 << 30);
    CU_ASSERT_EQUAL(config->sink.roll_age_ms, 0);
    CU_ASSERT_EQUAL(config->sink.compress, COMPRESS_ZSTD);
    CU_ASSERT_EQUAL(config->sink.fsync, FSYNC_NONE);
    CU_ASSERT_EQUAL(config->workers, 4);
    CU_ASSERT_EQUAL(config->ordering, ORDERING_SOURCE);
    CU_ASSERT_EQUAL(config->missing_key, MISSING_KEY_KEYLESS);
    CU_ASSERT_EQUAL_FATAL(config->stream_config_uris.n_items, 2);
    CU_ASSERT_STRING_EQUAL(config->stream_config_uris.items[0], "/c.yaml");
    CU_ASSERT_STRING_EQUAL(config->stream_config_uris.items[1], "http://h/w/api.php");
    CU_ASSERT_STRING_EQUAL(config->schema_cache, "/var/cache/schemas");
    CU_ASSERT_EQUAL(config->unknown_fields, UNKNOWN_FIELDS_ERROR);
    CU_ASSERT_EQUAL(config->batch.max_events, 16);
    CU_ASSERT_EQUAL(config->batch.max_bytes, 65536);
    CU_ASSERT_EQUAL(config->batch.linger_ms, 1500);
    CU_ASSERT_STRING_EQUAL(config->checkpoint.dir, "/var/lib/x");
    CU_ASSERT_EQUAL(config->checkpoint.interval_ms, 10);
    CU_ASSERT_EQUAL(config->checkpoint.ledger_window, 5000);
    CU_ASSERT_EQUAL(config->http.retry.statuses.n_items, 2);
    CU_ASSERT_EQUAL(config->http.retry.api_errors.n_items, 0);
    CU_ASSERT_STRING_EQUAL(config->http.routes.items[0].name, "https://a.example/x");
    CU_ASSERT_STRING_EQUAL(config->http.routes.items[0].value, "http://localhost:6500");
}

static void test_steps(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "  steps:\n"
                           "    - set: {path: /a/b~1c, value: text}\n"
                           "    - set: {path: /d, value: [1, 1.50, ~, {x: true}, '1'], "
                           "create_parents: true}\n"
                           "    - remove: {path: /e/0}\n"
                           "    - set: {path: /f, value: null}\n" },
    };
    static const struct {
        enum config_step_kind kind;
        const char *path;
        const char *value;
        bool create_parents;
    } rows[] = {
        { STEP_SET, "/a/b~1c", "\"text\"", false },
        { STEP_SET, "/d", "[1,1.50,null,{\"x\":true},\"1\"]", true },
        { STEP_REMOVE, "/e/0", NULL, false },
        { STEP_SET, "/f", "null", false },
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL_FATAL(config->n_steps, ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct config_step *step = &config->steps[i];
        CU_ASSERT_EQUAL(step->kind, rows[i].kind);
        CU_ASSERT_STRING_EQUAL(step->path, rows[i].path);
        CU_ASSERT_EQUAL(step->create_parents, rows[i].create_parents);
        if (rows[i].value == NULL) {
            CU_ASSERT_PTR_NULL(step->value);
            continue;
        }
        CU_ASSERT_STRING_EQUAL(step->value, rows[i].value);
        CU_ASSERT_EQUAL(step->value_len, strlen(rows[i].value));
    }
}

static void test_copies_and_filters(void)
{
    static const struct scene scene = {
        .files = { MINIMAL
                   "  steps:\n"
                   "    - copy: {from: /a, path: /b}\n"
                   "    - copy: {from: /a, path: /b, create_parents: true, on_missing: skip}\n"
                   "    - filter: {path: /c, value: [0, x, ~]}\n"
                   "    - filter: {path: /c, value: true, action: drop}\n" },
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL_FATAL(config->n_steps, 4);
    const struct config_step *steps = config->steps;
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(steps[i].kind, STEP_COPY);
        CU_ASSERT_STRING_EQUAL(steps[i].from, "/a");
        CU_ASSERT_STRING_EQUAL(steps[i].path, "/b");
        CU_ASSERT_EQUAL(steps[i].create_parents, i == 1);
        CU_ASSERT_EQUAL(steps[i].on_missing, i == 1 ? MISSING_SKIP : MISSING_ERROR);
        CU_ASSERT_EQUAL(steps[2 + i].kind, STEP_FILTER);
        CU_ASSERT_STRING_EQUAL(steps[2 + i].path, "/c");
        CU_ASSERT_STRING_EQUAL(steps[2 + i].value, i == 1 ? "true" : "[0,\"x\",null]");
        CU_ASSERT_EQUAL(steps[2 + i].filter, i == 1 ? FILTER_DROP : FILTER_KEEP);
    }
}

static void test_partition_by_has_three_defaults(void)
{
    static const char *const of_application[] = { "/mine", NULL };
    static const char *const none[] = { NULL };
    static const struct {
        const char *const *application;
        const char *set;
        const char *first;
    } rows[] = {
        { NULL, NULL, "/wiki_id" },
        { none, NULL, "/wiki_id" },
        { of_application, NULL, "/mine" },
        { of_application, "stream_manager.partition_by=[/given]", "/given" },
        { NULL, "stream_manager.source.stream=mediawiki.page_content_change.v1:1.0.0", "/wiki_id" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene = { .files = { MINIMAL },
                               .sets = { rows[i].set },
                               .partition_by = rows[i].application };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_STRING_EQUAL(config->partition_by.items[0], rows[i].first);
        CU_ASSERT_EQUAL(config->is_partition_by_given, rows[i].first[1] != 'w');
    }
}

/* Where streams are looked up, their configuration may tell the key. */
static void test_partition_by_of_a_stream(void)
{
    struct scene scene = { .files = { MINIMAL },
                           .sets = { "stream_manager.source.stream=recentchange:1.0.0" } };
    AUTO(config) config = scene_config(&scene);
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_TRUE(config_uses_streams(config));
    CU_ASSERT_EQUAL(config->partition_by.n_items, 0);
    CU_ASSERT_FALSE(config->is_partition_by_given);
    CU_ASSERT_EQUAL(config_summary(config, NULL, &text), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), "kept per key: message_key_fields\n"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "not looked up"));
}

static void test_what_a_lookup_found_is_shown(void)
{
    static const char *const fields[] = { "/title" };
    static const struct config_findings findings = {
        .partition_by = { fields, 1 },
        .source = "            schema  recent 1.0.0\n",
        .sink = "            schema  sunk 2.0.0\n",
        .error_sink = "            schema  error 2.1.0\n",
    };
    struct scene scene = { .files = { MINIMAL },
                           .sets = { "stream_manager.stamp=true",
                                     "stream_manager.source.stream=recentchange:1.0.0",
                                     "stream_manager.error_sink=true" } };
    AUTO(config) config = scene_config(&scene);
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL(config_summary(config, &findings, &text), 0);
    CU_ASSERT_STRING_EQUAL(
        buffer_text(&text),
        "job         weir, instance 0\n"
        "reads       recentchange:1.0.0 from https://stream.wikimedia.org/v2/stream/recentchange "
        "(sse)\n"
        "            schema  recent 1.0.0\n"
        "order       kept per key: /title\n"
        "writes      s:1.0.0 to standard output (stdout)\n"
        "            schema  sunk 2.0.0\n"
        "errors      weir.error:2.1.0 to standard output (stdout)\n"
        "            schema  error 2.1.0\n"
        "workers     auto, memory_limit 256MiB\n"
        "checkpoint  every 1s in the state directory\n");
}

static void test_short_forms_of_an_error_sink(void)
{
    static const char sink[] = "stream_manager.sink={connector: file, options: {uri: /o}}";
    static const struct {
        const char *error_sink;
        enum connector connector;
        const char *stream;
        const char *uri;
    } rows[] = {
        { "true", CONNECTOR_FILE, "weir.error:2.1.0", "/o" },
        { "bad.events:2.0.0", CONNECTOR_FILE, "bad.events:2.0.0", "/o" },
        { "bad.events", CONNECTOR_FILE, "bad.events:2.1.0", "/o" },
        { "false", CONNECTOR_NONE, NULL, NULL },
        { "~", CONNECTOR_NONE, NULL, NULL },
        { "{connector: none}", CONNECTOR_NONE, NULL, NULL },
        { "{connector: stdout}", CONNECTOR_STDOUT, "weir.error:2.1.0", NULL },
        { "{connector: file, options: {uri: /e}}", CONNECTOR_FILE, "weir.error:2.1.0", "/e" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char set[160];
        snprintf(set, sizeof(set), "stream_manager.error_sink=%s", rows[i].error_sink);
        struct scene scene = { .files = { MINIMAL }, .sets = { sink, set } };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_EQUAL(config->error_sink.connector, rows[i].connector);
        if (rows[i].stream != NULL) {
            CU_ASSERT_STRING_EQUAL(config->error_sink.stream.text, rows[i].stream);
            CU_ASSERT_PTR_NOT_NULL(config->error_sink.stream.version);
        }
        CU_ASSERT_EQUAL(config->error_sink.uri != NULL, rows[i].uri != NULL);
        if (rows[i].uri != NULL) {
            CU_ASSERT_STRING_EQUAL(config->error_sink.uri, rows[i].uri);
        }
    }
}

static void test_paths(void)
{
    static const struct {
        const char *given;
        const char *path;
    } rows[] = {
        { "relative/dir", "relative/dir" },
        { "-", "-" },
        { "file:///abs/dir", "/abs/dir" },
        { "file:/abs/dir", "/abs/dir" },
        { "FILE:///abs", "/abs" },
        { "file://localhost/abs", "/abs" },
        { "file://./here", "./here" },
        { "file://../there", "../there" },
        { "file://config/schemas", "config/schemas" },
        { "file:///a%20b%2Fc", "/a b/c" },
        { "file:///caf%C3%A9", "/caf\xC3\xA9" },
        { "/as%20is", "/as%20is" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char set[160];
        snprintf(set, sizeof(set), "stream_manager.checkpoint.dir='%s'", rows[i].given);
        struct scene scene = { .files = { MINIMAL }, .sets = { set } };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_STRING_EQUAL(config->checkpoint.dir, rows[i].path);
    }
}

static void test_contact_of_the_source_wins(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "http: {contact: c@http, user_agent: agent}\n" },
        .sets = { "stream_manager.source.options.contact=c@source" },
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->source.contact, "c@source");
    CU_ASSERT_STRING_EQUAL(config->source.user_agent, "agent");
    CU_ASSERT_STRING_EQUAL(config->http.contact, "c@http");
}

static void test_warnings(void)
{
    static const struct {
        const char *text;
        const char *warning;
    } rows[] = {
        { "  workers: 1\n", NULL },
        { "  parallelism: 3\n", "a.yaml:4:3: stream_manager.parallelism: has no effect here; see "
                                "stream_manager.workers" },
        { "  process_max_workers_default: 3\n",
          "a.yaml:4:3: stream_manager.process_max_workers_default: has no effect here; see "
          "stream_manager.workers" },
        { "  parallelism:\n", NULL },
        { "enrich: {a: 1}\nmore: [x]\n",
          "a.yaml:4:1: sections of an application have no effect here: enrich, more" },
        { "version: 1\nformatters: {}\nroot: {level: INFO}\n",
          "a.yaml:4:1: a Python logging document has no effect here; see --log-format" },
        { "admin: {listen: '127.0.0.1:9464'}\n",
          "a.yaml:4:17: admin.listen: is not built yet; nothing listens" },
        { "http: {http_session: {pool_maxsize: 5}, limits: {connections: 6}}\n",
          "a.yaml:4:37: http.http_session.pool_maxsize: ignored, since http.limits.connections is "
          "set" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s%s", MINIMAL, rows[i].text);
        struct scene scene = { .files = { text } };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_EQUAL(config->warnings.n_items, rows[i].warning != NULL);
        if (rows[i].warning != NULL && config->warnings.n_items > 0) {
            CU_ASSERT_STRING_EQUAL(config->warnings.items[0], rows[i].warning);
            if (strcmp(config->warnings.items[0], rows[i].warning) != 0) {
                printf("%s\n", config->warnings.items[0]);
            }
        }
    }
}

static void test_an_application_reads_its_sections_without_a_warning(void)
{
    static const struct scene scene = { .files = { MINIMAL "enrich: {a: 1}\n" },
                                        .has_application_sections = true };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL(config->warnings.n_items, 0);
}

static void test_a_summary_names_what_is_read_and_written(void)
{
    static const struct scene scene = {
        .files = { MINIMAL NO_RULES
                   "  steps: [{set: {path: /a, value: 1}}, {remove: {path: /b}}, {copy: {from: /c, "
                   "path: /d}}, {filter: {path: /e, value: [1, 2], action: drop}}]\n" },
        .sets = { "stream_manager.source.options.url=http://user:hunter2@h/p",
                  "stream_manager.error_sink={connector: file, options: {uri: /err}}" },
    };
    AUTO(config) config = scene_config(&scene);
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL(config_summary(config, NULL, &text), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text),
                           "job         weir, instance 0\n"
                           "reads       mediawiki.page_change.v1:1.1.0 from http://***@h/p (sse)\n"
                           "order       kept per key: /wiki_id /page/page_id\n"
                           "steps       set /a\n"
                           "            remove /b\n"
                           "            copy /c to /d\n"
                           "            drop where /e is [1,2]\n"
                           "writes      s:1.0.0 to standard output (stdout)\n"
                           "errors      weir.error:2.1.0 to /err (file)\n"
                           "workers     auto, memory_limit 256MiB\n"
                           "checkpoint  every 1s in /err/.weir/weir/0\n"
                           "schemas     not looked up: project, validate and stamp are false\n");
}

static const struct test_case cases[] = {
    { "the tutorial's configuration loads as it is", test_the_tutorial },
    { "what is not given has its default", test_defaults },
    { "every kind of value is read", test_every_kind_of_value },
    { "steps become pointers and JSON", test_steps },
    { "copies and filters", test_copies_and_filters },
    { "partition_by has three defaults", test_partition_by_has_three_defaults },
    { "and a fourth, of the stream", test_partition_by_of_a_stream },
    { "what a lookup found is shown", test_what_a_lookup_found_is_shown },
    { "an error sink may be true or a stream's name", test_short_forms_of_an_error_sink },
    { "file: URIs become paths", test_paths },
    { "the source's contact wins over http's", test_contact_of_the_source_wins },
    { "what has no effect is warned of, once", test_warnings },
    { "an application reads its sections without a warning",
      test_an_application_reads_its_sections_without_a_warning },
    { "a summary names what is read and written", test_a_summary_names_what_is_read_and_written },
};

CUNIT_MAIN("config/load", cases)
