/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: text in which {/a/pointer} stands for the event's value there. `{{` and `}}` stand for braces.
 * Immutable once compiled; any thread.
 */
#ifndef WEIR_ENRICH_TEMPLATE_H
#define WEIR_ENRICH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "event/event.h"
#include "event/pointer.h"

struct template_part {
    /* Literal text, or NULL: the value at pointer. */
    char *text;
    struct pointer *pointer;
};

/* Zero-initialised is empty. */
struct template
{
    struct template_part *parts;
    size_t n_parts;
};

/* How a value is written. */
enum template_form {
    /* Percent-encoded: it is a piece of a path or query, and nothing but that. */
    TEMPLATE_URL,
    /* As it reads; a control character is an error. */
    TEMPLATE_HEADER,
    /* As JSON. */
    TEMPLATE_JSON,
};

/* name is for messages. Returns 0, or -errno with problem filled (EXIT_CONFIG); deinit either way. */
int template_init(struct template *template, const char *name, const char *text,
                  struct problem *problem);
void template_deinit(struct template *template);

/*
 * Appends the text for an event. Objects, arrays and nulls have none, but as JSON. Returns 0, or a negative
 * error, of which the event has been told.
 */
int template_render(const struct template *template, enum template_form form,
                    struct weir_event *event, struct buffer *ret_text);

/* Whether it is a URL whose scheme, host and port no event can change. */
bool template_has_fixed_host(const struct template *template);

#endif
