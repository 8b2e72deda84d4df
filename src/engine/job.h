/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the engine: a job with all its parts, shared by open.c, threads.c, report.c and status.c. */
#ifndef WEIR_ENGINE_JOB_H
#define WEIR_ENGINE_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/budget.h"
#include "base/clock.h"
#include "base/thread.h"
#include "checkpoint/ledger.h"
#include "checkpoint/partition.h"
#include "checkpoint/store.h"
#include "engine/engine.h"
#include "engine/production.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "engine/streams.h"
#include "event/accounting.h"
#include "event/batch.h"
#include "event/queue.h"
#include "event/result.h"
#include "route/router.h"
#include "sink/checkpointer.h"
#include "sink/sink.h"
#include "sink/writer.h"
#include "source/reader.h"
#include "source/source.h"
#include "worker/worker.h"

/* One worker thread and what is its own. */
struct job_worker {
    struct job *job;
    struct queue *queue;
    struct producer *producer;
    struct worker *worker;
    struct http_client *client;
    /* Wakes a worker whose functions wait: its queue, its client, job_stop(). */
    struct wakeup wakeup;
    pthread_t thread;
    bool is_started;
};

/* Life: job_open() -> job_start() -> job_join() -> job_close(). */
struct job {
    /* Fixed by job_open(). */
    struct engine_options options;
    const struct config *config;
    const struct clock *clock;
    /* Readable when a signal has come; the start looks at it where it waits. */
    int signal_fd;
    /* The signal that called the start off; 0: none. */
    int start_signal;
    struct job_streams streams;
    struct production production;
    size_t n_workers;
    size_t n_results;
    size_t block_bytes;
    struct budget budget;
    char *state_directory;
    struct checkpoint_store *store;
    /* What the store held; empty where is_restored is false. */
    struct checkpoint restored;
    bool is_restored;
    struct partition_table *partitions;
    struct ledger *ledger;
    struct sink *sinks[RESULT_LANES];
    struct source *source;
    struct router router;
    struct job_steps steps;
    struct job_requests requests;
    struct batch_pool *batches;
    struct result_pool *results;
    struct queue *to_writer;
    struct checkpointer *checkpointer;
    struct reader *reader;
    struct writer *writer;
    struct job_worker *workers;
    /* The queues of the workers, as the reader wants them. */
    struct queue **queues;
    /* Each thread writes its own fields of it. */
    struct accounting accounting;
    int64_t started_ns;
    /* When its threads had ended. */
    int64_t ended_ns;
    /* Events that a worker which could not start left unread; added to returned. */
    _Atomic uint64_t n_discarded;

    /* Owned by the thread that each belongs to; read after the join. */
    pthread_t reader_thread;
    pthread_t writer_thread;
    bool is_reader_started;
    bool is_writer_started;
    struct problem reader_problem;
    int reader_result;
    struct problem writer_problem;
    int writer_result;

    /* Workers that are still running; the one that brings it to 0 closes the writer's queue. */
    atomic_size_t n_running;
    /* The first worker failure, or 0. */
    atomic_int worker_result;
    /* Sent when the writer has ended. */
    struct wakeup done;
};

/*
 * Opens everything in order: streams and schemas, state, the source, then the sinks. Returns 0 or
 * -errno, problem filled; -ECANCELED when a signal has called the start off.
 */
int job_open(struct job *job, struct problem *problem);

/* Whether a signal that ends the job has come while it starts; context is the job. Thread: main. */
bool job_is_called_off(void *context);

/*
 * Closes the sinks once all threads are joined: what is left to compress is waited for, and what fails
 * of it is logged.
 */
void job_close_sinks(struct job *job);

/* Frees everything; accepts a half-opened job. Not while threads run. */
void job_close(struct job *job);

/* Starts writer, workers, reader. Returns 0 or -errno, problem filled; job_join() either way. */
int job_start(struct job *job, struct problem *problem);

/*
 * Makes the reader stop; what is in the pipeline is still written, but for events whose functions wait, which
 * are given back. Thread: any.
 */
void job_stop(struct job *job);

/* Gives back what is under way as well. Thread: any. */
void job_give_up(struct job *job);

/* Waits for all threads. Returns 0, or -errno with the problem of the thread that failed. */
int job_join(struct job *job, struct problem *problem);

/* For worker_options; context is the struct job_worker. */
int job_render_fault(void *context, const struct worker_fault *fault, struct buffer *ret_line);
int job_finish(void *context, struct weir_event *event, const struct position *position,
               struct event_failure *ret_failure);

/*
 * Writes the last line, and the report where one is asked for, of a job that was joined. Returns 0 or
 * -errno.
 */
int job_report(struct job *job, struct problem *problem);

/* Whether a report can be written to path, before there is one. Returns 0, or -errno with problem filled. */
int job_report_check(const char *path, struct problem *problem);

/* Draws the live line. */
struct status {
    uint64_t last_delivered;
    uint64_t last_bytes;
    int64_t last_ns;
};
void status_draw(struct status *status, const struct job *job);
void status_clear(void);

#endif
