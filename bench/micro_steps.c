/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of the work on an event, so many times: for bench/micro, which counts its instructions.
 *
 *     micro_steps STEP PASSES EVENTS.ndjson SCHEMA.yaml
 *
 * Does the step for each event of the file, PASSES times, and prints how many events the file has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/support/compiled_schema.h"
#include "../tests/support/schema_file.h"
#include "base/budget.h"
#include "base/filesystem.h"
#include "checkpoint/ledger.h"
#include "event/queue.h"
#include "event/result.h"
#include "route/router.h"
#include "source/lines.h"
#include "json/text.h"

enum { BATCH_BYTES = 8 << 20, WORKERS = 2, PAGE_BYTES = 20 * 1024 };

struct bench {
    char *text;
    size_t text_len;
    struct parsed *events;
    size_t n_events;
    struct json_indexer *indexer;
    uint32_t *links;
    struct router router;
    struct compiled compiled;
    struct pointer body;
    struct weir_event event;
    struct buffer line;
    struct buffer scratch;
    struct buffer page;
    struct budget budget;
    struct batch_pool *batches;
    struct result_pool *results;
    struct queue *queue;
    struct lines lines;
    struct partition_table *table;
    struct ledger *ledger;
    uint64_t n_done;
};

static void split(struct bench *bench)
{
    struct batch *batch = batch_pool_take(bench->batches);
    lines_start(&bench->lines, 0, partition_table_start(bench->table, 0), 0);
    require(lines_begin(&bench->lines, batch) == 0);
    /* From the second pass on they are there still: how a copy is made depends on the size of caches. */
    if (batch->bytes.capacity < bench->text_len) {
        require(buffer_append(&batch->bytes, bench->text, bench->text_len) == 0);
    }
    batch->bytes.len = bench->text_len;
    require(lines_cut(&bench->lines, batch, bench->n_events) == 0);
    require(batch->n_events == bench->n_events);
    batch_pool_put(bench->batches, batch);
}

/* The document of event i, indexed and walked as the reader does it. */
static struct json_document read_document(struct bench *bench, size_t i)
{
    const struct parsed *parsed = &bench->events[i];
    struct json_document document = {
        .bytes = parsed->bytes,
        .len = parsed->document.len,
        .is_line = true,
    };
    struct json_fault fault;
    size_t n_tokens = 0;
    require(json_index(bench->indexer, document.bytes, document.len, &document.tokens, &n_tokens) ==
            0);
    document.n_tokens = (uint32_t)n_tokens;
    document.links = bench->links;
    require(json_walk(&document, JSON_MAX_DEPTH, &fault) == 0);
    return document;
}

static void parse(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_events; i++) {
        (void)read_document(bench, i);
    }
}

static void find_key(struct bench *bench)
{
    uint64_t key;
    for (size_t i = 0; i < bench->n_events; i++) {
        require(router_key(&bench->router, &bench->events[i].document, &bench->scratch, &key) == 0);
    }
}

static void validate(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_events; i++) {
        require(event_begin_walked(&bench->event, &bench->events[i].document) == 0);
        require(schema_check_event(bench->compiled.checker, &bench->event) == 0);
        event_reset(&bench->event);
    }
}

static void conform(struct bench *bench)
{
    const struct schema_projection projection = { SCHEMA_UNKNOWN_DROP, bench->compiled.drops };
    int r = schema_conform(bench->compiled.checker, &projection, &bench->event);
    if (r != 0) {
        fprintf(stderr, "%s\n", schema_checker_complaint(bench->compiled.checker));
        exit(1);
    }
}

static void project(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_events; i++) {
        require(event_begin_walked(&bench->event, &bench->events[i].document) == 0);
        conform(bench);
        event_reset(&bench->event);
    }
}

static void set_and_render(struct bench *bench, bool conforms)
{
    static const char value[] = "\"content body\"";
    require(event_set_raw_at(&bench->event, &bench->body, value, sizeof(value) - 1) == 0);
    if (conforms) {
        conform(bench);
    }
    buffer_clear(&bench->line);
    require(event_render(&bench->event, &bench->line) == 0);
    event_reset(&bench->event);
}

static void patch_and_render(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_events; i++) {
        require(event_begin_walked(&bench->event, &bench->events[i].document) == 0);
        set_and_render(bench, false);
    }
}

static void whole(struct bench *bench)
{
    uint64_t key;
    for (size_t i = 0; i < bench->n_events; i++) {
        struct json_document document = read_document(bench, i);
        require(router_key(&bench->router, &document, &bench->scratch, &key) == 0);
        require(event_begin_walked(&bench->event, &document) == 0);
        set_and_render(bench, true);
    }
}

static void escape(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_events; i++) {
        buffer_clear(&bench->line);
        require(json_quote(&bench->line, bench->page.data, bench->page.len) == 0);
    }
}

/* From the reader to the workers and from them to the writer, without threads: nobody waits. */
static void hand_over(struct bench *bench)
{
    struct batch *batch = batch_pool_take(bench->batches);
    uint16_t *worker_of = calloc(bench->n_events, sizeof(*worker_of));
    require(worker_of != NULL);
    for (size_t i = 0; i < bench->n_events; i++) {
        struct batch_event *event = batch_add(batch, 0, 0);
        require(event != NULL);
        event->position = (struct position){ 0, i, (int64_t)i, (int64_t)i + 1 };
        require(batch_event_index(batch, event, &bench->events[i].document) == 0);
        worker_of[i] = (uint16_t)(i % WORKERS);
    }
    require(batch_dispatch(batch, worker_of, WORKERS) == WORKERS);
    for (size_t w = 0; w < WORKERS; w++) {
        struct work *work = &batch->works[w];
        require(queue_push(bench->queue, (void **)&work) == 0);
        work = queue_pop(bench->queue);
        struct result_batch *results = result_pool_take(bench->results);
        for (size_t i = 0; i < work->n_events; i++) {
            const struct batch_event *event = &batch->events[work->events[i]];
            require(result_batch_add(results, &event->position, VERDICT_DELIVER, 1) == 0);
        }
        result_pool_put(bench->results, results);
        batch_unref(batch);
    }
    free(worker_of);
}

/* Two workers finish in turn, 64 events each. */
static void count_done(struct bench *bench)
{
    enum { BLOCK = 64 };
    for (size_t first = 0; first + 2 * BLOCK <= bench->n_events; first += 2 * BLOCK) {
        for (size_t i = 0; i < 2 * BLOCK; i++) {
            uint64_t n = bench->n_done + (i < BLOCK ? 2 * i + 1 : 2 * (i - BLOCK));
            struct position position = { 0, n, (int64_t)n, (int64_t)n + 1 };
            require(ledger_done(bench->ledger, &position) == 0);
        }
        bench->n_done += 2 * BLOCK;
        ledger_publish(bench->ledger);
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *);
} steps[] = {
    { "split", split },       { "parse", parse },     { "key", find_key },
    { "validate", validate }, { "project", project }, { "patch-and-render", patch_and_render },
    { "whole", whole },       { "escape", escape },   { "hand-over", hand_over },
    { "ledger", count_done },
};

static void read_events(struct bench *bench, const char *path)
{
    require(file_read_all(path, BATCH_BYTES, &bench->text, &bench->text_len) == 0);
    for (size_t i = 0; i < bench->text_len; i++) {
        bench->n_events += bench->text[i] == '\n';
    }
    bench->events = calloc(bench->n_events, sizeof(*bench->events));
    require(bench->events != NULL);
    const char *line = bench->text;
    for (size_t i = 0; i < bench->n_events; i++) {
        const char *end = strchr(line, '\n');
        require(parsed_init(&bench->events[i], line, (size_t)(end - line)) == 0);
        line = end + 1;
    }
    bench->indexer = json_indexer_new(1 << 20);
    bench->links = calloc(1 << 20, sizeof(*bench->links));
    require(bench->indexer != NULL && bench->links != NULL);
}

static void read_schema(struct bench *bench, const char *path)
{
    AUTO_BUFFER json = { 0 };
    struct problem problem = { 0 };
    if (schema_file_read(path, &json, &problem) < 0) {
        fprintf(stderr, "%s\n", problem.text);
        exit(1);
    }
    const struct schema_options options = {
        .uri = "/schema", .json = json.data, .json_len = json.len, .asserts_format = true
    };
    if (compiled_init(&bench->compiled, &options) < 0) {
        fprintf(stderr, "%s\n", bench->compiled.problem.text);
        exit(1);
    }
}

/* Text as a wiki has it: a special byte in 51. */
static void make_page(struct buffer *page)
{
    static const char text[] =
        "== Locks ==\nThe weir at \"Aldermoor\" holds the [[river]] back for the mill below, which "
        "ground malt and oats for the villages of the upper valley until its wheel was taken out, "
        "and is now a café with a garden.\n";
    while (page->len < PAGE_BYTES) {
        require(buffer_append(page, text, sizeof(text) - 1) == 0);
    }
}

static void open_rooms(struct bench *bench)
{
    static const char *const fields[] = { "/wiki_id", "/page/page_id" };
    static const char body[] = "/revision/content_slots/main/content_body";
    size_t field;
    struct pointer_fault fault;
    uint32_t partition;
    struct partition_state start = { .name = strdup("events") };
    require(router_init(&bench->router, fields, ARRAY_SIZE(fields), &field, &fault) == 0);
    require(pointer_init(&bench->body, body, sizeof(body) - 1, &fault) == 0);
    budget_init(&bench->budget, SIZE_MAX / 2);
    require(batch_pool_new(&(struct batch_pool_options){ 2, BATCH_BYTES, &bench->budget },
                           &bench->batches) == 0);
    require(result_pool_new(&(struct result_pool_options){ 2, BATCH_BYTES, BATCH_BYTES },
                            &bench->results) == 0);
    require(queue_new(4, &bench->queue) == 0);
    require(partition_table_new(&bench->table) == 0);
    require(partition_table_add(bench->table, &start, &partition) == 0);
    require(ledger_new(bench->table, &bench->ledger) == 0);
    bench->lines.max_event_size = BATCH_BYTES;
    partition_state_deinit(&start);
    make_page(&bench->page);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc != 5) {
        fprintf(stderr, "usage: micro_steps STEP PASSES EVENTS.ndjson SCHEMA.yaml\n");
        return EXIT_USAGE;
    }
    read_events(&bench, argv[3]);
    read_schema(&bench, argv[4]);
    open_rooms(&bench);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        if (strcmp(steps[i].name, argv[1]) != 0) {
            continue;
        }
        for (int n = atoi(argv[2]); n > 0; n--) {
            steps[i].run(&bench);
        }
        printf("%zu\n", bench.n_events);
        return 0;
    }
    fprintf(stderr, "no such step: %s\n", argv[1]);
    return EXIT_USAGE;
}
