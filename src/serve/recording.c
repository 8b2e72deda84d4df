/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/recording.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"

static const char alias_prefix[] = "mediawiki.";

void recording_free(struct recording *recording)
{
    if (recording == NULL) {
        return;
    }
    for (size_t i = 0; i < recording->n_partitions; i++) {
        free(recording->partitions[i].topic);
        free(recording->partitions[i].slots);
        free(recording->partitions[i].members);
    }
    for (size_t i = 0; i < recording->n_streams; i++) {
        free(recording->streams[i]);
    }
    if (recording->map != NULL) {
        munmap(recording->map, recording->map_len);
    }
    arena_deinit(&recording->joined);
    free(recording->events);
    free(recording->partitions);
    free(recording->streams);
    free(recording);
}

static bool text_equals(const char *text, const char *name, size_t name_len)
{
    return strlen(text) == name_len && memcmp(text, name, name_len) == 0;
}

int recording_find_stream(const struct recording *recording, const char *name, size_t name_len)
{
    for (size_t i = 0; i < recording->n_streams; i++) {
        if (text_equals(recording->streams[i], name, name_len)) {
            return (int)i;
        }
    }
    size_t prefix_len = strlen(alias_prefix);
    for (size_t i = 0; i < recording->n_streams; i++) {
        const char *stream = recording->streams[i];
        if (strncmp(stream, alias_prefix, prefix_len) == 0 &&
            text_equals(stream + prefix_len, name, name_len)) {
            return (int)i;
        }
    }
    return -1;
}

int recording_find_partition(const struct recording *recording, const char *topic, size_t topic_len,
                             int64_t number)
{
    for (size_t i = 0; i < recording->n_partitions; i++) {
        const struct recording_partition *partition = &recording->partitions[i];
        if (partition->number == number && text_equals(partition->topic, topic, topic_len)) {
            return (int)i;
        }
    }
    return -1;
}

int64_t recording_first_offset(const struct recording *recording,
                               const struct recording_partition *partition)
{
    return recording_event_at(recording, partition, 0)->offset;
}

int64_t recording_last_offset(const struct recording *recording,
                              const struct recording_partition *partition)
{
    return recording_event_at(recording, partition, partition->n_slots - 1)->offset;
}
