/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a worker thread: takes slice lists from its queue, walks each event strictly, runs the
 * steps and the application's function, makes the result what the sink's stream asks for, renders the
 * output line, and pushes results to the writer.
 *
 * Events of one key reach one worker in order, and a worker finishes them in order.
 */
#ifndef WEIR_WORKER_WORKER_H
#define WEIR_WORKER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "event/event.h"
#include "event/position.h"
#include "event/queue.h"
#include "event/result.h"

/* A configured enrichment. Immutable: all workers share it. */
struct worker_step {
    /* Returns 0, WEIR_DROP, or a negative error (weir_event_fail() may have said more). */
    int (*run)(const void *step, struct weir_event *event);
    const void *step;
};

/* An event that cannot be delivered, and why. Everything is lent for the call. */
struct worker_fault {
    const char *type;
    const char *message;
    /* The source event's bytes; NULL when they were not kept. */
    const char *raw;
    size_t raw_len;
    struct position position;
};

/* Outcome of worker_options.finish: it is an error event. */
enum { WORKER_REFUSED = 1 };

struct weir_http;

struct worker_options {
    /* Of struct work, from the reader. */
    struct queue *input;
    /* Of struct result_batch, to the writer. */
    struct queue *output;
    struct result_pool *results;
    const struct worker_step *steps;
    size_t n_steps;
    /* The application's function and its context; NULL: none. */
    int (*enrich)(struct weir_event *event, struct weir_http *http, void *context);
    void *context;
    /* An event without a key field is no error. */
    bool is_keyless_allowed;
    /*
     * Makes an enriched event what the sink may get. Returns 0, WORKER_REFUSED with *ret_failure filled
     * (its texts live until event_reset() or the next call), or -errno. NULL: it may get any.
     */
    int (*finish)(void *finish_context, struct weir_event *event, const struct position *position,
                  struct event_failure *ret_failure);
    void *finish_context;
    /* Appends the error event's line (with its newline); none where it is kept elsewhere. Returns 0 or -errno. */
    int (*render_fault)(void *render_context, const struct worker_fault *fault,
                        struct buffer *ret_line);
    void *render_context;
    /* Called once, from the worker thread, when this machine fails the worker. */
    void (*failed)(void *failed_context);
    void *failed_context;
    /* A result batch is handed on when its lines reach so many bytes. */
    size_t block_bytes;
    /* A source batch above it stays out until its results are written. */
    size_t large_bytes;
};

struct worker;

/* Copies options. Returns 0 or -errno. */
int worker_new(const struct worker_options *options, struct worker **ret_worker);
void worker_free(struct worker *worker);

/*
 * Works until the input queue is closed and empty. Returns 0, or -errno when this machine fails the
 * worker (out of memory); the rest of the input is then given back (VERDICT_RETURN).
 * Thread: worker. Blocks: on its queues.
 */
int worker_run(struct worker *worker);

#endif
