/* SPDX-License-Identifier: Apache-2.0 */
/* What http_url.c and http_route.c share. Private to this room. */
#ifndef WEIR_HTTP_HTTP_URL_PARSE_H
#define WEIR_HTTP_HTTP_URL_PARSE_H

#include <curl/curl.h>

/*
 * Parses url and lets nothing but http and https through. Returns 0 (the caller cleans *ret_parsed
 * up), -EINVAL or -ENOMEM.
 */
int http_url_parse(const char *url, CURLU **ret_parsed);

/* 0, -EINVAL or -ENOMEM. */
int http_url_errno(CURLUcode code);

#endif
