/* SPDX-License-Identifier: Apache-2.0 */
/* What sse.c and sse_take.c share; not for others. */
#ifndef WEIR_SOURCE_SSE_SOURCE_H
#define WEIR_SOURCE_SSE_SOURCE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "source/pace.h"
#include "source/sse.h"
#include "source/sse_facts.h"
#include "source/sse_link.h"
#include "source/sse_parser.h"
#include "source/sse_track.h"

struct sse_source {
    struct source base;
    /* Fixed after start. */
    struct sse_source_options options;
    char *user_agent;
    struct wakeup wake;

    /* Set before the wake-up is sent, taken after it is cleared. */
    atomic_bool is_interrupted;
    /* Relaxed: a number on its own. */
    _Atomic int64_t n_bytes;

    /* Has a lock of its own. */
    struct sse_track *track;

    /* Owned by the source thread. */
    struct sse_link *link;
    struct sse_facts_reader *facts;
    struct sse_parser parser;
    struct buffer carry;
    /* The batch that is being filled; NULL between reads. */
    struct batch *batch;
    /* -errno from inside take(). */
    int failed;
    /* The track wants the connection to end. */
    bool has_moved;
    /* This connection has brought its first byte; real time at which it was asked for. */
    bool is_connected;
    int64_t asked_ms;
    /* It has brought an event that is new. */
    bool is_fruitful;
    int64_t last_byte_ns;
    struct pace pace;
    bool is_blind_told;
};

static inline int64_t sse_now_ns(const struct sse_source *self)
{
    return clock_now_ns(self->options.common.clock);
}

static inline int64_t sse_realtime_ms(const struct sse_source *self)
{
    const struct clock *clock = self->options.common.clock;
    return clock->realtime_ns(clock) / NS_PER_MS;
}

/* The batch has room for no further event. */
bool sse_is_full(const struct sse_source *self);

/* The rate allows no event now. */
bool sse_is_paced(struct sse_source *self);

/*
 * Takes bytes of the body, as long as there is room for what they hold (http/http_stream.h). context
 * is the struct sse_source; errors go to its `failed`.
 */
size_t sse_take(void *context, const char *bytes, size_t len);

#endif
