/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that are made to be slow: what a check and a projection of one event takes is linear in it, or
 * ends at SCHEMA_MAX_WORK. Each row took from half a minute to hours where a look at each member was a
 * look at all of them. The limit is of CPU time, and loose: the slowest row takes under a second in
 * a release build, and the address sanitizer makes it several.
 */
#include <time.h>

#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "base/log.h"

enum { N_MEMBERS = 200000, SECONDS_MAX = 20 };

static void put(struct buffer *out, const char *text)
{
    require(buffer_append_text(out, text) == 0);
}

/* Members "<name>0" to "<name>N", with commas between and a value each. */
static void put_members(struct buffer *out, const char *name, size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++) {
        require(buffer_printf(out, "%s\"%s%zu\":%s", i > 0 ? "," : "", name, i, value) == 0);
    }
}

static void put_repeated(struct buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put(out, text);
    }
}

static void put_numbers(struct buffer *out)
{
    put(out, "{");
    put_members(out, "a", N_MEMBERS, "1");
    put(out, "}");
}

/* Wrong first, right when they come again. */
static void put_numbers_then_texts(struct buffer *out)
{
    put(out, "{");
    put_members(out, "a", N_MEMBERS, "1");
    put(out, ",");
    put_members(out, "a", N_MEMBERS, "\"\"");
    put(out, "}");
}

static void put_nulls(struct buffer *out)
{
    put(out, "{");
    put_members(out, "a", N_MEMBERS, "null");
    put(out, "}");
}

/* Each twice: both go. */
static void put_nulls_twice(struct buffer *out)
{
    put(out, "{");
    put_members(out, "a", N_MEMBERS, "null");
    put(out, ",");
    put_members(out, "a", N_MEMBERS, "null");
    put(out, "}");
}

static void put_objects(struct buffer *out)
{
    put(out, "{");
    put_members(out, "a", N_MEMBERS, "{\"x\":1}");
    put(out, "}");
}

/* One name only: the last of them counts. */
static void put_one_name(struct buffer *out)
{
    put(out, "{");
    put_repeated(out, "\"a\":1,", N_MEMBERS);
    put(out, "\"a\":\"\"}");
}

/* What the schema forbids, in an object that comes again at the very end. */
static void put_overruled(struct buffer *out)
{
    put(out, "{\"a\":{");
    put_members(out, "x", N_MEMBERS, "1");
    put(out, "},");
    put_members(out, "b", N_MEMBERS, "{}");
    put(out, ",\"a\":{}}");
}

/* Before a member that a patch sets. */
static void put_forbidden(struct buffer *out)
{
    put(out, "{");
    put_members(out, "x", N_MEMBERS, "1");
    put(out, ",\"last\":1}");
}

/* Of depth 28, each level looked at twice. */
static void put_deep(struct buffer *out)
{
    put_repeated(out, "{\"a\":", 28);
    put(out, "1");
    put_repeated(out, "}", 28);
}

/* Right on each of many levels, and wrong at the bottom. */
static void put_deep_wrong(struct buffer *out)
{
    for (size_t i = 0; i < 1000; i++) {
        put(out, "{");
        put_members(out, "x", 400, "1");
        put(out, ",\"a\":");
    }
    put(out, "{\"x0\":null}");
    put_repeated(out, "}", 1000);
}

/* The same, with a name on each level that must be rewritten to be read. */
static void put_deep_escaped(struct buffer *out)
{
    for (size_t i = 0; i < 24; i++) {
        put(out, "{\"");
        put_repeated(out, "\\u0062", 10000);
        put(out, "\":1,\"a\":");
    }
    put(out, "1");
    put_repeated(out, "}", 24);
}

/* The same, with members at the bottom that no rule concerns. */
static void put_deep_wide(struct buffer *out)
{
    put_repeated(out, "{\"a\":", 24);
    put_numbers(out);
    put_repeated(out, "}", 24);
}

/* An object deep inside, of one name, wrong each time but the last. */
static void put_deep_one_name(struct buffer *out)
{
    put_repeated(out, "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":", 1000);
    put_one_name(out);
    put_repeated(out, "}", 1000);
}

/* Long names of one length that differ at their end. */
static void put_long_names(struct buffer *out)
{
    put(out, "{\"a\":[");
    for (size_t k = 0; k < 2; k++) {
        put(out, k > 0 ? ",{" : "{");
        for (size_t i = 0; i < 4000; i++) {
            put(out, i > 0 ? ",\"" : "\"");
            put_repeated(out, "0123456789abcde\\t", 60);
            require(buffer_printf(out, "%06zu\":%zu", i, k) == 0);
        }
        put(out, "}");
    }
    put(out, "]}");
}

/* Arrays inside arrays around one number of many digits. */
static void put_deep_digits(struct buffer *out)
{
    put(out, "{\"a\":");
    put_repeated(out, "[1,", 1000);
    put_repeated(out, "1234567890", 400000);
    put_repeated(out, "]", 1000);
    put(out, "}");
}

static void put_digits(struct buffer *out)
{
    put(out, "{\"a\":");
    put_repeated(out, "1234567890", 400000);
    put(out, "}");
}

#define MAP_OF(schema) "{\"additionalProperties\":" schema "}"
#define CLOSED         "{\"properties\":{\"last\":{}},\"additionalProperties\":false}"

static const struct {
    const char *what;
    const char *schema;
    void (*put)(struct buffer *out);
    /* What schema_conform() returns, and what is in its complaint or the event then. */
    int expected;
    const char *text;
    bool is_whole;
} rows[] = {
    { "members are counted", "{\"maxProperties\":200000}", put_numbers, 0, "{\"a0\":1,", false },
    { "members are counted, not those of one name", "{\"maxProperties\":1}", put_one_name, 0,
      "{\"a\":1,", false },
    { "wrong, but overruled", MAP_OF("{\"type\":\"string\"}"), put_numbers_then_texts, 0,
      "{\"a0\":1,", false },
    { "wrong, but overruled, one name", MAP_OF("{\"type\":\"string\"}"), put_one_name, 0,
      "{\"a\":1,", false },
    { "nulls", MAP_OF("{\"type\":\"string\"}"), put_nulls, 0, "{}", true },
    { "nulls that come twice", MAP_OF("{\"type\":\"string\"}"), put_nulls_twice, SCHEMA_INVALID,
      "too much work", false },
    { "nulls, projected first", "{\"allOf\":[" MAP_OF("{\"type\":\"string\"}") "]}", put_nulls, 0,
      "{}", true },
    { "objects", "{\"allOf\":[{}]}", put_objects, 0, "{\"a0\":{\"x\":1},", false },
    { "objects that each lose a member", MAP_OF(CLOSED), put_objects, 0, "{\"a0\":{},", false },
    { "an overruled object is left alone",
      "{\"properties\":{\"a\":" CLOSED "},\"additionalProperties\":true}", put_overruled, 0,
      "{\"a\":{\"x0\":1,", false },
    { "forbidden members before a patch", CLOSED, put_forbidden, 0, "{\"last\":2}", true },
    { "too much work is invalid below not",
      "{\"not\":{\"type\":\"object\",\"properties\":{\"a\":{\"anyOf\":["
      "{\"$ref\":\"#/not\"},{\"$ref\":\"#/not\"},{\"type\":\"null\"}]}}}}",
      put_deep, SCHEMA_INVALID, NULL, false },
    { "right, and wrong at the bottom",
      "{\"type\":\"object\",\"required\":[\"x0\"],\"properties\":{\"a\":{\"$ref\":\"#\"}},"
      "\"additionalProperties\":{\"type\":\"integer\"}}",
      put_deep_wrong, SCHEMA_INVALID, "/a/a/a/x0: expected integer, found null", false },
    { "members that no rule concerns",
      "{\"properties\":{\"a\":{\"allOf\":[{\"anyOf\":[false,{\"$ref\":\"#\"}]},"
      "{\"anyOf\":[false,{\"$ref\":\"#\"}]}]}}}",
      put_deep_wide, SCHEMA_INVALID, "too much work", false },
    { "names with escapes",
      "{\"properties\":{\"a\":{\"allOf\":[{\"anyOf\":[false,{\"$ref\":\"#\"}]},"
      "{\"anyOf\":[false,{\"$ref\":\"#\"}]}]}}}",
      put_deep_escaped, SCHEMA_INVALID, "too much work", false },
    { "violations deep inside that do not count",
      "{\"additionalProperties\":{\"if\":{\"type\":\"object\"},\"then\":{\"$ref\":\"#\"},"
      "\"else\":{\"type\":\"string\"}}}",
      put_deep_one_name, SCHEMA_INVALID, "too much work", false },
    { "objects compared, long names", "{\"properties\":{\"a\":{\"uniqueItems\":true}}}",
      put_long_names, SCHEMA_INVALID, "too much work", false },
    { "arrays around many digits",
      "{\"properties\":{\"a\":{\"uniqueItems\":true,\"items\":{\"$ref\":\"#/properties/a\"}}}}",
      put_deep_digits, SCHEMA_INVALID, "too much work", false },
    { "many digits", "{\"properties\":{\"a\":{\"multipleOf\":12345678901234567890123}}}",
      put_digits, SCHEMA_INVALID, "multipleOf", false },
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void check_outcome(size_t i, struct compiled *compiled, struct opened *opened, int r)
{
    CU_ASSERT_EQUAL(r, rows[i].expected);
    const char *text = r == 0 ? opened_line(opened) : schema_checker_complaint(compiled->checker);
    bool is_right = rows[i].text == NULL || (rows[i].is_whole ? strcmp(text, rows[i].text) == 0
                                                              : strstr(text, rows[i].text) != NULL);
    CU_ASSERT(is_right);
    if (r != rows[i].expected || !is_right) {
        fprintf(stderr, "%s: %d, %.200s\n", rows[i].what, r, text);
    }
}

static void try_row(size_t i)
{
    const struct schema_options options = {
        .uri = "",
        .json = rows[i].schema,
        .json_len = strlen(rows[i].schema),
    };
    AUTO_COMPILED compiled;
    AUTO_BUFFER json = { 0 };
    AUTO_OPENED opened;
    require(compiled_init(&compiled, &options) == 0);
    rows[i].put(&json);
    require(opened_init_len(&opened, json.data, json.len) == 0);
    if (rows[i].put == put_forbidden) {
        require(weir_event_set_int64(&opened.event, "/last", 2) == 0);
    }
    const struct schema_projection projection = { SCHEMA_UNKNOWN_DROP, compiled.drops };
    double start = cpu_seconds();
    int r = schema_conform(compiled.checker, &projection, &opened.event);
    double seconds = cpu_seconds() - start;
    CU_ASSERT(seconds < SECONDS_MAX);
    printf("    %-50s %6.2f s, %4.1f MiB\n", rows[i].what, seconds, (double)json.len / 1048576);
    check_outcome(i, &compiled, &opened, r);
}

static void test_rows(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        try_row(i);
    }
}

static const struct test_case cases[] = {
    { "time is linear in the event, or limited", test_rows },
};

int main(void)
{
    log_setup(LOG_ERROR, LOG_LOGFMT);
    return cunit_run("schema/hostile", cases, ARRAY_SIZE(cases));
}
