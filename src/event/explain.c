/* SPDX-License-Identifier: Apache-2.0 */
/* Why an event failed, in words for the error event. */
#include <errno.h>
#include <string.h>

#include "event/event.h"

/* The negative value that weir_event_fail() returns. */
enum { FAILED = -EBADMSG };

static int copy_view(struct weir_event *event, const char *text, struct weir_view *ret_view)
{
    size_t len = strlen(text);
    char *copy = arena_copy(&event->arena, text, len);
    if (copy == NULL) {
        return -ENOMEM;
    }
    *ret_view = (struct weir_view){ copy, len };
    return 0;
}

int weir_event_fail(struct weir_event *event, const char *type, const char *message)
{
    struct event_failure failure;
    int r = copy_view(event, type, &failure.type);
    if (r == 0) {
        r = copy_view(event, message, &failure.message);
    }
    if (r < 0) {
        return r;
    }
    event->failure = failure;
    return FAILED;
}

int event_complain(struct weir_event *event, const struct pointer *pointer, int error)
{
    char *text = arena_copy(&event->arena, pointer->text, pointer->text_len);
    event->complaint = text != NULL ? error : 0;
    event->complaint_pointer = (struct weir_view){ text, pointer->text_len };
    return error;
}

/* What the errors of weir/event.h mean; NULL for others. */
static const char *meaning(int error)
{
    switch (error) {
    case -ENOENT:
        return "there is no such member, element or parent";
    case -ENOTDIR:
        return "a step leads into a value that is no object or array";
    case -EPROTOTYPE:
        return "the value is of another type";
    case -ERANGE:
        return "the number does not fit";
    case -EILSEQ:
        return "the text is not Unicode";
    case -EINVAL:
        return "the pointer or the value is malformed";
    default:
        return NULL;
    }
}

/* "/the/pointer: what is wrong", in the arena. */
static int complaint_text(struct weir_event *event, const char *what, struct weir_view *ret_view)
{
    const struct weir_view *pointer = &event->complaint_pointer;
    size_t what_len = strlen(what);
    char *text = arena_alloc(&event->arena, pointer->len + 2 + what_len + 1);
    if (text == NULL) {
        return -ENOMEM;
    }
    memcpy(text, pointer->data, pointer->len);
    text[pointer->len] = ':';
    text[pointer->len + 1] = ' ';
    memcpy(text + pointer->len + 2, what, what_len + 1);
    *ret_view = (struct weir_view){ text, pointer->len + 2 + what_len };
    return 0;
}

static struct weir_view constant_view(const char *text, const char *otherwise)
{
    const char *data = text != NULL ? text : otherwise;
    return (struct weir_view){ data, strlen(data) };
}

int event_explain(struct weir_event *event, int error, struct event_failure *ret_failure)
{
    if (event->failure.type.data != NULL) {
        *ret_failure = event->failure;
        return 0;
    }
    struct event_failure failure = {
        .type = constant_view(strerrorname_np(-error), "Error"),
        .message = constant_view(strerrordesc_np(-error), "unknown error"),
    };
    const char *what = event->complaint == error ? meaning(error) : NULL;
    int r = what != NULL ? complaint_text(event, what, &failure.message) : 0;
    if (r == 0) {
        *ret_failure = failure;
    }
    return r;
}
