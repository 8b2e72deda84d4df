/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes of an attempt: the reply is the caller's, or it is made again after a pause, or it has failed.
 * The rules are those of http_cause.c; what they need to know of the event and the configuration is here.
 */
#include <errno.h>
#include <string.h>

#include "http/http_call.h"
#include "http/http_url.h"

/* Where a replica is behind it is asked again at least this often. */
#define YOUNG_CAP_NS (1 * NS_PER_S)

/* How soon a body for which there was no room is asked for again. */
#define ROOM_PAUSE_NS (20 * NS_PER_MS)

static int64_t remaining_ns(const struct weir_http *session)
{
    return session->client->settings.deadline_ns - session->spent_ns;
}

static bool matches(const char *pattern, const char *text, size_t len)
{
    size_t pattern_len = strlen(pattern);
    if (pattern_len > 0 && pattern[pattern_len - 1] == '*') {
        return len >= pattern_len - 1 && memcmp(pattern, text, pattern_len - 1) == 0;
    }
    return len == pattern_len && memcmp(pattern, text, len) == 0;
}

static bool is_passing_error(const struct http_settings *settings, const char *code, size_t len)
{
    for (size_t i = 0; i < settings->n_api_errors; i++) {
        if (matches(settings->api_errors[i], code, len)) {
            return true;
        }
    }
    return false;
}

/* An error that the MediaWiki API tells of inside a 200. */
static enum http_cause judge_code(struct http_call *call, const char *code, size_t len)
{
    const struct http_settings *settings = &http_call_session(call)->client->settings;
    snprintf(call->detail, sizeof(call->detail), "%.*s", (int)(len < 100 ? len : 100), code);
    return is_passing_error(settings, code, len) ? HTTP_CAUSE_API_BUSY : HTTP_CAUSE_API_ERROR;
}

/* The first bytes of a body, for people. */
static void quote_body(struct http_call *call)
{
    enum { QUOTED = 512 };
    const struct buffer *body = &call->answer->body;
    size_t len = 0;
    for (size_t i = 0; i < body->len && i < QUOTED && len + 5 < sizeof(call->detail); i++) {
        unsigned char byte = (unsigned char)body->data[i];
        bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '\\' && byte != '"';
        len += (size_t)snprintf(call->detail + len, sizeof(call->detail) - len,
                                is_plain ? "%c" : "\\x%02x", byte);
    }
    call->detail[len] = '\0';
}

/* Of a whole reply of status 2xx. */
static enum http_cause judge_body(struct http_call *call)
{
    struct weir_http *session = http_call_session(call);
    const char *told = http_answer_header(call->answer, "MediaWiki-API-Error");
    if (told != NULL) {
        return judge_code(call, told, strlen(told));
    }
    if (!call->request->expects_json) {
        return HTTP_CAUSE_NONE;
    }
    int r = http_answer_parse(session, call->answer);
    if (r < 0) {
        quote_body(call);
        return r == -ENOMEM ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_GARBAGE;
    }
    struct weir_view code;
    r = weir_event_get_string(&call->answer->document->event, "/error/code", &code);
    return r == 0 ? judge_code(call, code.data, code.len) : HTTP_CAUSE_NONE;
}

/* When the event was made, so far as it says. */
static int64_t born_ns(struct weir_http *session)
{
    struct weir_view text;
    char copy[64];
    int64_t at_ns;
    if (session->born_ns != 0) {
        return session->born_ns;
    }
    session->born_ns = INT64_MIN;
    if (weir_event_get_string(session->event, "/meta/dt", &text) == 0 && text.len < sizeof(copy)) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        if (rfc3339_parse(copy, &at_ns) == 0) {
            session->born_ns = at_ns;
        }
    }
    return session->born_ns;
}

/* For how long it is young still; none of a clock that is ahead is longer than the whole. */
static int64_t youth_ns(struct weir_http *session)
{
    const struct http_settings *settings = &session->client->settings;
    const struct clock *clock = session->client->options.clock;
    int64_t at_ns = born_ns(session);
    if (at_ns == INT64_MIN) {
        return 0;
    }
    int64_t left_ns = at_ns + settings->missing_age_ns - clock->realtime_ns(clock);
    return left_ns < settings->missing_age_ns ? left_ns : settings->missing_age_ns;
}

int64_t http_session_youth_ns(struct weir_http *session)
{
    int64_t left_ns = youth_ns(session);
    return left_ns > 0 ? left_ns : 0;
}

static bool is_retried_status(const struct http_settings *settings, int status)
{
    for (size_t i = 0; i < settings->n_statuses; i++) {
        if (settings->statuses[i] == status) {
            return true;
        }
    }
    return false;
}

static enum http_cause judge_status(struct http_call *call)
{
    int status = call->answer->status;
    if (status >= 200 && status <= 299) {
        return judge_body(call);
    }
    if (status >= 300 && status <= 399) {
        return HTTP_CAUSE_REDIRECT;
    }
    if (status == 404 && youth_ns(http_call_session(call)) > 0) {
        return HTTP_CAUSE_MISSING;
    }
    return HTTP_CAUSE_STATUS;
}

/* How often it may be sent in all. */
static bool may_repeat(struct http_call *call, enum http_cause cause)
{
    const struct http_settings *settings = &http_call_session(call)->client->settings;
    unsigned n_counted = call->n_attempts - call->n_young;
    switch (http_cause_again(cause)) {
    case HTTP_AGAIN_NEVER:
        return false;
    case HTTP_AGAIN_ALWAYS:
        return n_counted < settings->max_attempts;
    case HTTP_AGAIN_ONCE:
        return call->is_idempotent && call->n_once++ == 0 && n_counted < settings->max_attempts;
    case HTTP_AGAIN_YOUNG:
        return call->is_idempotent;
    case HTTP_AGAIN_IDEMPOTENT:
        break;
    }
    if (cause == HTTP_CAUSE_STATUS && !is_retried_status(settings, call->answer->status)) {
        return false;
    }
    return call->is_idempotent && n_counted < settings->max_attempts;
}

/* How long the reply asks to be left alone; 0: it does not. */
static int64_t asked_pause_ns(const struct http_call *call, const struct clock *clock)
{
    const char *text = http_answer_header(call->answer, "Retry-After");
    int64_t asked_ns = 0;
    if (text == NULL || http_retry_after_parse(text, clock->realtime_ns(clock), &asked_ns) != 0) {
        return 0;
    }
    return asked_ns;
}

void http_attempt_pause_end(void *context)
{
    struct http_call *call = context;
    bool is_retry = call->n_attempts > 0;
    http_line_enter(call, is_retry);
    http_line_pump(call->place->line);
}

void http_attempt_pause(struct http_call *call, int64_t delay_ns, bool needs_budget)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    call->state = HTTP_CALL_PAUSED;
    call->needs_budget = needs_budget;
    call->has_budget = false;
    int64_t at_ns = client_now_ns(client) + delay_ns;
    if (http_timer_set(&client->timers, &call->timer, at_ns, http_attempt_pause_end, call) < 0) {
        http_call_end(call, HTTP_CAUSE_MEMORY);
    }
}

/* Of what may pass: 404 is asked again while the event is young, and a last time when it no longer is. */
static void wait_for_replica(struct http_call *call)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    struct http_backoff backoff = client->settings.backoff;
    int64_t left_ns = youth_ns(session);
    backoff.cap_ns = backoff.cap_ns < YOUNG_CAP_NS ? backoff.cap_ns : YOUNG_CAP_NS;
    /* At least half the range, so that a small number is not asked in a row. */
    int64_t delay_ns = http_backoff_delay(&backoff, call->n_young, &client->random);
    delay_ns = delay_ns < backoff.base_ns / 2 ? backoff.base_ns / 2 : delay_ns;
    delay_ns = delay_ns < left_ns ? delay_ns : left_ns;
    call->n_young++;
    if (delay_ns >= remaining_ns(session)) {
        http_call_end(call, HTTP_CAUSE_DEADLINE);
        return;
    }
    session->spent_ns += delay_ns;
    http_attempt_pause(call, delay_ns, false);
}

/* Leaves the host alone as it has asked. False: that is too long, and the call has ended. */
static bool obey(struct http_call *call, int64_t asked_ns)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    if (asked_ns >= remaining_ns(session) && !client->settings.parks_beyond_deadline) {
        http_call_end(call, HTTP_CAUSE_RETRY_AFTER);
        return false;
    }
    /* Not all that wait at the very moment. */
    int64_t jitter_ns = http_random_below(&client->random, asked_ns / 10 + 1);
    http_host_pause(call->place->line->host, client_now_ns(client) + asked_ns + jitter_ns);
    return true;
}

static void try_again(struct http_call *call, enum http_cause cause)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    if (cause == HTTP_CAUSE_MISSING) {
        wait_for_replica(call);
        return;
    }
    int64_t asked_ns = asked_pause_ns(call, client->options.clock);
    int64_t delay_ns = 0;
    if (asked_ns > 0) {
        if (!obey(call, asked_ns)) {
            return;
        }
    } else {
        delay_ns = http_backoff_delay(&client->settings.backoff,
                                      call->n_attempts - call->n_young - 1, &client->random);
    }
    if (delay_ns >= remaining_ns(session)) {
        snprintf(call->detail, sizeof(call->detail), "after %s", http_cause_name(cause));
        http_call_end(call, HTTP_CAUSE_DEADLINE);
        return;
    }
    session->spent_ns += delay_ns;
    http_attempt_pause(call, delay_ns, true);
}

/* Goes on where a redirect leads. False: it does not. */
static bool follow(struct http_call *call)
{
    struct weir_http *session = http_call_session(call);
    struct http_client *client = session->client;
    const char *location = http_answer_header(call->answer, "Location");
    int status = call->answer->status;
    bool is_kept = status == 307 || status == 308;
    bool is_get = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
    if (location == NULL || call->n_redirects >= client->settings.max_redirects ||
        !(is_get || (is_kept && call->is_idempotent)) || status == 304) {
        return false;
    }
    AUTO_BUFFER url = { 0 };
    enum http_cause cause;
    if (http_url_follow(call->url.data, location, &url) < 0 || buffer_text(&url) == NULL) {
        return false;
    }
    struct http_place *place = http_place_find(client, url.data, &cause);
    if (place == NULL) {
        return false;
    }
    call->is_abroad = call->is_abroad || place->line != call->place->line;
    call->place = place;
    buffer_clear(&call->url);
    if (buffer_append(&call->url, url.data, url.len) < 0 || buffer_text(&call->url) == NULL) {
        return false;
    }
    call->n_redirects++;
    /* A way, and no attempt. */
    call->n_attempts--;
    client->counts.attempts--;
    call->cause = HTTP_CAUSE_REDIRECT;
    http_line_enter(call, true);
    return true;
}

static void release_host(struct http_call *call, enum http_cause cause)
{
    struct http_client *client = http_call_session(call)->client;
    enum http_outcome outcome = HTTP_OUTCOME_SUCCESS;
    if (cause == HTTP_CAUSE_CANCELLED || cause == HTTP_CAUSE_ROOM || cause == HTTP_CAUSE_MEMORY) {
        outcome = HTTP_OUTCOME_NONE;
    } else if (http_cause_is_of_host(cause, call->answer->status)) {
        outcome = HTTP_OUTCOME_FAILURE;
    }
    struct http_host *host = call->place->line->host;
    int64_t now_ns = client_now_ns(client);
    if (outcome == HTTP_OUTCOME_SUCCESS && call->needs_budget && call->n_attempts > 1) {
        http_host_give_back_retry(host, now_ns);
    }
    http_host_done(host, client->options.index, call->is_probe, outcome, now_ns);
    call->is_admitted = false;
}

/* Later, and without its costing an attempt. */
static void wait_for_room(struct http_call *call)
{
    struct weir_http *session = http_call_session(call);
    session->client->counts.memory_waits++;
    call->n_attempts--;
    http_answer_clear(session, call->answer);
    http_attempt_pause(call, ROOM_PAUSE_NS, false);
}

static void conclude(struct http_call *call, enum http_cause cause)
{
    const struct http_client *client = http_call_session(call)->client;
    call->cause = cause;
    if (cause == HTTP_CAUSE_ROOM) {
        wait_for_room(call);
        return;
    }
    if (cause == HTTP_CAUSE_REDIRECT && follow(call)) {
        return;
    }
    if (!may_repeat(call, cause)) {
        http_call_end(call, cause);
    } else if (client->is_cancelling) {
        http_call_end(call, HTTP_CAUSE_CANCELLED);
    } else {
        try_again(call, cause);
    }
}

/* A connection that was kept and is dead is no failure: the request goes out again over a new one. */
static void renew(struct http_call *call)
{
    struct http_client *client = http_call_session(call)->client;
    client->counts.stale_connections++;
    client->counts.attempts--;
    call->n_attempts--;
    call->is_fresh = true;
    call->cause = HTTP_CAUSE_RESET;
    http_line_enter(call, true);
}

/* The reply is whole: is it what was asked for? */
static enum http_cause judge(struct http_call *call)
{
    http_decode_end(http_call_session(call)->client, call->answer);
    return buffer_text(&call->answer->body) == NULL ? HTTP_CAUSE_MEMORY : judge_status(call);
}

void http_attempt_done(struct http_call *call, CURLcode code)
{
    struct weir_http *session = http_call_session(call);
    struct http_line *line = call->place->line;
    struct http_ending ending = http_transfer_ending(call->transfer, code);
    enum http_cause cause = http_cause_of(&ending);
    if (cause == HTTP_CAUSE_NONE && !http_decode_is_whole(call->answer)) {
        cause = HTTP_CAUSE_ENCODING;
        ending.text = "the end of the gzip body is missing";
    }
    bool is_stale =
        cause == HTTP_CAUSE_RESET && !call->is_fresh && http_transfer_is_reused(call->transfer);
    session->spent_ns += client_now_ns(session->client) - call->attempt_ns;
    session->client->counts.bytes += call->answer->body.len;
    snprintf(call->detail, sizeof(call->detail), "%s", ending.text);
    int status = http_transfer_status(call->transfer);
    http_transfer_stop(call->transfer);
    call->is_fresh = false;
    if (cause != HTTP_CAUSE_NONE) {
        /* No part of a broken reply is used. */
        http_answer_clear(session, call->answer);
    }
    call->answer->status = status;
    if (cause == HTTP_CAUSE_NONE) {
        cause = judge(call);
    }
    release_host(call, is_stale ? HTTP_CAUSE_CANCELLED : cause);
    if (is_stale) {
        renew(call);
    } else {
        conclude(call, cause);
    }
    http_line_pump(line);
    if (call->state == HTTP_CALL_WAITING && call->place->line != line) {
        http_line_pump(call->place->line);
    }
}
