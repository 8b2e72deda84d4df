/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: the flights of a worker, for flights.c (the loop) and flights_take.c (what comes in). */
#ifndef WEIR_WORKER_FLIGHTS_PRIVATE_H
#define WEIR_WORKER_FLIGHTS_PRIVATE_H

#include "worker/flight.h"

/* How soon it is looked again whether others end, when more would only wait behind them. */
#define AHEAD_WAIT_NS (2 * NS_PER_MS)

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

static inline const struct worker_waiting *flights_waiting(const struct flights *flights)
{
    return &flights->worker->options.waiting;
}

static inline int64_t flights_now_ns(const struct flights *flights)
{
    return clock_now_ns(flights_waiting(flights)->clock);
}

/* flights.c: */
void flights_fail(struct worker *worker, int error);
/* Whether there is a result batch to write to, with room; what was read at read_ns comes next. */
bool flights_has_results(struct flights *flights, int64_t read_ns);

/* flights_take.c: takes events as long as there is room, and use. */
void flights_take(struct flights *flights);

#endif
