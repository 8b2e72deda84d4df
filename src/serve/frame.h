/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one event on the wire: `event: message`, `id: [...]`, `data: {...}`, blank line. The
 * event's own bytes are unchanged but for meta.offset, which is replaced or put in with topic and
 * partition, and the head of meta.id in a further pass over the recording. Pure; the hot path.
 */
#ifndef WEIR_SERVE_FRAME_H
#define WEIR_SERVE_FRAME_H

#include "serve/assignment.h"
#include "serve/recording.h"

struct frame {
    const struct recording *recording;
    const struct recording_event *event;
    uint64_t pass;
    /* Added to the offset. */
    int64_t shift;
};

/* Bytes that frame_write_data() may need. */
size_t frame_data_bound(const struct frame *frame);

/* Writes the event's JSON as it is served, without a line end. Returns its length. */
size_t frame_write_data(const struct frame *frame, char *out);

/* Bytes that frame_write() may need. */
size_t frame_bound(const struct frame *frame, const struct assignment *assignment);

/*
 * Writes the whole frame; the id is the assignment's as it stands (so after assignment_advance()).
 * Returns its length; *ret_data_at is where the JSON begins in it.
 */
size_t frame_write(const struct frame *frame, const struct assignment *assignment, char *out,
                   size_t *ret_data_at);

#endif
