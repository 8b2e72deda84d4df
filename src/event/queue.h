/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of pointers between threads: the only way by which batches change their owner.
 *
 * One mutex, two conditions; a wake-up is sent only when somebody waits, because a sleep and a wake cost
 * as much as six events. What travels is large (a batch, a slice list), so that a lock-free ring would
 * gain nothing (measured: src/README.md).
 *
 *     producer                               consumer
 *     queue_push(&item)  full: waits         queue_pop()   empty: waits
 *       item = NULL: it is the queue's         item is the consumer's
 *     queue_close()                          queue_pop() hands out the rest, then NULL
 */
#ifndef WEIR_EVENT_QUEUE_H
#define WEIR_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
struct wakeup;

/* A queue of at most capacity items (at least 1). Returns 0 or -errno. */
int queue_new(size_t capacity, struct queue **ret_queue);

/* The queue must be empty: items are not the queue's to free. */
void queue_free(struct queue *queue);

/*
 * Moves *item into the queue and sets *item to NULL. Waits while the queue is full. Returns 0, or
 * -EPIPE after queue_close() (*item is still the caller's). Thread: producers.
 */
int queue_push(struct queue *queue, void **item);

/*
 * Takes the oldest item. Waits while the queue is empty; NULL once it is closed and empty.
 * Thread: consumers.
 */
void *queue_pop(struct queue *queue);

/*
 * The same, but waits only until the monotonic clock reads deadline_ns, or a queue_nudge(); NULL then,
 * too: ask queue_is_finished().
 */
void *queue_pop_until(struct queue *queue, int64_t deadline_ns);

/* Takes the oldest item, NULL where there is none now. Thread: consumers. */
void *queue_try_pop(struct queue *queue);

/*
 * From now on each push into the empty queue, and its close, also sends wakeup, so that the one consumer
 * may wait for other things at the same time. Before any push. The wakeup is lent for the queue's life.
 */
void queue_watch(struct queue *queue, struct wakeup *wakeup);

/* True when the queue is closed and empty. Thread: any. */
bool queue_is_finished(struct queue *queue);

/* No more pushes; consumers get what is left. Thread: any. */
void queue_close(struct queue *queue);

/* Wakes a consumer in queue_pop_until() without an item. Thread: any. */
void queue_nudge(struct queue *queue);

/* Items in it now. Thread: any. */
size_t queue_depth(struct queue *queue);

#endif
