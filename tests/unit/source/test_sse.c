/* SPDX-License-Identifier: Apache-2.0 */
/* The whole source against a real server on the loopback: reading, ends, cuts, faults, refusals. */
#include "source/sse.h"

#include <errno.h>

#include "base/filesystem.h"
#include "base/log.h"

#include "../http/scripted_server.h"
#include "sse_rig.h"

/* Every number from 0 to n - 1 came once, as a document. */
static void check_each_once(const struct rig *rig, size_t n)
{
    unsigned char *counts = calloc(n, 1);
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];
        if (event->kind == BATCH_EVENT_SKIPPED) {
            continue;
        }
        CU_ASSERT_TRUE_FATAL(event->n >= 0 && (size_t)event->n < n);
        counts[event->n]++;
        CU_ASSERT_EQUAL(event->kind, BATCH_EVENT_DOCUMENT);
        CU_ASSERT_TRUE(event->is_indexed);
    }
    for (size_t i = 0; i < n; i++) {
        if (counts[i] != 1) {
            printf("\nevent %zu came %d times\n", i, counts[i]);
        }
        CU_ASSERT_EQUAL(counts[i], 1);
    }
    free(counts);
}

/* In each partition offsets ascend, and sequences count from 0. */
static void check_positions(const struct rig *rig)
{
    uint64_t sequences[64] = { 0 };
    int64_t offsets[64];
    memset(offsets, -1, sizeof(offsets));
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct position *position = &rig->events[i].position;
        CU_ASSERT_TRUE_FATAL(position->partition < 64);
        CU_ASSERT_EQUAL(position->sequence, sequences[position->partition]++);
        CU_ASSERT_TRUE(position->offset > offsets[position->partition]);
        CU_ASSERT_TRUE(position->next_offset > position->offset);
        offsets[position->partition] = position->offset;
    }
}

static void test_whole_recording(void)
{
    static const struct rig_recording recording = { .n_events = 3000,
                                                    .codfw_every = 5,
                                                    .step_ms = 50 };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    check_each_once(&rig, recording.n_events);
    check_positions(&rig);
    CU_ASSERT_EQUAL(rig_count(&rig, BATCH_EVENT_SKIPPED), 0);
    CU_ASSERT_EQUAL(partition_table_count(rig.partitions), 2);
    CU_ASSERT_STRING_EQUAL(partition_table_start(rig.partitions, 0)->name, "eqiad.s/0");
    int64_t done;
    int64_t total;
    rig.source->ops->progress(rig.source, &done, &total);
    CU_ASSERT_TRUE(done > 100000);
    CU_ASSERT_EQUAL(total, -1);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* Each real recording comes out as the file has it, but for what the service adds. */
static void test_real_recordings(void)
{
    static const struct {
        const char *file;
        const char *stream;
        size_t n_events;
    } recordings[] = {
        { "page_change.live-2026-09-27.sse", "mediawiki.page_change.v1", 5 },
        { "page_change.live-2026-09-27.ndjson", "mediawiki.page_change.v1", 8 },
        { "page_change.wikidata-query-rdf.ndjson", "mediawiki.page_change.v1", 13 },
        { "page_change.canary.derived.ndjson", "mediawiki.page_change.v1", 4 },
        { "recentchange.live-2025-08-29.sse", "mediawiki.recentchange", 9 },
    };
    const char *shared = getenv("WEIR_SHARED");
    for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
        char path[4096];
        char url[160];
        snprintf(path, sizeof(path), "%s/events/%s", shared == NULL ? "../shared" : shared,
                 recordings[i].file);
        if (access(path, R_OK) < 0) {
            printf("skipped: there is no %s ", path);
            continue;
        }
        for (uint64_t cut = 0; cut < 4; cut += cut == 0 ? 2 : 1) {
            struct serve *serve;
            struct rig rig;
            struct serve_options options = { .path = path,
                                             .listen = "127.0.0.1:0",
                                             .cut_after = cut };
            CU_ASSERT_EQUAL_FATAL(serve_start(&options, NULL, &serve), 0);
            snprintf(url, sizeof(url), "%s/v2/stream/%s", serve_url(serve), recordings[i].stream);
            rig_open(&rig, &(struct rig_options){ .url = url });
            rig_read_all(&rig, 0, NULL);
            CU_ASSERT_EQUAL(serve_events(serve), recordings[i].n_events);
            CU_ASSERT_EQUAL(rig.n_events, recordings[i].n_events);
            for (size_t k = 0; k < rig.n_events; k++) {
                CU_ASSERT_EQUAL(rig.events[k].kind, BATCH_EVENT_DOCUMENT);
            }
            rig_close(&rig);
            serve_stop(serve);
        }
    }
}

/* One above the limit is an error event of its own; the limit itself passes; neighbours unharmed. */
static void test_too_large(void)
{
    static const struct rig_recording recording = {
        .n_events = 20, .large = 7, .large_len = 300000, .step_ms = 50
    };
    struct rig_server server;
    rig_serve(&server, (struct serve_options){ .cut_after = 3 }, &recording);
    AUTO_BUFFER large = { 0 };
    rig_write_event(&recording, 7, &large);
    size_t len = large.len - 1;
    for (size_t limit = len - 1; limit <= len; limit++) {
        struct rig rig;
        rig_open(&rig, &(struct rig_options){ .url = server.url, .max_event_size = limit });
        rig_read_all(&rig, limit == len ? 20 : 19, NULL);
        CU_ASSERT_EQUAL_FATAL(rig.n_events, 20);
        const struct rig_event *event = &rig.events[7];
        CU_ASSERT_EQUAL(event->position.offset, 1007);
        CU_ASSERT_EQUAL(event->kind, limit == len ? BATCH_EVENT_DOCUMENT : BATCH_EVENT_FAULTY);
        CU_ASSERT_EQUAL(event->len, limit == len ? len : 0);
        if (event->fault_message != NULL) {
            CU_ASSERT_PTR_NOT_NULL(strstr(event->fault_message, "offset 1007 has 300"));
        }
        CU_ASSERT_EQUAL(rig.events[8].n, 8);
        check_positions(&rig);
        rig_close(&rig);
    }
    rig_server_stop(&server);
}

/* What is no JSON stands behind the event before it and is left to the reader. */
static void test_no_json(void)
{
    AUTO_BUFFER text = { 0 };
    buffer_append_text(&text, "{\"n\":0,\"meta\":{\"stream\":\"s\"}}\n{\"n\":1,\"meta\": oops\n"
                              "{\"n\":2,\"meta\":{\"stream\":\"s\"}}\n[]\n");
    for (uint64_t cut = 0; cut <= 3; cut += 3) {
        struct rig_server server;
        struct rig rig;
        rig_serve_text(&server, (struct serve_options){ .cut_after = cut }, "s", &text);
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        rig_read_all(&rig, 4, NULL);
        CU_ASSERT_EQUAL_FATAL(rig.n_events, 4);
        for (size_t i = 0; i < 4; i++) {
            CU_ASSERT_EQUAL(rig.events[i].position.offset, 1000000 + (int64_t)i);
        }
        CU_ASSERT_STRING_EQUAL(rig.events[1].bytes, "{\"n\":1,\"meta\": oops");
        CU_ASSERT_TRUE(rig.events[2].is_indexed);
        rig_close(&rig);
        rig_server_stop(&server);
    }
}

/* A giant event's index is left to the worker, so that there is one of it at a time. */
static void test_giant_has_no_index(void)
{
    static const struct rig_recording recording = {
        .n_events = 20, .large = 7, .large_len = 300000, .step_ms = 50
    };
    struct rig_server server;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    for (size_t batch_max_bytes = 100000; batch_max_bytes <= 200000; batch_max_bytes *= 2) {
        struct rig rig;
        rig_open(&rig,
                 &(struct rig_options){ .url = server.url, .batch_max_bytes = batch_max_bytes });
        rig_read_all(&rig, 20, NULL);
        CU_ASSERT_EQUAL_FATAL(rig.n_events, 20);
        for (size_t i = 0; i < 20; i++) {
            CU_ASSERT_EQUAL(rig.events[i].is_indexed, i != 7 || batch_max_bytes == 200000);
        }
        rig_close(&rig);
    }
    rig_server_stop(&server);
}

static void test_max_rate(void)
{
    static const struct rig_recording recording = { .n_events = 60, .step_ms = 50 };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url, .max_rate = 200 });
    int64_t started = clock_now_ns(clock_system());
    rig_read_all(&rig, 60, NULL);
    int64_t took = clock_now_ns(clock_system()) - started;
    /* 60 events at 200 a second, less the credit of 20 ms. */
    CU_ASSERT_TRUE(took > 270 * NS_PER_MS);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* Nothing at or behind `until` comes out, and the source ends though the server has more. */
static void test_until(void)
{
    static const struct rig_recording recording = { .n_events = 1000,
                                                    .codfw_every = 4,
                                                    .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ .stay = true }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url,
                                          .since_ms = RIG_EPOCH_MS + 100 * 1000,
                                          .until_ms = RIG_EPOCH_MS + 300 * 1000 });
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    CU_ASSERT_EQUAL(rig.n_events, 200);
    CU_ASSERT_EQUAL(rig.events[0].n, 100);
    CU_ASSERT_EQUAL(rig.events[rig.n_events - 1].n, 299);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* Behind `until` by the real clock, a server that is silent for five seconds has no more. */
static void test_until_in_silence(void)
{
    static const struct rig_recording recording = { .n_events = 10, .step_ms = 1000 };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ .stay = true }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url,
                                          .idle_timeout_ns = 3600 * NS_PER_S,
                                          .until_ms = RIG_EPOCH_MS + 60 * 1000 });
    rig.clock.realtime_ns = (RIG_EPOCH_MS + 59 * 1000) * NS_PER_MS;
    rig_read_all(&rig, 10, NULL);
    rig.clock.ahead_ns = 600 * NS_PER_S;
    rig_read(&rig, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_MORE);
    rig.clock.realtime_ns = (RIG_EPOCH_MS + 60 * 1000) * NS_PER_MS;
    rig_read(&rig, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    CU_ASSERT_EQUAL(rig.n_events, 10);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* The field goes from the stream to who waits; test_sse_link.c has its limits. */
static void test_retry(void)
{
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define EVENT(n) \
    "data: {\"n\":" n ",\"meta\":{\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":" n "}}\n\n"
    static const struct script_step steps[] = {
        { HEAD "retry: 30000\n" EVENT("1"), 0, SCRIPT_CLOSE },
        { HEAD EVENT("1") EVENT("2"), 0, SCRIPT_CLOSE },
    };
    struct scripted_server server;
    struct rig rig;
    char url[64];
    scripted_server_start(&server, steps, 2);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server.port);
    rig_open(&rig, &(struct rig_options){ .url = url });
    rig_read_all(&rig, 1, NULL);
    /* A read takes a second where nothing comes. */
    rig.clock.ahead_ns += 15 * NS_PER_S;
    rig_read(&rig, NULL);
    CU_ASSERT_EQUAL(rig.n_events, 1);
    rig.clock.ahead_ns += 16 * NS_PER_S;
    rig_read_all(&rig, 2, NULL);
    CU_ASSERT_EQUAL_FATAL(rig.n_events, 2);
    CU_ASSERT_EQUAL(rig.events[1].n, 2);
    rig_close(&rig);
    scripted_server_stop(&server);
    scripted_server_deinit(&server);
#undef HEAD
#undef EVENT
}

static void test_interrupt(void)
{
    static const struct rig_recording recording = { .n_events = 10, .step_ms = 50 };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ .stay = true }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 10, NULL);
    int64_t started = clock_now_ns(clock_system());
    for (int i = 0; i < 20; i++) {
        rig.source->ops->interrupt(rig.source);
        rig_read(&rig, NULL);
        CU_ASSERT_EQUAL(rig.outcome, SOURCE_MORE);
    }
    /* Twenty quiet reads would take twenty seconds. */
    CU_ASSERT_TRUE(clock_now_ns(clock_system()) - started < 5 * NS_PER_S);
    CU_ASSERT_EQUAL(rig.n_events, 10);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* 429 and 503 are waited out, as long as they ask for. */
static void test_refused_for_a_while(void)
{
    static const unsigned statuses[] = { 429, 503 };
    static const struct rig_recording recording = { .n_events = 10, .step_ms = 50 };
    for (size_t i = 0; i < 2; i++) {
        struct rig_server server;
        struct rig rig;
        struct serve_options options = { .status = statuses[i], .times = 2, .retry_after_s = 1 };
        rig_serve(&server, options, &recording);
        rig_open(&rig, &(struct rig_options){ .url = server.url });
        int64_t started = clock_now_ns(clock_system());
        rig_read_all(&rig, 10, NULL);
        CU_ASSERT_TRUE(clock_now_ns(clock_system()) - started >= 2 * NS_PER_S);
        CU_ASSERT_EQUAL(rig.n_events, 10);
        rig_close(&rig);
        rig_server_stop(&server);
    }
}

/* Reads until it fails; the problem says why. */
static void check_failure(const char *url, enum exit_code exit_code, const char *reason)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_options){ .url = url, .startup_timeout_ns = 300 * NS_PER_MS });
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_TRUE(rig.outcome < 0);
    CU_ASSERT_EQUAL(rig.problem.exit_code, exit_code);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, reason));
    if (strstr(rig.problem.text, reason) == NULL) {
        printf("\n%s\n", rig.problem.text);
    }
    rig_close(&rig);
}

static void test_failures_at_start(void)
{
    static const struct rig_recording recording = { .n_events = 10, .step_ms = 50 };
    struct rig_server server;
    char url[200];
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    snprintf(url, sizeof(url), "%s/v2/stream/no.such.stream", serve_url(server.serve));
    check_failure(url, EXIT_CONFIG, "no.such.stream");
    snprintf(url, sizeof(url), "%s/elsewhere", serve_url(server.serve));
    check_failure(url, EXIT_CONFIG, "404");
    snprintf(url, sizeof(url), "%s", server.url);
    rig_server_stop(&server);
    /* The port is free now. */
    check_failure(url, EXIT_UNAVAILABLE, "was not there within 300 ms");
    check_failure("http://name.invalid/v2/stream/s", EXIT_UNAVAILABLE, "was not there");

    rig_serve(&server, (struct serve_options){ .status = 500, .times = 1000 }, &recording);
    check_failure(server.url, EXIT_UNAVAILABLE, "500");
    rig_server_stop(&server);
}

static void test_no_url(void)
{
    struct source *source;
    struct problem problem = { 0 };
    struct sse_source_options options = { .url = "ftp://example.org/",
                                          .since_ms = -1,
                                          .until_ms = -1 };
    options.common.max_event_size = 1000;
    options.common.clock = clock_system();
    CU_ASSERT_EQUAL(sse_source_open(&options, &source, &problem), -EINVAL);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
}

/* A server that dies and comes back on its port: what it had not sent comes then. */
static void test_server_comes_back(void)
{
    static const struct rig_recording recording = { .n_events = 500,
                                                    .codfw_every = 3,
                                                    .step_ms = 50 };
    struct rig_server server;
    struct rig rig;
    char listen[64];
    rig_serve(&server, (struct serve_options){ .rate = 2000 }, &recording);
    snprintf(listen, sizeof(listen), "127.0.0.1:%d",
             atoi(strrchr(serve_url(server.serve), ':') + 1));
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 100, NULL);
    CU_ASSERT_TRUE(rig.n_events < 400);
    rig_server_stop(&server);
    /* One read in which nobody is there. */
    rig_read(&rig, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_MORE);
    rig_serve(&server, (struct serve_options){ .listen = listen }, &recording);
    rig_read_all(&rig, 500, NULL);
    check_each_once(&rig, 500);
    rig_close(&rig);
    rig_server_stop(&server);
}

/* The requests for streams that a server has answered and written down. */
static size_t count_requests(const char *log_path)
{
    char *text;
    size_t len;
    size_t n = 0;
    if (file_read_all(log_path, 1 << 20, &text, &len) < 0) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        n += text[i] == '\n';
    }
    free(text);
    return n;
}

/* Nothing for the idle timeout: the connection is taken for dead; what was there stays. */
static void test_idle_timeout(void)
{
    static const struct rig_recording recording = { .n_events = 5, .step_ms = 50 };
    struct rig_server server;
    struct rig rig;
    char log_path[] = "/tmp/weir-sse-log-XXXXXX";
    int fd = mkstemp(log_path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    rig_serve(&server, (struct serve_options){ .stay = true, .log_path = log_path }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url, .idle_timeout_ns = 100 * NS_PER_MS });
    rig_read_all(&rig, 5, NULL);
    int64_t end_ns = clock_now_ns(clock_system()) + RIG_PATIENCE_S * NS_PER_S;
    while (count_requests(log_path) < 2 && clock_now_ns(clock_system()) < end_ns) {
        rig_read(&rig, NULL);
        CU_ASSERT_EQUAL(rig.outcome, SOURCE_MORE);
    }
    CU_ASSERT_TRUE(count_requests(log_path) >= 2);
    CU_ASSERT_EQUAL(rig.n_events, 5);
    rig_close(&rig);
    rig_server_stop(&server);
    unlink(log_path);
}

static const struct test_case cases[] = {
    { "a whole recording, then 204", test_whole_recording },
    { "real recordings, cut and uncut", test_real_recordings },
    { "one byte above the limit", test_too_large },
    { "what is no JSON has a place too", test_no_json },
    { "a giant event has no index", test_giant_has_no_index },
    { "max_rate", test_max_rate },
    { "since and until", test_until },
    { "until, where nothing comes any more", test_until_in_silence },
    { "retry: is kept to", test_retry },
    { "an interrupt ends a read", test_interrupt },
    { "429 and 503 with Retry-After", test_refused_for_a_while },
    { "failures at start", test_failures_at_start },
    { "a URL that is none", test_no_url },
    { "a server that comes back", test_server_comes_back },
    { "nothing for the idle timeout", test_idle_timeout },
};

int main(void)
{
    log_setup(getenv("WEIR_TEST_VERBOSE") ? LOG_DEBUG : LOG_ERROR, LOG_LOGFMT);
    return cunit_run("source/sse", cases, sizeof(cases) / sizeof(cases[0]));
}
