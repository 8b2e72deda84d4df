/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/part.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"

static void test_names_read_back(void)
{
    static const struct {
        struct part part;
        const char *name;
    } rows[] = {
        { { 1, PART_PLAIN }, "a.b.000001.ndjson" },
        { { 999999, PART_COMPRESSED }, "a.b.999999.ndjson.zst" },
        { { 1000000, PART_TEMPORARY }, "a.b.1000000.ndjson.zst.tmp" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[PART_NAME_SIZE];
        CU_ASSERT_EQUAL(part_name(name, "a.b", rows[i].part), 0);
        CU_ASSERT_STRING_EQUAL(name, rows[i].name);
        struct part part = { 0 };
        CU_ASSERT_TRUE(part_parse(name, "a.b", &part));
        CU_ASSERT_EQUAL(part.number, rows[i].part.number);
        CU_ASSERT_EQUAL(part.kind, rows[i].part.kind);
    }
}

static void test_what_is_spelled_otherwise_is_no_part(void)
{
    static const char *const names[] = {
        "",
        "a.b",
        "a.b.",
        "a.b.ndjson",
        "a.b.000000.ndjson",
        "a.b.00001.ndjson",
        "a.b.0000001.ndjson",
        "a.b.0999999.ndjson",
        "a.b.000001.ndjson.gz",
        "a.b.000001.ndjson.zst.tmp.1",
        "a.b.000001",
        "a.b.00000a.ndjson",
        "a.b.-00001.ndjson",
        "a.b.1.000001.ndjson",
        "a.c.000001.ndjson",
        "A.b.000001.ndjson",
        "a.b.99999999999999999999.ndjson",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct part part;
        CU_ASSERT_FALSE(part_parse(names[i], "a.b", &part));
    }
}

static void test_a_name_that_no_directory_takes_is_refused(void)
{
    char stem[PART_NAME_SIZE];
    char name[PART_NAME_SIZE];
    memset(stem, 'x', sizeof(stem));
    stem[NAME_MAX - 14] = '\0';
    CU_ASSERT_EQUAL(part_name(name, stem, (struct part){ 1, PART_PLAIN }), 0);
    CU_ASSERT_EQUAL(strlen(name), NAME_MAX);
    CU_ASSERT_EQUAL(part_name(name, stem, (struct part){ 1000000, PART_PLAIN }), -ENAMETOOLONG);
}

static const struct test_case cases[] = {
    { "names read back", test_names_read_back },
    { "what is spelled otherwise is no part", test_what_is_spelled_otherwise_is_no_part },
    { "a name that no directory takes is refused", test_a_name_that_no_directory_takes_is_refused },
};

CUNIT_MAIN("sink/part", cases)
