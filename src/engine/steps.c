/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/config.h>

/* Of page_content: revisions in a request, their sizes together, and the longest content. */
enum {
    MAX_KEYS = 50,
    MAX_GROUP_BYTES = 4 * 1000 * 1000,
    MAX_CONTENT_BYTES = 17825792,
};

static int open_http(const struct config_step *step, struct enrich_step **ret_step,
                     struct problem *problem)
{
    AUTO_FREE struct enrich_header *headers = calloc(step->headers.n_items + 1, sizeof(*headers));
    if (headers == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < step->headers.n_items; i++) {
        headers[i] =
            (struct enrich_header){ step->headers.items[i].name, step->headers.items[i].value };
    }
    const struct enrich_http_options options = {
        .url = step->url,
        .headers = headers,
        .n_headers = step->headers.n_items,
        .body = step->body,
        .method = step->method,
        .extract = step->extract,
        .into = step->path,
        .create_parents = step->create_parents,
        .skips_missing = step->on_missing == MISSING_SKIP,
        .is_idempotent = step->is_idempotent,
        .hosts = step->allowed_hosts.items,
        .n_hosts = step->allowed_hosts.n_items,
    };
    return enrich_http_new(&options, ret_step, problem);
}

/* What the step does not say, the application's section of production files may. */
static int open_content(const struct config *config, const struct config_step *step,
                        struct enrich_content_counts *counts, struct enrich_step **ret_step,
                        struct problem *problem)
{
    const char *endpoint = step->endpoint;
    int64_t max_content = step->max_content_bytes;
    if (endpoint == NULL &&
        weir_config_string(config->application, "/enrich/mediawiki_api_endpoint_template",
                           &endpoint) < 0) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "page_content: endpoint is missing; expected the URL of an "
                           "Action API, there or in enrich.mediawiki_api_endpoint_template");
    }
    if (max_content == 0 &&
        (weir_config_bytes(config->application, "/enrich/max_content_size", &max_content) < 0 ||
         max_content <= 0)) {
        max_content = MAX_CONTENT_BYTES;
    }
    const struct enrich_content_options options = {
        .endpoint = endpoint,
        .hosts = step->allowed_hosts.items,
        .n_hosts = step->allowed_hosts.n_items,
        .max_keys = step->max_keys > 0 ? (unsigned)step->max_keys : MAX_KEYS,
        .max_group_bytes =
            step->max_group_bytes > 0 ? (size_t)step->max_group_bytes : MAX_GROUP_BYTES,
        .linger_ms = step->linger_ms,
        .max_content_bytes = (size_t)max_content,
        .counts = counts,
    };
    return enrich_content_new(&options, ret_step, problem);
}

static int open_step(const struct config *config, const struct config_step *step,
                     struct enrich_content_counts *counts, struct enrich_step **ret_step,
                     struct problem *problem)
{
    switch (step->kind) {
    case STEP_HTTP:
        return open_http(step, ret_step, problem);
    case STEP_PAGE_CONTENT:
        return open_content(config, step, counts, ret_step, problem);
    case STEP_REMOVE:
        return enrich_remove_new(step->path, ret_step, problem);
    case STEP_COPY:
        return enrich_copy_new(step->from, step->path, step->create_parents,
                               step->on_missing == MISSING_SKIP, ret_step, problem);
    case STEP_FILTER:
        return enrich_filter_new(step->path, step->value, step->value_len,
                                 step->filter == FILTER_DROP, ret_step, problem);
    default:
        return enrich_set_new(step->path, step->value, step->value_len, step->create_parents,
                              ret_step, problem);
    }
}

/* A problem of the configuration is told with its place. */
static int place(const struct config_step *step, int r, struct problem *problem)
{
    if (r == 0 || problem->exit_code != EXIT_CONFIG) {
        return r;
    }
    const struct problem what = *problem;
    return problem_set(problem, -r, EXIT_CONFIG, "%s: %s", step->place, what.text);
}

int job_steps_open(struct job_steps *steps, const struct config *config,
                   struct enrich_content_counts *counts, struct problem *problem)
{
    steps->steps = calloc(config->n_steps + 1, sizeof(struct enrich_step *));
    steps->worker_steps = calloc(config->n_steps + 1, sizeof(*steps->worker_steps));
    if (steps->steps == NULL || steps->worker_steps == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < config->n_steps; i++) {
        const struct config_step *step = &config->steps[i];
        int r = open_step(config, step, counts, &steps->steps[i], problem);
        if (r < 0) {
            return place(step, r, problem);
        }
        steps->n_steps++;
        steps->worker_steps[i] = (struct worker_step){ enrich_step_run, steps->steps[i] };
    }
    return 0;
}

void job_steps_close(struct job_steps *steps)
{
    for (size_t i = 0; i < steps->n_steps; i++) {
        enrich_step_free(steps->steps[i]);
    }
    free(steps->steps);
    free(steps->worker_steps);
    *steps = (struct job_steps){ 0 };
}

int job_router_init(struct router *router, const struct config *config,
                    const struct config_list *partition_by, struct problem *problem)
{
    size_t field = 0;
    struct pointer_fault fault = { 0 };
    int r = router_init(router, partition_by->items, partition_by->n_items, &field, &fault);
    if (r == 0) {
        router->drops_canaries = config->source.canary == CANARY_DROP;
        return 0;
    }
    return problem_set(problem, -r, EXIT_CONFIG, "stream_manager.partition_by: %s: %s",
                       field < partition_by->n_items ? partition_by->items[field] : "",
                       fault.reason == NULL ? strerror(-r) : fault.reason);
}
