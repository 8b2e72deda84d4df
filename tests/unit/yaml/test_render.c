/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/render.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "yaml/parse.h"

static void test_numbers_as_json(void)
{
    static const struct {
        const char *text;
        const char *json;
    } rows[] = {
        { "12345678901234567890123", "12345678901234567890123" },
        { "-0", "-0" },
        { "+1", "1" },
        { "007", "7" },
        { "-00.50", "-0.50" },
        { ".5", "0.5" },
        { "5.", "5.0" },
        { "5.e3", "5.0e3" },
        { "-.5E+3", "-0.5E+3" },
        { "1e400", "1e400" },
        { "0x1F", "31" },
        { "0o17", "15" },
        { "00", "0" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node scalar = {
            .kind = YAML_SCALAR, .is_plain = true, .text = rows[i].text, .len = strlen(rows[i].text)
        };
        AUTO_BUFFER buffer = { 0 };
        struct problem problem = { 0 };
        CU_ASSERT_EQUAL(yaml_render_json(&scalar, &buffer, &problem), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), rows[i].json);
    }
}

static void test_what_json_has_not(void)
{
    static const char *const rows[] = { ".inf", "-.Inf", ".NaN", "0xFFFFFFFFFFFFFFFFF",
                                        "0o7777777777777777777777777" };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node scalar = { .kind = YAML_SCALAR,
                                    .is_plain = true,
                                    .origin = { "f.yaml", 3, 4 },
                                    .text = rows[i],
                                    .len = strlen(rows[i]) };
        AUTO_BUFFER buffer = { 0 };
        struct problem problem = { 0 };
        CU_ASSERT_EQUAL(yaml_render_json(&scalar, &buffer, &problem), -EINVAL);
        CU_ASSERT_EQUAL(strncmp(problem.text, "f.yaml:3:4: ", 12), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, rows[i]));
    }
}

static void test_strings_as_json(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *json;
    } rows[] = {
        { "", 0, "\"\"" },
        { "a\"\\\n\t\r\b\f/", 9, "\"a\\\"\\\\\\n\\t\\r\\b\\f/\"" },
        { "\x01\x7F\0", 3, "\"\\u0001\\u007f\\u0000\"" },
        { "\xC2\x85\xE2\x80\xA8\xEF\xBB\xBF\xC2\xA0", 10, "\"\\u0085\\u2028\\ufeff\xC2\xA0\"" },
        { "\xF0\x9F\x8C\x8A", 4, "\"\xF0\x9F\x8C\x8A\"" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER buffer = { 0 };
        CU_ASSERT_EQUAL(yaml_render_string(rows[i].text, rows[i].len, &buffer), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), rows[i].json);
    }
}

static void test_scalars_as_yaml(void)
{
    static const struct {
        const char *text;
        bool is_plain;
        const char *yaml;
    } rows[] = {
        { "word", false, "word" },
        { "two words", true, "two words" },
        { "/page/page_id", false, "/page/page_id" },
        { "http://h:80/a?b", false, "\"http://h:80/a?b\"" },
        { "http://h:80/a", false, "http://h:80/a" },
        { "1", true, "1" },
        { "1", false, "\"1\"" },
        { "true", false, "\"true\"" },
        { "yes", false, "yes" },
        { "", true, "null" },
        { "", false, "\"\"" },
        { "~", false, "\"~\"" },
        { ".inf", true, ".inf" },
        { "a: b", true, "\"a: b\"" },
        { "a #b", true, "\"a #b\"" },
        { "- a", true, "\"- a\"" },
        { "a ", false, "\"a \"" },
        { " a", false, "\" a\"" },
        { "a:", false, "\"a:\"" },
        { "[a]", false, "\"[a]\"" },
        { "***", false, "\"***\"" },
        { "a, b", false, "\"a, b\"" },
        { "caf\xC3\xA9", false, "\"caf\xC3\xA9\"" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct yaml_node scalar = { .kind = YAML_SCALAR,
                                    .is_plain = rows[i].is_plain,
                                    .text = rows[i].text,
                                    .len = strlen(rows[i].text) };
        AUTO_BUFFER buffer = { 0 };
        CU_ASSERT_EQUAL(yaml_render_scalar(&scalar, &buffer), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), rows[i].yaml);
    }
}

/* Parses text and gives the tree as JSON. */
static void to_json(struct arena *arena, const char *text, size_t len, struct buffer *json)
{
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    CU_ASSERT_EQUAL_FATAL(yaml_parse(arena, "t", text, len, &root, &problem), 0);
    CU_ASSERT_EQUAL_FATAL(yaml_render_json(root, json, &problem), 0);
}

static void test_flow_reads_back(void)
{
    static const char *const rows[] = {
        "{}",
        "[]",
        "[[], {}, [{}]]",
        "a: {b: [1, '1', true, 'true', ~, '~', 1.5, 0x1F]}",
        "'': ''",
        "'a: b': '# no comment'",
        "a: \"x\\ny\\u2028z\\u0085\\x7f\\0\"",
        ("\"a\\nb\": ['-', '?', ':', '- a', '? a', ': a', '&a', '*a', '!a', '|', '>', '%a', '@a', "
         "'`a', '\"', '''', '{', '}', '[', ']', ',', '#', ' #', '...', '---', '<<', '=']"),
        "'<<': 1",
        "[a:b, 'a:', ':a', 'a ,b', a  b, ' a', 'a ']",
        "\xC3\xA9: \xF0\x9F\x8C\x8A",
        "'...'",
        "'... a'",
        "a: |\n  two\n  lines\nb: >-\n  folded\n  text",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        AUTO_BUFFER before = { 0 };
        AUTO_BUFFER flow = { 0 };
        AUTO_BUFFER after = { 0 };
        struct problem problem = { 0 };
        struct yaml_node *root = NULL;
        CU_ASSERT_EQUAL_FATAL(yaml_parse(&arena, "t", rows[i], strlen(rows[i]), &root, &problem),
                              0);
        to_json(&arena, rows[i], strlen(rows[i]), &before);
        CU_ASSERT_EQUAL(yaml_render_flow(root, &flow), 0);
        CU_ASSERT_PTR_NULL(memchr(flow.data, '\n', flow.len));
        to_json(&arena, flow.data, flow.len, &after);
        CU_ASSERT_STRING_EQUAL(buffer_text(&after), buffer_text(&before));
        arena_deinit(&arena);
    }
}

/* A key of more than 1,024 characters is marked by `?`, or YAML does not see that it is one. */
static void test_long_keys_read_back(void)
{
    static const size_t lens[] = { 1000, 1022, 1023, 1024, 1025, 1026, 5000 };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        struct arena arena = { 0 };
        struct yaml_origin origin = { .source = "test" };
        AUTO_BUFFER key = { 0 };
        AUTO_BUFFER before = { 0 };
        AUTO_BUFFER flow = { 0 };
        AUTO_BUFFER after = { 0 };
        while (key.len < lens[i]) {
            CU_ASSERT_EQUAL_FATAL(buffer_append_byte(&key, i % 2 == 0 ? 'k' : ','), 0);
        }
        struct yaml_node *map = yaml_node_new(&arena, YAML_MAP, &origin);
        struct yaml_node *value = yaml_scalar_new(&arena, "1", 1, true, &origin);
        CU_ASSERT_EQUAL_FATAL(yaml_map_put(&arena, map, key.data, key.len, &origin, value), 0);
        CU_ASSERT_EQUAL(yaml_render_json(map, &before, NULL), 0);
        CU_ASSERT_EQUAL(yaml_render_flow(map, &flow), 0);
        to_json(&arena, flow.data, flow.len, &after);
        CU_ASSERT_STRING_EQUAL(buffer_text(&after), buffer_text(&before));
        arena_deinit(&arena);
    }
}

static const struct test_case cases[] = {
    { "numbers keep their digits as JSON", test_numbers_as_json },
    { "what JSON has no form for is refused with its place", test_what_json_has_not },
    { "strings are escaped for JSON and YAML both", test_strings_as_json },
    { "scalars are quoted where YAML would read another value", test_scalars_as_yaml },
    { "a tree in flow style reads back the same", test_flow_reads_back },
    { "so does one with long keys", test_long_keys_read_back },
};

CUNIT_MAIN("yaml/render", cases)
