/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: input bytes, their tokens, and the patches made to them. weir/event.h is what
 * applications see of it; this is its life, and what steps use.
 *
 * Life: zero-initialised, or after event_reset(), it is empty. event_begin() lends it bytes and tokens
 * and checks them; then it may be read, patched and rendered any number of times; event_reset() ends
 * it and keeps the memory for the next. In the steady state none of this calls malloc. An event that
 * was begun must not be moved. Thread: one owner, the worker's.
 */
#ifndef WEIR_EVENT_EVENT_H
#define WEIR_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/event.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "event/node.h"
#include "event/pointer.h"
#include "json/document.h"

enum event_outcome {
    /* The bytes are no JSON; event_fault() says where and why. */
    EVENT_MALFORMED = 1,
    /* The bytes are JSON, but no object; such a document may be read all the same. */
    EVENT_NOT_OBJECT = 2,
};

/* Why an enrichment failed. The texts are NUL-terminated. */
struct event_failure {
    struct weir_view type;
    struct weir_view message;
};

/* Hot, therefore not opaque; the fields are the business of this room. document may be read. */
struct weir_event {
    /* The input bytes, lent by the caller of event_begin(), and walked. */
    struct json_document document;
    /* The event as it stands. */
    struct event_node root;
    /* Any patch was made. */
    bool is_patched;
    /* A value that was set holds line breaks between its tokens. */
    bool has_break;
    /* Lookups that met several members of one name. */
    uint32_t n_duplicates;
    /* Why event_begin() refused the bytes. */
    struct json_fault fault;
    /* From weir_event_fail(), in the arena; data is NULL where it was not called. */
    struct event_failure failure;
    /* The last function that failed: its error, and its pointer (in the arena). */
    int complaint;
    struct weir_view complaint_pointer;
    /* Nodes, values that were set, unescaped strings: until event_reset(). */
    struct arena arena;
    /* Links of document, kept. */
    uint32_t *links;
    size_t links_capacity;
    /* For composing a value before it is copied to the arena. */
    struct buffer scratch;
    /* For values given as JSON text; made when first needed. */
    struct json_indexer *indexer;
};

/*
 * Begins an event on bytes and their tokens (from json_index(); n_tokens offsets and the sentinel
 * behind them), both lent until event_reset(): the strict walk. Returns 0, EVENT_MALFORMED or
 * EVENT_NOT_OBJECT (event_fault() says why; of the former nothing but event_reset() may follow), or
 * -ENOMEM.
 */
int event_begin(struct weir_event *event, const char *bytes, size_t len, const uint32_t *tokens,
                size_t n_tokens);

/*
 * The same on a document that was walked; all of it is lent until event_reset(). Returns 0 or
 * EVENT_NOT_OBJECT.
 */
int event_begin_walked(struct weir_event *event, const struct json_document *walked);

/* Where and why event_begin() refused. */
static inline struct json_fault event_fault(const struct weir_event *event)
{
    return event->fault;
}

/* Ends the event; views into it are dead. Memory that a giant event has left is given back. */
void event_reset(struct weir_event *event);

/* Frees all memory; the event is empty and usable again. */
void event_deinit(struct weir_event *event);

/* The memory in bytes that the event holds, the lent bytes and tokens not counted. */
size_t event_memory(const struct weir_event *event);

/*
 * Appends the event with its patches as one line, without a line break at its end. Returns 0, or
 * -ENOMEM (buffer unchanged).
 */
int event_render(struct weir_event *event, struct buffer *buffer);

/*
 * The same operations as in weir/event.h, with a compiled pointer. The value of event_set_raw_at() must
 * be right JSON without line breaks, is not checked, and is lent until event_reset().
 */
int event_set_raw_at(struct weir_event *event, const struct pointer *pointer, const char *json,
                     size_t json_len);
/* The same for any text: it is checked, for depth too. -EINVAL where it is no value that fits. */
int event_set_json_at(struct weir_event *event, const struct pointer *pointer, const char *json,
                      size_t json_len);
/* A copy of text, which need not be right: -EILSEQ where it is not UTF-8. */
int event_set_string_at(struct weir_event *event, const struct pointer *pointer, const char *text,
                        size_t len);
/* A copy of a string as a walked document writes it, quotes included; it is not checked again. */
int event_set_quoted(struct weir_event *event, const char *pointer, const char *json,
                     size_t json_len);
int event_remove_at(struct weir_event *event, const struct pointer *pointer);
int event_create_parents_at(struct weir_event *event, const struct pointer *pointer);
int event_get_raw_at(struct weir_event *event, const struct pointer *pointer,
                     struct weir_view *ret_view);
int event_get_string_at(struct weir_event *event, const struct pointer *pointer,
                        struct weir_view *ret_view);

/* Notes why an operation at pointer failed, for event_explain(); returns error. */
int event_complain(struct weir_event *event, const struct pointer *pointer, int error);

/* Indexes JSON text with the event's own indexer. Returns 0, -EINVAL where it is none, -ENOMEM. */
int event_index(struct weir_event *event, const char *json, size_t json_len,
                const uint32_t **ret_tokens, size_t *ret_n_tokens);

/*
 * Why enrichment that returned result (negative, or a positive value that means nothing) failed, for the
 * error event: of a negative one what weir_event_fail() was told, else an EnrichmentError with the last
 * complaint of a function of this room if it returned this very error, else the error's name. The
 * texts live until event_reset(). Returns 0 or -ENOMEM.
 */
int event_explain(struct weir_event *event, int result, struct event_failure *ret_failure);

#endif
