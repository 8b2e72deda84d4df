/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/assignment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "serve/decimal.h"

#define TIMESTAMP_KEY "\"timestamp\":"
#define OFFSET_KEY    "\"offset\":"

enum {
    /* Kafka's names for the ends of a partition. */
    OFFSET_END = -1,
    OFFSET_BEGINNING = -2,
};

/* A place in a partition, and the offset that stands for it in the id until an event is served. */
struct place {
    int64_t from;
    int64_t shown;
    bool is_by_offset;
};

static struct place place_at_start(const struct assignment *assignment,
                                   const struct recording_partition *partition)
{
    const struct recording *recording = assignment->recording;
    return (struct place){ .from = recording_first_offset(recording, partition),
                           .shown = OFFSET_END };
}

static struct place place_at_offset(const struct assignment *assignment,
                                    const struct recording_partition *partition, int64_t offset)
{
    const struct recording *recording = assignment->recording;
    int64_t first = recording_first_offset(recording, partition);
    int64_t end = recording_last_offset(recording, partition) + 1;
    if (offset == OFFSET_END) {
        return (struct place){ .from = end, .shown = offset };
    }
    int64_t own;
    bool is_in_range = offset >= 0 && !__builtin_sub_overflow(offset, assignment->shift, &own) &&
                       own >= first && (own <= end || assignment->is_looping);
    if (!is_in_range) {
        return (struct place){ .from = first, .shown = offset };
    }
    return (struct place){ .from = own, .shown = offset, .is_by_offset = true };
}

/* As offsetsForTimes: the first in offset order that is not older. */
static struct place place_at_time(const struct assignment *assignment,
                                  const struct recording_partition *partition, int64_t time_ms)
{
    const struct recording *recording = assignment->recording;
    int64_t pass = 0;
    if (assignment->is_looping && time_ms > partition->newest_ms) {
        pass = (time_ms - partition->newest_ms - 1) / partition->period_ms + 1;
    }
    for (size_t i = 0; i < partition->n_slots; i++) {
        const struct recording_event *event = recording_event_at(recording, partition, i);
        if (event->timestamp_ms + pass * partition->period_ms >= time_ms) {
            int64_t from = event->offset + pass * partition->span;
            return (struct place){ .from = from, .shown = from + assignment->shift };
        }
    }
    return place_at_offset(assignment, partition, OFFSET_END);
}

/* Returns the entry for a topic's partition, made if it is not there yet, or NULL without memory. */
static struct assignment_entry *entry_for(struct assignment *assignment, const char *topic,
                                          int64_t number)
{
    AUTO_BUFFER head = { 0 };
    if (buffer_printf(&head, "{\"topic\":\"%s\",\"partition\":%lld,", topic, (long long)number) <
        0) {
        return NULL;
    }
    for (size_t i = 0; i < assignment->n_entries; i++) {
        struct assignment_entry *entry = &assignment->entries[i];
        if (entry->head_len == head.len && memcmp(entry->head, head.data, head.len) == 0) {
            return entry;
        }
    }
    struct assignment_entry *entry = &assignment->entries[assignment->n_entries];
    entry->head = head.data;
    entry->head_len = head.len;
    head = (struct buffer){ 0 };
    assignment->n_entries++;
    assignment->id_bound += entry->head_len + strlen(TIMESTAMP_KEY) + DECIMAL_SIZE + strlen("},");
    return entry;
}

/*
 * Assigns one partition at the place that position asks for; NULL: from the start. A number that the
 * topic does not have is listed and never served.
 */
static int assign(struct assignment *assignment, const char *topic, int64_t number,
                  const struct position *position)
{
    struct assignment_entry *entry = entry_for(assignment, topic, number);
    if (entry == NULL) {
        return -ENOMEM;
    }
    int index = recording_find_partition(assignment->recording, topic, strlen(topic), number);
    const struct recording_partition *partition =
        index < 0 ? NULL : &assignment->recording->partitions[index];
    entry->is_timestamp = false;
    entry->value = position != NULL && position->has_offset ? position->offset : OFFSET_END;
    if (partition == NULL || partition->n_slots == 0) {
        return 0;
    }
    struct place place;
    if (position == NULL) {
        place = place_at_start(assignment, partition);
    } else if (position->has_offset) {
        place = place_at_offset(assignment, partition, position->offset);
    } else {
        place = place_at_time(assignment, partition, position->timestamp_ms);
    }
    entry->value = place.shown;
    assignment->lanes[index] = (struct assignment_lane){
        .entry = (size_t)(entry - assignment->entries),
        .from = place.from,
        .is_by_offset = place.is_by_offset,
    };
    return 0;
}

/* Assigns all partitions of a topic, or of a stream where topic is NULL. */
static int assign_all(struct assignment *assignment, const struct assignment_request *request,
                      uint32_t stream, const char *topic)
{
    struct position since = { .has_timestamp = true, .timestamp_ms = request->since_ms };
    const struct recording *recording = request->recording;
    for (size_t i = 0; i < recording->n_partitions; i++) {
        const struct recording_partition *partition = &recording->partitions[i];
        bool is_meant =
            topic == NULL ? partition->stream == stream : strcmp(partition->topic, topic) == 0;
        int r = is_meant ? assign(assignment, partition->topic, partition->number,
                                  request->since_ms < 0 ? NULL : &since)
                         : 0;
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* One pass over the header's entries: those with a timestamp alone, or the others. */
static int assign_positions(struct assignment *assignment, const struct assignment_request *request,
                            bool has_lone_timestamps, bool is_timestamp_pass)
{
    for (size_t i = 0; i < request->n_positions; i++) {
        const struct position *position = &request->positions[i];
        bool is_lone_timestamp = position->has_timestamp && !position->has_offset;
        bool has_both = position->has_timestamp && position->has_offset;
        if (is_lone_timestamp != is_timestamp_pass || (has_both && has_lone_timestamps)) {
            continue;
        }
        int r = position->is_topic_only
                    ? assign_all(assignment, request, 0, position->topic)
                    : assign(assignment, position->topic, position->partition, position);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int assign_request(struct assignment *assignment, const struct assignment_request *request)
{
    int r = 0;
    if (request->positions == NULL) {
        for (size_t i = 0; i < request->n_streams && r == 0; i++) {
            r = assign_all(assignment, request, request->streams[i], NULL);
        }
        return r;
    }
    bool has_lone_timestamps = false;
    for (size_t i = 0; i < request->n_positions; i++) {
        const struct position *position = &request->positions[i];
        has_lone_timestamps |= position->has_timestamp && !position->has_offset;
    }
    r = assign_positions(assignment, request, has_lone_timestamps, false);
    return r < 0 ? r : assign_positions(assignment, request, has_lone_timestamps, true);
}

/* The first of a partition's slots whose event is at or behind an offset of the first pass. */
static size_t slot_at_offset(const struct recording *recording,
                             const struct recording_partition *partition, int64_t offset)
{
    size_t low = 0;
    size_t high = partition->n_slots - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (recording_event_at(recording, partition, middle)->offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return partition->slots[low];
}

/* Goes to the earliest event that any lane may serve. */
static void assignment_seek(struct assignment *assignment)
{
    const struct recording *recording = assignment->recording;
    assignment->is_empty = true;
    for (size_t i = 0; i < recording->n_partitions; i++) {
        const struct recording_partition *partition = &recording->partitions[i];
        int64_t from = assignment->lanes[i].from;
        if (from == INT64_MAX) {
            continue;
        }
        int64_t first = recording_first_offset(recording, partition);
        uint64_t pass = (uint64_t)((from - first) / partition->span);
        int64_t offset = first + (from - first) % partition->span;
        size_t slot = slot_at_offset(recording, partition, offset);
        bool is_earlier =
            pass < assignment->pass || (pass == assignment->pass && slot < assignment->slot);
        if (assignment->is_empty || is_earlier) {
            assignment->pass = pass;
            assignment->slot = slot;
            assignment->is_empty = false;
        }
    }
}

static bool names_topic(const struct assignment_request *request, const char *topic)
{
    const struct recording *recording = request->recording;
    for (size_t i = 0; i < recording->n_partitions; i++) {
        const struct recording_partition *partition = &recording->partitions[i];
        for (size_t k = 0; k < request->n_streams; k++) {
            if (partition->stream == request->streams[k] && strcmp(partition->topic, topic) == 0) {
                return true;
            }
        }
    }
    return false;
}

static struct assignment *assignment_alloc(const struct assignment_request *request)
{
    const struct recording *recording = request->recording;
    struct assignment *assignment = calloc(1, sizeof(*assignment));
    if (assignment == NULL) {
        return NULL;
    }
    /* Each position is one entry, or all partitions of its topic, none of them twice. */
    size_t n_entries = recording->n_partitions + request->n_positions + 1;
    assignment->entries = calloc(n_entries, sizeof(*assignment->entries));
    assignment->lanes = calloc(recording->n_partitions + 1, sizeof(*assignment->lanes));
    if (assignment->entries == NULL || assignment->lanes == NULL) {
        assignment_free(assignment);
        return NULL;
    }
    for (size_t i = 0; i < recording->n_partitions; i++) {
        assignment->lanes[i].from = INT64_MAX;
    }
    assignment->recording = recording;
    assignment->shift = request->shift;
    assignment->is_looping = request->is_looping;
    assignment->id_bound = strlen("[]");
    return assignment;
}

int assignment_new(const struct assignment_request *request, struct assignment **ret_assignment)
{
    for (size_t i = 0; i < request->n_positions; i++) {
        if (!names_topic(request, request->positions[i].topic)) {
            return ASSIGNMENT_NO_TOPIC;
        }
    }
    AUTO(assignment) assignment = assignment_alloc(request);
    if (assignment == NULL) {
        return -ENOMEM;
    }
    int r = assign_request(assignment, request);
    if (r < 0) {
        return r;
    }
    assignment_seek(assignment);
    *ret_assignment = assignment;
    assignment = NULL;
    return 0;
}

void assignment_free(struct assignment *assignment)
{
    if (assignment == NULL) {
        return;
    }
    for (size_t i = 0; i < assignment->n_entries; i++) {
        free(assignment->entries[i].head);
    }
    free(assignment->entries);
    free(assignment->lanes);
    free(assignment);
}

static void assignment_step(struct assignment *assignment)
{
    assignment->slot++;
    if (assignment->slot == assignment->recording->n_events) {
        assignment->slot = 0;
        assignment->pass++;
    }
}

const struct recording_event *assignment_peek(struct assignment *assignment, uint64_t *ret_pass)
{
    const struct recording *recording = assignment->recording;
    while (!assignment->is_empty && (assignment->is_looping || assignment->pass == 0)) {
        const struct recording_event *event = &recording->events[assignment->slot];
        const struct assignment_lane *lane = &assignment->lanes[event->partition];
        if (lane->from != INT64_MAX) {
            int64_t span = recording->partitions[event->partition].span;
            if (event->offset + (int64_t)assignment->pass * span >= lane->from) {
                *ret_pass = assignment->pass;
                return event;
            }
        }
        assignment_step(assignment);
    }
    return NULL;
}

void assignment_advance(struct assignment *assignment)
{
    const struct recording_event *event = &assignment->recording->events[assignment->slot];
    const struct recording_partition *partition =
        &assignment->recording->partitions[event->partition];
    struct assignment_entry *entry =
        &assignment->entries[assignment->lanes[event->partition].entry];
    entry->is_timestamp = true;
    entry->value = event->timestamp_ms + (int64_t)assignment->pass * partition->period_ms + 1;
    assignment_step(assignment);
}

bool assignment_is_last_again(const struct assignment *assignment)
{
    const struct recording *recording = assignment->recording;
    bool is_again = false;
    for (size_t i = 0; i < recording->n_partitions; i++) {
        const struct assignment_lane *lane = &assignment->lanes[i];
        if (lane->from == INT64_MAX) {
            continue;
        }
        int64_t last = recording_last_offset(recording, &recording->partitions[i]);
        if (lane->from < last || (lane->from == last && !lane->is_by_offset)) {
            return false;
        }
        is_again |= lane->from == last;
    }
    return is_again && !assignment->is_looping;
}

size_t assignment_write_id(const struct assignment *assignment, char *id)
{
    char *out = id;
    *out++ = '[';
    for (size_t i = 0; i < assignment->n_entries; i++) {
        const struct assignment_entry *entry = &assignment->entries[i];
        const char *key = entry->is_timestamp ? TIMESTAMP_KEY : OFFSET_KEY;
        size_t key_len = entry->is_timestamp ? strlen(TIMESTAMP_KEY) : strlen(OFFSET_KEY);
        if (i > 0) {
            *out++ = ',';
        }
        memcpy(out, entry->head, entry->head_len);
        out += entry->head_len;
        memcpy(out, key, key_len);
        out += key_len;
        out += decimal_write(out, entry->value);
        *out++ = '}';
    }
    *out++ = ']';
    return (size_t)(out - id);
}

int assignment_describe(const struct assignment *assignment, struct buffer *text)
{
    int r = buffer_reserve(text, assignment->id_bound);
    if (r == 0) {
        text->len += assignment_write_id(assignment, text->data + text->len);
    }
    return r;
}
