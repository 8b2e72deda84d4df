/* SPDX-License-Identifier: Apache-2.0 */
#include "config/nearest.h"

#include <stdint.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

static void test_distances(void)
{
    static const struct {
        const char *a;
        const char *b;
        size_t distance;
    } rows[] = {
        { "", "", 0 },
        { "", "abc", 3 },
        { "abc", "", 3 },
        { "workers", "workers", 0 },
        { "wokers", "workers", 1 },
        { "wrokers", "workers", 1 },
        { "Workers", "workers", 0 },
        { "kitten", "sitting", 3 },
        { "ca", "abc", 3 },
        { "ab", "ba", 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *a = rows[i].a;
        const char *b = rows[i].b;
        CU_ASSERT_EQUAL(name_distance(a, strlen(a), b, strlen(b)), rows[i].distance);
        CU_ASSERT_EQUAL(name_distance(b, strlen(b), a, strlen(a)), rows[i].distance);
    }
}

static void test_long_names_are_not_compared(void)
{
    char name[NEAREST_MAX + 1];
    memset(name, 'a', sizeof(name));
    CU_ASSERT_EQUAL(name_distance(name, NEAREST_MAX, name, NEAREST_MAX), 0);
    CU_ASSERT_EQUAL(name_distance(name, NEAREST_MAX + 1, name, 1), SIZE_MAX);
    CU_ASSERT_EQUAL(name_distance(name, 1, name, NEAREST_MAX + 1), SIZE_MAX);
}

static void test_children(void)
{
    static const struct {
        const char *section;
        const char *name;
        bool is_strict;
        const char *child;
    } rows[] = {
        { "", "stream_manger", true, "stream_manager" },
        { "", "htp", false, "http" },
        { "", "enrich", true, NULL },
        { "stream_manager", "workres", false, "workers" },
        { "stream_manager", "errorsink", false, "error_sink" },
        { "stream_manager", "completely_different", false, NULL },
        { "stream_manager.sink.options", "url", false, "uri" },
        { "stream_manager.steps[]", "sett", false, "set" },
        { "stream_manager.no_section", "workers", false, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 99;
        const char *child = nearest_child(rows[i].section, rows[i].name, rows[i].is_strict, &len);
        if (rows[i].child == NULL) {
            CU_ASSERT_PTR_NULL(child);
            continue;
        }
        CU_ASSERT_PTR_NOT_NULL_FATAL(child);
        CU_ASSERT_EQUAL(len, strlen(rows[i].child));
        CU_ASSERT_NSTRING_EQUAL(child, rows[i].child, len);
    }
}

static void test_words(void)
{
    static const struct config_word words[] = {
        { "sse", 1 }, { "file", 2 }, { "kafka", 3 }, { NULL, 0 }
    };
    CU_ASSERT_STRING_EQUAL(nearest_word(words, "flie"), "file");
    CU_ASSERT_STRING_EQUAL(nearest_word(words, "KAFKA"), "kafka");
    CU_ASSERT_PTR_NULL(nearest_word(words, "rabbit"));
    CU_ASSERT_PTR_NULL(nearest_word(words, ""));
}

static const struct test_case cases[] = {
    { "a distance counts changes and swaps of neighbours", test_distances },
    { "long names are not compared", test_long_names_are_not_compared },
    { "the nearest name of a section is found, or none", test_children },
    { "the nearest word is found, or none", test_words },
};

CUNIT_MAIN("config/nearest", cases)
