/* SPDX-License-Identifier: Apache-2.0 */
/* Files, then the environment, then --set; references to the environment in values. */
#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

static void test_later_ones_win(void)
{
    static const struct {
        struct scene scene;
        const char *job_name;
    } rows[] = {
        { { .files = { MINIMAL } }, "weir" },
        { { .files = { MINIMAL "  job_name: file\n" } }, "file" },
        { { .files = { MINIMAL "  job_name: file\n", "stream_manager: {job_name: second}" } },
          "second" },
        { { .files = { MINIMAL "  job_name: file\n", "stream_manager:\n" } }, "file" },
        { { .files = { MINIMAL "  job_name: file\n", "", "# nothing\n", "---\n" } }, "file" },
        { { .files = { MINIMAL "  job_name: file\n", "stream_manager: {job_name: null}" } },
          "weir" },
        { { .files = { MINIMAL "  job_name: file\n" },
            .environment = { "WEIR_STREAM_MANAGER__JOB_NAME=variable" } },
          "variable" },
        { { .files = { MINIMAL "  job_name: file\n" },
            .environment = { "WEIR_STREAM_MANAGER__JOB_NAME=" } },
          "file" },
        { { .files = { MINIMAL "  job_name: file\n" },
            .environment = { "WEIR_STREAM_MANAGER__JOB_NAME=variable" },
            .sets = { "stream_manager.job_name=set" } },
          "set" },
        { { .files = { MINIMAL "  job_name: file\n" },
            .sets = { "stream_manager.job_name=set", "stream_manager.job_name=last" } },
          "last" },
        { { .files = { MINIMAL "  job_name: file\n" }, .sets = { "stream_manager.job_name=" } },
          "weir" },
        { { .files = { MINIMAL "  job_name: file\n" },
            .sets = { "stream_manager={job_name: map}" } },
          "map" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(config) config = scene_config(&rows[i].scene);
        CU_ASSERT_STRING_EQUAL(config->job_name, rows[i].job_name);
        CU_ASSERT_STRING_EQUAL(config->sink.stream.name, "s");
    }
}

static void test_variables_name_keys(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "enrich: {a: {b: 1}}\n" },
        .environment = { "WEIR_STREAM_MANAGER__CHECKPOINT__INTERVAL=10ms",
                         "WEIR_STREAM_MANAGER__BATCH={max_events: 7}",
                         "WEIR_STREAM_MANAGER__STEPS=[{remove: {path: /a}}]", "WEIR_ENRICH__A__B=2",
                         "UNRELATED=1" },
        .has_application_sections = true,
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL(config->checkpoint.interval_ms, 10);
    CU_ASSERT_EQUAL(config->batch.max_events, 7);
    CU_ASSERT_EQUAL(config->batch.linger_ms, 10);
    CU_ASSERT_EQUAL(config->n_steps, 1);
    CU_ASSERT_EQUAL(config->warnings.n_items, 0);
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL(config_print(config, &text), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), "b: 2  # WEIR_ENRICH__A__B\n"));
}

static void test_unknown_variables_are_warned_of(void)
{
    static const char *const variables[] = {
        "WEIR_=1",
        "WEIR_STREAM_MANAGER__WOKERS=1",
        "WEIR_STREAM_MANAGER_WORKERS=1",
        "WEIR_stream_manager__workers=1",
        "WEIR_ENRICH=1",
        "WEIR_OTHER__KEY=1",
        "WEIR_ENRICH__=1",
        "WEIR_ENRICH__\xFF=1",
        "WEIR_ENRICH__A\x1B=1",
    };
    for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
        struct scene scene = { .files = { MINIMAL "enrich: {a: 1}\n" },
                               .environment = { variables[i] },
                               .has_application_sections = true };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_EQUAL(config->warnings.n_items, 1);
        if (config->warnings.n_items == 1) {
            CU_ASSERT_PTR_NOT_NULL(strstr(config->warnings.items[0], ": names no key; ignored"));
            CU_ASSERT_EQUAL(strncmp(config->warnings.items[0], "WEIR_", 5), 0);
        } else {
            printf("%s\n", variables[i]);
        }
        CU_ASSERT_EQUAL(config->workers, 0);
    }
}

/* A variable that a value refers to is known, though it names no key. */
static void test_a_variable_that_is_referred_to_is_known(void)
{
    struct scene scene = { .files = { MINIMAL "  job_name: ${WEIR_MY_NAME}\n" },
                           .environment = { "WEIR_MY_NAME=mine" } };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_STRING_EQUAL(config->job_name, "mine");
    CU_ASSERT_EQUAL(config->warnings.n_items, 0);
    struct scene by_set = { .files = { MINIMAL "  instance: ${WEIR_MY_NAMES:-1}\n" },
                            .sets = { "stream_manager.job_name=${WEIR_MY:-other}" },
                            .environment = { "WEIR_MY=mine", "WEIR_MY_NAME=mine" } };
    AUTO(config) other = scene_config(&by_set);
    CU_ASSERT_STRING_EQUAL(other->job_name, "mine");
    CU_ASSERT_EQUAL_FATAL(other->warnings.n_items, 1);
    CU_ASSERT_STRING_EQUAL(other->warnings.items[0], "WEIR_MY_NAME: names no key; ignored");
}

static void test_references(void)
{
    static const struct {
        const char *value;
        const char *contact;
    } rows[] = {
        { "plain", "plain" },
        { "${NAME}", "value" },
        { "a${NAME}b${NAME}c", "avaluebvaluec" },
        { "${NAME:-other}", "value" },
        { "${NONE:-other}", "other" },
        { "${EMPTY:-other}", "other" },
        { "x${EMPTY}", "x" },
        { "x${NONE:-}", "x" },
        { "${NONE:-a:-b}", "a:-b" },
        { "$${NAME}", "${NAME}" },
        { "$$${NAME}", "$${NAME}" },
        { "$NAME $ $$ cost: 5$", "$NAME $ $$ cost: 5$" },
        { "${YAML}", "{a: b}" },
        { "${TWICE}", "${NAME}" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%shttp: {contact: '%s'}\n", MINIMAL, rows[i].value);
        struct scene scene = { .files = { text },
                               .environment = { "NAME=value", "EMPTY=", "YAML={a: b}",
                                                "TWICE=${NAME}" } };
        AUTO(config) config = scene_config(&scene);
        CU_ASSERT_STRING_EQUAL(config->http.contact, rows[i].contact);
    }
}

static void test_references_keep_their_type(void)
{
    struct scene scene = { .files = { MINIMAL "  workers: ${N}\n  instance: '${N}'\n"
                                              "  steps:\n"
                                              "    - set:\n"
                                              "        path: /a\n"
                                              "        value: ${N}\n"
                                              "    - set: {path: /b, value: \"${N}\"}\n" },
                           .sets = { "stream_manager.batch.max_events=${N}" },
                           .environment = { "N=3" } };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL(config->workers, 3);
    CU_ASSERT_EQUAL(config->batch.max_events, 3);
    CU_ASSERT_STRING_EQUAL(config->instance, "3");
    CU_ASSERT_STRING_EQUAL(config->steps[0].value, "3");
    CU_ASSERT_STRING_EQUAL(config->steps[1].value, "\"3\"");
}

static void test_dots_are_escaped_in_paths(void)
{
    struct scene scene = {
        .files = { MINIMAL },
        .sets = { "stream_manager.source={connector: kafka, options: {bootstrap_servers: h}}",
                  "stream_manager.source.options.properties.ssl\\.ca\\.location=/etc/x",
                  "http.routes.https://a\\.example/=http://b.example" },
    };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL_FATAL(config->source.properties.n_items, 1);
    CU_ASSERT_STRING_EQUAL(config->source.properties.items[0].name, "ssl.ca.location");
    CU_ASSERT_STRING_EQUAL(config->source.properties.items[0].value, "/etc/x");
    CU_ASSERT_EQUAL_FATAL(config->http.routes.n_items, 1);
    CU_ASSERT_STRING_EQUAL(config->http.routes.items[0].name, "https://a.example/");
}

static void test_lists_replace(void)
{
    struct scene scene = { .files = { MINIMAL "  schema_uris: [/a, /b]\n",
                                      "stream_manager: {schema_uris: [/c]}" } };
    AUTO(config) config = scene_config(&scene);
    CU_ASSERT_EQUAL(config->schema_uris.n_items, 1);
    CU_ASSERT_STRING_EQUAL(config->schema_uris.items[0], "/c");
}

static void test_sets_that_are_no_sets(void)
{
    static const struct {
        const char *set;
        const char *said;
    } rows[] = {
        { "stream_manager.workers", "--set stream_manager.workers: expected key.path=value" },
        { "", "--set : expected key.path=value" },
        { "=1", "--set : expected key.path=value, with at most 16 names" },
        { "a..b=1", "--set a..b: expected key.path=value, with at most 16 names" },
        { "a.\xFF=1", "--set: byte 3 is not valid UTF-8" },
        { "a=\x1B", "--set: byte 3 is a control character" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene = { .files = { MINIMAL }, .sets = { rows[i].set } };
        struct problem problem = { 0 };
        struct config *config = NULL;
        CU_ASSERT_EQUAL(scene_load(&scene, &config, NULL, &problem), -EINVAL);
        CU_ASSERT_PTR_NULL(config);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_USAGE);
        CU_ASSERT_EQUAL(strncmp(problem.text, rows[i].said, strlen(rows[i].said)), 0);
        if (strncmp(problem.text, rows[i].said, strlen(rows[i].said)) != 0) {
            printf("%s\n", problem.text);
        }
    }
}

static const struct test_case cases[] = {
    { "files, then the environment, then --set", test_later_ones_win },
    { "variables name keys, sections, and an application's keys", test_variables_name_keys },
    { "a variable that names nothing is warned of", test_unknown_variables_are_warned_of },
    { "a variable that is referred to is known", test_a_variable_that_is_referred_to_is_known },
    { "references are replaced, once", test_references },
    { "a reference does not change whether a value is quoted", test_references_keep_their_type },
    { "a dot in a name is escaped", test_dots_are_escaped_in_paths },
    { "lists replace", test_lists_replace },
    { "what is not key=value is a usage error", test_sets_that_are_no_sets },
};

CUNIT_MAIN("config/overlay", cases)
