/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft-07 suite beside the source tree (WEIR_SHARED): all of its cases, through
 * schema_compile(), schema_check_document() and, for objects, schema_check_event(). Where it is
 * missing: exit 77.
 */
#include <errno.h>
#include <stdio.h>

#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "../../support/schema_suite.h"

struct subject {
    bool asserts_format;
    struct compiled compiled;
};

/* The formats that are asserted; their files must pass whole. */
static const char *const asserted[] = {
    "date",  "date-time", "ecmascript-regex", "email", "hostname", "ipv4",          "ipv6",
    "regex", "time",      "json-pointer",     "uri",   "unknown",  "uri-reference",
};

static int fetch(void *context, const char *uri, struct buffer *ret_json, struct problem *problem)
{
    size_t len = 0;
    AUTO_FREE char *json = suite_fetch(context, uri, &len);
    if (json == NULL) {
        return problem_set(problem, ENOENT, EXIT_CONFIG, "the suite has no %s", uri);
    }
    return buffer_append(ret_json, json, len);
}

static bool begin(void *context, const struct buffer *json)
{
    struct subject *subject = context;
    const struct schema_options options = {
        .uri = "",
        .json = json->data,
        .json_len = json->len,
        .asserts_format = subject->asserts_format,
        .fetch = fetch,
    };
    int r = compiled_init(&subject->compiled, &options);
    if (r != 0) {
        fprintf(stderr, "%s\n", subject->compiled.problem.text);
    }
    return r == 0;
}

static bool judge(void *context, const struct buffer *json)
{
    struct subject *subject = context;
    return compiled_accepts(&subject->compiled, json->data, json->len);
}

static void end(void *context)
{
    struct subject *subject = context;
    compiled_deinit(&subject->compiled);
}

/* Runs a group and prints its counts, the sum first, then file by file. */
static struct suite_count run(const char *title, const char *group, bool asserts_format)
{
    struct subject subject = { .asserts_format = asserts_format };
    const struct suite suite = { begin, judge, end, &subject };
    struct suite_count count = suite_run(&suite, group);
    printf("\n%s %zu of %zu\n", title, count.n_passed, count.n_cases);
    for (size_t i = 0; i < count.n_files; i++) {
        printf("    %-28s %zu of %zu\n", count.files[i].name, count.files[i].n_passed,
               count.files[i].n_cases);
    }
    return count;
}

static void test_required(void)
{
    struct suite_count count = run("required", "", false);
    CU_ASSERT(count.n_files == 37 && count.n_cases == 927);
    CU_ASSERT(count.n_passed == 927);
}

/* Counted, not asked: among them is what draft-07 leaves open. */
static void test_optional(void)
{
    struct suite_count count = run("optional", "optional", false);
    CU_ASSERT(count.n_cases == 118);
}

static bool is_asserted(const char *name)
{
    bool is_asserted_here = false;
    for (size_t i = 0; i < ARRAY_SIZE(asserted); i++) {
        is_asserted_here |= strcmp(name, asserted[i]) == 0;
    }
    return is_asserted_here;
}

static void test_formats(void)
{
    struct suite_count count = run("format", "optional/format", true);
    CU_ASSERT(count.n_cases == 676);
    size_t n_asserted = 0;
    printf("formats that are not asserted:");
    for (size_t i = 0; i < count.n_files; i++) {
        if (!is_asserted(count.files[i].name)) {
            printf(" %s", count.files[i].name);
            continue;
        }
        n_asserted++;
        CU_ASSERT(count.files[i].n_passed == count.files[i].n_cases);
    }
    printf("\n");
    CU_ASSERT(n_asserted == ARRAY_SIZE(asserted));
}

int main(void)
{
    static const struct test_case cases[] = {
        { "required: every case passes, format is an annotation", test_required },
        { "optional: counted", test_optional },
        { "format: every case of those that are asserted passes", test_formats },
    };
    return suite_is_there() ? cunit_run("schema/suite_draft7", cases, ARRAY_SIZE(cases)) : 77;
}
