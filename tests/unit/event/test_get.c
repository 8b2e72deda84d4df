/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

static const char document[] =
    "{ \"text\":\"plain\", \"empty\":\"\", \"escaped\":\"a\\u00e9\\n\\ud83d\\ude82\", "
    "\"nul\":\"a\\u0000b\","
    "\"lone\":\"\\ud800\", \"int\":-42, \"big\":9223372036854775808, "
    "\"huge\":123456789012345678901234567890,"
    "\"real\":1.0, \"exp\":1e3, \"over\":1e400, \"under\":1e-400, \"zero\":-0, \"yes\":true, "
    "\"no\":false,"
    "\"null\":null, \"object\":{\"a\":{\"b\" : [ 1,\n2 ]}}, \"array\":[10,[20,21],{\"x\":30}],"
    "\"twice\":1, \"a/b\":2, \"m~n\":3, \"\":4, \"twice\":\"last\" }";

static void test_kinds(void)
{
    static const struct {
        const char *pointer;
        int kind;
    } cases[] = {
        { "", WEIR_OBJECT },           { "/text", WEIR_STRING },
        { "/int", WEIR_NUMBER },       { "/over", WEIR_NUMBER },
        { "/yes", WEIR_BOOL },         { "/no", WEIR_BOOL },
        { "/null", WEIR_NULL },        { "/object", WEIR_OBJECT },
        { "/object/a/b", WEIR_ARRAY }, { "/array/1/0", WEIR_NUMBER },
        { "/array/2/x", WEIR_NUMBER }, { "/twice", WEIR_STRING },
        { "/a~1b", WEIR_NUMBER },      { "/m~0n", WEIR_NUMBER },
        { "/", WEIR_NUMBER },          { "/missing", -ENOENT },
        { "/missing/x", -ENOENT },     { "/array/3", -ENOENT },
        { "/array/-", -ENOENT },       { "/array/00", -ENOENT },
        { "/array/x", -ENOENT },       { "/text/0", -ENOTDIR },
        { "/null/a/b", -ENOTDIR },     { "text", -EINVAL },
        { "/m~n", -EINVAL },           { "/m~", -EINVAL },
        { "/\xc3", -EINVAL },
    };
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT(weir_event_kind(&opened.event, cases[i].pointer) == cases[i].kind);
    }
}

static void test_strings(void)
{
    static const struct {
        const char *pointer;
        int r;
        const char *text;
        size_t len;
    } cases[] = {
        { "/text", 0, "plain", 5 },          { "/empty", 0, "", 0 },
        { "/escaped", 0, "aé\n🚂", 8 },       { "/nul", 0, "a\0b", 3 },
        { "/lone", -EILSEQ, NULL, 0 },       { "/twice", 0, "last", 4 },
        { "/int", -EPROTOTYPE, NULL, 0 },    { "/null", -EPROTOTYPE, NULL, 0 },
        { "/object", -EPROTOTYPE, NULL, 0 }, { "/missing", -ENOENT, NULL, 0 },
        { "/text/x", -ENOTDIR, NULL, 0 },    { "x", -EINVAL, NULL, 0 },
    };
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct weir_view view = { NULL, 77 };
        CU_ASSERT(weir_event_get_string(&opened.event, cases[i].pointer, &view) == cases[i].r);
        if (cases[i].r < 0) {
            CU_ASSERT(view.data == NULL && view.len == 77);
            continue;
        }
        CU_ASSERT_FATAL(view.data != NULL && view.len == cases[i].len);
        CU_ASSERT(memcmp(view.data, cases[i].text, view.len) == 0);
    }
}

static void test_no_copy(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    struct weir_view view = { NULL, 0 };
    CU_ASSERT(weir_event_get_string(&opened.event, "/text", &view) == 0);
    CU_ASSERT(view.data == strstr(opened.bytes, "plain"));
    CU_ASSERT(weir_event_get_raw(&opened.event, "/array", &view) == 0);
    CU_ASSERT(view.data == strstr(opened.bytes, "[10"));
}

static void test_integers(void)
{
    static const struct {
        const char *pointer;
        int r;
        int unsigned_r;
        int64_t value;
        uint64_t unsigned_value;
    } cases[] = {
        { "/int", 0, -ERANGE, -42, 0 },
        { "/zero", 0, 0, 0, 0 },
        { "/array/1/1", 0, 0, 21, 21 },
        { "/big", -ERANGE, 0, 0, UINT64_C(9223372036854775808) },
        { "/huge", -ERANGE, -ERANGE, 0, 0 },
        { "/real", -EPROTOTYPE, -EPROTOTYPE, 0, 0 },
        { "/exp", -EPROTOTYPE, -EPROTOTYPE, 0, 0 },
        { "/over", -EPROTOTYPE, -EPROTOTYPE, 0, 0 },
        { "/text", -EPROTOTYPE, -EPROTOTYPE, 0, 0 },
        { "/yes", -EPROTOTYPE, -EPROTOTYPE, 0, 0 },
        { "/missing", -ENOENT, -ENOENT, 0, 0 },
    };
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t value = 77;
        uint64_t unsigned_value = 77;
        CU_ASSERT(weir_event_get_int64(&opened.event, cases[i].pointer, &value) == cases[i].r);
        CU_ASSERT(value == (cases[i].r == 0 ? cases[i].value : 77));
        CU_ASSERT(weir_event_get_uint64(&opened.event, cases[i].pointer, &unsigned_value) ==
                  cases[i].unsigned_r);
        CU_ASSERT(unsigned_value == (cases[i].unsigned_r == 0 ? cases[i].unsigned_value : 77));
    }
}

static void test_doubles_and_bools(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    struct weir_event *event = &opened.event;
    double value = 77;
    CU_ASSERT(weir_event_get_double(event, "/over", &value) == -ERANGE && value == 77);
    CU_ASSERT(weir_event_get_double(event, "/yes", &value) == -EPROTOTYPE && value == 77);
    CU_ASSERT(weir_event_get_double(event, "/real", &value) == 0 && value == 1);
    CU_ASSERT(weir_event_get_double(event, "/exp", &value) == 0 && value == 1000);
    CU_ASSERT(weir_event_get_double(event, "/int", &value) == 0 && value == -42);
    CU_ASSERT(weir_event_get_double(event, "/huge", &value) == 0 &&
              value == 123456789012345678901234567890.0);
    CU_ASSERT(weir_event_get_double(event, "/zero", &value) == 0 && signbit(value));
    CU_ASSERT(weir_event_get_double(event, "/under", &value) == 0 && value == 0);
    bool flag = false;
    CU_ASSERT(weir_event_get_bool(event, "/yes", &flag) == 0 && flag);
    CU_ASSERT(weir_event_get_bool(event, "/no", &flag) == 0 && !flag);
    CU_ASSERT(weir_event_get_bool(event, "/null", &flag) == -EPROTOTYPE);
    CU_ASSERT(weir_event_get_bool(event, "/text", &flag) == -EPROTOTYPE);
}

/* Raw bytes are as they came in, line breaks included. */
static void test_raw(void)
{
    static const char *const cases[][2] = {
        { "/text", "\"plain\"" },
        { "/escaped", "\"a\\u00e9\\n\\ud83d\\ude82\"" },
        { "/lone", "\"\\ud800\"" },
        { "/over", "1e400" },
        { "/object/a", "{\"b\" : [ 1,\n2 ]}" },
        { "/array/1", "[20,21]" },
        { "/null", "null" },
        { "/zero", "-0" },
        { "", document },
    };
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct weir_view view = { NULL, 0 };
        CU_ASSERT(weir_event_get_raw(&opened.event, cases[i][0], &view) == 0);
        CU_ASSERT(view_is(view, cases[i][1]));
    }
}

static void test_counts(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(
        opened_init(&opened, "{\"o\":{\"a\":1,\"b\":2,\"a\":3},\"e\":{},\"l\":[1,[],3],\"n\":1}") ==
        0);
    struct weir_event *event = &opened.event;
    size_t count = 77;
    CU_ASSERT(weir_event_get_count(event, "/n", &count) == -EPROTOTYPE && count == 77);
    CU_ASSERT(weir_event_get_count(event, "/n/x", &count) == -ENOTDIR && count == 77);
    CU_ASSERT(weir_event_get_count(event, "/x", &count) == -ENOENT && count == 77);
    CU_ASSERT(weir_event_get_count(event, "", &count) == 0 && count == 4);
    CU_ASSERT(weir_event_get_count(event, "/o", &count) == 0 && count == 3);
    CU_ASSERT(weir_event_get_count(event, "/e", &count) == 0 && count == 0);
    CU_ASSERT(weir_event_get_count(event, "/l", &count) == 0 && count == 3);
    CU_ASSERT(weir_event_remove(event, "/l/0") == 0);
    CU_ASSERT(weir_event_remove(event, "/o/a") == 0);
    CU_ASSERT(weir_event_set_null(event, "/e/x") == 0);
    CU_ASSERT(weir_event_set_null(event, "/l/-") == 0);
    CU_ASSERT(weir_event_set_null(event, "/l/-") == 0);
    CU_ASSERT(weir_event_get_count(event, "/l", &count) == 0 && count == 4);
    CU_ASSERT(weir_event_get_count(event, "/o", &count) == 0 && count == 1);
    CU_ASSERT(weir_event_get_count(event, "/e", &count) == 0 && count == 1);
}

static void test_patches_are_seen(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    struct weir_event *event = &opened.event;
    struct weir_view view = { NULL, 0 };
    int64_t value = 0;
    CU_ASSERT(weir_event_set_string(event, "/text", "now\n") == 0);
    CU_ASSERT(weir_event_get_string(event, "/text", &view) == 0 && view_is(view, "now\n"));
    CU_ASSERT(weir_event_set_int64(event, "/text", 7) == 0);
    CU_ASSERT(weir_event_get_int64(event, "/text", &value) == 0 && value == 7);
    CU_ASSERT(weir_event_get_string(event, "/text", &view) == -EPROTOTYPE);
    CU_ASSERT(weir_event_set_raw(event, "/object/a/b/0", "{\"c\":[5]}", 9) == 0);
    CU_ASSERT(weir_event_get_int64(event, "/object/a/b/0/c/0", &value) == 0 && value == 5);
    CU_ASSERT(weir_event_get_int64(event, "/object/a/b/1", &value) == 0 && value == 2);
    CU_ASSERT(weir_event_get_raw(event, "/object", &view) == 0);
    CU_ASSERT(view_is(view, "{\"a\":{\"b\" : [ {\"c\":[5]},\n2 ]}}"));
    CU_ASSERT(weir_event_remove(event, "/object/a/b/0") == 0);
    CU_ASSERT(weir_event_get_int64(event, "/object/a/b/0", &value) == 0 && value == 2);
    CU_ASSERT(weir_event_kind(event, "/object/a/b/1") == -ENOENT);
    CU_ASSERT(weir_event_remove(event, "/twice") == 0);
    CU_ASSERT(weir_event_kind(event, "/twice") == -ENOENT);
    CU_ASSERT(weir_event_set_bool(event, "/new", true) == 0);
    CU_ASSERT(weir_event_kind(event, "/new") == WEIR_BOOL);
    CU_ASSERT(weir_event_set_raw(event, "", "{}", 2) == 0);
    CU_ASSERT(weir_event_kind(event, "/new") == -ENOENT);
}

/* Views outlive changes to what they show. */
static void test_views_stay(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    struct weir_event *event = &opened.event;
    struct weir_view views[5];
    CU_ASSERT(weir_event_get_string(event, "/text", &views[0]) == 0);
    CU_ASSERT(weir_event_get_string(event, "/escaped", &views[1]) == 0);
    CU_ASSERT(weir_event_set_string(event, "/text", "second\"") == 0);
    CU_ASSERT(weir_event_get_string(event, "/text", &views[2]) == 0);
    CU_ASSERT(weir_event_set_int64(event, "/array/0", 11) == 0);
    CU_ASSERT(weir_event_get_raw(event, "/array", &views[3]) == 0);
    for (int i = 0; i < 5000; i++) {
        CU_ASSERT(weir_event_set_string(event, "/text", "a longer text that takes memory \\") == 0);
        CU_ASSERT(weir_event_get_raw(event, "/array", &views[4]) == 0);
    }
    CU_ASSERT(weir_event_remove(event, "/array") == 0);
    CU_ASSERT(view_is(views[0], "plain"));
    CU_ASSERT(view_is(views[1], "aé\n🚂"));
    CU_ASSERT(view_is(views[2], "second\""));
    CU_ASSERT(view_is(views[3], "[11,[20,21],{\"x\":30}]"));
    CU_ASSERT(view_is(views[4], "[11,[20,21],{\"x\":30}]"));
}

static void test_reading_changes_nothing(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":{\"b\":[1,\"\\u0061\"]}}") == 0);
    struct weir_view view;
    CU_ASSERT(weir_event_get_string(&opened.event, "/a/b/1", &view) == 0);
    CU_ASSERT(weir_event_get_raw(&opened.event, "/a", &view) == 0);
    CU_ASSERT(weir_event_kind(&opened.event, "/a/c") == -ENOENT);
    CU_ASSERT(!opened.event.is_patched);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":{\"b\":[1,\"\\u0061\"]}}");
}

static void test_duplicates_are_counted(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, document) == 0);
    CU_ASSERT(weir_event_kind(&opened.event, "/text") == WEIR_STRING);
    CU_ASSERT(opened.event.n_duplicates == 0);
    CU_ASSERT(weir_event_kind(&opened.event, "/twice") == WEIR_STRING);
    CU_ASSERT(opened.event.n_duplicates == 1);
}

static const struct test_case cases[] = {
    { "kinds, and the error of each pointer that leads nowhere", test_kinds },
    { "strings mean what they mean", test_strings },
    { "what needs no copy is not copied", test_no_copy },
    { "integers", test_integers },
    { "doubles and bools", test_doubles_and_bools },
    { "raw values are the input's bytes", test_raw },
    { "counts", test_counts },
    { "getters see patches", test_patches_are_seen },
    { "views outlive patches", test_views_stay },
    { "reading leaves the event unpatched", test_reading_changes_nothing },
    { "members of one name are noticed", test_duplicates_are_counted },
};

CUNIT_MAIN("event/get", cases)
