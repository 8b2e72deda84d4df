/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written, made what its stream asks for: `project`, `validate` and `stamp`. A production is shared
 * by all workers and immutable; a producer is one worker's.
 */
#ifndef WEIR_ENGINE_PRODUCTION_H
#define WEIR_ENGINE_PRODUCTION_H

#include "base/clock.h"
#include "base/tally.h"
#include "config/config.h"
#include "engine/streams.h"
#include "event/event.h"
#include "schema/checker.h"
#include "schema/stamp.h"
#include "sink/error_event.h"

/* Zero-initialised is empty. */
struct production {
    const struct config *config;
    const struct job_streams *streams;
    const struct clock *clock;
    /* NULL where nothing is stamped or stripped. */
    struct stamp *stamp;
    /* Of error events, which are stamped by whoever makes them: for ids. NULL: no error sink. */
    struct stamp *error_stamp;
    /* Of error events: `$schema`. */
    struct buffer error_schema_uri;
    struct schema_projection projection;
    /* Fields of the input that were dropped, and error events by type. */
    struct tally *dropped;
    struct tally *errors;
};

/*
 * Config and streams are lent for its life. Returns 0, or -errno with problem filled: EXIT_CONFIG where the
 * error sink's schema does not take error events. production_close() either way. The production must not
 * move after.
 */
int production_open(struct production *production, const struct config *config,
                    const struct job_streams *streams, const struct clock *clock,
                    struct problem *problem);
void production_close(struct production *production);

struct producer;

/* Outcome: the stream's schema does not take it. */
enum { PRODUCER_REFUSED = 1 };

/* The production is lent for its life. Returns 0 or -ENOMEM. */
int producer_new(const struct production *production, struct producer **ret_producer);
/* Takes NULL. */
void producer_free(struct producer *producer);

/*
 * Makes an enriched event one of the sink's stream. Returns 0, PRODUCER_REFUSED with *ret_failure filled
 * (its texts live until the next call), or -ENOMEM.
 */
int producer_finish(struct producer *producer, struct weir_event *event,
                    const struct stamp_origin *origin, struct event_failure *ret_failure);

/*
 * Appends an error event that the error sink's schema takes: where it refuses what the raw event says of
 * itself, without that. schema_uri and is_bare are filled here. Returns 0, PRODUCER_REFUSED (the line that
 * was refused is appended, and *ret_complaint says why, until the next call), or -ENOMEM (ret_line is as
 * it was).
 */
int producer_render_error(struct producer *producer, struct error_event *event,
                          struct buffer *ret_line, const char **ret_complaint);

#endif
