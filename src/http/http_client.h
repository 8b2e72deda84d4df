/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of one worker: requests of many events at once, over one epoll set. A request is a call
 * (http_call.h) of a session, which is one event's; its function is suspended until the call is done.
 *
 * What the worker hands in: how to suspend the function that is running, and how to have it go on. The
 * client never runs a function itself: http_client_poll() says which may go on, and the worker resumes
 * them afterwards. So no function of an application runs inside libcurl.
 *
 *     function                          client                             worker
 *     weir_http_get()  -> suspend       queued, admitted, attempts,        http_client_poll()
 *                                       pauses, done -> wake()             resumes what was woken
 *
 * Life: new -> session_begin, poll, session_end ... -> free, with no session left. Thread: one worker's.
 */
#ifndef WEIR_HTTP_HTTP_CLIENT_H
#define WEIR_HTTP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/http.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/tally.h"
#include "base/thread.h"
#include "event/room.h"
#include "http/http_cause.h"
#include "http/http_host.h"
#include "http/http_retry.h"
#include "http/http_route.h"

/* What all workers share, and what does not change. Everything is lent for the clients' life. */
struct http_settings {
    const char *user_agent;
    /* "Name: value", sent with every request. */
    const char *const *headers;
    size_t n_headers;
    const struct http_route *routes;
    size_t n_routes;
    /* NULL: the system's authorities; no certificate of ours; no proxy. */
    const char *ca_file;
    const char *certificate_file;
    const char *key_file;
    const char *proxy;
    bool skips_verify;
    bool denies_private;
    int64_t connect_timeout_ns;
    int64_t attempt_timeout_ns;
    /* Of one event. */
    int64_t deadline_ns;
    unsigned max_redirects;
    size_t max_body_bytes;
    /* Connections that are kept, at least. */
    unsigned max_connections;
    /* Fewer bytes than this in a window, once a reply has begun, end the attempt; 0: never. */
    size_t low_speed_bytes;
    int64_t low_speed_window_ns;

    unsigned max_attempts;
    struct http_backoff backoff;
    const int64_t *statuses;
    size_t n_statuses;
    /* Codes of API errors that pass; a trailing `*` stands for any rest. */
    const char *const *api_errors;
    size_t n_api_errors;
    int64_t missing_age_ns;
    /* Without a retry in the budget, or sent away beyond the deadline: wait all the same. */
    bool parks_without_budget;
    bool parks_beyond_deadline;
    /* Many events at once: each handle keeps a small buffer. */
    bool is_crowded;
};

/* What a client has counted. Sums may be made over clients. */
struct http_counts {
    /* Calls; what was sent for them; the same, but the first; those that failed. */
    uint64_t requests;
    uint64_t attempts;
    uint64_t retries;
    uint64_t failures;
    /* Of decoded bodies. */
    uint64_t bytes;
    /* Calls that had to wait for a host's limits; for its budget. */
    uint64_t parked;
    uint64_t budget_waits;
    uint64_t stale_connections;
    uint64_t memory_waits;
    uint64_t lookup_keys;
    uint64_t lookup_requests;
    /* Keys that shared a request, or an answer, with another; and that the cache answered. */
    uint64_t lookup_joined;
    uint64_t lookup_cached;
    uint64_t retries_by_cause[HTTP_CAUSES];
};

struct http_client_options {
    const struct http_settings *settings;
    const struct clock *clock;
    struct http_hosts *hosts;
    /* The number of this client among those that share the hosts. */
    size_t index;
    /* Ends a poll that waits. */
    struct wakeup *wakeup;
    /* What bodies are charged to. */
    struct room *room;
    /* Suspends the function that is running; and marks one (as begun with waiter) as able to go on. */
    void (*suspend)(void *context);
    void (*wake)(void *context, void *waiter);
    void *context;
};

struct http_client;

/* Copies options. Returns 0 or -errno. */
int http_client_new(const struct http_client_options *options, struct http_client **ret_client);
/* Takes NULL. */
void http_client_free(struct http_client *client);

/* A session for the function that will enrich event; NULL without memory. */
struct weir_http *http_session_begin(struct http_client *client, struct weir_event *event,
                                     void *waiter);

/*
 * The function has returned: its replies are dead. True: a call of it was cancelled, and what it did is not
 * to be taken for a result.
 */
bool http_session_end(struct weir_http *session);

/* The event that the session is of. */
struct weir_event *http_session_event(struct weir_http *session);

/*
 * For how long the session's event is so young that what it names may still appear (its meta.dt, and
 * missing_age_ns); 0: not at all. Thread: the function's.
 */
int64_t http_session_youth_ns(struct weir_http *session);

/*
 * Drives what is under way, and waits up to timeout_ns for something to happen (0: not at all). Returns 0
 * or -errno for a fault of this machine.
 */
int http_client_poll(struct http_client *client, int64_t timeout_ns);

/*
 * From now on nothing is sent that was not sent before: calls that wait end with -ECANCELED, what is under
 * way may end once. With everything: that ends, too.
 */
void http_client_cancel(struct http_client *client, bool everything);

/* Requests that are being sent or answered now. */
size_t http_client_n_transfers(const struct http_client *client);

/* Requests that wait for what a host allows: its limits, its budget, its breaker, a pause. */
size_t http_client_n_parked(const struct http_client *client);

const struct http_counts *http_client_counts(const struct http_client *client);
/* Time of calls from their first attempt to their end, in ns. */
const struct histogram *http_client_latency(const struct http_client *client);

void http_counts_add(struct http_counts *sum, const struct http_counts *counts);

#endif
