/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the stream stands, per topic-partition: what was read, what a reconnect or a restart asks for,
 * and what becomes of each message.
 *
 * Offsets belong to one datacentre's cluster, and which one answers can change with every connection.
 * So a resume asks for the last event again, by its offset, and looks whether it is the same event
 * (meta.id). If it is not, the topic-partition is moved: it begins a new generation, a partition of its
 * own in the table ("topic/0#2"), is asked for by the time of its last done event minus ten minutes,
 * and what was done already is recognised by meta.id in a bounded window.
 *
 * Threads: all functions belong to the source thread, but sse_track_save(), which the writer calls
 * beside them.
 */
#ifndef WEIR_SOURCE_SSE_TRACK_H
#define WEIR_SOURCE_SSE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "checkpoint/ledger.h"
#include "checkpoint/partition.h"
#include "event/position.h"
#include "source/sse_facts.h"

/* How far a resume by time goes back: timestamps do not ascend with offsets. */
#define SSE_STEP_BACK_MS INT64_C(600000)

enum {
    /* Topic-partitions. Events of others have no place to be kept in: they end the job. */
    SSE_LANES_MAX = 1024,
    /* Records in all windows together: ten minutes of 218 events a second. */
    SSE_WINDOW_TOTAL = 131072,
    /* But never fewer for one topic-partition. */
    SSE_WINDOW_LEAST = 256,
};

struct sse_track_options {
    struct partition_table *partitions;
    /* Milliseconds since 1970, -1: none. */
    int64_t since_ms;
    int64_t until_ms;
};

struct sse_track;

/* Returns 0 or -errno. */
int sse_track_new(const struct sse_track_options *options, struct sse_track **ret_track);
void sse_track_free(struct sse_track *track);

/* A connection that was asked for at realtime_ms was answered with a stream. */
void sse_track_connected(struct sse_track *track, int64_t realtime_ms);

struct sse_resume {
    /* The connection before brought nothing new. */
    bool is_fruitless;
    int64_t now_ms;
};

/*
 * A connection is about to be asked for. Appends the JSON of Last-Event-ID, every topic-partition in
 * it; nothing when none is known. Returns 0 or -errno.
 */
int sse_track_resume(struct sse_track *track, const struct sse_resume *resume,
                     struct buffer *ret_id);

/* What to send as `since` while no topic-partition is known; -1: nothing. */
int64_t sse_track_since(const struct sse_track *track);

struct sse_message {
    const struct sse_facts *facts;
    const struct sse_place *places;
    size_t n_places;
    /* The real time. */
    int64_t now_ms;
};

/* What becomes of a message. */
enum sse_action {
    /* It is new; position is filled. */
    SSE_GIVE = 0,
    /* It was done before, under this or another offset: only the ledger wants its position. */
    SSE_SKIP = 1,
    /* It was read before, or lies behind the end; nobody wants it. */
    SSE_IGNORE = 2,
    /* Offsets mean something else now: end the connection, then sse_track_follow(). */
    SSE_MOVED = 3,
};

/* Takes the next message. Returns an action, or -errno (-E2BIG: one topic-partition too many). */
int sse_track_take(struct sse_track *track, const struct sse_message *message,
                   struct position *ret_position);

/*
 * Between two connections: whether offsets have moved (or none is held to ask by), so that
 * sse_track_follow() is due before the next one.
 */
bool sse_track_has_moved(const struct sse_track *track);

/*
 * Waits until all that was read from what has moved is done, and begins its new generation. The caller
 * must have handed over what it read. Returns 0, 1 when the partition table was stopped, or -errno.
 * Blocks: yes.
 */
int sse_track_follow(struct sse_track *track);

/*
 * Whether the messages have passed until_ms: each topic-partition that had an event has reached it, or
 * one of them is SSE_STEP_BACK_MS farther.
 */
bool sse_track_is_past_until(const struct sse_track *track);

/* Whether a message came that carries no offset and whose place no id tells. */
bool sse_track_is_blind(const struct sse_track *track);

/* Appends what a restart needs beside the snapshot. Returns 0 or -errno. Thread: writer. */
int sse_track_save(struct sse_track *track, const struct ledger_snapshot *snapshot,
                   struct buffer *ret_state);

/*
 * Goes on from what sse_track_save() wrote. Returns 0, or -errno with problem filled (exit code 65).
 */
int sse_track_restore(struct sse_track *track, const struct ledger_snapshot *snapshot,
                      const void *state, size_t state_len, struct problem *problem);

#endif
