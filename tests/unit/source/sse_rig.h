/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An sse source with all that a pipeline puts around it, in one thread: a server with a recording, a
 * partition table, a ledger, a pool; and a list of what came out. Time is the machine's, since curl
 * and the server know no other, but for what a test adds to it; nothing sleeps.
 */
#ifndef WEIR_TESTS_SSE_RIG_H
#define WEIR_TESTS_SSE_RIG_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/budget.h"
#include "base/clock.h"
#include "checkpoint/ledger.h"
#include "event/batch.h"
#include "serve/serve.h"
#include "source/sse.h"

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"

enum { RIG_PATIENCE_S = 60, RIG_MAX_EVENTS = 20000 };

/* An event that came out. */
struct rig_event {
    enum batch_event_kind kind;
    struct position position;
    /* The member "n" of a generated event, -1 where there is none. */
    long n;
    char *bytes;
    size_t len;
    /* The source left its index, which was checked. */
    bool is_indexed;
    char *fault_message;
};

/* The machine's time and what the test adds to it; another date where it says one. */
struct rig_clock {
    struct clock clock;
    int64_t ahead_ns;
    /* 0: the machine's. */
    int64_t realtime_ns;
};

static inline int64_t rig_monotonic(const struct clock *clock)
{
    return clock_now_ns(clock_system()) + ((const struct rig_clock *)clock)->ahead_ns;
}

static inline int64_t rig_realtime(const struct clock *clock)
{
    const struct rig_clock *self = (const struct rig_clock *)clock;
    return self->realtime_ns > 0 ? self->realtime_ns : clock_system()->realtime_ns(clock_system());
}

/* One run of a source; what a crash leaves is the snapshot and the state. */
struct rig {
    struct rig_clock clock;
    struct budget budget;
    struct partition_table *partitions;
    struct ledger *ledger;
    struct batch_pool *pool;
    struct source *source;
    struct problem problem;
    struct rig_event *events;
    size_t n_events;
    /* What source_read() returned last. */
    int outcome;
};

struct rig_options {
    const char *url;
    size_t max_event_size;
    size_t batch_max_events;
    size_t batch_max_bytes;
    int64_t since_ms;
    int64_t until_ms;
    int64_t max_rate;
    int64_t idle_timeout_ns;
    int64_t startup_timeout_ns;
};

static inline void rig_open(struct rig *rig, const struct rig_options *options)
{
    *rig = (struct rig){ .clock.clock = { rig_monotonic, rig_realtime } };
    budget_init(&rig->budget, SIZE_MAX / 2);
    rig->events = calloc(RIG_MAX_EVENTS, sizeof(*rig->events));
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&rig->partitions), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(rig->partitions, &rig->ledger), 0);
    struct batch_pool_options pool = { .n_batches = 1,
                                       .batch_bytes = 1 << 20,
                                       .budget = &rig->budget };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&pool, &rig->pool), 0);
    struct sse_source_options sse = {
        .common = {
            .partitions = rig->partitions,
            .clock = &rig->clock.clock,
            .batch_max_events = options->batch_max_events == 0 ? 64 : options->batch_max_events,
            .batch_max_bytes = options->batch_max_bytes == 0 ? 1 << 20 : options->batch_max_bytes,
            .linger_ns = 10 * NS_PER_MS,
            .max_event_size = options->max_event_size == 0 ? 1 << 20 : options->max_event_size,
            .budget = &rig->budget,
        },
        .url = options->url,
        .since_ms = options->since_ms == 0 ? -1 : options->since_ms,
        .until_ms = options->until_ms == 0 ? -1 : options->until_ms,
        .contact = "test@example.org",
        .idle_timeout_ns =
            options->idle_timeout_ns == 0 ? 60 * NS_PER_S : options->idle_timeout_ns,
        .startup_timeout_ns =
            options->startup_timeout_ns == 0 ? 10 * NS_PER_S : options->startup_timeout_ns,
        .max_rate = options->max_rate,
    };
    CU_ASSERT_EQUAL_FATAL(sse_source_open(&sse, &rig->source, &rig->problem), 0);
}

static inline void rig_close(struct rig *rig)
{
    rig->source->ops->close(rig->source);
    batch_pool_free(rig->pool);
    ledger_free(rig->ledger);
    partition_table_free(rig->partitions);
    for (size_t i = 0; i < rig->n_events; i++) {
        free(rig->events[i].bytes);
        free(rig->events[i].fault_message);
    }
    free(rig->events);
}

/* The number of a generated event: its first member. */
static inline long rig_number(const char *bytes, size_t len)
{
    static const char head[] = "{\"n\":";
    bool is_ours = len > sizeof(head) && memcmp(bytes, head, sizeof(head) - 1) == 0;
    return is_ours ? atol(bytes + sizeof(head) - 1) : -1;
}

/* What was walked of a document is what the walk would give. */
static inline void rig_check_index(const struct batch *batch, const struct batch_event *event)
{
    AUTO_PARSED parsed;
    struct json_document document = batch_event_document(batch, event);
    CU_ASSERT_TRUE_FATAL(event->first_token + event->n_tokens < batch->n_tokens);
    CU_ASSERT_EQUAL_FATAL(parsed_init(&parsed, document.bytes, document.len), 0);
    CU_ASSERT_EQUAL_FATAL(event->n_tokens, parsed.document.n_tokens);
    CU_ASSERT_EQUAL(document.has_break, parsed.document.has_break);
    CU_ASSERT_EQUAL(
        memcmp(document.tokens, parsed.document.tokens, (event->n_tokens + 1) * sizeof(uint32_t)),
        0);
    /* The first link tells of the whole; those of punctuation mean nothing. */
    CU_ASSERT_EQUAL(document.links[0], parsed.document.links[0]);
}

static inline void rig_note(struct rig *rig, const struct batch *batch,
                            const struct batch_event *event)
{
    CU_ASSERT_TRUE_FATAL(rig->n_events < RIG_MAX_EVENTS);
    struct rig_event *noted = &rig->events[rig->n_events++];
    const char *bytes = batch->bytes.data + event->offset;
    *noted = (struct rig_event){ .kind = event->kind,
                                 .position = event->position,
                                 .n = event->len == 0 ? -1 : rig_number(bytes, event->len),
                                 .len = event->len,
                                 .is_indexed = event->n_tokens > 0 };
    if (noted->is_indexed) {
        rig_check_index(batch, event);
    }
    noted->bytes = calloc(1, event->len + 1);
    if (event->len > 0) {
        memcpy(noted->bytes, bytes, event->len);
    }
    if (event->kind == BATCH_EVENT_FAULTY) {
        noted->fault_message = strdup(event->fault_message);
    }
}

/* Reads one batch; events are marked as done but for those that `leave` says. */
static inline void rig_read(struct rig *rig, bool (*leave)(const struct rig_event *event))
{
    struct batch *batch = batch_pool_take(rig->pool);
    rig->outcome = rig->source->ops->read(rig->source, batch, &rig->problem);
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct batch_event *event = &batch->events[i];
        CU_ASSERT_TRUE(event->offset + event->len <= batch->bytes.len);
        rig_note(rig, batch, event);
        if (leave == NULL || !leave(&rig->events[rig->n_events - 1])) {
            CU_ASSERT_EQUAL(ledger_done(rig->ledger, &event->position), 0);
        }
    }
    ledger_publish(rig->ledger);
    batch_pool_put(rig->pool, batch);
}

/* How many new documents came. */
static inline size_t rig_count(const struct rig *rig, enum batch_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < rig->n_events; i++) {
        n += rig->events[i].kind == kind;
    }
    return n;
}

/* Reads until the source ends, or n documents have come (0: no such end). */
static inline void rig_read_all(struct rig *rig, size_t n,
                                bool (*leave)(const struct rig_event *event))
{
    int64_t end_ns = clock_now_ns(clock_system()) + RIG_PATIENCE_S * NS_PER_S;
    do {
        rig_read(rig, leave);
        CU_ASSERT_TRUE_FATAL(clock_now_ns(clock_system()) < end_ns);
    } while (rig->outcome == SOURCE_MORE && (n == 0 || rig_count(rig, BATCH_EVENT_DOCUMENT) < n));
}

/* What a crash now would leave. */
struct rig_checkpoint {
    struct ledger_snapshot snapshot;
    struct buffer state;
};

static inline void rig_checkpoint(struct rig *rig, struct rig_checkpoint *ret_checkpoint)
{
    *ret_checkpoint = (struct rig_checkpoint){ 0 };
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(rig->ledger, &ret_checkpoint->snapshot), 0);
    CU_ASSERT_EQUAL_FATAL(
        rig->source->ops->save(rig->source, &ret_checkpoint->snapshot, &ret_checkpoint->state), 0);
}

static inline int rig_restore(struct rig *rig, const struct rig_checkpoint *checkpoint)
{
    return rig->source->ops->restore(rig->source, &checkpoint->snapshot, checkpoint->state.data,
                                     checkpoint->state.len, &rig->problem);
}

static inline void rig_checkpoint_deinit(struct rig_checkpoint *checkpoint)
{
    ledger_snapshot_deinit(&checkpoint->snapshot);
    buffer_deinit(&checkpoint->state);
}

/* A server with a recording. */
struct rig_server {
    struct serve *serve;
    char path[64];
    char url[160];
};

/* Generated events: numbered, spread over topics and time. */
struct rig_recording {
    size_t n_events;
    /* Of every `codfw_every` events one is codfw's; 0: none. */
    size_t codfw_every;
    /* Bytes of padding in event number `large`; 0: in none. */
    size_t large;
    size_t large_len;
    int64_t step_ms;
    /* Added to all offsets: another datacentre's cluster. */
    size_t offset_base;
};

/* 2026-01-01T00:00:00Z */
#define RIG_EPOCH_MS INT64_C(1767225600000)

static inline void rig_write_event(const struct rig_recording *recording, size_t i,
                                   struct buffer *text)
{
    char dt[RFC3339_SIZE];
    bool is_codfw = recording->codfw_every > 0 && i % recording->codfw_every == 1;
    rfc3339_format(dt, (RIG_EPOCH_MS + (int64_t)i * recording->step_ms) * NS_PER_MS, 3);
    buffer_printf(
        text,
        "{\"n\":%zu,\"meta\":{\"stream\":\"s\",\"id\":\"%08zx-0000-4000-8000-000000000000\","
        "\"dt\":\"%s\",\"domain\":\"en.example.org\",\"topic\":\"%s.s\",\"partition\":0,"
        "\"offset\":%zu},\"pad\":\"",
        i, i, dt, is_codfw ? "codfw" : "eqiad",
        recording->offset_base + (is_codfw ? 70000 : 1000) + i);
    size_t pad = recording->large_len > 0 && i == recording->large ? recording->large_len : i % 97;
    for (size_t k = 0; k < pad; k++) {
        buffer_append_byte(text, 'x');
    }
    buffer_append_text(text, "\"}\n");
}

static inline void rig_serve_text(struct rig_server *server, struct serve_options options,
                                  const char *stream, const struct buffer *text)
{
    struct problem problem = { 0 };
    snprintf(server->path, sizeof(server->path), "/tmp/weir-sse-XXXXXX");
    int fd = mkstemp(server->path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(write(fd, text->data, text->len), (ssize_t)text->len);
    close(fd);
    options.path = server->path;
    options.listen = options.listen == NULL ? "127.0.0.1:0" : options.listen;
    CU_ASSERT_EQUAL_FATAL(serve_start(&options, &problem, &server->serve), 0);
    snprintf(server->url, sizeof(server->url), "%s/v2/stream/%s", serve_url(server->serve), stream);
}

static inline void rig_serve(struct rig_server *server, struct serve_options options,
                             const struct rig_recording *recording)
{
    AUTO_BUFFER text = { 0 };
    for (size_t i = 0; i < recording->n_events; i++) {
        rig_write_event(recording, i, &text);
    }
    rig_serve_text(server, options, "s", &text);
}

static inline void rig_server_stop(struct rig_server *server)
{
    serve_stop(server->serve);
    unlink(server->path);
}

#endif
