/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

int mutex_init(struct mutex *mutex)
{
    return -pthread_mutex_init(&mutex->raw, NULL);
}

int condition_init(struct condition *condition)
{
    pthread_condattr_t attributes;
    int r = pthread_condattr_init(&attributes);
    if (r != 0) {
        return -r;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    r = pthread_cond_init(&condition->raw, &attributes);
    pthread_condattr_destroy(&attributes);
    return -r;
}

void mutex_deinit(struct mutex *mutex)
{
    pthread_mutex_destroy(&mutex->raw);
}

void condition_deinit(struct condition *condition)
{
    pthread_cond_destroy(&condition->raw);
}

/* The analysis cannot see through pthread's own functions. */
void mutex_lock(struct mutex *mutex) NO_THREAD_SAFETY_ANALYSIS
{
    int r = pthread_mutex_lock(&mutex->raw);
    require(r == 0);
}

void mutex_unlock(struct mutex *mutex) NO_THREAD_SAFETY_ANALYSIS
{
    int r = pthread_mutex_unlock(&mutex->raw);
    require(r == 0);
}

void condition_wait(struct condition *condition, struct mutex *mutex)
{
    pthread_cond_wait(&condition->raw, &mutex->raw);
}

bool condition_wait_until(struct condition *condition, struct mutex *mutex, int64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = deadline_ns / 1000000000,
        .tv_nsec = deadline_ns % 1000000000,
    };
    return pthread_cond_timedwait(&condition->raw, &mutex->raw, &deadline) != ETIMEDOUT;
}

void condition_signal(struct condition *condition)
{
    pthread_cond_signal(&condition->raw);
}

void condition_broadcast(struct condition *condition)
{
    pthread_cond_broadcast(&condition->raw);
}

int thread_start(pthread_t *ret_thread, const char *name, void *(*entry)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    /* Blocked, what a thread does wrong would end the process without its handler. */
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        sigdelset(&all, faults[i]);
    }
    int r = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (r != 0) {
        return -r;
    }
    r = pthread_create(ret_thread, NULL, entry, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        return -r;
    }
    pthread_setname_np(*ret_thread, name);
    return 0;
}

int wakeup_init(struct wakeup *wakeup)
{
    wakeup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wakeup->fd < 0 ? -errno : 0;
}

void wakeup_deinit(struct wakeup *wakeup)
{
    close_auto(&wakeup->fd);
    wakeup->fd = -1;
}

void wakeup_send(struct wakeup *wakeup)
{
    int saved = errno;
    uint64_t one = 1;
    /* It fails only when the counter is at its limit, and then the waiter is awake anyway. */
    ssize_t written = write(wakeup->fd, &one, sizeof(one));
    (void)written;
    errno = saved;
}

void wakeup_clear(struct wakeup *wakeup)
{
    uint64_t count;
    ssize_t n = read(wakeup->fd, &count, sizeof(count));
    (void)n;
}
