/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "event/batch.h"
#include "event/error_type.h"
#include "weir/event.h"
#include "json/index.h"

/* The worker indexes what comes without an index, which is large or odd: it keeps room for little. */
enum { INDEXED_KEPT = 64 * 1024 };

struct worker {
    /* Fixed after start. */
    struct worker_options options;
    /* Owned by the worker thread. */
    struct json_indexer *indexer;
    struct weir_event event;
    /* The result batch that is being filled, or NULL. */
    struct result_batch *results;
    /* The first machine fault; from then on events are given back. */
    int failure;
};

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

static void hand_on(struct worker *worker)
{
    if (worker->results == NULL) {
        return;
    }
    int r = queue_push(worker->options.output, (void **)&worker->results);
    require(r == 0);
}

static int record(struct worker *worker, const struct batch_event *event, enum verdict verdict,
                  size_t line_len)
{
    return result_batch_add(worker->results, &event->position, verdict, line_len);
}

/*
 * Records what was rendered behind before, r being how that went. A line without a result would be
 * written, and written again by the next run: it is taken back.
 */
static int record_line(struct worker *worker, const struct batch_event *event, enum verdict verdict,
                       struct buffer *lines, size_t before, int r)
{
    if (r == 0) {
        r = record(worker, event, verdict, lines->len - before);
    }
    if (r < 0) {
        lines->len = before;
    }
    return r;
}

/* Turns an event into an error event. */
static int fail_event(struct worker *worker, const struct batch *batch,
                      const struct batch_event *event, const char *type, const char *message)
{
    struct buffer *lines = &worker->results->lines[RESULT_ERROR_SINK];
    size_t before = lines->len;
    struct worker_fault fault = {
        .type = type,
        .message = message,
        .raw = event->len > 0 ? batch->bytes.data + event->offset : NULL,
        .raw_len = event->len,
        .position = event->position,
    };
    int r = worker->options.render_fault(worker->options.render_context, &fault, lines);
    return record_line(worker, event, VERDICT_ERROR, lines, before, r);
}

/* Runs the steps, then the application. Returns 0, WEIR_DROP, or a negative error. */
static int enrich(struct worker *worker)
{
    const struct worker_options *options = &worker->options;
    for (size_t i = 0; i < options->n_steps; i++) {
        int r = options->steps[i].run(options->steps[i].step, &worker->event);
        if (r != 0) {
            return r;
        }
    }
    if (options->enrich == NULL) {
        return 0;
    }
    return options->enrich(&worker->event, NULL, options->context);
}

static int deliver(struct worker *worker, const struct batch_event *event)
{
    struct buffer *lines = &worker->results->lines[RESULT_SINK];
    size_t before = lines->len;
    int r = event_render(&worker->event, lines);
    if (r == 0) {
        r = buffer_append_byte(lines, '\n');
    }
    return record_line(worker, event, VERDICT_DELIVER, lines, before, r);
}

static int fail_enrichment(struct worker *worker, const struct batch *batch,
                           const struct batch_event *event, int result)
{
    struct event_failure failure;
    int r = event_explain(&worker->event, result, &failure);
    if (r < 0) {
        return r;
    }
    return fail_event(worker, batch, event, failure.type.data, failure.message.data);
}

/* To the sink, or where its stream does not take the event, to the error sink. */
static int finish(struct worker *worker, const struct batch *batch, const struct batch_event *event)
{
    const struct worker_options *options = &worker->options;
    struct event_failure failure;
    int r = options->finish == NULL ? 0
                                    : options->finish(options->finish_context, &worker->event,
                                                      &event->position, &failure);
    if (r == WORKER_REFUSED) {
        return fail_event(worker, batch, event, failure.type.data, failure.message.data);
    }
    return r < 0 ? r : deliver(worker, event);
}

/*
 * Gives the walk the reader's tokens, or makes them where the reader left them to the worker. Returns 0,
 * a positive outcome with *ret_fault filled, or -errno.
 */
static int begin(struct worker *worker, const struct batch *batch, const struct batch_event *event,
                 struct json_fault *ret_fault)
{
    const char *bytes = batch->bytes.data + event->offset;
    const uint32_t *tokens = batch->tokens + event->first_token;
    size_t n_tokens = event->n_tokens;
    if (n_tokens == 0) {
        int r = json_index(worker->indexer, bytes, event->len, &tokens, &n_tokens);
        if (r != 0) {
            *ret_fault = json_indexer_fault(worker->indexer);
            return r;
        }
    }
    int r = event_begin(&worker->event, bytes, event->len, tokens, n_tokens);
    *ret_fault = event_fault(&worker->event);
    return r;
}

static int fail_parse(struct worker *worker, const struct batch *batch,
                      const struct batch_event *event, const struct json_fault *fault)
{
    char message[160];
    snprintf(message, sizeof(message), "not valid JSON: %s at byte %zu", fault->reason,
             fault->offset);
    return fail_event(worker, batch, event, ERROR_TYPE_PARSE, message);
}

static int process_document(struct worker *worker, const struct batch *batch,
                            const struct batch_event *event)
{
    struct json_fault fault = { 0 };
    int r = begin(worker, batch, event, &fault);
    if (r == EVENT_NOT_OBJECT) {
        return fail_event(worker, batch, event, ERROR_TYPE_PARSE, "the event is not a JSON object");
    }
    if (r != 0) {
        return r < 0 ? r : fail_parse(worker, batch, event, &fault);
    }
    if (event->is_keyless && !worker->options.is_keyless_allowed) {
        return fail_event(worker, batch, event, ERROR_TYPE_MISSING_KEY,
                          "a field of the partition key is missing");
    }
    r = enrich(worker);
    if (r == 0) {
        return finish(worker, batch, event);
    }
    return r == WEIR_DROP ? record(worker, event, VERDICT_DROP, 0)
                          : fail_enrichment(worker, batch, event, r);
}

static int process_event(struct worker *worker, const struct batch *batch,
                         const struct batch_event *event)
{
    switch (event->kind) {
    case BATCH_EVENT_SKIPPED:
        return record(worker, event, VERDICT_SKIP, 0);
    case BATCH_EVENT_DROPPED:
        return record(worker, event, VERDICT_DROP, 0);
    case BATCH_EVENT_FAULTY:
        return fail_event(worker, batch, event, event->fault_type, event->fault_message);
    case BATCH_EVENT_DOCUMENT:
        break;
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

static bool is_block_full(const struct worker *worker)
{
    const struct result_batch *results = worker->results;
    return results->lines[RESULT_SINK].len + results->lines[RESULT_ERROR_SINK].len >=
           worker->options.block_bytes;
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
    if (worker->results != NULL && is_block_full(worker)) {
        hand_on(worker);
    }
    if (worker->results == NULL) {
        take_results(worker, batch);
    }
    if (result_batch_charge(worker->results, need)) {
        return;
    }
    if (worker->results->n_results > 0) {
        hand_on(worker);
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
            (void)record(worker, event, VERDICT_RETURN, 0);
        }
        result_batch_settle(worker->results);
    }
    if (batch->bytes.len > worker->options.large_bytes && worker->results != NULL) {
        worker->results->source = batch;
        batch = NULL;
    }
    hand_on(worker);
    if (batch != NULL) {
        batch_unref(batch);
    }
}

int worker_run(struct worker *worker)
{
    struct work *work;
    while ((work = queue_pop(worker->options.input)) != NULL) {
        process_work(worker, work);
    }
    return worker->failure;
}
