/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what a step is. */
#ifndef WEIR_ENRICH_ENRICH_PRIVATE_H
#define WEIR_ENRICH_ENRICH_PRIVATE_H

#include "enrich/enrich.h"
#include "event/pointer.h"
#include "json/document.h"

/* A string, number, boolean or null to compare with. */
struct enrich_scalar {
    enum json_kind kind;
    /* Of a string what it means, else as it is written. */
    char *text;
    size_t len;
};

struct enrich_step {
    int (*run)(const struct enrich_step *step, struct weir_event *event, struct weir_http *http);
    /* What a kind of step keeps for itself, and frees; NULL: nothing. */
    void *own;
    void (*free_own)(void *own);
    struct pointer pointer;
    /* set, copy. */
    bool is_creating_parents;
    /* set: the value. */
    char *json;
    size_t json_len;
    /* copy. */
    struct pointer from;
    bool skips_missing;
    /* filter. */
    struct enrich_scalar *scalars;
    size_t n_scalars;
    bool drops;
};

/* A step that does nothing yet. Returns 0, or -errno with problem filled. */
int enrich_step_new(const char *path, struct enrich_step **ret_step, struct problem *problem);

/* The same for a further pointer of a step. */
int enrich_pointer(const char *path, struct pointer *ret_pointer, struct problem *problem);

/* Makes the parents of step->pointer where the step is to make them. Returns 0 or a negative error. */
int enrich_open_parents(const struct enrich_step *step, struct weir_event *event);

#endif
