/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/enrich.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "event/pointer.h"

struct enrich_step {
    int (*run)(const struct enrich_step *step, struct weir_event *event);
    struct pointer pointer;
    /* set: the value. */
    char *json;
    size_t json_len;
    bool is_creating_parents;
};

/* The event itself remembers what was wrong, for its error event. */
static int run_set(const struct enrich_step *step, struct weir_event *event)
{
    if (step->is_creating_parents) {
        int r = event_create_parents_at(event, &step->pointer);
        if (r < 0) {
            return r;
        }
    }
    return event_set_raw_at(event, &step->pointer, step->json, step->json_len);
}

static int run_remove(const struct enrich_step *step, struct weir_event *event)
{
    int r = event_remove_at(event, &step->pointer);
    return r == -ENOENT ? 0 : r;
}

static int step_new(const char *path, struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = calloc(1, sizeof(*step));
    if (step == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    struct pointer_fault fault = { 0 };
    int r = pointer_init(&step->pointer, path, strlen(path), &fault);
    if (r < 0) {
        enrich_step_free(step);
        return problem_set(problem, -r, EXIT_CONFIG, "steps: \"%s\" is not a JSON Pointer: %s",
                           path, fault.reason == NULL ? strerror(-r) : fault.reason);
    }
    *ret_step = step;
    return 0;
}

int enrich_set_new(const char *path, const char *json, size_t json_len, bool create_parents,
                   struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = step_new(path, &step, problem);
    if (r < 0) {
        return r;
    }
    step->run = run_set;
    step->is_creating_parents = create_parents;
    step->json_len = json_len;
    step->json = strndup(json, json_len);
    if (step->json == NULL) {
        enrich_step_free(step);
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    *ret_step = step;
    return 0;
}

int enrich_remove_new(const char *path, struct enrich_step **ret_step, struct problem *problem)
{
    int r = step_new(path, ret_step, problem);
    if (r == 0) {
        (*ret_step)->run = run_remove;
    }
    return r;
}

void enrich_step_free(struct enrich_step *step)
{
    if (step == NULL) {
        return;
    }
    pointer_deinit(&step->pointer);
    free(step->json);
    free(step);
}

int enrich_step_run(const void *step, struct weir_event *event)
{
    const struct enrich_step *self = step;
    return self->run(self, event);
}
