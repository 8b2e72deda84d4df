/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_host.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

enum { SLOTS = 256, HOSTS_MAX = 4096 };

/* What a host knows of a client. */
struct share {
    unsigned n_under_way;
    bool is_waiting;
};

struct http_host {
    struct http_hosts *hosts;
    struct http_host *next;
    char *name;
    size_t name_len;

    struct mutex lock;
    /* Guarded by lock. */
    unsigned n_under_way;
    struct http_rate rate;
    struct http_budget budget;
    struct http_breaker breaker;
    int64_t pause_until_ns;
    struct share shares[];
};

struct http_hosts {
    /* Fixed after start. */
    struct http_host_limits limits;
    size_t n_clients;
    /* Each set by its client before it asks for anything. */
    struct wakeup **wakeups;
    struct mutex lock;
    /* Guarded by lock. */
    struct http_host *slots[SLOTS];
    size_t n_hosts;
    /* Relaxed: counters. */
    _Atomic uint64_t n_opened;
    atomic_size_t n_open;
};

int http_hosts_new(const struct http_host_limits *limits, size_t n_clients,
                   struct http_hosts **ret_hosts)
{
    struct http_hosts *hosts = calloc(1, sizeof(*hosts));
    if (hosts == NULL) {
        return -ENOMEM;
    }
    hosts->limits = *limits;
    hosts->n_clients = n_clients;
    hosts->wakeups = calloc(n_clients, sizeof(struct wakeup *));
    if (hosts->wakeups == NULL || mutex_init(&hosts->lock) < 0) {
        free(hosts->wakeups);
        free(hosts);
        return -ENOMEM;
    }
    *ret_hosts = hosts;
    return 0;
}

void http_hosts_free(struct http_hosts *hosts)
{
    if (hosts == NULL) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        struct http_host *host = hosts->slots[i];
        while (host != NULL) {
            struct http_host *next = host->next;
            mutex_deinit(&host->lock);
            free(host->name);
            free(host);
            host = next;
        }
    }
    mutex_deinit(&hosts->lock);
    free(hosts->wakeups);
    free(hosts);
}

void http_hosts_attach(struct http_hosts *hosts, size_t client, struct wakeup *wakeup)
{
    mutex_lock(&hosts->lock);
    hosts->wakeups[client] = wakeup;
    mutex_unlock(&hosts->lock);
}

static struct http_host *host_new(struct http_hosts *hosts, const char *name, size_t len)
{
    const struct http_host_limits *limits = &hosts->limits;
    struct http_host *host = calloc(1, sizeof(*host) + hosts->n_clients * sizeof(host->shares[0]));
    if (host == NULL) {
        return NULL;
    }
    host->name = strndup(name, len);
    if (host->name == NULL || mutex_init(&host->lock) < 0) {
        free(host->name);
        free(host);
        return NULL;
    }
    host->name_len = len;
    host->hosts = hosts;
    http_rate_init(&host->rate, limits->rate, limits->rate / 10 + 1);
    http_budget_init(&host->budget, limits->budget_percent, limits->budget_per_second,
                     limits->budget_window_ns);
    http_breaker_init(&host->breaker, limits->breaker_failures, limits->breaker_base_ns,
                      limits->breaker_cap_ns);
    host->pause_until_ns = INT64_MIN;
    return host;
}

static struct http_host *get_locked(struct http_hosts *hosts, const char *name, size_t len)
    REQUIRES(hosts->lock)
{
    if (hosts->n_hosts >= HOSTS_MAX) {
        name = "";
        len = 0;
    }
    struct http_host **place = &hosts->slots[hash_bytes(name, len) % SLOTS];
    while (*place != NULL &&
           ((*place)->name_len != len || memcmp((*place)->name, name, len) != 0)) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        *place = host_new(hosts, name, len);
        hosts->n_hosts += *place != NULL;
    }
    return *place;
}

struct http_host *http_hosts_get(struct http_hosts *hosts, const char *name, size_t len)
{
    mutex_lock(&hosts->lock);
    struct http_host *host = get_locked(hosts, name, len);
    mutex_unlock(&hosts->lock);
    return host;
}

/* A client that waits and has less under way than this one; n_clients where there is none. */
static size_t find_poorer_locked(const struct http_host *host, size_t client) REQUIRES(host->lock)
{
    size_t n_clients = host->hosts->n_clients;
    size_t found = n_clients;
    unsigned least = host->shares[client].n_under_way;
    for (size_t i = 0; i < n_clients; i++) {
        const struct share *share = &host->shares[i];
        if (i != client && share->is_waiting && share->n_under_way < least) {
            least = share->n_under_way;
            found = i;
        }
    }
    return found;
}

static void wake(const struct http_host *host, size_t client)
{
    struct wakeup *wakeup = host->hosts->wakeups[client];
    if (wakeup != NULL) {
        wakeup_send(wakeup);
    }
}

static int64_t admit_locked(struct http_host *host, size_t client, int64_t now_ns,
                            bool *ret_is_probe) REQUIRES(host->lock)
{
    unsigned concurrency = host->hosts->limits.concurrency;
    if (host->pause_until_ns > now_ns) {
        return host->pause_until_ns - now_ns;
    }
    if (host->n_under_way >= concurrency) {
        return INT64_MAX;
    }
    size_t poorer = find_poorer_locked(host, client);
    if (poorer < host->hosts->n_clients && host->n_under_way + 1 >= concurrency) {
        wake(host, poorer);
        return INT64_MAX;
    }
    int64_t wait_ns = http_breaker_admit(&host->breaker, now_ns, ret_is_probe);
    if (wait_ns == 0) {
        wait_ns = http_rate_take(&host->rate, now_ns);
        if (wait_ns > 0) {
            http_breaker_done(&host->breaker, *ret_is_probe, HTTP_OUTCOME_NONE, now_ns);
        }
    }
    return wait_ns;
}

int64_t http_host_admit(struct http_host *host, size_t client, int64_t now_ns, bool *ret_is_probe)
{
    mutex_lock(&host->lock);
    int64_t wait_ns = admit_locked(host, client, now_ns, ret_is_probe);
    host->shares[client].is_waiting = wait_ns > 0;
    if (wait_ns == 0) {
        host->n_under_way++;
        host->shares[client].n_under_way++;
    }
    mutex_unlock(&host->lock);
    return wait_ns;
}

/* Wakes who waits: all of them where more than one place may be free. */
static void wake_waiting_locked(const struct http_host *host, size_t client, bool all)
    REQUIRES(host->lock)
{
    size_t n_clients = host->hosts->n_clients;
    if (all) {
        for (size_t i = 0; i < n_clients; i++) {
            if (host->shares[i].is_waiting) {
                wake(host, i);
            }
        }
        return;
    }
    /* The client itself asks next, if it waits. */
    if (host->shares[client].is_waiting) {
        return;
    }
    for (size_t i = 0; i < n_clients; i++) {
        if (host->shares[i].is_waiting) {
            wake(host, i);
            return;
        }
    }
}

/* Counts what a breaker has done. */
static void count_breaker(struct http_hosts *hosts, enum http_breaker_state before,
                          enum http_breaker_state after)
{
    if (after == HTTP_BREAKER_OPEN && before != HTTP_BREAKER_OPEN) {
        atomic_fetch_add_explicit(&hosts->n_opened, 1, memory_order_relaxed);
    }
    if (before == HTTP_BREAKER_CLOSED && after != HTTP_BREAKER_CLOSED) {
        atomic_fetch_add_explicit(&hosts->n_open, 1, memory_order_relaxed);
    } else if (before != HTTP_BREAKER_CLOSED && after == HTTP_BREAKER_CLOSED) {
        atomic_fetch_sub_explicit(&hosts->n_open, 1, memory_order_relaxed);
    }
}

/* Its events wait, perhaps for long, and somebody should know why. */
static void tell(const struct http_host *host, enum http_breaker_state before,
                 enum http_breaker_state after)
{
    if (before == HTTP_BREAKER_CLOSED && after != HTTP_BREAKER_CLOSED) {
        log_warning("a host is left alone", LOG_TEXT("host", host->name),
                    LOG_TEXT("reason", "too many failures in a row; its events wait"));
    } else if (before != HTTP_BREAKER_CLOSED && after == HTTP_BREAKER_CLOSED) {
        log_info("a host answers again", LOG_TEXT("host", host->name));
    }
}

void http_host_done(struct http_host *host, size_t client, bool is_probe, enum http_outcome outcome,
                    int64_t now_ns)
{
    mutex_lock(&host->lock);
    enum http_breaker_state before = host->breaker.state;
    host->n_under_way--;
    host->shares[client].n_under_way--;
    http_breaker_done(&host->breaker, is_probe, outcome, now_ns);
    enum http_breaker_state after = host->breaker.state;
    count_breaker(host->hosts, before, after);
    wake_waiting_locked(host, client, is_probe);
    mutex_unlock(&host->lock);
    tell(host, before, after);
}

void http_host_stop_waiting(struct http_host *host, size_t client)
{
    mutex_lock(&host->lock);
    bool was_waiting = host->shares[client].is_waiting;
    host->shares[client].is_waiting = false;
    if (was_waiting) {
        wake_waiting_locked(host, client, false);
    }
    mutex_unlock(&host->lock);
}

void http_host_pause(struct http_host *host, int64_t until_ns)
{
    mutex_lock(&host->lock);
    if (until_ns > host->pause_until_ns) {
        host->pause_until_ns = until_ns;
    }
    mutex_unlock(&host->lock);
}

void http_host_count_attempt(struct http_host *host, int64_t now_ns)
{
    mutex_lock(&host->lock);
    http_budget_attempt(&host->budget, now_ns);
    mutex_unlock(&host->lock);
}

bool http_host_take_retry(struct http_host *host, int64_t now_ns)
{
    mutex_lock(&host->lock);
    bool is_taken = http_budget_retry(&host->budget, now_ns);
    mutex_unlock(&host->lock);
    return is_taken;
}

void http_host_give_back_retry(struct http_host *host, int64_t now_ns)
{
    mutex_lock(&host->lock);
    http_budget_give_back(&host->budget, now_ns);
    mutex_unlock(&host->lock);
}

uint64_t http_hosts_n_opened(struct http_hosts *hosts)
{
    return atomic_load_explicit(&hosts->n_opened, memory_order_relaxed);
}

size_t http_hosts_n_open(struct http_hosts *hosts)
{
    return atomic_load_explicit(&hosts->n_open, memory_order_relaxed);
}
