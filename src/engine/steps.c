/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int open_step(const struct config_step *step, struct enrich_step **ret_step,
                     struct problem *problem)
{
    switch (step->kind) {
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

int job_steps_open(struct job_steps *steps, const struct config *config, struct problem *problem)
{
    steps->steps = calloc(config->n_steps + 1, sizeof(struct enrich_step *));
    steps->worker_steps = calloc(config->n_steps + 1, sizeof(*steps->worker_steps));
    if (steps->steps == NULL || steps->worker_steps == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < config->n_steps; i++) {
        int r = open_step(&config->steps[i], &steps->steps[i], problem);
        if (r < 0) {
            return r;
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
