/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start reads from outside, wired up: the network for the schema room, by the rules of
 * `http`, and the directory of its copies. One owner.
 */
#ifndef WEIR_ENGINE_OUTSIDE_H
#define WEIR_ENGINE_OUTSIDE_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"
#include "http/http_fetch.h"
#include "schema/access.h"

struct outside_options {
    /* Lent for the life of the object. */
    const struct config *config;
    const struct clock *clock;
    /* When it becomes readable, is_over is asked whether to end at once; -1: never. */
    int wake_fd;
    bool (*is_over)(void *context);
    void *context;
};

/* Zero-initialised is empty. */
struct outside {
    /* For the schema room. */
    struct schema_access access;
    struct http_fetch_options http;
    /* Made when it is needed first: a job of files alone does without. */
    struct http_fetch *fetch;
    struct arena arena;
};

/*
 * The time for all that is fetched begins here: startup_timeout. The object must not move after.
 * Returns 0, or -ENOMEM with problem filled; outside_deinit() either way.
 */
int outside_init(struct outside *outside, const struct outside_options *options,
                 struct problem *problem);
void outside_deinit(struct outside *outside);

/*
 * How requests name us: "job weir/0.1.0 (contact)", unless the configuration says otherwise; in arena. NULL
 * without memory.
 */
const char *outside_user_agent(const struct config *config, struct arena *arena);

#endif
