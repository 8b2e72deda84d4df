/* SPDX-License-Identifier: Apache-2.0 */
#include "event/result.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/thread.h"

struct result_pool {
    struct mutex lock;
    struct condition returned;
    /* Fixed after start. */
    struct result_batch *batches;
    size_t n_batches;
    size_t keep_bytes;
    struct room room;
    /* Guarded by lock. */
    struct result_batch *free;
};

int result_pool_new(const struct result_pool_options *options, struct result_pool **ret_pool)
{
    struct result_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return -ENOMEM;
    }
    pool->batches = calloc(options->n_results, sizeof(*pool->batches));
    int r = pool->batches == NULL ? -ENOMEM : mutex_init(&pool->lock);
    if (r == 0) {
        r = condition_init(&pool->returned);
    }
    if (r == 0) {
        r = room_init(&pool->room, options->room_bytes);
    }
    if (r < 0) {
        free(pool->batches);
        free(pool);
        return r;
    }
    pool->n_batches = options->n_results;
    pool->keep_bytes = options->keep_bytes;
    for (size_t i = 0; i < pool->n_batches; i++) {
        pool->batches[i].pool = pool;
        pool->batches[i].next_free = pool->free;
        pool->free = &pool->batches[i];
    }
    *ret_pool = pool;
    return 0;
}

void result_pool_free(struct result_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (size_t i = 0; i < pool->n_batches; i++) {
        for (int lane = 0; lane < RESULT_LANES; lane++) {
            buffer_deinit(&pool->batches[i].lines[lane]);
        }
        free(pool->batches[i].results);
    }
    room_deinit(&pool->room);
    condition_deinit(&pool->returned);
    mutex_deinit(&pool->lock);
    free(pool->batches);
    free(pool);
}

struct room *result_pool_room(struct result_pool *pool)
{
    return &pool->room;
}

struct result_batch *result_pool_take(struct result_pool *pool)
{
    mutex_lock(&pool->lock);
    while (pool->free == NULL) {
        condition_wait(&pool->returned, &pool->lock);
    }
    struct result_batch *batch = pool->free;
    pool->free = batch->next_free;
    mutex_unlock(&pool->lock);
    return batch;
}

struct result_batch *result_pool_try_take(struct result_pool *pool)
{
    mutex_lock(&pool->lock);
    struct result_batch *batch = pool->free;
    if (batch != NULL) {
        pool->free = batch->next_free;
    }
    mutex_unlock(&pool->lock);
    return batch;
}

static size_t lines_len(const struct result_batch *batch)
{
    return batch->lines[RESULT_SINK].len + batch->lines[RESULT_ERROR_SINK].len;
}

bool result_batch_charge(struct result_batch *batch, size_t len)
{
    struct result_pool *pool = batch->pool;
    len += lines_len(batch);
    if (len <= pool->keep_bytes || len <= batch->charged) {
        return true;
    }
    if (!room_try(&pool->room, batch->charged, len)) {
        return false;
    }
    batch->charged = len;
    return true;
}

void result_batch_charge_wait(struct result_batch *batch, size_t len)
{
    struct result_pool *pool = batch->pool;
    require(batch->charged == 0 && lines_len(batch) == 0);
    room_wait(&pool->room, 0, len);
    batch->charged = len;
}

void result_batch_settle(struct result_batch *batch)
{
    struct result_pool *pool = batch->pool;
    size_t len = lines_len(batch);
    size_t charged = len > pool->keep_bytes ? len : 0;
    if (charged == batch->charged) {
        return;
    }
    room_set(&pool->room, batch->charged, charged);
    batch->charged = charged;
}

void result_pool_put(struct result_pool *pool, struct result_batch *batch)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        buffer_clear(&batch->lines[lane]);
        buffer_shrink(&batch->lines[lane], pool->keep_bytes);
    }
    batch->n_results = 0;
    batch->read_ns = 0;
    if (batch->source != NULL) {
        batch_unref(batch->source);
        batch->source = NULL;
    }
    if (batch->charged > 0) {
        room_set(&pool->room, batch->charged, 0);
        batch->charged = 0;
    }
    mutex_lock(&pool->lock);
    batch->next_free = pool->free;
    pool->free = batch;
    condition_signal(&pool->returned);
    mutex_unlock(&pool->lock);
}

int result_batch_add(struct result_batch *batch, const struct position *position,
                     enum verdict verdict, size_t line_len)
{
    debug_assert(line_len <= UINT32_MAX);
    if (batch->n_results == batch->results_capacity) {
        size_t capacity = batch->results_capacity == 0 ? 512 : 2 * batch->results_capacity;
        struct result *grown = realloc(batch->results, capacity * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        batch->results = grown;
        batch->results_capacity = capacity;
    }
    batch->results[batch->n_results++] = (struct result){
        .position = *position,
        .verdict = verdict,
        .line_len = (uint32_t)line_len,
    };
    return 0;
}
