/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/writer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"

enum {
    /* How often a full disk is tried again, and how often that is logged. */
    RETRY_MS = 1000,
    LOG_EVERY_MS = 10000,
    /* Groups written since the last checkpoint whose latency is still open. */
    PENDING_MAX = 1024,
};

struct pending {
    int64_t read_ns;
    uint64_t n_events;
};

struct writer {
    /* Fixed after start. */
    struct writer_options options;
    /* Owned by the writer thread. */
    struct problem problem;
    int failure;
    int64_t last_checkpoint_ns;
    bool is_dirty;
    struct pending pending[PENDING_MAX];
    size_t n_pending;
    struct histogram delivery;
    struct histogram latency;
    int64_t last_pause_log_ns;
    bool is_paused;
    /* For waits that writer_give_up() ends. */
    struct mutex lock;
    struct condition given_up;
    /* Guarded by lock. */
    bool is_giving_up;
    /* Relaxed: a number for people. */
    _Atomic int64_t checkpoint_ns;
};

int writer_new(const struct writer_options *options, struct writer **ret_writer)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return -ENOMEM;
    }
    writer->options = *options;
    int r = mutex_init(&writer->lock);
    if (r == 0) {
        r = condition_init(&writer->given_up);
    }
    if (r < 0) {
        free(writer);
        return r;
    }
    *ret_writer = writer;
    return 0;
}

void writer_free(struct writer *writer)
{
    if (writer == NULL) {
        return;
    }
    condition_deinit(&writer->given_up);
    mutex_deinit(&writer->lock);
    free(writer);
}

void writer_give_up(struct writer *writer)
{
    mutex_lock(&writer->lock);
    writer->is_giving_up = true;
    condition_broadcast(&writer->given_up);
    mutex_unlock(&writer->lock);
}

int64_t writer_checkpoint_ns(struct writer *writer)
{
    return atomic_load_explicit(&writer->checkpoint_ns, memory_order_relaxed);
}

const struct histogram *writer_delivery(const struct writer *writer)
{
    return &writer->delivery;
}

const struct histogram *writer_latency(const struct writer *writer)
{
    return &writer->latency;
}

static int64_t now_ns(const struct writer *writer)
{
    return clock_now_ns(writer->options.clock);
}

/* The job cannot go on: remembers why, tells the engine, and from now on gives back. */
static void fail(struct writer *writer, int error)
{
    bool is_first = writer->failure == 0;
    writer->failure = error;
    if (is_first) {
        writer->options.failed(writer->options.context);
    }
}

/* Waits before the disk is tried again; false when it is time to give up. */
static bool wait_for_disk(struct writer *writer)
{
    int64_t now = now_ns(writer);
    if (!writer->is_paused || now - writer->last_pause_log_ns >= LOG_EVERY_MS * NS_PER_MS) {
        log_warning("sink paused, trying again every second",
                    LOG_TEXT("reason", writer->problem.text));
        writer->last_pause_log_ns = now;
    }
    writer->is_paused = true;
    int64_t deadline = now + RETRY_MS * NS_PER_MS;
    mutex_lock(&writer->lock);
    bool is_in_time = true;
    while (!writer->is_giving_up && is_in_time) {
        is_in_time = condition_wait_until(&writer->given_up, &writer->lock, deadline);
    }
    bool is_giving_up = writer->is_giving_up;
    mutex_unlock(&writer->lock);
    return !is_giving_up;
}

static void note_resumed(struct writer *writer)
{
    if (writer->is_paused) {
        writer->is_paused = false;
        log_info("sink resumed", LOG_TEXT("sink", writer->options.sinks[RESULT_SINK]->identity));
    }
}

/* Everything up to here is durable: closes the latencies that were open. */
static void close_pending(struct writer *writer, int64_t now)
{
    for (size_t i = 0; i < writer->n_pending; i++) {
        const struct pending *pending = &writer->pending[i];
        histogram_add(&writer->latency, now - pending->read_ns, pending->n_events);
    }
    writer->n_pending = 0;
}

static void take_checkpoint(struct writer *writer)
{
    int r;
    while ((r = checkpointer_take(writer->options.checkpointer, &writer->problem)) == SINK_PAUSED) {
        if (!wait_for_disk(writer)) {
            r = problem_set(&writer->problem, ENOSPC, EXIT_IO,
                            "stopped while the disk was full; no checkpoint was taken");
            break;
        }
    }
    int64_t now = now_ns(writer);
    writer->last_checkpoint_ns = now;
    if (r < 0) {
        fail(writer, r);
        return;
    }
    note_resumed(writer);
    writer->is_dirty = false;
    close_pending(writer, now);
    atomic_store_explicit(&writer->checkpoint_ns, now, memory_order_relaxed);
}

/* Writes one lane's lines. Returns 0, SINK_PAUSED when the writer gave up, or -errno. */
static int write_lane(struct writer *writer, enum result_lane lane, const struct buffer *lines)
{
    struct sink *sink = writer->options.sinks[lane];
    int r;
    while ((r = sink->ops->write(sink, lines->data, lines->len, &writer->problem)) == SINK_PAUSED) {
        if (!wait_for_disk(writer)) {
            return SINK_PAUSED;
        }
    }
    if (r == 0) {
        note_resumed(writer);
        count_add(&writer->options.accounting->bytes_out, lines->len);
    }
    return r;
}

/* Tells the ledger about the events of one verdict and counts them. */
static int settle(struct writer *writer, const struct result_batch *batch, enum verdict verdict,
                  _Atomic uint64_t *counter)
{
    uint64_t n = 0;
    for (size_t i = 0; i < batch->n_results; i++) {
        const struct result *result = &batch->results[i];
        if (result->verdict != verdict) {
            continue;
        }
        int r = ledger_done(writer->options.ledger, &result->position);
        if (r < 0) {
            return problem_set(&writer->problem, -r, EXIT_SOFTWARE, "the ledger is out of memory");
        }
        n++;
    }
    if (counter != NULL) {
        count_add(counter, n);
    }
    return 0;
}

/* Which verdicts of the batch have been settled: the rest is given back. */
struct settled {
    bool delivered;
    bool errored;
};

/* The length of the first line for the error sink. */
static size_t first_error_len(const struct result_batch *batch)
{
    for (size_t i = 0; i < batch->n_results; i++) {
        if (batch->results[i].verdict == VERDICT_ERROR) {
            return batch->results[i].line_len;
        }
    }
    return 0;
}

static int write_errors(struct writer *writer, const struct result_batch *batch)
{
    const struct buffer *lines = &batch->lines[RESULT_ERROR_SINK];
    if (writer->options.sinks[RESULT_ERROR_SINK] == NULL) {
        size_t len = first_error_len(batch);
        return problem_set(&writer->problem, EBADMSG, EXIT_DATA,
                           "stopped at a bad event, because no error_sink is set: %.*s",
                           (int)(len < 900 ? len : 900), lines->data);
    }
    return write_lane(writer, RESULT_ERROR_SINK, lines);
}

static int write_group(struct writer *writer, const struct result_batch *batch,
                       struct settled *settled)
{
    struct accounting *accounting = writer->options.accounting;
    int r = 0;
    if (batch->lines[RESULT_SINK].len > 0) {
        r = write_lane(writer, RESULT_SINK, &batch->lines[RESULT_SINK]);
    }
    if (r == 0) {
        settled->delivered = true;
        r = settle(writer, batch, VERDICT_DELIVER, &accounting->delivered);
    }
    if (r == 0) {
        r = settle(writer, batch, VERDICT_DROP, &accounting->dropped);
    }
    if (r == 0) {
        r = settle(writer, batch, VERDICT_SKIP, NULL);
    }
    /* An error event that its stream does not take is kept elsewhere: it has no line. */
    if (r == 0 && batch->lines[RESULT_ERROR_SINK].len > 0) {
        r = write_errors(writer, batch);
    }
    if (r == 0) {
        settled->errored = true;
        r = settle(writer, batch, VERDICT_ERROR, &accounting->errored);
    }
    return r;
}

static bool is_given_back(const struct settled *settled, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_DELIVER:
    case VERDICT_DROP:
        return !settled->delivered;
    case VERDICT_ERROR:
        return !settled->errored;
    case VERDICT_RETURN:
        return true;
    case VERDICT_SKIP:
        break;
    }
    return false;
}

static void count_returned(struct writer *writer, const struct result_batch *batch,
                           const struct settled *settled)
{
    uint64_t n = 0;
    for (size_t i = 0; i < batch->n_results; i++) {
        n += is_given_back(settled, batch->results[i].verdict);
    }
    count_add(&writer->options.accounting->returned, n);
}

static void note_written(struct writer *writer, const struct result_batch *batch)
{
    histogram_add(&writer->delivery, now_ns(writer) - batch->read_ns, (uint64_t)batch->n_results);
    if (writer->n_pending == PENDING_MAX) {
        writer->pending[PENDING_MAX - 1].n_events += batch->n_results;
        return;
    }
    writer->pending[writer->n_pending++] =
        (struct pending){ batch->read_ns, (uint64_t)batch->n_results };
}

static void process(struct writer *writer, struct result_batch *batch)
{
    struct settled settled = { 0 };
    int r = 0;
    if (writer->failure == 0) {
        r = write_group(writer, batch, &settled);
        writer->is_dirty = true;
        note_written(writer, batch);
        ledger_publish(writer->options.ledger);
    }
    count_returned(writer, batch, &settled);
    if (r < 0) {
        fail(writer, r);
    } else if (r == SINK_PAUSED) {
        problem_set(&writer->problem, ENOSPC, EXIT_IO, "stopped while the disk was full");
        fail(writer, -ENOSPC);
    }
    result_pool_put(writer->options.results, batch);
}

static bool is_roll_due(const struct writer *writer, int64_t now)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        struct sink *sink = writer->options.sinks[lane];
        if (sink != NULL && sink->ops->wants_roll(sink, now)) {
            return true;
        }
    }
    return false;
}

static void checkpoint_if_due(struct writer *writer)
{
    if (writer->failure < 0) {
        return;
    }
    int64_t now = now_ns(writer);
    int64_t due = writer->last_checkpoint_ns + writer->options.checkpoint_interval_ns;
    if ((writer->is_dirty && now >= due) || is_roll_due(writer, now)) {
        take_checkpoint(writer);
    }
}

int writer_run(struct writer *writer, struct problem *problem)
{
    int64_t interval = writer->options.checkpoint_interval_ns;
    /* Names the parts that will be written: a part that no checkpoint names is never begun. */
    take_checkpoint(writer);
    while (!queue_is_finished(writer->options.input)) {
        int64_t deadline =
            writer->is_dirty ? writer->last_checkpoint_ns + interval : now_ns(writer) + interval;
        struct result_batch *batch = queue_pop_until(writer->options.input, deadline);
        if (batch != NULL) {
            process(writer, batch);
        }
        checkpoint_if_due(writer);
    }
    /* After a failed write or sync nothing more is promised; a bad event leaves the sinks whole. */
    if (writer->failure == 0 || writer->failure == -EBADMSG) {
        int failure = writer->failure;
        struct problem first = writer->problem;
        take_checkpoint(writer);
        if (failure < 0) {
            writer->failure = failure;
            writer->problem = first;
        }
    }
    if (writer->failure < 0) {
        *problem = writer->problem;
    }
    return writer->failure;
}
