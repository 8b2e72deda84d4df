/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

static void test_what_is_not_built_is_refused(void)
{
    static const struct {
        const char *set;
        const char *said;
    } rows[] = {
        { "stream_manager.source={connector: kafka, options: {bootstrap_servers: 'h:9092'}}",
          "--set: stream_manager.source.connector: connector kafka is not built yet; expected sse "
          "or file" },
        { "stream_manager.sink={connector: kafka, options: {bootstrap_servers: 'h:9092'}}",
          "--set: stream_manager.sink.connector: connector kafka is not built yet; expected file "
          "or stdout" },
        { "stream_manager.error_sink={connector: kafka, options: {bootstrap_servers: 'h:9092'}}",
          "--set: stream_manager.error_sink.connector: connector kafka is not built yet; expected "
          "file or stdout" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene = {
            .files = { MINIMAL },
            .sets = { "stream_manager.source.stream=mediawiki.page_change.v1:1.1.0", rows[i].set }
        };
        AUTO(config) config = scene_config(&scene);
        struct problem problem = { 0 };
        CU_ASSERT_EQUAL(config_check_built(config, &problem), -ENOTSUP);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_EQUAL(strncmp(problem.text, rows[i].said, strlen(rows[i].said)), 0);
        if (strncmp(problem.text, rows[i].said, strlen(rows[i].said)) != 0) {
            printf("%s\n", problem.text);
        }
    }
}

static void test_what_is_built_passes(void)
{
    static const char *const sets[] = {
        "stream_manager.workers=4",
        "stream_manager.source={connector: file, options: {uri: '-'}}",
        "stream_manager.error_sink=true",
        "http.deny_private_addresses=true",
        "http.insecure_skip_verify=true",
        "http.proxy=http://h:3128",
    };
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct scene scene = { .files = { MINIMAL }, .sets = { sets[i] } };
        AUTO(config) config = scene_config(&scene);
        struct problem problem = { 0 };
        CU_ASSERT_EQUAL(config_check_built(config, &problem), 0);
        CU_ASSERT_STRING_EQUAL(problem.text, "");
    }
}

static void test_all_of_it_is_said_at_once(void)
{
    struct scene scene = { .files = { "stream_manager:\n"
                                      "  source:\n"
                                      "    connector: kafka\n"
                                      "    stream: a.b:1.0.0\n"
                                      "    options: {bootstrap_servers: 'h:9092'}\n"
                                      "  partition_by: /a\n"
                                      "  sink:\n"
                                      "    connector: kafka\n"
                                      "    stream: s:1.0.0\n"
                                      "    options: {bootstrap_servers: 'h:9092'}\n" } };
    AUTO(config) config = scene_config(&scene);
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL(config_check_built(config, &problem), -ENOTSUP);
    CU_ASSERT_STRING_EQUAL(
        problem.text,
        "a.yaml:3:16: stream_manager.source.connector: connector kafka is not built yet; expected "
        "sse or file\n"
        "a.yaml:8:16: stream_manager.sink.connector: connector kafka is not built yet; expected "
        "file or stdout");
    CU_ASSERT_EQUAL(config_check_built(config, NULL), -ENOTSUP);
}

static const struct test_case cases[] = {
    { "what is not built is refused with 78", test_what_is_not_built_is_refused },
    { "what is built passes", test_what_is_built_passes },
    { "all of it is said at once, with its place", test_all_of_it_is_said_at_once },
};

CUNIT_MAIN("config/built", cases)
