/* SPDX-License-Identifier: Apache-2.0 */
/* When a connection is asked for again: a server that sends what a script says, a clock that stands. */
#include "source/sse_link.h"

#include <stdbool.h>

#include "base/log.h"

#include "../http/scripted_server.h"

#define STREAM                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:ok\n\n"
#define REFUSAL(status, more) "HTTP/1.1 " status "\r\n" more "Content-Length: 0\r\n\r\n"

/* Where the clock begins. */
#define START_NS (1000 * NS_PER_S)

struct still_clock {
    struct clock clock;
    int64_t now_ns;
};

static int64_t still_now(const struct clock *clock)
{
    return ((const struct still_clock *)clock)->now_ns;
}

struct rig {
    struct still_clock clock;
    struct scripted_server server;
    struct sse_link *link;
    char url[64];
};

static size_t take_all(void *context, const char *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    return len;
}

static void rig_open(struct rig *rig, const struct script_step *steps, size_t n_steps)
{
    *rig = (struct rig){ .clock = { { still_now, still_now }, START_NS } };
    scripted_server_start(&rig->server, steps, n_steps);
    snprintf(rig->url, sizeof(rig->url), "http://127.0.0.1:%d/s", rig->server.port);
    struct sse_link_options options = {
        .clock = &rig->clock.clock,
        .url = rig->url,
        .user_agent = "weir/0 (test@example.org)",
        .idle_timeout_ns = 3600 * NS_PER_S,
        .startup_timeout_ns = 3600 * NS_PER_S,
        .wake_fd = -1,
        .take = take_all,
    };
    CU_ASSERT_EQUAL_FATAL(sse_link_new(&options, &rig->link), 0);
}

static void rig_close(struct rig *rig)
{
    sse_link_free(rig->link);
    scripted_server_stop(&rig->server);
    scripted_server_deinit(&rig->server);
}

/* One connection from its start to its end. It has brought something where is_fruitful. */
static void rig_connect(struct rig *rig, bool is_fruitful)
{
    struct problem problem = { 0 };
    int outcome = sse_link_poll(rig->link, 0, &problem);
    CU_ASSERT_EQUAL_FATAL(outcome, SSE_LINK_DUE);
    CU_ASSERT_EQUAL_FATAL(sse_link_start(rig->link, &(struct sse_request){ .since_ms = -1 }), 0);
    if (is_fruitful) {
        sse_link_praise(rig->link);
    }
    do {
        outcome = sse_link_poll(rig->link, NS_PER_S, &problem);
    } while (outcome == SSE_LINK_OPEN);
    CU_ASSERT_EQUAL_FATAL(outcome, SSE_LINK_WAITING);
}

/* The next connection is due within these bounds and not before; moves the clock to the later one. */
static void check_due_within(struct rig *rig, int64_t least_ms, int64_t most_ms)
{
    struct problem problem = { 0 };
    int64_t since_ns = rig->clock.now_ns;
    if (least_ms > 0) {
        rig->clock.now_ns = since_ns + least_ms * NS_PER_MS - 1;
        CU_ASSERT_EQUAL(sse_link_poll(rig->link, 0, &problem), SSE_LINK_WAITING);
    }
    rig->clock.now_ns = since_ns + most_ms * NS_PER_MS;
    CU_ASSERT_EQUAL(sse_link_poll(rig->link, 0, &problem), SSE_LINK_DUE);
}

static void test_retry(void)
{
    static const struct {
        /* What the server asks for; -1: nothing. */
        int64_t retry_ms;
        int64_t least_ms;
        int64_t most_ms;
    } rows[] = {
        { -1, 0, 100 },
        { 3000, 3000, 3100 },
        { 100, 100, 200 },
        /* Limits: nobody is asked as fast as it goes, and no server puts a job to sleep. */
        { 99, 100, 200 },
        { 0, 100, 200 },
        { 60000, 60000, 60100 },
        { 60001, 60000, 60100 },
        { INT64_MAX, 60000, 60100 },
    };
    static const struct script_step steps[] = { { STREAM, 0, SCRIPT_CLOSE } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, steps, 1);
        if (rows[i].retry_ms >= 0) {
            sse_link_set_retry(rig.link, rows[i].retry_ms);
        }
        rig_connect(&rig, true);
        check_due_within(&rig, rows[i].least_ms, rows[i].most_ms);
        rig_close(&rig);
    }
}

/* What a refusal asks for, or is known to need, counts more than `retry:`. */
static void test_refusals_after_a_stream(void)
{
    static const struct {
        const char *reply;
        int64_t least_ms;
        int64_t most_ms;
    } rows[] = {
        { REFUSAL("429 Too Many Requests", "Retry-After: 7\r\n"), 7000, 7100 },
        { REFUSAL("503 Service Unavailable", "Retry-After: 900\r\n"), 900000, 900100 },
        /* The first failure in a row: by chance, up to what `retry:` says. */
        { REFUSAL("503 Service Unavailable", ""), 0, 5000 },
        { REFUSAL("429 Too Many Requests", "Retry-After: soon\r\n"), 0, 5000 },
        /* What will hardly pass is asked for slowly. */
        { REFUSAL("404 Not Found", ""), 60000, 65000 },
        { REFUSAL("403 Forbidden", ""), 60000, 65000 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct script_step steps[] = { { STREAM, 0, SCRIPT_CLOSE },
                                             { rows[i].reply, 0, SCRIPT_CLOSE } };
        struct rig rig;
        rig_open(&rig, steps, 2);
        sse_link_set_retry(rig.link, 5000);
        rig_connect(&rig, true);
        check_due_within(&rig, 5000, 5100);
        rig_connect(&rig, false);
        check_due_within(&rig, rows[i].least_ms, rows[i].most_ms);
        rig_close(&rig);
    }
}

/* Each failure in a row doubles the bound, up to 30 s; a stream that brings something ends the row. */
static void test_back_off(void)
{
    static const int64_t bounds_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
    enum { N_FAILURES = sizeof(bounds_ms) / sizeof(bounds_ms[0]) };
    struct script_step steps[N_FAILURES + 2];
    for (size_t i = 0; i < N_FAILURES + 2; i++) {
        steps[i] = (struct script_step){ REFUSAL("500 Oops", ""), 0, SCRIPT_CLOSE };
    }
    steps[N_FAILURES].bytes = STREAM;
    struct rig rig;
    rig_open(&rig, steps, N_FAILURES + 2);
    for (size_t i = 0; i < N_FAILURES; i++) {
        rig_connect(&rig, false);
        check_due_within(&rig, 0, bounds_ms[i]);
    }
    rig_connect(&rig, true);
    check_due_within(&rig, 0, 100);
    rig_connect(&rig, false);
    check_due_within(&rig, 0, 1000);
    rig_close(&rig);
}

/* A stream that brings nothing is a failure, however it ends: the next one is due by chance. */
static void test_empty_streams(void)
{
    static const struct script_step steps[] = { { STREAM, 0, SCRIPT_CLOSE },
                                                { STREAM, 0, SCRIPT_RESET } };
    struct rig rig;
    rig_open(&rig, steps, 2);
    sse_link_set_retry(rig.link, 8000);
    rig_connect(&rig, false);
    check_due_within(&rig, 0, 8000);
    rig_connect(&rig, false);
    check_due_within(&rig, 0, 16000);
    rig_close(&rig);
}

/* Moves the clock on in steps of 50 ms until the next connection is due. */
static int64_t wait_until_due(struct rig *rig)
{
    struct problem problem = { 0 };
    int64_t since_ns = rig->clock.now_ns;
    while (sse_link_poll(rig->link, 0, &problem) != SSE_LINK_DUE) {
        rig->clock.now_ns += 50 * NS_PER_MS;
    }
    return rig->clock.now_ns - since_ns;
}

/* A server that gives a little and ends, again and again, is asked every two seconds in the end. */
static void test_brief_streams(void)
{
    enum { N_QUICK = 10, N_BRIEF = 90 };
    struct script_step steps[N_BRIEF];
    for (size_t i = 0; i < N_BRIEF; i++) {
        steps[i] = (struct script_step){ STREAM, 0, SCRIPT_RESET };
    }
    struct rig rig;
    rig_open(&rig, steps, N_BRIEF);
    int64_t slow_ns = 0;
    for (size_t i = 0; i < N_BRIEF; i++) {
        rig_connect(&rig, true);
        int64_t wait_ns = wait_until_due(&rig);
        CU_ASSERT(wait_ns <= (i < N_QUICK ? 100 : 4000) * NS_PER_MS);
        slow_ns += i < N_BRIEF - 40 ? 0 : wait_ns;
    }
    /* 40 waits by chance up to 4 s: 80 s on average, and hardly ever below half of it. */
    CU_ASSERT(slow_ns > 40 * NS_PER_S);
    rig_close(&rig);
}

static const struct test_case cases[] = {
    { "streams that break again and again are asked for less often", test_brief_streams },
    { "retry: is kept to, within limits", test_retry },
    { "refusals say for themselves how long", test_refusals_after_a_stream },
    { "failures in a row are asked for less and less often", test_back_off },
    { "streams that bring nothing are failures", test_empty_streams },
};

int main(void)
{
    log_setup(LOG_ERROR, LOG_LOGFMT);
    return cunit_run("source/sse_link", cases, sizeof(cases) / sizeof(cases[0]));
}
