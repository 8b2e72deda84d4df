/* SPDX-License-Identifier: Apache-2.0 */
#include "source/reader.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "json/walk.h"

struct reader {
    /* Fixed after start. */
    struct reader_options options;
    /* Owned by the source thread. */
    struct json_indexer *indexer;
    uint32_t *links;
    size_t links_capacity;
    /* For keys whose strings hold escapes. */
    struct buffer scratch;
    uint16_t *worker_of;
    size_t worker_of_capacity;
    uint64_t n_read;
    /* Set by reader_stop(); relaxed, because interrupting the source brings the thread to look. */
    atomic_bool is_stopping;
};

int reader_new(const struct reader_options *options, struct reader **ret_reader)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return -ENOMEM;
    }
    reader->options = *options;
    atomic_init(&reader->is_stopping, false);
    reader->indexer = json_indexer_new(options->batch_bytes);
    if (reader->indexer == NULL) {
        free(reader);
        return -ENOMEM;
    }
    *ret_reader = reader;
    return 0;
}

void reader_free(struct reader *reader)
{
    if (reader == NULL) {
        return;
    }
    json_indexer_free(reader->indexer);
    buffer_deinit(&reader->scratch);
    free(reader->links);
    free(reader->worker_of);
    free(reader);
}

void reader_stop(struct reader *reader)
{
    atomic_store_explicit(&reader->is_stopping, true, memory_order_relaxed);
    batch_pool_stop(reader->options.pool);
    partition_table_stop(reader->options.partitions);
    reader->options.source->ops->interrupt(reader->options.source);
}

static bool is_stopping(struct reader *reader)
{
    return atomic_load_explicit(&reader->is_stopping, memory_order_relaxed);
}

/* Room for the links of n_tokens tokens. */
static int reserve_links(struct reader *reader, size_t n_tokens)
{
    if (n_tokens <= reader->links_capacity) {
        return 0;
    }
    free(reader->links);
    reader->links_capacity = 0;
    reader->links = malloc(2 * n_tokens * sizeof(*reader->links));
    if (reader->links == NULL) {
        return -ENOMEM;
    }
    reader->links_capacity = 2 * n_tokens;
    return 0;
}

/* Gives back what brackets on end have taken. */
static void shrink_links(struct reader *reader)
{
    if (reader->links_capacity * sizeof(*reader->links) > reader->options.batch_bytes) {
        free(reader->links);
        reader->links = NULL;
        reader->links_capacity = 0;
    }
}

static int refuse(struct reader *reader, struct batch *batch, struct batch_event *event)
{
    struct json_fault fault = json_indexer_fault(reader->indexer);
    char message[160];
    snprintf(message, sizeof(message), "not valid JSON: %s at byte %zu", fault.reason,
             fault.offset);
    return batch_event_fault(batch, event, "ParseError", message);
}

/* Finds the key of a document, walked or not, and whether it is a canary. */
static int route(struct reader *reader, struct batch_event *event,
                 const struct json_document *document)
{
    int r = router_key(reader->options.router, document, &reader->scratch, &event->key);
    if (r < 0) {
        return r;
    }
    if (r == ROUTE_CANARY) {
        event->kind = BATCH_EVENT_DROPPED;
    } else if (r > 0) {
        /* Whether it is malformed or only without a key the strict walk will say, at whichever worker. */
        event->key = hash_bytes(&event->position.sequence, sizeof(event->position.sequence));
        event->is_keyless = r == ROUTE_KEY_MISSING;
    }
    return 0;
}

/* Walks an indexed document; without links where it is malformed. */
static int walk(struct reader *reader, struct json_document *document)
{
    struct json_fault fault;
    int r = reserve_links(reader, document->n_tokens);
    if (r < 0) {
        return r;
    }
    document->links = reader->links;
    if (json_walk(document, JSON_MAX_DEPTH, &fault) != 0) {
        document->links = NULL;
    }
    return 0;
}

/* Reads a document, unless the source did, and finds its key; what cannot be read becomes faulty. */
static int inspect(struct reader *reader, struct batch *batch, struct batch_event *event)
{
    struct json_document document = batch_event_document(batch, event);
    if (event->n_tokens > 0) {
        return route(reader, event, &document);
    }
    size_t n_tokens = 0;
    int r = json_index(reader->indexer, document.bytes, event->len, &document.tokens, &n_tokens);
    if (r != 0) {
        return r < 0 ? r : refuse(reader, batch, event);
    }
    document.n_tokens = (uint32_t)n_tokens;
    document.links = NULL;
    if (batch->bytes.len > 2 * reader->options.batch_bytes) {
        /* A very large event: the worker reads it again rather than hold it all twice at once. */
        r = route(reader, event, &document);
        return r < 0 ? r : json_indexer_shrink(reader->indexer, reader->options.batch_bytes);
    }
    r = walk(reader, &document);
    r = r < 0 ? r : route(reader, event, &document);
    if (r == 0 && document.links != NULL && event->kind == BATCH_EVENT_DOCUMENT) {
        r = batch_event_index(batch, event, &document);
    }
    shrink_links(reader);
    return r;
}

static uint16_t choose_worker(const struct reader *reader, const struct batch *batch, size_t i)
{
    const struct batch_event *event = &batch->events[i];
    size_t n = reader->options.n_workers;
    switch (reader->options.ordering) {
    case READER_BY_PARTITION:
        return (uint16_t)(event->position.partition % n);
    case READER_UNORDERED:
        return (uint16_t)(i * n / batch->n_events);
    case READER_BY_KEY:
        break;
    }
    if (event->kind != BATCH_EVENT_DOCUMENT) {
        return (uint16_t)(event->position.sequence % n);
    }
    return (uint16_t)router_worker(event->key, (uint32_t)n);
}

static int reserve_workers(struct reader *reader, size_t n_events)
{
    if (n_events <= reader->worker_of_capacity) {
        return 0;
    }
    uint16_t *grown = realloc(reader->worker_of, 2 * n_events * sizeof(*grown));
    if (grown == NULL) {
        return -ENOMEM;
    }
    reader->worker_of = grown;
    reader->worker_of_capacity = 2 * n_events;
    return 0;
}

/* Cuts the batch where the limit is reached, and counts what is left. */
static void count(struct reader *reader, struct batch *batch)
{
    uint64_t n_read = 0;
    uint64_t n_bytes = 0;
    uint64_t left =
        reader->options.limit == 0 ? UINT64_MAX : reader->options.limit - reader->n_read;
    for (size_t i = 0; i < batch->n_events; i++) {
        bool is_new = batch->events[i].kind != BATCH_EVENT_SKIPPED;
        if (is_new && n_read == left) {
            batch->n_events = i;
            break;
        }
        n_read += is_new;
        n_bytes += is_new ? batch->events[i].len : 0;
    }
    reader->n_read += n_read;
    count_add(&reader->options.accounting->bytes_in, n_bytes);
    count_add(&reader->options.accounting->read, n_read);
}

/*
 * Waits until the watermark of each partition in the batch is near enough. What the batch holds of a
 * partition before an event cannot be done yet, and is not waited for.
 */
static int wait_for_window(struct reader *reader, const struct batch *batch)
{
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct position *position = &batch->events[i].position;
        if (position->partition == last) {
            continue;
        }
        last = position->partition;
        int r = partition_table_wait(reader->options.partitions, position->partition,
                                     position->sequence, reader->options.ledger_window + i);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static int hand_over(struct reader *reader, struct batch *batch)
{
    int n_works = batch_dispatch(batch, reader->worker_of, reader->options.n_workers);
    if (n_works < 0) {
        return n_works;
    }
    /* From the last push on the batch may be gone: count the pushes, do not look into it. */
    for (size_t w = 0; n_works > 0; w++) {
        struct work *work = &batch->works[w];
        if (work->n_events == 0) {
            continue;
        }
        n_works--;
        int r = queue_push(reader->options.workers[w], (void **)&work);
        require(r == 0);
    }
    return 0;
}

/* Returns 0, 1 when the reader was stopped meanwhile, or -errno. */
static int process(struct reader *reader, struct batch *batch)
{
    int r = reserve_workers(reader, batch->n_events);
    for (size_t i = 0; r == 0 && i < batch->n_events; i++) {
        struct batch_event *event = &batch->events[i];
        if (event->kind == BATCH_EVENT_DOCUMENT) {
            r = inspect(reader, batch, event);
        }
    }
    if (r < 0) {
        return r;
    }
    r = wait_for_window(reader, batch);
    if (r != 0) {
        return r;
    }
    count(reader, batch);
    for (size_t i = 0; i < batch->n_events; i++) {
        reader->worker_of[i] = choose_worker(reader, batch, i);
    }
    return hand_over(reader, batch);
}

/* Reads one batch. Returns SOURCE_MORE, SOURCE_END (also: limit, stopped), or -errno. */
static int read_one(struct reader *reader, struct problem *problem)
{
    const struct reader_options *options = &reader->options;
    struct batch *batch = batch_pool_take(options->pool);
    if (batch == NULL) {
        return SOURCE_END;
    }
    int outcome = options->source->ops->read(options->source, batch, problem);
    bool is_large = batch->bytes.len > 2 * options->batch_bytes;
    if (outcome < 0 || batch->n_events == 0 || is_stopping(reader)) {
        batch_pool_put(options->pool, batch);
        return outcome < 0 ? outcome : outcome == SOURCE_END || is_stopping(reader);
    }
    if (is_large) {
        batch_pool_wait_others(options->pool);
    }
    int r = process(reader, batch);
    if (r != 0) {
        batch_pool_put(options->pool, batch);
        return r < 0 ? problem_set(problem, -r, EXIT_SOFTWARE, "the reader is out of memory")
                     : SOURCE_END;
    }
    if (is_large) {
        batch_pool_wait_whole(options->pool);
    }
    bool is_enough = options->limit != 0 && reader->n_read >= options->limit;
    return outcome == SOURCE_END || is_enough ? SOURCE_END : SOURCE_MORE;
}

int reader_run(struct reader *reader, struct problem *problem)
{
    int outcome;
    do {
        outcome = read_one(reader, problem);
    } while (outcome == SOURCE_MORE);
    return outcome < 0 ? outcome : 0;
}
