/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: events become flights, each in its lane, as many as there is room for. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "worker/flights_private.h"

enum {
    /* How many wait for hosts before no more are taken, as long as some end; how many are taken at once. */
    AHEAD_MAX = 64,
    TAKEN_MAX = 64,
};

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
    switch (flights_waiting(flights)->order) {
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
    if (flight->is_first || flights_waiting(flights)->order != WORKER_BY_KEY) {
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
    const struct worker_waiting *waiting = flights_waiting(flights);
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
    flights_fail(flights->worker, r);
    return false;
}

/* What no function sees: gone through at once. False: there is nowhere to write to. */
static bool take_other(struct flights *flights, const struct batch *batch,
                       const struct batch_event *event, bool is_given_back)
{
    struct worker *worker = flights->worker;
    if (!flights_has_results(flights, batch->read_ns)) {
        return false;
    }
    int r = is_given_back ? worker_record(worker, &event->position, VERDICT_RETURN)
                          : worker_pass(worker, batch, event);
    if (r < 0) {
        flights_fail(worker, r);
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
    const struct worker_waiting *waiting = flights_waiting(flights);
    if (waiting->n_parked(waiting->context) < AHEAD_MAX) {
        return false;
    }
    if (flights->has_progress) {
        flights->has_progress = false;
        flights->progress_ns = flights_now_ns(flights);
        return true;
    }
    return flights_now_ns(flights) < flights->progress_ns + AHEAD_WAIT_NS;
}

/* Takes events as long as there is room. */
void flights_take(struct flights *flights)
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
