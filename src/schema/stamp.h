/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a produced event says of itself: `$schema` and `meta`, by the rules of the Event Platform's own
 * producers (eventutilities: `$schema` and meta.stream are set, meta.dt and meta.id where they are missing;
 * on Kafka meta.dt is the time of production).
 *
 * Life: stamp_new() -> any number of calls -> stamp_free(). Immutable between. Thread: any; the event is its
 * owner's.
 */
#ifndef WEIR_SCHEMA_STAMP_H
#define WEIR_SCHEMA_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/uuid.h"

struct weir_event;
struct stamp;

struct stamp_options {
    /* Of the stream that is written to: what `$schema` and meta.stream say. Copied. */
    const char *title;
    const char *version;
    const char *stream;
    /* `$schema` and meta are made right. */
    bool stamps;
    /*
     * What EventStreams adds to the meta of an event on its way out goes: topic, partition, offset and key, of
     * the input; what a patch has set stays.
     */
    bool strips_transport;
    /* meta.dt is now, whatever it was. */
    bool is_dt_forced;
    /* Lent for the stamp's life. */
    const struct clock *clock;
};

/* Where an event stands in its source. Lent for the call. */
struct stamp_origin {
    const char *partition;
    int64_t offset;
    /* As it was read; NULL: not kept. */
    const char *raw;
    size_t raw_len;
};

/* Outcome: meta is there and is no object. */
enum { STAMP_NO_META = 1 };

/* Returns 0, -EILSEQ where a name is no UTF-8, or -ENOMEM. */
int stamp_new(const struct stamp_options *options, struct stamp **ret_stamp);
/* Takes NULL. */
void stamp_free(struct stamp *stamp);

/*
 * As options say: makes `$schema` and meta.stream say what they must, and meta.dt (now, UTC, milliseconds)
 * and meta.id be there; null counts as missing, and so does meta. What is right already is left as it is
 * written. Returns 0, STAMP_NO_META, or -ENOMEM. The event refers to the stamp until event_reset().
 */
int stamp_event(const struct stamp *stamp, const struct stamp_origin *origin,
                struct weir_event *event);

/*
 * The meta.id of an event that has none: a UUID of the stream, the position and the event's bytes. So a line
 * that is written again has the same one, and another file under the same path gives others. Returns 0 or
 * -ENOMEM.
 */
int stamp_id(const struct stamp *stamp, const struct stamp_origin *origin,
             char ret_text[UUID_SIZE]);

#endif
