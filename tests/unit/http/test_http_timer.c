/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_timer.h"

#include "../../support/cunit_main.h"
#include "../../support/random.h"

enum { N = 500 };

struct scene {
    struct http_timers timers;
    struct http_timer timer[N];
    int64_t expected_ns[N];
    int64_t now_ns;
    size_t n_fired;
};

static struct scene scene;

static void on_fire(void *context)
{
    size_t i = (size_t)((struct http_timer *)context - scene.timer);
    CU_ASSERT(scene.expected_ns[i] >= 0 && scene.expected_ns[i] <= scene.now_ns);
    CU_ASSERT_EQUAL(scene.timer[i].place, 0);
    scene.expected_ns[i] = -1;
    scene.n_fired++;
}

static int64_t next_expected(void)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < N; i++) {
        if (scene.expected_ns[i] >= 0 && scene.expected_ns[i] < next) {
            next = scene.expected_ns[i];
        }
    }
    return next;
}

/* Set, set anew, cleared and fired at random, beside a list that is searched whole. */
static void test_model(void)
{
    struct random random = { 7 };
    for (size_t i = 0; i < N; i++) {
        scene.expected_ns[i] = -1;
    }
    size_t n_set = 0;
    for (int step = 0; step < 20000; step++) {
        size_t i = random_below(&random, N);
        switch (random_below(&random, 4)) {
        case 0:
            http_timer_clear(&scene.timers, &scene.timer[i]);
            scene.expected_ns[i] = -1;
            break;
        case 1:
            scene.now_ns += (int64_t)random_below(&random, 20);
            http_timers_run(&scene.timers, scene.now_ns);
            CU_ASSERT(next_expected() > scene.now_ns);
            break;
        default:
            scene.expected_ns[i] = scene.now_ns + (int64_t)random_below(&random, 1000);
            CU_ASSERT_EQUAL(http_timer_set(&scene.timers, &scene.timer[i], scene.expected_ns[i],
                                           on_fire, &scene.timer[i]),
                            0);
            n_set++;
        }
        CU_ASSERT_EQUAL(http_timers_next(&scene.timers), next_expected());
    }
    CU_ASSERT(scene.n_fired > 1000 && n_set > scene.n_fired);
    http_timers_deinit(&scene.timers);
}

static const struct test_case cases[] = { { "a heap beside a list", test_model } };

CUNIT_MAIN("http/http_timer", cases)
