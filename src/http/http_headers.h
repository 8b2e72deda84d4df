/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a request, composed without copying what does not change. */
#ifndef WEIR_HTTP_HTTP_HEADERS_H
#define WEIR_HTTP_HTTP_HEADERS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buffer.h"

/* Zero-initialised is empty. Lives at one place: list points into it. */
struct http_headers {
    /* For CURLOPT_HTTPHEADER. */
    struct curl_slist *list;
    struct curl_slist *nodes;
    size_t capacity;
    /* "Host: ..." and "Idempotency-Key: ..." of this request. */
    struct buffer texts;
    bool is_composed;
};

struct http_headers_options {
    /* Of all requests; lent until the next composing. */
    const struct curl_slist *base;
    /* Of this one, closed by NULL; they replace those of the same name. May be NULL. */
    const char *const *more;
    /* The value of Host, or NULL: the URL's. One in more comes before it. */
    const char *host;
    /* The value of Idempotency-Key, or NULL. */
    const char *key;
    /* Authorization, Cookie and the like are left out. */
    bool is_abroad;
    bool has_body;
};

/* Outcome: list is another one than before, and must be set. */
enum { HTTP_HEADERS_CHANGED = 1 };

/* Returns 0 (list is as it was), HTTP_HEADERS_CHANGED, -EINVAL (a header that would be two), or -ENOMEM. */
int http_headers_compose(struct http_headers *headers, const struct http_headers_options *options);
void http_headers_deinit(struct http_headers *headers);

/* Whether a text is a header: a token, a colon, and no control character but the tab. */
bool http_header_is_valid(const char *text);

/* Whether two headers ("Name: value") have one name. */
bool http_header_is_same(const char *one, const char *other);

#endif
