/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads of a job and how the end travels through them:
 *
 *     reader returns -> closes the workers' queues -> each worker empties its own; the last one
 *     closes the writer's queue -> the writer empties it, takes the last checkpoint, sends done
 */
#include "engine/job.h"

#include <errno.h>
#include <string.h>

static void *reader_main(void *argument)
{
    struct job *job = argument;
    job->reader_result = reader_run(job->reader, &job->reader_problem);
    for (size_t w = 0; w < job->n_workers; w++) {
        queue_close(job->workers[w].queue);
    }
    return NULL;
}

static void fail_worker(struct job *job, int error)
{
    int none = 0;
    atomic_compare_exchange_strong_explicit(&job->worker_result, &none, error, memory_order_relaxed,
                                            memory_order_relaxed);
    job_stop(job);
}

static void worker_failed(void *context)
{
    job_stop(context);
}

static int open_worker(struct job_worker *self, void *context)
{
    struct job *job = self->job;
    struct worker_options options = {
        .input = self->queue,
        .output = job->to_writer,
        .results = job->results,
        .steps = job->steps.worker_steps,
        .n_steps = job->steps.n_steps,
        .enrich = job->options.app->enrich,
        .context = context,
        .is_keyless_allowed = job->config->missing_key == MISSING_KEY_KEYLESS,
        .finish = job_finish,
        .finish_context = self,
        .render_fault = job_render_fault,
        .render_context = self,
        .failed = worker_failed,
        .failed_context = job,
        .block_bytes = job->block_bytes,
        .large_bytes = 2 * (size_t)job->config->batch.max_bytes,
    };
    int r = producer_new(&job->production, &self->producer);
    if (r == 0 && job->requests.are_made) {
        struct room *room = result_pool_room(job->results);
        r = requests_client_new(&job->requests, (size_t)(self - job->workers), job->clock,
                                &self->wakeup, room, (void **)&self->worker, &self->client);
        options.waiting =
            requests_waiting(&job->requests, job->config, self->client, room, job->clock);
    }
    return r < 0 ? r : worker_new(&options, &self->worker);
}

/* Nobody else empties the queue of a worker that could not start. */
static void discard_input(struct job_worker *self)
{
    struct work *work;
    while ((work = queue_pop(self->queue)) != NULL) {
        struct batch *batch = work->batch;
        count_add(&self->job->n_discarded, work->n_events);
        batch_unref(batch);
    }
}

static int run_worker(struct job_worker *self)
{
    struct job *job = self->job;
    const struct weir_app *app = self->job->options.app;
    void *context = NULL;
    int r = 0;
    if (app->worker_start != NULL) {
        r = app->worker_start(self->job->config->application, &context);
    }
    if (r < 0) {
        return r;
    }
    r = open_worker(self, context);
    if (r == 0) {
        r = worker_run(self->worker);
    }
    /* What it has counted is then counted. */
    producer_free(self->producer);
    self->producer = NULL;
    requests_client_free(&job->requests, self->client);
    self->client = NULL;
    if (app->worker_stop != NULL) {
        app->worker_stop(context);
    }
    return r;
}

static void *worker_main(void *argument)
{
    struct job_worker *self = argument;
    struct job *job = self->job;
    int r = run_worker(self);
    if (r < 0) {
        fail_worker(job, r);
        discard_input(self);
    }
    if (atomic_fetch_sub_explicit(&job->n_running, 1, memory_order_acq_rel) == 1) {
        queue_close(job->to_writer);
    }
    return NULL;
}

static void *writer_main(void *argument)
{
    struct job *job = argument;
    job->writer_result = writer_run(job->writer, &job->writer_problem);
    wakeup_send(&job->done);
    return NULL;
}

static void stop_workers(struct job *job, enum worker_stop stop)
{
    int before = atomic_load_explicit(&job->requests.stop, memory_order_relaxed);
    while (before < (int)stop &&
           !atomic_compare_exchange_weak_explicit(&job->requests.stop, &before, (int)stop,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    for (size_t w = 0; job->requests.are_made && w < job->n_workers; w++) {
        wakeup_send(&job->workers[w].wakeup);
    }
}

void job_stop(struct job *job)
{
    reader_stop(job->reader);
    stop_workers(job, WORKER_STOPS);
}

void job_give_up(struct job *job)
{
    stop_workers(job, WORKER_GIVES_UP);
}

static int start_workers(struct job *job)
{
    atomic_store_explicit(&job->n_running, job->n_workers, memory_order_relaxed);
    for (size_t w = 0; w < job->n_workers; w++) {
        struct job_worker *worker = &job->workers[w];
        char name[16];
        snprintf(name, sizeof(name), "weir-work-%u", (unsigned)w % 1000);
        int r = thread_start(&worker->thread, name, worker_main, worker);
        if (r < 0) {
            size_t missing = job->n_workers - w;
            if (atomic_fetch_sub_explicit(&job->n_running, missing, memory_order_acq_rel) ==
                missing) {
                queue_close(job->to_writer);
            }
            return r;
        }
        worker->is_started = true;
    }
    return 0;
}

int job_start(struct job *job, struct problem *problem)
{
    job->started_ns = clock_now_ns(job->clock);
    int r = thread_start(&job->writer_thread, "weir-writer", writer_main, job);
    if (r == 0) {
        job->is_writer_started = true;
        r = start_workers(job);
    }
    if (r == 0) {
        r = thread_start(&job->reader_thread, "weir-source", reader_main, job);
        job->is_reader_started = r == 0;
    }
    if (r < 0) {
        for (size_t w = 0; w < job->n_workers; w++) {
            queue_close(job->workers[w].queue);
        }
        return problem_set(problem, -r, EXIT_SOFTWARE, "cannot start a thread: %s", strerror(-r));
    }
    return 0;
}

int job_join(struct job *job, struct problem *problem)
{
    if (job->is_reader_started) {
        pthread_join(job->reader_thread, NULL);
    }
    for (size_t w = 0; w < job->n_workers; w++) {
        if (job->workers[w].is_started) {
            pthread_join(job->workers[w].thread, NULL);
        }
    }
    if (job->is_writer_started) {
        pthread_join(job->writer_thread, NULL);
    }
    int worker_result = atomic_load_explicit(&job->worker_result, memory_order_relaxed);
    if (job->writer_result < 0) {
        *problem = job->writer_problem;
        return job->writer_result;
    }
    if (job->reader_result < 0) {
        *problem = job->reader_problem;
        return job->reader_result;
    }
    if (worker_result < 0) {
        return problem_set(problem, -worker_result, EXIT_SOFTWARE, "a worker failed: %s",
                           strerror(-worker_result));
    }
    return 0;
}
