/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_url.h"

#include <errno.h>

#include "../../support/cunit_main.h"

static void check(int r, struct buffer *url, const char *expected)
{
    CU_ASSERT_EQUAL(r, expected == NULL ? -EINVAL : 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(buffer_text(url));
    CU_ASSERT_STRING_EQUAL(url->data, expected == NULL ? "" : expected);
    if (expected != NULL && strcmp(url->data, expected) != 0) {
        printf("\ngot %s\n", url->data);
    }
}

static void test_query(void)
{
    static const struct {
        const char *url;
        const char *value;
        const char *expected;
    } cases[] = {
        { "http://a.example/v2/stream/x", "17", "http://a.example/v2/stream/x?since=17" },
        { "http://a.example/x?a=1", "17", "http://a.example/x?a=1&since=17" },
        { "http://a.example/x", NULL, "http://a.example/x" },
        { "http://a.example/x", "a&b=c d", "http://a.example/x?since=a%26b%3dc+d" },
        { "https://u:p@a.example:8443/x", "1", "https://u:p@a.example:8443/x?since=1" },
        { "ftp://a.example/x", "1", NULL },
        { "file:///etc/passwd", "1", NULL },
        { "a.example/x", "1", NULL },
        { "", "1", NULL },
        { "http://", "1", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER url = { 0 };
        check(http_url_with_query(cases[i].url, "since", cases[i].value, &url), &url,
              cases[i].expected);
    }
}

static void test_public(void)
{
    static const struct {
        const char *url;
        const char *expected;
    } cases[] = {
        { "http://127.0.0.1:8181/v2/stream/x", "http://127.0.0.1:8181/v2/stream/x" },
        { "https://user:secret@a.example/x?token=secret#f", "https://a.example/x" },
        { "https://user@a.example/", "https://a.example/" },
        { "https://a.example", "https://a.example/" },
        { "gopher://a.example/", NULL },
        { "no url", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER url = { 0 };
        check(http_url_public(cases[i].url, &url), &url, cases[i].expected);
    }
}

static void test_follow(void)
{
    static const struct {
        const char *url;
        const char *reference;
        const char *expected;
    } cases[] = {
        { "http://a.example/x/y?q=1", "z", "http://a.example/x/z" },
        { "http://a.example:8080/x/y", "/z?a=b", "http://a.example:8080/z?a=b" },
        { "http://a.example/x", "https://b.example/y", "https://b.example/y" },
        { "https://a.example/x", "//b.example/y", "https://b.example/y" },
        { "https://a.example/x", "http://a.example/x", NULL },
        { "http://a.example/x", "ftp://a.example/x", NULL },
        { "http://a.example/x", "file:///etc/passwd", NULL },
        { "a.example", "/x", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER url = { 0 };
        check(http_url_follow(cases[i].url, cases[i].reference, &url), &url, cases[i].expected);
    }
}

static const struct test_case cases[] = {
    { "a query is added", test_query },
    { "a redirect is followed", test_follow },
    { "what may be shown", test_public },
};

CUNIT_MAIN("http/http_url", cases)
