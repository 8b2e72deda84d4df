/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer, without threads: its queue is filled and closed before it runs. Its clock stands still at
 * a moment long past, so that a wait for the disk ends at once.
 */
#include "sink/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/scripted_fs.h"
#include "../../support/scripted_sink.h"
#include "../../support/temporary_directory.h"
#include "base/log.h"

enum { BATCHES = 16 };

struct rig {
    char directory[256];
    struct scripted_fs fs;
    struct clock clock;
    int64_t now_ns;
    /* What each sync takes. */
    int64_t sync_ns;
    struct accounting accounting;
    struct partition_table *partitions;
    struct ledger *ledger;
    struct result_pool *results;
    struct queue *input;
    struct scripted_sink sinks[RESULT_LANES];
    struct checkpoint_store *store;
    struct checkpointer *checkpointer;
    struct writer *writer;
    struct result_batch *batch;
    struct problem problem;
    uint64_t n_events;
    int n_failed;
    /* What was done, in order: a word a call. */
    struct buffer journal;
    /* What has to hold at each call; false once it did not. */
    bool is_balanced;
};

static struct rig *rig_of(const struct clock *clock)
{
    return (struct rig *)((char *)(uintptr_t)clock - offsetof(struct rig, clock));
}

static int64_t fake_now(const struct clock *clock)
{
    return rig_of(clock)->now_ns;
}

static void note(struct rig *rig, const char *word)
{
    CU_ASSERT_EQUAL(buffer_printf(&rig->journal, "%s ", word), 0);
}

/* Called by both sinks: notes the call, and compares the numbers with what the sinks hold. */
static void on_call(void *context, struct scripted_sink *sink, enum sink_call call)
{
    static const char *const words[SINK_CALLS] = { "write", "", "freeze", "sync", "told" };
    struct rig *rig = context;
    const struct accounting *accounting = &rig->accounting;
    rig->now_ns += call == SINK_SYNC ? rig->sync_ns : 0;
    bool is_error_sink = sink == &rig->sinks[RESULT_ERROR_SINK];
    CU_ASSERT_EQUAL(buffer_printf(&rig->journal, "%s%s ", is_error_sink ? "e-" : "", words[call]),
                    0);
    uint64_t delivered = count_read(&accounting->delivered);
    uint64_t errored = count_read(&accounting->errored);
    rig->is_balanced &= delivered == scripted_sink_count(&rig->sinks[RESULT_SINK]);
    rig->is_balanced &= errored == scripted_sink_count(&rig->sinks[RESULT_ERROR_SINK]);
    rig->is_balanced &= delivered + errored + count_read(&accounting->dropped) +
                            count_read(&accounting->returned) + accounting_in_flight(accounting) ==
                        count_read(&accounting->read);
}

static int save(void *source, const struct ledger_snapshot *snapshot, struct buffer *ret_state)
{
    struct rig *rig = source;
    CU_ASSERT_EQUAL(snapshot->n_partitions, 1);
    note(rig, "save");
    rig->fs.n_calls = 0;
    return buffer_append_text(ret_state, "the source's own");
}

static void committed(void *source, const struct ledger_snapshot *snapshot)
{
    struct rig *rig = source;
    (void)snapshot;
    /* Not before it is stored. */
    CU_ASSERT(rig->fs.n_calls > 0);
    note(rig, "committed");
}

static void on_failure(void *context)
{
    ((struct rig *)context)->n_failed++;
}

static void open_store(struct rig *rig)
{
    struct checkpoint_store_options options = { rig->directory, &rig->fs.fs };
    CU_ASSERT_EQUAL_FATAL(checkpoint_store_open(&options, &rig->store, &rig->problem), 0);
}

static void open_writer(struct rig *rig, bool has_error_sink, int64_t interval_ns)
{
    struct checkpointer_options checkpointer = {
        .job_name = "job",
        .instance = "0",
        .source = { rig, "the source", save, committed },
        .ledger = rig->ledger,
        .store = rig->store,
        .sinks = { &rig->sinks[0].sink, &rig->sinks[1].sink },
        .roles = { "sink", "error_sink" },
        .n_sinks = has_error_sink ? 2 : 1,
    };
    CU_ASSERT_EQUAL_FATAL(checkpointer_new(&checkpointer, &rig->checkpointer), 0);
    struct writer_options writer = {
        .input = rig->input,
        .results = rig->results,
        .sinks = { &rig->sinks[0].sink, has_error_sink ? &rig->sinks[1].sink : NULL },
        .ledger = rig->ledger,
        .checkpointer = rig->checkpointer,
        .checkpoint_interval_ns = interval_ns,
        .clock = &rig->clock,
        .accounting = &rig->accounting,
        .failed = on_failure,
        .context = rig,
    };
    CU_ASSERT_EQUAL_FATAL(writer_new(&writer, &rig->writer), 0);
}

/* A checkpoint after each batch where interval_ns is 0. */
static void rig_init(struct rig *rig, bool has_error_sink, int64_t interval_ns)
{
    *rig = (struct rig){ .clock = { fake_now, fake_now }, .now_ns = 1000, .is_balanced = true };
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(rig->directory);
    scripted_fs_init(&rig->fs);
    scripted_sink_init(&rig->sinks[RESULT_SINK], "scripted sink");
    scripted_sink_init(&rig->sinks[RESULT_ERROR_SINK], "scripted error sink");
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        rig->sinks[lane].hook = on_call;
        rig->sinks[lane].hook_context = rig;
    }
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&rig->partitions), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(rig->partitions, &rig->ledger), 0);
    struct partition_state start = { .name = (char *)(uintptr_t) "p" };
    uint32_t partition;
    CU_ASSERT_EQUAL_FATAL(partition_table_add(rig->partitions, &start, &partition), 0);
    struct result_pool_options results = { BATCHES, 4096, 1 << 20 };
    CU_ASSERT_EQUAL_FATAL(result_pool_new(&results, &rig->results), 0);
    CU_ASSERT_EQUAL_FATAL(queue_new(BATCHES, &rig->input), 0);
    open_store(rig);
    open_writer(rig, has_error_sink, interval_ns);
}

static void rig_deinit(struct rig *rig)
{
    CU_ASSERT_TRUE(rig->is_balanced);
    writer_free(rig->writer);
    checkpointer_free(rig->checkpointer);
    checkpoint_store_close(rig->store);
    queue_free(rig->input);
    result_pool_free(rig->results);
    ledger_free(rig->ledger);
    partition_table_free(rig->partitions);
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        scripted_sink_deinit(&rig->sinks[lane]);
    }
    buffer_deinit(&rig->journal);
    temporary_directory_remove(rig->directory);
}

/* Adds an event of ten offsets to the batch that is being filled. */
static void add(struct rig *rig, enum verdict verdict)
{
    if (rig->batch == NULL) {
        rig->batch = result_pool_take(rig->results);
        rig->batch->read_ns = rig->now_ns;
    }
    uint64_t n = rig->n_events++;
    struct position position = { 0, n, (int64_t)n * 10, (int64_t)n * 10 + 10 };
    size_t len = 0;
    bool has_line = verdict == VERDICT_DELIVER || verdict == VERDICT_ERROR;
    if (has_line) {
        enum result_lane lane = verdict == VERDICT_ERROR ? RESULT_ERROR_SINK : RESULT_SINK;
        struct buffer *lines = &rig->batch->lines[lane];
        size_t before = lines->len;
        CU_ASSERT_EQUAL(buffer_printf(lines, "%s %d\n", lane == 0 ? "event" : "bad", (int)n), 0);
        len = lines->len - before;
    }
    CU_ASSERT_EQUAL(result_batch_add(rig->batch, &position, verdict, len), 0);
    if (verdict != VERDICT_SKIP) {
        count_add(&rig->accounting.read, 1);
    }
}

static void push(struct rig *rig)
{
    CU_ASSERT_EQUAL(queue_push(rig->input, (void **)&rig->batch), 0);
}

/* A batch of events: d(eliver), x (drop), e(rror), r(eturn), s(kip). */
static void push_all(struct rig *rig, const char *verdicts)
{
    static const char letters[] = "dxers";
    static const enum verdict by_letter[] = { VERDICT_DELIVER, VERDICT_DROP, VERDICT_ERROR,
                                              VERDICT_RETURN, VERDICT_SKIP };
    for (const char *letter = verdicts; *letter != '\0'; letter++) {
        add(rig, by_letter[strchr(letters, *letter) - letters]);
    }
    push(rig);
}

static int run(struct rig *rig)
{
    queue_close(rig->input);
    int r = writer_run(rig->writer, &rig->problem);
    CU_ASSERT_EQUAL(accounting_in_flight(&rig->accounting), 0);
    CU_ASSERT_EQUAL(rig->n_failed, r < 0);
    return r;
}

static void expect_counts(struct rig *rig, uint64_t delivered, uint64_t dropped, uint64_t errored,
                          uint64_t returned)
{
    CU_ASSERT_EQUAL(count_read(&rig->accounting.delivered), delivered);
    CU_ASSERT_EQUAL(count_read(&rig->accounting.dropped), dropped);
    CU_ASSERT_EQUAL(count_read(&rig->accounting.errored), errored);
    CU_ASSERT_EQUAL(count_read(&rig->accounting.returned), returned);
    CU_ASSERT_EQUAL(delivered + dropped + errored + returned, count_read(&rig->accounting.read));
}

static void expect_lines(struct rig *rig, enum result_lane lane, const char *expected)
{
    const char *text = buffer_text(&rig->sinks[lane].lines);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

/* What a restart would begin with: the watermark, the done ranges, and the sink's length. */
static void expect_stored(struct rig *rig, int64_t watermark, const char *ranges, uint64_t length)
{
    struct checkpoint stored = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_store_load(rig->store, &stored, &rig->problem),
                          CHECKPOINT_LOADED);
    AUTO_BUFFER text = { 0 };
    CU_ASSERT_EQUAL_FATAL(stored.ledger.n_partitions, 1);
    const struct partition_state *state = &stored.ledger.partitions[0];
    CU_ASSERT_EQUAL(state->watermark, watermark);
    for (size_t i = 0; i < state->n_ranges; i++) {
        buffer_printf(&text, "%d-%d ", (int)state->ranges[i].first, (int)state->ranges[i].end);
    }
    CU_ASSERT_STRING_EQUAL(buffer_text(&text), ranges);
    CU_ASSERT_EQUAL(stored.sinks[0].length, length);
    CU_ASSERT_STRING_EQUAL(stored.sinks[0].role, "sink");
    CU_ASSERT_STRING_EQUAL(stored.sinks[0].identity, "scripted sink");
    CU_ASSERT_STRING_EQUAL(stored.source_identity, "the source");
    CU_ASSERT(stored.source_state_len == 16 &&
              memcmp(stored.source_state, "the source's own", 16) == 0);
    checkpoint_deinit(&stored);
}

#define CHECKPOINT "freeze e-freeze sync e-sync save committed told e-told "

static void test_lines_go_to_their_sinks_and_events_are_counted(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    push_all(&rig, "dxed");
    push_all(&rig, "xx");
    push_all(&rig, "sds");
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect_counts(&rig, 3, 3, 1, 0);
    expect_lines(&rig, RESULT_SINK, "event 0\nevent 3\nevent 7\n");
    expect_lines(&rig, RESULT_ERROR_SINK, "bad 2\n");
    CU_ASSERT_EQUAL(count_read(&rig.accounting.bytes_out), 30);
    expect_stored(&rig, 90, "", 24);
    rig_deinit(&rig);
}

/* Before the first line, so that parts are named; then at the end. */
static void test_a_checkpoint_has_its_order(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    push_all(&rig, "de");
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(writer_checkpoint_ns(rig.writer), 0);
    CU_ASSERT_EQUAL(run(&rig), 0);
    CU_ASSERT_EQUAL(writer_checkpoint_ns(rig.writer), rig.now_ns);
    CU_ASSERT_STRING_EQUAL(buffer_text(&rig.journal), CHECKPOINT "write e-write write " CHECKPOINT);
    rig_deinit(&rig);
}

static void test_checkpoints_come_at_their_interval(void)
{
    struct rig rig;
    rig_init(&rig, false, 0);
    push_all(&rig, "d");
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(run(&rig), 0);
    /* At the start, after each batch, at the end. */
    CU_ASSERT_EQUAL(rig.sinks[0].counts[SINK_CHECKPOINTED], 4);
    rig_deinit(&rig);
}

static void test_a_sink_that_is_full_is_checkpointed_at_once(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    rig.sinks[RESULT_ERROR_SINK].roll_lines = 2;
    push_all(&rig, "de");
    push_all(&rig, "de");
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(run(&rig), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&rig.journal), CHECKPOINT
                           "write e-write write e-write " CHECKPOINT "write " CHECKPOINT);
    rig_deinit(&rig);
}

/* It pauses three times: nothing is stored, nobody is told, and then all of it is. */
static void test_one_sink_that_cannot_sync_holds_all(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    scripted_sink_fail(&rig.sinks[RESULT_ERROR_SINK], SINK_SYNC, 3, 0);
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(run(&rig), 0);
    static const char held[] = "freeze e-freeze sync e-sync ";
    AUTO_BUFFER expected = { 0 };
    buffer_printf(&expected, "%s%s%s%swrite %s", held, held, held, CHECKPOINT, CHECKPOINT);
    CU_ASSERT_STRING_EQUAL(buffer_text(&rig.journal), buffer_text(&expected));
    rig_deinit(&rig);
}

static void test_a_failed_sync_ends_without_a_checkpoint(void)
{
    struct rig rig;
    rig_init(&rig, true, 0);
    push_all(&rig, "d");
    push_all(&rig, "ddd");
    CU_ASSERT_EQUAL(checkpointer_take(rig.checkpointer, &rig.problem), 0);
    scripted_sink_fail(&rig.sinks[RESULT_SINK], SINK_SYNC, 1, EIO);
    CU_ASSERT_EQUAL(run(&rig), -EIO);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    expect_counts(&rig, 0, 0, 0, 4);
    expect_stored(&rig, 0, "", 0);
    rig_deinit(&rig);
}

static void test_a_full_disk_delays_and_loses_nothing(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    scripted_sink_fail(&rig.sinks[RESULT_SINK], SINK_WRITE, 2, 0);
    scripted_sink_fail(&rig.sinks[RESULT_ERROR_SINK], SINK_WRITE, 1, 0);
    push_all(&rig, "de");
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect_counts(&rig, 2, 0, 1, 0);
    expect_lines(&rig, RESULT_SINK, "event 0\nevent 2\n");
    expect_lines(&rig, RESULT_ERROR_SINK, "bad 1\n");
    expect_stored(&rig, 30, "", 16);
    rig_deinit(&rig);
}

/* There is room for the sinks, but none for the checkpoint. */
static void test_a_checkpoint_that_finds_no_room_is_taken_again(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    scripted_fs_fail(&rig.fs, FS_WRITE, 2, ENOSPC);
    push_all(&rig, "d");
    CU_ASSERT_EQUAL(run(&rig), 0);
    CU_ASSERT_STRING_EQUAL(
        buffer_text(&rig.journal),
        "freeze e-freeze sync e-sync save freeze e-freeze sync e-sync save " CHECKPOINT
        "write " CHECKPOINT);
    expect_stored(&rig, 10, "", 8);
    rig_deinit(&rig);
}

static void test_giving_up_gives_back_what_is_not_written(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    writer_give_up(rig.writer);
    scripted_sink_fail(&rig.sinks[RESULT_ERROR_SINK], SINK_WRITE, -1, 0);
    push_all(&rig, "dxed");
    push_all(&rig, "dxe");
    CU_ASSERT_EQUAL(run(&rig), -ENOSPC);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    expect_counts(&rig, 2, 1, 0, 4);
    expect_lines(&rig, RESULT_ERROR_SINK, "");
    /* What was delivered is not recorded: it is cut, and comes again. */
    expect_stored(&rig, 0, "", 0);
    rig_deinit(&rig);
}

static void test_giving_up_ends_a_checkpoint_that_waits(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    writer_give_up(rig.writer);
    scripted_sink_fail(&rig.sinks[RESULT_SINK], SINK_SYNC, -1, 0);
    push_all(&rig, "de");
    CU_ASSERT_EQUAL(run(&rig), -ENOSPC);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "no checkpoint"));
    expect_counts(&rig, 0, 0, 0, 2);
    rig_deinit(&rig);
}

static void test_an_io_error_ends_and_gives_back(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    push_all(&rig, "dx");
    scripted_sink_fail(&rig.sinks[RESULT_SINK], SINK_WRITE, 1, EIO);
    push_all(&rig, "dxes");
    CU_ASSERT_EQUAL(run(&rig), -EIO);
    CU_ASSERT_STRING_EQUAL(rig.problem.text, "scripted: failed");
    expect_counts(&rig, 0, 0, 0, 5);
    CU_ASSERT_EQUAL(rig.sinks[RESULT_SINK].counts[SINK_CHECKPOINTED], 1);
    expect_stored(&rig, 0, "", 0);
    rig_deinit(&rig);
}

static void test_the_first_bad_event_stops_where_there_is_no_error_sink(void)
{
    struct rig rig;
    rig_init(&rig, false, NS_PER_S);
    push_all(&rig, "ddxeded");
    push_all(&rig, "ddx");
    CU_ASSERT_EQUAL(run(&rig), -EBADMSG);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    /* The first one, and nothing of those behind it. */
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "bad 3"));
    CU_ASSERT_PTR_NULL(strstr(rig.problem.text, "bad 5"));
    expect_counts(&rig, 4, 1, 0, 5);
    /* What is done of its group stays done: the next run begins with the bad event. */
    expect_stored(&rig, 30, "40-50 60-70 ", 32);
    rig_deinit(&rig);
}

static void test_what_is_given_back_stays_undone(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    push_all(&rig, "drsrd");
    CU_ASSERT_EQUAL(run(&rig), 0);
    expect_counts(&rig, 2, 0, 0, 2);
    expect_stored(&rig, 10, "20-30 40-50 ", 16);
    rig_deinit(&rig);
}

static void test_nothing_to_do_still_names_the_parts(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    CU_ASSERT_EQUAL(run(&rig), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&rig.journal), CHECKPOINT CHECKPOINT);
    expect_stored(&rig, 0, "", 0);
    rig_deinit(&rig);
}

static void test_delivery_ends_with_the_write_and_latency_with_the_checkpoint(void)
{
    struct rig rig;
    rig_init(&rig, true, NS_PER_S);
    push_all(&rig, "ddd");
    rig.now_ns += 8 * NS_PER_MS;
    rig.sync_ns = 32 * NS_PER_MS;
    CU_ASSERT_EQUAL(run(&rig), 0);
    int64_t delivery = histogram_quantile(writer_delivery(rig.writer), 0.5);
    /* Two sinks are synced by the first checkpoint, too. */
    CU_ASSERT(delivery >= 68 * NS_PER_MS && delivery <= 76 * NS_PER_MS);
    int64_t latency = histogram_quantile(writer_latency(rig.writer), 0.5);
    CU_ASSERT(latency >= 128 * NS_PER_MS && latency <= 144 * NS_PER_MS);
    rig_deinit(&rig);
}

static const struct test_case cases[] = {
    { "lines go to their sinks and events are counted",
      test_lines_go_to_their_sinks_and_events_are_counted },
    { "a checkpoint has its order", test_a_checkpoint_has_its_order },
    { "checkpoints come at their interval", test_checkpoints_come_at_their_interval },
    { "a sink that is full is checkpointed at once",
      test_a_sink_that_is_full_is_checkpointed_at_once },
    { "one sink that cannot sync holds all", test_one_sink_that_cannot_sync_holds_all },
    { "a failed sync ends without a checkpoint", test_a_failed_sync_ends_without_a_checkpoint },
    { "a full disk delays and loses nothing", test_a_full_disk_delays_and_loses_nothing },
    { "a checkpoint that finds no room is taken again",
      test_a_checkpoint_that_finds_no_room_is_taken_again },
    { "giving up gives back what is not written", test_giving_up_gives_back_what_is_not_written },
    { "giving up ends a checkpoint that waits", test_giving_up_ends_a_checkpoint_that_waits },
    { "an I/O error ends and gives back", test_an_io_error_ends_and_gives_back },
    { "the first bad event stops where there is no error sink",
      test_the_first_bad_event_stops_where_there_is_no_error_sink },
    { "what is given back stays undone", test_what_is_given_back_stays_undone },
    { "nothing to do still names the parts", test_nothing_to_do_still_names_the_parts },
    { "delivery ends with the write and latency with the checkpoint",
      test_delivery_ends_with_the_write_and_latency_with_the_checkpoint },
};

CUNIT_MAIN("sink/writer", cases)
