/* SPDX-License-Identifier: Apache-2.0 */
/* The server in process, seen through a socket. */
#include "serve/serve.h"

#include "base/clock.h"
#include "base/filesystem.h"

#include "../../support/http_client.h"
#include "recorded.h"

#include <pthread.h>

#define STREAM "/v2/stream/s"
#define ID     "Last-Event-ID: "

static const char events[] = RECORDED_EVENT("eqiad", 10, "01") RECORDED_EVENT("eqiad", 11, "02")
    RECORDED_EVENT("eqiad", 12, "03") RECORDED_EVENT("eqiad", 13, "04")
        RECORDED_EVENT("eqiad", 14, "05");

#define BOTH(eqiad, codfw)                           \
    "[{\"topic\":\"eqiad.s\",\"partition\":0," eqiad \
    "},{\"topic\":\"codfw.s\",\"partition\":0," codfw "}]"

struct rig {
    struct serve *serve;
    const char *url;
    char path[RECORDED_PATH_SIZE];
};

static void rig_start(struct rig *rig, const char *text, struct serve_options options)
{
    struct problem problem = { 0 };
    *rig = (struct rig){ 0 };
    recorded_write(rig->path, text);
    options.path = rig->path;
    options.listen = "127.0.0.1:0";
    CU_ASSERT_EQUAL_FATAL(serve_start(&options, &problem, &rig->serve), 0);
    rig->url = serve_url(rig->serve);
}

static void rig_stop(struct rig *rig)
{
    serve_stop(rig->serve);
    unlink(rig->path);
}

/* "10 11 12": the offsets in the body's whole frames. */
static void body_offsets(const struct http_client *client, struct buffer *text)
{
    const char *at = client->body.data;
    const char *end;
    while ((end = strstr(at, "\n\n")) != NULL) {
        const char *data = strstr(at, "\ndata: ");
        const char *offset = data == NULL ? NULL : strstr(data, "\"offset\":");
        if (offset != NULL && offset < end) {
            buffer_printf(text, "%s%ld", text->len == 0 ? "" : " ", atol(offset + 9));
        }
        at = end + 2;
    }
    buffer_text(text);
}

static void test_bytes_on_the_wire(void)
{
    static const char wanted[] =
        ":ok\n\n"
        "event: message\n"
        "id: " BOTH(
            "\"timestamp\":1767225601001",
            "\"offset\":-1") "\n"
                             "data: {\"meta\":{\"stream\":\"s\",\"dt\":\"2026-01-01T00:00:01Z\","
                             "\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":10}}\n\n"
                             "event: message\n"
                             "id: " BOTH("\"timestamp\":1767225602001", "\"offset\":-1") "\n";
    struct rig rig;
    struct http_client client;
    char value[256];
    rig_start(&rig, events, (struct serve_options){ 0 });
    CU_ASSERT(http_exchange(&client, rig.url, STREAM, ""));
    CU_ASSERT_EQUAL(client.status, 200);
    CU_ASSERT(client.is_chunked && client.is_complete);
    CU_ASSERT_STRING_EQUAL(http_header(&client, "content-type", value),
                           "text/event-stream; charset=utf-8");
    CU_ASSERT_STRING_EQUAL(http_header(&client, "cache-control", value), "no-cache");
    CU_ASSERT_NSTRING_EQUAL(client.body.data, wanted, strlen(wanted));
    http_close(&client);
    rig_stop(&rig);
}

/* The bytes of a recording of the public service come out again, the ids among them. */
static void test_real_recordings(void)
{
    static const struct {
        const char *name;
        const char *path;
    } rows[] = {
        { "page_change.live-2026-09-27.sse", "/v2/stream/mediawiki.page_change.v1" },
        { "recentchange.live-2025-08-29.sse", "/v2/stream/recentchange" },
    };
    const char *shared = getenv("WEIR_SHARED");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER path = { 0 };
        AUTO_FREE char *bytes = NULL;
        size_t len = 0;
        buffer_printf(&path, "%s/events/%s", shared == NULL ? "../shared" : shared, rows[i].name);
        if (file_read_all(buffer_text(&path), 1 << 20, &bytes, &len) < 0) {
            printf("skipped: %s is not there ", path.data);
            continue;
        }
        struct rig rig;
        struct http_client client;
        rig_start(&rig, bytes, (struct serve_options){ 0 });
        CU_ASSERT(http_exchange(&client, rig.url, rows[i].path, ""));
        CU_ASSERT_EQUAL(client.body.len, len);
        CU_ASSERT_STRING_EQUAL(client.body.data, bytes);
        http_close(&client);
        rig_stop(&rig);
    }
}

static void test_resume(void)
{
    static const struct {
        const char *path;
        const char *headers;
        int status;
        const char *offsets;
    } rows[] = {
        { STREAM, "", 200, "10 11 12 13 14" },
        { STREAM, ID BOTH("\"offset\":12", "\"offset\":-1") "\r\n", 200, "12 13 14" },
        { STREAM "?since=1767225600000", ID BOTH("\"offset\":14", "\"offset\":-1") "\r\n", 200,
          "14" },
        { STREAM, ID BOTH("\"timestamp\":1767225603001", "\"offset\":-1") "\r\n", 200, "13 14" },
        { STREAM "?since=1767225604000", "", 200, "13 14" },
        { STREAM "?since=2026-01-01T00:00:04Z", "", 200, "13 14" },
        { STREAM "?since=2025-01-01", "", 200, "10 11 12 13 14" },
        { STREAM "?since=", "", 200, "10 11 12 13 14" },
        { STREAM ",s", "", 200, "10 11 12 13 14" },
        /* At the end. */
        { STREAM, ID BOTH("\"offset\":15", "\"offset\":-1") "\r\n", 204, "" },
        { STREAM, ID BOTH("\"timestamp\":1767225605001", "\"offset\":-1") "\r\n", 204, "" },
        { STREAM "?since=2027-01-01", "", 204, "" },
        { STREAM, ID "[{\"topic\":\"codfw.s\",\"partition\":0,\"offset\":3}]\r\n", 204, "" },
        { STREAM, ID BOTH("\"offset\":-1", "\"offset\":-1") "\r\n", 204, "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig rig;
        struct http_client client;
        AUTO_BUFFER offsets = { 0 };
        rig_start(&rig, events, (struct serve_options){ 0 });
        CU_ASSERT(http_exchange(&client, rig.url, rows[i].path, rows[i].headers));
        CU_ASSERT_EQUAL(client.status, rows[i].status);
        CU_ASSERT(client.is_complete);
        body_offsets(&client, &offsets);
        CU_ASSERT_STRING_EQUAL(offsets.data, rows[i].offsets);
        http_close(&client);
        rig_stop(&rig);
    }
}

/* A client that wants its last event again is served it, until there is nothing else to come. */
static void test_last_event_again(void)
{
    static const char again[] = ID BOTH("\"offset\":14", "\"offset\":-1") "\r\n";
    static const int statuses[] = { 200, 204, 204 };
    struct rig rig;
    rig_start(&rig, events, (struct serve_options){ 0 });
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        struct http_client client;
        CU_ASSERT(http_exchange(&client, rig.url, STREAM, again));
        CU_ASSERT_EQUAL(client.status, statuses[i]);
        http_close(&client);
    }
    struct http_client behind;
    CU_ASSERT(
        http_exchange(&behind, rig.url, STREAM, ID BOTH("\"offset\":13", "\"offset\":-1") "\r\n"));
    CU_ASSERT_EQUAL(behind.status, 200);
    http_close(&behind);
    rig_stop(&rig);
}

static void test_errors(void)
{
    static const struct {
        const char *path;
        const char *headers;
        int status;
        const char *part;
    } rows[] = {
        { "/", "", 404, "\"status\":404,\"type\":\"not_found\"" },
        { "/v2/stream", "", 404, "\"uri\":\"/v2/stream\"" },
        { "/v2/stream/", "", 400, "\"title\":\"Stream Not Found\"" },
        { "/v2/stream/x", "", 400, "\"detail\":\"Invalid streams: x\",\"method\":\"GET\"" },
        { "/v2/stream/s,x%22", "", 400, "Invalid streams: s,x\\\"\"" },
        { "/v2/stream/s,", "", 400, "Invalid streams" },
        { STREAM "?since=yesterday", "", 400, "\"type\":\"invalid_timestamp\"" },
        { STREAM, ID "[\r\n", 400, "\"name\":\"InvalidAssignmentError\",\"last_event_id\":\"[\"" },
        { STREAM, ID "[{\"topic\":\"eqiad.s\"}]\r\n", 400, "\"statusCode\":400" },
        { STREAM, ID "[{\"topic\":\"eqiad.t\",\"partition\":0,\"offset\":1}]\r\n", 404,
          "\"name\":\"TopicNotAvailableError\"" },
    };
    struct rig rig;
    rig_start(&rig, events, (struct serve_options){ 0 });
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct http_client client;
        char value[256];
        CU_ASSERT(http_exchange(&client, rig.url, rows[i].path, rows[i].headers));
        CU_ASSERT_EQUAL(client.status, rows[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(client.body.data, rows[i].part));
        CU_ASSERT_STRING_EQUAL(http_header(&client, "content-type", value),
                               "application/json; charset=utf-8");
        http_close(&client);
    }
    rig_stop(&rig);
}

static void test_shifted_offsets(void)
{
    struct rig rig;
    struct http_client client;
    AUTO_BUFFER first = { 0 };
    AUTO_BUFFER wrong = { 0 };
    AUTO_BUFFER by_time = { 0 };
    rig_start(&rig, events, (struct serve_options){ .shift_offsets = 2 });
    CU_ASSERT(http_exchange(&client, rig.url, STREAM, ""));
    body_offsets(&client, &first);
    CU_ASSERT_STRING_EQUAL(first.data, "10 11 12 13 14");
    http_close(&client);
    /* The event that was 13 is 15 now, and 13 is another one. */
    CU_ASSERT(
        http_exchange(&client, rig.url, STREAM, ID BOTH("\"offset\":13", "\"offset\":-1") "\r\n"));
    body_offsets(&client, &wrong);
    CU_ASSERT_STRING_EQUAL(wrong.data, "13 14 15 16");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(client.body.data, "00:02Z\",\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":13}"));
    http_close(&client);
    CU_ASSERT(http_exchange(&client, rig.url, STREAM,
                            ID BOTH("\"timestamp\":1767225604000", "\"offset\":-1") "\r\n"));
    body_offsets(&client, &by_time);
    CU_ASSERT_STRING_EQUAL(by_time.data, "15 16");
    http_close(&client);
    rig_stop(&rig);
}

/* Cut connections, between events and within, until all is there: nothing lost, nothing twice. */
static void test_cuts(void)
{
    struct rig rig;
    AUTO_BUFFER all = { 0 };
    AUTO_BUFFER header = { 0 };
    int n_connections = 0;
    int status = 200;
    rig_start(&rig, events, (struct serve_options){ .cut_after = 2 });
    while (status == 200 && n_connections < 10) {
        struct http_client client;
        CU_ASSERT(
            http_exchange(&client, rig.url, STREAM, header.len == 0 ? "" : buffer_text(&header)));
        status = client.status;
        body_offsets(&client, &all);
        bool is_torn = n_connections == 1;
        bool is_cut = n_connections < 2;
        CU_ASSERT_EQUAL(client.is_complete, !is_cut);
        if (status == 200) {
            size_t len = client.body.len;
            CU_ASSERT_EQUAL(memcmp(client.body.data + len - 2, "\n\n", 2) != 0, is_torn);
            /* The half event's id came whole, its data did not. */
            CU_ASSERT_EQUAL(strstr(client.body.data, "1767225605001") != NULL, n_connections > 0);
        }
        http_close(&client);
        buffer_clear(&header);
        buffer_printf(&header, ID "[{\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":%d}]\r\n",
                      atoi(all.data + all.len - 2) + 1);
        n_connections++;
    }
    CU_ASSERT_STRING_EQUAL(all.data, "10 11 12 13 14");
    CU_ASSERT_EQUAL(n_connections, 4);
    CU_ASSERT_EQUAL(status, 204);
    rig_stop(&rig);
}

static void test_refusing_on_request(void)
{
    static const int statuses[] = { 429, 429, 200 };
    struct rig rig;
    rig_start(&rig, events,
              (struct serve_options){ .status = 429, .times = 2, .retry_after_s = 7 });
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        struct http_client client;
        char value[256];
        CU_ASSERT(http_exchange(&client, rig.url, STREAM, ""));
        CU_ASSERT_EQUAL(client.status, statuses[i]);
        const char *retry_after = http_header(&client, "Retry-After", value);
        CU_ASSERT_EQUAL(retry_after != NULL && strcmp(retry_after, "7") == 0, statuses[i] == 429);
        http_close(&client);
    }
    rig_stop(&rig);
}

static void test_staying_and_too_many(void)
{
    struct rig rig;
    struct http_client first;
    struct http_client second;
    rig_start(&rig, events, (struct serve_options){ .stay = true, .max_connections = 1 });
    CU_ASSERT(http_get(&first, rig.url, STREAM, ""));
    while (first.body.len == 0 || strstr(first.body.data, "\"offset\":14}}\n\n") == NULL) {
        CU_ASSERT_FATAL(http_read(&first, first.body.len + 1));
    }
    CU_ASSERT(http_exchange(&second, rig.url, STREAM, ""));
    CU_ASSERT_EQUAL(second.status, 429);
    CU_ASSERT_PTR_NOT_NULL(strstr(second.body.data, "Too Many Concurrent Connections"));
    http_close(&second);
    /* Nothing came, and the end did not come either. */
    struct pollfd pollfd = { .fd = first.fd, .events = POLLIN };
    CU_ASSERT_EQUAL(poll(&pollfd, 1, 0), 0);
    CU_ASSERT(!first.is_complete && !first.is_closed);
    http_close(&first);
    /* The server notices that its place is free again. */
    int64_t deadline_ms = clock_now_ms(clock_system()) + HTTP_PATIENCE_MS;
    int status = 429;
    while (status == 429 && clock_now_ms(clock_system()) < deadline_ms) {
        CU_ASSERT_FATAL(http_get(&second, rig.url, STREAM, "") && http_read(&second, 1));
        status = second.status;
        http_close(&second);
    }
    CU_ASSERT_EQUAL(status, 200);
    rig_stop(&rig);
}

static void test_rate(void)
{
    struct rig rig;
    struct http_client client;
    AUTO_BUFFER offsets = { 0 };
    rig_start(&rig, events, (struct serve_options){ .rate = 100 });
    int64_t start_ns = clock_now_ns(clock_system());
    CU_ASSERT(http_exchange(&client, rig.url, STREAM, ""));
    int64_t elapsed_ns = clock_now_ns(clock_system()) - start_ns;
    body_offsets(&client, &offsets);
    CU_ASSERT_STRING_EQUAL(offsets.data, "10 11 12 13 14");
    CU_ASSERT(elapsed_ns >= 40 * NS_PER_MS);
    http_close(&client);
    rig_stop(&rig);
}

static void test_starting_over(void)
{
    struct rig rig;
    struct http_client client;
    AUTO_BUFFER offsets = { 0 };
    static const char wanted[] = "10 11 12 13 14 15 16 17 18 19 20 21 22";
    rig_start(&rig, events, (struct serve_options){ .loop = true });
    CU_ASSERT(http_get(&client, rig.url, STREAM, ""));
    CU_ASSERT(http_read(&client, 16 * 1024));
    body_offsets(&client, &offsets);
    CU_ASSERT_NSTRING_EQUAL(offsets.data, wanted, strlen(wanted));
    http_close(&client);
    rig_stop(&rig);
}

static void test_lines_of_json(void)
{
    struct rig rig;
    struct http_client client;
    AUTO_BUFFER wanted = { 0 };
    rig_start(&rig, events, (struct serve_options){ 0 });
    CU_ASSERT(http_exchange(&client, rig.url, STREAM, "Accept: application/json\r\n"));
    buffer_printf(&wanted, "\n%s", events);
    CU_ASSERT_STRING_EQUAL(client.body.data, buffer_text(&wanted));
    http_close(&client);
    rig_stop(&rig);
}

/* Bigger than any buffer on the way. */
static void test_giant_event(void)
{
    enum { GIANT = 3 * 1024 * 1024 };
    struct rig rig;
    struct http_client client;
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER offsets = { 0 };
    buffer_append_text(&text, RECORDED_EVENT("eqiad", 1, "01"));
    buffer_append_text(&text,
                       "{\"meta\":{\"topic\":\"eqiad.s\",\"partition\":0,\"offset\":2},\"x\":\"");
    for (size_t i = 0; i < GIANT; i++) {
        buffer_append_byte(&text, (char)('a' + i % 26));
    }
    buffer_append_text(&text, "\"}\n" RECORDED_EVENT("eqiad", 3, "02"));
    rig_start(&rig, buffer_text(&text), (struct serve_options){ 0 });
    CU_ASSERT(http_exchange(&client, rig.url, STREAM, ""));
    CU_ASSERT(client.is_complete);
    body_offsets(&client, &offsets);
    CU_ASSERT_STRING_EQUAL(offsets.data, "1 2 3");
    const char *giant = strstr(text.data, "\n{\"meta\":{\"topic\"") + 1;
    const char *served = strstr(client.body.data, "data: {\"meta\":{\"topic\"") + 6;
    CU_ASSERT_EQUAL(memcmp(giant, served, GIANT + 60), 0);
    http_close(&client);
    rig_stop(&rig);
}

static void test_log(void)
{
    static const char *const parts[] = {
        "{\"method\":\"GET\",\"target\":\"/v2/stream/s?since=1\",\"last_event_id\":null,"
        "\"user_agent\":\"weir-test\",\"status\":200,\"ended\":\"cut\",\"events\":3,",
        "\"shift\":0,\"first\":10,\"last\":12,\"start\":[{",
        "\"stop\":" BOTH("\"timestamp\":1767225603001", "\"offset\":-1") "}\n",
        "\"last_event_id\":\"[\",\"user_agent\":null,\"status\":400,\"ended\":\"reply\","
        "\"events\":0,",
        "\"shift\":5,\"first\":15,\"last\":17,",
        "\"status\":200,\"ended\":\"end\",\"events\":2,",
    };
    struct rig rig;
    char log_path[RECORDED_PATH_SIZE];
    AUTO_FREE char *log = NULL;
    size_t log_len = 0;
    recorded_write(log_path, "");
    rig_start(&rig, events,
              (struct serve_options){ .cut_after = 3, .log_path = log_path, .shift_offsets = 5 });
    static const struct {
        const char *path;
        const char *headers;
    } requests[] = {
        { STREAM "?since=1", "User-Agent: weir-test\r\n" },
        { STREAM, ID "[\r\n" },
        { STREAM, "" },
        { STREAM, ID BOTH("\"offset\":18", "\"offset\":-1") "\r\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        struct http_client client;
        CU_ASSERT(http_exchange(&client, rig.url, requests[i].path, requests[i].headers));
        http_close(&client);
    }
    rig_stop(&rig);
    CU_ASSERT_EQUAL_FATAL(file_read_all(log_path, 1 << 20, &log, &log_len), 0);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(log, parts[i]));
    }
    unlink(log_path);
}

/* Several clients at once read the same, also while the server stops. */
struct crowd {
    const char *url;
    bool is_right;
};

static void *crowd_read(void *context)
{
    struct crowd *member = context;
    struct http_client client;
    AUTO_BUFFER offsets = { 0 };
    member->is_right = http_exchange(&client, member->url, STREAM, "");
    body_offsets(&client, &offsets);
    member->is_right &= client.is_complete && strcmp(offsets.data, "10 11 12 13 14") == 0;
    http_close(&client);
    return NULL;
}

static void test_several_clients(void)
{
    enum { N_CLIENTS = 8 };
    struct rig rig;
    struct http_client waiting;
    pthread_t threads[N_CLIENTS];
    struct crowd crowd[N_CLIENTS];
    rig_start(&rig, events, (struct serve_options){ .rate = 500 });
    CU_ASSERT(http_get(&waiting, rig.url, STREAM, ""));
    for (size_t i = 0; i < N_CLIENTS; i++) {
        crowd[i] = (struct crowd){ .url = rig.url };
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, crowd_read, &crowd[i]), 0);
    }
    for (size_t i = 0; i < N_CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT(crowd[i].is_right);
    }
    rig_stop(&rig);
    http_close(&waiting);
}

static void test_refused_at_start(void)
{
    static const struct {
        struct serve_options options;
        enum exit_code exit_code;
    } rows[] = {
        { { .path = "/nonexistent", .listen = "127.0.0.1:0" }, EXIT_IO },
        { { .listen = "127.0.0.1" }, EXIT_USAGE },
        { { .listen = "127.0.0.1:0", .log_path = "/nonexistent/log" }, EXIT_IO },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char path[RECORDED_PATH_SIZE];
        struct serve_options options = rows[i].options;
        struct problem problem = { 0 };
        struct serve *serve = NULL;
        recorded_write(path, events);
        options.path = options.path == NULL ? path : options.path;
        CU_ASSERT(serve_start(&options, &problem, &serve) < 0);
        CU_ASSERT_EQUAL(problem.exit_code, rows[i].exit_code);
        CU_ASSERT_PTR_NULL(serve);
        unlink(path);
    }
}

static const struct test_case cases[] = {
    { "the bytes on the wire", test_bytes_on_the_wire },
    { "recordings of the public service come out as they were", test_real_recordings },
    { "resuming", test_resume },
    { "asking for the last event again", test_last_event_again },
    { "errors", test_errors },
    { "shifted offsets", test_shifted_offsets },
    { "cut connections", test_cuts },
    { "refusing on request", test_refusing_on_request },
    { "staying open, and too many connections", test_staying_and_too_many },
    { "a rate", test_rate },
    { "starting over", test_starting_over },
    { "lines of JSON", test_lines_of_json },
    { "a giant event", test_giant_event },
    { "the log", test_log },
    { "several clients at once", test_several_clients },
    { "refused at start", test_refused_at_start },
};

CUNIT_MAIN("serve/serve", cases)
