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
        int r = enrich_step_run(step, &opened.event);
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
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event), 0);
        CU_ASSERT_EQUAL(enrich_step_run(step, &opened.event), 0);
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

static const struct test_case cases[] = {
    { "steps do what they are told", test_steps_do_what_they_are_told },
    { "a step is not used up", test_a_step_is_not_used_up },
    { "what is no pointer is a mistake of the configuration",
      test_what_is_no_pointer_is_a_mistake_of_the_configuration },
    { "a value that is no JSON is a mistake of the configuration",
      test_a_value_that_is_no_json_is_a_mistake_of_the_configuration },
};

CUNIT_MAIN("enrich/enrich", cases)
