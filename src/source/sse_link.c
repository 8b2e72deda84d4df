/* SPDX-License-Identifier: Apache-2.0 */
/* Life: new -> (waiting -> due -> open) ... -> ended or free. */
#include "source/sse_link.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "http/http_retry.h"
#include "http/http_stream.h"
#include "http/http_url.h"

#define CONNECT_TIMEOUT_NS (30 * NS_PER_S)
/* Back-off, where the server does not name another base. */
#define BASE_NS (1 * NS_PER_S)
#define CAP_NS  (30 * NS_PER_S)
/* The limits of `retry:`. */
#define RETRY_LEAST_MS 100
#define RETRY_MOST_MS  60000
/* A connection that lasted so long was a good one, even if nothing happened. */
#define STEADY_NS (10 * NS_PER_S)
/* After a good connection. */
#define SOON_NS (100 * NS_PER_MS)
/* A connection that brings something and ends within BRIEF_NS is good, unless it becomes a habit. */
#define BRIEF_NS  (1 * NS_PER_S)
#define BRIEF_MAX 10
#define SLOW_MAX  40
/* After a refusal that is not likely to pass. */
#define REFUSED_LEAST_NS (60 * NS_PER_S)
#define REFUSED_CAP_NS   (900 * NS_PER_S)

enum { MAX_REDIRECTS = 5, REASON_MAX = 300 };

struct sse_link {
    /* Fixed. */
    struct sse_link_options options;
    struct http_stream *stream;
    /* For logs: without password and query. */
    char *public_url;

    struct http_random random;
    bool is_open;
    /* Monotonic time at which the transfer was started. */
    int64_t asked_ns;
    /* Monotonic time from which the next transfer may start. */
    int64_t due_ns;
    /* The first poll; 0 before. */
    int64_t started_ns;
    /* The service was there once. */
    bool was_there;
    /* This transfer brought something new. */
    bool is_fruitful;
    bool is_told;
    /* Transfers in a row that did not. */
    unsigned n_failures;
    /* Connections in a row that brought something and ended within BRIEF_NS. */
    unsigned n_brief;
    int64_t retry_ms;
    /* Why the last one failed. */
    char reason[HTTP_DETAIL_SIZE + REASON_MAX];
};

int sse_link_new(const struct sse_link_options *options, struct sse_link **ret_link)
{
    struct sse_link *link = calloc(1, sizeof(*link));
    AUTO_BUFFER public_url = { 0 };
    if (link == NULL) {
        return -ENOMEM;
    }
    link->options = *options;
    link->retry_ms = -1;
    link->random.state = (uint64_t)options->clock->realtime_ns(options->clock) ^ (uint64_t)getpid()
                                                                                     << 32;
    struct http_stream_options stream = {
        .clock = options->clock,
        .user_agent = options->user_agent,
        .media_type = "text/event-stream",
        .ca_file = options->ca_file,
        .proxy = options->proxy,
        .skips_verify = options->skips_verify,
        .connect_timeout_ns = CONNECT_TIMEOUT_NS,
        .idle_timeout_ns = options->idle_timeout_ns,
        .max_redirects = MAX_REDIRECTS,
        .wake_fd = options->wake_fd,
        .take = options->take,
        .context = options->context,
    };
    int r = http_url_public(options->url, &public_url);
    if (r == 0) {
        r = http_stream_new(&stream, &link->stream);
    }
    if (r == 0 && (buffer_text(&public_url) == NULL ||
                   (link->public_url = strdup(public_url.data)) == NULL)) {
        r = -ENOMEM;
    }
    if (r < 0) {
        sse_link_free(link);
        return r;
    }
    *ret_link = link;
    return 0;
}

void sse_link_free(struct sse_link *link)
{
    if (link == NULL) {
        return;
    }
    http_stream_free(link->stream);
    free(link->public_url);
    free(link);
}

void sse_link_set_retry(struct sse_link *link, int64_t retry_ms)
{
    link->retry_ms = retry_ms < RETRY_LEAST_MS  ? RETRY_LEAST_MS
                     : retry_ms > RETRY_MOST_MS ? RETRY_MOST_MS
                                                : retry_ms;
}

void sse_link_praise(struct sse_link *link)
{
    link->is_fruitful = true;
    link->n_failures = 0;
}

static int64_t now_ns(const struct sse_link *link)
{
    return clock_now_ns(link->options.clock);
}

int sse_link_start(struct sse_link *link, const struct sse_request *request)
{
    AUTO_BUFFER url = { 0 };
    AUTO_BUFFER id = { 0 };
    char since[24];
    const char *headers[2] = { "Cache-Control: no-cache" };
    size_t n_headers = 1;
    snprintf(since, sizeof(since), "%lld", (long long)request->since_ms);
    int r =
        http_url_with_query(link->options.url, "since", request->since_ms < 0 ? NULL : since, &url);
    if (r == 0 && request->last_event_id != NULL) {
        r = buffer_printf(&id, "Last-Event-ID: %s", request->last_event_id);
        headers[n_headers++] = id.data;
    }
    if (r < 0 || buffer_text(&url) == NULL) {
        return r < 0 ? r : -ENOMEM;
    }
    log_debug("connecting", LOG_TEXT("url", link->public_url),
              LOG_INTEGER("since", request->since_ms),
              LOG_TEXT("last_event_id", request->last_event_id));
    r = http_stream_start(link->stream, url.data, headers, n_headers);
    link->is_open = r == 0;
    link->asked_ns = now_ns(link);
    link->is_fruitful = false;
    link->is_told = false;
    return r;
}

static int64_t backoff_delay(struct sse_link *link, int64_t cap_ns)
{
    struct http_backoff backoff = {
        .base_ns = link->retry_ms >= 0 ? link->retry_ms * NS_PER_MS : BASE_NS,
        .cap_ns = cap_ns,
    };
    return http_backoff_delay(&backoff, link->n_failures++, &link->random);
}

/* The wait after a connection that brought something; up to 4 s where connections keep breaking. */
static int64_t soon_delay(struct sse_link *link)
{
    link->n_brief = now_ns(link) - link->asked_ns < BRIEF_NS ? link->n_brief + 1 : 0;
    int64_t slower = link->n_brief > BRIEF_MAX ? link->n_brief - BRIEF_MAX : 1;
    slower = slower < SLOW_MAX ? slower : SLOW_MAX;
    int64_t jitter_ns = http_random_below(&link->random, slower * SOON_NS);
    return link->retry_ms >= 0 ? link->retry_ms * NS_PER_MS + jitter_ns : jitter_ns;
}

void sse_link_drop(struct sse_link *link)
{
    http_stream_stop(link->stream);
    link->is_open = false;
    if (link->n_failures > 0) {
        link->due_ns = now_ns(link) + backoff_delay(link, CAP_NS);
        return;
    }
    link->due_ns = now_ns(link);
    link->n_failures = link->is_fruitful ? 0 : 1;
}

/* Puts what the server said into link->reason, on one line. */
static void note_reason(struct sse_link *link, const struct http_reply *reply)
{
    size_t len = reply->error_body.len < REASON_MAX ? reply->error_body.len : REASON_MAX - 1;
    snprintf(link->reason, sizeof(link->reason), "%s%s%.*s", reply->detail, len > 0 ? ": " : "",
             (int)len, len > 0 ? reply->error_body.data : "");
    for (char *c = link->reason; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
    }
}

/* A refusal that asking again will hardly change. */
static bool is_final(const struct http_reply *reply)
{
    int status = reply->status;
    return reply->finish == HTTP_FINISH_REFUSED && status >= 400 && status < 500 && status != 408 &&
           status != 425 && status != 429;
}

/* How long to wait after a transfer that brought nothing. */
static int64_t failure_delay(struct sse_link *link, const struct http_reply *reply)
{
    const struct clock *clock = link->options.clock;
    int64_t asked_ns;
    if (reply->retry_after[0] != '\0' &&
        http_retry_after_parse(reply->retry_after, clock->realtime_ns(clock), &asked_ns) == 0) {
        link->n_failures++;
        return asked_ns + http_random_below(&link->random, SOON_NS);
    }
    if (is_final(reply)) {
        return REFUSED_LEAST_NS + backoff_delay(link, REFUSED_CAP_NS);
    }
    return backoff_delay(link, CAP_NS);
}

static void wait_for(struct sse_link *link, int64_t delay_ns)
{
    link->due_ns = now_ns(link) + delay_ns;
}

/* The service's normal life: it ends what it has begun, and is silent where nothing happens. */
static bool is_normal(const struct http_reply *reply)
{
    return reply->finish == HTTP_FINISH_END || reply->finish == HTTP_FINISH_IDLE ||
           reply->finish == HTTP_FINISH_CUT;
}

static void note_normal(struct sse_link *link, const struct http_reply *reply)
{
    bool is_soon = link->is_fruitful || now_ns(link) - link->asked_ns >= STEADY_NS;
    link->n_failures = is_soon ? 0 : link->n_failures;
    wait_for(link, is_soon ? soon_delay(link) : backoff_delay(link, CAP_NS));
    if (reply->finish == HTTP_FINISH_IDLE) {
        log_info("nothing came for the idle timeout, connecting again",
                 LOG_TEXT("url", link->public_url));
        return;
    }
    log_debug("the connection has ended", LOG_TEXT("url", link->public_url),
              LOG_TEXT("detail", reply->detail));
}

/* The transfer has finished. Returns an outcome or -errno. */
static int judge(struct sse_link *link, struct problem *problem)
{
    const struct http_reply *reply = http_stream_reply(link->stream);
    if (reply->finish == HTTP_FINISH_REFUSED && reply->status == 204) {
        log_info("the server says that there is no more", LOG_TEXT("url", link->public_url));
        return SSE_LINK_ENDED;
    }
    if (is_normal(reply)) {
        note_normal(link, reply);
        return SSE_LINK_WAITING;
    }
    note_reason(link, reply);
    if (is_final(reply) && !link->was_there) {
        return problem_set(problem, EPROTO, EXIT_CONFIG, "source: %s refuses: %s", link->public_url,
                           link->reason);
    }
    link->was_there |= reply->status == 429;
    wait_for(link, failure_delay(link, reply));
    log_warning("no stream, trying again", LOG_TEXT("url", link->public_url),
                LOG_TEXT("reason", link->reason),
                LOG_INTEGER("wait_ms", (link->due_ns - now_ns(link)) / NS_PER_MS));
    return SSE_LINK_WAITING;
}

/* 0, or the end of the patience with a service that never was there. */
static int check_startup(struct sse_link *link, struct problem *problem)
{
    if (link->was_there || now_ns(link) - link->started_ns < link->options.startup_timeout_ns) {
        return 0;
    }
    return problem_set(problem, ETIMEDOUT, EXIT_UNAVAILABLE,
                       "source: %s was not there within %lld ms: %s", link->public_url,
                       (long long)(link->options.startup_timeout_ns / NS_PER_MS),
                       link->reason[0] == '\0' ? "no answer" : link->reason);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* No wait goes beyond the end of the patience. */
static int64_t bound_wait(const struct sse_link *link, int64_t timeout_ns)
{
    if (link->was_there) {
        return timeout_ns;
    }
    int64_t left_ns = link->started_ns + link->options.startup_timeout_ns - now_ns(link);
    return least(timeout_ns, left_ns > 0 ? left_ns : 0);
}

static int poll_open(struct sse_link *link, int64_t timeout_ns, struct problem *problem)
{
    int progress = http_stream_poll(link->stream, bound_wait(link, timeout_ns));
    if (progress < 0) {
        return problem_set(problem, -progress, EXIT_SOFTWARE, "source: reading %s failed: %s",
                           link->public_url, strerror(-progress));
    }
    enum http_finish finish = http_stream_reply(link->stream)->finish;
    bool is_stream =
        progress == HTTP_STREAMING || finish == HTTP_FINISH_END || finish == HTTP_FINISH_CUT;
    if (is_stream && !link->is_told) {
        link->is_told = true;
        if (!link->was_there || link->n_failures > 0) {
            log_info("connected", LOG_TEXT("url", link->public_url));
        }
        link->was_there = true;
    }
    if (progress != HTTP_FINISHED) {
        return SSE_LINK_OPEN;
    }
    int outcome = judge(link, problem);
    http_stream_stop(link->stream);
    link->is_open = false;
    return outcome;
}

int sse_link_poll(struct sse_link *link, int64_t timeout_ns, struct problem *problem)
{
    if (link->started_ns == 0) {
        link->started_ns = now_ns(link);
        link->due_ns = link->started_ns;
    }
    int r = check_startup(link, problem);
    if (r < 0) {
        return r;
    }
    if (link->is_open) {
        return poll_open(link, timeout_ns, problem);
    }
    int64_t left_ns = link->due_ns - now_ns(link);
    if (left_ns <= 0) {
        return SSE_LINK_DUE;
    }
    r = http_stream_poll(link->stream, bound_wait(link, least(left_ns, timeout_ns)));
    return r < 0
               ? problem_set(problem, -r, EXIT_SOFTWARE, "source: waiting failed: %s", strerror(-r))
               : SSE_LINK_WAITING;
}
