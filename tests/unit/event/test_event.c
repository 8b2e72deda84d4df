/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an event, and what it says of failures. */
#include <errno.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

static void test_outcomes(void)
{
    static const struct {
        const char *text;
        int r;
        size_t offset;
    } cases[] = {
        { "{}", 0, 0 },
        { "  {\"a\":1}  ", 0, 0 },
        { "[]", EVENT_NOT_OBJECT, 0 },
        { " \"x\"", EVENT_NOT_OBJECT, 1 },
        { "12", EVENT_NOT_OBJECT, 0 },
        { "null", EVENT_NOT_OBJECT, 0 },
        { "{\"a\":01}", EVENT_MALFORMED, 5 },
        { "[1,]", EVENT_MALFORMED, 3 },
        { "{} {}", EVENT_MALFORMED, 3 },
        { "nonsense", EVENT_MALFORMED, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_OPENED opened;
        CU_ASSERT(opened_init(&opened, cases[i].text) == cases[i].r);
        if (cases[i].r != 0) {
            CU_ASSERT(event_fault(&opened.event).offset == cases[i].offset);
            CU_ASSERT(strlen(event_fault(&opened.event).reason) > 0);
        }
    }
}

/* The file that the parsing suite leaves out for its size, and larger ones. */
static void test_deep_documents(void)
{
    for (size_t n = 50000; n <= 800000; n *= 4) {
        AUTO_BUFFER text = { 0 };
        for (size_t i = 0; i < n; i++) {
            CU_ASSERT_FATAL(buffer_append(&text, "[{\"\":", 5) == 0);
        }
        CU_ASSERT_FATAL(buffer_append_byte(&text, '\n') == 0);
        AUTO_OPENED opened;
        CU_ASSERT(opened_init_len(&opened, text.data, text.len) == EVENT_MALFORMED);
        for (size_t i = 0; i < n; i++) {
            CU_ASSERT_FATAL(buffer_append(&text, i == 0 ? "1}]" : "}]", i == 0 ? 3 : 2) == 0);
        }
        AUTO_OPENED closed;
        CU_ASSERT(opened_init_len(&closed, text.data, text.len) == EVENT_MALFORMED);
        CU_ASSERT_STRING_EQUAL(event_fault(&closed.event).reason, "brackets nested too deep");
    }
}

/* Begins event on text with indexer; both lent. */
static int begin(struct weir_event *event, struct json_indexer *indexer, const char *text)
{
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = json_index(indexer, text, strlen(text), &tokens, &n_tokens);
    return r != 0 ? r : event_begin(event, text, strlen(text), tokens, n_tokens);
}

static void test_reset(void)
{
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    struct weir_event event = { .n_duplicates = 0 };
    AUTO_BUFFER line = { 0 };
    CU_ASSERT(begin(&event, indexer, "{\"a\":1,\"a\":\n2}") == 0);
    CU_ASSERT(weir_event_set_raw(&event, "/a", "\n[]", 3) == 0);
    CU_ASSERT(weir_event_fail(&event, "Type", "message") < 0);
    CU_ASSERT(weir_event_kind(&event, "/b") == -ENOENT);
    event_reset(&event);
    CU_ASSERT(begin(&event, indexer, "{\"b\":[") == EVENT_MALFORMED);
    event_reset(&event);
    CU_ASSERT(begin(&event, indexer, "{\"b\":\t1}") == 0);
    CU_ASSERT(!event.is_patched && event.n_duplicates == 0);
    CU_ASSERT(weir_event_kind(&event, "/a") == -ENOENT);
    CU_ASSERT(event_render(&event, &line) == 0);
    CU_ASSERT(line.len == 8 && memcmp(line.data, "{\"b\":\t1}", 8) == 0);
    struct event_failure failure;
    CU_ASSERT(event_explain(&event, -EIO, &failure) == 0);
    CU_ASSERT(view_is(failure.type, "EnrichmentError"));
    event_deinit(&event);
    CU_ASSERT(begin(&event, indexer, "{}") == 0);
    event_deinit(&event);
    json_indexer_free(indexer);
}

/* After a giant event the memory of ordinary ones is back; in the steady state it stays the same. */
static void test_memory(void)
{
    enum { N = 400000 };
    AUTO_BUFFER giant = { 0 };
    CU_ASSERT_FATAL(buffer_append_text(&giant, "{\"a\":[0") == 0);
    for (int i = 0; i < N; i++) {
        CU_ASSERT_FATAL(buffer_append(&giant, ",1", 2) == 0);
    }
    CU_ASSERT_FATAL(buffer_append(&giant, "]}", 3) == 0);
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    struct weir_event event = { .n_duplicates = 0 };
    size_t steady = 0;
    for (int i = 0; i < 100; i++) {
        const char *text = i == 50 ? giant.data : "{\"a\":{\"b\":\"c\"}}";
        CU_ASSERT(begin(&event, indexer, text) == 0);
        CU_ASSERT(weir_event_set_raw(&event, "/x", text, strlen(text)) == 0);
        CU_ASSERT(weir_event_set_string_len(&event, "/y", text, strlen(text)) == 0);
        CU_ASSERT(weir_event_set_int64(&event, i == 50 ? "/x/a/0" : "/x/a/b", 1) == 0);
        if (i == 50) {
            CU_ASSERT(event_memory(&event) > 2 * N * sizeof(uint32_t));
        }
        event_reset(&event);
        if (i == 10) {
            steady = event_memory(&event);
        }
        CU_ASSERT(i <= 10 || i >= 50 || event_memory(&event) == steady);
        CU_ASSERT(event_memory(&event) < 2 * 1024 * 1024);
    }
    event_deinit(&event);
    CU_ASSERT(event_memory(&event) == sizeof(event));
    json_indexer_free(indexer);
}

static bool explains(struct weir_event *event, int error, const char *type, const char *message)
{
    struct event_failure failure;
    if (event_explain(event, error, &failure) != 0) {
        return false;
    }
    bool is_same = view_is(failure.type, type) && view_is(failure.message, message) &&
                   failure.type.data[failure.type.len] == '\0' &&
                   failure.message.data[failure.message.len] == '\0';
    if (!is_same) {
        fprintf(stderr, "%s: %s\n", failure.type.data, failure.message.data);
    }
    return is_same;
}

static void test_complaints(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"a\":1,\"l\":\"\\ud800\"}") == 0);
    struct weir_event *event = &opened.event;
    struct weir_view view;
    uint64_t value;
    CU_ASSERT(weir_event_set_string(event, "/x/y", "v") == -ENOENT);
    CU_ASSERT(explains(event, -ENOENT, "EnrichmentError",
                       "/x/y: there is no such member, element or parent"));
    CU_ASSERT(weir_event_remove(event, "/a/y") == -ENOTDIR);
    CU_ASSERT(explains(event, -ENOTDIR, "EnrichmentError",
                       "/a/y: a step leads into a value that is no object or array"));
    CU_ASSERT(weir_event_get_string(event, "/a", &view) == -EPROTOTYPE);
    CU_ASSERT(explains(event, -EPROTOTYPE, "EnrichmentError", "/a: the value is of another type"));
    CU_ASSERT(weir_event_get_string(event, "/l", &view) == -EILSEQ);
    CU_ASSERT(explains(event, -EILSEQ, "EnrichmentError", "/l: the text is not Unicode"));
    CU_ASSERT(weir_event_set_int64(event, "/a", -1) == 0);
    CU_ASSERT(weir_event_get_uint64(event, "/a", &value) == -ERANGE);
    CU_ASSERT(explains(event, -ERANGE, "EnrichmentError", "/a: the number does not fit"));
    CU_ASSERT(weir_event_create_parents(event, "a") == -EINVAL);
    CU_ASSERT(
        explains(event, -EINVAL, "EnrichmentError", "a: the pointer or the value is malformed"));
    /* Another error than the last complaint's has nothing to do with it. */
    CU_ASSERT(explains(event, -ENOENT, "EnrichmentError", "No such file or directory (ENOENT)"));
    CU_ASSERT(explains(event, 7, "EnrichmentError", "the enrichment function returned 7"));
    CU_ASSERT(explains(event, -12345, "EnrichmentError", "unknown error -12345"));
}

static void test_fail(void)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{}") == 0);
    struct weir_event *event = &opened.event;
    char type[] = "LookupError";
    int r = weir_event_fail(event, type, "no such page");
    CU_ASSERT(r < 0);
    memset(type, '#', sizeof(type) - 1);
    CU_ASSERT(weir_event_kind(event, "/b") == -ENOENT);
    CU_ASSERT(explains(event, r, "LookupError", "no such page"));
    CU_ASSERT(explains(event, -ENOENT, "LookupError", "no such page"));
    CU_ASSERT(weir_event_fail(event, "Other", "") == r);
    CU_ASSERT(explains(event, r, "Other", ""));
}

static const struct test_case cases[] = {
    { "an object begins, all else is refused with the place", test_outcomes },
    { "a million brackets are refused without recursion", test_deep_documents },
    { "a reset event is a new event", test_reset },
    { "memory is steady, and given back after a giant", test_memory },
    { "errors are explained by pointer and meaning", test_complaints },
    { "the application's own words go first", test_fail },
};

CUNIT_MAIN("event/event", cases)
