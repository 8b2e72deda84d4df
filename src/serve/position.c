/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/position.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/fields.h"

static const char not_json[] = "not JSON";
static const char not_positions[] =
    "expected an array of topics, or of objects with topic, partition and offset or timestamp";

/* Reads `{"topic":...,"partition":...,"offset"|"timestamp":...}`. */
static bool position_members(const struct json_document *document, uint32_t open,
                             struct field_text *ret_topic, struct position *position)
{
    bool has_partition = false;
    bool is_offset_integer = false;
    for (uint32_t key = json_first(document, open); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        uint32_t value = key + 2;
        if (fields_is_name(document, key, "topic")) {
            *ret_topic = fields_text(document, value);
        } else if (fields_is_name(document, key, "partition")) {
            has_partition = fields_integer(document, value, &position->partition);
        } else if (fields_is_name(document, key, "offset")) {
            position->has_offset = true;
            is_offset_integer = fields_integer(document, value, &position->offset);
        } else if (fields_is_name(document, key, "timestamp")) {
            position->has_timestamp = fields_integer(document, value, &position->timestamp_ms);
        }
    }
    return ret_topic->bytes != NULL && has_partition &&
           (is_offset_integer || (position->has_timestamp && !position->has_offset));
}

/* Returns 0, POSITION_INVALID or -ENOMEM. */
static int position_read(struct arena *arena, const struct json_document *document, uint32_t token,
                         struct position *position)
{
    struct field_text topic = { 0 };
    enum json_kind kind = json_kind(document, token);
    if (kind == JSON_STRING) {
        topic = fields_text(document, token);
        position->is_topic_only = true;
    } else if (kind != JSON_OBJECT || !position_members(document, token, &topic, position)) {
        return POSITION_INVALID;
    }
    if (topic.bytes == NULL) {
        return POSITION_INVALID;
    }
    position->topic = arena_copy(arena, topic.bytes, topic.len);
    return position->topic == NULL ? -ENOMEM : 0;
}

static int positions_read(struct arena *arena, const struct json_document *document,
                          struct position **ret_positions, size_t *ret_n_positions)
{
    size_t n_positions = 0;
    if (json_kind(document, 0) != JSON_ARRAY) {
        return POSITION_INVALID;
    }
    for (uint32_t item = json_first(document, 0); item != JSON_END;
         item = json_sibling(document, item)) {
        n_positions++;
    }
    if (n_positions == 0) {
        return POSITION_INVALID;
    }
    struct position *positions = arena_alloc(arena, n_positions * sizeof(*positions));
    if (positions == NULL) {
        return -ENOMEM;
    }
    memset(positions, 0, n_positions * sizeof(*positions));
    struct position *position = positions;
    for (uint32_t item = json_first(document, 0); item != JSON_END;
         item = json_sibling(document, item)) {
        int r = position_read(arena, document, item, position);
        if (r != 0) {
            return r;
        }
        position++;
    }
    *ret_positions = positions;
    *ret_n_positions = n_positions;
    return 0;
}

int positions_parse(struct arena *arena, const char *text, struct position **ret_positions,
                    size_t *ret_n_positions, const char **ret_reason)
{
    AUTO(fields_reader) reader = fields_reader_new();
    if (reader == NULL) {
        return -ENOMEM;
    }
    const struct json_document *document = NULL;
    int r = fields_document(reader, text, strlen(text), &document);
    if (r < 0) {
        return r;
    }
    if (r > 0) {
        *ret_reason = not_json;
        return POSITION_INVALID;
    }
    r = positions_read(arena, document, ret_positions, ret_n_positions);
    if (r > 0) {
        *ret_reason = not_positions;
    }
    return r;
}

int since_parse(const char *text, int64_t *ret_timestamp_ms)
{
    size_t len = strlen(text);
    if (len > 0 && strspn(text, "0123456789") == len) {
        errno = 0;
        long long value = strtoll(text, NULL, 10);
        if (errno != 0) {
            return POSITION_INVALID;
        }
        *ret_timestamp_ms = value;
        return 0;
    }
    char moment[2 * RFC3339_SIZE];
    if (len >= RFC3339_SIZE + 8) {
        return POSITION_INVALID;
    }
    bool is_date = len == strlen("2026-11-24");
    snprintf(moment, sizeof(moment), "%s%s", text, is_date ? "T00:00:00Z" : "");
    int64_t realtime_ns = 0;
    if (rfc3339_parse(moment, &realtime_ns) < 0 || realtime_ns < 0) {
        return POSITION_INVALID;
    }
    *ret_timestamp_ms = realtime_ns / NS_PER_MS;
    return 0;
}
