/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a worker thread: takes slice lists from its queue, walks each event strictly, runs the
 * steps and the application's function, makes the result what the sink's stream asks for, renders the
 * output line, and pushes results to the writer.
 *
 * Events of one key reach one worker in order, and a worker finishes them in order. Where functions may
 * wait (worker_waiting), many events are under way at once, each in a fiber of its own and with a copy of
 * its bytes: those of one key still one after the other, others as they come. Where none waits, none of
 * that exists.
 */
#ifndef WEIR_WORKER_WORKER_H
#define WEIR_WORKER_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "event/event.h"
#include "event/position.h"
#include "event/queue.h"
#include "event/result.h"

struct weir_http;

/* A configured enrichment. Immutable: all workers share it. */
struct worker_step {
    /*
     * Returns 0, WEIR_DROP, or a negative error (weir_event_fail() may have said more). http is NULL where no
     * function waits.
     */
    int (*run)(const void *step, struct weir_event *event, struct weir_http *http);
    const void *step;
};

/* What the events of a worker keep to. */
enum worker_order {
    /* One after the other for each key. */
    WORKER_BY_KEY,
    /* At once; they leave in the order of their source partition. */
    WORKER_BY_SOURCE,
    WORKER_UNORDERED,
};

/* How far a worker is to stop. */
enum worker_stop {
    WORKER_GOES_ON,
    /* Nothing is begun; what waits is given back; what is under way may end. */
    WORKER_STOPS,
    /* What is under way is given back, too. */
    WORKER_GIVES_UP,
};

/* What makes functions wait: one worker's, handed in by the engine. */
struct worker_waiting {
    /* NULL: functions of this worker never wait, and what follows means nothing. */
    void *context;
    /* The session of an event's function; waiter is for worker_wake(). NULL without memory. */
    struct weir_http *(*begin)(void *context, struct weir_event *event, void *waiter);
    /* Its function has returned. True: it was called off, and the event is to be given back. */
    bool (*end)(struct weir_http *session);
    /* Does what there is to do, calls worker_wake(), waits up to timeout_ns. Returns 0 or -errno. */
    int (*poll)(void *context, int64_t timeout_ns);
    /* How many wait for what a host allows: events that ask it too would do no more. */
    size_t (*n_parked)(const void *context);
    /* Calls off what waits, or everything. */
    void (*cancel)(void *context, bool everything);
    enum worker_order order;
    size_t stack_size;
    /* Events under way in all workers together, the most there were, and how many there may be. */
    atomic_size_t *n_in_flight;
    atomic_size_t *in_flight_peak;
    size_t max_in_flight;
    /* An enum worker_stop, set by whoever then wakes the poll. */
    const atomic_int *stop;
    /* What events under way are charged to. */
    struct room *room;
    const struct clock *clock;
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
    struct worker_waiting waiting;
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

/* Suspends the function that is running, until worker_wake() is called with its waiter. Thread: worker. */
void worker_suspend(void *worker);
void worker_wake(void *worker, void *waiter);

#endif
