/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_timer.h"

#include <errno.h>
#include <stdlib.h>

void http_timers_deinit(struct http_timers *timers)
{
    free(timers->heap);
    *timers = (struct http_timers){ 0 };
}

static void put(struct http_timers *timers, struct http_timer *timer, size_t place)
{
    timers->heap[place - 1] = timer;
    timer->place = place;
}

static void move_up(struct http_timers *timers, struct http_timer *timer, size_t place)
{
    while (place > 1 && timers->heap[place / 2 - 1]->at_ns > timer->at_ns) {
        put(timers, timers->heap[place / 2 - 1], place);
        place /= 2;
    }
    put(timers, timer, place);
}

static void move_down(struct http_timers *timers, struct http_timer *timer, size_t place)
{
    for (size_t child = 2 * place; child <= timers->n_timers; child = 2 * place) {
        if (child < timers->n_timers &&
            timers->heap[child]->at_ns < timers->heap[child - 1]->at_ns) {
            child++;
        }
        if (timers->heap[child - 1]->at_ns >= timer->at_ns) {
            break;
        }
        put(timers, timers->heap[child - 1], place);
        place = child;
    }
    put(timers, timer, place);
}

static int reserve(struct http_timers *timers)
{
    if (timers->n_timers < timers->capacity) {
        return 0;
    }
    size_t capacity = timers->capacity == 0 ? 64 : 2 * timers->capacity;
    struct http_timer **heap = realloc(timers->heap, capacity * sizeof(*heap));
    if (heap == NULL) {
        return -ENOMEM;
    }
    timers->heap = heap;
    timers->capacity = capacity;
    return 0;
}

int http_timer_set(struct http_timers *timers, struct http_timer *timer, int64_t at_ns,
                   void (*fire)(void *context), void *context)
{
    if (timer->place == 0 && reserve(timers) < 0) {
        return -ENOMEM;
    }
    bool is_new = timer->place == 0;
    bool is_earlier = !is_new && at_ns < timer->at_ns;
    timer->at_ns = at_ns;
    timer->fire = fire;
    timer->context = context;
    if (is_new) {
        timers->n_timers++;
        move_up(timers, timer, timers->n_timers);
    } else if (is_earlier) {
        move_up(timers, timer, timer->place);
    } else {
        move_down(timers, timer, timer->place);
    }
    return 0;
}

void http_timer_clear(struct http_timers *timers, struct http_timer *timer)
{
    size_t place = timer->place;
    if (place == 0) {
        return;
    }
    timer->place = 0;
    struct http_timer *last = timers->heap[--timers->n_timers];
    if (last == timer) {
        return;
    }
    if (last->at_ns < timer->at_ns) {
        move_up(timers, last, place);
    } else {
        move_down(timers, last, place);
    }
}

void http_timers_run(struct http_timers *timers, int64_t now_ns)
{
    while (timers->n_timers > 0 && timers->heap[0]->at_ns <= now_ns) {
        struct http_timer *timer = timers->heap[0];
        http_timer_clear(timers, timer);
        timer->fire(timer->context);
    }
}

int64_t http_timers_next(const struct http_timers *timers)
{
    return timers->n_timers > 0 ? timers->heap[0]->at_ns : INT64_MAX;
}
