/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "../../support/random.h"
#include "route/router.h"

static void make_router(struct router *router, const char *const *fields, size_t n_fields)
{
    size_t field = 0;
    struct pointer_fault fault;
    CU_ASSERT_FATAL(router_init(router, fields, n_fields, &field, &fault) == 0);
}

/* The outcome for text; *ret_hash is 0 unless it is 0. */
static int key_of(const struct router *router, const char *text, uint64_t *ret_hash)
{
    AUTO_PARSED parsed;
    AUTO_BUFFER scratch = { 0 };
    *ret_hash = 0;
    CU_ASSERT_FATAL(parsed_index(&parsed, text, strlen(text)) == 0);
    int r = router_key(router, &parsed.document, &scratch, ret_hash);
    /* A walked document has the same key. */
    if (parsed_walk(&parsed) == 0) {
        uint64_t hash = 0;
        CU_ASSERT_EQUAL(router_key(router, &parsed.document, &scratch, &hash), r);
        CU_ASSERT_EQUAL(hash, *ret_hash);
    }
    return r;
}

static const char *const page_fields[] = { "/wiki_id", "/page/page_id" };

static void test_same_key(void)
{
    static const char *const pairs[][2] = {
        { "{\"wiki_id\":\"enwiki\",\"page\":{\"page_id\":1}}",
          " { \"page\" : { \"x\" : [ 1 ] , \"page_id\" : 1 } ,\n \"wiki_id\" : \"enwiki\" } " },
        /* A string counts by what it means, in names and in values. */
        { "{\"wiki_id\":\"enwiki\",\"page\":{\"page_id\":1}}",
          "{\"w\\u0069ki_id\":\"\\u0065nwiki\",\"p\\u0061ge\":{\"page_id\":1}}" },
        { "{\"wiki_id\":\"a/b\",\"page\":{\"page_id\":\"é🚂\"}}",
          "{\"wiki_id\":\"a\\/b\",\"page\":{\"page_id\":\"\\u00E9\\ud83d\\uDE82\"}}" },
        { "{\"wiki_id\":\"\\ud800\",\"page\":{\"page_id\":1}}",
          "{\"wiki_id\":\"\\uD800\",\"page\":{\"page_id\":1}}" },
        /* The last member of a name counts. */
        { "{\"wiki_id\":\"enwiki\",\"page\":{\"page_id\":1}}",
          "{\"wiki_id\":\"x\",\"page\":{\"page_id\":9},\"page\":{\"page_id\":1},\"wiki_id\":"
          "\"enwiki\"}" },
        { "{\"wiki_id\":null,\"page\":{\"page_id\":true}}",
          "{\"page\":{\"page_id\":true},\"wiki_id\":null}" },
    };
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        uint64_t first = 0;
        uint64_t second = 0;
        CU_ASSERT(key_of(&router, pairs[i][0], &first) == 0);
        CU_ASSERT(key_of(&router, pairs[i][1], &second) == 0);
        CU_ASSERT(first == second);
    }
    router_deinit(&router);
}

/* Values, as JSON, no two of which are one key. */
static const char *const distinct[] = {
    "1",          "1.0",         "1e0",         "\"1\"",       "true",     "\"true\"",
    "null",       "\"null\"",    "\"\"",        "\"a\"",       "\"A\"",    "\"a\\n\"",
    "\"a\\\\n\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u0000\"", "-0",       "0",
    "[]",         "{}",          "[1]",         "\"[1]\"",     "\"\\\"\"", "18446744073709551616",
};

static void test_distinct_keys(void)
{
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    uint64_t hashes[2 * ARRAY_SIZE(distinct)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(distinct); i++) {
        /* As the first field and as the second: which field it is in matters. */
        char text[128];
        snprintf(text, sizeof(text), "{\"wiki_id\":%s,\"page\":{\"page_id\":\"z\"}}", distinct[i]);
        CU_ASSERT(key_of(&router, text, &hashes[n++]) == 0);
        snprintf(text, sizeof(text), "{\"wiki_id\":\"z\",\"page\":{\"page_id\":%s}}", distinct[i]);
        CU_ASSERT(key_of(&router, text, &hashes[n++]) == 0);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT(hashes[i] != hashes[j]);
        }
    }
    router_deinit(&router);
}

/* Where one field's value ends and the next begins is part of the key. */
static void test_field_borders(void)
{
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    uint64_t first = 0;
    uint64_t second = 0;
    CU_ASSERT(key_of(&router, "{\"wiki_id\":\"ab\",\"page\":{\"page_id\":\"c\"}}", &first) == 0);
    CU_ASSERT(key_of(&router, "{\"wiki_id\":\"a\",\"page\":{\"page_id\":\"bc\"}}", &second) == 0);
    CU_ASSERT(first != second);
    router_deinit(&router);
}

static void test_outcomes(void)
{
    static const struct {
        const char *text;
        int r;
    } cases[] = {
        { "{\"wiki_id\":\"a\",\"page\":{\"page_id\":1}}", 0 },
        { "{\"wiki_id\":null,\"page\":{\"page_id\":null}}", 0 },
        { "{\"wiki_id\":\"a\",\"page\":{}}", ROUTE_KEY_MISSING },
        { "{\"page\":{\"page_id\":1}}", ROUTE_KEY_MISSING },
        { "{\"wiki_id\":\"a\",\"page\":1}", ROUTE_KEY_MISSING },
        { "{\"wiki_id\":\"a\",\"page\":[1]}", ROUTE_KEY_MISSING },
        { "{\"wiki_id\":\"a\",\"page.page_id\":1}", ROUTE_KEY_MISSING },
        { "{}", ROUTE_KEY_MISSING },
        { "[]", ROUTE_KEY_MISSING },
        { "12", ROUTE_KEY_MISSING },
        { "{\"wiki_id\":\"a\",\"page\":{\"page_id\":1}", ROUTE_MALFORMED },
        { "{\"wiki_id\":\"\\x\",\"page\":{\"page_id\":1}}", ROUTE_MALFORMED },
        { "{\"wiki_id\":\"\\u12\",\"page\":{\"page_id\":1}}", ROUTE_MALFORMED },
        { "{\"wiki_id\":,\"page\":{\"page_id\":1}}", ROUTE_MALFORMED },
        { "{\"wiki_id\":\"a\",\"page\":{\"page_id\":1}}}", ROUTE_MALFORMED },
    };
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t hash = 0;
        int r = key_of(&router, cases[i].text, &hash);
        CU_ASSERT(r == cases[i].r);
        CU_ASSERT((hash != 0) == (r == 0));
    }
    router_deinit(&router);
}

static void test_nested_fields(void)
{
    static const char *const fields[] = { "/a/0/b~1c", "/a/1", "" };
    struct router router;
    make_router(&router, fields, 2);
    uint64_t first = 0;
    uint64_t second = 0;
    CU_ASSERT(key_of(&router, "{\"a\":[{\"b/c\":1},{\"x\":1}]}", &first) == 0);
    CU_ASSERT(key_of(&router, "{\"a\":[{\"b/c\":2},{\"x\":1}]}", &second) == 0);
    CU_ASSERT(first != second);
    CU_ASSERT(key_of(&router, "{\"a\":[{\"b/c\":1,\"d\":3},{\"x\":1},4]}", &second) == 0);
    CU_ASSERT(first == second);
    CU_ASSERT(key_of(&router, "{\"a\":[{\"b/c\":1}]}", &second) == ROUTE_KEY_MISSING);
    router_deinit(&router);
    /* The whole document is a key too. */
    make_router(&router, &fields[2], 1);
    CU_ASSERT(key_of(&router, " {\"a\":1} ", &first) == 0);
    CU_ASSERT(key_of(&router, "{\"a\":1}", &second) == 0);
    CU_ASSERT(first == second);
    CU_ASSERT(key_of(&router, "{\"a\":2}", &second) == 0);
    CU_ASSERT(first != second);
    router_deinit(&router);
}

/* Keys do not change from version to version: a run that goes on must find each at its worker. */
static void test_known_hashes(void)
{
    static const struct {
        const char *text;
        uint64_t hash;
        uint32_t of_2;
        uint32_t of_7;
    } cases[] = {
        { "{\"wiki_id\":\"enwiki\",\"page\":{\"page_id\":1}}", UINT64_C(0x9d974ce39e489a35), 1, 4 },
        { "{\"wiki_id\":\"dewiki\",\"page\":{\"page_id\":123456}}", UINT64_C(0xfa706c5865e68756), 1,
          6 },
    };
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t hash = 0;
        CU_ASSERT(key_of(&router, cases[i].text, &hash) == 0);
        CU_ASSERT(hash == cases[i].hash);
        CU_ASSERT(router_worker(hash, 2) == cases[i].of_2);
        CU_ASSERT(router_worker(hash, 7) == cases[i].of_7);
        if (hash != cases[i].hash) {
            fprintf(stderr, "0x%016" PRIx64 ", %u, %u\n", hash, router_worker(hash, 2),
                    router_worker(hash, 7));
        }
    }
    router_deinit(&router);
}

static void test_distribution(void)
{
    enum { N_KEYS = 20000, N_WORKERS = 16 };
    struct router router;
    make_router(&router, page_fields, ARRAY_SIZE(page_fields));
    for (uint32_t n_workers = 1; n_workers <= N_WORKERS; n_workers++) {
        size_t counts[N_WORKERS] = { 0 };
        for (int i = 0; i < N_KEYS; i += n_workers == N_WORKERS ? 1 : 4) {
            char text[96];
            uint64_t hash = 0;
            snprintf(text, sizeof(text), "{\"wiki_id\":\"enwiki\",\"page\":{\"page_id\":%d}}", i);
            CU_ASSERT(key_of(&router, text, &hash) == 0);
            uint32_t worker = router_worker(hash, n_workers);
            CU_ASSERT_FATAL(worker < n_workers);
            counts[worker]++;
        }
        size_t fair = N_KEYS / (n_workers == N_WORKERS ? 1 : 4) / n_workers;
        for (uint32_t i = 0; i < n_workers; i++) {
            CU_ASSERT(counts[i] > fair * 3 / 4 && counts[i] < fair * 5 / 4 + 1);
        }
    }
    router_deinit(&router);
}

static void test_worker_edges(void)
{
    CU_ASSERT(router_worker(0, 5) == 0);
    CU_ASSERT(router_worker(UINT64_MAX, 5) == 4);
    CU_ASSERT(router_worker(UINT64_MAX, 1) == 0);
    CU_ASSERT(router_worker(UINT64_MAX, UINT32_MAX) == UINT32_MAX - 1);
}

static void test_wrong_fields(void)
{
    static const struct {
        const char *fields[3];
        size_t n_fields;
        size_t field;
        const char *reason;
    } cases[] = {
        { { "/a", "b", "/c" }, 3, 1, "begins with /" },
        { { "/a~" }, 1, 0, "~" },
        { { "/a" }, 0, 0, "1 to 7" },
        { { "/a" }, 8, 8, "1 to 7" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct router router;
        size_t field = 77;
        struct pointer_fault fault = { 0, "" };
        CU_ASSERT(router_init(&router, cases[i].fields, cases[i].n_fields, &field, &fault) ==
                  -EINVAL);
        CU_ASSERT(field == cases[i].field);
        CU_ASSERT_PTR_NOT_NULL(strstr(fault.reason, cases[i].reason));
        router_deinit(&router);
    }
}

static void test_seven_fields(void)
{
    static const char *const fields[] = { "/a", "/b", "/c", "/d", "/e", "/f", "/g" };
    struct router router;
    make_router(&router, fields, ROUTER_MAX_FIELDS);
    CU_ASSERT_FATAL(ROUTER_MAX_FIELDS == ARRAY_SIZE(fields));
    router.drops_canaries = true;
    uint64_t hashes[2];
    CU_ASSERT(key_of(&router, "{\"g\":7,\"f\":6,\"e\":5,\"d\":4,\"c\":3,\"b\":2,\"a\":1}",
                     &hashes[0]) == 0);
    CU_ASSERT(key_of(&router, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}",
                     &hashes[1]) == 0);
    CU_ASSERT(hashes[0] == hashes[1]);
    CU_ASSERT(key_of(&router, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}", &hashes[1]) ==
              ROUTE_KEY_MISSING);
    router_deinit(&router);
}

static void test_canaries(void)
{
    static const struct {
        const char *text;
        int kept;
        int dropped;
    } cases[] = {
        { "{\"id\":1,\"meta\":{\"domain\":\"canary\"}}", 0, ROUTE_CANARY },
        { "{\"meta\":{\"domain\":\"canary\"}}", ROUTE_KEY_MISSING, ROUTE_CANARY },
        { "{\"id\":1,\"meta\":{\"domain\":\"c\\u0061nary\"}}", 0, ROUTE_CANARY },
        { "{\"id\":1,\"meta\":{\"domain\":\"canary\",\"domain\":\"x\"}}", 0, 0 },
        { "{\"id\":1,\"meta\":{\"domain\":\"canary2\"}}", 0, 0 },
        { "{\"id\":1,\"meta\":{\"domain\":[\"canary\"]}}", 0, 0 },
        { "{\"id\":1,\"meta\":\"canary\"}", 0, 0 },
        { "{\"id\":1,\"domain\":\"canary\"}", 0, 0 },
        { "{\"id\":1}", 0, 0 },
        { "{\"meta\":{\"domain\":\"canary\"}", ROUTE_MALFORMED, ROUTE_MALFORMED },
    };
    static const char *const fields[] = { "/id" };
    struct router router;
    make_router(&router, fields, 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t hash = 0;
        router.drops_canaries = false;
        CU_ASSERT(key_of(&router, cases[i].text, &hash) == cases[i].kept);
        router.drops_canaries = true;
        CU_ASSERT(key_of(&router, cases[i].text, &hash) == cases[i].dropped);
    }
    router_deinit(&router);
}

static const struct test_case cases[] = {
    { "the same values are one key, however they are written", test_same_key },
    { "1, 1.0 and \"1\" are three keys", test_distinct_keys },
    { "a key is its fields, not their concatenation", test_field_borders },
    { "missing fields and malformed events", test_outcomes },
    { "nested fields, and the whole document", test_nested_fields },
    { "a key's hash and worker are the same for ever", test_known_hashes },
    { "keys spread evenly over the workers", test_distribution },
    { "every hash has a worker", test_worker_edges },
    { "wrong fields are named", test_wrong_fields },
    { "seven fields", test_seven_fields },
    { "canaries are told where they are to be dropped", test_canaries },
};

CUNIT_MAIN("route/router", cases)
