/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: requests to a host that go to another place instead, such as a proxy of the platform on
 * this machine. Scheme, host and port are replaced; path, query and the Host header stay. Pure.
 */
#ifndef WEIR_HTTP_HTTP_ROUTE_H
#define WEIR_HTTP_HTTP_ROUTE_H

#include <stddef.h>

#include "base/buffer.h"

struct http_route {
    /* URLs; of `from` scheme, host and port count, of `to` likewise. */
    const char *from;
    const char *to;
};

/* Outcome: no route is for this URL. */
enum { HTTP_ROUTE_NONE = 1 };

/*
 * Appends where a request for url goes, by the first route that is for it, and the value of its
 * Host header. Returns 0, HTTP_ROUTE_NONE, -EINVAL (url, or a route, is no http or https URL), or
 * -ENOMEM.
 */
int http_route_find(const struct http_route *routes, size_t n_routes, const char *url,
                    struct buffer *ret_url, struct buffer *ret_host);

#endif
