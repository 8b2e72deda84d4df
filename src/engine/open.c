/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a job: from the configuration to each room's own options, in an order in which a mistake
 * shows before anything has changed: steps, streams and schemas, state directory and checkpoint,
 * the source, and only then the sinks, which cut back what the checkpoint does not cover.
 */
#include "engine/job.h"

#include <errno.h>
#include <string.h>

#include "base/cpu.h"
#include "base/log.h"
#include "engine/connect.h"
#include "json/index.h"

/* Shares of the memory limit, and bounds on what they buy. */
enum {
    BATCHES_MIN = 3,
    BATCHES_MAX = 16,
    BLOCK_BYTES_MAX = 1024 * 1024,
    BLOCK_BYTES_MIN = 64 * 1024,
    WORKER_QUEUE = 4,
    /* What one event of the largest size can need at once: its bytes, its index, its links, its
     * output, each with the slack of a doubled buffer (src/README.md). */
    LARGE_EVENT_FACTOR = 12,
};

static int out_of_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

/* A source batch holds its bytes, with slack, and its tokens. */
static size_t batch_cost(const struct config *config)
{
    return 4 * (size_t)config->batch.max_bytes;
}

/* What the pools and the reader's index of a usual batch need. */
static size_t pools_cost(const struct job *job, size_t n_batches)
{
    return n_batches * batch_cost(job->config) + job->n_results * 2 * job->block_bytes +
           json_indexer_memory_for(2 * (size_t)job->config->batch.max_bytes);
}

/* The same with one event of the largest size. */
static size_t memory_needed(const struct job *job, size_t n_batches)
{
    return pools_cost(job, n_batches) + LARGE_EVENT_FACTOR * (size_t)job->config->max_event_size;
}

static int check_memory(const struct job *job, size_t n_batches, struct problem *problem)
{
    const struct config *config = job->config;
    size_t least = memory_needed(job, n_batches);
    if ((size_t)config->memory_limit >= least) {
        return 0;
    }
    return problem_set(
        problem, EINVAL, EXIT_CONFIG,
        "stream_manager.memory_limit: %lld bytes are too few for max_event_size %lld, "
        "batch.max_bytes %lld and %zu workers; at least %zu are needed",
        (long long)config->memory_limit, (long long)config->max_event_size,
        (long long)config->batch.max_bytes, job->n_workers, least);
}

static size_t clamp(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

static int open_pools(struct job *job, struct problem *problem)
{
    const struct config *config = job->config;
    size_t limit = (size_t)config->memory_limit;
    job->n_workers = config->workers > 0 ? (size_t)config->workers : cpu_count();
    job->n_workers = clamp(job->n_workers, 1, WORKERS_MAX);
    job->n_results = job->n_workers + 3;
    job->block_bytes = clamp(limit / 16 / job->n_results, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
    size_t n_batches = clamp(limit / 8 / batch_cost(config), BATCHES_MIN, BATCHES_MAX);
    /* The shares may be too large for what a large event leaves. */
    while (n_batches > BATCHES_MIN && memory_needed(job, n_batches) > limit) {
        n_batches--;
    }
    if (memory_needed(job, n_batches) > limit) {
        job->block_bytes = BLOCK_BYTES_MIN;
    }
    int r = check_memory(job, n_batches, problem);
    if (r < 0) {
        return r;
    }
    budget_init(&job->budget, limit);
    struct batch_pool_options batches = {
        .n_batches = n_batches,
        .batch_bytes = (size_t)config->batch.max_bytes,
        .budget = &job->budget,
    };
    r = batch_pool_new(&batches, &job->batches);
    if (r == 0) {
        struct result_pool_options results = {
            .n_results = job->n_results,
            .keep_bytes = 2 * job->block_bytes,
            .room_bytes = limit - pools_cost(job, n_batches),
        };
        r = result_pool_new(&results, &job->results);
    }
    if (r == 0) {
        r = queue_new(job->n_results, &job->to_writer);
    }
    return r < 0 ? out_of_memory(problem) : 0;
}

static int open_workers(struct job *job, struct problem *problem)
{
    job->workers = calloc(job->n_workers, sizeof(*job->workers));
    job->queues = calloc(job->n_workers, sizeof(struct queue *));
    if (job->workers == NULL || job->queues == NULL) {
        return out_of_memory(problem);
    }
    for (size_t w = 0; w < job->n_workers; w++) {
        job->workers[w].job = job;
        job->workers[w].wakeup.fd = -1;
        if (queue_new(WORKER_QUEUE, &job->workers[w].queue) < 0 ||
            (job->requests.are_made && wakeup_init(&job->workers[w].wakeup) < 0)) {
            return out_of_memory(problem);
        }
        job->queues[w] = job->workers[w].queue;
        if (job->requests.are_made) {
            queue_watch(job->workers[w].queue, &job->workers[w].wakeup);
        }
    }
    return 0;
}

static int open_requests(struct job *job, struct problem *problem)
{
    const struct requests_options options = {
        .config = job->config,
        .app = job->options.app,
        .n_workers = job->n_workers,
    };
    return requests_open(&job->requests, &options, problem);
}

static int open_steps(struct job *job, struct problem *problem)
{
    return job_steps_open(&job->steps, job->config, &job->requests.content, problem);
}

static int open_streams(struct job *job, struct problem *problem)
{
    struct outside_options options = {
        .config = job->config,
        .clock = job->clock,
        .wake_fd = job->signal_fd,
        .is_over = job_is_called_off,
        .context = job,
    };
    return job_streams_open(&job->streams, &options, problem);
}

static int open_production(struct job *job, struct problem *problem)
{
    return production_open(&job->production, job->config, &job->streams, job->clock, problem);
}

static int open_router(struct job *job, struct problem *problem)
{
    return job_router_init(&job->router, job->config, &job->streams.partition_by, problem);
}

static enum reader_ordering ordering_of(enum config_ordering ordering)
{
    switch (ordering) {
    case ORDERING_SOURCE:
        return READER_BY_PARTITION;
    case ORDERING_NONE:
        return READER_UNORDERED;
    case ORDERING_KEY:
        break;
    }
    return READER_BY_KEY;
}

static int open_reader(struct job *job, struct problem *problem)
{
    struct reader_options options = {
        .source = job->source,
        .pool = job->batches,
        .partitions = job->partitions,
        .router = &job->router,
        .workers = job->queues,
        .n_workers = job->n_workers,
        .ordering = ordering_of(job->config->ordering),
        .ledger_window = (uint64_t)job->config->checkpoint.ledger_window,
        .batch_bytes = (size_t)job->config->batch.max_bytes,
        .limit = job->options.limit,
        .accounting = &job->accounting,
    };
    return reader_new(&options, &job->reader) < 0 ? out_of_memory(problem) : 0;
}

static int save_source(void *source, const struct ledger_snapshot *snapshot,
                       struct buffer *ret_state)
{
    struct source *self = source;
    return self->ops->save == NULL ? 0 : self->ops->save(self, snapshot, ret_state);
}

static void source_committed(void *source, const struct ledger_snapshot *snapshot)
{
    struct source *self = source;
    if (self->ops->committed != NULL) {
        self->ops->committed(self, snapshot);
    }
}

static int open_checkpointer(struct job *job, struct problem *problem)
{
    struct checkpointer_options options = {
        .job_name = job->config->job_name,
        .instance = job->config->instance,
        .source = { job->source, job->source->identity, save_source, source_committed },
        .ledger = job->ledger,
        .store = job->store,
    };
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        if (job->sinks[lane] != NULL) {
            options.sinks[options.n_sinks] = job->sinks[lane];
            options.roles[options.n_sinks++] = connect_role((enum result_lane)lane);
        }
    }
    return checkpointer_new(&options, &job->checkpointer) < 0 ? out_of_memory(problem) : 0;
}

static void writer_failed(void *context)
{
    job_stop(context);
}

static int open_writer(struct job *job, struct problem *problem)
{
    struct writer_options options = {
        .input = job->to_writer,
        .results = job->results,
        .sinks = { job->sinks[RESULT_SINK], job->sinks[RESULT_ERROR_SINK] },
        .ledger = job->ledger,
        .checkpointer = job->checkpointer,
        .checkpoint_interval_ns = job->config->checkpoint.interval_ms * NS_PER_MS,
        .clock = job->clock,
        .accounting = &job->accounting,
        .failed = writer_failed,
        .context = job,
    };
    return writer_new(&options, &job->writer) < 0 ? out_of_memory(problem) : 0;
}

static int open_ledger(struct job *job, struct problem *problem)
{
    int r = partition_table_new(&job->partitions);
    if (r == 0) {
        r = ledger_new(job->partitions, &job->ledger);
    }
    if (r == 0) {
        r = wakeup_init(&job->done);
    }
    return r < 0 ? out_of_memory(problem) : 0;
}

int job_open(struct job *job, struct problem *problem)
{
    job->done.fd = -1;
    static int (*const steps[])(struct job *, struct problem *) = {
        open_ledger,   open_pools,      open_requests,     open_workers,  open_steps,
        open_streams,  open_production, open_router,       connect_state, connect_source,
        connect_sinks, open_reader,     open_checkpointer, open_writer,
    };
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        int r = steps[i](job, problem);
        if (r < 0) {
            return r;
        }
    }
    connect_announce(job);
    return 0;
}

void job_close_sinks(struct job *job)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        if (job->sinks[lane] != NULL) {
            job->sinks[lane]->ops->close(job->sinks[lane]);
            job->sinks[lane] = NULL;
        }
    }
}

static void close_threads(struct job *job)
{
    writer_free(job->writer);
    checkpointer_free(job->checkpointer);
    reader_free(job->reader);
    for (size_t w = 0; job->workers != NULL && w < job->n_workers; w++) {
        worker_free(job->workers[w].worker);
        producer_free(job->workers[w].producer);
        queue_free(job->workers[w].queue);
        if (job->workers[w].wakeup.fd >= 0) {
            wakeup_deinit(&job->workers[w].wakeup);
        }
    }
    free(job->workers);
    free(job->queues);
}

void job_close(struct job *job)
{
    close_threads(job);
    if (job->source != NULL) {
        job->source->ops->close(job->source);
    }
    job_close_sinks(job);
    job_steps_close(&job->steps);
    requests_close(&job->requests);
    router_deinit(&job->router);
    production_close(&job->production);
    job_streams_close(&job->streams);
    queue_free(job->to_writer);
    result_pool_free(job->results);
    batch_pool_free(job->batches);
    ledger_free(job->ledger);
    partition_table_free(job->partitions);
    checkpoint_deinit(&job->restored);
    checkpoint_store_close(job->store);
    free(job->state_directory);
    if (job->done.fd >= 0) {
        wakeup_deinit(&job->done);
    }
}
