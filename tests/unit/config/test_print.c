/* SPDX-License-Identifier: Apache-2.0 */
/* --print-config: it loads again to the same, and shows no secret. */
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

/* Takes the comments off, in place: in what these tests print, nothing else holds "  # ". */
static void strip(char *text)
{
    char *to = text;
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        const char *comment = strstr(line, "  # ");
        const char *stop = comment != NULL && comment < end ? comment : end;
        memmove(to, line, (size_t)(stop - line));
        to += stop - line;
        *to++ = '\n';
        line = end + 1;
    }
    *to = '\0';
}

static void test_it_loads_again_to_the_same(void)
{
    static const struct scene scenes[] = {
        { .files = { MINIMAL } },
        { .files = { MINIMAL "  instance: '0'\n" } },
        { .files = { MINIMAL "  job_name: j\n  workers: 3\n  error_sink: true\n" },
          .sets = { "stream_manager.sink={connector: file, options: {uri: 'a # b: c'}}" } },
        { .files = { MINIMAL "  steps:\n"
                             "    - set: {path: /a, value: 'two words'}\n"
                             "    - set: {path: /b, value: [1, '1', 1.50, ~, {x: []}]}\n"
                             "    - set: {path: /c, value: \"x\\ny\\0\\u2028: #\"}\n"
                             "    - set: {path: /d, value: '', create_parents: true}\n"
                             "    - remove: {path: '/e f'}\n"
                             "  partition_by: /wiki\n" } },
        { .files = { MINIMAL "http:\n"
                             "  contact: $${HOME} and $$${HOME}\n"
                             "  user_agent: '${AGENT}'\n"
                             "  routes: {'https://a/b': 'http://c:1'}\n" },
          .environment = { "AGENT=it's ${AGENT} \"x\"" } },
        { .files = { MINIMAL "enrich:\n"
                             "  list: [{a: 1}, [2, 3], 'text', '5', 5]\n"
                             "  'odd key: #': {deep: {deeper: ['$${', ~]}}\n"
                             "  empty: {}\n"
                             "  none: []\n"
                             "  nothing:\n"
                             "  text: |\n"
                             "    two\n"
                             "    lines\n"
                             "more: scalar\n" } },
        { .files = { MINIMAL },
          .sets = { "stream_manager.source={connector: kafka, options: {bootstrap_servers: 'h:1', "
                    "topics: [a, b], properties: {max.size: 5, x: 'true'}}}" } },
        { .files = { MINIMAL "version: 1\nformatters: {a: '${'}\nroot: {}\n" } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
        AUTO_FREE char *first = scene_print(&scenes[i]);
        struct scene again = { .files = { first } };
        AUTO_FREE char *second = scene_print(&again);
        strip(first);
        strip(second);
        CU_ASSERT_STRING_EQUAL(second, first);
        if (strcmp(first, second) != 0) {
            printf("scene %zu:\n%s\n%s\n", i, first, second);
        }
    }
}

/* Not only the text: the fields too. */
static void test_its_fields_are_the_same(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "  steps: [{set: {path: /c, value: \"x\\ny\\0\\u2028: #\"}}]\n"
                           "http:\n  contact: $${HOME}\n" }
    };
    AUTO_FREE char *printed = scene_print(&scene);
    struct scene again = { .files = { printed }, .job_name = "another" };
    AUTO(config) before = scene_config(&scene);
    AUTO(config) after = scene_config(&again);
    CU_ASSERT_STRING_EQUAL(after->job_name, before->job_name);
    CU_ASSERT_EQUAL(after->is_instance_set, before->is_instance_set);
    CU_ASSERT_STRING_EQUAL(after->http.contact, "${HOME}");
    CU_ASSERT_STRING_EQUAL(after->steps[0].value, before->steps[0].value);
    CU_ASSERT_STRING_EQUAL(after->steps[0].value, "\"x\\ny\\u0000\\u2028: #\"");
    CU_ASSERT_STRING_EQUAL(after->source.url, before->source.url);
    CU_ASSERT_EQUAL(after->warnings.n_items, 0);
}

static void test_each_value_has_its_origin(void)
{
    static const struct scene scene = {
        .files = { MINIMAL, "stream_manager:\n  workers: 2\n" },
        .environment = { "WEIR_STREAM_MANAGER__MAX_IN_FLIGHT=7" },
        .sets = { "stream_manager.checkpoint.interval=2s" },
        .job_name = "app",
    };
    static const char *const lines[] = {
        "\n  job_name: app  # application\n",
        "\n#  instance: 0  # default\n",
        "\n    stream: s:1.0.0  # a.yaml:3:37\n",
        "\n  workers: 2  # b.yaml:2:12\n",
        "\n  max_in_flight: 7  # WEIR_STREAM_MANAGER__MAX_IN_FLIGHT\n",
        "\n  checkpoint:\n    interval: 2s  # --set\n    ledger_window: 1000000  # default\n",
        "\n  partition_by: [/wiki_id, /page/page_id]  # default\n",
        "\nhttp:\n  connect_timeout: 5s  # default\n",
    };
    AUTO_FREE char *text = scene_print(&scene);
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, lines[i]));
        if (strstr(text, lines[i]) == NULL) {
            printf("%s in\n%s\n", lines[i], text);
        }
    }
    CU_ASSERT_EQUAL(strncmp(text, "stream_manager:\n", 16), 0);
    CU_ASSERT_PTR_NULL(strstr(text, "admin"));
}

static void test_secrets_are_hidden(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "  source:\n"
                           "    options: {url: 'http://me:hunter2@h/?token=hunter2&a=b'}\n"
                           "http:\n"
                           "  user_agent: ${AGENT_TOKEN}\n"
                           "  routes: {'http://me:hunter2@h/x': 'http://me:hunter2@i'}\n"
                           "enrich:\n"
                           "  password: hunter2\n"
                           "  api_keys: [hunter2, {deep: hunter2}]\n"
                           "  list: ['https://hunter2@h/']\n"
                           "  pairs: {sasl.jaas.config: hunter2}\n"
                           "secret: hunter2\n" },
        .environment = { "AGENT_TOKEN=hunter2" },
    };
    struct scene merged = scene;
    merged.files[0] = MINIMAL;
    /* The same key may not be given twice in one file. */
    merged.files[1] = strstr(scene.files[0], "  source:\n    options");
    AUTO_BUFFER second = { 0 };
    require(buffer_printf(&second, "stream_manager:\n%s", merged.files[1]) == 0);
    merged.files[1] = buffer_text(&second);
    AUTO_FREE char *text = scene_print(&merged);
    CU_ASSERT_PTR_NULL(strstr(text, "hunter2"));
    static const char *const lines[] = {
        "url: \"http://***@h/?token=***&a=b\"  #",
        "user_agent: \"***\"  #",
        "\"http://***@h/x\": \"http://***@i\"  #",
        "password: \"***\"  #",
        "api_keys:\n    - \"***\"  #",
        "- { deep: \"***\" }  #",
        "list: [\"https://***@h/\"]  #",
        "sasl.jaas.config: \"***\"  #",
        "\nsecret: \"***\"  #",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, lines[i]));
        if (strstr(text, lines[i]) == NULL) {
            printf("%s in\n%s\n", lines[i], text);
        }
    }
    /* And what the job uses is not. */
    AUTO(config) config = scene_config(&merged);
    CU_ASSERT_STRING_EQUAL(config->http.user_agent, "hunter2");
}

/* What is made from a secret is one. */
static void test_secrets_are_hidden_in_what_is_derived(void)
{
    static const struct scene scene = {
        .files = { MINIMAL "  job_name: ${A_TOKEN}\n"
                           "  error_sink: {connector: file, options: {uri: '/${A_TOKEN}'}}\n"
                           "  checkpoint: {dir: '/c/${A_TOKEN}'}\n"
                           "  partition_by: /k\n" NO_RULES },
        .sets = { "stream_manager.source.stream=${A_TOKEN}", "http.user_agent=${A_TOKEN}" },
        .environment = { "A_TOKEN=hunter2" },
    };
    AUTO_FREE char *text = scene_print(&scene);
    CU_ASSERT_PTR_NULL(strstr(text, "hunter2"));
    AUTO(config) config = scene_config(&scene);
    AUTO_BUFFER summary = { 0 };
    CU_ASSERT_STRING_EQUAL(config->error_sink.stream.text, "hunter2.error:2.1.0");
    CU_ASSERT_EQUAL_FATAL(config_summary(config, NULL, &summary), 0);
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&summary), "hunter2"));
    CU_ASSERT_STRING_EQUAL(buffer_text(&summary),
                           "job         ***, instance 0\n"
                           "reads       *** from *** (sse)\n"
                           "order       kept per key: /k\n"
                           "writes      s:1.0.0 to standard output (stdout)\n"
                           "errors      *** to *** (file)\n"
                           "workers     auto, memory_limit 256MiB\n"
                           "checkpoint  every 1s in ***\n"
                           "schemas     not looked up: project, validate and stamp are false\n");
}

/* YAML wants a mark before a key of more than 1,024 characters. */
static void test_long_keys_load_again(void)
{
    char key[1600];
    char text[8192];
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    snprintf(text, sizeof(text),
             "%senrich:\n  ? %s\n  : {deep: [1]}\n  list: [{? %s : 2}]\n? %s\n: scalar\n", MINIMAL,
             key, key, key);
    struct scene scene = { .files = { text } };
    AUTO_FREE char *first = scene_print(&scene);
    struct scene again = { .files = { first } };
    AUTO_FREE char *second = scene_print(&again);
    strip(first);
    strip(second);
    CU_ASSERT_STRING_EQUAL(second, first);
}

static const struct test_case cases[] = {
    { "what is printed loads again to the same", test_it_loads_again_to_the_same },
    { "its fields are the same", test_its_fields_are_the_same },
    { "each value has its origin", test_each_value_has_its_origin },
    { "secrets are hidden, wherever they stand", test_secrets_are_hidden },
    { "secrets are hidden in what is derived", test_secrets_are_hidden_in_what_is_derived },
    { "long keys load again", test_long_keys_load_again },
};

CUNIT_MAIN("config/print", cases)
