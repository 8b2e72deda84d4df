/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fibers: functions that can be left in the middle and gone on with later, on stacks of their own. A
 * worker runs an application's function in one, so that a call that waits (for HTTP, for time) suspends
 * that event alone.
 *
 * A pool belongs to one thread, and so do its fibers: they never change threads. Fibers are entered from
 * the thread's own stack only, never from one another. Stacks are mapped with a guard below them and are
 * used again; what a fiber does with more stack than there is ends the process with a message that says
 * so (fiber_pool_watch()). Switching makes no system call, and errno is each fiber's own.
 *
 * Life: fiber_pool_new() -> fiber_start(), fiber_resume() ... until no fiber is suspended ->
 * fiber_pool_free().
 */
#ifndef WEIR_WORKER_FIBER_H
#define WEIR_WORKER_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber;
struct fiber_pool;

/* Below this little more than a call of printf() fits. */
enum { FIBER_STACK_MIN = 16 * 1024 };

struct fiber_options {
    /* Usable bytes of a stack, at least FIBER_STACK_MIN; rounded up to whole pages. */
    size_t stack_size;
    /* Idle stacks that are kept mapped. */
    size_t max_idle;
};

/* Thread: the one that will use it. Returns 0, -EINVAL, or -ENOMEM. */
int fiber_pool_new(const struct fiber_options *options, struct fiber_pool **ret_pool);

/* Takes NULL. No fiber may be suspended. */
void fiber_pool_free(struct fiber_pool *pool);

/*
 * Runs a function in a fiber until it suspends or returns. *ret_fiber is the fiber where it has suspended,
 * NULL where it is through. Returns 0, or -ENOMEM when there is no stack for it (run was not called).
 * Not from within a fiber.
 */
int fiber_start(struct fiber_pool *pool, void (*run)(void *argument), void *argument,
                struct fiber **ret_fiber);

/*
 * Goes on with a suspended fiber until it suspends again (true) or returns (false: the fiber is gone). Not
 * from within a fiber.
 */
bool fiber_resume(struct fiber *fiber);

/* Leaves the fiber that is running, for whoever entered it; returns when it is resumed. */
void fiber_suspend(struct fiber_pool *pool);

/* The fiber that is running, or NULL outside of one. */
struct fiber *fiber_current(const struct fiber_pool *pool);

struct fiber_stats {
    /* Suspended or running. */
    size_t n_live;
    size_t n_idle;
    /* Stacks mapped so far. */
    size_t n_mapped;
};
struct fiber_stats fiber_pool_stats(const struct fiber_pool *pool);

/*
 * From now on a fault of this thread in the guard of a fiber of pool ends the process (SIGSEGV, after a line
 * on stderr that names the cause and stack_key, the configuration's key for the size). Sets the process's
 * handler of SIGSEGV and an alternative stack of the thread, which fiber_pool_free() takes back. Returns 0
 * or -errno.
 */
int fiber_pool_watch(struct fiber_pool *pool, const char *stack_key);

#endif
