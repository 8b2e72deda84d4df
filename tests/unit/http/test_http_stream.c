/* SPDX-License-Identifier: Apache-2.0 */
/* Each way in which a transfer can go, against a server that sends what a script says. */
#include "http/http_stream.h"

#include <zlib.h>

#include "base/thread.h"

#include "scripted_server.h"

#define HEAD(status) "HTTP/1.1 " status "\r\n"
#define TYPE         "Content-Type: text/event-stream; charset=utf-8\r\n"
#define CHUNKED      "Transfer-Encoding: chunked\r\n\r\n"
#define STREAM       HEAD("200 OK") TYPE CHUNKED
#define PATIENCE_NS  (20 * NS_PER_S)

struct client {
    struct buffer taken;
    /* Takes nothing at every second call, and at most so many bytes at the others; 0: takes all. */
    size_t most;
    unsigned n_calls;
    struct wakeup wake;
    struct http_stream *stream;
};

static size_t take(void *context, const char *bytes, size_t len)
{
    struct client *client = context;
    size_t n = len;
    if (client->most > 0) {
        n = ++client->n_calls % 2 == 0 ? 0 : len < client->most ? len : client->most;
    }
    buffer_append(&client->taken, bytes, n);
    return n;
}

static void client_open(struct client *client, int64_t idle_ns)
{
    *client = (struct client){ 0 };
    CU_ASSERT_EQUAL_FATAL(wakeup_init(&client->wake), 0);
    struct http_stream_options options = {
        .clock = clock_system(),
        .user_agent = "weir/0 (test@example.org)",
        .media_type = "text/event-stream",
        .connect_timeout_ns = PATIENCE_NS,
        .idle_timeout_ns = idle_ns,
        .max_redirects = 3,
        .wake_fd = client->wake.fd,
        .take = take,
        .context = client,
    };
    CU_ASSERT_EQUAL_FATAL(http_stream_new(&options, &client->stream), 0);
}

static void client_close(struct client *client)
{
    http_stream_free(client->stream);
    wakeup_deinit(&client->wake);
    buffer_deinit(&client->taken);
}

/* One whole transfer. */
static const struct http_reply *client_get(struct client *client, int port)
{
    static const char *const headers[] = { "Last-Event-ID: [7]", "Cache-Control: no-cache" };
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/v2/stream/s", port);
    CU_ASSERT_EQUAL_FATAL(http_stream_start(client->stream, url, headers, 2), 0);
    int64_t end_ns = clock_now_ns(clock_system()) + PATIENCE_NS;
    int progress = HTTP_CONNECTING;
    while (progress != HTTP_FINISHED) {
        progress = http_stream_poll(client->stream, NS_PER_S);
        CU_ASSERT_TRUE_FATAL(progress >= 0 && clock_now_ns(clock_system()) < end_ns);
    }
    const struct http_reply *reply = http_stream_reply(client->stream);
    CU_ASSERT_TRUE(reply->detail[0] != '\0');
    return reply;
}

static void test_finishes(void)
{
    static const struct {
        const char *what;
        struct script_step step;
        enum http_finish finish;
        int status;
        const char *body;
        const char *error_body;
    } cases[] = {
        { "a body with its length",
          { HEAD("200 OK") TYPE "Content-Length: 5\r\n\r\nhello", 0, SCRIPT_CLOSE },
          HTTP_FINISH_END,
          200,
          "hello",
          "" },
        { "chunks",
          { STREAM "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 0, SCRIPT_HANG },
          HTTP_FINISH_END,
          200,
          "hello!",
          "" },
        { "a cut between chunks",
          { STREAM "5\r\nhello\r\n", 0, SCRIPT_CLOSE },
          HTTP_FINISH_CUT,
          200,
          "hello",
          "" },
        { "a cut in a chunk",
          { STREAM "9\r\nhello", 0, SCRIPT_CLOSE },
          HTTP_FINISH_CUT,
          200,
          "hello",
          "" },
        { "less than the length",
          { HEAD("200 OK") TYPE "Content-Length: 9\r\n\r\nhello", 0, SCRIPT_CLOSE },
          HTTP_FINISH_CUT,
          200,
          "hello",
          "" },
        { "until it closes",
          { HEAD("200 OK") TYPE "\r\nhello", 0, SCRIPT_CLOSE },
          HTTP_FINISH_END,
          200,
          "hello",
          "" },
        { "an interim reply first",
          { "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" STREAM "1\r\nx\r\n0\r\n\r\n", 0,
            SCRIPT_CLOSE },
          HTTP_FINISH_END,
          200,
          "x",
          "" },
        { "a trailer",
          { STREAM "1\r\nx\r\n0\r\nContent-Type: text/html\r\n\r\n", 0, SCRIPT_CLOSE },
          HTTP_FINISH_END,
          200,
          "x",
          "" },
        { "no more",
          { HEAD("204 No Content") "\r\n", 0, SCRIPT_HANG },
          HTTP_FINISH_REFUSED,
          204,
          "",
          "" },
        { "not found",
          { HEAD("404 Not Found") "Content-Length: 3\r\n\r\nwhy", 0, SCRIPT_HANG },
          HTTP_FINISH_REFUSED,
          404,
          "",
          "why" },
        { "a page instead of a stream",
          { HEAD("200 OK") "Content-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>", 0,
            SCRIPT_HANG },
          HTTP_FINISH_REFUSED,
          200,
          "",
          "<p>" },
        { "no type",
          { HEAD("200 OK") "Content-Length: 3\r\n\r\nabc", 0, SCRIPT_HANG },
          HTTP_FINISH_REFUSED,
          200,
          "",
          "abc" },
        { "an encoding that was not asked for",
          { HEAD("200 OK") TYPE "Content-Encoding: br\r\n" CHUNKED "1\r\nx\r\n0\r\n\r\n", 0,
            SCRIPT_CLOSE },
          HTTP_FINISH_PROTOCOL,
          200,
          "",
          "" },
        { "gzip that is none",
          { HEAD("200 OK") TYPE "Content-Encoding: gzip\r\n" CHUNKED "5\r\nhello\r\n0\r\n\r\n", 0,
            SCRIPT_CLOSE },
          HTTP_FINISH_PROTOCOL,
          200,
          "",
          "" },
        { "no HTTP",
          { "220 mail.example.org ESMTP\r\n", 0, SCRIPT_CLOSE },
          HTTP_FINISH_PROTOCOL,
          0,
          "",
          "" },
        { "a reset", { STREAM "5\r\nhello\r\n", 0, SCRIPT_RESET }, HTTP_FINISH_CUT, 200, NULL, "" },
        { "a redirect to where we do not go",
          { HEAD("302 Found") "Location: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n", 0,
            SCRIPT_CLOSE },
          HTTP_FINISH_REDIRECT,
          302,
          "",
          "" },
        { "a redirect without a place",
          { HEAD("302 Found") "Location: \r\nContent-Length: 0\r\n\r\n", 0, SCRIPT_CLOSE },
          HTTP_FINISH_REFUSED,
          302,
          "",
          "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scripted_server server;
        struct client client;
        scripted_server_start(&server, &cases[i].step, 1);
        client_open(&client, PATIENCE_NS);
        const struct http_reply *reply = client_get(&client, server.port);
        const char *body = buffer_text(&client.taken);
        struct buffer error_body = reply->error_body;
        bool is_right = reply->finish == cases[i].finish && reply->status == cases[i].status &&
                        (cases[i].body == NULL || strcmp(body, cases[i].body) == 0) &&
                        error_body.len == strlen(cases[i].error_body) &&
                        (error_body.len == 0 ||
                         memcmp(error_body.data, cases[i].error_body, error_body.len) == 0);
        if (!is_right) {
            printf("\n%s: finish %d, status %d, body \"%s\", %s ", cases[i].what, reply->finish,
                   reply->status, body, reply->detail);
        }
        CU_ASSERT_TRUE(is_right);
        client_close(&client);
        scripted_server_stop(&server);
        scripted_server_deinit(&server);
    }
}

static void test_request(void)
{
    static const struct script_step step = { HEAD("204 No Content") "\r\n", 0, SCRIPT_CLOSE };
    static const char *const expected[] = {
        "GET /v2/stream/s HTTP/1.1\r\n", "\r\nAccept: text/event-stream\r\n",
        "\r\nAccept-Encoding: gzip\r\n", "\r\nUser-Agent: weir/0 (test@example.org)\r\n",
        "\r\nLast-Event-ID: [7]\r\n",    "\r\nCache-Control: no-cache\r\n",
    };
    struct scripted_server server;
    struct client client;
    /* Nobody listens there; a proxy of the environment is not ours. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    scripted_server_start(&server, &step, 1);
    client_open(&client, PATIENCE_NS);
    CU_ASSERT_EQUAL(client_get(&client, server.port)->status, 204);
    client_close(&client);
    scripted_server_stop(&server);
    unsetenv("http_proxy");
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(server.requests.data, expected[i]));
    }
    scripted_server_deinit(&server);
}

static void test_redirects(void)
{
    static const char again[] =
        HEAD("307 Temporary Redirect") "Location: http://127.0.0.1:%d/next\r\n"
                                       "Content-Length: 0\r\nConnection: close\r\n\r\n";
    static const struct script_step steps[] = {
        { again, 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
        { STREAM "1\r\nx\r\n0\r\n\r\n", 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
    };
    struct scripted_server server;
    struct client client;
    scripted_server_start(&server, steps, 7);
    client_open(&client, PATIENCE_NS);
    const struct http_reply *reply = client_get(&client, server.port);
    CU_ASSERT_EQUAL(reply->finish, HTTP_FINISH_END);
    CU_ASSERT_EQUAL(client.taken.len, 1);
    http_stream_stop(client.stream);
    reply = client_get(&client, server.port);
    CU_ASSERT_EQUAL(reply->finish, HTTP_FINISH_REDIRECT);
    client_close(&client);
    scripted_server_stop(&server);
    /* The position travels along. */
    CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(server.requests.data, "GET /next "));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(strstr(server.requests.data, "GET /next "), "Last-Event-ID: [7]"));
    scripted_server_deinit(&server);
}

static void test_nobody_there(void)
{
    struct scripted_server server;
    struct client client;
    static const struct script_step hang_up = { "", 0, SCRIPT_CLOSE };
    scripted_server_start(&server, &hang_up, 1);
    client_open(&client, PATIENCE_NS);
    /* The request is taken and not answered. */
    const struct http_reply *reply = client_get(&client, server.port);
    CU_ASSERT_EQUAL(reply->finish, HTTP_FINISH_NO_CONNECTION);
    CU_ASSERT_EQUAL(reply->status, 0);
    scripted_server_stop(&server);
    http_stream_stop(client.stream);
    /* Nobody listens. */
    reply = client_get(&client, server.port);
    CU_ASSERT_EQUAL(reply->finish, HTTP_FINISH_NO_CONNECTION);
    http_stream_stop(client.stream);
    CU_ASSERT_EQUAL(http_stream_start(client.stream, "http://name.invalid/", NULL, 0), 0);
    int progress = HTTP_CONNECTING;
    for (int i = 0; progress != HTTP_FINISHED && i < 20; i++) {
        progress = http_stream_poll(client.stream, NS_PER_S);
    }
    CU_ASSERT_EQUAL(http_stream_reply(client.stream)->finish, HTTP_FINISH_NO_HOST);
    client_close(&client);
    scripted_server_deinit(&server);
}

static void test_idle(void)
{
    static const struct script_step steps[] = {
        { STREAM "5\r\nhello\r\n", 0, SCRIPT_HANG },
        { "", 0, SCRIPT_HANG },
    };
    struct scripted_server server;
    struct client client;
    scripted_server_start(&server, steps, 2);
    client_open(&client, 100 * NS_PER_MS);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(client_get(&client, server.port)->finish, HTTP_FINISH_IDLE);
        CU_ASSERT_EQUAL(client.taken.len, 5);
        http_stream_stop(client.stream);
    }
    client_close(&client);
    scripted_server_stop(&server);
    scripted_server_deinit(&server);
}

/* A wait ends at the wake-up, with a transfer and without one. */
static void test_wake(void)
{
    static const struct script_step step = { STREAM "5\r\nhello\r\n", 0, SCRIPT_HANG };
    struct scripted_server server;
    struct client client;
    char url[64];
    scripted_server_start(&server, &step, 1);
    client_open(&client, PATIENCE_NS);
    wakeup_send(&client.wake);
    int64_t started = clock_now_ns(clock_system());
    CU_ASSERT_EQUAL(http_stream_poll(client.stream, PATIENCE_NS), HTTP_IDLE);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server.port);
    CU_ASSERT_EQUAL(http_stream_start(client.stream, url, NULL, 0), 0);
    while (client.taken.len < 5 && clock_now_ns(clock_system()) - started < PATIENCE_NS) {
        CU_ASSERT_TRUE(http_stream_poll(client.stream, NS_PER_MS) >= 0);
    }
    CU_ASSERT_EQUAL(http_stream_poll(client.stream, PATIENCE_NS), HTTP_STREAMING);
    CU_ASSERT_TRUE(clock_now_ns(clock_system()) - started < PATIENCE_NS);
    client_close(&client);
    scripted_server_stop(&server);
    scripted_server_deinit(&server);
}

static void append_gzip(struct buffer *out, const struct buffer *text)
{
    z_stream stream = { 0 };
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                          Z_OK);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(out, deflateBound(&stream, text->len)), 0);
    stream.next_in = (Bytef *)text->data;
    stream.avail_in = (uInt)text->len;
    stream.next_out = (Bytef *)out->data + out->len;
    stream.avail_out = (uInt)(out->capacity - out->len);
    CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = out->capacity - stream.avail_out;
    deflateEnd(&stream);
}

/* A body larger than all buffers, to a consumer that pauses again and again: complete, in order. */
static void test_pauses(void)
{
    AUTO_BUFFER text = { 0 };
    unsigned state = 3;
    for (size_t i = 0; i < 3000000; i++) {
        state = state * 1103515245u + 12345u;
        buffer_append_byte(&text, (char)('a' + (state >> 16) % 7));
    }
    for (int is_gzip = 0; is_gzip < 2; is_gzip++) {
        AUTO_BUFFER sent = { 0 };
        buffer_append_text(&sent, HEAD("200 OK") TYPE "Connection: close\r\n");
        buffer_append_text(&sent, is_gzip ? "Content-Encoding: gzip\r\n\r\n" : "\r\n");
        if (is_gzip) {
            append_gzip(&sent, &text);
        } else {
            buffer_append(&sent, text.data, text.len);
        }
        struct script_step step = { sent.data, sent.len, SCRIPT_CLOSE };
        struct scripted_server server;
        struct client client;
        scripted_server_start(&server, &step, 1);
        client_open(&client, PATIENCE_NS);
        client.most = 1500;
        CU_ASSERT_EQUAL(client_get(&client, server.port)->finish, HTTP_FINISH_END);
        CU_ASSERT_TRUE(client.taken.len == text.len &&
                       memcmp(client.taken.data, text.data, text.len) == 0);
        client_close(&client);
        scripted_server_stop(&server);
        scripted_server_deinit(&server);
    }
}

static const struct test_case cases[] = {
    { "every way to finish", test_finishes },
    { "what is asked for", test_request },
    { "redirects, and a loop of them", test_redirects },
    { "nobody there", test_nobody_there },
    { "nothing for the idle timeout", test_idle },
    { "a wake-up ends a wait", test_wake },
    { "a consumer that pauses", test_pauses },
};

CUNIT_MAIN("http/http_stream", cases)
