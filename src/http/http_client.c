/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_client.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "http/http_call.h"
#include "http/http_easy.h"
#include "http/http_headers.h"
#include "json/index.h"

/* A session of this one keeps so much for the next. */
enum { URL_KEPT = 4096, SESSIONS_IDLE_MAX = 1024 };

static int add_header(struct http_client *client, const char *text)
{
    struct curl_slist *longer = curl_slist_append(client->headers, text);
    if (longer == NULL) {
        return -ENOMEM;
    }
    client->headers = longer;
    return 0;
}

/* What is sent with every request. What the configuration sets comes before what we would send. */
static int compose_headers(struct http_client *client)
{
    const struct http_settings *settings = &client->settings;
    bool has_agent = false;
    bool has_encoding = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < settings->n_headers; i++) {
        r = add_header(client, settings->headers[i]);
        has_agent = has_agent || http_header_is_same(settings->headers[i], "User-Agent:");
        has_encoding =
            has_encoding || http_header_is_same(settings->headers[i], "Accept-Encoding:");
    }
    if (r == 0 && !has_agent) {
        AUTO_BUFFER agent = { 0 };
        r = buffer_printf(&agent, "User-Agent: %s", settings->user_agent);
        r = r < 0 || buffer_text(&agent) == NULL ? -ENOMEM : add_header(client, agent.data);
    }
    if (r == 0 && !has_encoding) {
        r = add_header(client, "Accept-Encoding: gzip");
    }
    return r;
}

static int open_client(struct http_client *client)
{
    int r = compose_headers(client);
    if (r == 0) {
        r = http_shards_open(client);
    }
    if (r == 0) {
        r = http_lookups_new(client);
    }
    if (r == 0 && client->settings.low_speed_bytes > 0) {
        http_transfer_sweep(client);
        r = client->failure;
    }
    return r;
}

int http_client_new(const struct http_client_options *options, struct http_client **ret_client)
{
    int r = http_easy_ready();
    if (r < 0) {
        return r;
    }
    struct http_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return -ENOMEM;
    }
    client->options = *options;
    client->settings = *options->settings;
    client->epoll_fd = -1;
    client->random.state = (uint64_t)options->clock->realtime_ns(options->clock) ^
                           (uint64_t)getpid() << 32 ^ (uint64_t)options->index << 17;
    r = open_client(client);
    if (r < 0) {
        http_client_free(client);
        return r;
    }
    http_hosts_attach(options->hosts, options->index, options->wakeup);
    *ret_client = client;
    return 0;
}

static void free_sessions(struct http_client *client)
{
    while (client->sessions_idle != NULL) {
        struct weir_http *session = client->sessions_idle;
        client->sessions_idle = session->next;
        buffer_deinit(&session->call.url);
        arena_deinit(&session->arena);
        free(session);
    }
    while (client->documents_idle != NULL) {
        struct http_document *document = client->documents_idle;
        client->documents_idle = document->next;
        event_deinit(&document->event);
        json_indexer_free(document->indexer);
        free(document);
    }
}

void http_client_free(struct http_client *client)
{
    if (client == NULL) {
        return;
    }
    require(client->n_transfers == 0);
    http_hosts_attach(client->options.hosts, client->options.index, NULL);
    http_lookups_free(client);
    http_transfers_free(client);
    http_shards_close(client);
    http_places_free(client);
    free_sessions(client);
    http_answers_free_idle(client);
    http_decode_free(client);
    http_timers_deinit(&client->timers);
    curl_slist_free_all(client->headers);
    buffer_deinit(&client->scratch);
    free(client);
}

struct weir_http *http_session_begin(struct http_client *client, struct weir_event *event,
                                     void *waiter)
{
    struct weir_http *session = client->sessions_idle;
    if (session != NULL) {
        client->sessions_idle = session->next;
    } else {
        session = calloc(1, sizeof(*session));
        if (session == NULL) {
            return NULL;
        }
    }
    session->client = client;
    session->event = event;
    session->waiter = waiter;
    return session;
}

bool http_session_end(struct weir_http *session)
{
    struct http_client *client = session->client;
    bool was_cancelled = session->was_cancelled;
    struct buffer url = session->call.url;
    struct arena arena = session->arena;
    require(session->call.state == HTTP_CALL_IDLE && session->wish == NULL);
    http_answers_free(session);
    buffer_clear(&url);
    buffer_shrink(&url, URL_KEPT);
    arena_reset(&arena);
    *session = (struct weir_http){ .call.url = url, .arena = arena };
    session->next = client->sessions_idle;
    client->sessions_idle = session;
    return was_cancelled;
}

struct weir_event *http_session_event(struct weir_http *session)
{
    return session->event;
}

struct weir_http *http_call_session(struct http_call *call)
{
    return (struct weir_http *)((char *)call - offsetof(struct weir_http, call));
}

enum http_cause http_call_run(struct http_call *call)
{
    struct http_client *client = http_call_session(call)->client;
    call->state = HTTP_CALL_NEW;
    call->next = NULL;
    if (client->first_new == NULL) {
        client->first_new = call;
    } else {
        client->last_new->next = call;
    }
    client->last_new = call;
    client->counts.requests += call->request != NULL;
    client->options.suspend(client->options.context);
    require(call->state == HTTP_CALL_IDLE);
    return call->cause;
}

/* Takes a call out of wherever it is. */
static void detach(struct http_call *call)
{
    struct http_client *client = http_call_session(call)->client;
    http_timer_clear(&client->timers, &call->timer);
    if (call->state == HTTP_CALL_NEW) {
        (void)http_calls_remove(&client->first_new, &client->last_new, call);
    } else if (call->state == HTTP_CALL_WAITING) {
        http_line_remove(call);
    }
    if (call->transfer != NULL) {
        http_transfer_stop(call->transfer);
    }
    if (call->is_admitted) {
        http_host_done(call->place->line->host, client->options.index, call->is_probe,
                       HTTP_OUTCOME_NONE, client_now_ns(client));
        call->is_admitted = false;
    }
}

void http_call_end(struct http_call *call, enum http_cause cause)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    /* Nobody is woken twice. */
    require(call->state != HTTP_CALL_IDLE);
    detach(call);
    call->cause = cause;
    call->state = HTTP_CALL_IDLE;
    session->was_cancelled = session->was_cancelled || cause == HTTP_CAUSE_CANCELLED;
    if (call->request != NULL) {
        client->counts.failures += cause != HTTP_CAUSE_NONE && cause != HTTP_CAUSE_CANCELLED;
        if (call->n_attempts > 0) {
            histogram_add(&client->latency, client_now_ns(client) - call->started_ns, 1);
        }
    }
    client->has_woken = true;
    client->options.wake(client->options.context, session->waiter);
}

static void on_sleep_end(void *context)
{
    http_call_end(context, HTTP_CAUSE_NONE);
}

/* Begins the calls that functions have made since. */
static void begin_calls(struct http_client *client)
{
    while (client->first_new != NULL) {
        struct http_call *call = client->first_new;
        client->first_new = call->next;
        if (client->is_cancelling) {
            http_call_end(call, HTTP_CAUSE_CANCELLED);
        } else if (call->request != NULL) {
            http_line_enter(call, false);
            http_line_pump(call->place->line);
        } else if (http_timer_set(&client->timers, &call->timer, call->started_ns, on_sleep_end,
                                  call) < 0) {
            http_call_end(call, HTTP_CAUSE_MEMORY);
        } else {
            call->state = HTTP_CALL_PAUSED;
        }
    }
}

/* Rounded up: who wakes too early would turn in a circle. */
static int timeout_ms(const struct http_client *client, int64_t timeout_ns)
{
    int64_t next_ns = http_timers_next(&client->timers);
    int64_t left_ns = next_ns == INT64_MAX ? INT64_MAX : next_ns - client_now_ns(client);
    left_ns = left_ns < timeout_ns ? left_ns : timeout_ns;
    if (left_ns <= 0) {
        return 0;
    }
    int64_t left_ms =
        left_ns > INT64_MAX - NS_PER_MS ? INT_MAX : (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

int http_client_poll(struct http_client *client, int64_t timeout_ns)
{
    client->has_woken = false;
    begin_calls(client);
    http_shards_run_timers(client);
    /* What has ended already is not to wait for the network. */
    return http_shards_drive(client, client->has_woken ? 0 : timeout_ms(client, timeout_ns));
}

/* The calls that stand in timers, one after the other: each end takes one out. */
static struct http_call *find_paused(struct http_client *client, void (*fire)(void *context))
{
    for (size_t i = 0; i < client->timers.n_timers; i++) {
        if (client->timers.heap[i]->fire == fire) {
            return client->timers.heap[i]->context;
        }
    }
    return NULL;
}

void http_client_cancel(struct http_client *client, bool everything)
{
    struct http_call *call;
    client->is_cancelling = true;
    begin_calls(client);
    for (struct http_line *line = client->lines; line != NULL; line = line->next_line) {
        while ((call = line->first != NULL ? line->first : line->first_retry) != NULL) {
            http_call_end(call, HTTP_CAUSE_CANCELLED);
        }
    }
    while ((call = find_paused(client, on_sleep_end)) != NULL ||
           (call = find_paused(client, http_attempt_pause_end)) != NULL) {
        http_call_end(call, HTTP_CAUSE_CANCELLED);
    }
    while (everything && client->active != NULL) {
        http_call_end(http_transfer_call(client->active), HTTP_CAUSE_CANCELLED);
    }
}

size_t http_client_n_transfers(const struct http_client *client)
{
    return client->n_transfers;
}

size_t http_client_n_parked(const struct http_client *client)
{
    return client->n_parked;
}

const struct http_counts *http_client_counts(const struct http_client *client)
{
    return &client->counts;
}

const struct histogram *http_client_latency(const struct http_client *client)
{
    return &client->latency;
}

void http_counts_add(struct http_counts *sum, const struct http_counts *counts)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)counts;
    for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++) {
        to[i] += from[i];
    }
}
