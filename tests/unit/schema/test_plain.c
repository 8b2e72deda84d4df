/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain validator, which schema/checker.h is compared with, is itself right: its numbers, its URIs
 * (the examples of RFC 3986, section 5.4), and the draft-07 suite beside the source tree
 * (WEIR_SHARED), of which it passes all that is required.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../support/cunit_main.h"
#include "../../support/plain_number.h"
#include "../../support/plain_schema.h"
#include "../../support/plain_uri.h"
#include "../../support/schema_suite.h"
#include "base/error.h"

static struct buffer text_of(const char *text)
{
    return (struct buffer){ .data = (char *)text, .len = strlen(text) };
}

static void test_numbers(void)
{
    static const struct {
        const char *a;
        const char *b;
        /* a compared with b; whether a is a multiple of b, and an integer. */
        int order;
        bool is_multiple;
        bool is_integer;
    } cases[] = {
        { "1", "1.0", 0, true, true },
        { "10e-1", "1", 0, true, true },
        { "-0.0e5", "1", -1, true, true },
        { "0.3", "0.1", 1, true, false },
        { "0.35", "0.1", 1, false, false },
        { "-2", "0.5", -1, true, true },
        { "18446744073709551617", "18446744073709551616", 1, false, true },
        { "1e400", "9.99e399", 1, false, true },
        { "1e400", "1e-400", 1, true, true },
        { "1e-400", "1e-399", -1, false, false },
        { "1e308", "0.123456789", 1, false, true },
        { "1e1000000000", "3", 1, false, true },
        { "3e1000000000", "0.0009", 1, false, true },
        { "9e1000000000", "0.0009", 1, true, true },
        { "1e1000000000", "1048576", 1, true, true },
        { "1e19", "1048576", 1, false, true },
        { "1e20", "1048576", 1, true, true },
        { "75", "7.5", 1, true, true },
        { "100.0", "99", 1, false, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buffer a = text_of(cases[i].a);
        struct buffer b = text_of(cases[i].b);
        int order = plain_number_compare(&a, &b);
        CU_ASSERT((order > 0) - (order < 0) == cases[i].order);
        order = plain_number_compare(&b, &a);
        CU_ASSERT((order < 0) - (order > 0) == cases[i].order);
        CU_ASSERT(plain_number_is_multiple(&a, &b) == cases[i].is_multiple);
        CU_ASSERT(plain_number_is_integer(&a) == cases[i].is_integer);
    }
}

static void test_uris(void)
{
    static const struct {
        const char *reference;
        const char *expected;
    } cases[] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "../../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/../x", "http://a/b/c/g#s/../x" },
        { "http:g", "http:g" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_FREE char *uri = plain_uri_resolve("http://a/b/c/d;p?q", cases[i].reference);
        CU_ASSERT_STRING_EQUAL(uri, cases[i].expected);
    }
    AUTO_FREE char *name = plain_uri_resolve("urn:uuid:1", "#/a%25");
    CU_ASSERT_STRING_EQUAL(name, "urn:uuid:1#/a%25");
    CU_ASSERT_STRING_EQUAL(plain_uri_cut_fragment(name), "/a%");
    CU_ASSERT_STRING_EQUAL(name, "urn:uuid:1");
}

struct plain {
    struct plain_options options;
    struct plain_schema *schema;
};

static bool begin(void *context, const struct buffer *json)
{
    struct plain *plain = context;
    struct json_tree *tree = json_tree_parse(json->data, json->len);
    bool is_schema = plain_judge(tree) != PLAIN_MALFORMED;
    json_tree_free(tree);
    plain->schema = plain_schema_new(json->data, json->len, &plain->options);
    return is_schema;
}

static bool judge(void *context, const struct buffer *json)
{
    struct plain *plain = context;
    struct json_tree *instance = json_tree_parse(json->data, json->len);
    enum plain_verdict verdict = plain_validate(plain->schema, instance);
    json_tree_free(instance);
    if (verdict == PLAIN_UNDECIDED) {
        fprintf(stderr, "undecided:\n");
    }
    return verdict == PLAIN_VALID;
}

static void end(void *context)
{
    struct plain *plain = context;
    plain_schema_free(plain->schema);
    plain->schema = NULL;
}

static struct suite_count run(const char *group, bool asserts_format)
{
    struct plain plain = { .options = { .asserts_format = asserts_format, .fetch = suite_fetch } };
    const struct suite suite = { begin, judge, end, &plain };
    return suite_run(&suite, group);
}

static void test_required(void)
{
    if (!suite_is_there()) {
        return;
    }
    struct suite_count count = run("", false);
    printf("required %zu of %zu\n", count.n_passed, count.n_cases);
    CU_ASSERT(count.n_files == 37 && count.n_cases == 927);
    CU_ASSERT(count.n_passed == count.n_cases);
}

static void test_optional(void)
{
    if (!suite_is_there()) {
        return;
    }
    struct suite_count count = run("optional", false);
    struct suite_count formats = run("optional/format", true);
    printf("optional %zu of %zu, format %zu of %zu\n", count.n_passed, count.n_cases,
           formats.n_passed, formats.n_cases);
    CU_ASSERT(count.n_cases > 0 && formats.n_cases > 0);
}

static const struct test_case cases[] = {
    { "numbers", test_numbers },
    { "URIs", test_uris },
    { "all required cases", test_required },
    { "optional cases, counted", test_optional },
};

CUNIT_MAIN("schema/plain", cases)
