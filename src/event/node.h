/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patches of an event: a tree laid over its document, with a node for each value that was
 * changed, removed or added, and for the containers on the way there. What has no node is as the
 * document says. A pointer is resolved from the root along nodes where there are some and along the
 * document's tokens elsewhere.
 *
 * Invariants: a node's children are in two lists: touched, members of the node's own document in
 * document order; and added, in the order of adding. A removed member stays in touched, marked. A
 * node that holds a value handed in has no document until a pointer leads inside it; then the value
 * is indexed and is a document like the event's own. Looking a member up costs a pass over the
 * container's members; looking up, making and marking children in the order of the document costs
 * no more than one pass over its nodes for all of them.
 *
 * Thread: the event's owner. All memory is the event's arena.
 */
#ifndef WEIR_EVENT_NODE_H
#define WEIR_EVENT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/document.h"
#include "json/find.h"

struct weir_event;

struct event_node {
    /* The next in the list of the parent. */
    struct event_node *next;
    /* Children that are in the document, in its order, and the last of them. */
    struct event_node *touched;
    struct event_node *touched_last;
    /* The one that was last looked up or made, or NULL: where the next search begins. */
    struct event_node *near;
    /* Children that were added, and the last of them. */
    struct event_node *added;
    struct event_node *added_last;
    /* Where the value stands; NULL while it is only bytes. */
    const struct json_document *document;
    /* The value's first token in document. */
    uint32_t token;
    /* In touched: the token of the member's key, or of the element, in the parent's document. */
    uint32_t member;
    /* In touched: the member is gone. */
    bool is_removed;
    /* In added of an object: the member's name, not escaped. */
    const char *name;
    uint32_t name_len;
    /* The value's bytes without its children's changes, no whitespace around them. */
    const char *raw;
    size_t raw_len;
};

/* A value that was looked up: a node, or where there is none a place in a document. */
struct event_value {
    struct event_node *node;
    /* Where node is NULL, and for members of a document. */
    const struct json_document *document;
    uint32_t token;
    /* The token of the member's key, or of the element; JSON_END for added members and the root. */
    uint32_t member;
};

/* The child of node in touched that is at member; NULL where there is none, or no node. */
struct event_node *event_node_touched(struct event_node *node, uint32_t member);

/* The first byte of a value, which tells its kind. */
char event_value_byte(const struct event_value *value);

static inline enum json_kind event_value_kind(const struct event_value *value)
{
    return (enum json_kind)json_kind_of_byte[(unsigned char)event_value_byte(value)];
}

/* The value's bytes as they stand in its document, without changes inside it. */
struct json_span event_value_span(const struct event_value *value);

/* Whether anything inside the value was changed, so that its span is not what it says. */
bool event_value_is_touched(const struct event_value *value);

/*
 * Follows n_steps steps from the root. Returns 0, -ENOENT, -ENOTDIR, or -ENOMEM.
 */
int event_resolve(struct weir_event *event, const struct json_step *steps, uint32_t n_steps,
                  struct event_value *ret_value);

/* One step from parent; errors as above. */
int event_resolve_step(struct weir_event *event, const struct event_value *parent,
                       const struct json_step *step, struct event_value *ret_value);

/* The same as event_resolve(), with a node for the value and for all above it. */
int event_resolve_node(struct weir_event *event, const struct json_step *steps, uint32_t n_steps,
                       struct event_node **ret_node);

/* A node as a value, to go on from it. */
struct event_value event_node_value(struct event_node *node);

/* The node of value, a child of parent, made where there is none; NULL without memory. */
struct event_node *event_node_of(struct weir_event *event, struct event_node *parent,
                                 const struct event_value *value);

/* Gives a node a new value; json is lent and trimmed. */
void event_node_set(struct event_node *node, const char *json, size_t json_len);

/*
 * Adds a child behind the others; step names it where parent is an object. Returns 0 or -ENOMEM.
 */
int event_node_add(struct weir_event *event, struct event_node *parent,
                   const struct json_step *step, const char *json, size_t json_len);

/*
 * Removes value, which step has led to from parent, and with it members of the same name. Returns 0
 * or -ENOMEM.
 */
int event_node_remove(struct weir_event *event, struct event_node *parent,
                      const struct json_step *step, const struct event_value *value);

/*
 * Marks one member or element of parent's document as gone, and no other of the same name. Returns 0 or
 * -ENOMEM.
 */
int event_node_drop(struct weir_event *event, struct event_node *parent,
                    const struct event_value *value);

/* Makes sure that the node has a document. Returns 0 or -ENOMEM, -EINVAL where it is no JSON. */
int event_node_index(struct weir_event *event, struct event_node *node);

/* Counts the members or elements of a container. */
int event_value_count(struct weir_event *event, const struct event_value *value, size_t *ret_count);

#endif
