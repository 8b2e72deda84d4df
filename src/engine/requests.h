/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of steps and functions: what all workers share of them, and each worker's client. */
#ifndef WEIR_ENGINE_REQUESTS_H
#define WEIR_ENGINE_REQUESTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"
#include "config/config.h"
#include "enrich/enrich.h"
#include "http/http_client.h"
#include "weir/app.h"
#include "worker/worker.h"

/* Zero-initialised is closed. */
struct job_requests {
    /* A step or the application makes requests: functions may wait. */
    bool are_made;
    struct http_settings settings;
    struct http_hosts *hosts;
    struct arena arena;
    /* Events under way in all workers. */
    atomic_size_t n_in_flight;
    atomic_size_t in_flight_peak;
    /* An enum worker_stop. */
    atomic_int stop;
    struct enrich_content_counts content;

    struct mutex lock;
    /* Guarded by lock: what the clients that have ended have counted. */
    struct http_counts counts;
    struct histogram latency;
};

/* Whether a step or the application makes requests. */
bool requests_are_made(const struct config *config, const struct weir_app *app);

struct requests_options {
    const struct config *config;
    const struct weir_app *app;
    size_t n_workers;
};

/* Returns 0, or -errno with problem filled; requests_close() either way. Raises RLIMIT_NOFILE. */
int requests_open(struct job_requests *requests, const struct requests_options *options,
                  struct problem *problem);
void requests_close(struct job_requests *requests);

/* A worker's client, to be freed by requests_client_free(). Thread: the worker. */
int requests_client_new(struct job_requests *requests, size_t index, const struct clock *clock,
                        struct wakeup *wakeup, struct room *room, void **worker,
                        struct http_client **ret_client);
/* Takes NULL. Adds up what it has counted. */
void requests_client_free(struct job_requests *requests, struct http_client *client);

/* What a worker's functions wait by. */
struct worker_waiting requests_waiting(struct job_requests *requests, const struct config *config,
                                       struct http_client *client, struct room *room,
                                       const struct clock *clock);

/* Appends `"http":{...}` of the report. Returns 0 or -ENOMEM. Once all clients are freed. */
int requests_report(struct job_requests *requests, struct buffer *text);

#endif
