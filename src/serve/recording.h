/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events that are served, as partitions of a log: a file of events (NDJSON) or of recorded SSE
 * frames, mapped into memory and indexed once. Immutable after loading; any thread reads it.
 *
 * Every stream has the topics eqiad.<stream> and codfw.<stream>, be they empty. An event that carries
 * meta.topic, meta.partition and meta.offset keeps them; any other is given topic eqiad.<its stream>,
 * partition 0 and a running offset. Offsets ascend in a partition, as a broker's do: events that the
 * file has in another order change places with their partition's other events.
 */
#ifndef WEIR_SERVE_RECORDING_H
#define WEIR_SERVE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Where an event's offset goes when it is written out. */
enum recording_splice {
    /* Nowhere: the bytes are not an event with a place for it. The frame's id alone tells it. */
    RECORDING_NO_SPLICE,
    /* Instead of the digits that are there. */
    RECORDING_REPLACE,
    /* With topic and partition as the last members of meta, or of an empty meta. */
    RECORDING_INSERT,
    RECORDING_INSERT_FIRST,
    /* In a meta made for it, the last member of the event, or the only one. */
    RECORDING_INSERT_META,
    RECORDING_INSERT_META_FIRST,
};

struct recording_event {
    /* Lent from the recording. No line end within. */
    const char *json;
    size_t json_len;
    /* Which of json's bytes the splice replaces; nothing is replaced by an insertion. */
    size_t splice_at;
    size_t splice_len;
    /* Where meta.id begins if it is a UUID, else 0. */
    size_t id_at;
    enum recording_splice splice;
    /* Index into partitions. */
    uint32_t partition;
    int64_t offset;
    /* Of the message: meta.dt; that of the event before where there is none. */
    int64_t timestamp_ms;
    /* In the file, from 1: for error messages. */
    size_t line;
};

struct recording_partition {
    char *topic;
    int32_t number;
    /* Index into streams. */
    uint32_t stream;
    /* Indexes into events, ascending, as are the offsets there. */
    size_t *slots;
    size_t n_slots;
    /* `"topic":"...","partition":0,"offset":` for insertions. */
    char *members;
    size_t members_len;
    /* What each further pass over a recording that starts over adds to offsets and timestamps. */
    int64_t span;
    int64_t period_ms;
    int64_t newest_ms;
};

struct recording {
    struct recording_event *events;
    size_t n_events;
    struct recording_partition *partitions;
    size_t n_partitions;
    char **streams;
    size_t n_streams;
    /* The file, mapped; NULL when it is empty. */
    char *map;
    size_t map_len;
    /* Data of frames that came in several lines, joined. */
    struct arena joined;
};

struct recording_options {
    const char *path;
    /* Gives running offsets to all events, also to those that carry one. */
    bool renumber;
};

enum {
    /* The offset of the first event that carries none. */
    RECORDING_FIRST_OFFSET = 1000000,
};

/*
 * Returns 0, or -errno with problem filled: EXIT_IO where the file cannot be read, EXIT_DATA where
 * two events claim one position. Blocks: reads the file.
 */
int recording_load(const struct recording_options *options, struct problem *problem,
                   struct recording **ret_recording);

/* Takes NULL and half-built. */
void recording_free(struct recording *recording);
DEFINE_AUTO(recording, recording_free)

/* Index of a stream by its name or its alias (the name without "mediawiki."), or -1. */
int recording_find_stream(const struct recording *recording, const char *name, size_t name_len);

/* Index of a partition, or -1. */
int recording_find_partition(const struct recording *recording, const char *topic, size_t topic_len,
                             int64_t number);

/* Offset and timestamp of the event in a slot of its partition. */
static inline const struct recording_event *recording_event_at(
    const struct recording *recording, const struct recording_partition *partition, size_t i)
{
    return &recording->events[partition->slots[i]];
}

/* Lowest and highest offset. The partition must not be empty. */
int64_t recording_first_offset(const struct recording *recording,
                               const struct recording_partition *partition);
int64_t recording_last_offset(const struct recording *recording,
                              const struct recording_partition *partition);

#endif
