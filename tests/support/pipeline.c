/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "temporary_directory.h"
#include "weir/event.h"
#include "json/index.h"

struct pipeline_options pipeline_usual(void)
{
    return (struct pipeline_options){
        .n_events = 10000,
        .n_keys = 100,
        .n_partitions = 3,
        .filling = 20,
        .large_filling = 20000,
        .n_workers = 2,
        .has_error_sink = true,
        .n_batches = 4,
        .batch_events = 64,
        .batch_bytes = 8192,
        .queue_len = 4,
        .n_results = 5,
        .block_bytes = 2048,
        .window = 1000000,
        .checkpoint_interval_ns = NS_PER_MS,
    };
}

static uint64_t mix(uint64_t n)
{
    n = (n ^ (n >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ (n >> 27)) * UINT64_C(0x94d049bb133111eb);
    return n ^ (n >> 31);
}

enum fate pipeline_fate(const struct pipeline_options *options, uint64_t n)
{
    unsigned draw = (unsigned)(mix(n + 1) % 1000);
    for (int fate = FATE_LARGE; fate < FATES; fate++) {
        if (draw < options->per_mille[fate]) {
            return (enum fate)fate;
        }
        draw -= options->per_mille[fate];
    }
    return FATE_DELIVER;
}

unsigned pipeline_key(const struct pipeline_options *options, uint64_t n)
{
    return (unsigned)(mix(n + 12345) % options->n_keys);
}

static uint32_t partition_of(const struct pipeline_options *options, uint64_t n)
{
    return pipeline_key(options, n) % options->n_partitions;
}

uint64_t pipeline_given(struct pipeline *pipeline)
{
    return atomic_load_explicit(&pipeline->n_given, memory_order_relaxed);
}

void pipeline_wait_given(struct pipeline *pipeline, uint64_t n)
{
    while (pipeline_given(pipeline) < n) {
        sched_yield();
    }
}

/* The scripted source. */

static int render(const struct pipeline_options *options, uint64_t n, enum fate fate,
                  struct buffer *bytes)
{
    int r = buffer_append_text(bytes, "{");
    if (r == 0 && fate != FATE_KEYLESS) {
        r = buffer_printf(bytes, "\"k\":\"%u\",", pipeline_key(options, n));
    }
    if (r == 0) {
        r = buffer_printf(bytes, "\"n\":%" PRIu64 ",\"filling\":\"", n);
    }
    size_t filling = fate == FATE_LARGE ? options->large_filling : options->filling;
    for (size_t i = 0; r == 0 && i < filling; i++) {
        r = buffer_append_byte(bytes, 'x');
    }
    return r < 0 ? r : buffer_append_text(bytes, fate == FATE_MALFORMED ? "\"" : "\"}");
}

static void add_event(struct pipeline *pipeline, struct batch *batch, uint64_t n, bool is_done)
{
    const struct pipeline_options *options = &pipeline->options;
    enum fate fate = pipeline_fate(options, n);
    size_t offset = batch->bytes.len;
    require(render(options, n, fate, &batch->bytes) == 0);
    struct batch_event *event = batch_add(batch, offset, batch->bytes.len - offset);
    require(event != NULL);
    uint32_t partition = partition_of(options, n);
    event->position = (struct position){ partition, pipeline->sequences[partition]++,
                                         (int64_t)n * 10, (int64_t)n * 10 + 10 };
    if (is_done || fate == FATE_SKIPPED) {
        event->kind = BATCH_EVENT_SKIPPED;
        pipeline->n_skipped++;
    } else if (fate == FATE_DROPPED) {
        event->kind = BATCH_EVENT_DROPPED;
    } else if (fate == FATE_FAULTY) {
        require(batch_event_fault(batch, event, "FaultyError", "as planned") == 0);
    }
}

static int source_read(struct source *source, struct batch *batch, struct problem *problem)
{
    struct pipeline *pipeline =
        (struct pipeline *)((char *)source - offsetof(struct pipeline, source));
    const struct pipeline_options *options = &pipeline->options;
    (void)problem;
    uint64_t n = pipeline_given(pipeline);
    bool is_endless = options->n_events == 0;
    bool is_alone = false;
    while (batch->n_events < options->batch_events && !is_alone &&
           (is_endless || n < options->n_events)) {
        if (atomic_load_explicit(&pipeline->is_interrupted, memory_order_relaxed)) {
            break;
        }
        const struct partition_state *start = pipeline->starts[partition_of(options, n)];
        is_alone = pipeline_fate(options, n) == FATE_LARGE;
        if ((int64_t)n * 10 < start->watermark) {
            n++;
            continue;
        }
        if (is_alone && batch->n_events > 0) {
            break;
        }
        add_event(pipeline, batch, n, partition_state_has_done(start, (int64_t)n * 10));
        n++;
    }
    batch->read_ns = 1;
    atomic_store_explicit(&pipeline->n_given, n, memory_order_relaxed);
    return !is_endless && n == options->n_events ? SOURCE_END : SOURCE_MORE;
}

static void source_interrupt(struct source *source)
{
    struct pipeline *pipeline =
        (struct pipeline *)((char *)source - offsetof(struct pipeline, source));
    atomic_store_explicit(&pipeline->is_interrupted, true, memory_order_relaxed);
}

static const struct source_ops scripted_source = {
    .connector = "scripted",
    .read = source_read,
    .interrupt = source_interrupt,
};

/* The application. */

static int enrich(struct weir_event *event, struct weir_http *http, void *context)
{
    struct pipeline *pipeline = context;
    (void)http;
    uint64_t n;
    int r = weir_event_get_uint64(event, "/n", &n);
    if (r < 0) {
        return r;
    }
    if (pipeline->on_event != NULL) {
        pipeline->on_event(pipeline, n);
    }
    switch (pipeline_fate(&pipeline->options, n)) {
    case FATE_DROP:
        return WEIR_DROP;
    case FATE_FAIL:
        return weir_event_fail(event, "PlannedError", "as planned");
    default:
        return weir_event_set_bool(event, "/done", true);
    }
}

static int render_fault(void *context, const struct worker_fault *fault, struct buffer *ret_line)
{
    (void)context;
    return buffer_printf(ret_line, "%" PRId64 " %s\n", fault->position.offset / 10, fault->type);
}

/* Opening and closing. */

void pipeline_init(struct pipeline *pipeline, const struct pipeline_options *options)
{
    *pipeline = (struct pipeline){ .options = *options };
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(pipeline->directory);
    scripted_fs_init(&pipeline->fs);
    scripted_sink_init(&pipeline->sinks[RESULT_SINK], "scripted sink");
    scripted_sink_init(&pipeline->sinks[RESULT_ERROR_SINK], "scripted error sink");
}

void pipeline_deinit(struct pipeline *pipeline)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        scripted_sink_deinit(&pipeline->sinks[lane]);
    }
    temporary_directory_remove(pipeline->directory);
}

void pipeline_stop(struct pipeline *pipeline)
{
    reader_stop(pipeline->reader);
}

static void stop(void *context)
{
    pipeline_stop(context);
}

static int save(void *source, const struct ledger_snapshot *snapshot, struct buffer *ret_state)
{
    (void)source;
    (void)snapshot;
    (void)ret_state;
    return 0;
}

static void committed(void *source, const struct ledger_snapshot *snapshot)
{
    (void)source;
    (void)snapshot;
}

/* As a file sink does: what no checkpoint knows of is cut. */
static void cut_sink(struct scripted_sink *sink, uint64_t length)
{
    require(length <= sink->lines.len);
    sink->lines.len = length;
    sink->n_lines = 0;
    for (size_t i = 0; i < length; i++) {
        sink->n_lines += sink->lines.data[i] == '\n';
    }
}

static void open_partitions(struct pipeline *pipeline)
{
    struct checkpoint stored = { 0 };
    struct problem problem;
    int outcome = checkpoint_store_load(pipeline->store, &stored, &problem);
    require(outcome == CHECKPOINT_LOADED || outcome == CHECKPOINT_NONE);
    for (unsigned i = 0; i < pipeline->options.n_partitions; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%u", i);
        struct partition_state state = { .name = name };
        const struct partition_state *known = ledger_snapshot_find(&stored.ledger, name);
        uint32_t partition;
        require(partition_table_add(pipeline->partitions, known != NULL ? known : &state,
                                    &partition) == 0);
        pipeline->starts[i] = partition_table_start(pipeline->partitions, partition);
        pipeline->sequences[i] = 0;
    }
    for (size_t i = 0; i < RESULT_LANES; i++) {
        cut_sink(&pipeline->sinks[i], i < stored.n_sinks ? stored.sinks[i].length : 0);
    }
    checkpoint_deinit(&stored);
}

static void open_state(struct pipeline *pipeline)
{
    struct checkpoint_store_options store = { pipeline->directory, &pipeline->fs.fs };
    struct problem problem;
    require(checkpoint_store_open(&store, &pipeline->store, &problem) == 0);
    require(partition_table_new(&pipeline->partitions) == 0);
    require(ledger_new(pipeline->partitions, &pipeline->ledger) == 0);
    open_partitions(pipeline);
    struct checkpointer_options checkpointer = {
        .job_name = "flow",
        .instance = "0",
        .source = { pipeline, "scripted source", save, committed },
        .ledger = pipeline->ledger,
        .store = pipeline->store,
        .sinks = { &pipeline->sinks[0].sink, &pipeline->sinks[1].sink },
        .roles = { "sink", "error_sink" },
        .n_sinks = pipeline->options.has_error_sink ? 2 : 1,
    };
    require(checkpointer_new(&checkpointer, &pipeline->checkpointer) == 0);
}

static void open_pools(struct pipeline *pipeline)
{
    const struct pipeline_options *options = &pipeline->options;
    budget_init(&pipeline->budget, SIZE_MAX);
    struct batch_pool_options batches = { options->n_batches, options->batch_bytes,
                                          &pipeline->budget };
    require(batch_pool_new(&batches, &pipeline->batches) == 0);
    /* So little room that large events wait for each other. */
    struct result_pool_options results = { options->n_results, 2 * options->block_bytes,
                                           4 * options->block_bytes };
    require(result_pool_new(&results, &pipeline->results) == 0);
    require(queue_new(options->n_results, &pipeline->to_writer) == 0);
    static const char *const fields[] = { "/k" };
    size_t field;
    struct pointer_fault fault;
    require(router_init(&pipeline->router, fields, 1, &field, &fault) == 0);
}

static void open_workers(struct pipeline *pipeline)
{
    const struct pipeline_options *options = &pipeline->options;
    require(options->n_workers <= PIPELINE_WORKERS_MAX);
    for (size_t w = 0; w < options->n_workers; w++) {
        require(queue_new(options->queue_len, &pipeline->queues[w]) == 0);
        struct worker_options worker = {
            .input = pipeline->queues[w],
            .output = pipeline->to_writer,
            .results = pipeline->results,
            .enrich = enrich,
            .context = pipeline,
            .is_keyless_allowed = options->is_keyless_allowed,
            .render_fault = render_fault,
            .failed = stop,
            .failed_context = pipeline,
            .block_bytes = options->block_bytes,
            .large_bytes = 2 * options->batch_bytes,
        };
        require(worker_new(&worker, &pipeline->workers[w]) == 0);
    }
}

static void open_ends(struct pipeline *pipeline)
{
    const struct pipeline_options *options = &pipeline->options;
    struct reader_options reader = {
        .source = &pipeline->source,
        .pool = pipeline->batches,
        .partitions = pipeline->partitions,
        .router = &pipeline->router,
        .workers = pipeline->queues,
        .n_workers = options->n_workers,
        .ordering = options->ordering,
        .ledger_window = options->window,
        .batch_bytes = options->batch_bytes,
        .limit = options->limit,
        .accounting = &pipeline->accounting,
    };
    require(reader_new(&reader, &pipeline->reader) == 0);
    struct writer_options writer = {
        .input = pipeline->to_writer,
        .results = pipeline->results,
        .sinks = { &pipeline->sinks[0].sink,
                   options->has_error_sink ? &pipeline->sinks[1].sink : NULL },
        .ledger = pipeline->ledger,
        .checkpointer = pipeline->checkpointer,
        .checkpoint_interval_ns = options->checkpoint_interval_ns,
        .clock = clock_system(),
        .accounting = &pipeline->accounting,
        .failed = stop,
        .context = pipeline,
    };
    require(writer_new(&writer, &pipeline->writer) == 0);
}

void pipeline_open(struct pipeline *pipeline)
{
    memset(&pipeline->accounting, 0, sizeof(pipeline->accounting));
    pipeline->source = (struct source){ .ops = &scripted_source };
    atomic_store(&pipeline->is_interrupted, false);
    atomic_store(&pipeline->n_given, 0);
    pipeline->n_skipped = 0;
    open_state(pipeline);
    open_pools(pipeline);
    open_workers(pipeline);
    open_ends(pipeline);
}

void pipeline_close(struct pipeline *pipeline)
{
    writer_free(pipeline->writer);
    reader_free(pipeline->reader);
    for (size_t w = 0; w < pipeline->options.n_workers; w++) {
        worker_free(pipeline->workers[w]);
        queue_free(pipeline->queues[w]);
    }
    queue_free(pipeline->to_writer);
    result_pool_free(pipeline->results);
    batch_pool_free(pipeline->batches);
    router_deinit(&pipeline->router);
    checkpointer_free(pipeline->checkpointer);
    ledger_free(pipeline->ledger);
    partition_table_free(pipeline->partitions);
    checkpoint_store_close(pipeline->store);
}

/* Threads, as the engine has them. */

static void *reader_main(void *argument)
{
    struct pipeline *pipeline = argument;
    pipeline->reader_result = reader_run(pipeline->reader, &pipeline->reader_problem);
    for (size_t w = 0; w < pipeline->options.n_workers; w++) {
        queue_close(pipeline->queues[w]);
    }
    return NULL;
}

struct worker_start {
    struct pipeline *pipeline;
    size_t number;
};

static void *worker_main(void *argument)
{
    struct worker_start *start = argument;
    struct pipeline *pipeline = start->pipeline;
    require(worker_run(pipeline->workers[start->number]) == 0);
    free(start);
    if (atomic_fetch_sub_explicit(&pipeline->n_running, 1, memory_order_acq_rel) == 1) {
        queue_close(pipeline->to_writer);
    }
    return NULL;
}

static void *writer_main(void *argument)
{
    struct pipeline *pipeline = argument;
    pipeline->writer_result = writer_run(pipeline->writer, &pipeline->writer_problem);
    return NULL;
}

void pipeline_start(struct pipeline *pipeline)
{
    size_t n_workers = pipeline->options.n_workers;
    atomic_store(&pipeline->n_running, n_workers);
    require(thread_start(&pipeline->writer_thread, "writer", writer_main, pipeline) == 0);
    for (size_t w = 0; w < n_workers; w++) {
        struct worker_start *start = malloc(sizeof(*start));
        require(start != NULL);
        *start = (struct worker_start){ pipeline, w };
        require(thread_start(&pipeline->worker_threads[w], "worker", worker_main, start) == 0);
    }
    require(thread_start(&pipeline->reader_thread, "reader", reader_main, pipeline) == 0);
}

int pipeline_join(struct pipeline *pipeline)
{
    pthread_join(pipeline->reader_thread, NULL);
    for (size_t w = 0; w < pipeline->options.n_workers; w++) {
        pthread_join(pipeline->worker_threads[w], NULL);
    }
    pthread_join(pipeline->writer_thread, NULL);
    require(batch_pool_is_whole(pipeline->batches));
    require(queue_is_finished(pipeline->to_writer));
    return pipeline->writer_result < 0 ? pipeline->writer_result : pipeline->reader_result;
}

int pipeline_run(struct pipeline *pipeline)
{
    pipeline_open(pipeline);
    pipeline_start(pipeline);
    int r = pipeline_join(pipeline);
    pipeline_close(pipeline);
    return r;
}

size_t pipeline_worker_of(struct pipeline *pipeline, unsigned key)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER scratch = { 0 };
    require(buffer_printf(&text, "{\"k\":\"%u\"}", key) == 0);
    struct json_indexer *indexer = json_indexer_new(64);
    struct json_document document = { .bytes = text.data, .len = text.len };
    size_t n_tokens;
    uint64_t hash;
    require(json_index(indexer, text.data, text.len, &document.tokens, &n_tokens) == 0);
    document.n_tokens = (uint32_t)n_tokens;
    require(router_key(&pipeline->router, &document, &scratch, &hash) == 0);
    json_indexer_free(indexer);
    return router_worker(hash, (uint32_t)pipeline->options.n_workers);
}

/* Checking. */

struct seen {
    /* By number: 1 in the sink, 2 in the error sink. */
    unsigned char *where;
    uint64_t n_events;
    /* By key: one above the last one. */
    uint64_t *last;
    bool is_ordered;
};

static bool complain(const char *what, uint64_t n)
{
    printf("\n    event %" PRIu64 ": %s", n, what);
    return false;
}

static bool see(struct seen *seen, uint64_t n, unsigned char where)
{
    if (n >= seen->n_events) {
        return complain("was never read", n);
    }
    if (seen->where[n] != 0) {
        return complain("is there twice", n);
    }
    seen->where[n] = where;
    return true;
}

static bool see_line(const struct pipeline_options *options, struct seen *seen, const char *line,
                     size_t len)
{
    const char *number = memmem(line, len, "\"n\":", 4);
    static const char tail[] = "\",\"done\":true}";
    size_t tail_len = sizeof(tail) - 1;
    if (number == NULL || len < tail_len || memcmp(line + len - tail_len, tail, tail_len) != 0) {
        return complain("a line is torn or not enriched", 0);
    }
    uint64_t n = strtoull(number + 4, NULL, 10);
    if (!see(seen, n, 1)) {
        return false;
    }
    enum fate fate = pipeline_fate(options, n);
    size_t filling = fate == FATE_LARGE ? options->large_filling : options->filling;
    if (len < filling || len > filling + 80) {
        return complain("has lost or won bytes", n);
    }
    if (fate == FATE_KEYLESS || !seen->is_ordered) {
        return true;
    }
    unsigned key = pipeline_key(options, n);
    bool is_after = n >= seen->last[key];
    seen->last[key] = n + 1;
    return is_after || complain("comes behind one of its key that was read later", n);
}

static bool see_sink(const struct pipeline_options *options, struct seen *seen,
                     const struct buffer *lines, bool is_error_sink)
{
    bool is_good = true;
    for (size_t at = 0; is_good && at < lines->len;) {
        const char *line = lines->data + at;
        const char *newline = memchr(line, '\n', lines->len - at);
        require(newline != NULL);
        size_t len = (size_t)(newline - line);
        is_good = is_error_sink ? see(seen, strtoull(line, NULL, 10), 2)
                                : see_line(options, seen, line, len);
        at += len + 1;
    }
    return is_good;
}

static unsigned char place_of(const struct pipeline_options *options, uint64_t n)
{
    switch (pipeline_fate(options, n)) {
    case FATE_DELIVER:
    case FATE_LARGE:
        return 1;
    case FATE_FAIL:
    case FATE_MALFORMED:
    case FATE_FAULTY:
        return 2;
    case FATE_KEYLESS:
        return options->is_keyless_allowed ? 1 : 2;
    default:
        return 0;
    }
}

bool pipeline_is_complete(struct pipeline *pipeline, uint64_t n_events)
{
    const struct pipeline_options *options = &pipeline->options;
    struct seen seen = {
        .where = calloc(n_events + 1, 1),
        .n_events = n_events,
        .last = calloc(options->n_keys, sizeof(uint64_t)),
        .is_ordered = options->ordering != READER_UNORDERED,
    };
    require(seen.where != NULL && seen.last != NULL);
    bool is_good = see_sink(options, &seen, &pipeline->sinks[RESULT_SINK].lines, false) &&
                   see_sink(options, &seen, &pipeline->sinks[RESULT_ERROR_SINK].lines, true);
    for (uint64_t n = 0; is_good && n < n_events; n++) {
        unsigned char place = place_of(options, n);
        is_good = seen.where[n] == place ||
                  complain(seen.where[n] == 0 ? "is missing" : "is in the wrong place", n);
    }
    free(seen.where);
    free(seen.last);
    return is_good;
}

bool pipeline_adds_up(struct pipeline *pipeline, uint64_t first_event, uint64_t end_event)
{
    uint64_t counts[3] = { 0 };
    uint64_t n_skipped = 0;
    for (uint64_t n = first_event; n < end_event; n++) {
        enum fate fate = pipeline_fate(&pipeline->options, n);
        n_skipped += fate == FATE_SKIPPED;
        counts[place_of(&pipeline->options, n)] += fate != FATE_SKIPPED;
    }
    const struct accounting *accounting = &pipeline->accounting;
    return count_read(&accounting->read) == end_event - first_event - n_skipped &&
           count_read(&accounting->dropped) == counts[0] &&
           count_read(&accounting->delivered) == counts[1] &&
           count_read(&accounting->errored) == counts[2] &&
           count_read(&accounting->returned) == 0 && accounting_in_flight(accounting) == 0;
}
