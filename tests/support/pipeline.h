/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline in process: the real reader, workers and writer with the real ledger, checkpointer and
 * store, between a scripted source and scripted sinks.
 *
 * The source's events are numbered from 0. What each one is (its fate) and its key follow from its number
 * alone, so that what comes out can be checked without keeping what went in. An event's offset is ten
 * times its number; its partition follows from its key.
 */
#ifndef WEIR_TESTS_PIPELINE_H
#define WEIR_TESTS_PIPELINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "scripted_fs.h"
#include "scripted_sink.h"
#include "sink/writer.h"
#include "source/reader.h"
#include "worker/worker.h"

enum fate {
    /* To the sink. */
    FATE_DELIVER,
    /* The same, with more bytes than batches have; alone in its batch. */
    FATE_LARGE,
    /* The application drops it. */
    FATE_DROP,
    /* The application fails. */
    FATE_FAIL,
    /* No JSON. */
    FATE_MALFORMED,
    /* It has no key. */
    FATE_KEYLESS,
    /* The source says so. */
    FATE_FAULTY,
    FATE_DROPPED,
    FATE_SKIPPED,
    FATES,
};

enum { PARTITIONS_MAX = 4, PIPELINE_WORKERS_MAX = 16 };

struct pipeline_options {
    /* 0: until the source is interrupted. */
    uint64_t n_events;
    unsigned n_keys;
    unsigned n_partitions;
    /* Of 1000 events, those of each fate; the rest are delivered. */
    unsigned per_mille[FATES];
    /* Bytes of filling that an event has, and a large one. */
    size_t filling;
    size_t large_filling;
    /* The shape. */
    size_t n_workers;
    enum reader_ordering ordering;
    bool is_keyless_allowed;
    bool has_error_sink;
    size_t n_batches;
    size_t batch_events;
    size_t batch_bytes;
    size_t queue_len;
    size_t n_results;
    size_t block_bytes;
    uint64_t window;
    uint64_t limit;
    int64_t checkpoint_interval_ns;
};

/* A shape that works: 10,000 events of 100 keys, 2 workers. */
struct pipeline_options pipeline_usual(void);

struct pipeline {
    struct pipeline_options options;
    /* The state directory; stays over restarts. */
    char directory[256];
    /* Lives over restarts: what was written stays, cut to what the checkpoint recorded. */
    struct scripted_sink sinks[RESULT_LANES];
    struct scripted_fs fs;

    /* Called in a worker thread for each event that reaches the application; may be NULL. */
    void (*on_event)(struct pipeline *pipeline, uint64_t n);
    void *context;

    /* Of one run. */
    struct source source;
    atomic_bool is_interrupted;
    /* Events that the source has given out, or passed over as done. */
    _Atomic uint64_t n_given;
    uint64_t sequences[PARTITIONS_MAX];
    const struct partition_state *starts[PARTITIONS_MAX];
    struct partition_table *partitions;
    struct ledger *ledger;
    struct checkpoint_store *store;
    struct checkpointer *checkpointer;
    struct router router;
    struct budget budget;
    struct batch_pool *batches;
    struct result_pool *results;
    struct queue *queues[PIPELINE_WORKERS_MAX];
    struct queue *to_writer;
    struct worker *workers[PIPELINE_WORKERS_MAX];
    struct reader *reader;
    struct writer *writer;
    struct accounting accounting;
    pthread_t reader_thread;
    pthread_t writer_thread;
    pthread_t worker_threads[PIPELINE_WORKERS_MAX];
    atomic_size_t n_running;
    /* The source has skipped so many: they are not read again. */
    uint64_t n_skipped;
    int reader_result;
    int writer_result;
    struct problem reader_problem;
    struct problem writer_problem;
};

/* What fails in these aborts the test program. */
void pipeline_init(struct pipeline *pipeline, const struct pipeline_options *options);
void pipeline_deinit(struct pipeline *pipeline);

/* Opens all parts, from the stored checkpoint where there is one (the sinks are cut as it says). */
void pipeline_open(struct pipeline *pipeline);
void pipeline_start(struct pipeline *pipeline);

/* Waits for the end and checks that nothing is left inside. Returns what the writer or reader did. */
int pipeline_join(struct pipeline *pipeline);
void pipeline_close(struct pipeline *pipeline);

/* Open, start, join, close. */
int pipeline_run(struct pipeline *pipeline);

/* Stops the reader, as a signal does. Thread: any. */
void pipeline_stop(struct pipeline *pipeline);

enum fate pipeline_fate(const struct pipeline_options *options, uint64_t n);
unsigned pipeline_key(const struct pipeline_options *options, uint64_t n);
uint64_t pipeline_given(struct pipeline *pipeline);

/* The worker of a key, as the router says. */
size_t pipeline_worker_of(struct pipeline *pipeline, unsigned key);

/* Waits, without sleeping, until the source has given out n events. */
void pipeline_wait_given(struct pipeline *pipeline, uint64_t n);

/*
 * True when the sinks hold exactly the events below n_events that belong there, each once, and those of a
 * key in order; says on stdout what is wrong. With ordering none the order is not looked at.
 */
bool pipeline_is_complete(struct pipeline *pipeline, uint64_t n_events);

/* The same for the numbers of the last run, which began at first_event, all of which came out. */
bool pipeline_adds_up(struct pipeline *pipeline, uint64_t first_event, uint64_t end_event);

#endif
