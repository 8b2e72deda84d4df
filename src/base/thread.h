/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads, locks, wake-ups. Locks carry clang's capability annotations (-Wthread-safety): a function
 * that needs one held says REQUIRES(lock). Nobody sleeps to wait: a condition, or an eventfd in a
 * poll set.
 */
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__clang__)
#define THREAD_ANNOTATION(x) __attribute__((x))
#else
#define THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x)             THREAD_ANNOTATION(capability(x))
#define ACQUIRE(...)              THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...)              THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define REQUIRES(...)             THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...)             THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS THREAD_ANNOTATION(no_thread_safety_analysis)

struct CAPABILITY("mutex") mutex {
    pthread_mutex_t raw;
};

/* A condition that waits on the monotonic clock. */
struct condition {
    pthread_cond_t raw;
};

/* Both return 0 or -errno. */
int mutex_init(struct mutex *mutex);
int condition_init(struct condition *condition);
void mutex_deinit(struct mutex *mutex);
void condition_deinit(struct condition *condition);

void mutex_lock(struct mutex *mutex) ACQUIRE(mutex);
void mutex_unlock(struct mutex *mutex) RELEASE(mutex);

void condition_wait(struct condition *condition, struct mutex *mutex) REQUIRES(mutex);

/* Waits until a wake-up or until CLOCK_MONOTONIC reads deadline_ns; false when the time is up. */
bool condition_wait_until(struct condition *condition, struct mutex *mutex, int64_t deadline_ns)
    REQUIRES(mutex);
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

/*
 * Starts a thread named name (at most 15 characters), with all signals blocked: only the main
 * thread takes signals. Returns 0 or -errno.
 */
int thread_start(pthread_t *ret_thread, const char *name, void *(*entry)(void *), void *argument);

/*
 * An eventfd: a wake-up that a poll set can hold. wakeup_send() is async-signal-safe and may be
 * called from any thread; wakeup_clear() and poll belong to the thread that waits.
 */
struct wakeup {
    int fd;
};

/* Returns 0 or -errno. */
int wakeup_init(struct wakeup *wakeup);
void wakeup_deinit(struct wakeup *wakeup);
void wakeup_send(struct wakeup *wakeup);
void wakeup_clear(struct wakeup *wakeup);

#endif
