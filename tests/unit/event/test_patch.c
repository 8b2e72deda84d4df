/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

enum { MAX_OPERATIONS = 5 };

struct operation {
    enum { END, SET, REMOVE, PARENTS } what;
    const char *pointer;
    /* SET: JSON text. */
    const char *json;
    /* What it returns. */
    int r;
};

struct patch_case {
    const char *before;
    struct operation operations[MAX_OPERATIONS];
    const char *after;
};

static int operate(struct weir_event *event, const struct operation *operation)
{
    switch (operation->what) {
    case SET:
        return weir_event_set_raw(event, operation->pointer, operation->json,
                                  strlen(operation->json));
    case REMOVE:
        return weir_event_remove(event, operation->pointer);
    default:
        return weir_event_create_parents(event, operation->pointer);
    }
}

/* A failing operation must leave the event, and "" must read the same as what is written. */
static void run_case(const struct patch_case *patch_case)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, patch_case->before) == 0);
    struct weir_event *event = &opened.event;
    for (size_t i = 0; i < MAX_OPERATIONS && patch_case->operations[i].what != END; i++) {
        const struct operation *operation = &patch_case->operations[i];
        AUTO_FREE char *before = strdup(opened_line(&opened));
        CU_ASSERT_PTR_NOT_NULL_FATAL(before);
        int r = operate(event, operation);
        CU_ASSERT(r == operation->r);
        if (r != operation->r) {
            fprintf(stderr, "%s: %s: %d\n", patch_case->before, operation->pointer, r);
        }
        if (r < 0) {
            CU_ASSERT_STRING_EQUAL(opened_line(&opened), before);
        }
    }
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), patch_case->after);
    if (strcmp(opened_line(&opened), patch_case->after) != 0) {
        fprintf(stderr, "%s became %s\n", patch_case->before, opened_line(&opened));
    }
    struct weir_view view = { NULL, 0 };
    CU_ASSERT(weir_event_get_raw(event, "", &view) == 0);
    CU_ASSERT(view_is(view, patch_case->after));
}

#define RUN_CASES(cases)                               \
    for (size_t i = 0; i < ARRAY_SIZE((cases)); i++) { \
        run_case(&(cases)[i]);                         \
    }

static void test_set(void)
{
    static const struct patch_case cases[] = {
        { "{\"a\":1}", { { SET, "/a", "2", 0 } }, "{\"a\":2}" },
        { "{\"a\":1}", { { SET, "/b", "2", 0 } }, "{\"a\":1,\"b\":2}" },
        { "{}", { { SET, "/a", "{\"b\":[]}", 0 } }, "{\"a\":{\"b\":[]}}" },
        { "{\"a\":{}}", { { SET, "/a/b", "1", 0 } }, "{\"a\":{\"b\":1}}" },
        { "{\"a\":{\"b\":1}}", { { SET, "/a", "null", 0 } }, "{\"a\":null}" },
        { "{\"a\":1,\"b\":2,\"c\":3}",
          { { SET, "/b", "\"x\"", 0 } },
          "{\"a\":1,\"b\":\"x\",\"c\":3}" },
        { "{\"a\":1}", { { SET, "/", "2", 0 } }, "{\"a\":1,\"\":2}" },
        { "{\"\":{\"\":1}}", { { SET, "//", "2", 0 } }, "{\"\":{\"\":2}}" },
        { "{\"a\":1}", { { SET, "/0", "2", 0 } }, "{\"a\":1,\"0\":2}" },
        { "{\"a\":1}", { { SET, "/-", "2", 0 } }, "{\"a\":1,\"-\":2}" },
        /* The value's own whitespace inside stays, that around it goes. */
        { "{\"a\":1}", { { SET, "/a", " [ 1 , 2 ]\n", 0 } }, "{\"a\":[ 1 , 2 ]}" },
        /* Missing parents are an error; scalars have no members. */
        { "{\"a\":1}", { { SET, "/b/c", "2", -ENOENT } }, "{\"a\":1}" },
        { "{\"a\":{}}", { { SET, "/a/b/c", "2", -ENOENT } }, "{\"a\":{}}" },
        { "{\"a\":1}", { { SET, "/a/b", "2", -ENOTDIR } }, "{\"a\":1}" },
        { "{\"a\":\"x\"}", { { SET, "/a/0", "2", -ENOTDIR } }, "{\"a\":\"x\"}" },
        { "{\"a\":null}", { { SET, "/a/b/c", "2", -ENOTDIR } }, "{\"a\":null}" },
        { "{\"a\":true}", { { SET, "/a/-", "2", -ENOTDIR } }, "{\"a\":true}" },
        /* The same after a patch. */
        { "{\"a\":{\"b\":1}}",
          { { SET, "/a", "1", 0 }, { SET, "/a/b", "2", -ENOTDIR } },
          "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "/a", "{}", 0 }, { SET, "/a/b", "2", 0 } }, "{\"a\":{\"b\":2}}" },
    };
    RUN_CASES(cases);
}

static void test_escapes(void)
{
    static const struct patch_case cases[] = {
        { "{\"a/b\":1,\"m~n\":2}",
          { { SET, "/a~1b", "3", 0 }, { SET, "/m~0n", "4", 0 } },
          "{\"a/b\":3,\"m~n\":4}" },
        { "{}", { { SET, "/~01", "1", 0 } }, "{\"~1\":1}" },
        { "{}", { { SET, "/a\"\\\n", "1", 0 } }, "{\"a\\\"\\\\\\n\":1}" },
        { "{\"\\u0061\":1}", { { SET, "/a", "2", 0 } }, "{\"\\u0061\":2}" },
        { "{\"caf\\u00e9\":1}", { { REMOVE, "/café", NULL, 0 } }, "{}" },
        { "{}", { { SET, "/é~1堰", "1", 0 } }, "{\"é/堰\":1}" },
        { "{\"a\":1}", { { SET, "/~", "2", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "/a~2", "2", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "a", "2", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "/\xff", "2", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { REMOVE, "a", NULL, -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { PARENTS, "x/y", NULL, -EINVAL } }, "{\"a\":1}" },
    };
    RUN_CASES(cases);
}

static void test_arrays(void)
{
    static const struct patch_case cases[] = {
        { "{\"a\":[1,2,3]}",
          { { SET, "/a/0", "9", 0 }, { SET, "/a/2", "8", 0 } },
          "{\"a\":[9,2,8]}" },
        { "{\"a\":[]}", { { SET, "/a/-", "1", 0 }, { SET, "/a/-", "2", 0 } }, "{\"a\":[1,2]}" },
        { "{\"a\":[1]}",
          { { SET, "/a/-", "[]", 0 }, { SET, "/a/1/-", "2", 0 } },
          "{\"a\":[1,[2]]}" },
        { "{\"a\":[1]}", { { SET, "/a/1", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/01", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/00", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/x", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/-/b", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/-1", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/4294967296", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { SET, "/a/18446744073709551616", "2", -ENOENT } }, "{\"a\":[1]}" },
        { "{\"a\":[1]}", { { REMOVE, "/a/-", NULL, -ENOENT } }, "{\"a\":[1]}" },
        /* Later elements move up, at once. */
        { "{\"a\":[1,2,3]}",
          { { REMOVE, "/a/0", NULL, 0 }, { SET, "/a/0", "9", 0 }, { REMOVE, "/a/1", NULL, 0 } },
          "{\"a\":[9]}" },
        { "{\"a\":[1,2,3]}",
          { { REMOVE, "/a/1", NULL, 0 },
            { REMOVE, "/a/1", NULL, 0 },
            { REMOVE, "/a/1", NULL, -ENOENT } },
          "{\"a\":[1]}" },
        { "{\"a\":[1,2]}",
          { { SET, "/a/-", "3", 0 }, { REMOVE, "/a/0", NULL, 0 }, { SET, "/a/1", "4", 0 } },
          "{\"a\":[2,4]}" },
        { "{\"a\":[1]}",
          { { SET, "/a/-", "2", 0 },
            { SET, "/a/-", "3", 0 },
            { REMOVE, "/a/1", NULL, 0 },
            { SET, "/a/-", "4", 0 },
            { REMOVE, "/a/0", NULL, 0 } },
          "{\"a\":[3,4]}" },
        { "{\"a\":[{\"b\":1},{\"b\":2}]}",
          { { SET, "/a/1/b", "3", 0 }, { REMOVE, "/a/0", NULL, 0 }, { SET, "/a/0/c", "4", 0 } },
          "{\"a\":[{\"b\":3,\"c\":4}]}" },
    };
    RUN_CASES(cases);
}

static void test_remove(void)
{
    static const struct patch_case cases[] = {
        { "{\"a\":1,\"b\":2,\"c\":3}", { { REMOVE, "/a", NULL, 0 } }, "{\"b\":2,\"c\":3}" },
        { "{\"a\":1,\"b\":2,\"c\":3}", { { REMOVE, "/b", NULL, 0 } }, "{\"a\":1,\"c\":3}" },
        { "{\"a\":1,\"b\":2,\"c\":3}", { { REMOVE, "/c", NULL, 0 } }, "{\"a\":1,\"b\":2}" },
        { "{\"a\":1}", { { REMOVE, "/a", NULL, 0 }, { REMOVE, "/a", NULL, -ENOENT } }, "{}" },
        { "{\"a\":{\"b\":1}}", { { REMOVE, "/a/b", NULL, 0 } }, "{\"a\":{}}" },
        { "{\"a\":1}", { { REMOVE, "/b", NULL, -ENOENT } }, "{\"a\":1}" },
        { "{\"a\":1}", { { REMOVE, "/b/c", NULL, -ENOENT } }, "{\"a\":1}" },
        { "{\"a\":1}", { { REMOVE, "/a/b", NULL, -ENOTDIR } }, "{\"a\":1}" },
        { "{\"a\":1}", { { REMOVE, "", NULL, -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "/b", "2", 0 }, { REMOVE, "/b", NULL, 0 } }, "{\"a\":1}" },
        { "{\"a\":1,\"b\":2,\"c\":3}",
          { { REMOVE, "/a", NULL, 0 }, { REMOVE, "/c", NULL, 0 } },
          "{\"b\":2}" },
        { "{\"a\":1,\"b\":2,\"c\":3}",
          { { REMOVE, "/c", NULL, 0 }, { REMOVE, "/b", NULL, 0 }, { SET, "/d", "4", 0 } },
          "{\"a\":1,\"d\":4}" },
        { "{\"a\":1,\"b\":2,\"c\":3}",
          { { REMOVE, "/b", NULL, 0 },
            { REMOVE, "/a", NULL, 0 },
            { REMOVE, "/c", NULL, 0 },
            { SET, "/d", "4", 0 } },
          "{\"d\":4}" },
    };
    RUN_CASES(cases);
}

static void test_order(void)
{
    static const struct patch_case cases[] = {
        /* A removed member that is set anew comes last. */
        { "{\"a\":1,\"b\":2}",
          { { REMOVE, "/a", NULL, 0 }, { SET, "/a", "3", 0 } },
          "{\"b\":2,\"a\":3}" },
        { "{\"a\":1,\"b\":2}",
          { { REMOVE, "/a", NULL, 0 },
            { SET, "/a", "3", 0 },
            { SET, "/a", "4", 0 },
            { REMOVE, "/a", NULL, 0 },
            { REMOVE, "/a", NULL, -ENOENT } },
          "{\"b\":2}" },
        /* What is set inside a value goes with it. */
        { "{\"a\":{\"b\":1}}", { { SET, "/a/b", "2", 0 }, { SET, "/a", "{}", 0 } }, "{\"a\":{}}" },
        { "{\"a\":{\"b\":1}}",
          { { SET, "/a/c", "2", 0 }, { SET, "/a", "[1]", 0 }, { SET, "/a/-", "3", 0 } },
          "{\"a\":[1,3]}" },
        { "{\"a\":{\"b\":1}}",
          { { REMOVE, "/a/b", NULL, 0 },
            { REMOVE, "/a", NULL, 0 },
            { SET, "/a/b", "1", -ENOENT },
            { SET, "/a", "{\"b\":5}", 0 } },
          "{\"a\":{\"b\":5}}" },
        { "{\"c\":0}",
          { { SET, "/b", "1", 0 }, { SET, "/a", "2", 0 }, { SET, "/b", "3", 0 } },
          "{\"c\":0,\"b\":3,\"a\":2}" },
        { "{\"a\":1,\"b\":2,\"c\":3}",
          { { SET, "/c", "6", 0 }, { SET, "/a", "4", 0 }, { SET, "/b", "5", 0 } },
          "{\"a\":4,\"b\":5,\"c\":6}" },
    };
    RUN_CASES(cases);
}

static void test_duplicates(void)
{
    static const struct patch_case cases[] = {
        { "{\"a\":1,\"b\":0,\"a\":2}", { { SET, "/a", "3", 0 } }, "{\"a\":1,\"b\":0,\"a\":3}" },
        { "{\"a\":1,\"b\":0,\"a\":2}", { { REMOVE, "/a", NULL, 0 } }, "{\"b\":0}" },
        { "{\"a\":1,\"\\u0061\":2,\"b\":0}", { { REMOVE, "/a", NULL, 0 } }, "{\"b\":0}" },
        { "{\"a\":1,\"b\":0,\"a\":2}",
          { { SET, "/a", "3", 0 }, { REMOVE, "/a", NULL, 0 }, { SET, "/a", "4", 0 } },
          "{\"b\":0,\"a\":4}" },
        { "{\"a\":{\"x\":1},\"a\":{\"y\":2}}",
          { { SET, "/a/x", "3", 0 } },
          "{\"a\":{\"x\":1},\"a\":{\"y\":2,\"x\":3}}" },
        { "{\"a\":{\"x\":1},\"a\":2}",
          { { SET, "/a/x", "3", -ENOTDIR } },
          "{\"a\":{\"x\":1},\"a\":2}" },
    };
    RUN_CASES(cases);
}

static void test_whole_document(void)
{
    static const struct patch_case cases[] = {
        { "{\"a\":1}", { { SET, "", "{\"b\":2}", 0 } }, "{\"b\":2}" },
        { "{\"a\":1}", { { SET, "", "[]", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "", "1", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}", { { SET, "", "\"{}\"", -EINVAL } }, "{\"a\":1}" },
        { "{\"a\":1}",
          { { SET, "/a", "2", 0 },
            { SET, "", "{\"b\":2}", 0 },
            { SET, "/b", "{}", 0 },
            { SET, "/b/c", "3", 0 },
            { SET, "/a", "4", 0 } },
          "{\"b\":{\"c\":3},\"a\":4}" },
        { "{\"a\":1}", { { SET, "", " {} ", 0 }, { SET, "/x", "1", 0 } }, "{\"x\":1}" },
        { "{\"a\":1}", { { PARENTS, "", NULL, 0 } }, "{\"a\":1}" },
    };
    RUN_CASES(cases);
}

static void test_create_parents(void)
{
    static const struct patch_case cases[] = {
        { "{}",
          { { PARENTS, "/a/b/c", NULL, 0 }, { SET, "/a/b/c", "1", 0 } },
          "{\"a\":{\"b\":{\"c\":1}}}" },
        { "{}", { { PARENTS, "/a", NULL, 0 } }, "{}" },
        { "{\"a\":{\"x\":1}}", { { PARENTS, "/a/b/c", NULL, 0 } }, "{\"a\":{\"x\":1,\"b\":{}}}" },
        { "{\"a\":{\"b\":{\"c\":1}}}",
          { { PARENTS, "/a/b/c", NULL, 0 } },
          "{\"a\":{\"b\":{\"c\":1}}}" },
        { "{\"a\":[{}]}", { { PARENTS, "/a/0/b/c", NULL, 0 } }, "{\"a\":[{\"b\":{}}]}" },
        { "{\"a\":[]}", { { PARENTS, "/a/-", NULL, 0 }, { SET, "/a/-", "1", 0 } }, "{\"a\":[1]}" },
        { "{\"a\":[]}", { { PARENTS, "/a/0/b", NULL, -ENOENT } }, "{\"a\":[]}" },
        { "{\"a\":[]}", { { PARENTS, "/a/-/b", NULL, -ENOENT } }, "{\"a\":[]}" },
        { "{\"a\":1}", { { PARENTS, "/a/b", NULL, -ENOTDIR } }, "{\"a\":1}" },
        { "{\"a\":1}", { { PARENTS, "/a/b/c", NULL, -ENOTDIR } }, "{\"a\":1}" },
        { "{\"a\":null}", { { PARENTS, "/a/b", NULL, -ENOTDIR } }, "{\"a\":null}" },
        { "{\"a\":{\"b\":1}}", { { PARENTS, "/a/b/c/d", NULL, -ENOTDIR } }, "{\"a\":{\"b\":1}}" },
        { "{\"a\":1,\"a\":{}}", { { PARENTS, "/a/b/c", NULL, 0 } }, "{\"a\":1,\"a\":{\"b\":{}}}" },
        { "{\"a\":{}}", { { REMOVE, "/a", NULL, 0 }, { PARENTS, "/a/b", NULL, 0 } }, "{\"a\":{}}" },
    };
    RUN_CASES(cases);
}

static void test_wrong_json(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[1,]",
        "01",
        "1 2",
        "\"",
        "\"a\nb\"",
        "\"\xff\"",
        "nul",
        ("\xef\xbb\xbf"
         "1"),
        "{\"a\"}",
    };
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":1}") == 0);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CU_ASSERT(weir_event_set_raw(&opened.event, "/a", texts[i], strlen(texts[i])) == -EINVAL);
        CU_ASSERT(weir_event_set_raw(&opened.event, "", texts[i], strlen(texts[i])) == -EINVAL);
    }
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":1}");
    CU_ASSERT(weir_event_set_raw(&opened.event, "/a", "12345", 2) == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":12}");
}

static void test_typed_values(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{}") == 0);
    struct weir_event *event = &opened.event;
    CU_ASSERT(weir_event_set_string(event, "/s", "a\"b\\\n\x1f/é🚂") == 0);
    CU_ASSERT(weir_event_set_string(event, "/empty", "") == 0);
    CU_ASSERT(weir_event_set_string_len(event, "/nul", "a\0b", 3) == 0);
    CU_ASSERT(weir_event_set_int64(event, "/i", INT64_MIN) == 0);
    CU_ASSERT(weir_event_set_uint64(event, "/u", UINT64_MAX) == 0);
    CU_ASSERT(weir_event_set_double(event, "/d", 1) == 0);
    CU_ASSERT(weir_event_set_double(event, "/e", -1.5e300) == 0);
    CU_ASSERT(weir_event_set_bool(event, "/t", true) == 0);
    CU_ASSERT(weir_event_set_bool(event, "/f", false) == 0);
    CU_ASSERT(weir_event_set_null(event, "/n") == 0);
    CU_ASSERT_STRING_EQUAL(
        opened_line(&opened),
        "{\"s\":\"a\\\"b\\\\\\n\\u001f/é🚂\",\"empty\":\"\",\"nul\":\"a\\u0000b\","
        "\"i\":-9223372036854775808,\"u\":18446744073709551615,\"d\":1.0,"
        "\"e\":-1.5e+300,\"t\":true,\"f\":false,\"n\":null}");
}

static void test_typed_errors(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":1,\"b\":[]}") == 0);
    struct weir_event *event = &opened.event;
    CU_ASSERT(weir_event_set_string(event, "/a", "\xff") == -EILSEQ);
    CU_ASSERT(weir_event_set_string(event, "/a", "\xed\xa0\x80") == -EILSEQ);
    CU_ASSERT(weir_event_set_string_len(event, "/a", "é", 1) == -EILSEQ);
    CU_ASSERT(weir_event_set_double(event, "/a", NAN) == -EINVAL);
    CU_ASSERT(weir_event_set_double(event, "/a", -INFINITY) == -EINVAL);
    CU_ASSERT(weir_event_set_string(event, "/x/y", "v") == -ENOENT);
    CU_ASSERT(weir_event_set_int64(event, "/a/b", 1) == -ENOTDIR);
    CU_ASSERT(weir_event_set_uint64(event, "/b/0", 1) == -ENOENT);
    CU_ASSERT(weir_event_set_bool(event, "a", true) == -EINVAL);
    CU_ASSERT(weir_event_set_null(event, "") == -EINVAL);
    CU_ASSERT(weir_event_set_string(event, "", "{}") == -EINVAL);
    CU_ASSERT(!event->is_patched);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), "{\"a\":1,\"b\":[]}");
}

/* What is handed in may change afterwards, and may be the event's own bytes. */
static void test_values_are_copied(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":{\"b\":\"x\"}}") == 0);
    struct weir_event *event = &opened.event;
    char pointer[] = "/c~0d";
    char value[] = "value";
    CU_ASSERT(weir_event_set_string(event, pointer, value) == 0);
    memset(pointer, '#', sizeof(pointer) - 1);
    memset(value, '#', sizeof(value) - 1);
    struct weir_view view = { NULL, 0 };
    CU_ASSERT(weir_event_get_raw(event, "", &view) == 0);
    CU_ASSERT(weir_event_set_raw(event, "/a/b", view.data, view.len) == 0);
    CU_ASSERT(weir_event_get_string(event, "/c~0d", &view) == 0);
    CU_ASSERT(weir_event_set_string_len(event, "/e", view.data, view.len) == 0);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened),
                           "{\"a\":{\"b\":{\"a\":{\"b\":\"x\"},\"c~d\":\"value\"}},"
                           "\"c~d\":\"value\",\"e\":\"value\"}");
}

/* n times before, a 1, n times behind. */
static char *nested(size_t n, const char *before, const char *behind)
{
    char *text = malloc(n * (strlen(before) + strlen(behind)) + 2);
    require(text != NULL);
    char *end = text;
    for (size_t i = 0; i < n; i++) {
        end = stpcpy(end, before);
    }
    *end++ = '1';
    *end = '\0';
    for (size_t i = 0; i < n; i++) {
        end = stpcpy(end, behind);
    }
    return text;
}

/* The steps of the pointer count as brackets: what is written can always be read again. */
static void test_depth(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":{}}") == 0);
    static const struct {
        size_t depth;
        const char *pointer;
        int r;
    } cases[] = {
        { 1024, "/a", -EINVAL },
        { 1023, "/a/b", -EINVAL },
        { 1022, "/a/b", 0 },
        { 1023, "/c", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_FREE char *json = nested(cases[i].depth, "[", "]");
        CU_ASSERT(weir_event_set_raw(&opened.event, cases[i].pointer, json, strlen(json)) ==
                  cases[i].r);
    }
    AUTO_OPENED again;
    CU_ASSERT(opened_init(&again, opened_line(&opened)) == 0);
}

static void test_longest_pointer(void)
{
    AUTO_FREE char *pointer = nested(64, "/a", "");
    pointer[strlen(pointer) - 1] = '\0';
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{}") == 0);
    CU_ASSERT(weir_event_create_parents(&opened.event, pointer) == 0);
    CU_ASSERT(weir_event_set_int64(&opened.event, pointer, 1) == 0);
    AUTO_FREE char *expected = nested(64, "{\"a\":", "}");
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), expected);
    AUTO_FREE char *longer = nested(65, "/a", "");
    CU_ASSERT(weir_event_create_parents(&opened.event, longer) == -EINVAL);
    CU_ASSERT(weir_event_set_int64(&opened.event, longer, 1) == -EINVAL);
    CU_ASSERT(weir_event_remove(&opened.event, longer) == -EINVAL);
    CU_ASSERT_STRING_EQUAL(opened_line(&opened), expected);
}

static const struct test_case cases[] = {
    { "setting creates the last step, and no parent", test_set },
    { "pointers escape, names are compared by meaning", test_escapes },
    { "arrays: indices, appending, moving up", test_arrays },
    { "removing, and the commas", test_remove },
    { "patches take effect in order", test_order },
    { "of duplicate names the last is set, all are removed", test_duplicates },
    { "the whole document", test_whole_document },
    { "parents are made where asked for", test_create_parents },
    { "JSON text is checked strictly", test_wrong_json },
    { "each type is written as JSON", test_typed_values },
    { "a value that is no JSON leaves the event", test_typed_errors },
    { "what is handed in is copied", test_values_are_copied },
    { "1,024 brackets with the pointer's steps", test_depth },
    { "64 steps, and no more", test_longest_pointer },
};

CUNIT_MAIN("event/patch", cases)
