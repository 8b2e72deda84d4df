/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every transfer of ours has in common: TLS 1.2 or newer with peer and name verified; http and
 * https only, also after redirects, and never from https to http; no .netrc, no cookies, no signals;
 * no proxy unless one is set here.
 */
#ifndef WEIR_HTTP_HTTP_EASY_H
#define WEIR_HTTP_HTTP_EASY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct http_easy_options {
    /* NULL: set by the caller. */
    const char *url;
    const char *user_agent;
    /* NULL: the system's authorities. */
    const char *ca_file;
    /* NULL: none, whatever the environment says. */
    const char *proxy;
    /* Any certificate is accepted. */
    bool skips_verify;
    int64_t connect_timeout_ns;
    unsigned max_redirects;
    /* Lent until the transfer ends. */
    struct curl_slist *headers;
    /* CURL_ERROR_SIZE bytes, lent until the transfer ends. */
    char *error_text;
};

/* libcurl, made ready once in the process. Returns 0 or -EIO. Thread: any. */
int http_easy_ready(void);

/* Sets up a new handle. Returns 0, -EINVAL (an option that libcurl refuses) or -ENOMEM. */
int http_easy_setup(CURL *easy, const struct http_easy_options *options);

#endif
