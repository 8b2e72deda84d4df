/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error events: what could not be delivered, as an event of schema error 2.1.0.
 *
 * The bytes of the source event go into raw_event, as a JSON string. Where they are not UTF-8, or begin
 * with "data:" themselves, raw_event is `data:application/octet-stream;base64,...`: so it can always be
 * told which it is, and the bytes can always be had back. Thread: any.
 */
#ifndef WEIR_SINK_ERROR_EVENT_H
#define WEIR_SINK_ERROR_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Strings are lent for the call. */
struct error_event {
    /* `$schema`: "/error/2.1.0", or another version of it. */
    const char *schema_uri;
    /* Who met the error: the job's name. */
    const char *emitter_id;
    /* The error stream's name: meta.stream. */
    const char *stream;
    /* meta.id: made from the source position, so that an event written again has the same one. */
    const char *id;
    /* dt and meta.dt: now. */
    int64_t realtime_ns;
    const char *error_type;
    const char *message;
    /* The source's stream; errored_stream_name where the raw event does not name one. NULL: a source
     * without a stream's name, and then there may be no such field. */
    const char *errored_stream;
    /* The source event as it was read; NULL: too large to be kept, and message says where it is. */
    const char *raw;
    size_t raw_len;
    /* Nothing that the raw event says of itself is taken over. */
    bool is_bare;
};

/*
 * Appends the event as one JSON object, without a newline. What the raw event says of itself ($schema,
 * meta.stream, meta.domain, meta.request_id) is taken over where it can be read; it is not looked for
 * in an event above 1 MiB. Text that is no UTF-8 goes out with '?' for its odd bytes. *ret_raw is where
 * in ret_line the value of raw_event begins, the last member; the line's end where there is none. Returns
 * 0, or -ENOMEM (ret_line is as it was).
 */
int error_event_render(const struct error_event *event, struct buffer *ret_line, size_t *ret_raw);

#endif
