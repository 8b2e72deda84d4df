/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer asks of every connector that writes. All calls come from the writer thread.
 *
 * A checkpoint walks all sinks: freeze (what would be recorded), sync (make it durable), then, once the
 * checkpoint itself is stored, checkpointed.
 */
#ifndef WEIR_SINK_SINK_H
#define WEIR_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Outcome of write and sync: the sink cannot take anything now (disk full); nothing of the group was
 * kept; try again later. */
enum { SINK_PAUSED = 1 };

/* What a checkpoint records of a sink. */
struct sink_state {
    /* The part that is open, and its length in bytes. */
    uint64_t part;
    uint64_t length;
};

struct sink;

struct sink_ops {
    /* "file", "stdout". */
    const char *connector;

    /*
     * Writes whole lines (each ends with \n). All or nothing: after SINK_PAUSED or an error no part
     * of them is left behind. Returns 0, SINK_PAUSED with problem filled (for the log), or -errno
     * with problem filled. Blocks: for the kernel only.
     */
    int (*write)(struct sink *sink, const char *lines, size_t len, struct problem *problem);

    /* True when the open part is full or old enough: the writer then checkpoints. */
    bool (*wants_roll)(struct sink *sink, int64_t monotonic_ns);

    /*
     * What the next checkpoint is to record. Where a roll is due, the current part is closed here
     * and the state names the next part with length 0.
     */
    void (*freeze)(struct sink *sink, struct sink_state *ret_state);

    /* Makes what freeze reported durable: data, and the directory entry of new parts. Returns 0,
     * SINK_PAUSED, or -errno with problem filled. */
    int (*sync)(struct sink *sink, struct problem *problem);

    /* The checkpoint that names the frozen state is durable: closed parts may be compressed. */
    void (*checkpointed)(struct sink *sink);

    /* Flushes nothing and deletes nothing; frees. */
    void (*close)(struct sink *sink);
};

/* First member of every connector's own struct. */
struct sink {
    const struct sink_ops *ops;
    /* What must be the same at a restart: "file /srv/out stream.name". Fixed after start. */
    char *identity;
    /* True when bytes written can be cut off again at a restart. Fixed. */
    bool is_truncatable;
};

#endif
