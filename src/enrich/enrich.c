/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/enrich.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/enrich_private.h"
#include "event/event.h"
#include "json/document.h"
#include "json/index.h"
#include "json/walk.h"

int enrich_open_parents(const struct enrich_step *step, struct weir_event *event)
{
    return step->is_creating_parents ? event_create_parents_at(event, &step->pointer) : 0;
}

/* The event itself remembers what was wrong, for its error event. */
static int run_set(const struct enrich_step *step, struct weir_event *event, struct weir_http *http)
{
    (void)http;
    int r = enrich_open_parents(step, event);
    return r < 0 ? r : event_set_raw_at(event, &step->pointer, step->json, step->json_len);
}

static int run_remove(const struct enrich_step *step, struct weir_event *event,
                      struct weir_http *http)
{
    (void)http;
    int r = event_remove_at(event, &step->pointer);
    return r == -ENOENT ? 0 : r;
}

int enrich_pointer(const char *path, struct pointer *ret_pointer, struct problem *problem)
{
    struct pointer_fault fault = { 0 };
    int r = pointer_init(ret_pointer, path, strlen(path), &fault);
    return r == 0 ? 0
                  : problem_set(problem, -r, EXIT_CONFIG, "\"%s\" is not a JSON Pointer: %s", path,
                                fault.reason == NULL ? strerror(-r) : fault.reason);
}

int enrich_step_new(const char *path, struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = calloc(1, sizeof(*step));
    if (step == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    int r = enrich_pointer(path, &step->pointer, problem);
    if (r < 0) {
        enrich_step_free(step);
        return r;
    }
    *ret_step = step;
    return 0;
}

/* Walks the tokens of a value as strictly as an event. Returns 0, -EINVAL, or -ENOMEM. */
static int walk_value(struct json_document *document, uint32_t max_depth)
{
    if (document->n_tokens == 0) {
        return -EINVAL;
    }
    document->links = malloc(document->n_tokens * sizeof(*document->links));
    if (document->links == NULL) {
        return -ENOMEM;
    }
    struct json_fault fault;
    int r = json_walk(document, max_depth, &fault);
    free(document->links);
    /* It goes into events as it is: a line break in it would tear their lines. */
    return r != 0 || document->has_break ? -EINVAL : 0;
}

/* What is set is not looked at again: an event with it must be an event. */
static int check_value(const char *json, size_t json_len, uint32_t max_depth)
{
    struct json_indexer *indexer = json_indexer_new(json_len);
    if (indexer == NULL) {
        return -ENOMEM;
    }
    struct json_document document = { .bytes = json, .len = json_len };
    size_t n_tokens = 0;
    int r = json_index(indexer, json, json_len, &document.tokens, &n_tokens);
    document.n_tokens = (uint32_t)n_tokens;
    if (r == 0) {
        r = walk_value(&document, max_depth);
    }
    json_indexer_free(indexer);
    return r > 0 ? -EINVAL : r;
}

int enrich_set_new(const char *path, const char *json, size_t json_len, bool create_parents,
                   struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = enrich_step_new(path, &step, problem);
    if (r < 0) {
        return r;
    }
    r = check_value(json, json_len, JSON_MAX_DEPTH - step->pointer.n_steps);
    if (r < 0) {
        enrich_step_free(step);
        return r == -ENOMEM ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory")
                            : problem_set(problem, -r, EXIT_CONFIG,
                                          "the value for \"%s\" is not JSON", path);
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
    int r = enrich_step_new(path, ret_step, problem);
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
    pointer_deinit(&step->from);
    for (size_t i = 0; i < step->n_scalars; i++) {
        free(step->scalars[i].text);
    }
    free(step->scalars);
    if (step->free_own != NULL) {
        step->free_own(step->own);
    }
    free(step->json);
    free(step);
}

int enrich_step_run(const void *step, struct weir_event *event, struct weir_http *http)
{
    const struct enrich_step *self = step;
    return self->run(self, event, http);
}
