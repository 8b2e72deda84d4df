/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/repository.h"

#include <limits.h>

#include "schema/cache.h"
#include "scripted_fetch.h"

#define A    "http://a.example/jsonschema"
#define B    "https://user:hunter2@b.example/jsonschema/"
#define B_TO "https://user:hunter2@b.example/jsonschema"
#define JSON "{\"title\":\"page/change\",\"$id\":\"/page/change/1.2.0\",\"type\":\"object\"}"
#define YAML "title: page/change\n$id: /page/change/1.2.0\ntype: object\n"

static const char *const bases[] = { A, B };

static int find_version(struct network *network, const char *title, const char *version,
                        struct arena *arena, struct repository_schema *ret_schema,
                        struct problem *problem)
{
    struct repository repository = { &network->access, bases, 2 };
    return repository_find(&repository, title, version, arena, ret_schema, problem);
}

/* In turn: the bases, and the names at each; a form is told by what the document holds. */
static void test_order(void)
{
    static const struct {
        struct scripted_reply replies[4];
        const char *asked;
    } cases[] = {
        { { { A "/page/change/1.2.0", 0, 200, YAML, 0 } }, A "/page/change/1.2.0\n" },
        { { { A "/page/change/1.2.0.yaml", 0, 200, JSON, 0 } },
          A "/page/change/1.2.0\n" A "/page/change/1.2.0.yaml\n" },
        { { { A "/page/change/1.2.0.json", 0, 200, YAML, 0 } },
          A "/page/change/1.2.0\n" A "/page/change/1.2.0.yaml\n" A "/page/change/1.2.0.json\n" },
        /* A base that does not answer, or not now, is passed over at once. */
        { { { A "/page/change/1.2.0", -EAGAIN, 0, NULL, 0 },
            { B_TO "/page/change/1.2.0", 0, 200, JSON, 0 } },
          A "/page/change/1.2.0\n" B_TO "/page/change/1.2.0\n" },
        { { { A "/page/change/1.2.0", 0, 503, "busy", 0 },
            { B_TO "/page/change/1.2.0", 0, 200, JSON, 0 } },
          A "/page/change/1.2.0\n" B_TO "/page/change/1.2.0\n" },
        { { { A "/page/change/1.2.0", -EACCES, 0, NULL, 0 },
            { B_TO "/page/change/1.2.0", 0, 200, JSON, 0 } },
          A "/page/change/1.2.0\n" B_TO "/page/change/1.2.0\n" },
        /* So is a page of something else, behind its other names. */
        { { { A "/page/change/1.2.0", 0, 200, "<!DOCTYPE html>", 0 },
            { A "/page/change/1.2.0.yaml", 0, 403, NULL, 0 },
            { A "/page/change/1.2.0.json", 0, 200, "{\"title\":", 0 },
            { B_TO "/page/change/1.2.0", 0, 200, JSON, 0 } },
          A "/page/change/1.2.0\n" A "/page/change/1.2.0.yaml\n" A "/page/change/1.2.0.json\n" B_TO
            "/page/change/1.2.0\n" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct network network;
        struct arena arena = { 0 };
        struct repository_schema schema = { 0 };
        struct problem problem = { 0 };
        size_t n_replies = 0;
        while (n_replies < 4 && cases[i].replies[n_replies].url != NULL) {
            n_replies++;
        }
        network_open(&network, cases[i].replies, n_replies);
        CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                        0);
        check_text(buffer_text(&network.asked), cases[i].asked);
        check_text(schema.json, JSON);
        check_text(schema.title, "page/change");
        check_text(schema.version, "1.2.0");
        check_text(schema.uri, cases[i].replies[n_replies - 1].url);
        CU_ASSERT_EQUAL(schema.json_len, strlen(JSON));
        CU_ASSERT_EQUAL(network.n_pauses, 0);
        network_close(&network);
        arena_deinit(&arena);
    }
}

static void test_latest(void)
{
    static const struct {
        const char *body;
        const char *version;
        const char *said;
    } cases[] = {
        { JSON, "1.2.0", NULL },
        { "title: page/change\n$id: 10.20.30\n", "10.20.30", NULL },
        { "title: page/change\n$id: /page/change/latest\n", NULL,
          A "/page/change/latest: the version is not known: $id is \"/page/change/latest\", "
            "expected one that ends in a version such as 1.1.0" },
        { "title: page/change\n", NULL,
          A "/page/change/latest: the version is not known: $id is \"\", expected one that ends in "
            "a version such as 1.1.0" },
        { "title: page/change\n$id: /1.2\n", NULL,
          A "/page/change/latest: the version is not known: $id is \"/1.2\", expected one that "
            "ends in a version such as 1.1.0" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct scripted_reply reply = { A "/page/change/latest", 0, 200, cases[i].body, 0 };
        struct network network;
        struct arena arena = { 0 };
        struct repository_schema schema = { 0 };
        struct problem problem = { 0 };
        network_open(&network, &reply, 1);
        int r = find_version(&network, "page/change", "latest", &arena, &schema, &problem);
        CU_ASSERT_EQUAL(r, cases[i].version != NULL ? 0 : -EINVAL);
        if (cases[i].version != NULL) {
            check_text(schema.version, cases[i].version);
        } else {
            check_text(problem.text, cases[i].said);
            CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        }
        network_close(&network);
        arena_deinit(&arena);
    }
}

/* The message names each place that was tried and what it said, and no password. */
static void test_errors(void)
{
    static const struct {
        const char *title;
        struct scripted_reply replies[2];
        int r;
        enum exit_code code;
        const char *said;
    } cases[] = {
        { "page/change",
          { { NULL, 0, 0, NULL, 0 } },
          -ENOENT,
          EXIT_CONFIG,
          "schema page/change 1.2.0 is in no repository; tried "
          "http://a.example/jsonschema/page/change/1.2.0 and .yaml, .json: HTTP status 404; "
          "https://b.example/jsonschema/page/change/1.2.0 and .yaml, .json: HTTP status 404" },
        { "page/change",
          { { A "/page/change/1.2.0", 0, 200, "[]", 0 },
            { B_TO "/page/change/1.2.0.yaml", -EAGAIN, 0, NULL, 0 } },
          -ENOENT,
          EXIT_UNAVAILABLE,
          "schema page/change 1.2.0 is in no repository; tried "
          "http://a.example/jsonschema/page/change/1.2.0: neither JSON nor YAML (1:1: is no map); "
          "http://a.example/jsonschema/page/change/1.2.0.yaml and .json: HTTP status 404; "
          "https://b.example/jsonschema/page/change/1.2.0: HTTP status 404; "
          "https://b.example/jsonschema/page/change/1.2.0.yaml: scripted failure" },
        { "page/change",
          { { A "/page/change/1.2.0", -EAGAIN, 0, NULL, 0 },
            { B_TO "/page/change/1.2.0", -EACCES, 0, NULL, 0 } },
          -ENOENT,
          EXIT_UNAVAILABLE,
          "schema page/change 1.2.0 is in no repository; tried "
          "http://a.example/jsonschema/page/change/1.2.0: scripted failure; "
          "https://b.example/jsonschema/page/change/1.2.0: scripted failure" },
        { "page/change",
          { { A "/page/change/1.2.0", 0, 200, "title: page/other\n", 0 } },
          -EINVAL,
          EXIT_CONFIG,
          "http://a.example/jsonschema/page/change/1.2.0: the schema's title is \"page/other\", "
          "but the stream's schema_title is \"page/change\"" },
        { "page/change",
          { { A "/page/change/1.2.0", 0, 200, "{}", 0 } },
          -EINVAL,
          EXIT_CONFIG,
          "http://a.example/jsonschema/page/change/1.2.0: the schema's title is \"\", but the "
          "stream's schema_title is \"page/change\"" },
        { "../../etc/passwd",
          { { NULL, 0, 0, NULL, 0 } },
          -EINVAL,
          EXIT_CONFIG,
          "schema_title \"../../etc/passwd\" is none; expected names joined by slashes, such as "
          "mediawiki/page/change" },
        { "a//b",
          { { NULL, 0, 0, NULL, 0 } },
          -EINVAL,
          EXIT_CONFIG,
          "schema_title \"a//b\" is none; expected names joined by slashes, such as "
          "mediawiki/page/change" },
        { "a/b?c",
          { { NULL, 0, 0, NULL, 0 } },
          -EINVAL,
          EXIT_CONFIG,
          "schema_title \"a/b?c\" is none; expected names joined by slashes, such as "
          "mediawiki/page/change" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct network network;
        struct arena arena = { 0 };
        struct repository_schema schema = { 0 };
        struct problem problem = { 0 };
        size_t n_replies = 0;
        while (n_replies < 2 && cases[i].replies[n_replies].url != NULL) {
            n_replies++;
        }
        network_open(&network, cases[i].replies, n_replies);
        int r = find_version(&network, cases[i].title, "1.2.0", &arena, &schema, &problem);
        CU_ASSERT_EQUAL(r, cases[i].r);
        CU_ASSERT_EQUAL(problem.exit_code, cases[i].code);
        check_text(problem.text, cases[i].said);
        CU_ASSERT_PTR_NULL(schema.json);
        network_close(&network);
        arena_deinit(&arena);
    }
}

/* 503 twice, then it is there; and a start that is called off. */
static void test_patience(void)
{
    static const struct scripted_reply replies[] = {
        { A "/page/change/1.2.0", 0, 503, NULL, 1 },
        { A "/page/change/1.2.0", -EAGAIN, 0, NULL, 1 },
        { A "/page/change/1.2.0", 0, 200, JSON, 0 },
    };
    static const struct scripted_reply off = { A "/page/change/1.2.0", -ECANCELED, 0, NULL, 0 };
    struct network network;
    struct arena arena = { 0 };
    struct repository_schema schema = { 0 };
    struct problem problem = { 0 };
    network_open(&network, replies, 3);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    CU_ASSERT_EQUAL(network.n_pauses, 2);
    network_again(&network, replies, 1);
    network.n_pauses_left = 0;
    network.pause_end = -ECANCELED;
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.3.0", &arena, &schema, &problem),
                    -ENOENT);
    CU_ASSERT_EQUAL(network.n_pauses, 0);
    network.n_given[0] = 0;
    network.access.cache_directory = NULL;
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                    -ECANCELED);
    network_again(&network, &off, 1);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                    -ECANCELED);
    CU_ASSERT_EQUAL(network.n_pauses, 0);
    network_close(&network);
    arena_deinit(&arena);
}

/* The copy of an earlier start, once the network has failed often enough. */
static void test_copies(void)
{
    static const struct scripted_reply there[] = {
        { A "/page/change/1.2.0", 0, 200, JSON, 0 },
        { B_TO "/page/change/latest", 0, 200, YAML, 0 },
    };
    static const struct scripted_reply gone[] = {
        { A "/page/change/1.2.0", -EAGAIN, 0, NULL, 0 },
        { A "/page/change/latest", -EACCES, 0, NULL, 0 },
        { A "/page/change/1.3.0", -EAGAIN, 0, NULL, 0 },
    };
    struct network network;
    struct arena arena = { 0 };
    struct repository_schema schema = { 0 };
    struct problem problem = { 0 };
    network_open(&network, there, 2);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "latest", &arena, &schema, &problem), 0);
    network_again(&network, gone, 3);
    memset(&schema, 0, sizeof(schema));
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    CU_ASSERT_EQUAL(network.n_pauses, 2);
    check_text(schema.json, JSON);
    check_text(schema.uri, A "/page/change/1.2.0");
    /* A certificate does not become better by asking again. */
    network_again(&network, gone, 3);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "latest", &arena, &schema, &problem), 0);
    CU_ASSERT_EQUAL(network.n_pauses, 0);
    check_text(schema.version, "1.2.0");
    check_text(schema.uri, "https://b.example/jsonschema/page/change/latest");
    /* There is none of this, and the network is asked until the time is up. */
    network_again(&network, gone, 3);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.3.0", &arena, &schema, &problem),
                    -ENOENT);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_UNAVAILABLE);
    CU_ASSERT_EQUAL(network.n_pauses, 6);
    /* Where all bases answer, and have no such schema, the copy is none either. */
    network_again(&network, NULL, 0);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                    -ENOENT);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    /* Nor where the cache is turned off. */
    network_again(&network, gone, 3);
    network.access.cache_directory = NULL;
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                    -ENOENT);
    network_close(&network);
    arena_deinit(&arena);
}

/* The file of a copy: its name, its text, and what a damaged one is worth. */
static void test_cache_files(void)
{
    static const char *const damage[] = {
        "",
        "{",
        "[]",
        "{\"uri\":\"u\",\"dt\":\"d\"}",
        "{\"uri\":1,\"dt\":\"d\",\"document\":{}}",
        "{\"uri\":\"u\",\"dt\":\"d\",\"document\":[]}",
        "{\"uri\":\"u\",\"dt\":\"d\",\"document\":{\"title\":\"other\"}}",
    };
    static const struct scripted_reply there = { B_TO "/page/change/1.2.0", 0, 200, JSON, 0 };
    static const struct scripted_reply gone = { A "/page/change/1.2.0", -EAGAIN, 0, NULL, 0 };
    struct network network;
    struct arena arena = { 0 };
    struct repository_schema schema = { 0 };
    struct problem problem = { 0 };
    struct cache_key key = { .kind = "schema", .name = "page/change", .version = "1.2.0" };
    AUTO_BUFFER name = { 0 };
    network_open(&network, &there, 1);
    CU_ASSERT_EQUAL(cache_places_hash(bases, 2, &key.places), 0);
    CU_ASSERT_EQUAL(cache_file_name(&key, &name), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(buffer_text(&name));
    CU_ASSERT_EQUAL(strncmp(name.data, "schema-page%2Fchange-1.2.0-", 27), 0);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    size_t len;
    AUTO_FREE char *text = file_get(network.directory, name.data, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NULL(strstr(text, "hunter2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",\"document\":" JSON "}\n"));
    network.access.pause = NULL;
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        network_again(&network, &gone, 1);
        file_put(network.directory, name.data, damage[i], strlen(damage[i]));
        CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                        -ENOENT);
    }
    file_put(network.directory, name.data, text, len);
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    network_close(&network);
    arena_deinit(&arena);
}

/* Names that no file system takes become ones that all do, and stay different. */
static void test_cache_names(void)
{
    static const struct {
        const char *name;
        const char *start;
    } cases[] = {
        { "a.b-c_d", "stream-a.b-c_d-" },
        { "../x", "stream-%2E.%2Fx-" },
        { "a\nb", "stream-a%0Ab-" },
        { "a%2Fb", "stream-a%252Fb-" },
    };
    AUTO_BUFFER first = { 0 };
    AUTO_BUFFER second = { 0 };
    char name[300];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cache_key key = { .kind = "stream", .name = cases[i].name };
        buffer_clear(&first);
        CU_ASSERT_EQUAL(cache_file_name(&key, &first), 0);
        CU_ASSERT_EQUAL(strncmp(buffer_text(&first), cases[i].start, strlen(cases[i].start)), 0);
    }
    memset(name, '/', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    struct cache_key key = { .kind = "stream", .name = name };
    buffer_clear(&first);
    CU_ASSERT_EQUAL(cache_file_name(&key, &first), 0);
    name[sizeof(name) - 2] = 'x';
    CU_ASSERT_EQUAL(cache_file_name(&key, &second), 0);
    CU_ASSERT_STRING_NOT_EQUAL(buffer_text(&first), buffer_text(&second));
    CU_ASSERT_TRUE(first.len < NAME_MAX - 4);
}

/* A cache that cannot be written is no reason not to start. */
static void test_cache_is_read_only(void)
{
    static const struct scripted_reply there = { A "/page/change/1.2.0", 0, 200, JSON, 0 };
    struct network network;
    struct arena arena = { 0 };
    struct repository_schema schema = { 0 };
    struct problem problem = { 0 };
    char path[300];
    network_open(&network, &there, 1);
    file_put(network.directory, "file", "", 0);
    snprintf(path, sizeof(path), "%s/file", network.directory);
    network.access.cache_directory = path;
    CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem), 0);
    network_close(&network);
    arena_deinit(&arena);
}

/* Bases that are directories, by path and by URI. */
static void test_files(void)
{
    struct network network;
    struct arena arena = { 0 };
    char base[300];
    char title[300];
    network_open(&network, NULL, 0);
    snprintf(title, sizeof(title), "%s/page/change", network.directory);
    CU_ASSERT_EQUAL_FATAL(directory_make(title), 0);
    file_put(title, "1.2.0.yaml", YAML, strlen(YAML));
    snprintf(base, sizeof(base), "%s/no%%20such", network.directory);
    for (int is_uri = 0; is_uri < 2; is_uri++) {
        struct repository_schema schema = { 0 };
        struct problem problem = { 0 };
        char there[300];
        snprintf(there, sizeof(there), "%s%s/", is_uri ? "file://" : "", network.directory);
        const char *const uris[] = { base, there };
        struct repository repository = { &network.access, uris, 2 };
        CU_ASSERT_EQUAL(
            repository_find(&repository, "page/change", "1.2.0", &arena, &schema, &problem), 0);
        check_text(schema.json, JSON);
        CU_ASSERT_EQUAL(
            repository_find(&repository, "page/change", "1.3.0", &arena, &schema, &problem),
            -ENOENT);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(problem.text, "/1.3.0 and .yaml, .json: No such file or directory"));
    }
    CU_ASSERT_EQUAL(network.asked.len, 0);
    network_close(&network);
    arena_deinit(&arena);
}

/* What YAML knows and JSON writes otherwise: the text is the schema's all the same. */
static void test_forms(void)
{
    static const struct {
        const char *body;
        const char *json;
    } cases[] = {
        { " \n\t{\"title\":\"page/change\",\"a\":\"\\ud83d\\ude00\\/\",\"a\":1}\n",
          " \n\t{\"title\":\"page/change\",\"a\":\"\\ud83d\\ude00\\/\",\"a\":1}\n" },
        { "{title: page/change, maximum: 18446744073709551616}",
          "{\"title\":\"page/change\",\"maximum\":18446744073709551616}" },
        { "# c\ntitle: page/change\nenum: [yes, 010, null, 1.50]\n",
          "{\"title\":\"page/change\",\"enum\":[\"yes\",10,null,1.50]}" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct scripted_reply reply = { A "/page/change/1.2.0", 0, 200, cases[i].body, 0 };
        struct network network;
        struct arena arena = { 0 };
        struct repository_schema schema = { 0 };
        struct problem problem = { 0 };
        network_open(&network, &reply, 1);
        CU_ASSERT_EQUAL(find_version(&network, "page/change", "1.2.0", &arena, &schema, &problem),
                        0);
        check_text(schema.json, cases[i].json);
        network_close(&network);
        arena_deinit(&arena);
    }
}

static const struct test_case cases[] = {
    { "bases and names in order", test_order },
    { "the latest version", test_latest },
    { "what is wrong, and all that was tried", test_errors },
    { "asked again", test_patience },
    { "copies", test_copies },
    { "the file of a copy", test_cache_files },
    { "names of copies", test_cache_names },
    { "a cache that cannot be written", test_cache_is_read_only },
    { "repositories of files", test_files },
    { "JSON and YAML", test_forms },
};

CUNIT_MAIN("schema/repository", cases)
