/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an event: a line in the batch of results, and its verdict. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "event/error_type.h"
#include "weir/event.h"
#include "worker/worker_private.h"

void worker_hand_on(struct worker *worker)
{
    if (worker->results == NULL) {
        return;
    }
    int r = queue_push(worker->options.output, (void **)&worker->results);
    require(r == 0);
}

bool worker_is_block_full(const struct worker *worker)
{
    const struct result_batch *results = worker->results;
    return results->lines[RESULT_SINK].len + results->lines[RESULT_ERROR_SINK].len >=
           worker->options.block_bytes;
}

int worker_record(struct worker *worker, const struct position *position, enum verdict verdict)
{
    return result_batch_add(worker->results, position, verdict, 0);
}

/*
 * Records what was rendered behind before, r being how that went. A line without a result would be
 * written, and written again by the next run: it is taken back.
 */
static int record_line(struct worker *worker, const struct position *position, enum verdict verdict,
                       struct buffer *lines, size_t before, int r)
{
    if (r == 0) {
        r = result_batch_add(worker->results, position, verdict, lines->len - before);
    }
    if (r < 0) {
        lines->len = before;
    }
    return r;
}

int worker_fail(struct worker *worker, const struct subject *subject, const char *type,
                const char *message)
{
    struct buffer *lines = &worker->results->lines[RESULT_ERROR_SINK];
    size_t before = lines->len;
    struct worker_fault fault = {
        .type = type,
        .message = message,
        .raw = subject->raw_len > 0 ? subject->raw : NULL,
        .raw_len = subject->raw_len,
        .position = *subject->position,
    };
    int r = worker->options.render_fault(worker->options.render_context, &fault, lines);
    return record_line(worker, subject->position, VERDICT_ERROR, lines, before, r);
}

int worker_enrich(struct worker *worker, struct weir_event *event, struct weir_http *http)
{
    const struct worker_options *options = &worker->options;
    for (size_t i = 0; i < options->n_steps; i++) {
        int r = options->steps[i].run(options->steps[i].step, event, http);
        if (r != 0) {
            return r;
        }
    }
    return options->enrich == NULL ? 0 : options->enrich(event, http, options->context);
}

static int deliver(struct worker *worker, const struct subject *subject)
{
    struct buffer *lines = &worker->results->lines[RESULT_SINK];
    size_t before = lines->len;
    int r = event_render(subject->event, lines);
    if (r == 0) {
        r = buffer_append_byte(lines, '\n');
    }
    return record_line(worker, subject->position, VERDICT_DELIVER, lines, before, r);
}

static int fail_enrichment(struct worker *worker, const struct subject *subject, int result)
{
    struct event_failure failure;
    int r = event_explain(subject->event, result, &failure);
    return r < 0 ? r : worker_fail(worker, subject, failure.type.data, failure.message.data);
}

/* To the sink, or where its stream does not take the event, to the error sink. */
static int finish(struct worker *worker, const struct subject *subject)
{
    const struct worker_options *options = &worker->options;
    struct event_failure failure;
    int r = options->finish == NULL ? 0
                                    : options->finish(options->finish_context, subject->event,
                                                      subject->position, &failure);
    if (r == WORKER_REFUSED) {
        return worker_fail(worker, subject, failure.type.data, failure.message.data);
    }
    return r < 0 ? r : deliver(worker, subject);
}

int worker_conclude(struct worker *worker, const struct subject *subject, int result)
{
    if (result == 0) {
        return finish(worker, subject);
    }
    return result == WEIR_DROP ? worker_record(worker, subject->position, VERDICT_DROP)
                               : fail_enrichment(worker, subject, result);
}

int worker_refuse(struct worker *worker, const struct subject *subject, int outcome,
                  const struct json_fault *fault)
{
    char message[160];
    if (outcome == EVENT_NOT_OBJECT) {
        return worker_fail(worker, subject, ERROR_TYPE_PARSE, "the event is not a JSON object");
    }
    snprintf(message, sizeof(message), "not valid JSON: %s at byte %zu", fault->reason,
             fault->offset);
    return worker_fail(worker, subject, ERROR_TYPE_PARSE, message);
}

int worker_refuse_keyless(struct worker *worker, const struct subject *subject)
{
    return worker_fail(worker, subject, ERROR_TYPE_MISSING_KEY,
                       "a field of the partition key is missing");
}

int worker_pass(struct worker *worker, const struct batch *batch, const struct batch_event *event)
{
    if (event->kind == BATCH_EVENT_SKIPPED) {
        return worker_record(worker, &event->position, VERDICT_SKIP);
    }
    if (event->kind == BATCH_EVENT_DROPPED) {
        return worker_record(worker, &event->position, VERDICT_DROP);
    }
    const struct subject subject = {
        .raw = batch->bytes.data + event->offset,
        .raw_len = event->len,
        .position = &event->position,
    };
    return worker_fail(worker, &subject, event->fault_type, event->fault_message);
}
