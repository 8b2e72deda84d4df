/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, by libcurl's own parser, so that what we checked is what is requested. Pure. */
#ifndef WEIR_HTTP_HTTP_URL_H
#define WEIR_HTTP_HTTP_URL_H

#include <stdbool.h>

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

/*
 * Appends url as it may be shown: without user and password, and with `***` for the values of query
 * parameters whose names speak of secrets (key, token, password, ...). Any text is taken. Returns 0 or
 * -ENOMEM.
 */
int http_url_redacted(const char *url, struct buffer *ret_url);

/* Whether a byte stands for itself in every part of a URL (RFC 3986, 2.3). */
static inline bool http_url_is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

#endif
