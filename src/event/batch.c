/* SPDX-License-Identifier: Apache-2.0 */
#include "event/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/thread.h"

struct batch_pool {
    /* Fixed after start. */
    struct batch *batches;
    struct batch_pool_options options;
    struct mutex lock;
    struct condition returned;
    /* Guarded by lock. */
    struct batch *free;
    size_t n_free;
    bool is_stopped;
};

/* Doubles an array of fixed-size elements until it holds need of them. */
static int grow(void **array, size_t *capacity, size_t need, size_t element_size)
{
    if (need <= *capacity) {
        return 0;
    }
    size_t wanted = *capacity == 0 ? 64 : *capacity;
    while (wanted < need) {
        wanted *= 2;
    }
    void *grown = realloc(*array, wanted * element_size);
    if (grown == NULL) {
        return -ENOMEM;
    }
    *array = grown;
    *capacity = wanted;
    return 0;
}

struct batch_event *batch_add(struct batch *batch, size_t offset, size_t len)
{
    debug_assert(offset + len <= UINT32_MAX);
    if (grow((void **)&batch->events, &batch->events_capacity, batch->n_events + 1,
             sizeof(*batch->events)) < 0) {
        return NULL;
    }
    struct batch_event *event = &batch->events[batch->n_events++];
    *event = (struct batch_event){ .offset = (uint32_t)offset, .len = (uint32_t)len };
    return event;
}

int batch_event_fault(struct batch *batch, struct batch_event *event, const char *type,
                      const char *message)
{
    char *copy = arena_copy(&batch->arena, message, strlen(message));
    if (copy == NULL) {
        return -ENOMEM;
    }
    event->kind = BATCH_EVENT_FAULTY;
    event->fault_type = type;
    event->fault_message = copy;
    return 0;
}

int batch_event_index(struct batch *batch, struct batch_event *event,
                      const struct json_document *walked)
{
    size_t n_tokens = walked->n_tokens;
    size_t need = batch->n_tokens + n_tokens + 1;
    if (need * sizeof(uint32_t) > 2 * batch->pool->options.batch_bytes) {
        return 0;
    }
    int r = grow((void **)&batch->tokens, &batch->tokens_capacity, need, sizeof(uint32_t));
    if (r == 0) {
        r = grow((void **)&batch->links, &batch->links_capacity, need, sizeof(uint32_t));
    }
    if (r < 0) {
        return r;
    }
    memcpy(batch->tokens + batch->n_tokens, walked->tokens, (n_tokens + 1) * sizeof(uint32_t));
    memcpy(batch->links + batch->n_tokens, walked->links, n_tokens * sizeof(uint32_t));
    event->first_token = (uint32_t)batch->n_tokens;
    event->n_tokens = (uint32_t)n_tokens;
    event->has_break = walked->has_break;
    batch->n_tokens = need;
    return 0;
}

int batch_dispatch(struct batch *batch, const uint16_t *worker_of, size_t n_workers)
{
    require(n_workers > 0 && n_workers <= WORKERS_MAX);
    int r = grow((void **)&batch->order, &batch->order_capacity, batch->n_events,
                 sizeof(*batch->order));
    if (r < 0) {
        return r;
    }
    size_t counts[WORKERS_MAX] = { 0 };
    for (size_t i = 0; i < batch->n_events; i++) {
        counts[worker_of[i]]++;
    }
    uint32_t *next[WORKERS_MAX];
    uint32_t *cursor = batch->order;
    int n_works = 0;
    for (size_t w = 0; w < n_workers; w++) {
        batch->works[w] = (struct work){ batch, cursor, counts[w] };
        next[w] = cursor;
        cursor += counts[w];
        n_works += counts[w] > 0;
    }
    for (size_t i = 0; i < batch->n_events; i++) {
        *next[worker_of[i]]++ = (uint32_t)i;
    }
    atomic_store_explicit(&batch->references, (unsigned)n_works, memory_order_relaxed);
    return n_works;
}

void batch_unref(struct batch *batch)
{
    unsigned before = atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel);
    require(before > 0);
    if (before == 1) {
        batch_pool_put(batch->pool, batch);
    }
}

static void batch_deinit(struct batch *batch)
{
    buffer_deinit(&batch->bytes);
    arena_deinit(&batch->arena);
    free(batch->events);
    free(batch->tokens);
    free(batch->links);
    free(batch->order);
}

/* Forgets the content; gives back what a rare big event has blown up. */
static void batch_clear(struct batch *batch, size_t batch_bytes)
{
    buffer_clear(&batch->bytes);
    buffer_shrink(&batch->bytes, 2 * batch_bytes);
    arena_reset(&batch->arena);
    batch->n_events = 0;
    batch->n_tokens = 0;
    batch->read_ns = 0;
    if (batch->tokens_capacity > batch_bytes) {
        free(batch->tokens);
        free(batch->links);
        batch->tokens = NULL;
        batch->links = NULL;
        batch->tokens_capacity = 0;
        batch->links_capacity = 0;
    }
    if (batch->charged > 0) {
        budget_release(batch->pool->options.budget, batch->charged);
        batch->charged = 0;
    }
}

int batch_pool_new(const struct batch_pool_options *options, struct batch_pool **ret_pool)
{
    struct batch_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return -ENOMEM;
    }
    pool->options = *options;
    int r = mutex_init(&pool->lock);
    if (r == 0) {
        r = condition_init(&pool->returned);
    }
    pool->batches = calloc(options->n_batches, sizeof(*pool->batches));
    if (r < 0 || pool->batches == NULL) {
        free(pool->batches);
        free(pool);
        return r < 0 ? r : -ENOMEM;
    }
    for (size_t i = 0; i < options->n_batches; i++) {
        struct batch *batch = &pool->batches[i];
        batch->pool = pool;
        batch->next_free = pool->free;
        pool->free = batch;
    }
    pool->n_free = options->n_batches;
    *ret_pool = pool;
    return 0;
}

void batch_pool_free(struct batch_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (size_t i = 0; i < pool->options.n_batches; i++) {
        batch_deinit(&pool->batches[i]);
    }
    condition_deinit(&pool->returned);
    mutex_deinit(&pool->lock);
    free(pool->batches);
    free(pool);
}

struct batch *batch_pool_take(struct batch_pool *pool)
{
    mutex_lock(&pool->lock);
    while (pool->free == NULL && !pool->is_stopped) {
        condition_wait(&pool->returned, &pool->lock);
    }
    struct batch *batch = pool->is_stopped ? NULL : pool->free;
    if (batch != NULL) {
        pool->free = batch->next_free;
        pool->n_free--;
    }
    mutex_unlock(&pool->lock);
    return batch;
}

void batch_pool_put(struct batch_pool *pool, struct batch *batch)
{
    batch_clear(batch, pool->options.batch_bytes);
    mutex_lock(&pool->lock);
    batch->next_free = pool->free;
    pool->free = batch;
    pool->n_free++;
    condition_broadcast(&pool->returned);
    mutex_unlock(&pool->lock);
}

void batch_pool_stop(struct batch_pool *pool)
{
    mutex_lock(&pool->lock);
    pool->is_stopped = true;
    condition_broadcast(&pool->returned);
    mutex_unlock(&pool->lock);
}

bool batch_pool_is_whole(struct batch_pool *pool)
{
    mutex_lock(&pool->lock);
    bool is_whole = pool->n_free == pool->options.n_batches;
    mutex_unlock(&pool->lock);
    return is_whole;
}

/* Waits until at most n_out batches are out. */
static void wait_until_out(struct batch_pool *pool, size_t n_out)
{
    mutex_lock(&pool->lock);
    while (pool->options.n_batches - pool->n_free > n_out) {
        condition_wait(&pool->returned, &pool->lock);
    }
    mutex_unlock(&pool->lock);
}

void batch_pool_wait_whole(struct batch_pool *pool)
{
    wait_until_out(pool, 0);
}

void batch_pool_wait_others(struct batch_pool *pool)
{
    wait_until_out(pool, 1);
}
