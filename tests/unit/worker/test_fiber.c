/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/fiber.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "base/error.h"

DEFINE_AUTO(fiber_pool, fiber_pool_free)

enum { STACK = 32 * 1024 };

static struct fiber_pool *new_pool(size_t max_idle)
{
    const struct fiber_options options = { .stack_size = STACK, .max_idle = max_idle };
    struct fiber_pool *pool = NULL;
    CU_ASSERT_EQUAL_FATAL(fiber_pool_new(&options, &pool), 0);
    return pool;
}

/* A function that suspends n times, and writes its name each time it runs. */
struct part {
    struct fiber_pool *pool;
    char *log;
    char name;
    int n;
    int error;
};

/* Room for what all parts say. */
enum { LOG_SIZE = 64 };

static void say(struct part *part, const char *text)
{
    size_t len = strlen(part->log);
    snprintf(part->log + len, LOG_SIZE - len, "%s", text);
}

static void play(void *argument)
{
    struct part *part = argument;
    for (int i = 0; i < part->n; i++) {
        /* The count lives on this stack. */
        char text[3] = { part->name, (char)('0' + i), '\0' };
        say(part, text);
        errno = part->error + i;
        fiber_suspend(part->pool);
        CU_ASSERT_EQUAL(errno, part->error + i);
        CU_ASSERT_EQUAL(text[0], part->name);
        CU_ASSERT_EQUAL(text[1], '0' + i);
    }
    say(part, (char[2]){ part->name, '\0' });
}

static void test_each_goes_on_where_it_was_left(void)
{
    AUTO(fiber_pool) pool = new_pool(8);
    char log[LOG_SIZE] = "";
    struct part parts[] = { { pool, log, 'a', 2, 100 },
                            { pool, log, 'b', 0, 0 },
                            { pool, log, 'c', 1, 200 } };
    struct fiber *fibers[ARRAY_SIZE(parts)];
    errno = 7;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        CU_ASSERT_EQUAL_FATAL(fiber_start(pool, play, &parts[i], &fibers[i]), 0);
    }
    CU_ASSERT_PTR_NULL(fibers[1]);
    CU_ASSERT_PTR_NULL(fiber_current(pool));
    CU_ASSERT_EQUAL(fiber_pool_stats(pool).n_live, 2);
    CU_ASSERT(fiber_resume(fibers[0]));
    CU_ASSERT(!fiber_resume(fibers[2]));
    CU_ASSERT(!fiber_resume(fibers[0]));
    CU_ASSERT_EQUAL(errno, 7);
    CU_ASSERT_STRING_EQUAL(log, "a0bc0a1ca");
    CU_ASSERT_EQUAL(fiber_pool_stats(pool).n_live, 0);
}

static void suspend_once(void *argument)
{
    fiber_suspend(argument);
}

/* Stacks are used again, up to max_idle are kept. */
static void test_stacks_are_pooled(void)
{
    enum { N = 20, KEPT = 5 };
    AUTO(fiber_pool) pool = new_pool(KEPT);
    for (size_t round = 0; round < 3; round++) {
        struct fiber *fibers[N];
        for (size_t i = 0; i < N; i++) {
            CU_ASSERT_EQUAL_FATAL(fiber_start(pool, suspend_once, pool, &fibers[i]), 0);
        }
        struct fiber_stats stats = fiber_pool_stats(pool);
        CU_ASSERT_EQUAL(stats.n_live, N);
        CU_ASSERT_EQUAL(stats.n_idle, 0);
        CU_ASSERT_EQUAL(stats.n_mapped, N + round * (N - KEPT));
        for (size_t i = 0; i < N; i++) {
            CU_ASSERT(!fiber_resume(fibers[i]));
        }
        CU_ASSERT_EQUAL(fiber_pool_stats(pool).n_idle, KEPT);
    }
}

/* What is in registers, in the floating-point unit and on the stack stays across switches. */
static void calculate(void *argument)
{
    struct fiber_pool *pool = argument;
    double sum = 0;
    uint64_t product = 1;
    uint64_t expected = 1;
    for (int i = 1; i <= 20; i++) {
        sum += 1.0 / i;
        product *= (uint64_t)i;
        fiber_suspend(pool);
    }
    for (uint64_t i = 1; i <= 20; i++) {
        expected *= i;
    }
    CU_ASSERT_EQUAL(product, expected);
    CU_ASSERT(sum > 3.597739 && sum < 3.597740);
}

/* Many at once, taken up in an order that has nothing to do with that of their starts. */
static void test_thousands(void)
{
    /* gcc's thread sanitizer ends above some 8,000 contexts. */
    enum { N = 4000 };
    AUTO(fiber_pool) pool = new_pool(N);
    static struct fiber *fibers[N];
    for (size_t i = 0; i < N; i++) {
        CU_ASSERT_EQUAL_FATAL(fiber_start(pool, calculate, pool, &fibers[i]), 0);
    }
    size_t n_live = N;
    for (size_t step = 0; n_live > 0 && step < 100 * N; step++) {
        struct fiber **fiber = &fibers[step * 1009 % N];
        if (*fiber != NULL && !fiber_resume(*fiber)) {
            *fiber = NULL;
            n_live--;
        }
    }
    CU_ASSERT_EQUAL(n_live, 0);
}

static void *own_thread(void *argument)
{
    (void)argument;
    struct fiber_pool *pool = new_pool(1);
    char log[LOG_SIZE] = "";
    struct part part = { pool, log, 'x', 1, 5 };
    struct fiber *fiber;
    for (int i = 0; i < 500; i++) {
        log[0] = '\0';
        require(fiber_start(pool, play, &part, &fiber) == 0 && fiber != NULL);
        require(!fiber_resume(fiber) && strcmp(log, "x0x") == 0);
    }
    fiber_pool_free(pool);
    return NULL;
}

static void test_each_thread_has_its_own(void)
{
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, own_thread, NULL), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        pthread_join(threads[i], NULL);
    }
}

static void test_what_is_no_size_is_refused(void)
{
    static const size_t sizes[] = { 0, FIBER_STACK_MIN - 1, SIZE_MAX };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        const struct fiber_options options = { .stack_size = sizes[i] };
        struct fiber_pool *pool = NULL;
        CU_ASSERT_EQUAL(fiber_pool_new(&options, &pool), -EINVAL);
    }
}

/* A stack that cannot be had is told, and the pool goes on. */
static void test_no_room_for_a_stack(void)
{
    const struct fiber_options options = { .stack_size = SIZE_MAX / 2 - 4096, .max_idle = 1 };
    AUTO(fiber_pool) pool = NULL;
    struct fiber *fiber;
    CU_ASSERT_EQUAL_FATAL(fiber_pool_new(&options, &pool), 0);
    CU_ASSERT_EQUAL(fiber_start(pool, suspend_once, pool, &fiber), -ENOMEM);
    CU_ASSERT_EQUAL(fiber_pool_stats(pool).n_live, 0);
}

/* Not in the compiler's power to leave out, nor to make a loop of. */
static int dig(volatile char *above, int depth)
{
    volatile char frame[512];
    frame[0] = above[0];
    return depth == 0 ? frame[0] : dig(frame, depth - 1) + frame[0];
}

static void overflow(void *argument)
{
    (void)argument;
    volatile char start[1] = { 1 };
    (void)dig(start, 1 << 20);
}

static void overflow_in_a_child(int output)
{
    const struct rlimit no_core = { 0, 0 };
    struct fiber_pool *pool = new_pool(1);
    struct fiber *fiber;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)dup2(output, STDERR_FILENO);
    require(fiber_pool_watch(pool, "the.key") == 0);
    (void)fiber_start(pool, overflow, NULL, &fiber);
    _exit(0);
}

static void test_an_overflow_is_told(void)
{
    int fds[2];
    char text[4096] = "";
    size_t len = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        overflow_in_a_child(fds[1]);
    }
    close(fds[1]);
    for (ssize_t n = 1; n > 0 && len<sizeof(text) - 1; len += n> 0 ? (size_t)n : 0) {
        n = read(fds[0], text + len, sizeof(text) - 1 - len);
    }
    close(fds[0]);
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    /* Sanitizers make an exit of their own of it. */
    CU_ASSERT(WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : WEXITSTATUS(status) != 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "more stack than there is"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "raise the.key\n"));
}

static const struct test_case cases[] = {
    { "each goes on where it was left", test_each_goes_on_where_it_was_left },
    { "stacks are pooled", test_stacks_are_pooled },
    { "thousands", test_thousands },
    { "each thread has its own", test_each_thread_has_its_own },
    { "what is no size is refused", test_what_is_no_size_is_refused },
    { "no room for a stack", test_no_room_for_a_stack },
    { "an overflow is told", test_an_overflow_is_told },
};

CUNIT_MAIN("worker/fiber", cases)
