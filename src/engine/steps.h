/* SPDX-License-Identifier: Apache-2.0 */
/* The configured steps and the partition key, compiled. */
#ifndef WEIR_ENGINE_STEPS_H
#define WEIR_ENGINE_STEPS_H

#include <stddef.h>

#include "base/error.h"
#include "config/config.h"
#include "enrich/enrich.h"
#include "route/router.h"
#include "worker/worker.h"

/* Zero-initialised is empty. Immutable once open: all workers share it. */
struct job_steps {
    struct enrich_step **steps;
    struct worker_step *worker_steps;
    size_t n_steps;
};

/*
 * counts is lent for their life. Returns 0, or -errno with problem filled; job_steps_close() either way.
 */
int job_steps_open(struct job_steps *steps, const struct config *config,
                   struct enrich_content_counts *counts, struct problem *problem);
void job_steps_close(struct job_steps *steps);

/* The router for the partition key that is in force. Returns 0, or -errno with problem filled. */
int job_router_init(struct router *router, const struct config *config,
                    const struct config_list *partition_by, struct problem *problem);

#endif
