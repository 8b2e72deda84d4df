/* SPDX-License-Identifier: Apache-2.0 */
/* The worker, without threads: one batch in its queue, and what it hands on. */
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "base/error.h"
#include "event/batch.h"
#include "weir/event.h"

enum { BATCH_BYTES = 4096, RESULTS = 64 };

/* The linker puts this before result_batch_add(): from the n-th call on (-1: never) there is no memory. */
int __real_result_batch_add(struct result_batch *batch, const struct position *position,
                            enum verdict verdict, size_t line_len);
int __wrap_result_batch_add(struct result_batch *batch, const struct position *position,
                            enum verdict verdict, size_t line_len);

static int no_memory_at = -1;

int __wrap_result_batch_add(struct result_batch *batch, const struct position *position,
                            enum verdict verdict, size_t line_len)
{
    if (no_memory_at == 0) {
        return -ENOMEM;
    }
    no_memory_at -= no_memory_at > 0;
    return __real_result_batch_add(batch, position, verdict, line_len);
}

struct rig {
    struct budget budget;
    struct batch_pool *pool;
    struct batch *batch;
    struct result_pool *results;
    struct queue *input;
    struct queue *output;
    struct worker_options options;
    int n_failed;
    /* render_fault() fails from this call on; -1: never. */
    int fail_at;
    int n_faults;
    int64_t n_finished;
    /* What came out: "deliver 0", "error 1", ... with the lines behind. */
    struct buffer verdicts;
    struct buffer lines[RESULT_LANES];
    size_t n_blocks;
};

static int render_fault(void *context, const struct worker_fault *fault, struct buffer *ret_line)
{
    struct rig *rig = context;
    if (rig->n_faults++ == rig->fail_at) {
        /* Half a line is there already. */
        CU_ASSERT_EQUAL(buffer_append_text(ret_line, "half"), 0);
        return -ENOMEM;
    }
    return buffer_printf(ret_line, "%lld %s: %s: %.*s\n", (long long)fault->position.offset,
                         fault->type, fault->message, (int)fault->raw_len,
                         fault->raw == NULL ? "" : fault->raw);
}

static void failed(void *context)
{
    ((struct rig *)context)->n_failed++;
}

/* The first step of the tests: what it does stands in the event. */
static int obey(const void *step, struct weir_event *event, struct weir_http *http)
{
    (void)http;
    struct weir_view order;
    (void)step;
    if (weir_event_get_string(event, "/do", &order) < 0) {
        return 0;
    }
    if (order.len == 4 && memcmp(order.data, "drop", 4) == 0) {
        return WEIR_DROP;
    }
    if (order.len == 4 && memcmp(order.data, "fail", 4) == 0) {
        return weir_event_fail(event, "StepError", "as told");
    }
    return weir_event_set_bool(event, "/missing/parent", true);
}

static int count(struct weir_event *event, struct weir_http *http, void *context)
{
    (void)http;
    return weir_event_set_int64(event, "/count", (*(int *)context)++);
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){ .fail_at = -1 };
    budget_init(&rig->budget, 1 << 30);
    struct batch_pool_options pool = { 1, BATCH_BYTES, &rig->budget };
    struct result_pool_options results = { RESULTS, 4096, 1 << 20 };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&pool, &rig->pool), 0);
    CU_ASSERT_EQUAL_FATAL(result_pool_new(&results, &rig->results), 0);
    CU_ASSERT_EQUAL_FATAL(queue_new(4, &rig->input), 0);
    CU_ASSERT_EQUAL_FATAL(queue_new(RESULTS, &rig->output), 0);
    static const struct worker_step steps[] = { { obey, NULL } };
    rig->options = (struct worker_options){
        .input = rig->input,
        .output = rig->output,
        .results = rig->results,
        .steps = steps,
        .n_steps = 1,
        .render_fault = render_fault,
        .render_context = rig,
        .failed = failed,
        .failed_context = rig,
        .block_bytes = 1 << 20,
        .large_bytes = 2 * BATCH_BYTES,
    };
    rig->batch = batch_pool_take(rig->pool);
    rig->batch->read_ns = 17;
}

static void rig_deinit(struct rig *rig)
{
    CU_ASSERT_TRUE(batch_pool_is_whole(rig->pool));
    queue_free(rig->input);
    queue_free(rig->output);
    result_pool_free(rig->results);
    batch_pool_free(rig->pool);
    buffer_deinit(&rig->verdicts);
    buffer_deinit(&rig->lines[RESULT_SINK]);
    buffer_deinit(&rig->lines[RESULT_ERROR_SINK]);
}

static struct batch_event *add(struct rig *rig, const char *text, bool is_indexed)
{
    struct batch *batch = rig->batch;
    size_t offset = batch->bytes.len;
    CU_ASSERT_EQUAL_FATAL(buffer_append_text(&batch->bytes, text), 0);
    struct batch_event *event = batch_add(batch, offset, strlen(text));
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    uint64_t n = batch->n_events - 1;
    event->position = (struct position){ 0, n, (int64_t)n, (int64_t)n + 1 };
    AUTO_PARSED parsed = { .indexer = NULL };
    if (is_indexed && parsed_init(&parsed, text, strlen(text)) == 0) {
        CU_ASSERT_EQUAL(batch_event_index(batch, event, &parsed.document), 0);
        CU_ASSERT_EQUAL(event->n_tokens, parsed.document.n_tokens);
    }
    return event;
}

static void note_results(struct rig *rig, struct result_batch *results)
{
    static const char *const names[] = { "deliver", "drop", "error", "return", "skip" };
    size_t lens[RESULT_LANES] = { 0 };
    CU_ASSERT_EQUAL(results->read_ns, 17);
    for (size_t i = 0; i < results->n_results; i++) {
        const struct result *result = &results->results[i];
        buffer_printf(&rig->verdicts, "%s %lld\n", names[result->verdict],
                      (long long)result->position.offset);
        lens[result->verdict == VERDICT_ERROR] += result->line_len;
        CU_ASSERT_EQUAL(result->line_len > 0,
                        result->verdict == VERDICT_DELIVER || result->verdict == VERDICT_ERROR);
    }
    /* Each line belongs to a result. */
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        CU_ASSERT_EQUAL(lens[lane], results->lines[lane].len);
        buffer_append(&rig->lines[lane], results->lines[lane].data, results->lines[lane].len);
    }
    rig->n_blocks++;
}

/* Lets the worker do its batch. Returns what it returned. */
static int run(struct rig *rig)
{
    uint16_t *worker_of = calloc(rig->batch->n_events, sizeof(*worker_of));
    CU_ASSERT_PTR_NOT_NULL_FATAL(worker_of);
    CU_ASSERT_EQUAL_FATAL(batch_dispatch(rig->batch, worker_of, 1), 1);
    free(worker_of);
    struct work *work = &rig->batch->works[0];
    CU_ASSERT_EQUAL(queue_push(rig->input, (void **)&work), 0);
    queue_close(rig->input);
    struct worker *worker;
    CU_ASSERT_EQUAL_FATAL(worker_new(&rig->options, &worker), 0);
    int r = worker_run(worker);
    worker_free(worker);
    queue_close(rig->output);
    struct result_batch *results;
    while ((results = queue_pop(rig->output)) != NULL) {
        note_results(rig, results);
        result_pool_put(rig->results, results);
    }
    return r;
}

static void expect(struct buffer *buffer, const char *expected)
{
    CU_ASSERT_STRING_EQUAL(buffer_text(buffer), expected);
}

static void test_each_event_gets_its_verdict(void)
{
    struct rig rig;
    rig_init(&rig);
    add(&rig, "{\"a\":1}", true);
    add(&rig, "{\"do\":\"drop\"}", true);
    add(&rig, "{\"do\":\"fail\"}", true);
    add(&rig, "{\"do\":\"else\"}", true);
    add(&rig, "{\"a\":1,}", true);
    add(&rig, "[1]", true);
    add(&rig, "skipped", false)->kind = BATCH_EVENT_SKIPPED;
    add(&rig, "canary", false)->kind = BATCH_EVENT_DROPPED;
    CU_ASSERT_EQUAL(batch_event_fault(rig.batch, add(&rig, "", false), "Large", "too large"), 0);
    add(&rig, "{\"z\" : 1.0}", true);
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect(&rig.verdicts, "deliver 0\ndrop 1\nerror 2\nerror 3\nerror 4\nerror 5\nskip 6\ndrop 7\n"
                          "error 8\ndeliver 9\n");
    expect(&rig.lines[RESULT_SINK], "{\"a\":1}\n{\"z\" : 1.0}\n");
    const char *errors = buffer_text(&rig.lines[RESULT_ERROR_SINK]);
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, "2 StepError: as told: {\"do\":\"fail\"}\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, ": {\"do\":\"else\"}\n4 ParseError: not valid JSON: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, "at byte 7: {\"a\":1,}\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, "5 ParseError: the event is not a JSON object: [1]\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, "8 Large: too large: \n"));
    rig_deinit(&rig);
}

/* Does what the event says. */
static int finish(void *context, struct weir_event *event, const struct position *position,
                  struct event_failure *ret_failure)
{
    struct rig *rig = context;
    int64_t code = 0;
    CU_ASSERT_EQUAL(position->offset, rig->n_finished++);
    (void)weir_event_get_int64(event, "/finish", &code);
    if (code == WORKER_REFUSED) {
        *ret_failure = (struct event_failure){ { "Refused", 7 }, { "as asked", 8 } };
        return WORKER_REFUSED;
    }
    return code < 0 ? (int)code : weir_event_set_bool(event, "/finished", true);
}

static void test_what_is_finished_is_delivered(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.finish = finish;
    rig.options.finish_context = &rig;
    add(&rig, "{}", true);
    add(&rig, "{\"finish\":1}", true);
    add(&rig, "{\"finish\":0}", true);
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect(&rig.verdicts, "deliver 0\nerror 1\ndeliver 2\n");
    expect(&rig.lines[RESULT_SINK], "{\"finished\":true}\n{\"finish\":0,\"finished\":true}\n");
    expect(&rig.lines[RESULT_ERROR_SINK], "1 Refused: as asked: {\"finish\":1}\n");
    rig_deinit(&rig);
}

static void test_a_machine_that_fails_to_finish_gives_the_rest_back(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.finish = finish;
    rig.options.finish_context = &rig;
    add(&rig, "{}", true);
    add(&rig, "{\"finish\":-12}", true);
    add(&rig, "{}", true);
    CU_ASSERT_EQUAL(run(&rig), -ENOMEM);
    CU_ASSERT_EQUAL(rig.n_failed, 1);
    expect(&rig.verdicts, "deliver 0\nreturn 1\nreturn 2\n");
    expect(&rig.lines[RESULT_SINK], "{\"finished\":true}\n");
    rig_deinit(&rig);
}

static int give(struct weir_event *event, struct weir_http *http, void *context)
{
    (void)event;
    (void)http;
    return *(int *)context;
}

static void test_what_an_enrichment_returns_is_told(void)
{
    static const struct {
        int result;
        const char *errors;
    } rows[] = {
        { 7, "0 EnrichmentError: the enrichment function returned 7: {}\n" },
        { -EIO, "0 EnrichmentError: Input/output error (EIO): {}\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig rig;
        int result = rows[i].result;
        rig_init(&rig);
        rig.options.enrich = give;
        rig.options.context = &result;
        add(&rig, "{}", true);
        CU_ASSERT_EQUAL(run(&rig), 0);
        expect(&rig.lines[RESULT_ERROR_SINK], rows[i].errors);
        rig_deinit(&rig);
    }
}

static void test_a_missing_key_is_an_error_of_what_is_an_event(void)
{
    static const char *const expected[] = {
        "0 MissingKeyError: a field of the partition key is missing: {\"a\":1}\n"
        "1 ParseError: not valid JSON: ",
        "1 ParseError: not valid JSON: ",
    };
    for (int is_allowed = 0; is_allowed < 2; is_allowed++) {
        struct rig rig;
        rig_init(&rig);
        rig.options.is_keyless_allowed = is_allowed;
        add(&rig, "{\"a\":1}", true)->is_keyless = true;
        add(&rig, "{\"a\":1", true)->is_keyless = true;
        CU_ASSERT_EQUAL(run(&rig), 0);
        expect(&rig.verdicts, is_allowed ? "deliver 0\nerror 1\n" : "error 0\nerror 1\n");
        const char *errors = buffer_text(&rig.lines[RESULT_ERROR_SINK]);
        CU_ASSERT_EQUAL(strncmp(errors, expected[is_allowed], strlen(expected[is_allowed])), 0);
        rig_deinit(&rig);
    }
}

/* The events of a batch that is very large come without their index. */
static void test_events_that_were_not_indexed_are(void)
{
    struct rig rig;
    rig_init(&rig);
    add(&rig, "{\"a\":[1,{\"b\":2}]}", false);
    add(&rig, "{\"a\":\"\xff\"}", false);
    add(&rig, "", false);
    add(&rig, "{\"do\":\"drop\"}", false);
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect(&rig.verdicts, "deliver 0\nerror 1\nerror 2\ndrop 3\n");
    expect(&rig.lines[RESULT_SINK], "{\"a\":[1,{\"b\":2}]}\n");
    rig_deinit(&rig);
}

static void test_the_application_comes_behind_the_steps(void)
{
    struct rig rig;
    int n = 5;
    rig_init(&rig);
    rig.options.enrich = count;
    rig.options.context = &n;
    add(&rig, "{\"a\":1}", true);
    add(&rig, "{\"do\":\"drop\"}", true);
    add(&rig, "{}", true);
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect(&rig.lines[RESULT_SINK], "{\"a\":1,\"count\":5}\n{\"count\":6}\n");
    CU_ASSERT_EQUAL(n, 7);
    rig_deinit(&rig);
}

static void test_results_are_handed_on_in_blocks(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.block_bytes = 20;
    for (int i = 0; i < 10; i++) {
        add(&rig, "{\"a\":1}", true);
    }
    CU_ASSERT_EQUAL(run(&rig), 0);
    /* A line has 8 bytes: three make a block. */
    CU_ASSERT_EQUAL(rig.n_blocks, 4);
    CU_ASSERT_EQUAL(rig.lines[RESULT_SINK].len, 80);
    rig_deinit(&rig);
}

/* A large batch stays out until its results are written; another is free as soon as it is worked on. */
static void test_a_large_batch_stays_out_until_it_is_written(void)
{
    for (int is_large = 0; is_large < 2; is_large++) {
        struct rig rig;
        rig_init(&rig);
        static char text[2 * BATCH_BYTES + 100];
        memset(text, ' ', sizeof(text) - 1);
        memcpy(text, "{\"a\":1", 6);
        text[is_large ? sizeof(text) - 2 : 100] = '}';
        text[is_large ? sizeof(text) - 1 : 101] = '\0';
        add(&rig, text, false);
        uint16_t worker_of[] = { 0 };
        CU_ASSERT_EQUAL_FATAL(batch_dispatch(rig.batch, worker_of, 1), 1);
        struct work *work = &rig.batch->works[0];
        CU_ASSERT_EQUAL(queue_push(rig.input, (void **)&work), 0);
        queue_close(rig.input);
        struct worker *worker;
        CU_ASSERT_EQUAL_FATAL(worker_new(&rig.options, &worker), 0);
        CU_ASSERT_EQUAL(worker_run(worker), 0);
        CU_ASSERT_EQUAL(batch_pool_is_whole(rig.pool), !is_large);
        result_pool_put(rig.results, queue_pop(rig.output));
        CU_ASSERT_TRUE(batch_pool_is_whole(rig.pool));
        worker_free(worker);
        rig_deinit(&rig);
    }
}

/* The machine fails: what was done before stays, the rest is given back, half a line is taken back. */
static void test_a_fault_of_the_machine_gives_the_rest_back(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.fail_at = 1;
    add(&rig, "{\"a\":1}", true);
    add(&rig, "{\"do\":\"fail\"}", true);
    add(&rig, "{\"a\":2}", true);
    add(&rig, "{\"do\":\"fail\"}", true);
    add(&rig, "{\"a\":3}", true);
    add(&rig, "", false)->kind = BATCH_EVENT_DROPPED;
    CU_ASSERT_EQUAL(run(&rig), -ENOMEM);
    CU_ASSERT_EQUAL(rig.n_failed, 1);
    expect(&rig.verdicts, "deliver 0\nerror 1\ndeliver 2\nreturn 3\nreturn 4\nreturn 5\n");
    expect(&rig.lines[RESULT_SINK], "{\"a\":1}\n{\"a\":2}\n");
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&rig.lines[RESULT_ERROR_SINK]), "half"));
    rig_deinit(&rig);
}

/* A line whose result cannot be noted would be written again by the next run. */
static void test_no_line_goes_out_without_its_result(void)
{
    static const char *const second[] = { "{\"a\":2}", "{\"do\":\"fail\"}" };
    for (size_t i = 0; i < ARRAY_SIZE(second); i++) {
        struct rig rig;
        rig_init(&rig);
        add(&rig, "{\"a\":1}", true);
        add(&rig, second[i], true);
        add(&rig, "{\"a\":3}", true);
        no_memory_at = 1;
        CU_ASSERT_EQUAL(run(&rig), -ENOMEM);
        no_memory_at = -1;
        expect(&rig.verdicts, "deliver 0\n");
        expect(&rig.lines[RESULT_SINK], "{\"a\":1}\n");
        CU_ASSERT_EQUAL(rig.lines[RESULT_ERROR_SINK].len, 0);
        rig_deinit(&rig);
    }
}

static const struct test_case cases[] = {
    { "each event gets its verdict", test_each_event_gets_its_verdict },
    { "what is finished is delivered", test_what_is_finished_is_delivered },
    { "a machine that fails to finish gives the rest back",
      test_a_machine_that_fails_to_finish_gives_the_rest_back },
    { "what an enrichment returns is told", test_what_an_enrichment_returns_is_told },
    { "a missing key is an error of what is an event",
      test_a_missing_key_is_an_error_of_what_is_an_event },
    { "events that were not indexed are", test_events_that_were_not_indexed_are },
    { "the application comes behind the steps", test_the_application_comes_behind_the_steps },
    { "results are handed on in blocks", test_results_are_handed_on_in_blocks },
    { "a large batch stays out until it is written",
      test_a_large_batch_stays_out_until_it_is_written },
    { "a fault of the machine gives the rest back",
      test_a_fault_of_the_machine_gives_the_rest_back },
    { "no line goes out without its result", test_no_line_goes_out_without_its_result },
};

CUNIT_MAIN("worker/worker", cases)
