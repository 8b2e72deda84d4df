/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/try_events.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/filesystem.h"
#include "engine/production.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "event/error_type.h"
#include "event/event.h"
#include "route/router.h"
#include "json/index.h"

enum { FILE_LIMIT = 64 * 1024 * 1024 };

struct trial {
    const struct config *config;
    const struct job_streams *streams;
    const struct weir_app *app;
    struct router router;
    struct buffer scratch;
    struct job_steps steps;
    struct enrich_content_counts content;
    struct production production;
    struct producer *producer;
    /* Its first byte; and the file's path, for ids of events that have none. */
    const char *text;
    const char *path;
    struct json_indexer *indexer;
    struct weir_event event;
    void *context;
    FILE *output;
    size_t n_good;
    size_t n_dropped;
    size_t n_bad;
};

static void report_bad(struct trial *trial, size_t line, const char *type, const char *message)
{
    trial->n_bad++;
    fprintf(trial->output, "line %zu: %s: %s\n", line, type, message);
}

static int enrich(struct trial *trial)
{
    for (size_t i = 0; i < trial->steps.n_steps; i++) {
        const struct worker_step *step = &trial->steps.worker_steps[i];
        int r = step->run(step->step, &trial->event, NULL);
        if (r != 0) {
            return r;
        }
    }
    return trial->app->enrich == NULL ? 0 : trial->app->enrich(&trial->event, NULL, trial->context);
}

/* Enriches the event and makes it one of the sink's stream. Returns as producer_finish(), or WEIR_DROP. */
static int produce(struct trial *trial, bool *ret_is_dropped, struct event_failure *ret_failure)
{
    const struct json_document *document = &trial->event.document;
    struct stamp_origin origin = { trial->path, document->bytes - trial->text, document->bytes,
                                   document->len };
    int r = enrich(trial);
    *ret_is_dropped = r == WEIR_DROP;
    if (r == WEIR_DROP) {
        return 0;
    }
    if (r == 0) {
        return producer_finish(trial->producer, &trial->event, &origin, ret_failure);
    }
    r = event_explain(&trial->event, r, ret_failure);
    return r < 0 ? r : PRODUCER_REFUSED;
}

static int judge(struct trial *trial, size_t line)
{
    struct event_failure failure;
    bool is_dropped = false;
    int r = produce(trial, &is_dropped, &failure);
    if (r == PRODUCER_REFUSED) {
        report_bad(trial, line, failure.type.data, failure.message.data);
        return 0;
    }
    trial->n_dropped += is_dropped;
    trial->n_good += r == 0 && !is_dropped;
    return r;
}

/* Returns 0, or -errno when the machine fails. */
static int try_line(struct trial *trial, size_t line, const char *bytes, size_t len)
{
    const uint32_t *tokens;
    size_t n_tokens;
    int r = json_index(trial->indexer, bytes, len, &tokens, &n_tokens);
    if (r > 0) {
        report_bad(trial, line, ERROR_TYPE_PARSE, json_indexer_fault(trial->indexer).reason);
        return 0;
    }
    r = r < 0 ? r : event_begin(&trial->event, bytes, len, tokens, n_tokens);
    if (r > 0) {
        report_bad(trial, line, ERROR_TYPE_PARSE, event_fault(&trial->event).reason);
        return 0;
    }
    uint64_t key;
    r = r < 0 ? r : router_key(&trial->router, &trial->event.document, &trial->scratch, &key);
    if (r == ROUTE_CANARY) {
        trial->n_dropped++;
        return 0;
    }
    if (r == ROUTE_KEY_MISSING && trial->config->missing_key == MISSING_KEY_ERROR) {
        report_bad(trial, line, ERROR_TYPE_MISSING_KEY, "a field of the partition key is missing");
        return 0;
    }
    return r < 0 ? r : judge(trial, line);
}

/* As the file source sees it. */
static bool is_blank(const char *text, size_t len)
{
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    return len == 0;
}

static int try_lines(struct trial *trial, const char *text, size_t len)
{
    const char *end = text + len;
    for (size_t line = 1; text < end; line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline == NULL ? end : newline;
        size_t line_len = (size_t)(stop - text);
        line_len -= line_len > 0 && text[line_len - 1] == '\r';
        int r = is_blank(text, line_len) ? 0 : try_line(trial, line, text, line_len);
        event_reset(&trial->event);
        if (r < 0) {
            return r;
        }
        text = newline == NULL ? end : newline + 1;
    }
    return 0;
}

static int open_trial(struct trial *trial, struct problem *problem)
{
    int r = job_router_init(&trial->router, trial->config, &trial->streams->partition_by, problem);
    if (r == 0) {
        r = job_steps_open(&trial->steps, trial->config, &trial->content, problem);
    }
    if (r == 0) {
        r = production_open(&trial->production, trial->config, trial->streams, clock_system(),
                            problem);
    }
    if (r == 0 && producer_new(&trial->production, &trial->producer) < 0) {
        r = problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    trial->indexer = json_indexer_new(64 * 1024);
    if (r == 0 && trial->indexer == NULL) {
        r = problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    if (r == 0 && trial->app->worker_start != NULL) {
        r = trial->app->worker_start(trial->config->application, &trial->context);
        if (r < 0) {
            problem_set(problem, -r, EXIT_SOFTWARE, "worker_start: %s", strerror(-r));
        }
    }
    return r;
}

static void close_trial(struct trial *trial, bool is_open)
{
    if (is_open && trial->app->worker_stop != NULL) {
        trial->app->worker_stop(trial->context);
    }
    json_indexer_free(trial->indexer);
    event_deinit(&trial->event);
    job_steps_close(&trial->steps);
    producer_free(trial->producer);
    production_close(&trial->production);
    buffer_deinit(&trial->scratch);
    router_deinit(&trial->router);
}

static void print_summary(const struct trial *trial)
{
    const char *field;
    uint64_t count;
    for (size_t n = 0; tally_get(trial->production.dropped, n, &field, &count); n++) {
        fprintf(trial->output, "dropped field %s: %llu\n", field, (unsigned long long)count);
    }
    fprintf(trial->output, "events: %zu good, %zu dropped, %zu bad\n", trial->n_good,
            trial->n_dropped, trial->n_bad);
}

enum exit_code try_events(const struct config *config, const struct job_streams *streams,
                          const struct weir_app *app, const char *path, FILE *output)
{
    AUTO_FREE char *text = NULL;
    size_t len;
    if (requests_are_made(config, app)) {
        fprintf(stderr, "weir: check --events makes no requests, and this job makes some\n");
        return EXIT_CONFIG;
    }
    int r = file_read_all(path, FILE_LIMIT, &text, &len);
    if (r < 0) {
        fprintf(stderr, "weir: cannot read %s: %s\n", path, strerror(-r));
        return EXIT_IO;
    }
    struct trial trial = { .config = config,
                           .streams = streams,
                           .app = app,
                           .text = text,
                           .path = path,
                           .output = output };
    struct problem problem = { 0 };
    r = open_trial(&trial, &problem);
    bool is_open = r == 0;
    if (r == 0) {
        r = try_lines(&trial, text, len);
        if (r < 0) {
            problem_set(&problem, -r, EXIT_SOFTWARE, "%s", strerror(-r));
        }
    }
    /* What it has counted is then counted. */
    producer_free(trial.producer);
    trial.producer = NULL;
    if (r == 0) {
        print_summary(&trial);
    }
    close_trial(&trial, is_open);
    if (r < 0) {
        fprintf(stderr, "weir: %s\n", problem.text);
        return problem.exit_code;
    }
    return trial.n_bad == 0 ? EXIT_DONE : EXIT_MISMATCH;
}
