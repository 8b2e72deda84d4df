/* SPDX-License-Identifier: Apache-2.0 */
/* Single requests, against a server that sends what a script says. */
#include "http/http_fetch.h"

#include <errno.h>
#include <zlib.h>

#include "base/thread.h"

#include "scripted_server.h"

#define HEAD(status) "HTTP/1.1 " status "\r\n"
#define OK(body)     HEAD("200 OK") "Connection: close\r\n\r\n" body
#define PATIENCE_NS  (20 * NS_PER_S)

enum { BODY_MAX = 1000 };

static struct http_fetch_options usual_options(void)
{
    return (struct http_fetch_options){
        .clock = clock_system(),
        .user_agent = "job weir/0 (test@example.org)",
        .accept = "application/json, */*;q=0.5",
        .connect_timeout_ns = PATIENCE_NS,
        .attempt_timeout_ns = PATIENCE_NS,
        .give_up_ns = clock_now_ns(clock_system()) + PATIENCE_NS,
        .max_redirects = 2,
        .max_body_bytes = BODY_MAX,
        .wake_fd = -1,
    };
}

/* One request for /x of the server. */
static int get(const struct http_fetch_options *options, int port, struct buffer *body,
               int *ret_status, struct problem *problem)
{
    AUTO(http_fetch) fetch = NULL;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", port);
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(options, &fetch), 0);
    return http_fetch_get(fetch, url, body, ret_status, problem);
}

static void test_replies(void)
{
    static const struct {
        const char *what;
        struct script_step step;
        int r;
        int status;
        const char *body;
    } cases[] = {
        { "a body", { OK("hello"), 0, SCRIPT_CLOSE }, 0, 200, "hello" },
        { "not found, and why",
          { HEAD("404 Not Found") "Content-Length: 3\r\n\r\nwhy", 0, SCRIPT_CLOSE },
          0,
          404,
          "why" },
        { "no more", { HEAD("204 No Content") "\r\n", 0, SCRIPT_CLOSE }, 0, 204, "" },
        { "a cut body",
          { HEAD("200 OK") "Content-Length: 9\r\n\r\nhello", 0, SCRIPT_CLOSE },
          -EAGAIN,
          0,
          "" },
        { "a reset", { "", 0, SCRIPT_RESET }, -EAGAIN, 0, "" },
        { "no reply", { "", 0, SCRIPT_CLOSE }, -EAGAIN, 0, "" },
        { "no HTTP", { "220 mail.example.org ESMTP\r\n", 0, SCRIPT_CLOSE }, -EBADMSG, 0, "" },
        { "an encoding that was not asked for",
          { HEAD("200 OK") "Content-Encoding: zip\r\nContent-Length: 1\r\n\r\nx", 0, SCRIPT_CLOSE },
          -EBADMSG,
          0,
          "" },
        { "a redirect to where we do not go",
          { HEAD("302 Found") "Location: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 0,
            SCRIPT_CLOSE },
          -EBADMSG,
          0,
          "" },
        { "a redirect without a place",
          { HEAD("302 Found") "Content-Length: 1\r\n\r\nx", 0, SCRIPT_CLOSE },
          0,
          302,
          "x" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_fetch_options options = usual_options();
        struct scripted_server server;
        struct problem problem = { 0 };
        AUTO_BUFFER body = { 0 };
        int status = 0;
        buffer_append_text(&body, "before ");
        scripted_server_start(&server, &cases[i].step, 1);
        int r = get(&options, server.port, &body, &status, &problem);
        scripted_server_stop(&server);
        bool is_right = r == cases[i].r && (r < 0 || status == cases[i].status) &&
                        strcmp(buffer_text(&body) + 7, cases[i].body) == 0 &&
                        (r < 0) == (problem.text[0] != '\0');
        if (!is_right) {
            printf("\n%s: %d, status %d, \"%s\", %s ", cases[i].what, r, status, body.data,
                   problem.text);
        }
        CU_ASSERT_TRUE(is_right);
        scripted_server_deinit(&server);
    }
}

static void test_request(void)
{
    static const struct script_step step = { OK("x"), 0, SCRIPT_CLOSE };
    static const char *const expected[] = {
        "GET /x HTTP/1.1\r\n",
        "\r\nHost: meta.example:8080\r\n",
        "\r\nAccept: application/json, */*;q=0.5\r\n",
        "\r\nAccept-Encoding: gzip\r\n",
        "\r\nUser-Agent: job weir/0 (test@example.org)\r\n",
    };
    struct scripted_server server;
    struct http_fetch_options options = usual_options();
    AUTO(http_fetch) fetch = NULL;
    AUTO_BUFFER body = { 0 };
    struct problem problem = { 0 };
    int status = 0;
    char to[64];
    scripted_server_start(&server, &step, 1);
    snprintf(to, sizeof(to), "http://127.0.0.1:%d", server.port);
    struct http_route route = { "http://meta.example:8080/w/api.php", to };
    options.routes = &route;
    options.n_routes = 1;
    /* Nobody listens there; a proxy of the environment is not ours. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &fetch), 0);
    CU_ASSERT_EQUAL(http_fetch_get(fetch, "http://meta.example:8080/x", &body, &status, &problem),
                    0);
    CU_ASSERT_EQUAL(status, 200);
    unsetenv("http_proxy");
    scripted_server_stop(&server);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(server.requests.data, expected[i]));
    }
    scripted_server_deinit(&server);
}

/* A redirect is followed from the host that was meant, and routed again. */
static void test_redirects(void)
{
    static const char again[] = HEAD("302 Found") "Location: ../next\r\nContent-Length: 4\r\n"
                                                  "Connection: close\r\n\r\nbody";
    static const struct script_step steps[] = {
        { again, 0, SCRIPT_CLOSE }, { again, 0, SCRIPT_CLOSE }, { OK("x"), 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE }, { again, 0, SCRIPT_CLOSE }, { again, 0, SCRIPT_CLOSE },
        { again, 0, SCRIPT_CLOSE },
    };
    struct scripted_server server;
    struct http_fetch_options options = usual_options();
    AUTO(http_fetch) fetch = NULL;
    AUTO(http_fetch) stays = NULL;
    AUTO_BUFFER body = { 0 };
    struct problem problem = { 0 };
    int status = 0;
    char to[64];
    scripted_server_start(&server, steps, 7);
    snprintf(to, sizeof(to), "http://127.0.0.1:%d", server.port);
    struct http_route route = { "http://meta.example", to };
    options.routes = &route;
    options.n_routes = 1;
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &fetch), 0);
    CU_ASSERT_EQUAL(http_fetch_get(fetch, "http://meta.example/a/b", &body, &status, &problem), 0);
    CU_ASSERT_EQUAL(status, 200);
    CU_ASSERT_STRING_EQUAL(buffer_text(&body), "x");
    CU_ASSERT_EQUAL(http_fetch_get(fetch, "http://meta.example/a/b", &body, &status, &problem),
                    -EBADMSG);
    CU_ASSERT_STRING_EQUAL(problem.text, "more than 2 redirects");
    options.max_redirects = 0;
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &stays), 0);
    CU_ASSERT_EQUAL(http_fetch_get(stays, "http://meta.example/a/b", &body, &status, &problem), 0);
    CU_ASSERT_EQUAL(status, 302);
    scripted_server_stop(&server);
    const char *second = strstr(server.requests.data, "GET /next ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT_PTR_NOT_NULL(strstr(second, "Host: meta.example\r\n"));
    scripted_server_deinit(&server);
}

/* What inflates beyond the limit is refused, whatever its length on the wire. */
static void test_body_limit(void)
{
    char zeros[BODY_MAX + 1] = { 0 };
    for (size_t more = 0; more < 2; more++) {
        char reply[4096] = HEAD("200 OK") "Content-Encoding: gzip\r\nConnection: close\r\n\r\n";
        size_t head_len = strlen(reply);
        z_stream stream = { 0 };
        CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                              Z_OK);
        stream.next_in = (Bytef *)zeros;
        stream.avail_in = (uInt)(BODY_MAX + more);
        stream.next_out = (Bytef *)reply + head_len;
        stream.avail_out = (uInt)(sizeof(reply) - head_len);
        CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
        struct script_step step = { reply, sizeof(reply) - stream.avail_out, SCRIPT_CLOSE };
        deflateEnd(&stream);
        struct scripted_server server;
        struct http_fetch_options options = usual_options();
        struct problem problem = { 0 };
        AUTO_BUFFER body = { 0 };
        int status = 0;
        scripted_server_start(&server, &step, 1);
        int r = get(&options, server.port, &body, &status, &problem);
        CU_ASSERT_EQUAL(r, more == 0 ? 0 : -EFBIG);
        CU_ASSERT_EQUAL(body.len, more == 0 ? BODY_MAX : 0);
        scripted_server_stop(&server);
        scripted_server_deinit(&server);
    }
}

static void test_nobody_there(void)
{
    struct scripted_server server;
    struct http_fetch_options options = usual_options();
    struct problem problem = { 0 };
    AUTO(http_fetch) fetch = NULL;
    AUTO_BUFFER body = { 0 };
    int status = 0;
    scripted_server_start(&server, NULL, 0);
    scripted_server_stop(&server);
    CU_ASSERT_EQUAL(get(&options, server.port, &body, &status, &problem), -EAGAIN);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_UNAVAILABLE);
    scripted_server_deinit(&server);
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &fetch), 0);
    CU_ASSERT_EQUAL(http_fetch_get(fetch, "http://name.invalid/", &body, &status, &problem),
                    -EAGAIN);
    CU_ASSERT_EQUAL(http_fetch_get(fetch, "ftp://127.0.0.1/", &body, &status, &problem), -EINVAL);
}

/* A reply that does not come, or does not end, is given up. */
static void test_time(void)
{
    static const struct script_step steps[] = {
        { "", 0, SCRIPT_HANG },
        { HEAD("200 OK") "Content-Length: 9\r\n\r\nhello", 0, SCRIPT_HANG },
    };
    for (size_t i = 0; i < 2; i++) {
        struct scripted_server server;
        struct http_fetch_options options = usual_options();
        struct problem problem = { 0 };
        AUTO_BUFFER body = { 0 };
        int status = 0;
        int64_t start = clock_now_ns(clock_system());
        options.attempt_timeout_ns = 50 * NS_PER_MS;
        scripted_server_start(&server, &steps[i], 1);
        CU_ASSERT_EQUAL(get(&options, server.port, &body, &status, &problem), -EAGAIN);
        CU_ASSERT_STRING_EQUAL(problem.text, "no whole reply in time");
        CU_ASSERT_TRUE(clock_now_ns(clock_system()) - start < PATIENCE_NS);
        CU_ASSERT_EQUAL(body.len, 0);
        scripted_server_stop(&server);
        scripted_server_deinit(&server);
    }
}

struct ender {
    struct wakeup wake;
    int n_asked;
    int n_not_yet;
};

static bool is_over(void *context)
{
    struct ender *ender = context;
    return ender->n_asked++ >= ender->n_not_yet;
}

/* A wake-up ends a request and a pause, once is_over agrees. */
static void test_called_off(void)
{
    static const struct script_step step = { "", 0, SCRIPT_HANG };
    struct scripted_server server;
    struct http_fetch_options options = usual_options();
    struct problem problem = { 0 };
    AUTO(http_fetch) fetch = NULL;
    AUTO_BUFFER body = { 0 };
    struct ender ender = { .n_not_yet = 2 };
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(wakeup_init(&ender.wake), 0);
    wakeup_send(&ender.wake);
    options.wake_fd = ender.wake.fd;
    options.is_over = is_over;
    options.context = &ender;
    scripted_server_start(&server, &step, 1);
    CU_ASSERT_EQUAL(get(&options, server.port, &body, &status, &problem), -ECANCELED);
    CU_ASSERT_EQUAL(ender.n_asked, 3);
    scripted_server_stop(&server);
    scripted_server_deinit(&server);
    options.give_up_ns = INT64_MAX;
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &fetch), 0);
    int r = 0;
    for (unsigned n = 10; n < 20 && r == 0; n++) {
        r = http_fetch_pause(fetch, n);
    }
    CU_ASSERT_EQUAL(r, -ECANCELED);
    wakeup_deinit(&ender.wake);
}

/* A clock that a test moves; it stands still while somebody waits. */
struct still_clock {
    struct clock clock;
    int64_t now_ns;
};

static int64_t still_now_ns(const struct clock *clock)
{
    return ((const struct still_clock *)clock)->now_ns;
}

/* A pause that would end too late is none; Retry-After counts for the one pause behind it. */
static void test_pauses(void)
{
    static const struct script_step step = {
        HEAD("503 Busy") "Retry-After: 60\r\nConnection: close\r\n\r\nx", 0, SCRIPT_CLOSE
    };
    struct scripted_server server;
    struct http_fetch_options options = usual_options();
    struct problem problem = { 0 };
    AUTO(http_fetch) fetch = NULL;
    AUTO(http_fetch) late = NULL;
    AUTO_BUFFER body = { 0 };
    int status = 0;
    char url[64];
    scripted_server_start(&server, &step, 1);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", server.port);
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &fetch), 0);
    CU_ASSERT_EQUAL(http_fetch_get(fetch, url, &body, &status, &problem), 0);
    CU_ASSERT_EQUAL(status, 503);
    CU_ASSERT_EQUAL(http_fetch_pause(fetch, 0), HTTP_FETCH_LATE);
    CU_ASSERT_EQUAL(http_fetch_pause(fetch, 0), 0);
    scripted_server_stop(&server);
    scripted_server_deinit(&server);
    struct still_clock clock = { .clock = { still_now_ns, still_now_ns }, .now_ns = NS_PER_S };
    options.clock = &clock.clock;
    options.give_up_ns = NS_PER_S;
    CU_ASSERT_EQUAL_FATAL(http_fetch_new(&options, &late), 0);
    CU_ASSERT_EQUAL(http_fetch_pause(late, 0), HTTP_FETCH_LATE);
}

static const struct test_case cases[] = {
    { "every kind of reply", test_replies },
    { "what is asked for, and by which way", test_request },
    { "redirects, and too many of them", test_redirects },
    { "a body's limit counts what is inflated", test_body_limit },
    { "nobody there", test_nobody_there },
    { "the time of a request", test_time },
    { "called off", test_called_off },
    { "pauses", test_pauses },
};

CUNIT_MAIN("http/http_fetch", cases)
