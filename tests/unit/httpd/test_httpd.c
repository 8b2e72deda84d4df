/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/httpd.h"

#include "base/clock.h"

#include "../../support/cunit_main.h"
#include "../../support/http_client.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* What the handler of these tests does, by path. */
struct server {
    struct httpd *httpd;
    /* How the last stream ended (-1: not yet). */
    atomic_int ending;
    /* What the streams' threads saw: the checks that failed there. */
    atomic_int n_surprises;
    pthread_mutex_t lock;
    pthread_cond_t ended;
};

/* CUnit's assertions belong to the main thread. */
static void expect(struct server *server, bool is_right)
{
    atomic_fetch_add(&server->n_surprises, is_right ? 0 : 1);
}

struct body {
    struct server *server;
    struct httpd_request *request;
    const char *path;
    int n_reads;
};

static ssize_t body_read(void *context, char *bytes, size_t capacity)
{
    struct body *body = context;
    if (body->n_reads++ == 0) {
        expect(body->server, capacity >= 64 * 1024);
        memcpy(bytes, "first;", 6);
        return 6;
    }
    if (strcmp(body->path, "/cut") == 0) {
        return HTTPD_STREAM_CUT;
    }
    if (strcmp(body->path, "/wait") == 0) {
        enum httpd_wake wake = httpd_request_wait(body->request, INT64_MAX);
        expect(body->server, wake != HTTPD_WAKE_DEADLINE);
        return HTTPD_STREAM_CUT;
    }
    if (body->n_reads == 2) {
        int64_t before_ns = clock_now_ns(clock_system());
        enum httpd_wake wake = httpd_request_wait(body->request, before_ns + 5 * NS_PER_MS);
        expect(body->server, wake == HTTPD_WAKE_DEADLINE);
        expect(body->server, clock_now_ns(clock_system()) - before_ns >= 5 * NS_PER_MS);
        memset(bytes, 'x', capacity);
        return (ssize_t)capacity;
    }
    return HTTPD_STREAM_END;
}

static void body_done(void *context, enum httpd_ending ending)
{
    struct body *body = context;
    pthread_mutex_lock(&body->server->lock);
    atomic_store(&body->server->ending, (int)ending);
    pthread_cond_signal(&body->server->ended);
    pthread_mutex_unlock(&body->server->lock);
    free(body);
}

static int handle(void *context, struct httpd_request *request)
{
    struct server *server = context;
    const char *path = httpd_request_path(request);
    if (strcmp(path, "/refuse") == 0) {
        return -EPERM;
    }
    if (strcmp(path, "/echo me") == 0) {
        const char *query = httpd_request_query(request, "q");
        const char *header = httpd_request_header(request, "x-test");
        AUTO_BUFFER text = { 0 };
        buffer_printf(&text, "%s|%s|%s|%s|%s", httpd_request_method(request),
                      httpd_request_target(request), query == NULL ? "-" : query,
                      header == NULL ? "-" : header,
                      httpd_request_query(request, "Q") == NULL ? "-" : "+");
        struct httpd_header reply_header = { "x-reply", "yes" };
        struct httpd_response response = { .status = 201,
                                           .content_type = "text/plain",
                                           .headers = &reply_header,
                                           .n_headers = 1,
                                           .body = text.data,
                                           .body_len = text.len };
        return httpd_reply(request, &response);
    }
    struct body *body = calloc(1, sizeof(*body));
    if (body == NULL) {
        return -ENOMEM;
    }
    *body = (struct body){ .server = server, .request = request, .path = path };
    struct httpd_response response = { .status = 200, .content_type = "text/plain" };
    struct httpd_stream stream = { .read = body_read, .done = body_done, .context = body };
    return httpd_reply_stream(request, &response, &stream);
}

static void server_start(struct server *server)
{
    *server = (struct server){ .ending = -1 };
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->ended, NULL);
    struct httpd_options options = {
        .listen = "127.0.0.1:0", .chunk_bytes = 128 * 1024, .handle = handle, .context = server
    };
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL_FATAL(httpd_start(&options, &problem, &server->httpd), 0);
}

static void server_stop(struct server *server)
{
    httpd_stop(server->httpd);
    CU_ASSERT_EQUAL(atomic_load(&server->n_surprises), 0);
    pthread_cond_destroy(&server->ended);
    pthread_mutex_destroy(&server->lock);
}

/* How the stream ended; waits for it. */
static int server_ending(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->ending) < 0) {
        pthread_cond_wait(&server->ended, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return atomic_load(&server->ending);
}

static void test_reply(void)
{
    struct server server;
    struct http_client client;
    char value[256];
    server_start(&server);
    CU_ASSERT(
        http_exchange(&client, httpd_url(server.httpd), "/echo%20me?q=a%2Cb&x=1", "X-Test: 7\r\n"));
    CU_ASSERT_EQUAL(client.status, 201);
    CU_ASSERT_STRING_EQUAL(client.body.data, "GET|/echo%20me?q=a%2Cb&x=1|a,b|7|-");
    CU_ASSERT_STRING_EQUAL(http_header(&client, "X-Reply", value), "yes");
    CU_ASSERT_STRING_EQUAL(http_header(&client, "Content-Type", value), "text/plain");
    http_close(&client);
    CU_ASSERT(http_exchange(&client, httpd_url(server.httpd), "/refuse", ""));
    CU_ASSERT_EQUAL(client.status, 0);
    CU_ASSERT(client.is_closed);
    http_close(&client);
    server_stop(&server);
}

static void test_stream_ends(void)
{
    struct server server;
    struct http_client client;
    server_start(&server);
    CU_ASSERT(http_exchange(&client, httpd_url(server.httpd), "/stream", ""));
    CU_ASSERT_EQUAL(client.status, 200);
    CU_ASSERT(client.is_chunked && client.is_complete);
    CU_ASSERT(client.body.len > 64 * 1024);
    CU_ASSERT_NSTRING_EQUAL(client.body.data, "first;xxx", 9);
    CU_ASSERT_EQUAL(server_ending(&server), HTTPD_ENDED);
    http_close(&client);
    server_stop(&server);
}

static void test_stream_is_cut(void)
{
    struct server server;
    struct http_client client;
    server_start(&server);
    CU_ASSERT(http_exchange(&client, httpd_url(server.httpd), "/cut", ""));
    CU_ASSERT(client.is_closed && !client.is_complete);
    CU_ASSERT_STRING_EQUAL(client.body.data, "first;");
    CU_ASSERT_EQUAL(server_ending(&server), HTTPD_CUT);
    http_close(&client);
    server_stop(&server);
}

static void test_client_leaves(void)
{
    struct server server;
    struct http_client client;
    server_start(&server);
    CU_ASSERT(http_get(&client, httpd_url(server.httpd), "/wait", ""));
    CU_ASSERT(http_read(&client, 6));
    CU_ASSERT_STRING_EQUAL(client.body.data, "first;");
    http_close(&client);
    /* The server notices while it waits, with nothing to send. */
    CU_ASSERT_EQUAL(server_ending(&server), HTTPD_CLIENT_GONE);
    server_stop(&server);
}

static void test_stop_wakes_streams(void)
{
    struct server server;
    struct http_client client;
    server_start(&server);
    CU_ASSERT(http_get(&client, httpd_url(server.httpd), "/wait", ""));
    CU_ASSERT(http_read(&client, 6));
    server_stop(&server);
    CU_ASSERT_EQUAL(atomic_load(&server.ending), HTTPD_STOPPED);
    CU_ASSERT(http_read(&client, SIZE_MAX));
    CU_ASSERT(client.is_closed && !client.is_complete);
    http_close(&client);
}

static void test_addresses(void)
{
    static const struct {
        const char *listen;
        int outcome;
        enum exit_code exit_code;
        const char *url;
    } rows[] = {
        { "127.0.0.1:0", 0, EXIT_DONE, "http://127.0.0.1:" },
        { "127.0.0.1", -EINVAL, EXIT_USAGE, NULL },
        { "127.0.0.1:", -EINVAL, EXIT_USAGE, NULL },
        { "127.0.0.1:65536", -EINVAL, EXIT_USAGE, NULL },
        { "127.0.0.1:1x", -EINVAL, EXIT_USAGE, NULL },
        { ":80", -EINVAL, EXIT_USAGE, NULL },
        { "192.0.2.1:0", -EADDRNOTAVAIL, EXIT_UNAVAILABLE, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct server server = { 0 };
        struct problem problem = { 0 };
        struct httpd_options options = { .listen = rows[i].listen,
                                         .handle = handle,
                                         .context = &server };
        CU_ASSERT_EQUAL(httpd_start(&options, &problem, &server.httpd), rows[i].outcome);
        CU_ASSERT_EQUAL(problem.exit_code, rows[i].exit_code);
        if (server.httpd != NULL) {
            CU_ASSERT_NSTRING_EQUAL(httpd_url(server.httpd), rows[i].url, strlen(rows[i].url));
            httpd_stop(server.httpd);
        }
    }
}

static void test_port_is_taken(void)
{
    struct server server;
    server_start(&server);
    struct httpd *second = NULL;
    struct problem problem = { 0 };
    struct httpd_options options = { .listen = httpd_url(server.httpd) + strlen("http://"),
                                     .handle = handle,
                                     .context = &server };
    CU_ASSERT_EQUAL(httpd_start(&options, &problem, &second), -EADDRINUSE);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_UNAVAILABLE);
    server_stop(&server);
}

static const struct test_case cases[] = {
    { "a reply shows method, target, query and headers", test_reply },
    { "a stream comes in chunks and ends", test_stream_ends },
    { "a cut leaves the body without its end", test_stream_is_cut },
    { "a waiting stream notices that its client left", test_client_leaves },
    { "stopping wakes waiting streams", test_stop_wakes_streams },
    { "addresses", test_addresses },
    { "a port that is taken", test_port_is_taken },
};

CUNIT_MAIN("httpd/httpd", cases)
