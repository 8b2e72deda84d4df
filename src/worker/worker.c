/* SPDX-License-Identifier: Apache-2.0 */
/* The body where functions never wait: one event after the other, in the batch's own bytes. */
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "worker/worker_private.h"

int worker_new(const struct worker_options *options, struct worker **ret_worker)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return -ENOMEM;
    }
    worker->options = *options;
    worker->indexer = json_indexer_new(INDEXED_KEPT);
    if (worker->indexer == NULL) {
        worker_free(worker);
        return -ENOMEM;
    }
    *ret_worker = worker;
    return 0;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    event_deinit(&worker->event);
    json_indexer_free(worker->indexer);
    free(worker);
}

/*
 * Takes what the reader has walked, or walks where the reader left it to the worker. Returns 0,
 * a positive outcome with *ret_fault filled, or -errno.
 */
static int begin(struct worker *worker, const struct batch *batch, const struct batch_event *event,
                 struct json_fault *ret_fault)
{
    const char *bytes = batch->bytes.data + event->offset;
    const uint32_t *tokens;
    size_t n_tokens;
    int r = 0;
    if (event->n_tokens > 0) {
        struct json_document walked = batch_event_document(batch, event);
        r = event_begin_walked(&worker->event, &walked);
    } else {
        r = json_index(worker->indexer, bytes, event->len, &tokens, &n_tokens);
        if (r != 0) {
            *ret_fault = json_indexer_fault(worker->indexer);
            return r;
        }
        r = event_begin(&worker->event, bytes, event->len, tokens, n_tokens);
    }
    *ret_fault = event_fault(&worker->event);
    return r;
}

static int process_document(struct worker *worker, const struct batch *batch,
                            const struct batch_event *event)
{
    struct json_fault fault = { 0 };
    const struct subject subject = {
        .event = &worker->event,
        .raw = batch->bytes.data + event->offset,
        .raw_len = event->len,
        .position = &event->position,
    };
    int r = begin(worker, batch, event, &fault);
    if (r != 0) {
        return r < 0 ? r : worker_refuse(worker, &subject, r, &fault);
    }
    if (event->is_keyless && !worker->options.is_keyless_allowed) {
        return worker_refuse_keyless(worker, &subject);
    }
    return worker_conclude(worker, &subject, worker_enrich(worker, &worker->event, NULL));
}

static int process_event(struct worker *worker, const struct batch *batch,
                         const struct batch_event *event)
{
    if (event->kind != BATCH_EVENT_DOCUMENT) {
        return worker_pass(worker, batch, event);
    }
    int r = process_document(worker, batch, event);
    event_reset(&worker->event);
    if (event->n_tokens == 0 && event->len > INDEXED_KEPT) {
        (void)json_indexer_shrink(worker->indexer, INDEXED_KEPT);
    }
    return r;
}

static void take_results(struct worker *worker, const struct batch *batch)
{
    worker->results = result_pool_take(worker->options.results);
    worker->results->read_ns = batch->read_ns;
}

/*
 * What an event can take, its line included: twelve bytes a byte as an error event (raw_event escapes
 * to six at worst, and what the event says of itself is taken over), or its index, its links and a line
 * of its size.
 */
enum { MEMORY_PER_BYTE = 12, MEMORY_PER_EVENT = 4096 };

/* Makes sure that there is a result batch, and memory for the event. */
static void make_room(struct worker *worker, const struct batch *batch,
                      const struct batch_event *event)
{
    size_t need = MEMORY_PER_BYTE * (size_t)event->len + MEMORY_PER_EVENT;
    if (worker->results != NULL && worker_is_block_full(worker)) {
        worker_hand_on(worker);
    }
    if (worker->results == NULL) {
        take_results(worker, batch);
    }
    if (result_batch_charge(worker->results, need)) {
        return;
    }
    if (worker->results->n_results > 0) {
        worker_hand_on(worker);
        take_results(worker, batch);
    }
    result_batch_charge_wait(worker->results, need);
}

static void process_work(struct worker *worker, const struct work *work)
{
    struct batch *batch = work->batch;
    for (size_t i = 0; i < work->n_events; i++) {
        const struct batch_event *event = &batch->events[work->events[i]];
        make_room(worker, batch, event);
        if (worker->failure == 0) {
            worker->failure = process_event(worker, batch, event);
            if (worker->failure < 0) {
                worker->options.failed(worker->options.failed_context);
            }
        }
        if (worker->failure < 0) {
            /* Without memory even for this the position stays open: the ledger never passes it. */
            (void)worker_record(worker, &event->position, VERDICT_RETURN);
        }
        result_batch_settle(worker->results);
    }
    if (batch->bytes.len > worker->options.large_bytes && worker->results != NULL) {
        worker->results->source = batch;
        batch = NULL;
    }
    worker_hand_on(worker);
    if (batch != NULL) {
        batch_unref(batch);
    }
}

int worker_run(struct worker *worker)
{
    struct work *work;
    if (worker->options.waiting.context != NULL) {
        return flights_run(worker);
    }
    while ((work = queue_pop(worker->options.input)) != NULL) {
        process_work(worker, work);
    }
    return worker->failure;
}

void worker_suspend(void *worker)
{
    flights_suspend(worker);
}

void worker_wake(void *worker, void *waiter)
{
    flights_wake(worker, waiter);
}
