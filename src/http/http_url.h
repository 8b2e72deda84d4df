/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, by libcurl's own parser, so that what we checked is what is requested. Pure. */
#ifndef WEIR_HTTP_HTTP_URL_H
#define WEIR_HTTP_HTTP_URL_H

#include "base/buffer.h"

/*
 * Appends url with the query parameter name=value added (value is encoded as a form's is: a space
 * becomes `+`; NULL: none is added). Returns 0, -EINVAL (no URL, or not http or https) or -ENOMEM.
 */
int http_url_with_query(const char *url, const char *name, const char *value,
                        struct buffer *ret_url);

/*
 * Appends what may be shown and compared: scheme, host, port and path; no user, password, query.
 * Returns as http_url_with_query().
 */
int http_url_public(const char *url, struct buffer *ret_url);

/*
 * Appends where reference (a Location) leads from url. Returns as http_url_with_query(); -EINVAL
 * also for a way from https to http.
 */
int http_url_follow(const char *url, const char *reference, struct buffer *ret_url);

#endif
