/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_route.h"

#include <errno.h>

#include "../../support/cunit_main.h"

static const struct http_route routes[] = {
    { "https://meta.wikimedia.org/w/api.php", "http://localhost:6500" },
    { "https://schema.wikimedia.org", "https://127.0.0.1" },
    { "http://a.example:8080/ignored", "http://[::1]:6023/ignored" },
    { "https://meta.wikimedia.org/", "http://never.example" },
};

static void test_routes(void)
{
    static const struct {
        const char *url;
        /* NULL: no route. */
        const char *target;
        const char *host;
    } cases[] = {
        { "https://meta.wikimedia.org/w/api.php?a=b&c=d%7Ce",
          "http://localhost:6500/w/api.php?a=b&c=d%7Ce", "meta.wikimedia.org" },
        { "https://META.wikimedia.org:443/x", "http://localhost:6500/x", "META.wikimedia.org:443" },
        { "https://schema.wikimedia.org/r/1.0.0", "https://127.0.0.1:443/r/1.0.0",
          "schema.wikimedia.org" },
        { "http://a.example:8080/y", "http://[::1]:6023/y", "a.example:8080" },
        { "http://a.example/y", NULL, NULL },
        { "http://meta.wikimedia.org/w/api.php", NULL, NULL },
        { "https://meta.wikimedia.org.evil.example/", NULL, NULL },
        { "https://x@meta.wikimedia.org/y", "http://x@localhost:6500/y", "meta.wikimedia.org" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUFFER url = { 0 };
        AUTO_BUFFER host = { 0 };
        int r =
            http_route_find(routes, sizeof(routes) / sizeof(routes[0]), cases[i].url, &url, &host);
        if (cases[i].target == NULL) {
            CU_ASSERT_EQUAL(r, HTTP_ROUTE_NONE);
            CU_ASSERT_EQUAL(url.len + host.len, 0);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(r, 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&url), cases[i].target);
        CU_ASSERT_STRING_EQUAL(buffer_text(&host), cases[i].host);
    }
}

static void test_what_is_no_url(void)
{
    static const struct http_route bad[] = { { "nothing", "http://a.example" } };
    static const struct http_route bad_to[] = { { "http://b.example", "ftp://a.example" } };
    AUTO_BUFFER url = { 0 };
    AUTO_BUFFER host = { 0 };
    CU_ASSERT_EQUAL(http_route_find(routes, 1, "ftp://a.example/", &url, &host), -EINVAL);
    CU_ASSERT_EQUAL(http_route_find(bad, 1, "http://b.example/", &url, &host), -EINVAL);
    CU_ASSERT_EQUAL(http_route_find(bad_to, 1, "http://b.example/", &url, &host), -EINVAL);
    CU_ASSERT_EQUAL(http_route_find(NULL, 0, "http://b.example/", &url, &host), HTTP_ROUTE_NONE);
}

static const struct test_case cases[] = {
    { "the place is replaced, path and host stay", test_routes },
    { "what is no URL is refused", test_what_is_no_url },
};

CUNIT_MAIN("http/http_route", cases)
