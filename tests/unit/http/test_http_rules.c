/* SPDX-License-Identifier: Apache-2.0 */
/* Small tables: addresses, headers, causes. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/error.h"
#include "http/http_address.h"
#include "http/http_cause.h"
#include "http/http_headers.h"

#include "../../support/cunit_main.h"

static bool is_allowed(const char *text, bool denies_private)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return http_address_is_allowed((const struct sockaddr *)&v4, denies_private);
    }
    CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return http_address_is_allowed((const struct sockaddr *)&v6, denies_private);
}

static void test_addresses(void)
{
    static const char *const never[] = { "169.254.169.254", "169.254.0.0", "fe80::1", "febf::1",
                                         "::ffff:169.254.169.254" };
    static const char *const private[] = {
        "127.0.0.1",   "127.255.0.1", "10.0.0.1",       "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "100.64.0.1",  "0.0.0.0",        "::1",        "fd00::1",
        "fc00::1",     "::",          "::ffff:10.0.0.1"
    };
    static const char *const public[] = { "198.35.26.96", "172.32.0.1",  "172.15.0.1",
                                          "100.128.0.1",  "169.253.0.1", "2620:0:861:ed1a::1" };
    for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
        CU_ASSERT_FALSE(is_allowed(never[i], false));
        CU_ASSERT_FALSE(is_allowed(never[i], true));
    }
    for (size_t i = 0; i < ARRAY_SIZE(private); i++) {
        CU_ASSERT_TRUE(is_allowed(private[i], false));
        CU_ASSERT_FALSE(is_allowed(private[i], true));
    }
    for (size_t i = 0; i < ARRAY_SIZE(public); i++) {
        CU_ASSERT_TRUE(is_allowed(public[i], true));
    }
}

static void test_header_texts(void)
{
    static const struct {
        const char *text;
        bool is_valid;
    } table[] = {
        { "X-A: b", true },         { "X-A:b", true },
        { "X-A: b\tc", true },      { "X-A:", true },
        { "Name", false },          { ": value", false },
        { "X A: b", false },        { "X-A: b\n", false },
        { "X-A: b\rc", false },     { "X-A: b\r\nY: c", false },
        { "X\n-A: b", false },      { "", false },
        { "X-\xc3\xa4: b", false }, { "X-A: \x01", false },
        { "X-A: \x7f", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (http_header_is_valid(table[i].text) != table[i].is_valid) {
            printf("\n\"%s\" ", table[i].text);
        }
        CU_ASSERT_EQUAL(http_header_is_valid(table[i].text), table[i].is_valid);
    }
    CU_ASSERT_TRUE(http_header_is_same("accept: a", "Accept: b"));
    CU_ASSERT_FALSE(http_header_is_same("Accept: a", "Accept-Encoding: a"));
}

/* How often the list has a header, and its last one. */
static size_t count(const struct curl_slist *list, const char *name, const char **ret_last)
{
    size_t n = 0;
    for (; list != NULL; list = list->next) {
        if (http_header_is_same(list->data, name)) {
            n++;
            *ret_last = list->data;
        }
    }
    return n;
}

static void test_compose(void)
{
    const char *last = NULL;
    struct curl_slist *base = curl_slist_append(NULL, "Authorization: secret");
    base = curl_slist_append(base, "X-A: base");
    static const char *const more[] = { "x-a: more", "X-B: b", NULL };
    struct http_headers headers = { 0 };
    struct http_headers_options options = { .base = base, .more = more, .host = "en.example" };
    CU_ASSERT_EQUAL(http_headers_compose(&headers, &options), HTTP_HEADERS_CHANGED);
    CU_ASSERT_EQUAL(count(headers.list, "X-A:", &last), 1);
    CU_ASSERT_STRING_EQUAL(last, "x-a: more");
    CU_ASSERT_EQUAL(count(headers.list, "Authorization:", &last), 1);
    CU_ASSERT_EQUAL(count(headers.list, "Host:", &last), 1);
    CU_ASSERT_STRING_EQUAL(last, "Host: en.example");
    options.is_abroad = true;
    CU_ASSERT_EQUAL(http_headers_compose(&headers, &options), HTTP_HEADERS_CHANGED);
    CU_ASSERT_EQUAL(count(headers.list, "Authorization:", &last), 0);
    static const char *const broken[] = { "X-A: a\r\nX-B: b", NULL };
    options.more = broken;
    CU_ASSERT_EQUAL(http_headers_compose(&headers, &options), -EINVAL);
    http_headers_deinit(&headers);
    curl_slist_free_all(base);
}

static void test_causes(void)
{
    static const struct {
        struct http_ending ending;
        enum http_cause cause;
        enum http_again again;
    } table[] = {
        { { .code = CURLE_OK }, HTTP_CAUSE_NONE, HTTP_AGAIN_NEVER },
        { { .code = CURLE_COULDNT_CONNECT }, HTTP_CAUSE_CONNECT, HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_COULDNT_RESOLVE_HOST }, HTTP_CAUSE_RESOLVE, HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_OPERATION_TIMEDOUT }, HTTP_CAUSE_CONNECT, HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_OPERATION_TIMEDOUT, .is_connected = true },
          HTTP_CAUSE_TIMEOUT,
          HTTP_AGAIN_IDEMPOTENT },
        { { .code = CURLE_RECV_ERROR }, HTTP_CAUSE_RESET, HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_GOT_NOTHING }, HTTP_CAUSE_RESET, HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_RECV_ERROR, .has_head = true }, HTTP_CAUSE_CUT, HTTP_AGAIN_IDEMPOTENT },
        { { .code = CURLE_PARTIAL_FILE, .has_head = true }, HTTP_CAUSE_CUT, HTTP_AGAIN_IDEMPOTENT },
        { { .code = CURLE_PEER_FAILED_VERIFICATION }, HTTP_CAUSE_TLS_VERIFY, HTTP_AGAIN_NEVER },
        { { .code = CURLE_SSL_CONNECT_ERROR, .text = "unsupported protocol" },
          HTTP_CAUSE_TLS_VERIFY,
          HTTP_AGAIN_NEVER },
        { { .code = CURLE_SSL_CONNECT_ERROR, .text = "Connection reset by peer" },
          HTTP_CAUSE_CONNECT,
          HTTP_AGAIN_ALWAYS },
        { { .code = CURLE_WRITE_ERROR, .aborted = HTTP_CAUSE_BODY_TOO_LARGE },
          HTTP_CAUSE_BODY_TOO_LARGE,
          HTTP_AGAIN_NEVER },
        { { .code = CURLE_WRITE_ERROR, .aborted = HTTP_CAUSE_ENCODING },
          HTTP_CAUSE_ENCODING,
          HTTP_AGAIN_IDEMPOTENT },
        { { .code = CURLE_UNSUPPORTED_PROTOCOL }, HTTP_CAUSE_PROTOCOL, HTTP_AGAIN_ONCE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct http_ending ending = table[i].ending;
        ending.text = ending.text == NULL ? "" : ending.text;
        CU_ASSERT_EQUAL(http_cause_of(&ending), table[i].cause);
        CU_ASSERT_EQUAL(http_cause_again(table[i].cause), table[i].again);
    }
    for (int cause = HTTP_CAUSE_NONE + 1; cause < HTTP_CAUSES; cause++) {
        CU_ASSERT_PTR_NOT_NULL(http_cause_name((enum http_cause)cause));
        CU_ASSERT(http_cause_errno((enum http_cause)cause) < 0);
    }
}

static const struct test_case cases[] = {
    { "addresses that are refused", test_addresses },
    { "texts that are headers", test_header_texts },
    { "headers of a request", test_compose },
    { "what an ending is called, and whether it is tried again", test_causes },
};

CUNIT_MAIN("http/http_rules", cases)
