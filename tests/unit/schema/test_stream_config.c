/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/stream_config.h"

#include "scripted_fetch.h"

#define API    "https://user:hunter2@meta.example/w/api.php"
#define ASK(s) API "?format=json&action=streamconfigs&all_settings=true&streams=" s

/* What the API answers, as PHP writes it. */
#define API_PAGE                                                                     \
    "{\"stream\":\"page\",\"schema_title\":\"mediawiki\\/page\\/change\","           \
    "\"topics\":[\"eqiad.page\",\"codfw.page\"],\"topic_prefixes\":[\"x.\"],"        \
    "\"message_key_fields\":{\"wiki_id\":\"wiki_id\",\"page_id\":\"page.page_id\"}," \
    "\"destination_event_service\":\"eventgate\",\"canary_events_enabled\":false}"

static void check_page(const struct stream_settings *page, const char *uri)
{
    check_text(page->name, "page");
    check_text(page->title, "mediawiki/page/change");
    check_text(page->uri, uri);
    CU_ASSERT_EQUAL_FATAL(page->n_topics, 2);
    check_text(page->topics[0], "eqiad.page");
    check_text(page->topics[1], "codfw.page");
    CU_ASSERT_EQUAL_FATAL(page->n_keys, 2);
    check_text(page->keys[0].name, "wiki_id");
    check_text(page->keys[0].pointer, "/wiki_id");
    check_text(page->keys[1].name, "page_id");
    check_text(page->keys[1].pointer, "/page/page_id");
    CU_ASSERT_FALSE(page->has_canaries);
}

/* Earlier over later, a stream at a time; what is known is not asked for. */
static void test_file_and_api(void)
{
    static const char local[] = "mine: {schema_title: my/title}\n"
                                "page: {schema_title: local/title}\n";
    static const struct scripted_reply whole = { ASK("page%7Cother"), 0, 200,
                                                 "{\"streams\":{\"page\":" API_PAGE
                                                 ",\"other\":{\"schema_title\":\"o\"}}}",
                                                 0 };
    static const struct scripted_reply part = {
        ASK("other"), 0, 200, "{\"streams\":{\"other\":{\"schema_title\":\"o\"}}}", 0
    };
    static const char *const names[] = { "page", "other", "mine", "page" };
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings[4];
    char file[300];
    network_open(&network, &part, 1);
    file_put(network.directory, "local.yaml", local, strlen(local));
    snprintf(file, sizeof(file), "file://%s/local.yaml", network.directory);
    const char *const file_first[] = { file, API };
    struct stream_config config = { &network.access, file_first, 2 };
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 4, &arena, settings, &problem), 0);
    check_text(buffer_text(&network.asked), ASK("other") "\n");
    check_text(settings[0].title, "local/title");
    check_text(settings[1].title, "o");
    check_text(settings[1].uri, "https://meta.example/w/api.php");
    check_text(settings[2].title, "my/title");
    check_text(settings[2].uri, file);
    check_text(settings[3].title, "local/title");
    network_again(&network, &whole, 1);
    const char *const api_first[] = { API, file };
    static const char *const again[] = { "page", "other" };
    config.uris = api_first;
    CU_ASSERT_EQUAL(stream_config_find(&config, again, 2, &arena, settings, &problem), 0);
    check_page(&settings[0], "https://meta.example/w/api.php");
    check_text(buffer_text(&network.asked), ASK("page%7Cother") "\n");
    network_close(&network);
    arena_deinit(&arena);
}

/* Keys may be expressions between slashes; a name counts before them, and the first that matches. */
static void test_names_may_be_expressions(void)
{
    static const struct scripted_reply reply = {
        ASK("mw.job.x%7Cmw.job.plain%7Cmw.other%7Cnone"), 0, 200,
        "{\"streams\":{\"/((/\":{\"schema_title\":\"broken\"},"
        "\"/^mw\\\\.job\\\\..+/\":{\"schema_title\":\"job\"},"
        "\"\\/^mw\\\\./\":{\"schema_title\":\"mw\"},"
        "\"//\":{\"schema_title\":\"empty\"},\"mw.job.plain\":{\"schema_title\":\"plain\"},"
        "\"/none\":{\"schema_title\":\"open\"}}}",
        0
    };
    static const char *const names[] = { "mw.job.x", "mw.job.plain", "mw.other", "none" };
    static const char *const uris[] = { API };
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings[4];
    network_open(&network, &reply, 1);
    struct stream_config config = { &network.access, uris, 1 };
    CU_ASSERT(stream_config_find(&config, names, 4, &arena, settings, &problem) < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "no configuration of stream none"));
    network_again(&network,
                  &(struct scripted_reply){ ASK("mw.job.x%7Cmw.job.plain%7Cmw.other"), 0, 200,
                                            reply.body, 0 },
                  1);
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 3, &arena, settings, &problem), 0);
    check_text(settings[0].title, "job");
    check_text(settings[0].name, "mw.job.x");
    check_text(settings[0].topics[0], "mw.job.x");
    check_text(settings[1].title, "plain");
    check_text(settings[2].title, "mw");
    network_close(&network);
    arena_deinit(&arena);
}

/* The defaults of a stream of which little is said, and settings that are wrong. */
static void test_settings(void)
{
    static const struct {
        const char *settings;
        const char *topics;
        const char *pointers;
        bool has_canaries;
        /* Behind the file's name; NULL: they are right. */
        const char *said;
    } cases[] = {
        { "{schema_title: t}", "s ", "", true, NULL },
        { "{schema_title: t, topic_prefixes: [eqiad., codfw.]}", "eqiad.s codfw.s ", "", true,
          NULL },
        { "{schema_title: t, topics: [a], topic_prefixes: [b]}", "a ", "", true, NULL },
        { "{schema_title: t, topics: [], topic_prefixes: null}", "s ", "", true, NULL },
        { "{schema_title: t, canary_events_enabled: false}", "s ", "", false, NULL },
        { "{schema_title: t, canary_events_enabled: true}", "s ", "", true, NULL },
        { "{schema_title: t, message_key_fields: []}", "s ", "", true, NULL },
        { "{schema_title: t, message_key_fields: {a: b, c: d.e.f, g: 'h/i.~j'}}", "s ",
          "/b /d/e/f /h~1i/~0j ", true, NULL },
        { "{}", "", "", true, ": stream s: schema_title: expected a text" },
        { "[]", "", "", true, ": stream s: schema_title: expected a text" },
        { "text", "", "", true, ": stream s: schema_title: expected a text" },
        { "{schema_title: [t]}", "", "", true, ": stream s: schema_title: expected a text" },
        { "{schema_title: t, topics: a}", "", "", true,
          ": stream s: topics: expected a list of texts" },
        { "{schema_title: t, topics: [a, 1]}", "", "", true,
          ": stream s: topics: expected a list of texts" },
        { "{schema_title: t, topic_prefixes: {a: b}}", "", "", true,
          ": stream s: topic_prefixes: expected a list of texts" },
        { "{schema_title: t, canary_events_enabled: 'no'}", "", "", true,
          ": stream s: canary_events_enabled: expected true or false" },
        { "{schema_title: t, message_key_fields: [a]}", "", "", true,
          ": stream s: message_key_fields: expected a map of names to fields such as "
          "page.page_id" },
        { "{schema_title: t, message_key_fields: {a: b..c}}", "", "", true,
          ": stream s: message_key_fields: expected a map of names to fields such as "
          "page.page_id" },
        { "{schema_title: t, message_key_fields: {a: b.}}", "", "", true,
          ": stream s: message_key_fields: expected a map of names to fields such as "
          "page.page_id" },
        { "{schema_title: t, message_key_fields: {a: ''}}", "", "", true,
          ": stream s: message_key_fields: expected a map of names to fields such as "
          "page.page_id" },
    };
    struct network network;
    char file[300];
    network_open(&network, NULL, 0);
    snprintf(file, sizeof(file), "%s/c", network.directory);
    const char *const uris[] = { file };
    const char *const names[] = { "s" };
    struct stream_config config = { &network.access, uris, 1 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        struct problem problem = { 0 };
        struct stream_settings settings;
        AUTO_BUFFER text = { 0 };
        buffer_printf(&text, "s: %s\n", cases[i].settings);
        file_put(network.directory, "c", text.data, text.len);
        int r = stream_config_find(&config, names, 1, &arena, &settings, &problem);
        if (cases[i].said != NULL) {
            CU_ASSERT_EQUAL(r, -EINVAL);
            CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
            check_text(problem.text + strlen(file), cases[i].said);
            arena_deinit(&arena);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(r, 0);
        AUTO_BUFFER topics = { 0 };
        AUTO_BUFFER pointers = { 0 };
        for (size_t k = 0; k < settings.n_topics; k++) {
            buffer_printf(&topics, "%s ", settings.topics[k]);
        }
        for (size_t k = 0; k < settings.n_keys; k++) {
            buffer_printf(&pointers, "%s ", settings.keys[k].pointer);
        }
        check_text(buffer_text(&topics), cases[i].topics);
        check_text(buffer_text(&pointers), cases[i].pointers);
        CU_ASSERT_EQUAL(settings.has_canaries, cases[i].has_canaries);
        arena_deinit(&arena);
    }
    network_close(&network);
}

/* What a configuration can say instead of what is asked for. */
static void test_errors(void)
{
    static const struct {
        int r;
        int status;
        const char *body;
        int outcome;
        enum exit_code code;
        const char *said;
    } cases[] = {
        { 0, 200, "{\"streams\":{}}", -ENOENT, EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: does not know "
          "page" },
        { 0, 200, "{\"streams\":[]}", -ENOENT, EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: does not know "
          "page" },
        { 0, 200, "{\"error\":{\"code\":\"badvalue\",\"info\":\"Unrecognized value\"}}", -ENOENT,
          EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: Unrecognized "
          "value" },
        { 0, 200, "{\"batchcomplete\":\"\"}", -ENOENT, EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: no "
          "EventStreamConfig API: its answer has no streams" },
        { 0, 200, "<html>", -ENOENT, EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: neither JSON nor "
          "YAML" },
        { 0, 404, "", -ENOENT, EXIT_CONFIG,
          "no configuration of stream page; tried https://meta.example/w/api.php: HTTP status "
          "404" },
        { 0, 503, "", -ENOENT, EXIT_UNAVAILABLE,
          "no configuration of stream page; tried https://meta.example/w/api.php: HTTP status "
          "503" },
        { -EAGAIN, 0, "", -ENOENT, EXIT_UNAVAILABLE,
          "no configuration of stream page; tried https://meta.example/w/api.php: scripted "
          "failure" },
        { 0, 200, "{\"streams\":{\"page\":{\"schema_title\":1}}}", -EINVAL, EXIT_CONFIG,
          "https://meta.example/w/api.php: stream page: schema_title: expected a text" },
        { -ECANCELED, 0, "", -ECANCELED, EXIT_DONE, "called off" },
    };
    static const char *const uris[] = { API };
    static const char *const names[] = { "page" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct scripted_reply reply = { ASK("page"), cases[i].r, cases[i].status,
                                              cases[i].body, 0 };
        struct network network;
        struct arena arena = { 0 };
        struct problem problem = { 0 };
        struct stream_settings settings;
        network_open(&network, &reply, 1);
        struct stream_config config = { &network.access, uris, 1 };
        CU_ASSERT_EQUAL(stream_config_find(&config, names, 1, &arena, &settings, &problem),
                        cases[i].outcome);
        CU_ASSERT_EQUAL(problem.exit_code, cases[i].code);
        check_text(problem.text, cases[i].said);
        network_close(&network);
        arena_deinit(&arena);
    }
}

/* A file that is not there, one that is no configuration, and one that knows no such stream. */
static void test_files(void)
{
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings[2];
    char paths[2][300];
    char said[1024];
    static const char one[] = "{\"a\":{\"schema_title\":\"t\"}}";
    network_open(&network, NULL, 0);
    snprintf(paths[0], sizeof(paths[0]), "%s/none", network.directory);
    snprintf(paths[1], sizeof(paths[1]), "%s/c.json", network.directory);
    const char *const uris[] = { paths[0], paths[1] };
    static const char *const names[] = { "b", "a" };
    struct stream_config config = { &network.access, uris, 2 };
    file_put(network.directory, "c.json", one, strlen(one));
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 2, &arena, settings, &problem), -ENOENT);
    snprintf(said, sizeof(said),
             "no configuration of stream b; tried %.300s: No such file or directory; %.300s: does "
             "not know b",
             paths[0], paths[1]);
    check_text(problem.text, said);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    file_put(network.directory, "c.json", "{\"a\": ]", 7);
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 2, &arena, settings, &problem), -EINVAL);
    CU_ASSERT_EQUAL(strncmp(problem.text, paths[1], strlen(paths[1])), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "c.json:1:7: "));
    file_put(network.directory, "c.json", "- a\n", 4);
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 2, &arena, settings, &problem), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "c.json:1:1: is no map"));
    network_close(&network);
    arena_deinit(&arena);
}

/* Each stream's copy of an earlier start, whatever was asked for with it. */
static void test_copies(void)
{
    static const struct scripted_reply there = { ASK("page%7Cother"), 0, 200,
                                                 "{\"streams\":{\"page\":" API_PAGE
                                                 ",\"other\":{\"schema_title\":\"o\"}}}",
                                                 0 };
    static const struct scripted_reply gone[] = {
        { ASK("page"), -EAGAIN, 0, NULL, 0 },
        { ASK("page%7Cnew"), -EAGAIN, 0, NULL, 0 },
        { ASK("new"), -EAGAIN, 0, NULL, 0 },
    };
    static const char *const uris[] = { API };
    static const char *const names[] = { "page", "other" };
    static const char *const with_new[] = { "page", "new" };
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings[2];
    network_open(&network, &there, 1);
    struct stream_config config = { &network.access, uris, 1 };
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 2, &arena, settings, &problem), 0);
    network_again(&network, gone, 3);
    memset(settings, 0, sizeof(settings));
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 1, &arena, settings, &problem), 0);
    check_page(&settings[0], "https://meta.example/w/api.php");
    CU_ASSERT_EQUAL(network.n_pauses, 2);
    network_again(&network, gone, 3);
    CU_ASSERT_EQUAL(stream_config_find(&config, with_new, 2, &arena, settings, &problem), -ENOENT);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "no configuration of stream new; tried"));
    network_close(&network);
    arena_deinit(&arena);
}

/* 503 twice, then an answer; names are asked for that are not known yet. */
static void test_patience(void)
{
    static const struct scripted_reply replies[] = {
        { ASK("page%7Cmine"), 0, 503, NULL, 1 },
        { ASK("page"), 0, 429, NULL, 1 },
        { ASK("page"), 0, 200, "{\"streams\":{\"page\":" API_PAGE "}}", 0 },
    };
    static const char local[] = "mine: {schema_title: my/title}\n";
    static const char *const names[] = { "page", "mine" };
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings[2];
    char file[300];
    network_open(&network, replies, 3);
    file_put(network.directory, "c", local, strlen(local));
    snprintf(file, sizeof(file), "%s/c", network.directory);
    const char *const uris[] = { API, file };
    struct stream_config config = { &network.access, uris, 2 };
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 2, &arena, settings, &problem), 0);
    CU_ASSERT_EQUAL(network.n_pauses, 2);
    check_page(&settings[0], "https://meta.example/w/api.php");
    check_text(settings[1].title, "my/title");
    network_close(&network);
    arena_deinit(&arena);
}

/* The request is added to a query that is there already, and a fragment is no part of it. */
static void test_request(void)
{
    static const char *const uris[] = { "http://h/w/api.php?uselang=en#top",
                                        "http://h/streams.yaml" };
    static const char *const names[] = { "a b/c" };
    static const struct scripted_reply reply = { "http://h/streams.yaml", 0, 200,
                                                 "a b/c: {schema_title: t}", 0 };
    struct network network;
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct stream_settings settings;
    network_open(&network, &reply, 1);
    struct stream_config config = { &network.access, uris, 2 };
    CU_ASSERT_EQUAL(stream_config_find(&config, names, 1, &arena, &settings, &problem), 0);
    check_text(buffer_text(&network.asked),
               "http://h/w/api.php?uselang=en&format=json&action=streamconfigs&all_settings=true&"
               "streams=a%20b%2Fc\nhttp://h/streams.yaml\n");
    network_close(&network);
    arena_deinit(&arena);
}

static const struct test_case cases[] = {
    { "a file and an API, earlier over later", test_file_and_api },
    { "names may be expressions", test_names_may_be_expressions },
    { "settings, their defaults and their errors", test_settings },
    { "what an API says instead", test_errors },
    { "files that do not help", test_files },
    { "copies", test_copies },
    { "asked again", test_patience },
    { "what is asked for", test_request },
};

CUNIT_MAIN("schema/stream_config", cases)
