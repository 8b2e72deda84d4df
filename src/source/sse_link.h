/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to an event stream: one transfer after the other, with the waits between them.
 *
 * A service ends and cuts its connections: that is its normal life, and no line in the log above
 * debug. After a connection that brought something (or lasted) it is asked again within a tenth of a
 * second, or as its `retry:` says. Failures in a row are answered by back-off with full jitter, Retry-After by what it asks for.
 * A 204 ends the stream. Any other 4xx than 408, 425 and 429 says why: before the first connection it
 * ends the job (78), after it the service is asked again slowly. A service that was never there within
 * startup_timeout ends the job (69); later outages are waited out.
 *
 * One owner: the source thread.
 */
#ifndef WEIR_SOURCE_SSE_LINK_H
#define WEIR_SOURCE_SSE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct sse_link_options {
    /* All lent for the link's life. */
    const struct clock *clock;
    const char *url;
    const char *user_agent;
    const char *ca_file;
    /* NULL: none, whatever the environment says. */
    const char *proxy;
    /* Any certificate is accepted. */
    bool skips_verify;
    int64_t idle_timeout_ns;
    int64_t startup_timeout_ns;
    /* Ends waiting when it becomes readable. */
    int wake_fd;
    /* As that of struct http_stream_options. */
    size_t (*take)(void *context, const char *bytes, size_t len);
    void *context;
};

/* Outcomes of sse_link_poll(). */
enum {
    /* A transfer is under way. */
    SSE_LINK_OPEN = 0,
    /* It is not time for the next one yet. */
    SSE_LINK_WAITING = 1,
    /* sse_link_start() is due. */
    SSE_LINK_DUE = 2,
    /* The server said that there is no more. */
    SSE_LINK_ENDED = 3,
};

struct sse_link;

/* Returns 0 or -errno. */
int sse_link_new(const struct sse_link_options *options, struct sse_link **ret_link);
void sse_link_free(struct sse_link *link);

/* What a connection asks for. */
struct sse_request {
    /* The header's value, NULL: no header. */
    const char *last_event_id;
    /* The query's `since`; -1: none. */
    int64_t since_ms;
};

/* Begins a transfer; only when one is due. Returns 0 or -errno. */
int sse_link_start(struct sse_link *link, const struct sse_request *request);

/*
 * Drives the transfer or waits, at most timeout_ns. Returns an outcome, or -errno with problem filled.
 * Blocks: yes.
 */
int sse_link_poll(struct sse_link *link, int64_t timeout_ns, struct problem *problem);

/* Ends the transfer; the next one is due at once, or soon where the last few brought nothing. */
void sse_link_drop(struct sse_link *link);

/* The transfer has brought something new. */
void sse_link_praise(struct sse_link *link);

/* The reconnection time that the server asked for. */
void sse_link_set_retry(struct sse_link *link, int64_t retry_ms);

#endif
