/* SPDX-License-Identifier: Apache-2.0 */
/* What projection removes is counted, by field. */
#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"
#include "base/log.h"

#define CLOSED "\"additionalProperties\":false"

static void project(struct compiled *compiled, const char *text)
{
    const struct schema_projection projection = { SCHEMA_UNKNOWN_DROP, compiled->drops };
    AUTO_OPENED opened;
    CU_ASSERT_EQUAL_FATAL(opened_init(&opened, text), 0);
    CU_ASSERT_EQUAL(schema_conform(compiled->checker, &projection, &opened.event), 0);
}

static void open_schema(struct compiled *compiled, const char *schema)
{
    const struct schema_options options = { .uri = "", .json = schema, .json_len = strlen(schema) };
    log_setup(LOG_ERROR, LOG_LOGFMT);
    CU_ASSERT_EQUAL_FATAL(compiled_init(compiled, &options), 0);
}

/* "field count\n" of each, in order. */
static void list(struct tally *tally, struct buffer *text)
{
    const char *name;
    uint64_t count;
    buffer_clear(text);
    for (size_t n = 0; tally_get(tally, n, &name, &count); n++) {
        CU_ASSERT_EQUAL(buffer_printf(text, "%s %llu\n", name, (unsigned long long)count), 0);
    }
}

static void test_fields_are_named_by_their_place(void)
{
    static const struct {
        const char *schema;
        const char *event;
        const char *counts;
    } rows[] = {
        { "{" CLOSED "}", "{\"a\":1,\"b\":{\"a\":2}}", "/a 1\n/b 1\n" },
        { "{\"properties\":{\"a\":{\"properties\":{\"b\":{" CLOSED "}}}}}",
          "{\"x\":0,\"a\":{\"y\":1,\"b\":{\"c\":1}}}", "/a/b/c 1\n" },
        { "{\"additionalProperties\":{" CLOSED "}}", "{\"p\":{\"a\":1},\"q\":{\"a\":1}}",
          "/*/a 2\n" },
        { "{\"properties\":{\"l\":{\"items\":{" CLOSED "}}}}", "{\"l\":[{\"a\":1},{},{\"a\":2}]}",
          "/l/*/a 2\n" },
        { "{\"patternProperties\":{\"^x\":{" CLOSED "}}}", "{\"xy\":{\"a\":1},\"z\":{\"a\":1}}",
          "/*/a 1\n" },
        { "{" CLOSED "}", "{\"n\\u0000l\":1}", "/n?l 1\n" },
        /* No control characters, no halves of surrogate pairs. */
        { "{" CLOSED "}", "{\"\\ud800\":1,\"\\u001b[2J\\n\":1,\"\\u0085\":1,\"\\u00a0\\ud7ff\":1}",
          "/??? 1\n/?[2J? 1\n/?? 1\n/\xc2\xa0\xed\x9f\xbf 1\n" },
        { "{\"properties\":{\"a\":true}}", "{\"a\":1,\"b\":2}", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_COMPILED compiled;
        AUTO_BUFFER text = { 0 };
        open_schema(&compiled, rows[i].schema);
        project(&compiled, rows[i].event);
        schema_checker_flush(compiled.checker);
        list(compiled.drops, &text);
        CU_ASSERT_STRING_EQUAL(text.len == 0 ? "" : buffer_text(&text), rows[i].counts);
    }
}

/* The same in what a check complains of. */
static void test_complaints_name_fields_for_people(void)
{
    const struct schema_projection projection = { SCHEMA_UNKNOWN_ERROR, NULL };
    AUTO_COMPILED compiled;
    AUTO_OPENED opened;
    open_schema(&compiled, "{" CLOSED "}");
    CU_ASSERT_EQUAL_FATAL(opened_init(&opened, "{\"\\ud800\\n/\\u001b\":1}"), 0);
    CU_ASSERT_EQUAL(schema_conform(compiled.checker, &projection, &opened.event), SCHEMA_INVALID);
    CU_ASSERT_STRING_EQUAL(
        schema_checker_complaint(compiled.checker),
        "/????~1?: is not a field of the schema (schema #/additionalProperties)");
}

static void test_many_names_share_a_counter(void)
{
    AUTO_COMPILED compiled;
    open_schema(&compiled, "{" CLOSED "}");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TALLY_MAX + 10; i++) {
            char event[32];
            snprintf(event, sizeof(event), "{\"n%d\":1}", i);
            project(&compiled, event);
        }
    }
    const char *name;
    uint64_t count;
    schema_checker_flush(compiled.checker);
    CU_ASSERT_TRUE(tally_get(compiled.drops, TALLY_MAX - 1, &name, &count));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_TRUE(tally_get(compiled.drops, TALLY_MAX, &name, &count));
    CU_ASSERT_STRING_EQUAL(name, "other");
    CU_ASSERT_EQUAL(count, 20);
}

static void test_checkers_count_together(void)
{
    AUTO_COMPILED compiled;
    struct schema_checker *other;
    AUTO_BUFFER text = { 0 };
    open_schema(&compiled, "{" CLOSED "}");
    CU_ASSERT_EQUAL_FATAL(schema_checker_new(compiled.schema, &other), 0);
    for (int i = 0; i < 1000; i++) {
        project(&compiled, "{\"a\":1}");
    }
    struct schema_checker *first = compiled.checker;
    compiled.checker = other;
    project(&compiled, "{\"a\":1}");
    project(&compiled, "{\"a\":1}");
    /* Freed, it has counted. */
    schema_checker_free(other);
    compiled.checker = first;
    schema_checker_flush(first);
    list(compiled.drops, &text);
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), "/a 1002\n");
}

static const struct test_case cases[] = {
    { "fields are named by their place", test_fields_are_named_by_their_place },
    { "complaints name fields for people", test_complaints_name_fields_for_people },
    { "many names share a counter", test_many_names_share_a_counter },
    { "checkers count together", test_checkers_count_together },
};

CUNIT_MAIN("schema/drops", cases)
