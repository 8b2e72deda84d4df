/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack is entered once by makecontext(), from then on by siglongjmp() without signal masks:
 * swapcontext() would make a system call each time. A fiber that is through stays inside its first
 * function and waits for the next one to run.
 *
 * The address sanitizer is told of each switch of stacks, the thread sanitizer has a context for each fiber.
 */

/* Its longjmp() takes a jump to another stack for a mistake. */
#undef _FORTIFY_SOURCE

#include "worker/fiber.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/error.h"

#if defined(__has_feature)
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define WITH_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define WITH_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif

/* Larger than the frame of a function that does not touch what it takes. */
enum { GUARD_SIZE = 64 * 1024 };

/* What a switch must remember of the stack that it leaves. */
struct stack {
    const void *bottom;
    size_t size;
    sigjmp_buf place;
#ifdef WITH_ASAN
    void *fake;
#endif
#ifdef WITH_TSAN
    void *context;
#endif
};

struct fiber {
    struct fiber *next;
    struct fiber_pool *pool;
    /* The guard and the stack behind it. */
    char *mapping;
    struct stack stack;
    void (*run)(void *argument);
    void *argument;
    bool is_through;
};

struct fiber_pool {
    size_t stack_size;
    size_t max_idle;
    struct fiber *current;
    struct fiber *idle;
    struct fiber_stats stats;
    /* Of the thread itself, while it is left. */
    struct stack own;
    /* fiber_pool_watch(). */
    const char *stack_key;
    char *signal_stack;
};

/* The pool of this thread, for who is called without an argument: a new stack, a signal's handler. */
static _Thread_local struct fiber_pool *thread_pool;

/* Is about to leave one stack for another; is_last: for good. */
static inline void leave(struct stack *from, const struct stack *to, bool is_last)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(is_last ? NULL : &from->fake, to->bottom, to->size);
#endif
#ifdef WITH_TSAN
    __tsan_switch_to_fiber(to->context, 0);
#endif
    (void)from;
    (void)to;
    (void)is_last;
}

/* Has come to a stack from another, whose bounds may be new to us. */
static inline void arrive(struct stack *to, struct stack *from)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(to->fake, &from->bottom, &from->size);
#endif
    (void)to;
    (void)from;
}

static void switch_stack(struct stack *from, struct stack *to, bool is_last)
{
    int error = errno;
    if (sigsetjmp(from->place, 0) == 0) {
        leave(from, to, is_last);
        siglongjmp(to->place, 1);
    }
    errno = error;
}

/* A fiber that is through now is given up. */
static bool is_full(const struct fiber_pool *pool)
{
    return pool->stats.n_idle == pool->max_idle;
}

/* The first function on a stack. */
static void run_fiber(void)
{
    struct fiber_pool *pool = thread_pool;
    struct fiber *fiber = pool->current;
    for (;;) {
        arrive(&fiber->stack, &pool->own);
        fiber->run(fiber->argument);
        fiber->is_through = true;
        switch_stack(&fiber->stack, &pool->own, is_full(pool));
    }
}

/* Enters a fiber; returns when it suspends or is through. */
static void enter(struct fiber_pool *pool, struct fiber *fiber)
{
    require(pool->current == NULL);
    pool->current = fiber;
    switch_stack(&pool->own, &fiber->stack, false);
    arrive(&pool->own, &fiber->stack);
    pool->current = NULL;
}

/* Enters a stack for the first time; its function begins. */
static void enter_first(struct fiber_pool *pool, struct fiber *fiber)
{
    ucontext_t context;
    /* It fails with wrong arguments alone. */
    require(pool->current == NULL && getcontext(&context) == 0);
    context.uc_stack.ss_sp = fiber->mapping + GUARD_SIZE;
    context.uc_stack.ss_size = pool->stack_size;
    context.uc_link = NULL;
    makecontext(&context, run_fiber, 0);
    pool->current = fiber;
    int error = errno;
    if (sigsetjmp(pool->own.place, 0) == 0) {
        leave(&pool->own, &fiber->stack, false);
        setcontext(&context);
    }
    errno = error;
    arrive(&pool->own, &fiber->stack);
    pool->current = NULL;
}

static int map_stack(struct fiber_pool *pool, struct fiber *fiber)
{
    size_t len = GUARD_SIZE + pool->stack_size;
    char *mapping = mmap(NULL, len, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
        return -ENOMEM;
    }
    if (mprotect(mapping, GUARD_SIZE, PROT_NONE) < 0) {
        munmap(mapping, len);
        return -ENOMEM;
    }
    fiber->mapping = mapping;
    fiber->stack.bottom = mapping + GUARD_SIZE;
    fiber->stack.size = pool->stack_size;
    return 0;
}

static void fiber_free(struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;
#ifdef WITH_ASAN
    /* The frames of its first function were never left. */
    __asan_unpoison_memory_region(fiber->mapping + GUARD_SIZE, pool->stack_size);
#endif
#ifdef WITH_TSAN
    __tsan_destroy_fiber(fiber->stack.context);
#endif
    munmap(fiber->mapping, GUARD_SIZE + pool->stack_size);
    free(fiber);
}

static struct fiber *fiber_new(struct fiber_pool *pool)
{
    struct fiber *fiber = calloc(1, sizeof(*fiber));
    if (fiber == NULL) {
        return NULL;
    }
    fiber->pool = pool;
    if (map_stack(pool, fiber) < 0) {
        free(fiber);
        return NULL;
    }
#ifdef WITH_TSAN
    fiber->stack.context = __tsan_create_fiber(0);
#endif
    pool->stats.n_mapped++;
    return fiber;
}

int fiber_pool_new(const struct fiber_options *options, struct fiber_pool **ret_pool)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (options->stack_size < FIBER_STACK_MIN || options->stack_size > SIZE_MAX / 2) {
        return -EINVAL;
    }
    struct fiber_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return -ENOMEM;
    }
    pool->stack_size = (options->stack_size + page - 1) / page * page;
    pool->max_idle = options->max_idle;
#ifdef WITH_TSAN
    pool->own.context = __tsan_get_current_fiber();
#endif
    *ret_pool = pool;
    return 0;
}

static void unwatch(struct fiber_pool *pool)
{
    if (pool->signal_stack == NULL) {
        return;
    }
    const stack_t none = { .ss_flags = SS_DISABLE };
    (void)sigaltstack(&none, NULL);
    free(pool->signal_stack);
    if (thread_pool == pool) {
        thread_pool = NULL;
    }
}

void fiber_pool_free(struct fiber_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    require(pool->stats.n_live == 0 && pool->current == NULL);
    while (pool->idle != NULL) {
        struct fiber *fiber = pool->idle;
        pool->idle = fiber->next;
        fiber_free(fiber);
    }
    unwatch(pool);
    free(pool);
}

/* Behind an entrance: what has become of the fiber. True: it is suspended. */
static bool is_suspended(struct fiber_pool *pool, struct fiber *fiber)
{
    if (!fiber->is_through) {
        return true;
    }
    pool->stats.n_live--;
    if (is_full(pool)) {
        fiber_free(fiber);
        return false;
    }
    fiber->next = pool->idle;
    pool->idle = fiber;
    pool->stats.n_idle++;
    return false;
}

int fiber_start(struct fiber_pool *pool, void (*run)(void *argument), void *argument,
                struct fiber **ret_fiber)
{
    struct fiber *fiber = pool->idle;
    bool is_new = fiber == NULL;
    if (is_new) {
        fiber = fiber_new(pool);
        if (fiber == NULL) {
            return -ENOMEM;
        }
    } else {
        pool->idle = fiber->next;
        pool->stats.n_idle--;
    }
    fiber->run = run;
    fiber->argument = argument;
    fiber->is_through = false;
    thread_pool = pool;
    pool->stats.n_live++;
    if (is_new) {
        enter_first(pool, fiber);
    } else {
        enter(pool, fiber);
    }
    *ret_fiber = is_suspended(pool, fiber) ? fiber : NULL;
    return 0;
}

bool fiber_resume(struct fiber *fiber)
{
    struct fiber_pool *pool = fiber->pool;
    thread_pool = pool;
    enter(pool, fiber);
    return is_suspended(pool, fiber);
}

void fiber_suspend(struct fiber_pool *pool)
{
    struct fiber *fiber = pool->current;
    require(fiber != NULL);
    switch_stack(&fiber->stack, &pool->own, false);
    arrive(&fiber->stack, &pool->own);
}

struct fiber *fiber_current(const struct fiber_pool *pool)
{
    return pool->current;
}

struct fiber_stats fiber_pool_stats(const struct fiber_pool *pool)
{
    return pool->stats;
}

static void write_text(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

/* Async-signal-safe. Behind it the fault happens again, and ends the process as faults do. */
static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    const struct fiber_pool *pool = thread_pool;
    const char *address = info->si_addr;
    const struct fiber *fiber = pool == NULL ? NULL : pool->current;
    if (fiber != NULL && address >= fiber->mapping && address < fiber->mapping + GUARD_SIZE) {
        write_text("weir: the application's function has used more stack than there is: make its "
                   "frames smaller, or raise ");
        write_text(pool->stack_key == NULL ? "the size of stacks" : pool->stack_key);
        write_text("\n");
    }
    (void)signal(signal_number, SIG_DFL);
}

int fiber_pool_watch(struct fiber_pool *pool, const char *stack_key)
{
    size_t size = (size_t)sysconf(_SC_SIGSTKSZ) + 16 * 1024;
    const struct sigaction action = { .sa_sigaction = on_fault,
                                      .sa_flags = SA_SIGINFO | SA_ONSTACK };
    pool->signal_stack = malloc(size);
    if (pool->signal_stack == NULL) {
        return -ENOMEM;
    }
    const stack_t stack = { .ss_sp = pool->signal_stack, .ss_size = size };
    if (sigaltstack(&stack, NULL) < 0 || sigaction(SIGSEGV, &action, NULL) < 0) {
        int r = -errno;
        unwatch(pool);
        pool->signal_stack = NULL;
        return r;
    }
    pool->stack_key = stack_key;
    thread_pool = pool;
    return 0;
}
