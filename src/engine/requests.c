/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/requests.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filesystem.h"
#include "base/log.h"
#include "engine/outside.h"
#include "http/http_headers.h"

/* Above so many events at once each handle's buffer is small. */
enum { CROWD = 2048 };

bool requests_are_made(const struct config *config, const struct weir_app *app)
{
    bool are_made = app->uses_http;
    for (size_t i = 0; i < config->n_steps; i++) {
        enum config_step_kind kind = config->steps[i].kind;
        are_made = are_made || kind == STEP_HTTP || kind == STEP_PAGE_CONTENT;
    }
    return are_made;
}

/*
 * The value of a header, which "file:/a/path" has in a file, without the line break at its end. *ret_text is
 * freed by the caller where it was read.
 */
static int read_value(const char *name, const char *value, char **ret_text, struct problem *problem)
{
    enum { SECRET_MAX = 64 * 1024 };
    if (strncmp(value, "file:", 5) != 0) {
        return 0;
    }
    const char *path = value + (strncmp(value, "file://", 7) == 0 ? 7 : 5);
    size_t len;
    struct stat status;
    int r = file_read_all(path, SECRET_MAX, ret_text, &len);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_CONFIG, "http.headers.%s: cannot read %s: %s", name,
                           path, strerror(-r));
    }
    if (stat(path, &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        log_warning("others may read a secret", LOG_TEXT("key", "http.headers"),
                    LOG_TEXT("path", path));
    }
    while (len > 0 && ((*ret_text)[len - 1] == '\n' || (*ret_text)[len - 1] == '\r')) {
        (*ret_text)[--len] = '\0';
    }
    return 0;
}

/* "Name: value" of each pair. */
static int copy_headers(struct job_requests *requests, const struct config_pairs *pairs,
                        struct problem *problem)
{
    const char **headers =
        arena_alloc(&requests->arena, (pairs->n_items + 1) * sizeof(const char *));
    if (headers == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < pairs->n_items; i++) {
        AUTO_BUFFER line = { 0 };
        AUTO_FREE char *read = NULL;
        const struct config_pair *pair = &pairs->items[i];
        int r = read_value(pair->name, pair->value, &read, problem);
        if (r < 0) {
            return r;
        }
        if (buffer_printf(&line, "%s: %s", pair->name, read != NULL ? read : pair->value) < 0) {
            return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
        }
        headers[i] = arena_copy(&requests->arena, line.data, line.len);
        if (headers[i] == NULL) {
            return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
        }
        if (!http_header_is_valid(headers[i])) {
            return problem_set(problem, EINVAL, EXIT_CONFIG,
                               "http.headers: \"%s\" is no header, or its value holds a control "
                               "character",
                               pairs->items[i].name);
        }
    }
    requests->settings.headers = headers;
    requests->settings.n_headers = pairs->n_items;
    return 0;
}

static int copy_routes(struct job_requests *requests, const struct config_pairs *pairs,
                       struct problem *problem)
{
    struct http_route *routes =
        arena_alloc(&requests->arena, (pairs->n_items + 1) * sizeof(*routes));
    if (routes == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < pairs->n_items; i++) {
        routes[i] = (struct http_route){ pairs->items[i].name, pairs->items[i].value };
    }
    requests->settings.routes = routes;
    requests->settings.n_routes = pairs->n_items;
    return 0;
}

/* Certificates are looked for now, and not by the first request. */
static int check_files(const struct config_http *http, struct problem *problem)
{
    const struct {
        const char *key;
        const char *path;
    } files[] = {
        { "http.ca_file", http->ca_file },
        { "http.client_certificate", http->client_certificate },
        { "http.client_key", http->client_key },
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        if (files[i].path != NULL && access(files[i].path, R_OK) < 0) {
            return problem_set(problem, errno, EXIT_CONFIG, "%s: cannot read %s: %s", files[i].key,
                               files[i].path, strerror(errno));
        }
    }
    return 0;
}

static void copy_retry(struct http_settings *settings, const struct config_http_retry *retry)
{
    settings->max_attempts = (unsigned)retry->attempts;
    settings->backoff =
        (struct http_backoff){ retry->base_ms * NS_PER_MS, retry->cap_ms * NS_PER_MS };
    settings->statuses = retry->statuses.items;
    settings->n_statuses = retry->statuses.n_items;
    settings->api_errors = retry->api_errors.items;
    settings->n_api_errors = retry->api_errors.n_items;
    settings->missing_age_ns = retry->missing_age_ms * NS_PER_MS;
    settings->parks_without_budget = retry->budget_empty == HELD_PARK;
    settings->parks_beyond_deadline = retry->retry_after_beyond_deadline == HELD_PARK;
}

static int copy_settings(struct job_requests *requests, const struct config *config,
                         struct problem *problem)
{
    const struct config_http *http = &config->http;
    requests->settings = (struct http_settings){
        .user_agent = outside_user_agent(config, &requests->arena),
        .ca_file = http->ca_file,
        .certificate_file = http->client_certificate,
        .key_file = http->client_key,
        .proxy = http->proxy,
        .skips_verify = http->insecure_skip_verify,
        .denies_private = http->deny_private_addresses,
        .connect_timeout_ns = http->connect_timeout_ms * NS_PER_MS,
        .attempt_timeout_ns = http->attempt_timeout_ms * NS_PER_MS,
        .deadline_ns = http->deadline_ms * NS_PER_MS,
        .max_redirects = (unsigned)http->max_redirects,
        .max_body_bytes = (size_t)http->max_body_bytes,
        .max_connections = (unsigned)http->limits.connections,
        .low_speed_bytes = (size_t)(http->low_speed.bytes * http->low_speed.window_ms / 1000),
        .low_speed_window_ns = http->low_speed.window_ms * NS_PER_MS,
        .is_crowded = config->max_in_flight > CROWD,
    };
    copy_retry(&requests->settings, &http->retry);
    if (requests->settings.user_agent == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    int r = copy_headers(requests, &http->headers, problem);
    if (r == 0) {
        r = copy_routes(requests, &http->routes, problem);
    }
    return r < 0 ? r : check_files(http, problem);
}

static int open_hosts(struct job_requests *requests, const struct config_http *http,
                      size_t n_workers, struct problem *problem)
{
    const struct http_host_limits limits = {
        .concurrency = (unsigned)http->limits.concurrency,
        .rate = (unsigned)http->limits.rate,
        .budget_percent = (unsigned)http->retry.budget_percent,
        .budget_per_second = (unsigned)http->retry.budget_per_second,
        .budget_window_ns = http->retry.budget_window_ms * NS_PER_MS,
        .breaker_failures = (unsigned)http->breaker.failures,
        .breaker_base_ns = http->breaker.base_ms * NS_PER_MS,
        .breaker_cap_ns = http->breaker.cap_ms * NS_PER_MS,
    };
    return http_hosts_new(&limits, n_workers, &requests->hosts) < 0
               ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory")
               : 0;
}

/* Each request under way has a connection. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int requests_open(struct job_requests *requests, const struct requests_options *options,
                  struct problem *problem)
{
    if (!requests_are_made(options->config, options->app)) {
        return 0;
    }
    if (mutex_init(&requests->lock) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    requests->are_made = true;
    raise_file_limit();
    int r = copy_settings(requests, options->config, problem);
    if (r < 0) {
        return r;
    }
    if (requests->settings.skips_verify) {
        log_warning("certificates are not verified", LOG_TEXT("key", "http.insecure_skip_verify"));
    }
    return open_hosts(requests, &options->config->http, options->n_workers, problem);
}

void requests_close(struct job_requests *requests)
{
    if (!requests->are_made) {
        return;
    }
    http_hosts_free(requests->hosts);
    arena_deinit(&requests->arena);
    mutex_deinit(&requests->lock);
    requests->are_made = false;
}

static void suspend_worker(void *context)
{
    void **worker = context;
    worker_suspend(*worker);
}

static void wake_worker(void *context, void *waiter)
{
    void **worker = context;
    worker_wake(*worker, waiter);
}

int requests_client_new(struct job_requests *requests, size_t index, const struct clock *clock,
                        struct wakeup *wakeup, struct room *room, void **worker,
                        struct http_client **ret_client)
{
    const struct http_client_options options = {
        .settings = &requests->settings,
        .clock = clock,
        .hosts = requests->hosts,
        .index = index,
        .wakeup = wakeup,
        .room = room,
        .suspend = suspend_worker,
        .wake = wake_worker,
        .context = worker,
    };
    return http_client_new(&options, ret_client);
}

static void add_latency(struct histogram *sum, const struct histogram *latency)
{
    sum->n_values += latency->n_values;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum->counts[i] += latency->counts[i];
    }
}

void requests_client_free(struct job_requests *requests, struct http_client *client)
{
    if (client == NULL) {
        return;
    }
    mutex_lock(&requests->lock);
    http_counts_add(&requests->counts, http_client_counts(client));
    add_latency(&requests->latency, http_client_latency(client));
    mutex_unlock(&requests->lock);
    http_client_free(client);
}

static struct weir_http *begin(void *context, struct weir_event *event, void *waiter)
{
    return http_session_begin(context, event, waiter);
}

static int poll_client(void *context, int64_t timeout_ns)
{
    return http_client_poll(context, timeout_ns);
}

static size_t n_parked(const void *context)
{
    return http_client_n_parked(context);
}

static void cancel(void *context, bool everything)
{
    http_client_cancel(context, everything);
}

static enum worker_order order_of(enum config_ordering ordering)
{
    switch (ordering) {
    case ORDERING_SOURCE:
        return WORKER_BY_SOURCE;
    case ORDERING_NONE:
        return WORKER_UNORDERED;
    case ORDERING_KEY:
        break;
    }
    return WORKER_BY_KEY;
}

struct worker_waiting requests_waiting(struct job_requests *requests, const struct config *config,
                                       struct http_client *client, struct room *room,
                                       const struct clock *clock)
{
    return (struct worker_waiting){
        .context = client,
        .begin = begin,
        .end = http_session_end,
        .poll = poll_client,
        .n_parked = n_parked,
        .cancel = cancel,
        .order = order_of(config->ordering),
        .stack_size = (size_t)config->http.stack_bytes,
        .n_in_flight = &requests->n_in_flight,
        .in_flight_peak = &requests->in_flight_peak,
        .max_in_flight = (size_t)config->max_in_flight,
        .stop = &requests->stop,
        .room = room,
        .clock = clock,
    };
}

static int report_causes(const struct http_counts *counts, struct buffer *text)
{
    int r = buffer_append_text(text, ",\"retries_by_cause\":{");
    bool is_first = true;
    for (int cause = 0; r == 0 && cause < HTTP_CAUSES; cause++) {
        uint64_t n = counts->retries_by_cause[cause];
        const char *name = http_cause_name((enum http_cause)cause);
        /* Two may share a name, one behind the other. */
        bool is_shared = cause + 1 < HTTP_CAUSES &&
                         strcmp(name, http_cause_name((enum http_cause)(cause + 1))) == 0;
        if (is_shared) {
            n += counts->retries_by_cause[++cause];
        }
        if (n > 0) {
            r = buffer_printf(text, "%s\"%s\":%llu", is_first ? "" : ",", name,
                              (unsigned long long)n);
            is_first = false;
        }
    }
    return r < 0 ? r : buffer_append_byte(text, '}');
}

static int report_more(struct job_requests *requests, struct buffer *text)
{
    const struct http_counts *counts = &requests->counts;
    uint64_t n_opened = requests->hosts == NULL ? 0 : http_hosts_n_opened(requests->hosts);
    int r = report_causes(counts, text);
    if (r < 0) {
        return r;
    }
    return buffer_printf(
        text,
        ",\"parked\":%llu,\"retry_budget_exhausted\":%llu,\"breaker_opened\":%llu,"
        "\"stale_connections\":%llu,\"memory_waits\":%llu,\"in_flight_peak\":%llu,"
        "\"latency_ms\":{\"p50\":%.3f,\"p99\":%.3f},"
        "\"lookups\":{\"keys\":%llu,\"requests\":%llu,\"joined\":%llu,\"cached\":%llu},"
        "\"content\":{\"set\":%llu,\"hidden\":%llu,\"sha1_mismatch\":%llu}",
        (unsigned long long)counts->parked, (unsigned long long)counts->budget_waits,
        (unsigned long long)n_opened, (unsigned long long)counts->stale_connections,
        (unsigned long long)counts->memory_waits,
        (unsigned long long)atomic_load(&requests->in_flight_peak),
        (double)histogram_quantile(&requests->latency, 0.5) / 1e6,
        (double)histogram_quantile(&requests->latency, 0.99) / 1e6,
        (unsigned long long)counts->lookup_keys, (unsigned long long)counts->lookup_requests,
        (unsigned long long)counts->lookup_joined, (unsigned long long)counts->lookup_cached,
        (unsigned long long)requests->content.set, (unsigned long long)requests->content.hidden,
        (unsigned long long)requests->content.sha1_mismatch);
}

int requests_report(struct job_requests *requests, struct buffer *text)
{
    const struct http_counts *counts = &requests->counts;
    int r = buffer_printf(text,
                          "\"http\":{\"requests\":%llu,\"attempts\":%llu,\"retries\":%llu,"
                          "\"failures\":%llu,\"bytes\":%llu",
                          (unsigned long long)counts->requests,
                          (unsigned long long)counts->attempts, (unsigned long long)counts->retries,
                          (unsigned long long)counts->failures, (unsigned long long)counts->bytes);
    if (r == 0 && requests->are_made) {
        r = report_more(requests, text);
    }
    return r < 0 ? r : buffer_append_byte(text, '}');
}
