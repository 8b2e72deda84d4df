/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sink in memory with a script: it blocks, pauses or fails when told to, and keeps what it took.
 * Zero-initialise, scripted_sink_init(). Fields above the lock are set before the writer runs.
 */
#ifndef WEIR_TESTS_SCRIPTED_SINK_H
#define WEIR_TESTS_SCRIPTED_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/thread.h"
#include "sink/sink.h"

enum sink_call {
    SINK_WRITE,
    SINK_WANTS_ROLL,
    SINK_FREEZE,
    SINK_SYNC,
    SINK_CHECKPOINTED,
    SINK_CALLS,
};

struct scripted_sink {
    struct sink sink;
    /* Called at the beginning of each call but wants_roll, in the writer's thread; may be NULL. */
    void (*hook)(void *hook_context, struct scripted_sink *sink, enum sink_call call);
    void *hook_context;
    /* The next calls pause, failing[call] times (-1: always), where errors[call] is 0; else they fail with
     * -errors[call]. Only for write and sync. */
    int failing[SINK_CALLS];
    int errors[SINK_CALLS];
    /* Wants to roll when it holds so many lines more than at the last roll; 0: never. */
    size_t roll_lines;
    uint64_t part;
    size_t n_lines_at_roll;
    /* Calls so far. Owned by the writer's thread, as is all above. */
    int counts[SINK_CALLS];
    struct mutex lock;
    struct condition changed;
    /* Guarded by lock: writes wait while it is set. */
    bool is_blocked;
    /* A write waits. */
    bool is_waiting;
    struct buffer lines;
    size_t n_lines;
};

/* identity is constant. What fails here aborts the test program. */
void scripted_sink_init(struct scripted_sink *scripted, const char *identity);
void scripted_sink_deinit(struct scripted_sink *scripted);

/* The next n calls of that kind pause (error 0) or fail with errno_value. */
void scripted_sink_fail(struct scripted_sink *scripted, enum sink_call call, int n,
                        int errno_value);

/* From now on writes wait, or go on. Thread: any. */
void scripted_sink_block(struct scripted_sink *scripted, bool is_blocked);

/* Waits until a write waits. */
void scripted_sink_wait_blocked(struct scripted_sink *scripted);

/* Lines that were taken. Thread: any. */
size_t scripted_sink_count(struct scripted_sink *scripted);

#endif
