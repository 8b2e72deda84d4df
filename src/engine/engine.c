/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/job.h"

enum {
    /* How long a drain may take before what still waits is given back. */
    DRAIN_LIMIT_MS = 25000,
    /* timeout(1) and other wrappers send one signal twice: to the process, and to its group. */
    SAME_SIGNAL_MS = 250,
    STATUS_EVERY_MS = 500,
};

/* What the main thread knows while the job runs. */
struct watch {
    struct job *job;
    int signal_fd;
    /* When the drain must be over; 0: not draining. */
    int64_t drain_deadline_ns;
    bool has_given_up;
    struct status status;
};

static int open_signals(void)
{
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &handled, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* A file limit shows as EFBIG from write(2), which the sink handles. */
    signal(SIGXFSZ, SIG_IGN);
    int fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* The next signal that has come, 0 where there is none that ends the job. */
static int take_signal(int signal_fd)
{
    struct signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof(info)) != sizeof(info)) {
        return 0;
    }
    if (info.ssi_signo == SIGHUP) {
        log_info("nothing to re-read", LOG_TEXT("signal", "HUP"));
        return 0;
    }
    return (int)info.ssi_signo;
}

bool job_is_called_off(void *context)
{
    struct job *job = context;
    job->start_signal = take_signal(job->signal_fd);
    return job->start_signal != 0;
}

static void begin_drain(struct watch *watch, int number)
{
    log_info("draining", LOG_TEXT("signal", sigabbrev_np(number)),
             LOG_INTEGER("in_flight", (int64_t)accounting_in_flight(&watch->job->accounting)));
    watch->drain_deadline_ns = clock_now_ns(watch->job->clock) + DRAIN_LIMIT_MS * NS_PER_MS;
    job_stop(watch->job);
}

static void handle_signal(struct watch *watch)
{
    int number = take_signal(watch->signal_fd);
    if (number == 0) {
        return;
    }
    if (watch->drain_deadline_ns != 0) {
        int64_t draining_ns =
            clock_now_ns(watch->job->clock) + DRAIN_LIMIT_MS * NS_PER_MS - watch->drain_deadline_ns;
        if (draining_ns < SAME_SIGNAL_MS * NS_PER_MS) {
            return;
        }
        log_warning("ended at once by a second signal", LOG_TEXT("signal", sigabbrev_np(number)));
        _exit(128 + number);
    }
    begin_drain(watch, number);
}

static int timeout_ms(const struct watch *watch)
{
    if (watch->job->options.has_status_line) {
        return STATUS_EVERY_MS;
    }
    return watch->drain_deadline_ns != 0 && !watch->has_given_up ? STATUS_EVERY_MS : -1;
}

static void check_drain(struct watch *watch)
{
    bool is_late = watch->drain_deadline_ns != 0 &&
                   clock_now_ns(watch->job->clock) >= watch->drain_deadline_ns;
    if (is_late && !watch->has_given_up) {
        log_warning("the drain took too long, giving back what waits",
                    LOG_INTEGER("limit_ms", DRAIN_LIMIT_MS));
        watch->has_given_up = true;
        job_give_up(watch->job);
        writer_give_up(watch->job->writer);
    }
}

/* Waits in the main thread until the writer has ended. */
static void wait_for_end(struct watch *watch)
{
    for (;;) {
        struct pollfd fds[] = {
            { .fd = watch->signal_fd, .events = POLLIN },
            { .fd = watch->job->done.fd, .events = POLLIN },
        };
        int n = poll(fds, ARRAY_SIZE(fds), timeout_ms(watch));
        if (n > 0 && fds[0].revents != 0) {
            handle_signal(watch);
        }
        if (n > 0 && fds[1].revents != 0) {
            return;
        }
        check_drain(watch);
        if (watch->job->options.has_status_line) {
            status_draw(&watch->status, watch->job);
        }
    }
}

/* A start that a signal has ended: nothing was read, and that is accounted for. */
static int end_start(struct job *job)
{
    log_info("ended before it started", LOG_TEXT("signal", sigabbrev_np(job->start_signal)));
    job->started_ns = clock_now_ns(job->clock);
    job->ended_ns = job->started_ns;
    return 0;
}

static int run_job(struct job *job, struct problem *problem)
{
    AUTO_CLOSE int signal_fd = open_signals();
    if (signal_fd < 0) {
        return problem_set(problem, -signal_fd, EXIT_SOFTWARE, "cannot take signals: %s",
                           strerror(-signal_fd));
    }
    job->signal_fd = signal_fd;
    const char *report = job->options.report_path;
    int r = report == NULL ? 0 : job_report_check(report, problem);
    if (r == 0) {
        r = job_open(job, problem);
    }
    if (r < 0) {
        return r == -ECANCELED && job->start_signal != 0 ? end_start(job) : r;
    }
    struct problem start_problem;
    int started = job_start(job, &start_problem);
    if (started == 0) {
        struct watch watch = { .job = job, .signal_fd = signal_fd };
        wait_for_end(&watch);
    }
    r = job_join(job, problem);
    job->ended_ns = clock_now_ns(job->clock);
    if (started < 0) {
        *problem = start_problem;
        return started;
    }
    if (job->options.has_status_line) {
        status_clear();
    }
    return r;
}

enum exit_code engine_run(const struct engine_options *options)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        log_error("cannot start", LOG_TEXT("reason", "out of memory"));
        return EXIT_SOFTWARE;
    }
    job->options = *options;
    job->config = options->config;
    job->clock = clock_system();
    struct problem problem = { 0 };
    int r = run_job(job, &problem);
    if (r < 0) {
        log_error(job->started_ns == 0 ? "cannot start" : "stopped",
                  LOG_TEXT("reason", problem.text));
    }
    if (job->started_ns != 0) {
        /* May log: the accounting is the last line. */
        job_close_sinks(job);
        struct problem report_problem;
        int reported = job_report(job, &report_problem);
        if (reported < 0 && r == 0) {
            problem = report_problem;
            r = reported;
        }
    }
    job_close(job);
    free(job);
    return r < 0 ? problem.exit_code : EXIT_DONE;
}
