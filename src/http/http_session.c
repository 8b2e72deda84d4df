/* SPDX-License-Identifier: Apache-2.0 */
/* weir/http.h, but for lookups: from an application's request to a call, and from its end to an answer. */
#include <weir/http.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "http/http_call.h"
#include "http/http_headers.h"
#include "http/http_url.h"
#include "json/text.h"

static const char error_type[] = "HTTPError";

/* A text of ours in a message: no quote ends it, no control character leaves. */
static int append_plain(struct buffer *text, const char *detail)
{
    int r = 0;
    for (; r == 0 && *detail != '\0'; detail++) {
        unsigned char byte = (unsigned char)*detail;
        char plain = byte == '"' ? '\'' : byte < 0x20 || byte >= 0x7f ? '?' : *detail;
        r = buffer_append_byte(text, plain);
    }
    return r;
}

static int compose_message(const struct weir_http *session, const struct http_call *call,
                           struct buffer *message)
{
    int64_t elapsed_ns = client_now_ns(session->client) - call->began_ns;
    int r = buffer_printf(message, "%s ", call->method);
    if (r == 0) {
        r = http_url_redacted(call->request->url, message);
    }
    if (r == 0) {
        r = buffer_printf(message, ": cause=%s status=%d attempts=%u elapsed_ms=%lld",
                          http_cause_name(call->cause),
                          call->answer == NULL ? 0 : call->answer->status, call->n_attempts,
                          (long long)(elapsed_ns / NS_PER_MS));
    }
    if (r == 0 && call->detail[0] != '\0') {
        r = buffer_append_text(message, " detail=\"");
        r = r < 0 ? r : append_plain(message, call->detail);
        r = r < 0 ? r : buffer_append_byte(message, '"');
    }
    return r;
}

void http_session_explain(struct weir_http *session, const struct http_call *call)
{
    AUTO_BUFFER message = { 0 };
    bool is_whole = compose_message(session, call, &message) == 0 && buffer_text(&message) != NULL;
    (void)weir_event_fail(session->event, error_type, is_whole ? message.data : "out of memory");
}

/* Of RFC 9110, those that may be repeated. */
static bool is_idempotent_method(const char *method)
{
    static const char *const names[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(method, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_method(const char *method)
{
    size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    /* CONNECT opens a tunnel, which is nothing for an event. */
    return len > 0 && len < 32 && method[len] == '\0' && strcmp(method, "CONNECT") != 0;
}

/* Takes the URL over without its fragment, which is not sent. False: it holds what a URL does not. */
static bool take_url(struct http_call *call, const char *url)
{
    size_t len = 0;
    buffer_clear(&call->url);
    while (url[len] != '\0' && url[len] != '#') {
        unsigned char byte = (unsigned char)url[len++];
        if (byte <= 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return buffer_append(&call->url, url, len) == 0 && buffer_text(&call->url) != NULL;
}

static void make_key(struct http_call *call)
{
    struct http_random *random = &http_call_session(call)->client->random;
    unsigned long long high = http_random_next(random);
    unsigned long long low = http_random_next(random);
    snprintf(call->key, sizeof(call->key), "%016llx%016llx", high, low);
}

/* Makes a call of a request. Returns HTTP_CAUSE_NONE or what is wrong with it. */
static enum http_cause prepare(struct weir_http *session, const struct weir_http_request *request)
{
    struct http_call *call = &session->call;
    struct buffer url = call->url;
    enum http_cause cause = HTTP_CAUSE_NONE;
    *call = (struct http_call){ .url = url, .request = request };
    call->method = request->method == NULL ? "GET" : request->method;
    call->began_ns = client_now_ns(session->client);
    if (request->url == NULL || !is_method(call->method) || !take_url(call, request->url)) {
        snprintf(call->detail, sizeof(call->detail), "malformed method or URL");
        return HTTP_CAUSE_ARGUMENT;
    }
    for (const char *const *header = request->headers; header != NULL && *header != NULL;
         header++) {
        if (!http_header_is_valid(*header)) {
            snprintf(call->detail, sizeof(call->detail), "malformed header");
            return HTTP_CAUSE_ARGUMENT;
        }
    }
    bool may_repeat = is_idempotent_method(call->method);
    call->is_idempotent = may_repeat || request->is_idempotent;
    if (!may_repeat && request->is_idempotent) {
        make_key(call);
    }
    call->place = http_place_find(session->client, call->url.data, &cause);
    if (call->place == NULL) {
        return cause;
    }
    call->answer = http_answer_new(session);
    return call->answer == NULL ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_NONE;
}

static void fill_response(const struct http_call *call, struct weir_http_response *ret_response)
{
    const struct http_answer *answer = call->answer;
    if (answer == NULL || answer->status == 0) {
        return;
    }
    ret_response->status = answer->status;
    /* A body that was not whole is not kept; a NUL stands behind one that was. */
    bool has_body = answer->body.data != NULL && answer->body.len > 0;
    ret_response->body = has_body ? answer->body.data : "";
    ret_response->body_len = has_body ? answer->body.len : 0;
    ret_response->private_data = answer;
}

int weir_http_request(struct weir_http *http, const struct weir_http_request *request,
                      struct weir_http_response *ret_response)
{
    *ret_response = (struct weir_http_response){ 0 };
    if (http == NULL || request == NULL || request->size == 0) {
        return -EINVAL;
    }
    /* Of an older version there is less, and of a newer one what we know. */
    struct weir_http_request known = { 0 };
    memcpy(&known, request, request->size < sizeof(known) ? request->size : sizeof(known));
    struct http_call *call = &http->call;
    enum http_cause cause = prepare(http, &known);
    if (cause == HTTP_CAUSE_NONE && http->spent_ns >= http->client->settings.deadline_ns) {
        cause = HTTP_CAUSE_DEADLINE;
    }
    if (cause == HTTP_CAUSE_NONE) {
        cause = http_call_run(call);
    }
    call->cause = cause;
    fill_response(call, ret_response);
    if (cause != HTTP_CAUSE_NONE && cause != HTTP_CAUSE_CANCELLED) {
        http_session_explain(http, call);
    }
    call->request = NULL;
    return http_cause_errno(cause);
}

int weir_http_get(struct weir_http *http, const char *url, struct weir_http_response *ret_response)
{
    const struct weir_http_request request = { .size = sizeof(request), .url = url };
    return weir_http_request(http, &request, ret_response);
}

int weir_http_get_json(struct weir_http *http, const char *url,
                       struct weir_http_response *ret_response)
{
    const struct weir_http_request request = { .size = sizeof(request),
                                               .url = url,
                                               .expects_json = true };
    return weir_http_request(http, &request, ret_response);
}

int weir_http_post(struct weir_http *http, const char *url, const char *content_type,
                   const char *body, size_t body_len, struct weir_http_response *ret_response)
{
    AUTO_BUFFER header = { 0 };
    *ret_response = (struct weir_http_response){ 0 };
    if (content_type == NULL || (body == NULL && body_len > 0)) {
        return -EINVAL;
    }
    if (buffer_printf(&header, "Content-Type: %s", content_type) < 0 ||
        buffer_text(&header) == NULL) {
        return -ENOMEM;
    }
    const char *const headers[] = { header.data, NULL };
    const struct weir_http_request request = {
        .size = sizeof(request),
        .url = url,
        .method = "POST",
        .headers = headers,
        .body = body == NULL ? "" : body,
        .body_len = body_len,
    };
    return weir_http_request(http, &request, ret_response);
}

const char *weir_http_header(const struct weir_http_response *response, const char *name)
{
    const struct http_answer *answer = response->private_data;
    return answer == NULL ? NULL : http_answer_header(answer, name);
}

int weir_http_document(struct weir_http *http, const struct weir_http_response *response,
                       struct weir_event **ret_document)
{
    /* The answer is the session's own, lent as const to keep applications from it. */
    struct http_answer *answer = (struct http_answer *)(uintptr_t)response->private_data;
    if (http == NULL || answer == NULL) {
        return -EINVAL;
    }
    int r = http_answer_parse(http, answer);
    if (r == 0) {
        *ret_document = &answer->document->event;
    }
    return r;
}

int weir_http_escape(char *buffer, size_t size, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t start = strnlen(buffer, size);
    size_t at = start;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_plain = http_url_is_unreserved(byte);
        if (size - at < (is_plain ? 2U : 4U) || at >= size) {
            buffer[start < size ? start : size - 1] = '\0';
            return -ENOSPC;
        }
        if (is_plain) {
            buffer[at++] = text[i];
        } else {
            buffer[at++] = '%';
            buffer[at++] = digits[byte >> 4];
            buffer[at++] = digits[byte & 15];
        }
        buffer[at] = '\0';
    }
    return 0;
}

/* Suspends the session until a time; the call is none of a request. */
enum http_cause http_session_sleep(struct weir_http *session, int64_t duration_ns)
{
    struct http_call *call = &session->call;
    struct buffer url = call->url;
    *call = (struct http_call){ .url = url };
    call->started_ns = client_now_ns(session->client) + duration_ns;
    return http_call_run(call);
}

int weir_sleep(struct weir_http *http, int64_t milliseconds)
{
    if (http == NULL || milliseconds < 0) {
        return -EINVAL;
    }
    int64_t left_ns = http->client->settings.deadline_ns - http->spent_ns;
    bool is_too_long = milliseconds > left_ns / NS_PER_MS;
    int64_t duration_ns = is_too_long ? (left_ns > 0 ? left_ns : 0) : milliseconds * NS_PER_MS;
    enum http_cause cause = http_session_sleep(http, duration_ns);
    http->spent_ns += duration_ns;
    if (cause == HTTP_CAUSE_NONE && is_too_long) {
        (void)weir_event_fail(http->event, error_type, "the deadline came while it slept");
        return -ETIMEDOUT;
    }
    return http_cause_errno(cause);
}
