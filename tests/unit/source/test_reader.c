/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader, without threads: a source that gives what the test wrote down, queues that are large enough,
 * and a look at what lies in them.
 */
#include "source/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

enum { WORKERS = 8, QUEUE = 64, BATCH_BYTES = 4096 };

/* An event of the script: kind, and its bytes. */
struct planned {
    enum batch_event_kind kind;
    const char *text;
};

struct rig {
    struct source source;
    const struct planned *planned;
    size_t n_planned;
    /* Events of a batch; a source fails where planned ends, if error is set. */
    size_t batch_events;
    int error;
    size_t next;
    int n_interrupted;
    struct budget budget;
    struct batch_pool *pool;
    struct partition_table *partitions;
    struct router router;
    struct queue *queues[WORKERS];
    struct accounting accounting;
    struct reader_options options;
    struct reader *reader;
    struct problem problem;
    /* What the workers got, by number of the event. */
    int worker_of[1000];
    enum batch_event_kind kinds[1000];
    char fault_types[1000][32];
    size_t n_tokens[1000];
    size_t n_got;
};

static int rig_read(struct source *source, struct batch *batch, struct problem *problem)
{
    struct rig *rig = (struct rig *)source;
    if (rig->next == rig->n_planned && rig->error < 0) {
        return problem_set(problem, -rig->error, EXIT_DATA, "as planned");
    }
    for (size_t i = 0; i < rig->batch_events && rig->next < rig->n_planned; i++) {
        const struct planned *planned = &rig->planned[rig->next];
        size_t offset = batch->bytes.len;
        require(buffer_append_text(&batch->bytes, planned->text) == 0);
        struct batch_event *event = batch_add(batch, offset, strlen(planned->text));
        require(event != NULL);
        int64_t number = (int64_t)rig->next++;
        event->position = (struct position){ 0, (uint64_t)number, number, number + 1 };
        event->kind = planned->kind;
        event->fault_type = "FromSource";
        event->fault_message = "";
    }
    return rig->next == rig->n_planned && rig->error == 0 ? SOURCE_END : SOURCE_MORE;
}

static void rig_interrupt(struct source *source)
{
    ((struct rig *)source)->n_interrupted++;
}

static const struct source_ops rig_ops = { .read = rig_read, .interrupt = rig_interrupt };

static void rig_init(struct rig *rig, const struct planned *planned, size_t n_planned)
{
    memset(rig, 0, sizeof(*rig));
    rig->source.ops = &rig_ops;
    rig->planned = planned;
    rig->n_planned = n_planned;
    rig->batch_events = 10;
    budget_init(&rig->budget, 1 << 30);
    struct batch_pool_options pool = { 20, BATCH_BYTES, &rig->budget };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&pool, &rig->pool), 0);
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&rig->partitions), 0);
    struct partition_state start = { .name = (char *)(uintptr_t) "p" };
    uint32_t partition;
    CU_ASSERT_EQUAL_FATAL(partition_table_add(rig->partitions, &start, &partition), 0);
    static const char *const fields[] = { "/k" };
    size_t field;
    struct pointer_fault fault;
    CU_ASSERT_EQUAL_FATAL(router_init(&rig->router, fields, 1, &field, &fault), 0);
    for (size_t w = 0; w < WORKERS; w++) {
        CU_ASSERT_EQUAL_FATAL(queue_new(QUEUE, &rig->queues[w]), 0);
    }
    rig->options = (struct reader_options){
        .source = &rig->source,
        .pool = rig->pool,
        .partitions = rig->partitions,
        .router = &rig->router,
        .workers = rig->queues,
        .n_workers = WORKERS,
        .ledger_window = 1000000,
        .batch_bytes = BATCH_BYTES,
        .accounting = &rig->accounting,
    };
}

/* What lies in the queues. */
static void collect(struct rig *rig)
{
    for (size_t w = 0; w < WORKERS; w++) {
        queue_close(rig->queues[w]);
        struct work *work;
        int64_t last = -1;
        while ((work = queue_pop(rig->queues[w])) != NULL) {
            for (size_t i = 0; i < work->n_events; i++) {
                const struct batch_event *event = &work->batch->events[work->events[i]];
                int64_t n = event->position.offset;
                CU_ASSERT(n > last);
                last = n;
                CU_ASSERT_EQUAL(rig->worker_of[n], 0);
                rig->worker_of[n] = (int)w + 1;
                rig->kinds[n] = event->kind;
                rig->n_tokens[n] = event->n_tokens;
                snprintf(rig->fault_types[n], 32, "%s",
                         event->kind == BATCH_EVENT_FAULTY ? event->fault_type : "");
                rig->n_got++;
            }
            batch_unref(work->batch);
        }
    }
}

static int rig_run(struct rig *rig)
{
    CU_ASSERT_EQUAL_FATAL(reader_new(&rig->options, &rig->reader), 0);
    int r = reader_run(rig->reader, &rig->problem);
    collect(rig);
    CU_ASSERT_TRUE(batch_pool_is_whole(rig->pool));
    return r;
}

static void rig_deinit(struct rig *rig)
{
    reader_free(rig->reader);
    for (size_t w = 0; w < WORKERS; w++) {
        queue_free(rig->queues[w]);
    }
    router_deinit(&rig->router);
    partition_table_free(rig->partitions);
    batch_pool_free(rig->pool);
}

static void test_each_event_is_what_it_is(void)
{
    static const struct {
        struct planned planned;
        enum batch_event_kind kind;
        const char *fault_type;
        bool is_malformed;
    } rows[] = {
        { { BATCH_EVENT_DOCUMENT, "{\"k\":1}" }, BATCH_EVENT_DOCUMENT, "" },
        /* Whether the key is what is wrong with it the worker says. */
        { { BATCH_EVENT_DOCUMENT, "{\"a\":1}" }, BATCH_EVENT_DOCUMENT, "" },
        { { BATCH_EVENT_DOCUMENT, "[]" }, BATCH_EVENT_DOCUMENT, "" },
        { { BATCH_EVENT_DOCUMENT, "{\"k\":null}" }, BATCH_EVENT_DOCUMENT, "" },
        /* The worker says what is wrong. */
        { { BATCH_EVENT_DOCUMENT, "{\"k\":01}" }, BATCH_EVENT_DOCUMENT, "", true },
        { { BATCH_EVENT_DOCUMENT, "" }, BATCH_EVENT_FAULTY, "ParseError" },
        { { BATCH_EVENT_DOCUMENT, "{\"k\":\"\xff\"}" }, BATCH_EVENT_FAULTY, "ParseError" },
        { { BATCH_EVENT_DOCUMENT, "{\"k\":\"" }, BATCH_EVENT_FAULTY, "ParseError" },
        { { BATCH_EVENT_DOCUMENT, "{\"k\":1,\"meta\":{\"domain\":\"canary\"}}" },
          BATCH_EVENT_DROPPED,
          "" },
        { { BATCH_EVENT_FAULTY, "not looked at" }, BATCH_EVENT_FAULTY, "FromSource" },
        { { BATCH_EVENT_SKIPPED, "not looked at" }, BATCH_EVENT_SKIPPED, "" },
        { { BATCH_EVENT_DROPPED, "not looked at" }, BATCH_EVENT_DROPPED, "" },
    };
    struct planned planned[ARRAY_SIZE(rows)];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        planned[i] = rows[i].planned;
    }
    struct rig rig;
    rig_init(&rig, planned, ARRAY_SIZE(rows));
    rig.router.drops_canaries = true;
    CU_ASSERT_EQUAL(rig_run(&rig), 0);
    CU_ASSERT_EQUAL(rig.n_got, ARRAY_SIZE(rows));
    size_t bytes = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CU_ASSERT_EQUAL(rig.kinds[i], rows[i].kind);
        CU_ASSERT_STRING_EQUAL(rig.fault_types[i], rows[i].fault_type);
        CU_ASSERT_EQUAL(rig.n_tokens[i] > 0,
                        rig.kinds[i] == BATCH_EVENT_DOCUMENT && !rows[i].is_malformed);
        bytes += rows[i].planned.kind == BATCH_EVENT_SKIPPED ? 0 : strlen(rows[i].planned.text);
    }
    /* What was skipped was read before this process. */
    CU_ASSERT_EQUAL(count_read(&rig.accounting.read), ARRAY_SIZE(rows) - 1);
    CU_ASSERT_EQUAL(count_read(&rig.accounting.bytes_in), bytes);
    rig_deinit(&rig);
}

static void test_a_key_has_one_worker_and_keys_have_all(void)
{
    enum { KEYS = 50, EVENTS = 400 };
    static char texts[EVENTS][32];
    static struct planned planned[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
        snprintf(texts[i], sizeof(texts[i]), "{\"k\":\"%d\"}", i % KEYS);
        planned[i] = (struct planned){ BATCH_EVENT_DOCUMENT, texts[i] };
    }
    struct rig rig;
    rig_init(&rig, planned, EVENTS);
    rig.batch_events = 30;
    CU_ASSERT_EQUAL(rig_run(&rig), 0);
    bool is_used[WORKERS + 1] = { false };
    for (int i = 0; i < EVENTS; i++) {
        CU_ASSERT(rig.worker_of[i] > 0);
        CU_ASSERT_EQUAL(rig.worker_of[i], rig.worker_of[i % KEYS]);
        is_used[rig.worker_of[i]] = true;
    }
    for (int w = 1; w <= WORKERS; w++) {
        CU_ASSERT_TRUE(is_used[w]);
    }
    rig_deinit(&rig);
}

/* Whatever has no key: one worker alone must not get all of it. */
static void check_spread(const char *text, enum batch_event_kind kind,
                         enum reader_ordering ordering, int least)
{
    enum { EVENTS = 400 };
    static struct planned planned[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
        planned[i] = (struct planned){ kind, text };
    }
    struct rig rig;
    rig_init(&rig, planned, EVENTS);
    rig.batch_events = 40;
    rig.options.ordering = ordering;
    CU_ASSERT_EQUAL(rig_run(&rig), 0);
    CU_ASSERT_EQUAL(rig.n_got, EVENTS);
    int counts[WORKERS + 1] = { 0 };
    for (int i = 0; i < EVENTS; i++) {
        counts[rig.worker_of[i]]++;
    }
    int n_fair = 0;
    for (int w = 1; w <= WORKERS; w++) {
        n_fair += counts[w] >= EVENTS / WORKERS / 2;
    }
    CU_ASSERT(n_fair >= least);
    rig_deinit(&rig);
}

static void test_events_without_a_key_are_spread(void)
{
    check_spread("{\"a\":1}", BATCH_EVENT_DOCUMENT, READER_BY_KEY, WORKERS);
    check_spread("x", BATCH_EVENT_DOCUMENT, READER_BY_KEY, WORKERS);
    check_spread("", BATCH_EVENT_SKIPPED, READER_BY_KEY, WORKERS);
    check_spread("{\"k\":1}", BATCH_EVENT_DOCUMENT, READER_UNORDERED, WORKERS);
}

static void test_a_partition_has_one_worker_where_its_order_counts(void)
{
    static const struct planned planned[] = {
        { BATCH_EVENT_DOCUMENT, "{\"k\":1}" }, { BATCH_EVENT_DOCUMENT, "{\"k\":2}" },
        { BATCH_EVENT_DOCUMENT, "x" },         { BATCH_EVENT_FAULTY, "" },
        { BATCH_EVENT_DOCUMENT, "{\"k\":3}" }, { BATCH_EVENT_DOCUMENT, "{\"k\":4}" },
    };
    struct rig rig;
    rig_init(&rig, planned, ARRAY_SIZE(planned));
    rig.options.ordering = READER_BY_PARTITION;
    CU_ASSERT_EQUAL(rig_run(&rig), 0);
    for (size_t i = 0; i < ARRAY_SIZE(planned); i++) {
        CU_ASSERT_EQUAL(rig.worker_of[i], 1);
    }
    rig_deinit(&rig);
}

static void test_the_limit_counts_what_is_new(void)
{
    enum { EVENTS = 100 };
    static struct planned planned[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
        planned[i] = (struct planned){ i % 2 == 0 ? BATCH_EVENT_SKIPPED : BATCH_EVENT_DOCUMENT,
                                       "{\"k\":1}" };
    }
    static const uint64_t limits[] = { 1, 5, 7, 50, 51, 0 };
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct rig rig;
        rig_init(&rig, planned, EVENTS);
        rig.options.limit = limits[i];
        CU_ASSERT_EQUAL(rig_run(&rig), 0);
        uint64_t n_read = limits[i] == 0 || limits[i] > 50 ? 50 : limits[i];
        CU_ASSERT_EQUAL(count_read(&rig.accounting.read), n_read);
        /* Up to the last new one, or a skipped one behind it in its batch. */
        CU_ASSERT(rig.n_got >= 2 * n_read && rig.n_got <= 2 * n_read + 1);
        rig_deinit(&rig);
    }
}

static void test_a_source_that_fails_ends_behind_what_it_gave(void)
{
    static const struct planned planned[] = { { BATCH_EVENT_DOCUMENT, "{\"k\":1}" } };
    struct rig rig;
    rig_init(&rig, planned, 1);
    rig.error = -EBADMSG;
    CU_ASSERT_EQUAL(rig_run(&rig), -EBADMSG);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    CU_ASSERT_STRING_EQUAL(rig.problem.text, "as planned");
    CU_ASSERT_EQUAL(rig.n_got, 1);
    rig_deinit(&rig);
}

static void test_a_reader_that_was_stopped_reads_nothing(void)
{
    static const struct planned planned[] = { { BATCH_EVENT_DOCUMENT, "{\"k\":1}" } };
    struct rig rig;
    rig_init(&rig, planned, 1);
    CU_ASSERT_EQUAL_FATAL(reader_new(&rig.options, &rig.reader), 0);
    reader_stop(rig.reader);
    CU_ASSERT_EQUAL(rig.n_interrupted, 1);
    CU_ASSERT_EQUAL(reader_run(rig.reader, &rig.problem), 0);
    collect(&rig);
    CU_ASSERT_EQUAL(rig.n_got, 0);
    CU_ASSERT_EQUAL(count_read(&rig.accounting.read), 0);
    rig_deinit(&rig);
}

static const struct test_case cases[] = {
    { "each event is what it is", test_each_event_is_what_it_is },
    { "a key has one worker and keys have all", test_a_key_has_one_worker_and_keys_have_all },
    { "events without a key are spread", test_events_without_a_key_are_spread },
    { "a partition has one worker where its order counts",
      test_a_partition_has_one_worker_where_its_order_counts },
    { "the limit counts what is new", test_the_limit_counts_what_is_new },
    { "a source that fails ends behind what it gave",
      test_a_source_that_fails_ends_behind_what_it_gave },
    { "a reader that was stopped reads nothing", test_a_reader_that_was_stopped_reads_nothing },
};

CUNIT_MAIN("source/reader", cases)
