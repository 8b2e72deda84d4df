/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where URLs lead, and who waits there: a line for each host, in the order of coming. Retries that wait
 * for the host's budget stand in a line of their own, since first requests, which need none, may pass.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "http/http_call.h"
#include "http/http_url.h"

enum { PLACES_MIN = 64, PLACES_MAX = 64 * 1024 };

/* How soon a retry asks again for a budget that was empty, or an attempt for memory. */
#define ASK_AGAIN_NS (50 * NS_PER_MS)

/* The length of a URL's origin, 0 where it is none of http or https, or names a user. */
static size_t origin_len(const char *url)
{
    size_t scheme = strncmp(url, "http://", 7) == 0 ? 7 : strncmp(url, "https://", 8) == 0 ? 8 : 0;
    if (scheme == 0) {
        return 0;
    }
    size_t len = scheme + strcspn(url + scheme, "/?#");
    return len > scheme ? len : 0;
}

static struct http_line *get_line(struct http_client *client, const char *name, size_t len)
{
    struct http_host *host = http_hosts_get(client->options.hosts, name, len);
    if (host == NULL) {
        return NULL;
    }
    for (struct http_line *line = client->lines; line != NULL; line = line->next_line) {
        if (line->host == host) {
            return line;
        }
    }
    struct http_line *line = calloc(1, sizeof(*line));
    if (line != NULL) {
        line->client = client;
        line->host = host;
        line->next_line = client->lines;
        client->lines = line;
    }
    return line;
}

static void place_free(struct http_place *place)
{
    if (place != NULL) {
        free(place->origin);
        free(place->target);
        free(place->host_header);
        free(place);
    }
}

/* Fills the route of a place. Returns 0 or -errno. */
static int find_route(const struct http_client *client, const char *origin,
                      struct http_place *place)
{
    const struct http_settings *settings = &client->settings;
    AUTO_BUFFER target = { 0 };
    AUTO_BUFFER host = { 0 };
    int r = http_route_find(settings->routes, settings->n_routes, origin, &target, &host);
    if (r != 0) {
        return r < 0 ? r : 0;
    }
    if (buffer_text(&target) == NULL || buffer_text(&host) == NULL) {
        return -ENOMEM;
    }
    /* Of the URL that libcurl has written the origin alone. */
    place->target = strndup(target.data, origin_len(target.data));
    place->host_header = strdup(host.data);
    return place->target == NULL || place->host_header == NULL ? -ENOMEM : 0;
}

static int open_place(struct http_client *client, const char *url, size_t len,
                      struct http_place *place)
{
    AUTO_BUFFER name = { 0 };
    place->origin = strndup(url, len);
    place->origin_len = len;
    if (place->origin == NULL) {
        return -ENOMEM;
    }
    /* Checks it, and forgets user and password: one host, whoever asks. */
    int r = http_url_public(place->origin, &name);
    if (r == 0) {
        r = find_route(client, place->origin, place);
    }
    if (r == 0) {
        place->line = get_line(client, name.data, name.len);
        r = place->line == NULL ? -ENOMEM : 0;
    }
    return r;
}

/* The slot of an origin: its place, or a free one. */
static struct http_place **find_slot(struct http_place **places, size_t capacity, const char *url,
                                     size_t len)
{
    size_t slot = hash_bytes(url, len) & (capacity - 1);
    while (places[slot] != NULL &&
           (places[slot]->origin_len != len || memcmp(places[slot]->origin, url, len) != 0)) {
        slot = (slot + 1) & (capacity - 1);
    }
    return &places[slot];
}

/* Room for one more. */
static int reserve_place(struct http_client *client)
{
    if (2 * client->n_places < client->places_capacity) {
        return 0;
    }
    size_t capacity = client->places_capacity == 0 ? PLACES_MIN : 2 * client->places_capacity;
    struct http_place **places =
        capacity > PLACES_MAX ? NULL : calloc(capacity, sizeof(struct http_place *));
    if (places == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < client->places_capacity; i++) {
        struct http_place *place = client->places[i];
        if (place != NULL) {
            *find_slot(places, capacity, place->origin, place->origin_len) = place;
        }
    }
    free(client->places);
    client->places = places;
    client->places_capacity = capacity;
    return 0;
}

static int add_place(struct http_client *client, const char *url, size_t len,
                     struct http_place **ret_place)
{
    int r = reserve_place(client);
    if (r < 0) {
        return r;
    }
    struct http_place *place = calloc(1, sizeof(*place));
    if (place == NULL) {
        return -ENOMEM;
    }
    r = open_place(client, url, len, place);
    if (r < 0) {
        place_free(place);
        return r;
    }
    *find_slot(client->places, client->places_capacity, url, len) = place;
    client->n_places++;
    *ret_place = place;
    return 0;
}

struct http_place *http_place_find(struct http_client *client, const char *url,
                                   enum http_cause *ret_cause)
{
    size_t len = origin_len(url);
    struct http_place *place = NULL;
    *ret_cause = HTTP_CAUSE_ARGUMENT;
    if (len == 0) {
        return NULL;
    }
    if (client->places_capacity > 0) {
        place = *find_slot(client->places, client->places_capacity, url, len);
    }
    if (place == NULL) {
        int r = add_place(client, url, len, &place);
        *ret_cause = r == -EINVAL ? HTTP_CAUSE_ARGUMENT : HTTP_CAUSE_MEMORY;
    }
    return place;
}

void http_places_free(struct http_client *client)
{
    for (size_t i = 0; i < client->places_capacity; i++) {
        place_free(client->places[i]);
    }
    free(client->places);
    while (client->lines != NULL) {
        struct http_line *line = client->lines;
        client->lines = line->next_line;
        http_timer_clear(&client->timers, &line->timer);
        free(line);
    }
}

static void append(struct http_call **first, struct http_call **last, struct http_call *call)
{
    call->next = NULL;
    if (*first == NULL) {
        *first = call;
    } else {
        (*last)->next = call;
    }
    *last = call;
}

static void prepend(struct http_call **first, struct http_call **last, struct http_call *call)
{
    call->next = *first;
    *first = call;
    if (call->next == NULL) {
        *last = call;
    }
}

bool http_calls_remove(struct http_call **first, struct http_call **last, struct http_call *call)
{
    struct http_call *before = NULL;
    struct http_call *other = *first;
    while (other != NULL && other != call) {
        before = other;
        other = other->next;
    }
    if (other == NULL) {
        return false;
    }
    if (before == NULL) {
        *first = call->next;
    } else {
        before->next = call->next;
    }
    if (*last == call) {
        *last = before;
    }
    return true;
}

void http_line_enter(struct http_call *call, bool is_retry)
{
    struct http_line *line = call->place->line;
    call->state = HTTP_CALL_WAITING;
    line->client->n_parked++;
    if (call->needs_budget && !call->has_budget) {
        append(&line->first_retry, &line->last_retry, call);
    } else if (is_retry) {
        prepend(&line->first, &line->last, call);
    } else {
        append(&line->first, &line->last, call);
    }
}

void http_line_remove(struct http_call *call)
{
    struct http_line *line = call->place->line;
    line->client->n_parked--;
    if (!http_calls_remove(&line->first, &line->last, call)) {
        (void)http_calls_remove(&line->first_retry, &line->last_retry, call);
    }
    if (line->first == NULL) {
        http_host_stop_waiting(line->host, line->client->options.index);
    }
}

static void on_timer(void *context)
{
    http_line_pump(context);
}

static void pump_later(struct http_line *line, int64_t now_ns, int64_t wait_ns)
{
    struct http_client *client = line->client;
    if (wait_ns == INT64_MAX) {
        return;
    }
    /* An earlier time that is set stays. */
    int64_t at_ns = now_ns + wait_ns;
    if (line->timer.place != 0 && line->timer.at_ns <= at_ns) {
        return;
    }
    if (http_timer_set(&client->timers, &line->timer, at_ns, on_timer, line) < 0) {
        client->failure = -ENOMEM;
    }
}

/* Moves the retries that the budget pays for to the others. */
static void pay_retries(struct http_line *line, int64_t now_ns)
{
    struct http_client *client = line->client;
    while (line->first_retry != NULL) {
        struct http_call *call = line->first_retry;
        if (!http_host_take_retry(line->host, now_ns)) {
            client->counts.budget_waits++;
            if (client->settings.parks_without_budget) {
                pump_later(line, now_ns, ASK_AGAIN_NS);
                return;
            }
            line->first_retry = call->next;
            http_call_end(call, HTTP_CAUSE_BUDGET);
            continue;
        }
        line->first_retry = call->next;
        call->has_budget = true;
        prepend(&line->first, &line->last, call);
    }
}

/* Sends the first of a line, which was admitted. */
static void send_first(struct http_line *line, int64_t now_ns, bool is_probe)
{
    struct http_client *client = line->client;
    struct http_call *call = line->first;
    line->first = call->next;
    client->n_parked--;
    call->is_admitted = true;
    call->is_probe = is_probe;
    call->has_budget = false;
    call->state = HTTP_CALL_TRANSFER;
    call->attempt_ns = now_ns;
    if (call->n_attempts == 0) {
        call->started_ns = now_ns;
        http_host_count_attempt(line->host, now_ns);
    } else {
        client->counts.retries++;
        client->counts.retries_by_cause[call->cause]++;
    }
    call->cause = HTTP_CAUSE_NONE;
    call->n_attempts++;
    client->counts.attempts++;
    http_answer_clear(http_call_session(call), call->answer);
    enum http_cause cause = http_transfer_start(call);
    if (cause != HTTP_CAUSE_NONE) {
        http_call_end(call, cause);
    }
}

void http_line_pump(struct http_line *line)
{
    struct http_client *client = line->client;
    int64_t now_ns = client_now_ns(client);
    pay_retries(line, now_ns);
    while (line->first != NULL) {
        bool is_probe;
        int64_t wait_ns = http_host_admit(line->host, client->options.index, now_ns, &is_probe);
        if (wait_ns > 0) {
            if (line->first->n_attempts == 0 && line->first->started_ns == 0) {
                /* Counted once. */
                line->first->started_ns = now_ns;
                client->counts.parked++;
            }
            pump_later(line, now_ns, wait_ns);
            return;
        }
        send_first(line, now_ns, is_probe);
    }
}

void http_lines_pump(struct http_client *client)
{
    for (struct http_line *line = client->lines; line != NULL; line = line->next_line) {
        if (line->first != NULL || line->first_retry != NULL) {
            http_line_pump(line);
        }
    }
}
