/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host may be asked for, by all workers together: requests under way, requests per second,
 * retries, nothing while its breaker is open or while it has asked to be left alone (Retry-After). The
 * numbers are http_limit.h's; here is who shares them.
 *
 * A client (one a worker, known by its number) that is refused says that it waits; whoever gives
 * something back wakes a client that waits and has less under way than he has himself, so that each gets its
 * share.
 *
 * Thread: any, but for what names a client: that one's.
 */
#ifndef WEIR_HTTP_HTTP_HOST_H
#define WEIR_HTTP_HTTP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "http/http_limit.h"

struct http_host_limits {
    /* Requests under way. */
    unsigned concurrency;
    /* Per second; 0: any. */
    unsigned rate;
    /* Of retries. */
    unsigned budget_percent;
    unsigned budget_per_second;
    int64_t budget_window_ns;
    /* Failures in a row that open the breaker; 0: none do. */
    unsigned breaker_failures;
    int64_t breaker_base_ns;
    int64_t breaker_cap_ns;
};

struct http_host;
struct http_hosts;

/* Returns 0 or -errno. n_clients: at least 1. */
int http_hosts_new(const struct http_host_limits *limits, size_t n_clients,
                   struct http_hosts **ret_hosts);
/* Takes NULL. */
void http_hosts_free(struct http_hosts *hosts);

/* Who is woken when client is to ask again. Before its first request; lent until http_hosts_free(). */
void http_hosts_attach(struct http_hosts *hosts, size_t client, struct wakeup *wakeup);

/*
 * The host of this name (scheme, host and port: all that is told apart). Valid until http_hosts_free().
 * Above some thousands of names one stands for all further ones. NULL without memory.
 */
struct http_host *http_hosts_get(struct http_hosts *hosts, const char *name, size_t len);

/*
 * Whether client may send a request now: 0, and http_host_done() must follow. Else for how long there is no
 * use in asking again, INT64_MAX: until it is woken. *ret_is_probe is for http_host_done().
 */
int64_t http_host_admit(struct http_host *host, size_t client, int64_t now_ns, bool *ret_is_probe);

/* A request that was admitted is over. */
void http_host_done(struct http_host *host, size_t client, bool is_probe, enum http_outcome outcome,
                    int64_t now_ns);

/* Client has no more requests that wait for this host. */
void http_host_stop_waiting(struct http_host *host, size_t client);

/* Nothing is sent before until_ns. A later time that was asked for before stays. */
void http_host_pause(struct http_host *host, int64_t until_ns);

/* Counts a first attempt, which the budget for retries is a share of. */
void http_host_count_attempt(struct http_host *host, int64_t now_ns);

/* Takes a retry from the budget, if there is one: true. */
bool http_host_take_retry(struct http_host *host, int64_t now_ns);

/* Gives one back that has succeeded. */
void http_host_give_back_retry(struct http_host *host, int64_t now_ns);

/* How often a breaker opened, over all hosts; and how many are open or half open now. */
uint64_t http_hosts_n_opened(struct http_hosts *hosts);
size_t http_hosts_n_open(struct http_hosts *hosts);

#endif
