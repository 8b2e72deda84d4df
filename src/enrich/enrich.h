/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in steps: what the configuration's `steps` can do without an application. A step is compiled
 * once at start and immutable from then on; all workers share it.
 */
#ifndef WEIR_ENRICH_ENRICH_H
#define WEIR_ENRICH_ENRICH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct weir_event;
struct enrich_step;

/*
 * `set`: the value at path becomes json (JSON text without line breaks, checked here once). With
 * create_parents missing parent objects are made; else an event without them is an error event. Returns
 * 0, or -errno with problem filled (exit code 78).
 */
int enrich_set_new(const char *path, const char *json, size_t json_len, bool create_parents,
                   struct enrich_step **ret_step, struct problem *problem);

/* `remove`: the value at path goes away; an event that has none passes unchanged. */
int enrich_remove_new(const char *path, struct enrich_step **ret_step, struct problem *problem);

/*
 * `copy`: the value at path becomes what the value at from is then. With skips_missing an event that has
 * nothing at from passes unchanged; else it is an error event.
 */
int enrich_copy_new(const char *from, const char *path, bool create_parents, bool skips_missing,
                    struct enrich_step **ret_step, struct problem *problem);

/*
 * `filter`: an event matches where the value at path equals one of the values: a scalar as JSON text, or a
 * list of them (strings as they read, numbers as decimals: 1 is 1.0). Those that match are kept and the
 * others dropped; with drops the other way round.
 */
int enrich_filter_new(const char *path, const char *json, size_t json_len, bool drops,
                      struct enrich_step **ret_step, struct problem *problem);

void enrich_step_free(struct enrich_step *step);

/*
 * Applies a step (a struct enrich_step). Returns 0, WEIR_DROP, or a negative error with the event's failure
 * set. Thread: any worker.
 */
int enrich_step_run(const void *step, struct weir_event *event);

#endif
