/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which partitions a connection serves and from where: what a client asked for, resolved against the
 * recording. Also the id of each frame, which lists every partition of the assignment with the place
 * behind its last event. Pure; one owner.
 *
 * The rules are the public service's, its traps included: Last-Event-ID replaces the assignment (a
 * partition left out is not served); offset -1 is the end; a timestamp is the first event at or after
 * it in offset order, though timestamps do not ascend; where an entry has a timestamp alone, entries
 * that have both are dropped. Two things differ, since a recording has no "now": without a position
 * serving starts at the beginning instead of the end, and so it does at an offset out of range.
 */
#ifndef WEIR_SERVE_ASSIGNMENT_H
#define WEIR_SERVE_ASSIGNMENT_H

#include "base/buffer.h"
#include "serve/position.h"
#include "serve/recording.h"

/* One member of the id. */
struct assignment_entry {
    /* `{"topic":"...","partition":0,` */
    char *head;
    size_t head_len;
    /* What stands behind: a timestamp once an event was served, before that an offset. */
    bool is_timestamp;
    int64_t value;
};

/* Of one partition of the recording. */
struct assignment_lane {
    /* Index into entries. */
    size_t entry;
    /* The first offset to serve, in the recording's own numbers; INT64_MAX: not assigned. */
    int64_t from;
    /* The client named an offset (not -1). */
    bool is_by_offset;
};

struct assignment {
    const struct recording *recording;
    /* Added to each offset that goes out, taken off each that comes in. */
    int64_t shift;
    bool is_looping;
    struct assignment_entry *entries;
    size_t n_entries;
    /* As many as the recording has partitions. */
    struct assignment_lane *lanes;
    /* Bytes that assignment_write_id() may need. */
    size_t id_bound;
    /*
     * The next event to look at. Events of a partition that is not assigned, or before its `from`,
     * are passed over.
     */
    size_t slot;
    uint64_t pass;
    /* No assigned partition has an event. */
    bool is_empty;
};

struct assignment_request {
    const struct recording *recording;
    /* Indexes of the streams that the path names. */
    const uint32_t *streams;
    size_t n_streams;
    /* From Last-Event-ID; NULL: there was none. */
    const struct position *positions;
    size_t n_positions;
    /* Ignored where there are positions; -1: there was none. */
    int64_t since_ms;
    int64_t shift;
    bool is_looping;
};

enum {
    /* A position names a topic that is not of the requested streams. */
    ASSIGNMENT_NO_TOPIC = 1,
};

/*
 * Resolves a request. Returns 0, ASSIGNMENT_NO_TOPIC (*ret_assignment is untouched) or -ENOMEM.
 */
int assignment_new(const struct assignment_request *request, struct assignment **ret_assignment);
void assignment_free(struct assignment *assignment);
DEFINE_AUTO(assignment, assignment_free)

/*
 * The event to serve next, and in which pass over the recording, or NULL at the end. Does not move on:
 * assignment_advance() does, and notes the event as served in the id.
 */
const struct recording_event *assignment_peek(struct assignment *assignment, uint64_t *ret_pass);
void assignment_advance(struct assignment *assignment);

/*
 * At most the last event of each partition is left, and the client asked for it by its offset. So
 * asks a client that has read all and wants the last event again, to see that offsets still mean
 * what they meant.
 */
bool assignment_is_last_again(const struct assignment *assignment);

/* Writes the id's JSON, at most id_bound bytes, without a NUL. Returns its length. */
size_t assignment_write_id(const struct assignment *assignment, char *id);

/* `topic/partition:place,...` for logs: @timestamp or offset. Returns 0 or -ENOMEM. */
int assignment_describe(const struct assignment *assignment, struct buffer *text);

#endif
