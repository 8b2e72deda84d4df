/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a worker whose functions wait. One thread does all of it, in turns:
 *
 *     take      events from the queue, as long as there is room: each becomes a flight in its lane
 *     run       flights that are ready: begins their functions, or goes on with them
 *     emit      the results of those that are done and whose turn it is
 *     hand on   results, when there are many or they have waited
 *     poll      the client: sends, receives, and says which flights may go on
 *
 * A lane's first flight alone is worked on (WORKER_BY_KEY), or leaves (WORKER_BY_SOURCE). Nothing here blocks
 * but the poll: where the writer has no result batch to give, results wait in their flights, and nothing
 * new is begun.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "worker/flights_private.h"

enum {
    FIBERS_IDLE_MAX = 256,
    FLIGHTS_IDLE_MAX = 1024,
};

/* How long a result waits for others; how soon it is looked again for what nobody tells of. */
#define RESULT_LINGER_NS (1 * NS_PER_MS)
#define LOOK_AGAIN_NS    (2 * NS_PER_MS)
#define LOOK_SELDOM_NS   (20 * NS_PER_MS)

void flights_fail(struct worker *worker, int error)
{
    if (worker->failure == 0) {
        worker->failure = error;
        worker->options.failed(worker->options.failed_context);
        worker->options.waiting.cancel(worker->options.waiting.context, true);
    }
}

/* Whether there is a result batch to write to; takes one if there is none. */
bool flights_has_results(struct flights *flights, int64_t read_ns)
{
    struct worker *worker = flights->worker;
    if (worker->results != NULL && worker_is_block_full(worker)) {
        worker_hand_on(worker);
    }
    if (worker->results == NULL) {
        worker->results = result_pool_try_take(worker->options.results);
        if (worker->results == NULL) {
            return false;
        }
        worker->results->read_ns = read_ns;
        flights->results_since_ns = flights_now_ns(flights);
    }
    if (read_ns < worker->results->read_ns) {
        worker->results->read_ns = read_ns;
    }
    return true;
}

/* The event's line or verdict, into the results. */
static int write_result(struct worker *worker, struct flight *flight)
{
    const struct subject subject = {
        .event = &flight->event,
        .raw = flight->document.bytes,
        .raw_len = flight->document.len,
        .position = &flight->position,
    };
    if (worker->failure < 0 || flight->is_called_off) {
        return worker_record(worker, &flight->position, VERDICT_RETURN);
    }
    if (flight->refusal > 0) {
        return worker_refuse(worker, &subject, flight->refusal, &flight->fault);
    }
    if (flight->is_keyless && !worker->options.is_keyless_allowed) {
        return worker_refuse_keyless(worker, &subject);
    }
    return worker_conclude(worker, &subject, flight->result);
}

static void retire(struct flights *flights, struct flight *flight)
{
    const struct worker_waiting *waiting = flights_waiting(flights);
    flight_unload(flight);
    room_set(waiting->room, flight->charged, 0);
    flight->charged = 0;
    atomic_fetch_sub_explicit(waiting->n_in_flight, 1, memory_order_relaxed);
    flights->n_flights--;
    flights->has_progress = true;
    if (flights->n_idle < FLIGHTS_IDLE_MAX) {
        /* Used last, and so in the cache still. */
        flight_push_first(&flights->idle, flight);
        flights->n_idle++;
    } else {
        flight_free(flight);
    }
}

/* Lets the next of the lane have its turn. */
static void leave_lane(struct flights *flights, struct flight *flight)
{
    if (flights_waiting(flights)->order == WORKER_UNORDERED) {
        return;
    }
    struct flight *next = (struct flight *)lanes_leave(flights->lanes, &flight->lane);
    if (next == NULL) {
        return;
    }
    next->is_first = true;
    if (flights_waiting(flights)->order == WORKER_BY_KEY) {
        flight_push(&flights->ready, next);
    } else if (next->is_done) {
        flight_push(&flights->unsent, next);
    }
}

/* Writes the result of a flight whose turn it is. False: there is nowhere to write to. */
static bool emit(struct flights *flights, struct flight *flight)
{
    struct worker *worker = flights->worker;
    if (!flights_has_results(flights, flight->read_ns)) {
        return false;
    }
    int r = write_result(worker, flight);
    if (r < 0) {
        flights_fail(worker, r);
        /* Without memory even for this the position stays open: the ledger never passes it. */
        (void)worker_record(worker, &flight->position, VERDICT_RETURN);
    }
    result_batch_settle(worker->results);
    leave_lane(flights, flight);
    retire(flights, flight);
    return true;
}

static void complete(struct flights *flights, struct flight *flight)
{
    flight->is_done = true;
    if (flight->session != NULL) {
        bool was_called_off = flights_waiting(flights)->end(flight->session);
        flight->is_called_off = flight->is_called_off || was_called_off;
        flight->session = NULL;
    }
    if (flight->is_first) {
        flight_push(&flights->unsent, flight);
    }
}

static void run_function(void *argument)
{
    struct flight *flight = argument;
    flight->result = worker_enrich(flight->worker, &flight->event, flight->session);
}

/* Walks the document. False: it is refused. Returns -errno through *ret_error. */
static bool begin_document(struct flight *flight, int *ret_error)
{
    *ret_error = 0;
    if (flight->refusal > 0) {
        return false;
    }
    flight->is_begun = true;
    const struct json_document *document = &flight->document;
    int r = document->links != NULL ? event_begin_walked(&flight->event, document)
                                    : event_begin(&flight->event, document->bytes, document->len,
                                                  document->tokens, document->n_tokens);
    flight->fault = event_fault(&flight->event);
    flight->refusal = r > 0 ? r : 0;
    *ret_error = r < 0 ? r : 0;
    return r == 0;
}

/* Without memory for a stack: given back by and by, or at once when nobody else will give any. */
static void start(struct flights *flights, struct flight *flight)
{
    struct worker *worker = flights->worker;
    const struct worker_waiting *waiting = flights_waiting(flights);
    int error = 0;
    if (flights->stop != WORKER_GOES_ON || worker->failure < 0) {
        flight->is_called_off = true;
    } else if (begin_document(flight, &error) &&
               !(flight->is_keyless && !worker->options.is_keyless_allowed)) {
        flight->session = waiting->begin(waiting->context, &flight->event, flight);
        error = flight->session == NULL
                    ? -ENOMEM
                    : fiber_start(flights->fibers, run_function, flight, &flight->fiber);
    }
    if (error < 0) {
        flights_fail(worker, error);
    }
    if (flight->fiber == NULL) {
        complete(flights, flight);
    }
}

static void run_ready(struct flights *flights)
{
    struct flight *flight;
    while ((flight = flight_pop(&flights->ready)) != NULL) {
        if (flight->fiber == NULL) {
            start(flights, flight);
        } else if (!fiber_resume(flight->fiber)) {
            flight->fiber = NULL;
            complete(flights, flight);
        }
    }
}

static void send_unsent(struct flights *flights)
{
    while (flights->unsent.first != NULL) {
        struct flight *flight = flight_pop(&flights->unsent);
        if (!emit(flights, flight)) {
            flight_push_first(&flights->unsent, flight);
            return;
        }
    }
}

static void look_at_stop(struct flights *flights)
{
    const struct worker_waiting *waiting = flights_waiting(flights);
    enum worker_stop stop =
        (enum worker_stop)atomic_load_explicit(waiting->stop, memory_order_relaxed);
    if (stop > flights->stop) {
        flights->stop = stop;
        waiting->cancel(waiting->context, stop == WORKER_GIVES_UP);
    }
}

/* How long the poll may wait. */
static int64_t wait_ns(const struct flights *flights)
{
    int64_t most_ns = INT64_MAX;
    if (flights->ready.first != NULL || flights->has_more) {
        return 0;
    }
    if (flights->is_blocked || flights->unsent.first != NULL) {
        /* What ends here is seen at once; what ends in other workers is not told of. */
        bool waits_for_own = flights->unsent.first == NULL && flights->n_flights > 0;
        most_ns = waits_for_own ? LOOK_SELDOM_NS : LOOK_AGAIN_NS;
    }
    if (flights->is_ahead && most_ns > AHEAD_WAIT_NS) {
        most_ns = AHEAD_WAIT_NS;
    }
    if (flights->worker->results != NULL) {
        int64_t left_ns = flights->results_since_ns + RESULT_LINGER_NS - flights_now_ns(flights);
        most_ns = left_ns < most_ns ? left_ns : most_ns;
    }
    return most_ns > 0 ? most_ns : 0;
}

static void hand_on_what_waited(struct flights *flights)
{
    bool has_waited = flights->worker->results != NULL &&
                      flights_now_ns(flights) >= flights->results_since_ns + RESULT_LINGER_NS;
    if (has_waited) {
        worker_hand_on(flights->worker);
    }
}

static bool is_finished(const struct flights *flights)
{
    return flights->n_flights == 0 && flights->work == NULL &&
           queue_is_finished(flights->worker->options.input);
}

static void loop(struct flights *flights)
{
    const struct worker_waiting *waiting = flights_waiting(flights);
    while (!is_finished(flights)) {
        look_at_stop(flights);
        flights_take(flights);
        run_ready(flights);
        send_unsent(flights);
        if (is_finished(flights)) {
            break;
        }
        int r = waiting->poll(waiting->context, wait_ns(flights));
        if (r < 0) {
            flights_fail(flights->worker, r);
        }
        if (flights->ready.first == NULL) {
            hand_on_what_waited(flights);
        }
    }
    worker_hand_on(flights->worker);
}

static int flights_open(struct flights *flights)
{
    const struct worker_waiting *waiting = flights_waiting(flights);
    const struct fiber_options options = { waiting->stack_size, FIBERS_IDLE_MAX };
    int r = lanes_new(waiting->max_in_flight, &flights->lanes);
    if (r == 0) {
        r = fiber_pool_new(&options, &flights->fibers);
    }
    return r < 0 ? r : fiber_pool_watch(flights->fibers, "http.stack_size");
}

static void flights_close(struct flights *flights)
{
    struct flight *flight;
    while ((flight = flight_pop(&flights->idle)) != NULL) {
        flight_free(flight);
    }
    fiber_pool_free(flights->fibers);
    lanes_free(flights->lanes);
}

int flights_run(struct worker *worker)
{
    struct flights flights = { .worker = worker };
    worker->flights = &flights;
    int r = flights_open(&flights);
    if (r == 0) {
        loop(&flights);
    }
    flights_close(&flights);
    worker->flights = NULL;
    return r < 0 ? r : worker->failure;
}

void flights_suspend(struct worker *worker)
{
    fiber_suspend(worker->flights->fibers);
}

void flights_wake(struct worker *worker, void *waiter)
{
    flight_push(&worker->flights->ready, waiter);
}
