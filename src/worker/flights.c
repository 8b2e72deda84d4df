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
#include "worker/flight.h"

enum {
    FIBERS_IDLE_MAX = 256,
    FLIGHTS_IDLE_MAX = 1024,
    /* How many wait for hosts before no more are taken, as long as some end; how many are taken at once. */
    AHEAD_MAX = 64,
    TAKEN_MAX = 64,
};

/* How long a result waits for others; how soon it is looked again for what nobody tells of. */
#define RESULT_LINGER_NS (1 * NS_PER_MS)
#define AHEAD_WAIT_NS    (2 * NS_PER_MS)
#define LOOK_AGAIN_NS    (2 * NS_PER_MS)
#define LOOK_SELDOM_NS   (20 * NS_PER_MS)

struct flights {
    struct worker *worker;
    struct fiber_pool *fibers;
    struct lanes *lanes;
    struct flight_list ready;
    /* Done, and their turn; no result batch was free. */
    struct flight_list unsent;
    struct flight_list idle;
    size_t n_idle;
    size_t n_flights;
    /* The slice list that is being taken, and the event that comes next. */
    struct work *work;
    size_t next_event;
    /* When the first result of worker->results was added. */
    int64_t results_since_ns;
    enum worker_stop stop;
    bool is_blocked;
    /* Nothing is taken now, though there is room. */
    bool is_ahead;
    /* There is more to take. */
    bool has_more;
    /* An event has ended since progress_ns was set. */
    bool has_progress;
    int64_t progress_ns;
};

static const struct worker_waiting *waiting_of(const struct flights *flights)
{
    return &flights->worker->options.waiting;
}

static int64_t now_ns(const struct flights *flights)
{
    return clock_now_ns(waiting_of(flights)->clock);
}

static void fail_worker(struct worker *worker, int error)
{
    if (worker->failure == 0) {
        worker->failure = error;
        worker->options.failed(worker->options.failed_context);
        worker->options.waiting.cancel(worker->options.waiting.context, true);
    }
}

/* Whether there is a result batch to write to; takes one if there is none. */
static bool has_results(struct flights *flights, int64_t read_ns)
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
        flights->results_since_ns = now_ns(flights);
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
        .raw = flight->bytes,
        .raw_len = flight->len,
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
    const struct worker_waiting *waiting = waiting_of(flights);
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
    if (waiting_of(flights)->order == WORKER_UNORDERED) {
        return;
    }
    struct flight *next = (struct flight *)lanes_leave(flights->lanes, &flight->lane);
    if (next == NULL) {
        return;
    }
    next->is_first = true;
    if (waiting_of(flights)->order == WORKER_BY_KEY) {
        flight_push(&flights->ready, next);
    } else if (next->is_done) {
        flight_push(&flights->unsent, next);
    }
}

/* Writes the result of a flight whose turn it is. False: there is nowhere to write to. */
static bool emit(struct flights *flights, struct flight *flight)
{
    struct worker *worker = flights->worker;
    if (!has_results(flights, flight->read_ns)) {
        return false;
    }
    int r = write_result(worker, flight);
    if (r < 0) {
        fail_worker(worker, r);
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
        bool was_called_off = waiting_of(flights)->end(flight->session);
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
    int r =
        event_begin(&flight->event, flight->bytes, flight->len, flight->tokens, flight->n_tokens);
    flight->fault = event_fault(&flight->event);
    flight->refusal = r > 0 ? r : 0;
    *ret_error = r < 0 ? r : 0;
    return r == 0;
}

/* Without memory for a stack: given back by and by, or at once when nobody else will give any. */
static void start(struct flights *flights, struct flight *flight)
{
    struct worker *worker = flights->worker;
    const struct worker_waiting *waiting = waiting_of(flights);
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
        fail_worker(worker, error);
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

static struct flight *take_idle(struct flights *flights)
{
    struct flight *flight = flight_pop(&flights->idle);
    if (flight != NULL) {
        flights->n_idle--;
        return flight;
    }
    flight = calloc(1, sizeof(*flight));
    if (flight != NULL) {
        flight->worker = flights->worker;
    }
    return flight;
}

/* Puts a flight where it waits for its turn. */
static void enter_lane(struct flights *flights, struct flight *flight,
                       const struct batch_event *event)
{
    switch (waiting_of(flights)->order) {
    case WORKER_BY_KEY:
        flight->lane.key = event->key;
        flight->is_first = lanes_enter(flights->lanes, &flight->lane);
        break;
    case WORKER_BY_SOURCE:
        flight->lane.key = event->position.partition;
        flight->is_first = lanes_enter(flights->lanes, &flight->lane);
        break;
    case WORKER_UNORDERED:
        flight->is_first = true;
        break;
    }
    if (flight->is_first || waiting_of(flights)->order != WORKER_BY_KEY) {
        flight_push(&flights->ready, flight);
    }
}

/* One more is under way. False: there are as many as there may be. */
static bool count_in(const struct worker_waiting *waiting)
{
    size_t n = atomic_fetch_add_explicit(waiting->n_in_flight, 1, memory_order_relaxed) + 1;
    if (n > waiting->max_in_flight) {
        atomic_fetch_sub_explicit(waiting->n_in_flight, 1, memory_order_relaxed);
        return false;
    }
    size_t peak = atomic_load_explicit(waiting->in_flight_peak, memory_order_relaxed);
    while (n > peak &&
           !atomic_compare_exchange_weak_explicit(waiting->in_flight_peak, &peak, n,
                                                  memory_order_relaxed, memory_order_relaxed)) {
        /* Another worker was first. */
    }
    return true;
}

/* A document becomes a flight. False: there is no room for it now. */
static bool take_document(struct flights *flights, const struct batch *batch,
                          const struct batch_event *event)
{
    const struct worker_waiting *waiting = waiting_of(flights);
    size_t cost = flight_cost(event);
    if (!count_in(waiting)) {
        return false;
    }
    struct flight *flight = NULL;
    int r = room_try(waiting->room, 0, cost) ? 0 : -EAGAIN;
    if (r == 0) {
        flight = take_idle(flights);
        r = flight == NULL ? -ENOMEM : flight_load(flight, batch, event);
    }
    if (r == 0) {
        flight->charged = cost;
        flights->n_flights++;
        enter_lane(flights, flight, event);
        return true;
    }
    atomic_fetch_sub_explicit(waiting->n_in_flight, 1, memory_order_relaxed);
    if (r == -EAGAIN) {
        return false;
    }
    room_set(waiting->room, cost, 0);
    if (flight != NULL) {
        flight_free(flight);
    }
    fail_worker(flights->worker, r);
    return false;
}

/* What no function sees: gone through at once. False: there is nowhere to write to. */
static bool take_other(struct flights *flights, const struct batch *batch,
                       const struct batch_event *event, bool is_given_back)
{
    struct worker *worker = flights->worker;
    if (!has_results(flights, batch->read_ns)) {
        return false;
    }
    int r = is_given_back ? worker_record(worker, &event->position, VERDICT_RETURN)
                          : worker_pass(worker, batch, event);
    if (r < 0) {
        fail_worker(worker, r);
        (void)worker_record(worker, &event->position, VERDICT_RETURN);
    }
    result_batch_settle(worker->results);
    return true;
}

static bool take_event(struct flights *flights, const struct batch *batch,
                       const struct batch_event *event)
{
    bool is_stopped = flights->stop != WORKER_GOES_ON || flights->worker->failure < 0;
    bool is_skipped = event->kind == BATCH_EVENT_SKIPPED;
    if (event->kind != BATCH_EVENT_DOCUMENT || is_stopped) {
        return take_other(flights, batch, event, is_stopped && !is_skipped);
    }
    return take_document(flights, batch, event);
}

/*
 * Whether more events would only wait, cold, behind those that wait for a host already. Not for long: when
 * nothing ends, others may ask others.
 */
static bool is_ahead(struct flights *flights)
{
    const struct worker_waiting *waiting = waiting_of(flights);
    if (waiting->n_parked(waiting->context) < AHEAD_MAX) {
        return false;
    }
    if (flights->has_progress) {
        flights->has_progress = false;
        flights->progress_ns = now_ns(flights);
        return true;
    }
    return now_ns(flights) < flights->progress_ns + AHEAD_WAIT_NS;
}

/* Takes events as long as there is room. */
static void take_input(struct flights *flights)
{
    flights->is_blocked = flights->unsent.first != NULL;
    flights->is_ahead = is_ahead(flights);
    flights->has_more = false;
    size_t n_taken = 0;
    while (!flights->is_blocked && !flights->is_ahead) {
        if (flights->work == NULL) {
            flights->work = queue_try_pop(flights->worker->options.input);
            flights->next_event = 0;
        }
        if (flights->work == NULL) {
            return;
        }
        struct batch *batch = flights->work->batch;
        while (!flights->is_blocked && flights->next_event < flights->work->n_events) {
            if (n_taken++ == TAKEN_MAX) {
                flights->has_more = true;
                return;
            }
            const struct batch_event *event =
                &batch->events[flights->work->events[flights->next_event]];
            if (take_event(flights, batch, event)) {
                flights->next_event++;
            } else {
                /* A failure gives events back: that is no block. */
                flights->is_blocked =
                    flights->worker->failure == 0 || flights->worker->results == NULL;
            }
        }
        if (flights->next_event == flights->work->n_events) {
            flights->work = NULL;
            batch_unref(batch);
        }
    }
}

static void look_at_stop(struct flights *flights)
{
    const struct worker_waiting *waiting = waiting_of(flights);
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
        int64_t left_ns = flights->results_since_ns + RESULT_LINGER_NS - now_ns(flights);
        most_ns = left_ns < most_ns ? left_ns : most_ns;
    }
    return most_ns > 0 ? most_ns : 0;
}

static void hand_on_what_waited(struct flights *flights)
{
    bool has_waited = flights->worker->results != NULL &&
                      now_ns(flights) >= flights->results_since_ns + RESULT_LINGER_NS;
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
    const struct worker_waiting *waiting = waiting_of(flights);
    while (!is_finished(flights)) {
        look_at_stop(flights);
        take_input(flights);
        run_ready(flights);
        send_unsent(flights);
        if (is_finished(flights)) {
            break;
        }
        int r = waiting->poll(waiting->context, wait_ns(flights));
        if (r < 0) {
            fail_worker(flights->worker, r);
        }
        if (flights->ready.first == NULL) {
            hand_on_what_waited(flights);
        }
    }
    worker_hand_on(flights->worker);
}

static int flights_open(struct flights *flights)
{
    const struct worker_waiting *waiting = waiting_of(flights);
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
