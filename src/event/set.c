/* SPDX-License-Identifier: Apache-2.0 */
/* The part of weir/event.h that changes an event. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/event.h"
#include "json/number.h"
#include "json/text.h"
#include "json/walk.h"

enum { SCRATCH_KEPT = 256 * 1024 };

/* Parses the text of a pointer; a malformed one is complained of. */
static int parse(struct weir_event *event, const char *text, struct pointer *ret_pointer)
{
    int r = pointer_parse(ret_pointer, &event->arena, text, strlen(text));
    return r < 0 ? event_complain(event, ret_pointer, r) : 0;
}

/* Sets a copy of json, which is right JSON. */
static int set_copy(struct weir_event *event, const struct pointer *pointer, const char *json,
                    size_t json_len)
{
    char *copy = arena_copy(&event->arena, json, json_len);
    return copy != NULL ? event_set_raw_at(event, pointer, copy, json_len) : -ENOMEM;
}

static int set_text(struct weir_event *event, const char *pointer_text, const char *json,
                    size_t json_len)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    return r < 0 ? r : set_copy(event, &pointer, json, json_len);
}

int event_set_quoted(struct weir_event *event, const char *pointer, const char *json,
                     size_t json_len)
{
    return set_text(event, pointer, json, json_len);
}

int event_set_string_at(struct weir_event *event, const struct pointer *pointer, const char *text,
                        size_t len)
{
    struct buffer *scratch = &event->scratch;
    buffer_clear(scratch);
    int r = json_quote(scratch, text, len);
    r = r < 0 ? event_complain(event, pointer, r)
              : set_copy(event, pointer, scratch->data, scratch->len);
    /* Many events may be under way, each with a scratch of its own. */
    buffer_clear(scratch);
    buffer_shrink(scratch, SCRATCH_KEPT);
    return r;
}

int weir_event_set_string_len(struct weir_event *event, const char *pointer_text, const char *value,
                              size_t value_len)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    return r < 0 ? r : event_set_string_at(event, &pointer, value, value_len);
}

int weir_event_set_string(struct weir_event *event, const char *pointer, const char *value)
{
    return weir_event_set_string_len(event, pointer, value, strlen(value));
}

int weir_event_set_int64(struct weir_event *event, const char *pointer, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, value);
    return set_text(event, pointer, text, (size_t)len);
}

int weir_event_set_uint64(struct weir_event *event, const char *pointer, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);
    return set_text(event, pointer, text, (size_t)len);
}

int weir_event_set_double(struct weir_event *event, const char *pointer_text, double value)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    if (r < 0) {
        return r;
    }
    char text[JSON_DOUBLE_SIZE];
    size_t len = 0;
    if (json_format_double(text, value, &len) < 0) {
        return event_complain(event, &pointer, -EINVAL);
    }
    return set_copy(event, &pointer, text, len);
}

int weir_event_set_bool(struct weir_event *event, const char *pointer, bool value)
{
    return value ? set_text(event, pointer, "true", 4) : set_text(event, pointer, "false", 5);
}

int weir_event_set_null(struct weir_event *event, const char *pointer)
{
    return set_text(event, pointer, "null", 4);
}

/*
 * Checks JSON text as strictly as an event, at most max_depth deep. *ret_span is the value without
 * the space around it. The links are needed only here: they stand in the scratch buffer.
 */
static int check_json(struct weir_event *event, const char *json, size_t json_len,
                      uint32_t max_depth, struct json_span *ret_span)
{
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = event_index(event, json, json_len, &tokens, &n_tokens);
    if (r < 0) {
        return r;
    }
    buffer_clear(&event->scratch);
    r = buffer_reserve(&event->scratch, n_tokens * sizeof(uint32_t));
    if (r < 0) {
        return r;
    }
    struct json_document document = {
        .bytes = json,
        .len = json_len,
        .tokens = tokens,
        .n_tokens = (uint32_t)n_tokens,
        .links = (uint32_t *)(void *)event->scratch.data,
    };
    struct json_fault fault;
    if (json_walk(&document, max_depth, &fault) != 0) {
        return -EINVAL;
    }
    event->has_break |= document.has_break;
    *ret_span = (struct json_span){ json + tokens[0], json_value_end(&document, 0) - tokens[0] };
    return 0;
}

int event_set_json_at(struct weir_event *event, const struct pointer *pointer, const char *json,
                      size_t json_len)
{
    struct json_span span;
    int r = check_json(event, json, json_len, JSON_MAX_DEPTH - pointer->n_steps, &span);
    return r < 0 ? event_complain(event, pointer, r)
                 : event_set_raw_at(event, pointer, span.bytes, span.len);
}

int weir_event_set_raw(struct weir_event *event, const char *pointer_text, const char *json,
                       size_t json_len)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    if (r < 0) {
        return r;
    }
    struct json_span span;
    r = check_json(event, json, json_len, JSON_MAX_DEPTH - pointer.n_steps, &span);
    if (r < 0) {
        return event_complain(event, &pointer, r);
    }
    return set_copy(event, &pointer, span.bytes, span.len);
}

int weir_event_remove(struct weir_event *event, const char *pointer_text)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    return r < 0 ? r : event_remove_at(event, &pointer);
}

int weir_event_create_parents(struct weir_event *event, const char *pointer_text)
{
    struct pointer pointer;
    int r = parse(event, pointer_text, &pointer);
    return r < 0 ? r : event_create_parents_at(event, &pointer);
}
