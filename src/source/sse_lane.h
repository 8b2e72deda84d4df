/* SPDX-License-Identifier: Apache-2.0 */
/* What sse_track.c, sse_resume.c and sse_state.c share; not for others. */
#ifndef WEIR_SOURCE_SSE_LANE_H
#define WEIR_SOURCE_SSE_LANE_H

#include "base/thread.h"
#include "source/sse_track.h"
#include "source/sse_window.h"

enum sse_check {
    SSE_CHECK_NOTHING,
    /* `last` again. */
    SSE_CHECK_SAME,
    /* The one behind `last`, which was found again a moment ago. */
    SSE_CHECK_NEXT,
};

/* Offsets that a topic-partition may leave out, where the one behind an event is looked for. */
enum { SSE_GAP_MAX = 64 };

/* For so long an offset keeps its meaning without being looked at again. */
#define SSE_CONFIRMED_MS INT64_C(60000)

/* One topic-partition. */
struct sse_lane {
    /* Fixed. A lane without a topic holds what tells no place. */
    char *topic;
    int64_t partition;

    /*
     * Written by the source thread, under the lock; so it reads them without, the writer with it.
     */
    /* From 1: how often offsets began to mean something else. */
    uint32_t generation;
    /* What is asked for while no event of this generation is held; -1: the track's first_ms. */
    int64_t start_ms;
    /* The generation's partition of the table; name is NULL until its first event. */
    char *name;
    uint32_t index;
    /* The last event read in this generation that has an offset of its own. */
    bool has_last;
    struct sse_record last;
    /* Up to which time of a message the window is looked up; -1: it is not. */
    int64_t lookup_ends_ms;

    /* Written by both under the lock: what was read, and the last of it below the watermark. */
    struct sse_window window;
    bool has_anchor;
    struct sse_record anchor;

    /* Owned by the source thread. The state in which the generation was opened, lent by the table. */
    const struct partition_state *start;
    uint64_t next_sequence;
    /* The lowest offset that was not given out, and the one that this connection is at. */
    int64_t next_offset;
    int64_t cursor;
    /* What the lane's next event must be. */
    enum sse_check check;
    /* Real time at which `last` was found again; 0: not in the last connections. */
    int64_t confirmed_ms;
    /* It was not: a new generation is due. */
    bool is_moved;
    bool is_past_until;
    /* The timestamp that the id field told last, -1 before. */
    int64_t place_ms;
    /* How many events the window knew since then. */
    int64_t n_known;
};

struct sse_track {
    struct sse_track_options options;
    struct mutex lock;
    /* Written by the source thread, under the lock. */
    struct sse_lane *lanes;
    size_t n_lanes;
    /* The first connection's time, as early as its messages show; -1 before. */
    int64_t first_ms;

    /* Owned by the source thread. */
    bool is_first_connection;
    /* The lane of the message before. */
    size_t current;
    int64_t newest_ms;
    bool is_blind;
};

/* The index of a lane, or -1. */
int sse_lane_find(const struct sse_track *track, const struct sse_name *name);

/* Adds a lane in its first generation. Returns its index, or -errno. */
int sse_lane_add(struct sse_track *track, const struct sse_name *name);

/*
 * Looks up the window's records in what comes, up to a message of ends_ms. Takes the lock. Returns 0 or
 * -ENOMEM.
 */
int sse_lane_look_up(struct sse_track *track, struct sse_lane *lane, int64_t ends_ms);

/* Has passed them all. Takes the lock. */
void sse_lane_stop_lookup(struct sse_track *track, struct sse_lane *lane);

/*
 * Begins the next generation, asked for from start_ms on, and looks up what the window knows. Takes
 * the lock. Returns 0 or -ENOMEM.
 */
int sse_lane_renew(struct sse_track *track, struct sse_lane *lane, int64_t start_ms);

/*
 * Gives the generation its place in the table, starting in state (its name is set here). Takes the
 * lock. Returns 0 or -errno.
 */
int sse_lane_open(struct sse_track *track, struct sse_lane *lane,
                  const struct partition_state *state);

/* Appends "topic/0" or "topic/0#2". Returns 0 or -ENOMEM. */
int sse_lane_name(const struct sse_lane *lane, struct buffer *ret_name);

/* What the lane is asked for by time. */
int64_t sse_lane_start_ms(const struct sse_track *track, const struct sse_lane *lane);

#endif
