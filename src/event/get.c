/* SPDX-License-Identifier: Apache-2.0 */
/* The part of weir/event.h that reads an event. */
#include <errno.h>
#include <string.h>

#include "event/event.h"
#include "event/render.h"
#include "json/number.h"
#include "json/text.h"

static int raw_of(struct weir_event *event, const struct event_value *value,
                  struct weir_view *ret_view)
{
    if (!event_value_is_touched(value)) {
        struct json_span span = event_value_span(value);
        *ret_view = (struct weir_view){ span.bytes, span.len };
        return 0;
    }
    buffer_clear(&event->scratch);
    int r = event_node_render(value->node, &event->scratch);
    if (r != 0) {
        return r;
    }
    size_t len = event->scratch.len;
    char *copy = arena_copy(&event->arena, event->scratch.data, len);
    if (copy == NULL) {
        return -ENOMEM;
    }
    *ret_view = (struct weir_view){ copy, len };
    return 0;
}

static int string_of(struct weir_event *event, const struct event_value *value,
                     struct weir_view *ret_view)
{
    if (event_value_kind(value) != JSON_STRING) {
        return -EPROTOTYPE;
    }
    struct json_span span = event_value_span(value);
    const char *raw = span.bytes + 1;
    size_t raw_len = span.len - 2;
    if (memchr(raw, '\\', raw_len) == NULL) {
        *ret_view = (struct weir_view){ raw, raw_len };
        return 0;
    }
    char *text = arena_alloc(&event->arena, raw_len);
    if (text == NULL) {
        return -ENOMEM;
    }
    size_t len = 0;
    if (json_unescape(raw, raw_len, text, &len) != 0) {
        return -EILSEQ;
    }
    *ret_view = (struct weir_view){ text, len };
    return 0;
}

int event_get_raw_at(struct weir_event *event, const struct pointer *pointer,
                     struct weir_view *ret_view)
{
    struct event_value value;
    int r = event_resolve(event, pointer->steps, pointer->n_steps, &value);
    if (r == 0) {
        r = raw_of(event, &value, ret_view);
    }
    return r < 0 ? event_complain(event, pointer, r) : 0;
}

int event_get_string_at(struct weir_event *event, const struct pointer *pointer,
                        struct weir_view *ret_view)
{
    struct event_value value;
    int r = event_resolve(event, pointer->steps, pointer->n_steps, &value);
    if (r == 0) {
        r = string_of(event, &value, ret_view);
    }
    return r < 0 ? event_complain(event, pointer, r) : 0;
}

/* Parses the text of a pointer and looks its value up; errors are complained of. */
static int look_up(struct weir_event *event, const char *text, struct pointer *ret_pointer,
                   struct event_value *ret_value)
{
    int r = pointer_parse(ret_pointer, &event->arena, text, strlen(text));
    if (r == 0) {
        r = event_resolve(event, ret_pointer->steps, ret_pointer->n_steps, ret_value);
    }
    if (r != 0) {
        event_complain(event, ret_pointer, r);
    }
    return r;
}

/* The bytes of the value, which must be of kind. */
static int look_up_kind(struct weir_event *event, const char *text, enum json_kind kind,
                        struct pointer *ret_pointer, struct json_span *ret_span)
{
    struct event_value value;
    int r = look_up(event, text, ret_pointer, &value);
    if (r != 0) {
        return r;
    }
    if (event_value_kind(&value) != kind) {
        event_complain(event, ret_pointer, -EPROTOTYPE);
        return -EPROTOTYPE;
    }
    *ret_span = event_value_span(&value);
    return 0;
}

int weir_event_kind(struct weir_event *event, const char *pointer_text)
{
    static const enum weir_kind kinds[] = {
        [JSON_OBJECT] = WEIR_OBJECT, [JSON_ARRAY] = WEIR_ARRAY, [JSON_STRING] = WEIR_STRING,
        [JSON_NUMBER] = WEIR_NUMBER, [JSON_BOOL] = WEIR_BOOL,   [JSON_NULL] = WEIR_NULL,
    };
    struct pointer pointer;
    struct event_value value;
    int r = look_up(event, pointer_text, &pointer, &value);
    return r < 0 ? r : (int)kinds[event_value_kind(&value)];
}

int weir_event_get_string(struct weir_event *event, const char *pointer_text,
                          struct weir_view *ret_view)
{
    struct pointer pointer;
    struct event_value value;
    int r = look_up(event, pointer_text, &pointer, &value);
    if (r != 0) {
        return r;
    }
    r = string_of(event, &value, ret_view);
    return r < 0 ? event_complain(event, &pointer, r) : 0;
}

int weir_event_get_raw(struct weir_event *event, const char *pointer_text,
                       struct weir_view *ret_view)
{
    struct pointer pointer;
    struct event_value value;
    int r = look_up(event, pointer_text, &pointer, &value);
    if (r != 0) {
        return r;
    }
    r = raw_of(event, &value, ret_view);
    return r < 0 ? event_complain(event, &pointer, r) : 0;
}

/* Notes an error of the number functions: -EDOM there is a wrong type here. */
static int number_result(struct weir_event *event, const struct pointer *pointer, int r)
{
    if (r == 0) {
        return 0;
    }
    return event_complain(event, pointer, r == -EDOM ? -EPROTOTYPE : r);
}

int weir_event_get_int64(struct weir_event *event, const char *pointer_text, int64_t *ret_value)
{
    struct pointer pointer;
    struct json_span span;
    int r = look_up_kind(event, pointer_text, JSON_NUMBER, &pointer, &span);
    if (r != 0) {
        return r;
    }
    return number_result(event, &pointer, json_number_int64(span.bytes, span.len, ret_value));
}

int weir_event_get_uint64(struct weir_event *event, const char *pointer_text, uint64_t *ret_value)
{
    struct pointer pointer;
    struct json_span span;
    int r = look_up_kind(event, pointer_text, JSON_NUMBER, &pointer, &span);
    if (r != 0) {
        return r;
    }
    return number_result(event, &pointer, json_number_uint64(span.bytes, span.len, ret_value));
}

int weir_event_get_double(struct weir_event *event, const char *pointer_text, double *ret_value)
{
    struct pointer pointer;
    struct json_span span;
    int r = look_up_kind(event, pointer_text, JSON_NUMBER, &pointer, &span);
    if (r != 0) {
        return r;
    }
    return number_result(event, &pointer, json_number_double(span.bytes, span.len, ret_value));
}

int weir_event_get_bool(struct weir_event *event, const char *pointer_text, bool *ret_value)
{
    struct pointer pointer;
    struct json_span span;
    int r = look_up_kind(event, pointer_text, JSON_BOOL, &pointer, &span);
    if (r != 0) {
        return r;
    }
    *ret_value = span.bytes[0] == 't';
    return 0;
}

int weir_event_get_count(struct weir_event *event, const char *pointer_text, size_t *ret_count)
{
    struct pointer pointer;
    struct event_value value;
    int r = look_up(event, pointer_text, &pointer, &value);
    if (r != 0) {
        return r;
    }
    r = event_value_count(event, &value, ret_count);
    if (r == -ENOTDIR) {
        r = -EPROTOTYPE;
    }
    return r < 0 ? event_complain(event, &pointer, r) : 0;
}
