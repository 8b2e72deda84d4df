/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/enrich.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

DEFINE_AUTO(enrich_step, enrich_step_free)

/* A step on an event; json NULL: remove. line NULL: it fails with error. */
static const struct {
    const char *path;
    const char *json;
    bool create_parents;
    const char *event;
    const char *line;
    int error;
} rows[] = {
    { "/a", "2", false, "{\"a\":1,\"b\":1}", "{\"a\":2,\"b\":1}", 0 },
    { "/c", "\"new\"", false, "{\"a\":1}", "{\"a\":1,\"c\":\"new\"}", 0 },
    { "/c", "{\"d\":[1, 2]}", false, "{}", "{\"c\":{\"d\":[1, 2]}}", 0 },
    { "/x/y", "1", false, "{\"a\":1}", NULL, -ENOENT },
    { "/x/y/z", "1", true, "{\"a\":1}", "{\"a\":1,\"x\":{\"y\":{\"z\":1}}}", 0 },
    { "/x/y", "1", true, "{\"x\":{\"b\":2}}", "{\"x\":{\"b\":2,\"y\":1}}", 0 },
    { "/l/-", "3", false, "{\"l\":[1,2]}", "{\"l\":[1,2,3]}", 0 },
    { "/a~1b", "2", false, "{\"a/b\":1}", "{\"a/b\":2}", 0 },
    { "/a", NULL, false, "{\"a\":1,\"b\":2}", "{\"b\":2}", 0 },
    { "/x", NULL, false, "{\"a\":1}", "{\"a\":1}", 0 },
    { "/x/y/z", NULL, false, "{\"a\":1}", "{\"a\":1}", 0 },
};

static int make(size_t row, struct enrich_step **ret_step, struct problem *problem)
{
    return rows[row].json == NULL
               ? enrich_remove_new(rows[row].path, ret_step, problem)
               : enrich_set_new(rows[row].path, rows[row].json, strlen(rows[row].json),
                                rows[row].create_parents, ret_step, problem);
}

static void test_steps_do_what_they_are_told(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(enrich_step) step = NULL;
        AUTO_OPENED opened;
        struct problem problem;
        CU_ASSERT_EQUAL_FATAL(make(i, &step, &problem), 0);
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, rows[i].event), 0);
        int r = enrich_step_run(step, &opened.event, NULL);
        CU_ASSERT_EQUAL(r, rows[i].error);
        const char *expected = rows[i].line == NULL ? rows[i].event : rows[i].line;
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), expected);
        if (r < 0) {
            /* The event can say what was wrong, and where. */
            struct event_failure failure;
            CU_ASSERT_EQUAL(event_explain(&opened.event, r, &failure), 0);
            CU_ASSERT_PTR_NOT_NULL(strstr(failure.message.data, rows[i].path));
        }
    }
}

/* The same step, on one event after the other. */
static void test_a_step_is_not_used_up(void)
{
    AUTO(enrich_step) step = NULL;
    struct problem problem;
    CU_ASSERT_EQUAL_FATAL(enrich_set_new("/a", "\"v\"xx", 3, false, &step, &problem), 0);
    for (int i = 0; i < 3; i++) {
        AUTO_OPENED opened;
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, "{\"b\":1}"), 0);
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), 0);
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), 0);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"b\":1,\"a\":\"v\"}");
    }
}

static void test_what_is_no_pointer_is_a_mistake_of_the_configuration(void)
{
    static const char *const paths[] = { "a", "a/b", "/a~", "/a~2", "/\xff" };
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct enrich_step *step = NULL;
        struct problem problem = { 0 };
        CU_ASSERT(enrich_set_new(paths[i], "1", 1, false, &step, &problem) < 0);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "JSON Pointer"));
        CU_ASSERT(enrich_remove_new(paths[i], &step, &problem) < 0);
    }
}

/* "JSON text, checked here once": at start, not at every event. */
static void test_a_value_that_is_no_json_is_a_mistake_of_the_configuration(void)
{
    static const char *const values[] = {
        "", "{", "nul", "1 2", "\"\xff\"", "{\"a\":1,}", "[1,\n2]"
    };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        struct enrich_step *step = NULL;
        struct problem problem = { 0 };
        int r = enrich_set_new("/a", values[i], strlen(values[i]), false, &step, &problem);
        CU_ASSERT(r < 0);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
        if (r == 0) {
            enrich_step_free(step);
        }
    }
}

static void test_copies(void)
{
    static const struct {
        const char *from;
        const char *path;
        bool create_parents;
        bool skips_missing;
        const char *event;
        /* NULL: it fails with error. */
        const char *line;
        int error;
    } copies[] = {
        { "/a", "/b", false, false, "{\"a\":1.0}", "{\"a\":1.0,\"b\":1.0}", 0 },
        { "/a", "/b", false, false, "{\"b\":{\"c\":0},\"a\":{\"d\":[ 1]}}",
          "{\"b\":{\"d\":[ 1]},\"a\":{\"d\":[ 1]}}", 0 },
        { "/a/x", "/a", false, false, "{\"a\":{\"x\":{\"y\":1}}}", "{\"a\":{\"y\":1}}", 0 },
        { "/a", "/a/in", false, false, "{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1,\"in\":{\"x\":1}}}",
          0 },
        { "/a", "/b/c", true, false, "{\"a\":1}", "{\"a\":1,\"b\":{\"c\":1}}", 0 },
        { "/a", "/b/c", false, false, "{\"a\":1}", NULL, -ENOENT },
        { "/n", "/b", false, false, "{\"a\":1}", NULL, -ENOENT },
        { "/n", "/b", false, true, "{\"a\":1}", "{\"a\":1}", 0 },
        { "/a/n", "/b/c", true, true, "{\"a\":1}", "{\"a\":1}", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
        AUTO(enrich_step) step = NULL;
        AUTO_OPENED opened;
        struct problem problem;
        CU_ASSERT_EQUAL_FATAL(enrich_copy_new(copies[i].from, copies[i].path,
                                              copies[i].create_parents, copies[i].skips_missing,
                                              &step, &problem),
                              0);
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, copies[i].event), 0);
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), copies[i].error);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened),
                               copies[i].line == NULL ? copies[i].event : copies[i].line);
    }
}

/* What patches have made is copied as it is now, and keeps what it was when it is changed later. */
static void test_a_copy_is_of_that_moment(void)
{
    AUTO(enrich_step) step = NULL;
    AUTO_OPENED opened;
    struct problem problem;
    CU_ASSERT_EQUAL_FATAL(enrich_copy_new("/a", "/b", false, false, &step, &problem), 0);
    CU_ASSERT_EQUAL_FATAL(opened_init(&opened, "{\"a\":{\"x\":1}}"), 0);
    CU_ASSERT_EQUAL(weir_event_set_int64(&opened.event, "/a/x", 2), 0);
    CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), 0);
    CU_ASSERT_EQUAL(weir_event_set_int64(&opened.event, "/a/x", 3), 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":{\"x\":3},\"b\":{\"x\":2}}");
}

/* An event may be JSON_MAX_DEPTH deep, a copy in it as deep as there is room. */
static void test_a_copy_that_is_too_deep_fails(void)
{
    AUTO_BUFFER json = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&json, "{\"o\":{},\"a\":"), 0);
    for (int i = 0; i < 2 * (JSON_MAX_DEPTH - 1); i++) {
        CU_ASSERT_EQUAL_FATAL(buffer_append_byte(&json, i < JSON_MAX_DEPTH - 1 ? '[' : ']'), 0);
    }
    CU_ASSERT_EQUAL_FATAL(buffer_append_byte(&json, '}'), 0);
    static const struct {
        const char *path;
        int error;
    } places[] = { { "/b", 0 }, { "/o/b", -EINVAL } };
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        AUTO(enrich_step) step = NULL;
        AUTO_OPENED opened;
        struct problem problem;
        CU_ASSERT_EQUAL_FATAL(enrich_copy_new("/a", places[i].path, false, false, &step, &problem),
                              0);
        CU_ASSERT_EQUAL_FATAL(opened_init_len(&opened, json.data, json.len), 0);
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), places[i].error);
    }
}

static void test_filters(void)
{
    static const struct {
        const char *value;
        const char *event;
        bool matches;
    } filters[] = {
        { "0", "{\"a\":0}", true },
        { "0", "{\"a\":0.0}", true },
        { "9007199254740993", "{\"a\":9007199254740992}", false },
        { "0", "{\"a\":\"0\"}", false },
        { "\"\\u00e4\"", "{\"a\":\"\xc3\xa4\"}", true },
        { "\"\xc3\xa4\"", "{\"a\":\"\\u00E4\"}", true },
        { "\"b\"", "{\"a\":\"bc\"}", false },
        { "true", "{\"a\":true}", true },
        { "true", "{\"a\":false}", false },
        { "null", "{\"a\":null}", true },
        { "null", "{\"b\":null}", false },
        { "null", "{\"a\":{}}", false },
        { "[1,\"x\",false]", "{\"a\":false}", true },
        { "[1,\"x\",false]", "{\"a\":\"x\"}", true },
        { "[1,\"x\",false]", "{\"a\":2}", false },
        { "[1]", "{\"a\":[1]}", false },
        { " 1 ", "{\"a\":1}", true },
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(filters); i++) {
        bool drops = i % 2 == 1;
        AUTO(enrich_step) step = NULL;
        AUTO_OPENED opened;
        struct problem problem;
        const char *value = filters[i / 2].value;
        CU_ASSERT_EQUAL_FATAL(enrich_filter_new("/a", value, strlen(value), drops, &step, &problem),
                              0);
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, filters[i / 2].event), 0);
        int expected = filters[i / 2].matches == drops ? WEIR_DROP : 0;
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event, NULL), expected);
        CU_ASSERT_STRING_EQUAL(opened_line(&opened), filters[i / 2].event);
    }
}

static void test_filters_compare_with_scalars(void)
{
    static const char *const values[] = { "", "{}", "[]", "[[1]]", "[1,{}]", "[1", "x" };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        AUTO(enrich_step) step = NULL;
        struct problem problem = { 0 };
        CU_ASSERT(enrich_filter_new("/a", values[i], strlen(values[i]), false, &step, &problem) <
                  0);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    }
}

static const struct test_case cases[] = {
    { "steps do what they are told", test_steps_do_what_they_are_told },
    { "a step is not used up", test_a_step_is_not_used_up },
    { "what is no pointer is a mistake of the configuration",
      test_what_is_no_pointer_is_a_mistake_of_the_configuration },
    { "a value that is no JSON is a mistake of the configuration",
      test_a_value_that_is_no_json_is_a_mistake_of_the_configuration },
    { "copies", test_copies },
    { "a copy is of that moment", test_a_copy_is_of_that_moment },
    { "a copy that is too deep fails", test_a_copy_that_is_too_deep_fails },
    { "filters", test_filters },
    { "filters compare with scalars", test_filters_compare_with_scalars },
};

CUNIT_MAIN("enrich/enrich", cases)
