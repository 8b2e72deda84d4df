/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading, in this order: map the file -> one pass over its documents, which notes each event's place
 * and its partition -> give offsets to those without -> sort each partition by offset.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "serve/documents.h"
#include "serve/fields.h"
#include "serve/recording.h"

/* The datacentres: each stream has a topic in both, in this order. */
static const char *const prefixes[] = { "eqiad.", "codfw." };

/* The stream of events that name none. */
static const char default_stream[] = "mediawiki.page_change.v1";

enum {
    PREFIX_LEN = 6,
    UUID_LEN = 36,
    /* How much of meta.id varies from pass to pass. */
    UUID_HEAD_LEN = 8,
    NO_OFFSET = -1,
};

struct load {
    const struct recording_options *options;
    struct problem *problem;
    struct recording *recording;
    struct fields_reader *reader;
    /* Room in the recording's arrays. */
    size_t max_events;
    /* Of the event before, for those that lack the field. */
    int64_t timestamp_ms;
    uint32_t partition;
    bool has_partition;
};

/* Makes room for one more in an array that doubles. Returns 0 or -ENOMEM. */
static int array_grow(void **array, size_t n, size_t *max, size_t size)
{
    if (n < *max) {
        return 0;
    }
    size_t wanted = *max == 0 ? 1024 : 2 * *max;
    void *grown = reallocarray(*array, wanted, size);
    if (grown == NULL) {
        return -ENOMEM;
    }
    *array = grown;
    *max = wanted;
    return 0;
}

/* Returns the index of the new partition or -ENOMEM. topic is taken, also on failure. */
static int partition_add(struct recording *recording, uint32_t stream, char *topic, int32_t number)
{
    AUTO_FREE char *taken = topic;
    AUTO_BUFFER members = { 0 };
    struct recording_partition *partitions = reallocarray(
        recording->partitions, recording->n_partitions + 1, sizeof(*recording->partitions));
    if (partitions == NULL) {
        return -ENOMEM;
    }
    recording->partitions = partitions;
    if (taken == NULL ||
        buffer_printf(&members, "\"topic\":\"%s\",\"partition\":%d,\"offset\":", taken, number) <
            0) {
        return -ENOMEM;
    }
    partitions[recording->n_partitions] = (struct recording_partition){
        .topic = taken,
        .number = number,
        .stream = stream,
        .members = members.data,
        .members_len = members.len,
    };
    taken = NULL;
    members = (struct buffer){ 0 };
    return (int)recording->n_partitions++;
}

/* Returns the index of a stream, made with its two topics if it is new, or -ENOMEM. */
static int stream_for(struct recording *recording, const char *name, size_t name_len)
{
    for (size_t i = 0; i < recording->n_streams; i++) {
        if (strlen(recording->streams[i]) == name_len &&
            memcmp(recording->streams[i], name, name_len) == 0) {
            return (int)i;
        }
    }
    char **streams =
        reallocarray(recording->streams, recording->n_streams + 1, sizeof(*recording->streams));
    if (streams == NULL) {
        return -ENOMEM;
    }
    recording->streams = streams;
    streams[recording->n_streams] = strndup(name, name_len);
    if (streams[recording->n_streams] == NULL) {
        return -ENOMEM;
    }
    uint32_t stream = (uint32_t)recording->n_streams++;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        AUTO_BUFFER topic = { 0 };
        int r = buffer_printf(&topic, "%s%s", prefixes[i], streams[stream]);
        if (r == 0) {
            r = partition_add(recording, stream, strndup(topic.data, topic.len), 0);
        }
        if (r < 0) {
            return r;
        }
    }
    return (int)stream;
}

/* Returns the index of a topic's partition, made with its stream if it is new, or -ENOMEM. */
static int partition_for(struct recording *recording, const char *topic, size_t topic_len,
                         int32_t number)
{
    const char *name = topic;
    size_t name_len = topic_len;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (topic_len > PREFIX_LEN && memcmp(topic, prefixes[i], PREFIX_LEN) == 0) {
            name = topic + PREFIX_LEN;
            name_len = topic_len - PREFIX_LEN;
        }
    }
    int stream = stream_for(recording, name, name_len);
    if (stream < 0) {
        return stream;
    }
    int partition = recording_find_partition(recording, topic, topic_len, number);
    return partition >= 0
               ? partition
               : partition_add(recording, (uint32_t)stream, strndup(topic, topic_len), number);
}

/* The partition of an event that carries no position: that of its stream's first topic. */
static int partition_for_stream(struct load *load, const struct field_text *name)
{
    if (name->len == 0 && load->has_partition) {
        return (int)load->partition;
    }
    const char *text = name->len == 0 ? default_stream : name->bytes;
    size_t len = name->len == 0 ? strlen(default_stream) : name->len;
    int stream = stream_for(load->recording, text, len);
    if (stream < 0) {
        return stream;
    }
    AUTO_BUFFER topic = { 0 };
    int r = buffer_printf(&topic, "%s%s", prefixes[0], load->recording->streams[stream]);
    return r < 0 ? r : recording_find_partition(load->recording, topic.data, topic.len, 0);
}

/* meta.dt in ms, or the event's before. */
static int64_t fields_timestamp(const struct load *load, const struct event_fields *fields)
{
    char text[RFC3339_SIZE + 8];
    int64_t realtime_ns = 0;
    if (fields->dt.bytes == NULL || fields->dt.len >= sizeof(text)) {
        return load->timestamp_ms;
    }
    memcpy(text, fields->dt.bytes, fields->dt.len);
    text[fields->dt.len] = '\0';
    return rfc3339_parse(text, &realtime_ns) < 0 ? load->timestamp_ms : realtime_ns / NS_PER_MS;
}

static size_t fields_id_at(const char *json, const struct event_fields *fields)
{
    if (fields->id.bytes == NULL || fields->id.len != UUID_LEN) {
        return 0;
    }
    for (size_t i = 0; i < UUID_HEAD_LEN; i++) {
        if (strchr("0123456789abcdefABCDEF", fields->id.bytes[i]) == NULL) {
            return 0;
        }
    }
    return (size_t)(fields->id.bytes - json);
}

/* Fills splice, offset and partition from a position that the event carries, or makes room for one. */
static int event_place(struct load *load, const struct event_fields *fields,
                       struct recording_event *event)
{
    bool has_all = fields->topic.len > 0 && fields->has_partition && fields->has_offset;
    bool has_some = fields->topic.bytes != NULL || fields->has_partition || fields->has_offset;
    if (has_some && (!has_all || fields->offset < 0 || fields->partition < 0 ||
                     fields->partition > INT32_MAX)) {
        return problem_set(load->problem, EINVAL, EXIT_DATA,
                           "%s:%zu: meta must have all of topic, partition and offset, or none",
                           load->options->path, event->line);
    }
    event->offset = NO_OFFSET;
    if (has_all) {
        event->splice = RECORDING_REPLACE;
        event->splice_at = fields->offset_at;
        event->splice_len = fields->offset_len;
        event->offset = load->options->renumber ? NO_OFFSET : fields->offset;
        return partition_for(load->recording, fields->topic.bytes, fields->topic.len,
                             (int32_t)fields->partition);
    }
    event->splice_at = fields->end_at;
    if (fields->has_meta) {
        event->splice = fields->is_empty ? RECORDING_INSERT_FIRST : RECORDING_INSERT;
    } else {
        event->splice = fields->is_empty ? RECORDING_INSERT_META_FIRST : RECORDING_INSERT_META;
    }
    return partition_for_stream(load, &fields->stream);
}

static int event_add(struct load *load, const struct document_text *text)
{
    struct recording *recording = load->recording;
    struct event_fields fields = { 0 };
    int r = array_grow((void **)&recording->events, recording->n_events, &load->max_events,
                       sizeof(*recording->events));
    int outcome = r < 0 ? r : fields_read(load->reader, text->bytes, text->len, &fields);
    if (outcome < 0 && outcome != -EFBIG) {
        return outcome;
    }
    struct recording_event event = {
        .json = text->bytes,
        .json_len = text->len,
        .line = text->line,
        .timestamp_ms = load->timestamp_ms,
        .offset = NO_OFFSET,
    };
    if (outcome == 0) {
        event.timestamp_ms = fields_timestamp(load, &fields);
        event.id_at = fields_id_at(text->bytes, &fields);
        r = event_place(load, &fields, &event);
    } else {
        r = partition_for_stream(load, &fields.stream);
    }
    if (r < 0) {
        return r;
    }
    event.partition = (uint32_t)r;
    load->timestamp_ms = event.timestamp_ms;
    load->partition = event.partition;
    load->has_partition = true;
    recording->events[recording->n_events++] = event;
    return 0;
}

static int by_offset(const void *left, const void *right)
{
    const struct recording_event *a = left;
    const struct recording_event *b = right;
    if (a->offset != b->offset) {
        return a->offset < b->offset ? -1 : 1;
    }
    return a->line < b->line ? -1 : a->line > b->line;
}

/* Puts a partition's events into its slots in the order of their offsets, which must differ. */
static int partition_sort(struct load *load, struct recording_partition *partition)
{
    struct recording_event *events = load->recording->events;
    AUTO_FREE struct recording_event *sorted = calloc(partition->n_slots, sizeof(*sorted));
    if (sorted == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < partition->n_slots; i++) {
        sorted[i] = events[partition->slots[i]];
    }
    qsort(sorted, partition->n_slots, sizeof(*sorted), by_offset);
    for (size_t i = 0; i < partition->n_slots; i++) {
        events[partition->slots[i]] = sorted[i];
        if (i > 0 && sorted[i].offset == sorted[i - 1].offset) {
            return problem_set(load->problem, EINVAL, EXIT_DATA,
                               "%s:%zu: offset %lld of %s was there in line %zu; --renumber gives "
                               "new offsets",
                               load->options->path, sorted[i].line, (long long)sorted[i].offset,
                               partition->topic, sorted[i - 1].line);
        }
    }
    return 0;
}

/* Notes which events are the partition's, and gives offsets to those without. */
static int partition_number(struct recording *recording, uint32_t index)
{
    struct recording_partition *partition = &recording->partitions[index];
    int64_t next = RECORDING_FIRST_OFFSET;
    for (size_t i = 0; i < recording->n_events; i++) {
        const struct recording_event *event = &recording->events[i];
        if (event->partition == index) {
            partition->n_slots++;
            next = event->offset >= next ? event->offset + 1 : next;
        }
    }
    partition->slots = calloc(partition->n_slots + 1, sizeof(*partition->slots));
    if (partition->slots == NULL) {
        return -ENOMEM;
    }
    size_t n_slots = 0;
    for (size_t i = 0; i < recording->n_events; i++) {
        struct recording_event *event = &recording->events[i];
        if (event->partition == index) {
            event->offset = event->offset == NO_OFFSET ? next++ : event->offset;
            partition->slots[n_slots++] = i;
        }
    }
    return 0;
}

static void partition_measure(const struct recording *recording,
                              struct recording_partition *partition)
{
    int64_t oldest = INT64_MAX;
    partition->newest_ms = INT64_MIN;
    for (size_t i = 0; i < partition->n_slots; i++) {
        int64_t timestamp = recording_event_at(recording, partition, i)->timestamp_ms;
        oldest = timestamp < oldest ? timestamp : oldest;
        partition->newest_ms = timestamp > partition->newest_ms ? timestamp : partition->newest_ms;
    }
    partition->period_ms = partition->newest_ms - oldest + 1;
    partition->span = recording_last_offset(recording, partition) -
                      recording_first_offset(recording, partition) + 1;
}

static int partitions_finish(struct load *load)
{
    struct recording *recording = load->recording;
    for (size_t i = 0; i < recording->n_partitions; i++) {
        struct recording_partition *partition = &recording->partitions[i];
        int r = partition_number(recording, (uint32_t)i);
        if (r == 0 && partition->n_slots > 0) {
            r = partition_sort(load, partition);
        }
        if (r < 0) {
            return r;
        }
        if (partition->n_slots > 0) {
            partition_measure(recording, partition);
        }
    }
    return 0;
}

/* Maps the file. Returns 0 or -errno. */
static int file_map(const char *path, struct recording *recording)
{
    struct stat status;
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return -EINVAL;
    }
    if (status.st_size == 0) {
        return 0;
    }
    recording->map_len = (size_t)status.st_size;
    void *map = mmap(NULL, recording->map_len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        return -errno;
    }
    recording->map = map;
    return 0;
}

static int load_events(struct load *load)
{
    struct documents documents;
    struct document_text text;
    struct recording *recording = load->recording;
    documents_init(&documents, &recording->joined, recording->map, recording->map_len);
    int r;
    while ((r = documents_next(&documents, &text)) > 0) {
        r = event_add(load, &text);
        if (r < 0) {
            return r;
        }
    }
    /* So that an empty recording has a stream that can be asked for. */
    if (r == 0 && recording->n_streams == 0) {
        r = stream_for(recording, default_stream, strlen(default_stream));
    }
    return r < 0 ? r : partitions_finish(load);
}

int recording_load(const struct recording_options *options, struct problem *problem,
                   struct recording **ret_recording)
{
    AUTO(recording) recording = calloc(1, sizeof(*recording));
    AUTO(fields_reader) reader = fields_reader_new();
    if (recording == NULL || reader == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory");
    }
    int r = file_map(options->path, recording);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_IO, "cannot read %s: %s", options->path,
                           r == -EINVAL ? "not a regular file" : strerror(-r));
    }
    struct load load = {
        .options = options, .problem = problem, .recording = recording, .reader = reader
    };
    r = load_events(&load);
    if (r == -ENOMEM) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory for %s", options->path);
    }
    if (r < 0) {
        return r;
    }
    *ret_recording = recording;
    recording = NULL;
    return 0;
}
