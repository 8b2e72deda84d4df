/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema refers to: the functions between schema_compile() and the repositories. */
#include "schema/repository.h"
#include "schema/schema.h"

#include "base/error.h"
#include "scripted_fetch.h"

#define A    "http://a.example/schemas"
#define JSON "{\"title\":\"fragment/common\",\"$id\":\"/fragment/common/1.0.0\"}"

static const char *const bases[] = { A };

static void test_where_documents_are_looked_for(void)
{
    static const struct {
        const char *uri;
        struct scripted_reply reply;
        int r;
        enum exit_code code;
        /* Begins with this. */
        const char *said;
    } rows[] = {
        { "/fragment/common/1.0.0", { A "/fragment/common/1.0.0", 0, 200, JSON, 0 }, 0, 0, JSON },
        { "/fragment/common/1.0.0.yaml",
          { A "/fragment/common/1.0.0", 0, 200, "title: fragment/common\n", 0 },
          0,
          0,
          "{\"title\":\"fragment/common\"}" },
        { "/fragment/common/1.0.0.json",
          { A "/fragment/common/1.0.0.json", 0, 200, JSON, 0 },
          0,
          0,
          JSON },
        { "http://other.example/any",
          { "http://other.example/any", 0, 200, "type: object\n", 0 },
          0,
          0,
          "{\"type\":\"object\"}" },
        { "/alone",
          { A "/alone", 0, 200, JSON, 0 },
          -ENOENT,
          EXIT_CONFIG,
          "/alone is no schema of a repository; expected /title/version" },
        { "/fragment/none/1.0.0",
          { A "/fragment/common/1.0.0", 0, 200, JSON, 0 },
          -ENOENT,
          EXIT_CONFIG,
          "schema fragment/none 1.0.0 is in no repository; tried " A },
        { "/fragment/none/1.0.0",
          { A "/fragment/none/1.0.0", 0, 200, JSON, 0 },
          -EINVAL,
          EXIT_CONFIG,
          A "/fragment/none/1.0.0: the schema's title is \"fragment/common\"" },
        { "http://u:hunter2@other.example/any",
          { "http://u:hunter2@other.example/any", 0, 404, "", 0 },
          -ENOENT,
          EXIT_CONFIG,
          "http://other.example/any: HTTP status 404" },
        { "http://other.example/any",
          { "http://other.example/any", -EAGAIN, 0, NULL, 0 },
          -ENOENT,
          EXIT_UNAVAILABLE,
          "http://other.example/any: scripted failure" },
        { "http://other.example/any",
          { "http://other.example/any", 0, 200, "<html>", 0 },
          -EINVAL,
          EXIT_CONFIG,
          "http://other.example/any:1:1: " },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct network network;
        struct problem problem = { 0 };
        AUTO_BUFFER json = { 0 };
        network_open(&network, &rows[i].reply, 1);
        struct repository repository = { &network.access, bases, 1 };
        CU_ASSERT_EQUAL(repository_fetch(&repository, rows[i].uri, &json, &problem), rows[i].r);
        const char *said = rows[i].r < 0 ? problem.text : buffer_text(&json);
        CU_ASSERT_PTR_NOT_NULL_FATAL(said);
        if (strncmp(said, rows[i].said, strlen(rows[i].said)) != 0) {
            CU_FAIL("another text");
            printf("%s\n", said);
        }
        CU_ASSERT_EQUAL(problem.exit_code, rows[i].code);
        network_close(&network);
    }
}

static void test_a_schema_is_compiled_with_what_it_refers_to(void)
{
    static const char text[] = "{\"$id\":\"/page/1.0.0\",\"allOf\":[{\"$ref\":\"/fragment/common/"
                               "1.0.0#/definitions/a\"}]}";
    static const struct {
        const char *fragment;
        int r;
    } rows[] = {
        { "title: fragment/common\ndefinitions: {a: {type: object}}\n", 0 },
        { "title: fragment/common\n", -ENOENT },
        { "title: fragment/common\ndefinitions: {a: {type: 7}}\n", -EINVAL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct scripted_reply reply = { A "/fragment/common/1.0.0", 0, 200, rows[i].fragment,
                                              0 };
        struct network network;
        struct problem problem = { 0 };
        struct schema *schema = NULL;
        network_open(&network, &reply, 1);
        struct repository repository = { &network.access, bases, 1 };
        const struct schema_options options = {
            .uri = "",
            .json = text,
            .json_len = sizeof(text) - 1,
            .fetch = repository_fetch,
            .context = &repository,
        };
        CU_ASSERT_EQUAL(schema_compile(&options, &schema, &problem), rows[i].r);
        CU_ASSERT_EQUAL(problem.text[0] != '\0', rows[i].r < 0);
        schema_free(schema);
        network_close(&network);
    }
}

static const struct test_case cases[] = {
    { "where documents are looked for", test_where_documents_are_looked_for },
    { "a schema is compiled with what it refers to",
      test_a_schema_is_compiled_with_what_it_refers_to },
};

CUNIT_MAIN("schema/repository_fetch", cases)
