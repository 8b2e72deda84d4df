/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A multi handle for the life of the fetch, which keeps connections, and an easy handle a request.
 * Redirects are followed here and not by libcurl, which would follow them from where a route led.
 */
#include "http/http_fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "http/http_easy.h"
#include "http/http_retry.h"
#include "http/http_url.h"

#define BACKOFF_BASE_NS (500 * NS_PER_MS)
#define BACKOFF_CAP_NS  (5 * NS_PER_S)

struct http_fetch {
    struct http_fetch_options options;
    CURLM *multi;
    struct http_random random;
    /* The longest wait that a reply since the last pause asked for; 0: none did. */
    int64_t retry_after_ns;
};

/* One request, to one place. */
struct request {
    struct http_fetch *fetch;
    CURL *easy;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];
    struct buffer *body;
    /* Where this reply's body begins. */
    size_t body_start;
    /* Monotonic time. */
    int64_t end_ns;
    /* -errno, from inside a callback. */
    int failed;
};

int http_fetch_new(const struct http_fetch_options *options, struct http_fetch **ret_fetch)
{
    int r = http_easy_ready();
    if (r < 0) {
        return r;
    }
    struct http_fetch *fetch = calloc(1, sizeof(*fetch));
    if (fetch == NULL) {
        return -ENOMEM;
    }
    fetch->options = *options;
    fetch->random.state = (uint64_t)options->clock->realtime_ns(options->clock) ^ (uint64_t)getpid()
                                                                                      << 32;
    fetch->multi = curl_multi_init();
    if (fetch->multi == NULL) {
        http_fetch_free(fetch);
        return -ENOMEM;
    }
    *ret_fetch = fetch;
    return 0;
}

void http_fetch_free(struct http_fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    curl_multi_cleanup(fetch->multi);
    free(fetch);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct request *request = context;
    size_t len = size * n;
    size_t room =
        request->fetch->options.max_body_bytes - (request->body->len - request->body_start);
    request->failed = len > room ? -EFBIG : buffer_append(request->body, bytes, len);
    return request->failed < 0 ? CURL_WRITEFUNC_ERROR : len;
}

static int add_header(struct request *request, const char *name, const char *value)
{
    AUTO_BUFFER line = { 0 };
    if (buffer_printf(&line, "%s: %s", name, value) < 0 || buffer_text(&line) == NULL) {
        return -ENOMEM;
    }
    struct curl_slist *longer = curl_slist_append(request->headers, line.data);
    if (longer == NULL) {
        return -ENOMEM;
    }
    request->headers = longer;
    return 0;
}

/* host is NULL where it is the URL's. */
static int prepare(struct request *request, const char *url, const char *host)
{
    const struct http_fetch_options *options = &request->fetch->options;
    int r = add_header(request, "Accept", options->accept);
    if (r == 0 && host != NULL) {
        r = add_header(request, "Host", host);
    }
    request->easy = curl_easy_init();
    if (r < 0 || request->easy == NULL) {
        return -ENOMEM;
    }
    int64_t left_ns = request->end_ns - clock_now_ns(options->clock);
    struct http_easy_options easy = {
        .url = url,
        .user_agent = options->user_agent,
        .ca_file = options->ca_file,
        .proxy = options->proxy,
        .skips_verify = options->skips_verify,
        .connect_timeout_ns =
            left_ns < options->connect_timeout_ns ? left_ns : options->connect_timeout_ns,
        .headers = request->headers,
        .error_text = request->curl_error,
    };
    easy.connect_timeout_ns =
        easy.connect_timeout_ns > NS_PER_MS ? easy.connect_timeout_ns : NS_PER_MS;
    r = http_easy_setup(request->easy, &easy);
    if (r < 0) {
        return r;
    }
    bool is_set = curl_easy_setopt(request->easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
                  curl_easy_setopt(request->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
                  curl_easy_setopt(request->easy, CURLOPT_WRITEDATA, request) == CURLE_OK;
    if (!is_set) {
        return -EINVAL;
    }
    return curl_multi_add_handle(request->fetch->multi, request->easy) == CURLM_OK ? 0 : -ENOMEM;
}

static int errno_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return -EACCES;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_URL_MALFORMAT:
        return -EINVAL;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return -EBADMSG;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    default:
        return -EAGAIN;
    }
}

static int fail(const struct request *request, int r, struct problem *problem, const char *what)
{
    const char *text = request->curl_error[0] != '\0' ? request->curl_error : what;
    return problem_set(problem, -r, r == -ENOMEM ? EXIT_SOFTWARE : EXIT_UNAVAILABLE, "%s", text);
}

/* What became of a transfer that is over. Returns as http_fetch_get(). */
static int conclude(const struct request *request, CURLcode code, struct problem *problem)
{
    if (request->failed == -EFBIG) {
        return problem_set(problem, EFBIG, EXIT_UNAVAILABLE, "the body is longer than %zu bytes",
                           request->fetch->options.max_body_bytes);
    }
    int r = request->failed < 0 ? request->failed : errno_of(code);
    return r < 0 ? fail(request, r, problem, curl_easy_strerror(code)) : 0;
}

static bool is_over(const struct http_fetch *fetch)
{
    return fetch->options.is_over != NULL && fetch->options.is_over(fetch->options.context);
}

/* Waits for the network until the request must end. Returns 0, -ECANCELED, or -EIO. */
static int wait(const struct request *request)
{
    struct http_fetch *fetch = request->fetch;
    int64_t left_ns = request->end_ns - clock_now_ns(fetch->options.clock);
    int64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    struct curl_waitfd wake = { .fd = fetch->options.wake_fd, .events = CURL_WAIT_POLLIN };
    CURLMcode code = curl_multi_poll(fetch->multi, &wake, wake.fd >= 0 ? 1 : 0,
                                     left_ms > INT_MAX ? INT_MAX
                                     : left_ms < 0     ? 0
                                                       : (int)left_ms,
                                     NULL);
    if (code != CURLM_OK) {
        return -EIO;
    }
    return wake.revents != 0 && is_over(fetch) ? -ECANCELED : 0;
}

/* Drives the transfer to its end. Returns as http_fetch_get(). */
static int drive(struct request *request, struct problem *problem)
{
    struct http_fetch *fetch = request->fetch;
    for (;;) {
        int n_left = 0;
        if (curl_multi_perform(fetch->multi, &n_left) != CURLM_OK) {
            return fail(request, -EIO, problem, "the transfer failed");
        }
        const CURLMsg *message = curl_multi_info_read(fetch->multi, &n_left);
        if (message != NULL && message->msg == CURLMSG_DONE) {
            return conclude(request, message->data.result, problem);
        }
        if (clock_now_ns(fetch->options.clock) >= request->end_ns) {
            return problem_set(problem, EAGAIN, EXIT_UNAVAILABLE, "no whole reply in time");
        }
        int r = wait(request);
        if (r < 0) {
            return fail(request, r, problem, r == -ECANCELED ? "called off" : "cannot wait");
        }
    }
}

/* A header of the reply, NULL where there is none. */
static const char *reply_header(const struct request *request, const char *name)
{
    struct curl_header *header;
    CURLHcode code = curl_easy_header(request->easy, name, 0, CURLH_HEADER, -1, &header);
    return code == CURLHE_OK && header->value[0] != '\0' ? header->value : NULL;
}

static void note_retry_after(struct request *request)
{
    const struct clock *clock = request->fetch->options.clock;
    const char *text = reply_header(request, "Retry-After");
    struct http_fetch *fetch = request->fetch;
    int64_t asked_ns = 0;
    if (text != NULL && http_retry_after_parse(text, clock->realtime_ns(clock), &asked_ns) == 0) {
        fetch->retry_after_ns = asked_ns > fetch->retry_after_ns ? asked_ns : fetch->retry_after_ns;
    }
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Takes a reply. *ret_next gets where it leads to, where it is a redirect. */
static int take_reply(struct request *request, const char *url, int *ret_status,
                      struct buffer *ret_next, struct problem *problem)
{
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret_status = (int)status;
    note_retry_after(request);
    const char *location = is_redirect(status) ? reply_header(request, "Location") : NULL;
    if (location == NULL || request->fetch->options.max_redirects == 0) {
        return 0;
    }
    int r = http_url_follow(url, location, ret_next);
    if (r == -EINVAL) {
        return problem_set(problem, EBADMSG, EXIT_UNAVAILABLE,
                           "a redirect to where we do not go: %.200s", location);
    }
    return r < 0 ? r : buffer_text(ret_next) == NULL ? -ENOMEM : 0;
}

static void request_deinit(struct request *request)
{
    if (request->easy != NULL) {
        curl_multi_remove_handle(request->fetch->multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    curl_slist_free_all(request->headers);
}

/* One request, redirects aside. */
static int get_once(struct request *request, const char *url, int *ret_status,
                    struct buffer *ret_next, struct problem *problem)
{
    const struct http_fetch_options *options = &request->fetch->options;
    AUTO_BUFFER target = { 0 };
    AUTO_BUFFER host = { 0 };
    request->body->len = request->body_start;
    int r = http_route_find(options->routes, options->n_routes, url, &target, &host);
    bool is_routed = r == 0;
    if (r == 0 && (buffer_text(&target) == NULL || buffer_text(&host) == NULL)) {
        r = -ENOMEM;
    }
    if (r >= 0) {
        r = prepare(request, is_routed ? target.data : url, is_routed ? host.data : NULL);
    }
    if (r < 0) {
        return fail(request, r, problem, r == -ENOMEM ? "out of memory" : "no http or https URL");
    }
    r = drive(request, problem);
    return r < 0 ? r : take_reply(request, url, ret_status, ret_next, problem);
}

/* Follows redirects. */
static int get(struct http_fetch *fetch, const char *url, int64_t end_ns, struct buffer *body,
               int *ret_status, struct problem *problem)
{
    AUTO_BUFFER at = { 0 };
    size_t body_start = body->len;
    if (buffer_append_text(&at, url) < 0 || buffer_text(&at) == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (unsigned n = 0; n <= fetch->options.max_redirects; n++) {
        AUTO_BUFFER next = { 0 };
        struct request request = {
            .fetch = fetch, .body = body, .body_start = body_start, .end_ns = end_ns
        };
        int r = get_once(&request, at.data, ret_status, &next, problem);
        request_deinit(&request);
        if (r < 0 || next.len == 0) {
            return r;
        }
        struct buffer old = at;
        at = next;
        next = old;
    }
    return problem_set(problem, EBADMSG, EXIT_UNAVAILABLE, "more than %u redirects",
                       fetch->options.max_redirects);
}

/* When a request that begins now must end. */
static int64_t attempt_end_ns(const struct http_fetch_options *options)
{
    int64_t now = clock_now_ns(options->clock);
    int64_t left_ns = options->give_up_ns - now;
    left_ns = left_ns < options->connect_timeout_ns ? options->connect_timeout_ns : left_ns;
    return now + (left_ns < options->attempt_timeout_ns ? left_ns : options->attempt_timeout_ns);
}

int http_fetch_get(struct http_fetch *fetch, const char *url, struct buffer *ret_body,
                   int *ret_status, struct problem *problem)
{
    size_t body_start = ret_body->len;
    int r = get(fetch, url, attempt_end_ns(&fetch->options), ret_body, ret_status, problem);
    if (r < 0) {
        ret_body->len = body_start;
    }
    return r;
}

int http_fetch_pause(struct http_fetch *fetch, unsigned n)
{
    static const struct http_backoff backoff = { BACKOFF_BASE_NS, BACKOFF_CAP_NS };
    const struct http_fetch_options *options = &fetch->options;
    int64_t delay_ns = http_backoff_delay(&backoff, n, &fetch->random);
    delay_ns = delay_ns > fetch->retry_after_ns ? delay_ns : fetch->retry_after_ns;
    fetch->retry_after_ns = 0;
    int64_t end_ns = clock_now_ns(options->clock) + delay_ns;
    if (end_ns >= options->give_up_ns) {
        return HTTP_FETCH_LATE;
    }
    int64_t left_ns;
    while ((left_ns = end_ns - clock_now_ns(options->clock)) > 0) {
        struct pollfd wake = { .fd = options->wake_fd, .events = POLLIN };
        struct timespec timeout = { .tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S };
        int n_ready = ppoll(&wake, 1, &timeout, NULL);
        if (n_ready < 0 && errno != EINTR) {
            return -errno;
        }
        if (n_ready > 0 && is_over(fetch)) {
            return -ECANCELED;
        }
    }
    return 0;
}
