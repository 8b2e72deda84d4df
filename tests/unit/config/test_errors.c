/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: the place, the key's whole path, what was expected, what was found, the nearest name. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../../support/cunit_main.h"
#include "scene.h"

/* Loads what must not load; returns whether the errors are exactly these lines. */
static bool fails_with(const struct scene *scene, const char *lines)
{
    AUTO_BUFFER errors = { 0 };
    struct problem problem = { 0 };
    struct config *config = NULL;
    int r = scene_load(scene, &config, &errors, &problem);
    config_free(config);
    const char *text = buffer_text(&errors);
    bool is_right = r == -EINVAL && problem.exit_code == EXIT_CONFIG && strcmp(text, lines) == 0;
    if (!is_right) {
        printf("%d, %d: %s", r, (int)problem.exit_code, text);
    }
    return is_right;
}

/* One line behind MINIMAL, which has three, and the error it makes. */
struct line {
    const char *text;
    const char *error;
};

static void check_lines(const struct line *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        char text[1024];
        char error[1024];
        snprintf(text, sizeof(text), "%s%s\n", MINIMAL, rows[i].text);
        snprintf(error, sizeof(error), "%s\n", rows[i].error);
        struct scene scene = { .files = { text } };
        CU_ASSERT_TRUE(fails_with(&scene, error));
    }
}

static void test_unknown_keys(void)
{
    static const struct line rows[] = {
        { "  wokers: 2", "a.yaml:4:3: stream_manager.wokers: unknown key; did you mean "
                         "\"workers\"?" },
        { "  Workers: 2", "a.yaml:4:3: stream_manager.Workers: unknown key; did you mean "
                          "\"workers\"?" },
        { "  batch: {max_event: 2}", "a.yaml:4:11: stream_manager.batch.max_event: unknown key; "
                                     "did you mean \"max_events\"?" },
        { "  ledger_window: 2", "a.yaml:4:3: stream_manager.ledger_window: unknown key; did you "
                                "mean \"stream_manager.checkpoint.ledger_window\"?" },
        { "  zzz: 2", "a.yaml:4:3: stream_manager.zzz: unknown key" },
        { "htpp: {}", "a.yaml:4:1: htpp: unknown section; did you mean \"http\"?" },
        { "stream_manger: {}", "a.yaml:4:1: stream_manger: unknown section; did you mean "
                               "\"stream_manager\"?" },
        { "  batch: 5", "a.yaml:4:10: stream_manager.batch: expected a map of keys" },
        { "http: [1]", "a.yaml:4:7: http: expected a map of keys" },
        { "  process: 1",
          "a.yaml:4:3: stream_manager.process: unknown key; did you mean \"project\"?" },
        { "  \"workers\\0\": 1", "a.yaml:4:3: stream_manager.workers: unknown key; did you mean "
                                 "\"workers\"?" },
        { "  \"wor\\x1b[31mkers\": 1", "a.yaml:4:3: stream_manager.wor?[31mkers: unknown key" },
    };
    check_lines(rows, ARRAY_SIZE(rows));
}

static void test_values_that_do_not_fit(void)
{
    static const struct line rows[] = {
        { "  workers: many", "a.yaml:4:12: stream_manager.workers: expected an integer or auto; "
                             "found \"many\"" },
        { "  workers: 0", "a.yaml:4:12: stream_manager.workers: expected 1 to 256; found \"0\"" },
        { "  workers: '2'", "a.yaml:4:12: stream_manager.workers: expected an integer or auto; "
                            "found \"2\"" },
        { "  workers: 99999999999999999999", "a.yaml:4:12: stream_manager.workers: expected 1 to "
                                             "256; found \"99999999999999999999\"" },
        { "  workers: [1]", "a.yaml:4:12: stream_manager.workers: expected an integer or auto; "
                            "found a list" },
        { "  workers: {}", "a.yaml:4:12: stream_manager.workers: expected an integer or auto; "
                           "found a map" },
        { "  memory_limit: 12 parsecs", "a.yaml:4:17: stream_manager.memory_limit: expected a "
                                        "size such as 64KB, 1MiB or 4096; found \"12 parsecs\"" },
        { "  memory_limit: 1KiB", "a.yaml:4:17: stream_manager.memory_limit: expected 1MiB to "
                                  "1TiB; found \"1KiB\"" },
        { "  batch: {linger: 10}", "a.yaml:4:19: stream_manager.batch.linger: expected a duration "
                                   "such as 10ms, 30s or 1h; found \"10\"" },
        { "  batch: {linger: 2m}", "a.yaml:4:19: stream_manager.batch.linger: expected 0 to 1m; "
                                   "found \"2m\"" },
        { "  project: yes", "a.yaml:4:12: stream_manager.project: expected true or false; found "
                            "\"yes\"" },
        { "  ordering: keys", "a.yaml:4:13: stream_manager.ordering: expected one of key, source, "
                              "none (did you mean \"key\"?); found \"keys\"" },
        { "  ordering: random", "a.yaml:4:13: stream_manager.ordering: expected one of key, "
                                "source, none; found \"random\"" },
        { "  job_name: a/b", "a.yaml:4:13: stream_manager.job_name: expected a name of at most "
                             "128 letters, digits, '.', '_' or '-'; found \"a/b\"" },
        { "  job_name: ..", "a.yaml:4:13: stream_manager.job_name: expected a name of at most "
                            "128 letters, digits, '.', '_' or '-'; found \"..\"" },
        { "  partition_by: wiki_id", "a.yaml:4:17: stream_manager.partition_by: expected a JSON "
                                     "Pointer such as /page/page_id; found \"wiki_id\"" },
        { "  partition_by: [/a, /b~]", "a.yaml:4:22: stream_manager.partition_by[1]: expected a "
                                       "JSON Pointer such as /page/page_id; found \"/b~\"" },
        { "  partition_by: []", "a.yaml:4:17: stream_manager.partition_by: expected a list of "
                                "JSON Pointers; found a list" },
        { "  stream_config_uri: ftp://h/x", "a.yaml:4:22: stream_manager.stream_config_uri: "
                                            "expected an http:// or https:// URL; found "
                                            "\"ftp://h/x\"" },
        { "  stream_config_uri: [/a, 'ftp://h/x']",
          "a.yaml:4:27: stream_manager.stream_config_uri[1]: expected an http:// or https:// URL; "
          "found \"ftp://h/x\"" },
        { "  stream_config_uri: []",
          "a.yaml:4:22: stream_manager.stream_config_uri: expected paths, "
          "or file://, http:// or https:// URIs; found a list" },
        { "  schema_cache: http://h/x", "a.yaml:4:17: stream_manager.schema_cache: expected a path "
                                        "or a file:// URI; found \"http://h/x\"" },
        { "  unknown_fields: keeps", "a.yaml:4:19: stream_manager.unknown_fields: expected one of "
                                     "drop, keep, error (did you mean \"keep\"?); found "
                                     "\"keeps\"" },
        { "  checkpoint: {dir: http://h/x}", "a.yaml:4:21: stream_manager.checkpoint.dir: "
                                             "expected a path or a file:// URI; found "
                                             "\"http://h/x\"" },
        { "  checkpoint: {dir: 'file:///%4'}", "a.yaml:4:21: stream_manager.checkpoint.dir: "
                                               "expected a file: URI whose % escapes are UTF-8; "
                                               "found \"file:///%4\"" },
        { "  checkpoint: {dir: 'file:///%00'}", "a.yaml:4:21: stream_manager.checkpoint.dir: "
                                                "expected a file: URI whose % escapes are UTF-8; "
                                                "found \"file:///%00\"" },
        { "  checkpoint: {dir: 'file://'}", "a.yaml:4:21: stream_manager.checkpoint.dir: expected "
                                            "a path or a file:// URI; found \"file://\"" },
        { "http: {retry: {statuses: [500, 200]}}",
          "a.yaml:4:32: http.retry.statuses: expected integers from 400 to 599; found \"200\"" },
        { "http: {retry: {statuses: 500}}",
          "a.yaml:4:26: http.retry.statuses: expected a list of integers; found \"500\"" },
        { "http: {routes: [a]}", "a.yaml:4:16: http.routes: expected a map of texts; found a "
                                 "list" },
        { "http: {routes: {a: b}}", "a.yaml:4:17: http.routes: expected URLs, from and to" },
        { "http: {routes: {'http://u:hunter2@h/': []}}",
          "a.yaml:4:40: http.routes.http://***@h/: expected a text; found a list" },
        { "http: {retry: {base: 10s, cap: 1s}}",
          "a.yaml:4:32: http.retry.cap: is less than http.retry.base" },
        { "  error_sink: 5", "a.yaml:4:15: stream_manager.error_sink: expected a map, true, or a "
                             "stream's name:version" },
        { "  error_sink: {stream: 'a.b:1.0.0'}",
          "a.yaml:4:3: stream_manager.error_sink.connector: missing; expected one of none, file, "
          "kafka, stdout" },
        { "  error_sink: {connector: file}",
          "a.yaml:4:3: stream_manager.error_sink.options.uri: missing; expected a path or a "
          "file:// URI" },
    };
    check_lines(rows, ARRAY_SIZE(rows));
}

static void test_steps(void)
{
    static const struct line rows[] = {
        { "  steps: {}", "a.yaml:4:10: stream_manager.steps: expected a list of steps; found a "
                         "map" },
        { "  steps: [set]", "a.yaml:4:11: stream_manager.steps[0]: expected one step, such as "
                            "set: { path: ..., value: ... }; found \"set\"" },
        { "  steps: [{sett: {}}]", "a.yaml:4:12: stream_manager.steps[0]: unknown step \"sett\"; "
                                   "did you mean \"set\"?" },
        { "  steps: [{set: 1}]", "a.yaml:4:17: stream_manager.steps[0].set: expected a map of "
                                 "keys; found \"1\"" },
        { "  steps: [{remove: {path: /a}}, {set: {path: a, value: 1}}]",
          "a.yaml:4:46: stream_manager.steps[1].set.path: expected a JSON Pointer such as "
          "/page/page_id; found \"a\"" },
        { "  steps: [{set: {path: /a}}]",
          "a.yaml:4:17: stream_manager.steps[0].set.value: missing; expected any value" },
        { "  steps: [{set: {path: /a, value: 1, create_parent: true}}]",
          "a.yaml:4:38: stream_manager.steps[0].set: unknown key \"create_parent\"; did you mean "
          "\"create_parents\"?" },
        { "  steps: [{remove: {path: /a, value: 1}}]",
          "a.yaml:4:31: stream_manager.steps[0].remove: unknown key \"value\"" },
        { "  steps: [{copy: {from: /a, path: /b, on_missing: pass}}]",
          "a.yaml:4:51: stream_manager.steps[0].copy.on_missing: expected one of error, skip; "
          "found "
          "\"pass\"" },
        { "  steps: [{filter: {path: /a, value: {b: 1}}}]",
          "a.yaml:4:38: stream_manager.steps[0].filter.value: expected a string, number, boolean "
          "or "
          "null, or a list of them; found a map" },
        { "  steps: [{filter: {path: /a, value: []}}]",
          "a.yaml:4:38: stream_manager.steps[0].filter.value: expected a string, number, boolean "
          "or "
          "null, or a list of them; found a list" },
        { "  steps: [{set: {path: /a, value: [.inf]}}]", "a.yaml:4:36: JSON has no .inf" },
    };
    check_lines(rows, ARRAY_SIZE(rows));
}

static void test_what_is_missing(void)
{
    static const struct {
        struct scene scene;
        const char *lines;
    } rows[] = {
        { { .files = { "" } },
          "a.yaml: stream_manager.sink.connector: missing; expected one of file, kafka, stdout\n"
          "a.yaml: stream_manager.sink.stream: missing; expected name:version, such as "
          "mediawiki.page_change.v1:1.1.0\n"
          "a.yaml: stream_manager.source.stream: missing; expected name:version, or project, "
          "validate and stamp all false\n" },
        { { .files = { "stream_manager:\n  source: {}\n  sink: {connector: stdout}\n" },
            .sets = { NO_RULES_SET } },
          "a.yaml:3:3: stream_manager.sink.stream: missing; expected name:version, such as "
          "mediawiki.page_change.v1:1.1.0\n"
          "a.yaml:2:3: stream_manager.source.stream: missing; expected name:version, or "
          "source.options.url\n"
          "a.yaml:1:1: stream_manager.partition_by: missing; expected a list of JSON Pointers to "
          "the fields of the key, such as [/wiki_id, /page/page_id]; this stream has no "
          "default\n" },
        { { .files = { MINIMAL }, .is_nameless = true },
          "a.yaml:1:1: stream_manager.job_name: missing; the application has no name\n" },
        { { .files = { MINIMAL }, .sets = { "stream_manager.sink.stream=s" } },
          "--set: stream_manager.sink.stream: has no version; expected name:version, such as "
          "app.sink:1.1.0\n" },
        { { .files = { MINIMAL NO_RULES },
            .sets = { "stream_manager.source.stream=recentchange" } },
          "a.yaml:1:1: stream_manager.partition_by: missing; expected a list of JSON Pointers to "
          "the fields of the key, such as [/wiki_id, /page/page_id]; this stream has no "
          "default\n" },
        { { .files = { MINIMAL "  project: false\n  validate: false\n  stamp: true\n" },
            .sets = { "stream_manager.source.stream=mediawiki.page_change.v1" } },
          "--set: stream_manager.source.stream: has no version; expected name:version, such "
          "as mediawiki.page_change.v1:1.1.0, or project, validate and stamp all false\n" },
        { { .files = { MINIMAL "  validate: false\n  stamp: false\n" },
            .sets = { "stream_manager.source={stream: ~, connector: file, options: {uri: '-'}}" } },
          "--set: stream_manager.source.stream: missing; expected name:version, or project, "
          "validate "
          "and stamp all false\n" },
        { { .files = { MINIMAL }, .sets = { "stream_manager.source={stream: ~}" } },
          "--set: stream_manager.source.stream: missing; expected name:version, or project, "
          "validate "
          "and stamp all false\n" },
        { { .files = { MINIMAL },
            .sets = { "stream_manager.source.options={since: 2, until: 1}" } },
          "--set: stream_manager.source.options.until: is before since\n" },
        { { .files = { MINIMAL "  job_name: ${NONE}\n" } },
          "a.yaml:4:13: stream_manager.job_name: the environment has no NONE (write "
          "${NONE:-default} for a default)\n" },
        { { .files = { MINIMAL "  job_name: ${a-b}\n" } },
          "a.yaml:4:13: stream_manager.job_name: expected ${NAME} or ${NAME:-default}; write $${ "
          "for a plain ${\n" },
        { { .files = { MINIMAL "  schema_uris: [/a, '${X']\n" } },
          "a.yaml:4:21: stream_manager.schema_uris[1]: expected ${NAME} or ${NAME:-default}; "
          "write $${ for a plain ${\n" },
        { { .files = { MINIMAL "  job_name: ${BAD}\n" }, .environment = { "BAD=\xFF" } },
          "a.yaml:4:13: stream_manager.job_name: the environment's BAD is unusable: byte 1 is not "
          "valid UTF-8\n" },
        { { .files = { MINIMAL }, .environment = { "WEIR_STREAM_MANAGER__WORKERS=[1" } },
          "WEIR_STREAM_MANAGER__WORKERS:2:1: not YAML: did not find expected ',' or ']' while "
          "parsing a flow sequence\n" },
        { { .files = { MINIMAL }, .environment = { "WEIR_STREAM_MANAGER__WORKERS=many" } },
          "WEIR_STREAM_MANAGER__WORKERS: stream_manager.workers: expected an integer or auto; "
          "found \"many\"\n" },
        { { .files = { MINIMAL }, .sets = { "stream_manager.workers=-1" } },
          "--set: stream_manager.workers: expected 1 to 256; found \"-1\"\n" },
        { { .files = { MINIMAL }, .sets = { "stream_manager.wrokers=1" } },
          "--set: stream_manager.wrokers: unknown key; did you mean \"workers\"?\n" },
        { { .files = { "[a, b]" } },
          "a.yaml:1:1: expected a map of sections such as stream_manager\n" },
        { { .files = { MINIMAL, "just words" } },
          "b.yaml:1:1: expected a map of sections such as stream_manager\n" },
        { { .files = { MINIMAL "  workers: 1\n  workers: 2\n" } },
          "a.yaml:5:3: key \"workers\" is given twice, first in line 4\n" },
        { { .files = { MINIMAL "  workers: 1\n", "a: [", "b: {" } },
          "b.yaml:2:1: not YAML: did not find expected node content while parsing a flow node\n"
          "c.yaml:2:1: not YAML: did not find expected node content while parsing a flow node\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CU_ASSERT_TRUE(fails_with(&rows[i].scene, rows[i].lines));
    }
}

static void test_secrets_stay_out_of_errors(void)
{
    static const struct {
        struct scene scene;
        const char *lines;
    } rows[] = {
        { { .files = { MINIMAL "http: {'http://u:hunter2@h/': 1, 'http://u:hunter2@h/': 2}\n" } },
          "a.yaml:4:34: key \"http://***@h/\" is given twice, first in line 4\n" },
        { { .files = { MINIMAL "http: {'http://u:hunter2@h/': 1}\n" } },
          "a.yaml:4:8: http.http://***@h/: unknown key\n" },
        { { .files = { MINIMAL "  workers: ${MY_TOKEN}\n" },
            .environment = { "MY_TOKEN=hunter2" } },
          "a.yaml:4:12: stream_manager.workers: expected an integer or auto; found \"***\"\n" },
        { { .files = { MINIMAL "  checkpoint: {dir: 'http://user:hunter2@h/x'}\n" } },
          "a.yaml:4:21: stream_manager.checkpoint.dir: expected a path or a file:// URI; found "
          "\"http://***@h/x\"\n" },
        { { .files = { MINIMAL },
            .sets = { "stream_manager.source={connector: kafka, options: {bootstrap_servers: h, "
                      "properties: {sasl.password: [hunter2]}}}" } },
          "--set: stream_manager.source.options.properties.sasl.password: expected a text; found "
          "a list\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CU_ASSERT_TRUE(fails_with(&rows[i].scene, rows[i].lines));
    }
}

static void test_many_errors_are_counted(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER errors = { 0 };
    struct problem problem = { 0 };
    struct config *config = NULL;
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&text, MINIMAL), 0);
    for (int i = 0; i < 50; i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_printf(&text, "  zzz%d: 1\n", i), 0);
    }
    struct scene scene = { .files = { buffer_text(&text) } };
    CU_ASSERT_EQUAL(scene_load(&scene, &config, &errors, &problem), -EINVAL);
    const char *lines = buffer_text(&errors);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(lines, "stream_manager.zzz19: unknown key\nand 30 more errors\n"));
    CU_ASSERT_PTR_NULL(strstr(lines, "zzz20"));
    /* Whole lines only. */
    size_t len = strlen(problem.text);
    CU_ASSERT_NSTRING_EQUAL(problem.text, lines, len);
    CU_ASSERT_EQUAL(lines[len], '\n');
}

static void test_files_that_cannot_be_read(void)
{
    static const char *const files[] = { "/no/such/file.yaml", "/" };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct problem problem = { 0 };
        struct config *config = NULL;
        struct config_load_options options = { .files = &files[i],
                                               .n_files = 1,
                                               .job_name = "weir" };
        CU_ASSERT(config_load(&options, &config, &problem) < 0);
        CU_ASSERT_PTR_NULL(config);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, ": cannot be read: "));
    }
}

static void test_a_large_file_is_refused_quickly(void)
{
    static const struct {
        const char *part;
        size_t len;
        const char *error;
    } rows[] = {
        { "# comment\n", 2 << 20, "a.yaml: larger than 1048576 bytes, the limit\n" },
        { "[", 1 << 20, "a.yaml:1:65: nested deeper than 64 levels\n" },
        { "- a\n", 1 << 20,
          "a.yaml:100000:3: more than 100000 values, copies of aliases included\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER text = { 0 };
        while (text.len + strlen(rows[i].part) <= rows[i].len) {
            require(buffer_append_text(&text, rows[i].part) == 0);
        }
        struct scene scene = { .files = { buffer_text(&text) } };
        clock_t start = clock();
        CU_ASSERT_TRUE(fails_with(&scene, rows[i].error));
        CU_ASSERT(clock() - start < 5 * CLOCKS_PER_SEC);
    }
}

/* Each reference is looked up, each name compared: both must stay linear. */
static void test_many_unknown_names_are_refused_quickly(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER errors = { 0 };
    struct problem problem = { 0 };
    struct config *config = NULL;
    require(buffer_append_text(&text, MINIMAL) == 0);
    for (int i = 0; i < 40000; i++) {
        require(buffer_printf(&text, "  unknown_name_%d: x\n", i) == 0);
    }
    struct scene scene = { .files = { buffer_text(&text) } };
    clock_t start = clock();
    CU_ASSERT_EQUAL(scene_load(&scene, &config, &errors, &problem), -EINVAL);
    CU_ASSERT(clock() - start < 10 * CLOCKS_PER_SEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&errors), "and 39980 more errors\n"));
}

static const struct test_case cases[] = {
    { "an unknown key has its place, path and nearest name", test_unknown_keys },
    { "a value that does not fit says what was expected", test_values_that_do_not_fit },
    { "steps are checked to the last key", test_steps },
    { "what is missing, or cannot be merged, is told", test_what_is_missing },
    { "secrets stay out of errors", test_secrets_stay_out_of_errors },
    { "twenty errors are shown, the rest counted", test_many_errors_are_counted },
    { "a file that cannot be read says why", test_files_that_cannot_be_read },
    { "a large file is refused quickly", test_a_large_file_is_refused_quickly },
    { "many unknown names are refused quickly", test_many_unknown_names_are_refused_quickly },
};

CUNIT_MAIN("config/errors", cases)
