/* SPDX-License-Identifier: Apache-2.0 */
#include "config/secret.h"

#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "yaml/parse.h"
#include "yaml/render.h"

static void test_names(void)
{
    static const struct {
        const char *name;
        bool is_secret;
    } rows[] = {
        { "password", true },
        { "SSL_KEY_PASSWORD", true },
        { "ssl.key.password", true },
        { "sasl.jaas.config", true },
        { "sasl.username", true },
        { "API_KEY", true },
        { "apiKey", true },
        { "Authorization", true },
        { "client_secret", true },
        { "GITHUB_TOKEN", true },
        { "ssl.key.pem", true },
        { "partition_by", false },
        { "ssl.ca.location", false },
        { "key", false },
        { "message_key_fields", false },
        { "pass", false },
        { "", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CU_ASSERT_EQUAL(is_secret_name(rows[i].name, strlen(rows[i].name)), rows[i].is_secret);
    }
}

static void test_urls(void)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        { "", "" },
        { "no url at all", "no url at all" },
        { "http://h/p", "http://h/p" },
        { "http://u:p@h/p", "http://***@h/p" },
        { "http://u@h", "http://***@h" },
        { "http://u:p@x@h/p@q", "http://***@h/p@q" },
        { "http://h/p?q=user@x", "http://h/p?q=user@x" },
        { "http://h/?a=1&token=abc&b=2", "http://h/?a=1&token=***&b=2" },
        { "http://h/?access_token=abc#f", "http://h/?access_token=***#f" },
        { "http://h/?token", "http://h/?token" },
        { "http://h/?token=", "http://h/?token=***" },
        { "see http://a:b@h and https://c:d@i/x", "see http://***@h and https://***@i/x" },
        { "://", "://" },
        { "http://u:p@", "http://***@" },
        { "postgres://u:p@h/d", "postgres://***@h/d" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER shown = { 0 };
        CU_ASSERT_EQUAL(redact_text(rows[i].text, strlen(rows[i].text), &shown), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&shown), rows[i].shown);
    }
}

static void test_trees(void)
{
    static const struct {
        const char *name;
        const char *text;
        const char *json;
    } rows[] = {
        { NULL, "{a: 1, password: 2}", "{\"a\":1,\"password\":\"***\"}" },
        { NULL, "{password: ''}", "{\"password\":\"\"}" },
        { NULL, "{password: null, token: ~, secret: }",
          "{\"password\":null,\"token\":null,\"secret\":null}" },
        { "token", "abc", "\"***\"" },
        { "tokens", "[a, {b: c}]", "[\"***\",{\"b\":\"***\"}]" },
        { "x", "{secret: {b: [c]}}", "{\"secret\":{\"b\":[\"***\"]}}" },
        { "url", "http://u:p@h", "\"http://***@h\"" },
        { "x", "[[{cookie: 1}]]", "[[{\"cookie\":\"***\"}]]" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct problem problem = { 0 };
        struct yaml_node *root = NULL;
        AUTO_BUFFER json = { 0 };
        AUTO_BUFFER before = { 0 };
        AUTO_BUFFER after = { 0 };
        CU_ASSERT_EQUAL_FATAL(
            yaml_parse(&arena, "t", rows[i].text, strlen(rows[i].text), &root, &problem), 0);
        CU_ASSERT_EQUAL(yaml_render_flow(root, &before), 0);
        struct yaml_node *copy = redact_copy(&arena, rows[i].name, root);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        CU_ASSERT_EQUAL(yaml_render_json(copy, &json, &problem), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&json), rows[i].json);
        /* The original is what the job uses. */
        CU_ASSERT_EQUAL(yaml_render_flow(root, &after), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&after), buffer_text(&before));
        arena_deinit(&arena);
    }
}

static const struct test_case cases[] = {
    { "names that sound secret are", test_names },
    { "URLs lose what stands before the @ and secret parameters", test_urls },
    { "a copy of a tree hides what is secret, the tree keeps it", test_trees },
};

CUNIT_MAIN("config/secret", cases)
