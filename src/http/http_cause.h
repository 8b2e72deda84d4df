/* SPDX-License-Identifier: Apache-2.0 */
/* Why an attempt or a whole request failed, and what follows from it. Pure. */
#ifndef WEIR_HTTP_HTTP_CAUSE_H
#define WEIR_HTTP_HTTP_CAUSE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum http_cause {
    HTTP_CAUSE_NONE,
    /* The reply's status. */
    HTTP_CAUSE_STATUS,
    /* 404, of an event so young that it may come yet. */
    HTTP_CAUSE_MISSING,
    /* An error of the MediaWiki API inside a 200: one of those that pass, or another. */
    HTTP_CAUSE_API_BUSY,
    HTTP_CAUSE_API_ERROR,
    /* No connection; no address; it broke before the reply's first byte, or after it. */
    HTTP_CAUSE_CONNECT,
    HTTP_CAUSE_RESOLVE,
    HTTP_CAUSE_RESET,
    HTTP_CAUSE_CUT,
    /* The attempt's time; the event's; too few bytes a second. */
    HTTP_CAUSE_TIMEOUT,
    HTTP_CAUSE_DEADLINE,
    HTTP_CAUSE_LOW_SPEED,
    HTTP_CAUSE_TLS_VERIFY,
    HTTP_CAUSE_TLS,
    HTTP_CAUSE_REDIRECT,
    HTTP_CAUSE_BODY_TOO_LARGE,
    HTTP_CAUSE_HEADERS_TOO_LARGE,
    HTTP_CAUSE_ENCODING,
    /* One that was not asked for. */
    HTTP_CAUSE_ENCODING_UNKNOWN,
    HTTP_CAUSE_PROTOCOL,
    /* Not the JSON that was asked for. */
    HTTP_CAUSE_GARBAGE,
    HTTP_CAUSE_RETRY_AFTER,
    HTTP_CAUSE_BUDGET,
    /* An address that is not allowed. */
    HTTP_CAUSE_ADDRESS,
    HTTP_CAUSE_ARGUMENT,
    HTTP_CAUSE_MEMORY,
    /* No room for a body now: later, without its costing an attempt. */
    HTTP_CAUSE_ROOM,
    HTTP_CAUSE_CANCELLED,
    HTTP_CAUSES,
};

/* Whether an attempt that ended so is made again. */
enum http_again {
    HTTP_AGAIN_NEVER,
    /* Whatever the method: nothing of it was answered. */
    HTTP_AGAIN_ALWAYS,
    /* Where the request may be repeated. */
    HTTP_AGAIN_IDEMPOTENT,
    /* As that, but once. */
    HTTP_AGAIN_ONCE,
    /* As that, while the event is young. */
    HTTP_AGAIN_YOUNG,
};

/* "tls_verify", for messages and counters. Several causes may share one. */
const char *http_cause_name(enum http_cause cause);

/* What weir_http_request() returns for it: a negative errno, 0 for none. */
int http_cause_errno(enum http_cause cause);

enum http_again http_cause_again(enum http_cause cause);

/* Whether it says that the host is in trouble (for its breaker, and whether asking key by key helps). */
bool http_cause_is_of_host(enum http_cause cause, int status);

/* What was seen of an attempt that libcurl has ended with code. */
struct http_ending {
    CURLcode code;
    /* From CURLOPT_ERRORBUFFER. */
    const char *text;
    bool is_connected;
    bool has_head;
    /* What a callback of ours has stopped it for. */
    enum http_cause aborted;
};

/* Never looks at the status: HTTP_CAUSE_NONE for a reply that came whole. */
enum http_cause http_cause_of(const struct http_ending *ending);

#endif
