/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks for: the header Last-Event-ID and the query's `since`. Pure. */
#ifndef WEIR_SERVE_POSITION_H
#define WEIR_SERVE_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* One entry of Last-Event-ID. */
struct position {
    /* Lent from the arena. */
    const char *topic;
    /* A string instead of an object: all partitions of the topic, from no place in particular. */
    bool is_topic_only;
    bool has_offset;
    bool has_timestamp;
    int64_t partition;
    int64_t offset;
    int64_t timestamp_ms;
};

enum {
    /* Not JSON; no array of topics, or objects with topic, partition and offset or timestamp. */
    POSITION_INVALID = 1,
};

/*
 * Reads the header's value. Returns 0, POSITION_INVALID with *ret_reason saying why (static text),
 * or -ENOMEM. *ret_positions lives in arena.
 */
int positions_parse(struct arena *arena, const char *text, struct position **ret_positions,
                    size_t *ret_n_positions, const char **ret_reason);

/*
 * Reads `since`: milliseconds since 1970, RFC 3339, or a date alone (midnight UTC). Returns 0 or
 * POSITION_INVALID.
 */
int since_parse(const char *text, int64_t *ret_timestamp_ms);

#endif
