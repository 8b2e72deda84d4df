/* SPDX-License-Identifier: Apache-2.0 */
#include "event/queue.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/thread.h"

struct queue {
    struct mutex lock;
    struct condition not_empty;
    struct condition not_full;
    /* Fixed after start. */
    size_t capacity;
    void **items;
    struct wakeup *wakeup;
    /* Guarded by lock. */
    size_t head;
    size_t n_items;
    unsigned n_waiting_consumers;
    unsigned n_waiting_producers;
    bool is_closed;
    bool is_nudged;
};

int queue_new(size_t capacity, struct queue **ret_queue)
{
    require(capacity > 0);
    struct queue *queue = calloc(1, sizeof(*queue));
    if (queue == NULL) {
        return -ENOMEM;
    }
    queue->capacity = capacity;
    queue->items = calloc(capacity, sizeof(*queue->items));
    int r = queue->items == NULL ? -ENOMEM : mutex_init(&queue->lock);
    if (r == 0) {
        r = condition_init(&queue->not_empty);
    }
    if (r == 0) {
        r = condition_init(&queue->not_full);
    }
    if (r < 0) {
        free(queue->items);
        free(queue);
        return r;
    }
    *ret_queue = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL) {
        return;
    }
    require(queue->n_items == 0);
    condition_deinit(&queue->not_empty);
    condition_deinit(&queue->not_full);
    mutex_deinit(&queue->lock);
    free(queue->items);
    free(queue);
}

static void wait_for_room_locked(struct queue *queue) REQUIRES(queue->lock)
{
    while (queue->n_items == queue->capacity && !queue->is_closed) {
        queue->n_waiting_producers++;
        condition_wait(&queue->not_full, &queue->lock);
        queue->n_waiting_producers--;
    }
}

int queue_push(struct queue *queue, void **item)
{
    mutex_lock(&queue->lock);
    wait_for_room_locked(queue);
    if (queue->is_closed) {
        mutex_unlock(&queue->lock);
        return -EPIPE;
    }
    queue->items[(queue->head + queue->n_items) % queue->capacity] = *item;
    queue->n_items++;
    *item = NULL;
    if (queue->wakeup != NULL && queue->n_items == 1) {
        wakeup_send(queue->wakeup);
    }
    if (queue->n_waiting_consumers > 0) {
        condition_signal(&queue->not_empty);
    }
    mutex_unlock(&queue->lock);
    return 0;
}

static void *take_locked(struct queue *queue) REQUIRES(queue->lock)
{
    if (queue->n_items == 0) {
        return NULL;
    }
    void *item = queue->items[queue->head];
    queue->head = (queue->head + 1) % queue->capacity;
    queue->n_items--;
    if (queue->n_waiting_producers > 0) {
        condition_signal(&queue->not_full);
    }
    return item;
}

void *queue_pop(struct queue *queue)
{
    mutex_lock(&queue->lock);
    while (queue->n_items == 0 && !queue->is_closed) {
        queue->n_waiting_consumers++;
        condition_wait(&queue->not_empty, &queue->lock);
        queue->n_waiting_consumers--;
    }
    void *item = take_locked(queue);
    mutex_unlock(&queue->lock);
    return item;
}

void *queue_try_pop(struct queue *queue)
{
    mutex_lock(&queue->lock);
    void *item = take_locked(queue);
    mutex_unlock(&queue->lock);
    return item;
}

void queue_watch(struct queue *queue, struct wakeup *wakeup)
{
    queue->wakeup = wakeup;
}

void *queue_pop_until(struct queue *queue, int64_t deadline_ns)
{
    mutex_lock(&queue->lock);
    bool is_in_time = true;
    while (queue->n_items == 0 && !queue->is_closed && !queue->is_nudged && is_in_time) {
        queue->n_waiting_consumers++;
        is_in_time = condition_wait_until(&queue->not_empty, &queue->lock, deadline_ns);
        queue->n_waiting_consumers--;
    }
    queue->is_nudged = false;
    void *item = take_locked(queue);
    mutex_unlock(&queue->lock);
    return item;
}

bool queue_is_finished(struct queue *queue)
{
    mutex_lock(&queue->lock);
    bool is_finished = queue->is_closed && queue->n_items == 0;
    mutex_unlock(&queue->lock);
    return is_finished;
}

void queue_close(struct queue *queue)
{
    mutex_lock(&queue->lock);
    queue->is_closed = true;
    if (queue->wakeup != NULL) {
        wakeup_send(queue->wakeup);
    }
    condition_broadcast(&queue->not_empty);
    condition_broadcast(&queue->not_full);
    mutex_unlock(&queue->lock);
}

void queue_nudge(struct queue *queue)
{
    mutex_lock(&queue->lock);
    queue->is_nudged = true;
    condition_broadcast(&queue->not_empty);
    mutex_unlock(&queue->lock);
}

size_t queue_depth(struct queue *queue)
{
    mutex_lock(&queue->lock);
    size_t depth = queue->n_items;
    mutex_unlock(&queue->lock);
    return depth;
}
