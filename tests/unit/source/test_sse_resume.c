/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts, moved offsets, restarts: whatever happens, each event once. */
#include "source/sse.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"

#include "../http/scripted_server.h"
#include "sse_rig.h"

enum { CONNECTIONS_MAX = 200 };

/* How often each number came as an event to be worked on, over several runs. */
struct tally {
    unsigned counts[4096];
};

static void tally_add(struct tally *tally, const struct rig *rig)
{
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];
        if (event->kind == BATCH_EVENT_SKIPPED) {
            continue;
        }
        CU_ASSERT_TRUE_FATAL(event->n >= 0 && event->n < 4096);
        tally->counts[event->n]++;
    }
}

static void tally_check(const struct tally *tally, size_t n, const char *what)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        if (tally->counts[i] != 1 && n_wrong++ < 5) {
            printf("\n%s: event %zu came %u times ", what, i, tally->counts[i]);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* In the order of the recording, per topic. */
static void check_order(const struct rig *rig, size_t codfw_every)
{
    long last[2] = { -1, -1 };
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];
        if (event->kind != BATCH_EVENT_SKIPPED) {
            bool is_codfw = codfw_every > 0 && (size_t)event->n % codfw_every == 1;
            CU_ASSERT_TRUE(event->n > last[is_codfw]);
            last[is_codfw] = event->n;
        }
    }
}

static void test_cut_everywhere(void)
{
    static const struct rig_recording recording = { .n_events = 30,
                                                    .codfw_every = 3,
                                                    .step_ms = 1000 };
    for (size_t cut = 2; cut <= 31; cut += cut < 6 ? 1 : 5) {
        struct rig_server server;
        struct rig rig;
        char what[32];
        struct tally tally = { { 0 } };
        rig_serve(&server, (struct serve_options){ .cut_after = cut }, &recording);
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        rig_read_all(&rig, 0, NULL);
        CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
        tally_add(&tally, &rig);
        snprintf(what, sizeof(what), "cut after %zu", cut);
        tally_check(&tally, recording.n_events, what);
        check_order(&rig, recording.codfw_every);
        CU_ASSERT_EQUAL(rig_count(&rig, BATCH_EVENT_SKIPPED), 0);
        rig_close(&rig);
        rig_server_stop(&server);
    }
}

/* Each connection brings one event: the one asked for again, then the one behind it. */
static void test_one_event_a_connection(void)
{
    static const struct rig_recording recording = { .n_events = 4,
                                                    .codfw_every = 3,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct tally tally = { { 0 } };
    rig_serve(&server, (struct serve_options){ .cut_after = 1 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, recording.n_events, NULL);
    tally_add(&tally, &rig);
    tally_check(&tally, recording.n_events, "one event a connection");
    rig_close(&rig);
    rig_server_stop(&server);
}

/* Offsets mean something else from the second connection on: too high, too low, other events. */
static void test_offsets_move_at_a_cut(void)
{
    static const int64_t shifts[] = { 1, 7, -3, 5000, -1000, 100000000 };
    static const struct rig_recording recording = { .n_events = 400,
                                                    .codfw_every = 4,
                                                    .step_ms = 10000 };
    for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
        struct rig_server server;
        struct rig rig;
        char what[48];
        struct tally tally = { { 0 } };
        struct serve_options options = { .cut_after = 151, .shift_offsets = shifts[i] };
        rig_serve(&server, options, &recording);
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        rig_read_all(&rig, 0, NULL);
        CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
        tally_add(&tally, &rig);
        snprintf(what, sizeof(what), "offsets moved by %lld", (long long)shifts[i]);
        tally_check(&tally, recording.n_events, what);
        check_order(&rig, recording.codfw_every);
        /* Ten minutes of 10 s steps were asked for again. */
        CU_ASSERT_TRUE(rig_count(&rig, BATCH_EVENT_SKIPPED) > 40);
        CU_ASSERT_EQUAL(partition_table_count(rig.partitions), 4);
        CU_ASSERT_PTR_NOT_NULL(strstr(partition_table_start(rig.partitions, 2)->name, ".s/0#2"));
        rig_close(&rig);
        rig_server_stop(&server);
    }
}

/* Events that are under way when the crash comes. */
static bool leaves_some(const struct rig_event *event)
{
    return event->n >= 60 && event->n % 3 == 0;
}

static bool leaves_all(const struct rig_event *event)
{
    (void)event;
    return true;
}

/*
 * Reads n_first events, crashes with what `leave` says undone, and reads the rest: to the end where
 * has_end, else as many as are left. The first run's done events and the second run's make each event
 * once.
 */
struct crash {
    size_t n_events;
    size_t n_first;
    bool (*leave)(const struct rig_event *event);
    bool has_end;
    const char *what;
};

static void crash_and_go_on(const char *url, const struct crash *crash)
{
    size_t n_left = crash->n_events;
    struct rig rig;
    struct rig_checkpoint checkpoint;
    struct tally tally = { { 0 } };
    struct rig_options options = { .url = url, .batch_max_events = 16 };
    rig_open(&rig, &options);
    rig_read_all(&rig, crash->n_first, crash->leave);
    rig_checkpoint(&rig, &checkpoint);
    for (size_t i = 0; i < rig.n_events; i++) {
        bool is_done = !crash->leave(&rig.events[i]);
        tally.counts[rig.events[i].n] += is_done;
        n_left -= is_done;
    }
    rig_close(&rig);

    rig_open(&rig, &options);
    CU_ASSERT_EQUAL_FATAL(rig_restore(&rig, &checkpoint), 0);
    rig_read_all(&rig, crash->has_end ? 0 : n_left, NULL);
    tally_add(&tally, &rig);
    tally_check(&tally, crash->n_events, crash->what);
    rig_checkpoint_deinit(&checkpoint);
    rig_close(&rig);
}

static void test_restart(void)
{
    static const struct {
        bool (*leave)(const struct rig_event *event);
        size_t n_first;
        int64_t shift;
        const char *what;
    } crashes[] = {
        { leaves_some, 150, 0, "some undone" },
        { leaves_some, 10, 0, "none undone" },
        { leaves_all, 100, 0, "nothing done" },
        { leaves_some, 150, 7, "some undone, offsets moved" },
        { leaves_some, 150, 100000, "some undone, offsets moved far" },
        { leaves_some, 10, -5, "none undone, offsets moved" },
        { leaves_all, 100, 3, "nothing done, offsets moved" },
    };
    static const struct rig_recording recording = { .n_events = 300,
                                                    .codfw_every = 4,
                                                    .step_ms = 5000 };
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        struct rig_server server;
        const struct crash crash = { recording.n_events, crashes[i].n_first, crashes[i].leave, true,
                                     crashes[i].what };
        rig_serve(&server, (struct serve_options){ .shift_offsets = crashes[i].shift }, &recording);
        crash_and_go_on(server.url, &crash);
        rig_server_stop(&server);
    }
}

/* A third run after two whose offsets differ; ids of the first one's events are still known. */
static void test_second_restart(void)
{
    static const struct rig_recording recording = { .n_events = 200,
                                                    .codfw_every = 4,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct rig_checkpoint checkpoint;
    struct tally tally = { { 0 } };
    rig_serve(&server, (struct serve_options){ .shift_offsets = 9 }, &recording);
    struct rig_options options = { .url = server.url, .batch_max_events = 8 };
    rig_open(&rig, &options);
    rig_read_all(&rig, 100, NULL);
    rig_checkpoint(&rig, &checkpoint);
    tally_add(&tally, &rig);
    rig_close(&rig);
    for (int run = 0; run < 2; run++) {
        rig_open(&rig, &options);
        CU_ASSERT_EQUAL_FATAL(rig_restore(&rig, &checkpoint), 0);
        /* The first of them crashes among what it knows. */
        if (run == 0) {
            rig_read(&rig, NULL);
            rig_read(&rig, NULL);
            rig_read(&rig, NULL);
        } else {
            rig_read_all(&rig, 0, NULL);
        }
        rig_checkpoint_deinit(&checkpoint);
        rig_checkpoint(&rig, &checkpoint);
        tally_add(&tally, &rig);
        rig_close(&rig);
    }
    tally_check(&tally, recording.n_events, "after the second restart");
    rig_checkpoint_deinit(&checkpoint);
    rig_server_stop(&server);
}

/* The same numbering again: what lies in done ranges is skipped, and the ledger may say so. */
static void test_done_ranges(void)
{
    static const struct rig_recording recording = { .n_events = 100, .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct rig_checkpoint checkpoint;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    struct rig_options options = { .url = server.url, .batch_max_events = 90 };
    rig_open(&rig, &options);
    rig_read_all(&rig, 90, leaves_some);
    rig_checkpoint(&rig, &checkpoint);
    CU_ASSERT_EQUAL(checkpoint.snapshot.partitions[0].watermark, 1060);
    CU_ASSERT_TRUE(checkpoint.snapshot.n_ranges > 5);
    rig_close(&rig);
    rig_open(&rig, &options);
    CU_ASSERT_EQUAL(rig_restore(&rig, &checkpoint), 0);
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_EQUAL(rig.n_events, 40);
    CU_ASSERT_EQUAL(rig.events[0].position.offset, 1060);
    CU_ASSERT_EQUAL(rig.events[0].position.sequence, 0);
    CU_ASSERT_EQUAL(rig.events[0].kind, BATCH_EVENT_DOCUMENT);
    CU_ASSERT_EQUAL(rig.events[1].kind, BATCH_EVENT_SKIPPED);
    CU_ASSERT_EQUAL(rig.events[1].position.offset, 1061);
    CU_ASSERT_STRING_EQUAL(partition_table_start(rig.partitions, 0)->name, "eqiad.s/0");
    rig_checkpoint_deinit(&checkpoint);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* A finished stream, run again: nothing, and the end. */
static void test_finished(void)
{
    static const struct rig_recording recording = { .n_events = 50,
                                                    .codfw_every = 7,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct rig_checkpoint checkpoint;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 0, NULL);
    rig_checkpoint(&rig, &checkpoint);
    rig_close(&rig);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    CU_ASSERT_EQUAL(rig_restore(&rig, &checkpoint), 0);
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    CU_ASSERT_EQUAL(rig.n_events, 0);
    rig_checkpoint_deinit(&checkpoint);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* Whatever is cut off or changed in the state is refused or harmless, never a crash. */
static void test_damaged_state(void)
{
    static const struct rig_recording recording = { .n_events = 20,
                                                    .codfw_every = 4,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct rig_checkpoint checkpoint;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 0, NULL);
    rig_checkpoint(&rig, &checkpoint);
    rig_close(&rig);
    struct buffer whole = checkpoint.state;
    for (size_t len = 0; len < whole.len; len++) {
        /* A copy of its own, so that a sanitizer sees a read beyond its end. */
        checkpoint.state = (struct buffer){ malloc(len + 1), len, len + 1 };
        memcpy(checkpoint.state.data, whole.data, len);
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        CU_ASSERT_EQUAL(rig_restore(&rig, &checkpoint), -EBADMSG);
        CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
        rig_close(&rig);
        free(checkpoint.state.data);
    }
    checkpoint.state = whole;
    for (size_t i = 0; i < whole.len; i++) {
        whole.data[i] ^= 0x11;
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        int r = rig_restore(&rig, &checkpoint);
        CU_ASSERT_TRUE(r == 0 || r == -EBADMSG);
        rig_close(&rig);
        whole.data[i] ^= 0x11;
    }
    rig_checkpoint_deinit(&checkpoint);
    rig_server_stop(&server);
}

/* Two clusters that hold the same events and count otherwise, and who sends clients to one of them. */
struct clusters {
    struct rig_server each[2];
    struct scripted_server door;
    struct script_step steps[CONNECTIONS_MAX];
    char texts[2][300];
    char url[64];
};

/* pattern: which one each connection gets, over and over, such as "ab". */
static void clusters_open(struct clusters *clusters, struct rig_recording recording,
                          const char *pattern, uint64_t cut_after)
{
    for (size_t i = 0; i < 2; i++) {
        recording.offset_base = i * 50;
        rig_serve(&clusters->each[i], (struct serve_options){ .cut_after = cut_after }, &recording);
        snprintf(clusters->texts[i], sizeof(clusters->texts[i]),
                 "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                 clusters->each[i].url);
    }
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        const char *text = clusters->texts[pattern[i % strlen(pattern)] - 'a'];
        clusters->steps[i] = (struct script_step){ text, strlen(text), SCRIPT_CLOSE };
    }
    scripted_server_start(&clusters->door, clusters->steps, CONNECTIONS_MAX);
    snprintf(clusters->url, sizeof(clusters->url), "http://127.0.0.1:%d/v2/stream/s",
             clusters->door.port);
}

static void clusters_close(struct clusters *clusters)
{
    scripted_server_stop(&clusters->door);
    scripted_server_deinit(&clusters->door);
    rig_server_stop(&clusters->each[0]);
    rig_server_stop(&clusters->each[1]);
}

/* Each connection may come to the other cluster: every event once, whoever tells of it. */
static void test_two_clusters(void)
{
    static const char *const patterns[] = { "ab", "abba", "aab", "abbbaaa" };
    static const struct rig_recording recording = { .n_events = 800,
                                                    .codfw_every = 4,
                                                    .step_ms = 10000 };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct clusters clusters;
        struct rig rig;
        struct tally tally = { { 0 } };
        clusters_open(&clusters, recording, patterns[i], 151);
        rig_open(&rig, &(struct rig_options){ .url = clusters.url });
        rig_read_all(&rig, recording.n_events, NULL);
        tally_add(&tally, &rig);
        tally_check(&tally, recording.n_events, patterns[i]);
        check_order(&rig, recording.codfw_every);
        CU_ASSERT_TRUE(rig_count(&rig, BATCH_EVENT_SKIPPED) > 40);
        /* More than one change. */
        CU_ASSERT_TRUE(partition_table_count(rig.partitions) >= 6);
        rig_close(&rig);
        clusters_close(&clusters);
    }
}

/* And crashes between them. */
static void test_restart_at_another_cluster(void)
{
    static const char *const patterns[] = { "ab", "abb", "aabb" };
    static const struct rig_recording recording = { .n_events = 300,
                                                    .codfw_every = 4,
                                                    .step_ms = 5000 };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct clusters clusters;
        const struct crash crash = { recording.n_events, 150, leaves_some, false, patterns[i] };
        clusters_open(&clusters, recording, patterns[i], 200);
        crash_and_go_on(clusters.url, &crash);
        clusters_close(&clusters);
    }
}

/* What the other threads do while the source thread reads. */
struct beside {
    struct rig *rig;
    atomic_bool is_over;
    size_t n_saved;
};

static void *save_and_interrupt(void *argument)
{
    struct beside *beside = argument;
    struct ledger_snapshot snapshot = { 0 };
    AUTO_BUFFER state = { 0 };
    while (!atomic_load(&beside->is_over)) {
        int64_t done;
        int64_t total;
        struct source *source = beside->rig->source;
        buffer_clear(&state);
        beside->n_saved += source->ops->save(source, &snapshot, &state) == 0;
        source->ops->progress(source, &done, &total);
        source->ops->interrupt(source);
    }
    return NULL;
}

static void test_beside_other_threads(void)
{
    static const struct rig_recording recording = { .n_events = 1500,
                                                    .codfw_every = 4,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    struct tally tally = { { 0 } };
    struct serve_options options = { .cut_after = 400, .shift_offsets = 50 };
    rig_serve(&server, options, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    struct beside beside = { .rig = &rig };
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, save_and_interrupt, &beside), 0);
    rig_read_all(&rig, 0, NULL);
    atomic_store(&beside.is_over, true);
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE(beside.n_saved > 0);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    tally_add(&tally, &rig);
    tally_check(&tally, recording.n_events, "beside other threads");
    rig_close(&rig);
    rig_server_stop(&server);
}

static const struct test_case cases[] = {
    { "cut after every number of events", test_cut_everywhere },
    { "one event a connection still goes on", test_one_event_a_connection },
    { "offsets move at a cut", test_offsets_move_at_a_cut },
    { "a restart, with and without moved offsets", test_restart },
    { "two clusters by turns", test_two_clusters },
    { "a restart at another cluster", test_restart_at_another_cluster },
    { "a second restart among repeats", test_second_restart },
    { "done ranges are skipped", test_done_ranges },
    { "a finished stream gives nothing", test_finished },
    { "a damaged state is refused", test_damaged_state },
    { "saved and interrupted while it reads", test_beside_other_threads },
};

int main(void)
{
    log_setup(getenv("WEIR_TEST_VERBOSE") ? LOG_DEBUG : LOG_ERROR, LOG_LOGFMT);
    return cunit_run("source/sse_resume", cases, sizeof(cases) / sizeof(cases[0]));
}
