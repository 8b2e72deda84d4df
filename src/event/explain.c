/* SPDX-License-Identifier: Apache-2.0 */
/* Why an event failed, in words for the error event. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "event/error_type.h"
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

/* Both texts, one behind the other, in the arena. */
static int join(struct weir_event *event, struct weir_view first, const char *second,
                struct weir_view *ret_view)
{
    size_t second_len = strlen(second);
    char *text = arena_alloc(&event->arena, first.len + second_len + 1);
    if (text == NULL) {
        return -ENOMEM;
    }
    memcpy(text, first.data, first.len);
    memcpy(text + first.len, second, second_len + 1);
    *ret_view = (struct weir_view){ text, first.len + second_len };
    return 0;
}

/* "/the/pointer: what is wrong", or what the error is called. */
static int describe(struct weir_event *event, int error, struct weir_view *ret_view)
{
    const char *what = event->complaint == error ? meaning(error) : NULL;
    if (what != NULL) {
        int r = join(event, event->complaint_pointer, ": ", ret_view);
        return r < 0 ? r : join(event, *ret_view, what, ret_view);
    }
    char text[128];
    const char *description = strerrordesc_np(-error);
    const char *name = strerrorname_np(-error);
    if (description == NULL || name == NULL) {
        snprintf(text, sizeof(text), "unknown error %d", error);
    } else {
        snprintf(text, sizeof(text), "%s (%s)", description, name);
    }
    return copy_view(event, text, ret_view);
}

int event_explain(struct weir_event *event, int result, struct event_failure *ret_failure)
{
    char text[64];
    struct weir_view message;
    if (result < 0 && event->failure.type.data != NULL) {
        *ret_failure = event->failure;
        return 0;
    }
    int r;
    if (result < 0) {
        r = describe(event, result, &message);
    } else {
        snprintf(text, sizeof(text), "the enrichment function returned %d", result);
        r = copy_view(event, text, &message);
    }
    if (r == 0) {
        const char *type = ERROR_TYPE_ENRICHMENT;
        *ret_failure = (struct event_failure){ { type, strlen(type) }, message };
    }
    return r;
}
