/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of a job, looked up at start: the settings of each and its schema. With project,
 * validate and stamp all false nothing is looked up, and nothing needs the network.
 */
#ifndef WEIR_ENGINE_STREAMS_H
#define WEIR_ENGINE_STREAMS_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"
#include "engine/outside.h"
#include "schema/repository.h"
#include "schema/schema.h"
#include "schema/stream_settings.h"

enum job_stream_role {
    JOB_STREAM_SOURCE,
    JOB_STREAM_SINK,
    JOB_STREAM_ERROR_SINK,
    JOB_STREAM_ROLES,
};

struct job_stream {
    /* As configured; name is NULL where there is no such stream: an error sink of none. */
    const char *name;
    const char *asked_version;
    struct stream_settings settings;
    struct repository_schema schema;
    /* The schema for events that are written, compiled; NULL where nothing asks for it. */
    struct schema *rules;
};

/* Zero-initialised is empty. Immutable once open: any thread may read it. */
struct job_streams {
    struct arena arena;
    /* The streams were looked up: those that have a name are filled. */
    bool is_resolved;
    struct job_stream streams[JOB_STREAM_ROLES];
    /* The key in force, whoever said it: at least one JSON Pointer. */
    struct config_list partition_by;
};

/*
 * Looks up what the configuration needs. Returns 0, or -errno with problem filled: EXIT_CONFIG (78)
 * for what is wrong or unknown, EXIT_UNAVAILABLE (69) for what did not answer within
 * startup_timeout, EXIT_DONE and -ECANCELED when the start was called off. job_streams_close()
 * either way. Blocks: yes.
 */
int job_streams_open(struct job_streams *streams, const struct outside_options *options,
                     struct problem *problem);
void job_streams_close(struct job_streams *streams);

/*
 * Appends what `weir check` says of a stream below its connector: whole lines, none where it was
 * not looked up. Returns 0 or -ENOMEM.
 */
int job_stream_describe(const struct job_streams *streams, enum job_stream_role role,
                        struct buffer *buffer);

#endif
