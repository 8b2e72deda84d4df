/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One GET after the other, each waited for: for what a start needs before anything else. The same
 * rules for safety as every transfer (http_easy.h). A redirect is followed from where the request
 * was meant to go, and takes a route of its own; from https to http it is refused.
 *
 * The options name a time by which all must be done. A request gets at most attempt_timeout_ns, and
 * not more than is left; at the end still connect_timeout_ns, so that each place is asked once at
 * least.
 *
 * Thread: one owner. Blocks: yes, and ends early when `is_over` says so.
 */
#ifndef WEIR_HTTP_HTTP_FETCH_H
#define WEIR_HTTP_HTTP_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/http_route.h"

struct http_fetch_options {
    const struct clock *clock;
    const char *user_agent;
    /* NULL: the system's authorities. */
    const char *ca_file;
    /* NULL: none, whatever the environment says. */
    const char *proxy;
    /* Any certificate is accepted. */
    bool skips_verify;
    /* The value of Accept. */
    const char *accept;
    const struct http_route *routes;
    size_t n_routes;
    int64_t connect_timeout_ns;
    int64_t attempt_timeout_ns;
    /* Monotonic time. */
    int64_t give_up_ns;
    unsigned max_redirects;
    /* Decoded. */
    size_t max_body_bytes;
    /* When it becomes readable, is_over is asked whether to end at once; -1: never. */
    int wake_fd;
    bool (*is_over)(void *context);
    void *context;
};

/* Outcome of http_fetch_pause(): there is no time left. */
enum { HTTP_FETCH_LATE = 1 };

struct http_fetch;

/* Everything is lent for the life of the fetch. Returns 0, -EIO or -ENOMEM. */
int http_fetch_new(const struct http_fetch_options *options, struct http_fetch **ret_fetch);
void http_fetch_free(struct http_fetch *fetch);

DEFINE_AUTO(http_fetch, http_fetch_free)

/*
 * Requests url once. Returns 0 with the status of the reply, whatever it is, and its body appended;
 * or, with problem filled in a few words (EXIT_UNAVAILABLE), without the URL:
 *
 *     -EAGAIN     nothing answered in time, or what did broke off: it may answer later
 *     -EACCES     the certificate is not accepted
 *     -EBADMSG    the server does not keep to HTTP, or redirects to where we do not go
 *     -EFBIG      the body is longer than max_body_bytes
 *     -EINVAL     no http or https URL, or a ca_file that cannot be read
 *     -ECANCELED  is_over said so
 *     -ENOMEM, -EIO
 */
int http_fetch_get(struct http_fetch *fetch, const char *url, struct buffer *ret_body,
                   int *ret_status, struct problem *problem);

/*
 * Waits before another try, the n-th from 0: with back-off and full jitter, and as long as a reply
 * since the last pause has asked by Retry-After. Returns 0, HTTP_FETCH_LATE (at once, where the
 * wait would end after give_up_ns), -ECANCELED, or another -errno.
 */
int http_fetch_pause(struct http_fetch *fetch, unsigned n);

#endif
