/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in steps: what the configuration's `steps` can do without an application. A step is compiled
 * once at start and immutable from then on; all workers share it.
 */
#ifndef WEIR_ENRICH_ENRICH_H
#define WEIR_ENRICH_ENRICH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct weir_event;
struct weir_http;
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

struct enrich_header {
    const char *name;
    const char *value;
};

struct enrich_http_options {
    /* Templates (template.h). */
    const char *url;
    const struct enrich_header *headers;
    size_t n_headers;
    /* NULL: none. */
    const char *body;
    /* NULL: GET. */
    const char *method;
    /* A JSON Pointer into the reply; NULL: all of it, as a string. */
    const char *extract;
    const char *into;
    bool create_parents;
    /* An event for which there is nothing passes unchanged. */
    bool skips_missing;
    bool is_idempotent;
    /* Where a URL may lead whose host an event names; "*.example.org" is any host below it. */
    const char *const *hosts;
    size_t n_hosts;
};

/* `http`: a request for each event, whose reply goes into the event. */
int enrich_http_new(const struct enrich_http_options *options, struct enrich_step **ret_step,
                    struct problem *problem);

/* What page_content steps have counted, all workers together. */
struct enrich_content_counts {
    /* Revisions whose text is hidden; whose hash is another than the event says; bodies that were set. */
    _Atomic uint64_t hidden;
    _Atomic uint64_t sha1_mismatch;
    _Atomic uint64_t set;
};

struct enrich_content_options {
    /*
     * http://host/w/api.php, in which {/meta/domain} may stand for the wiki's name; the Host header is the
     * event's meta.domain.
     */
    const char *endpoint;
    /* Where the endpoint may lead if its host is the event's, as of http. */
    const char *const *hosts;
    size_t n_hosts;
    unsigned max_keys;
    size_t max_group_bytes;
    int64_t linger_ms;
    size_t max_content_bytes;
    /* Lent for the step's life. */
    struct enrich_content_counts *counts;
};

/*
 * `page_content`: the content of each slot of the revision, from the wiki's Action API, many revisions in one
 * request.
 */
int enrich_content_new(const struct enrich_content_options *options, struct enrich_step **ret_step,
                       struct problem *problem);

void enrich_step_free(struct enrich_step *step);

/*
 * Applies a step (a struct enrich_step). Returns 0, WEIR_DROP, or a negative error with the event's failure
 * set. Thread: any worker.
 */
int enrich_step_run(const void *step, struct weir_event *event, struct weir_http *http);

#endif
