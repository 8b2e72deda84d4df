/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/try_events.h"

#include <errno.h>
#include <string.h>

#include "base/filesystem.h"
#include "engine/steps.h"
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
        int r = step->run(step->step, &trial->event);
        if (r != 0) {
            return r;
        }
    }
    return trial->app->enrich == NULL ? 0 : trial->app->enrich(&trial->event, NULL, trial->context);
}

static int judge(struct trial *trial, size_t line)
{
    int r = enrich(trial);
    if (r == WEIR_DROP) {
        trial->n_dropped++;
        return 0;
    }
    if (r == 0) {
        trial->n_good++;
        return 0;
    }
    struct event_failure failure;
    int explained = event_explain(&trial->event, r, &failure);
    if (explained == 0) {
        report_bad(trial, line, failure.type.data, failure.message.data);
    }
    return explained;
}

/* Returns 0, or -errno when the machine fails. */
static int try_line(struct trial *trial, size_t line, const char *bytes, size_t len)
{
    const uint32_t *tokens;
    size_t n_tokens;
    int r = json_index(trial->indexer, bytes, len, &tokens, &n_tokens);
    if (r > 0) {
        report_bad(trial, line, "ParseError", json_indexer_fault(trial->indexer).reason);
        return 0;
    }
    r = r < 0 ? r : event_begin(&trial->event, bytes, len, tokens, n_tokens);
    if (r > 0) {
        report_bad(trial, line, "ParseError", event_fault(&trial->event).reason);
        return 0;
    }
    uint64_t key;
    r = r < 0 ? r : router_key(&trial->router, bytes, len, tokens, n_tokens, &trial->scratch, &key);
    if (r == ROUTE_CANARY) {
        trial->n_dropped++;
        return 0;
    }
    if (r == ROUTE_KEY_MISSING && trial->config->missing_key == MISSING_KEY_ERROR) {
        report_bad(trial, line, "MissingKeyError", "a field of the partition key is missing");
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
        r = job_steps_open(&trial->steps, trial->config, problem);
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
    buffer_deinit(&trial->scratch);
    router_deinit(&trial->router);
}

enum exit_code try_events(const struct config *config, const struct job_streams *streams,
                          const struct weir_app *app, const char *path, FILE *output)
{
    AUTO_FREE char *text = NULL;
    size_t len;
    int r = file_read_all(path, FILE_LIMIT, &text, &len);
    if (r < 0) {
        fprintf(stderr, "weir: cannot read %s: %s\n", path, strerror(-r));
        return EXIT_IO;
    }
    struct trial trial = { .config = config, .streams = streams, .app = app, .output = output };
    struct problem problem = { 0 };
    r = open_trial(&trial, &problem);
    bool is_open = r == 0;
    if (r == 0) {
        r = try_lines(&trial, text, len);
        if (r < 0) {
            problem_set(&problem, -r, EXIT_SOFTWARE, "%s", strerror(-r));
        }
    }
    close_trial(&trial, is_open);
    if (r < 0) {
        fprintf(stderr, "weir: %s\n", problem.text);
        return problem.exit_code;
    }
    fprintf(output, "events: %zu good, %zu dropped, %zu bad\n", trial.n_good, trial.n_dropped,
            trial.n_bad);
    return trial.n_bad == 0 ? EXIT_DONE : EXIT_MISMATCH;
}
