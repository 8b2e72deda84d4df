/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the shape that production has: the job's, one that a deployment lays over it, and a
 * Python logging document, all given by --config.
 */
#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

static const char app_config[] =
    "enrich:\n"
    "  mediawiki_api_endpoint_template: http://localhost:6500/w/api.php\n"
    "  ssl_ca_bundle_path: /etc/ssl/certs/ca-certificates.crt\n"
    "  request_timeout: 20\n"
    "  max_content_size: 58720256\n"
    "http_session:\n"
    "  pool_maxsize: 24\n"
    "stream_manager:\n"
    "  job_name: mw-page-content-change-enrich\n"
    "  stream_config_uri: https://meta.wikimedia.org/w/api.php\n"
    "  schema_uris:\n"
    "    - file:///srv/app/event-schemas/primary/jsonschema\n"
    "    - http://127.0.0.1:6023/repositories/primary/jsonschema/\n"
    "  http_client_routes:\n"
    "    https://meta.wikimedia.org/w/api.php: http://localhost:6500\n"
    "  process_async_enabled_default: false\n"
    "  process_max_workers_default: 1\n"
    "  process_batch_size_default: 1\n"
    "  source:\n"
    "    stream: mediawiki.page_change.v1:1.7.0\n"
    "    connector: kafka\n"
    "    parallelism: 2\n"
    "    options:\n"
    "      bootstrap_servers: kafka1001:9093,kafka1002:9093\n"
    "      topics: [eqiad.mediawiki.page_change.v1]\n"
    "      consumer_group: enrich.k8s.000\n"
    "      offsets_initializer: latest\n"
    "      properties:\n"
    "        security.protocol: SSL\n"
    "        ssl.ca.location: /etc/ssl/certs/wmf.crt\n"
    "        partition.discovery.interval.ms: \"60000\"\n"
    "  sink:\n"
    "    stream: mediawiki.page_content_change.v1:1.7.0\n"
    "    connector: kafka\n"
    "    options: &producer\n"
    "      bootstrap_servers: kafka1001:9093\n"
    "      kafka_topic_prefix: eqiad.\n"
    "      delivery_guarantee: AT_LEAST_ONCE\n"
    "      properties:\n"
    "        max.request.size: \"10485760\"\n"
    "        buffer.memory: 134217728\n"
    "        compression.type: zstd\n"
    "  error_sink:\n"
    "    stream: mw_page_content_change_enrich.error:2.1.0\n"
    "    connector: kafka\n"
    "    options: *producer\n";

static const char deployment[] = "enrich:\n"
                                 "  request_timeout: 65\n"
                                 "stream_manager:\n"
                                 "  source:\n"
                                 "    options:\n"
                                 "      topics: [codfw.mediawiki.page_change.v1]\n"
                                 "      properties:\n"
                                 "        fetch.max.bytes: 1000\n"
                                 "  sink:\n"
                                 "    options:\n"
                                 "      kafka_topic_prefix: codfw.\n";

static const char python_logging[] = "version: 1\n"
                                     "disable_existing_loggers: false\n"
                                     "formatters:\n"
                                     "  ecs: {(): ecs_logging.StdlibFormatter}\n"
                                     "  plain: {format: '%(asctime)s ${not a reference}'}\n"
                                     "handlers:\n"
                                     "  console: {class: logging.StreamHandler, formatter: ecs}\n"
                                     "loggers:\n"
                                     "  eventutilities_python: {level: INFO}\n"
                                     "root: {level: WARN, handlers: [console]}\n";

static const struct scene scene = { .files = { app_config, deployment, python_logging } };

static const char *find_pair(const struct config_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->n_items; i++) {
        if (strcmp(pairs->items[i].name, name) == 0) {
            return pairs->items[i].value;
        }
    }
    return "";
}

static void test_it_loads(void)
{
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->job_name, "mw-page-content-change-enrich");
    CU_ASSERT_EQUAL(config->schema_uris.n_items, 2);
    CU_ASSERT_STRING_EQUAL(config->schema_uris.items[0],
                           "/srv/app/event-schemas/primary/jsonschema");
    CU_ASSERT_EQUAL(config->http.routes.n_items, 1);
    CU_ASSERT_STRING_EQUAL(config->http.routes.items[0].value, "http://localhost:6500");
    CU_ASSERT_EQUAL(config->http.limits.connections, 24);
    const struct config_source *source = &config->source;
    CU_ASSERT_EQUAL(source->connector, CONNECTOR_KAFKA);
    CU_ASSERT_STRING_EQUAL(source->bootstrap_servers, "kafka1001:9093,kafka1002:9093");
    CU_ASSERT_STRING_EQUAL(source->consumer_group, "enrich.k8s.000");
    CU_ASSERT_EQUAL(source->offsets_initializer, OFFSETS_LATEST);
    CU_ASSERT_STRING_EQUAL(find_pair(&source->properties, "security.protocol"), "SSL");
    CU_ASSERT_STRING_EQUAL(find_pair(&source->properties, "partition.discovery.interval.ms"),
                           "60000");
    const struct config_sink *sink = &config->sink;
    CU_ASSERT_EQUAL(sink->delivery_guarantee, GUARANTEE_AT_LEAST_ONCE);
    CU_ASSERT_STRING_EQUAL(find_pair(&sink->properties, "max.request.size"), "10485760");
    CU_ASSERT_STRING_EQUAL(find_pair(&sink->properties, "buffer.memory"), "134217728");
    CU_ASSERT_STRING_EQUAL(config->error_sink.stream.name, "mw_page_content_change_enrich.error");
}

static void test_files_merge(void)
{
    AUTO(config) config = scene_config(&scene);
    const struct config_source *source = &config->source;
    CU_ASSERT_EQUAL(source->topics.n_items, 1);
    CU_ASSERT_STRING_EQUAL(source->topics.items[0], "codfw.mediawiki.page_change.v1");
    CU_ASSERT_EQUAL(source->properties.n_items, 4);
    CU_ASSERT_STRING_EQUAL(find_pair(&source->properties, "fetch.max.bytes"), "1000");
    CU_ASSERT_STRING_EQUAL(config->sink.kafka_topic_prefix, "codfw.");
    /* An alias is a copy: what is laid over one leaves the other. */
    CU_ASSERT_STRING_EQUAL(config->error_sink.kafka_topic_prefix, "eqiad.");
}

static void test_what_has_no_effect_is_warned_of(void)
{
    static const char *const warnings[] = {
        "a.yaml:1:1: sections of an application have no effect here: enrich",
        "a.yaml:16:3: stream_manager.process_async_enabled_default: has no effect here; see "
        "stream_manager.max_in_flight",
        "a.yaml:17:3: stream_manager.process_max_workers_default: has no effect here; see "
        "stream_manager.workers",
        "a.yaml:18:3: stream_manager.process_batch_size_default: has no effect here; see "
        "stream_manager.batch",
        "a.yaml:22:5: stream_manager.source.parallelism: has no effect here; see "
        "stream_manager.workers",
        "c.yaml:1:1: a Python logging document has no effect here; see --log-format",
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL(config->warnings.n_items, ARRAY_SIZE(warnings));
    for (size_t i = 0; i < ARRAY_SIZE(warnings); i++) {
        bool is_there = false;
        for (size_t j = 0; j < config->warnings.n_items; j++) {
            is_there = is_there || strcmp(config->warnings.items[j], warnings[i]) == 0;
        }
        CU_ASSERT_TRUE(is_there);
    }
}

static void test_kafka_says_that_it_is_not_built(void)
{
    AUTO(config) config = scene_config(&scene);
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL(config_check_built(config, &problem), -ENOTSUP);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    CU_ASSERT_STRING_EQUAL(
        problem.text,
        "a.yaml:21:16: stream_manager.source.connector: connector kafka is not built yet; expected "
        "sse or file\n"
        "a.yaml:34:16: stream_manager.sink.connector: connector kafka is not built yet; expected "
        "file or stdout\n"
        "a.yaml:45:16: stream_manager.error_sink.connector: connector kafka is not built yet; "
        "expected file or stdout");
}

/* The same job with its connectors changed by --set: what the options of Kafka mean is gone. */
static void test_other_connectors_can_be_set(void)
{
    struct scene local = scene;
    local.sets[0] = "stream_manager.source={connector: file, options: {uri: in.ndjson}}";
    local.sets[1] = "stream_manager.sink={connector: file, options: {uri: out}}";
    local.sets[2] = "stream_manager.error_sink={connector: file, options: {uri: out}}";
    AUTO(config) config = scene_config(&local);
    CU_ASSERT_EQUAL(config_check_built(config, NULL), 0);
    CU_ASSERT_STRING_EQUAL(config->source.uri, "in.ndjson");
    bool is_warned = false;
    for (size_t i = 0; i < config->warnings.n_items; i++) {
        is_warned = is_warned || strstr(config->warnings.items[i],
                                        "source.options.bootstrap_servers: is not a key of the "
                                        "connector that is chosen; ignored") != NULL;
    }
    CU_ASSERT_TRUE(is_warned);
}

static const struct test_case cases[] = {
    { "production files load as they are", test_it_loads },
    { "maps merge, lists replace, copies of anchors stay", test_files_merge },
    { "what has no effect is warned of, once", test_what_has_no_effect_is_warned_of },
    { "kafka says that it is not built, 78", test_kafka_says_that_it_is_not_built },
    { "other connectors can be set over it", test_other_connectors_can_be_set },
};

CUNIT_MAIN("config/production", cases)
