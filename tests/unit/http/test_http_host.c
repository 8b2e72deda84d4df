/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_host.h"

#include "base/clock.h"

#include <poll.h>

#include "../../support/cunit_main.h"

static const struct http_host_limits limits = {
    .concurrency = 4,
    .budget_percent = 20,
    .budget_per_second = 1,
    .budget_window_ns = 10 * NS_PER_S,
    .breaker_failures = 3,
    .breaker_base_ns = NS_PER_S,
    .breaker_cap_ns = 4 * NS_PER_S,
};

struct scene {
    struct http_hosts *hosts;
    struct http_host *host;
    struct wakeup wakeups[2];
};

static void open_scene(struct scene *scene)
{
    CU_ASSERT_EQUAL_FATAL(http_hosts_new(&limits, 2, &scene->hosts), 0);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(wakeup_init(&scene->wakeups[i]), 0);
        http_hosts_attach(scene->hosts, i, &scene->wakeups[i]);
    }
    scene->host = http_hosts_get(scene->hosts, "http://a:80", 11);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->host);
}

static void close_scene(struct scene *scene)
{
    http_hosts_free(scene->hosts);
    wakeup_deinit(&scene->wakeups[0]);
    wakeup_deinit(&scene->wakeups[1]);
}

static bool is_woken(struct scene *scene, size_t client)
{
    struct pollfd fd = { .fd = scene->wakeups[client].fd, .events = POLLIN };
    bool is = poll(&fd, 1, 0) == 1;
    wakeup_clear(&scene->wakeups[client]);
    return is;
}

static int64_t admit(struct scene *scene, size_t client, int64_t now_ns)
{
    bool is_probe;
    return http_host_admit(scene->host, client, now_ns, &is_probe);
}

static void done(struct scene *scene, size_t client, enum http_outcome outcome, int64_t now_ns)
{
    http_host_done(scene->host, client, false, outcome, now_ns);
}

static void test_names(void)
{
    struct scene scene;
    open_scene(&scene);
    CU_ASSERT_PTR_EQUAL(http_hosts_get(scene.hosts, "http://a:80", 11), scene.host);
    CU_ASSERT_PTR_NOT_EQUAL(http_hosts_get(scene.hosts, "http://a:81", 11), scene.host);
    CU_ASSERT_PTR_NOT_EQUAL(http_hosts_get(scene.hosts, "https://a:80", 12), scene.host);
    close_scene(&scene);
}

/* A place that one client gives back goes to the other one, which waits and has nothing. */
static void test_places(void)
{
    struct scene scene;
    open_scene(&scene);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(admit(&scene, 0, 1), 0);
    }
    CU_ASSERT_EQUAL(admit(&scene, 0, 1), INT64_MAX);
    CU_ASSERT_EQUAL(admit(&scene, 1, 1), INT64_MAX);
    CU_ASSERT_FALSE(is_woken(&scene, 1));
    done(&scene, 0, HTTP_OUTCOME_SUCCESS, 2);
    /* It asks again itself, and has more than its share. */
    CU_ASSERT_EQUAL(admit(&scene, 0, 2), INT64_MAX);
    CU_ASSERT_TRUE(is_woken(&scene, 1));
    CU_ASSERT_EQUAL(admit(&scene, 1, 2), 0);
    /* Who does not wait any more passes the place on. */
    CU_ASSERT_EQUAL(admit(&scene, 1, 2), INT64_MAX);
    http_host_stop_waiting(scene.host, 0);
    done(&scene, 0, HTTP_OUTCOME_SUCCESS, 3);
    CU_ASSERT_TRUE(is_woken(&scene, 1));
    CU_ASSERT_EQUAL(admit(&scene, 1, 3), 0);
    for (int i = 0; i < 2; i++) {
        done(&scene, 0, HTTP_OUTCOME_SUCCESS, 4);
        done(&scene, 1, HTTP_OUTCOME_SUCCESS, 4);
    }
    close_scene(&scene);
}

static void test_breaker(void)
{
    struct scene scene;
    open_scene(&scene);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(admit(&scene, 0, 1), 0);
        done(&scene, 0, HTTP_OUTCOME_FAILURE, 1);
    }
    CU_ASSERT_EQUAL(http_hosts_n_opened(scene.hosts), 1);
    CU_ASSERT_EQUAL(http_hosts_n_open(scene.hosts), 1);
    CU_ASSERT_EQUAL(admit(&scene, 1, 1), NS_PER_S);
    /* One request tries; the others go on waiting until it is over, and are then told. */
    bool is_probe = false;
    int64_t now_ns = 1 + NS_PER_S;
    CU_ASSERT_EQUAL(http_host_admit(scene.host, 0, now_ns, &is_probe), 0);
    CU_ASSERT_TRUE(is_probe);
    CU_ASSERT(admit(&scene, 1, now_ns) > 0);
    http_host_done(scene.host, 0, true, HTTP_OUTCOME_FAILURE, now_ns);
    CU_ASSERT_TRUE(is_woken(&scene, 1));
    CU_ASSERT_EQUAL(admit(&scene, 1, now_ns), 2 * NS_PER_S);
    now_ns += 2 * NS_PER_S;
    CU_ASSERT_EQUAL(http_host_admit(scene.host, 1, now_ns, &is_probe), 0);
    http_host_done(scene.host, 1, is_probe, HTTP_OUTCOME_SUCCESS, now_ns);
    CU_ASSERT_EQUAL(http_hosts_n_open(scene.hosts), 0);
    CU_ASSERT_EQUAL(admit(&scene, 0, now_ns), 0);
    done(&scene, 0, HTTP_OUTCOME_SUCCESS, now_ns);
    close_scene(&scene);
}

static void test_pause(void)
{
    struct scene scene;
    open_scene(&scene);
    http_host_pause(scene.host, 3 * NS_PER_S);
    http_host_pause(scene.host, 2 * NS_PER_S);
    CU_ASSERT_EQUAL(admit(&scene, 0, NS_PER_S), 2 * NS_PER_S);
    CU_ASSERT_EQUAL(admit(&scene, 1, 3 * NS_PER_S - 1), 1);
    CU_ASSERT_EQUAL(admit(&scene, 1, 3 * NS_PER_S), 0);
    done(&scene, 1, HTTP_OUTCOME_SUCCESS, 3 * NS_PER_S);
    close_scene(&scene);
}

static void test_budget(void)
{
    struct scene scene;
    open_scene(&scene);
    int n = 0;
    for (int i = 0; i < 100; i++) {
        http_host_count_attempt(scene.host, NS_PER_S);
    }
    while (http_host_take_retry(scene.host, NS_PER_S)) {
        n++;
    }
    /* A fifth, and one a second of the window. */
    CU_ASSERT(n >= 20 && n <= 31);
    close_scene(&scene);
}

static const struct test_case cases[] = {
    { "hosts are told apart by scheme, name and port", test_names },
    { "places go to who has least", test_places },
    { "a breaker opens, tries, and closes", test_breaker },
    { "a pause holds for all", test_pause },
    { "retries are paid from a budget", test_budget },
};

CUNIT_MAIN("http/http_host", cases)
