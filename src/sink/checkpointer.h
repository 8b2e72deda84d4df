/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes checkpoints. Between two groups the writer calls checkpointer_take(), which freezes the ledger
 * and every sink, makes the sinks durable, stores the frozen state, and only then tells the source and
 * the sinks. One sink that cannot sync holds all. Thread: writer.
 */
#ifndef WEIR_SINK_CHECKPOINTER_H
#define WEIR_SINK_CHECKPOINTER_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "checkpoint/ledger.h"
#include "checkpoint/store.h"
#include "sink/sink.h"

/* The source as the checkpointer sees it; the engine connects the two. */
struct checkpoint_source {
    void *source;
    /* What must be the same at a restart; lent. */
    const char *identity;
    /* Appends the source's own state. Returns 0 or -errno. */
    int (*save)(void *source, const struct ledger_snapshot *snapshot, struct buffer *ret_state);
    /* The snapshot is durable. */
    void (*committed)(void *source, const struct ledger_snapshot *snapshot);
};

struct checkpointer_options {
    const char *job_name;
    const char *instance;
    struct checkpoint_source source;
    struct ledger *ledger;
    struct checkpoint_store *store;
    /* Up to CHECKPOINT_SINKS_MAX, with the role each plays: "sink", "error_sink". */
    struct sink *sinks[CHECKPOINT_SINKS_MAX];
    const char *roles[CHECKPOINT_SINKS_MAX];
    size_t n_sinks;
};

struct checkpointer;

/* Copies options. Returns 0 or -errno. */
int checkpointer_new(const struct checkpointer_options *options,
                     struct checkpointer **ret_checkpointer);
void checkpointer_free(struct checkpointer *checkpointer);

/*
 * Takes one. Returns 0; SINK_PAUSED with problem filled when the disk is full: nothing may be written to
 * the sinks before a later call has returned 0, because a part may have been closed; or -errno with
 * problem filled. Blocks: on the disk.
 */
int checkpointer_take(struct checkpointer *checkpointer, struct problem *problem);

#endif
