/* SPDX-License-Identifier: Apache-2.0 */
/* Making and changing nodes; node.c looks them up. */
#include <errno.h>
#include <string.h>

#include "event/event.h"
#include "event/node.h"
#include "json/text.h"
#include "json/walk.h"

/* Copies the tokens, which live in the indexer only until its next use, and walks them. */
static int document_build(struct weir_event *event, const struct event_node *node,
                          const uint32_t *tokens, size_t n_tokens,
                          const struct json_document **ret_document)
{
    struct json_document *document = arena_alloc(&event->arena, sizeof(*document));
    uint32_t *copy = arena_alloc(&event->arena, (2 * n_tokens + 1) * sizeof(*copy));
    if (document == NULL || copy == NULL) {
        return -ENOMEM;
    }
    memcpy(copy, tokens, (n_tokens + 1) * sizeof(*copy));
    *document = (struct json_document){
        .bytes = node->raw,
        .len = node->raw_len,
        .tokens = copy,
        .n_tokens = (uint32_t)n_tokens,
        .links = copy + n_tokens + 1,
    };
    struct json_fault fault;
    if (json_walk(document, JSON_MAX_DEPTH, &fault) != 0) {
        return -EINVAL;
    }
    *ret_document = document;
    return 0;
}

int event_node_index(struct weir_event *event, struct event_node *node)
{
    if (node->document != NULL) {
        return 0;
    }
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = event_index(event, node->raw, node->raw_len, &tokens, &n_tokens);
    if (r < 0) {
        return r;
    }
    r = document_build(event, node, tokens, n_tokens, &node->document);
    if (r == 0) {
        node->token = 0;
    }
    return r;
}

/* Puts child where its place in the document's order is. */
static void insert_touched(struct event_node *parent, struct event_node *child)
{
    if (parent->touched_last == NULL || parent->touched_last->member < child->member) {
        if (parent->touched_last == NULL) {
            parent->touched = child;
        } else {
            parent->touched_last->next = child;
        }
        parent->touched_last = child;
        return;
    }
    bool is_behind = parent->near != NULL && parent->near->member < child->member;
    struct event_node **place = is_behind ? &parent->near->next : &parent->touched;
    while ((*place)->member < child->member) {
        place = &(*place)->next;
    }
    child->next = *place;
    *place = child;
    parent->near = child;
}

struct event_node *event_node_of(struct weir_event *event, struct event_node *parent,
                                 const struct event_value *value)
{
    if (value->node != NULL) {
        return value->node;
    }
    struct event_node *node = arena_alloc(&event->arena, sizeof(*node));
    if (node == NULL) {
        return NULL;
    }
    struct json_span span = event_value_span(value);
    *node = (struct event_node){
        .document = value->document,
        .token = value->token,
        .member = value->member,
        .raw = span.bytes,
        .raw_len = span.len,
    };
    insert_touched(parent, node);
    return node;
}

int event_resolve_node(struct weir_event *event, const struct json_step *steps, uint32_t n_steps,
                       struct event_node **ret_node)
{
    struct event_node *node = &event->root;
    for (uint32_t i = 0; i < n_steps; i++) {
        struct event_value parent = event_node_value(node);
        struct event_value child;
        int r = event_resolve_step(event, &parent, &steps[i], &child);
        if (r < 0) {
            return r;
        }
        node = event_node_of(event, node, &child);
        if (node == NULL) {
            return -ENOMEM;
        }
    }
    *ret_node = node;
    return 0;
}

void event_node_set(struct event_node *node, const char *json, size_t json_len)
{
    node->touched = NULL;
    node->touched_last = NULL;
    node->near = NULL;
    node->added = NULL;
    node->added_last = NULL;
    node->document = NULL;
    node->raw = json;
    node->raw_len = json_len;
}

int event_node_add(struct weir_event *event, struct event_node *parent,
                   const struct json_step *step, const char *json, size_t json_len)
{
    /* An append gets here without having looked into the parent; rendering splices its document. */
    int r = event_node_index(event, parent);
    if (r < 0) {
        return r;
    }
    struct event_node *node = arena_alloc(&event->arena, sizeof(*node));
    char *name = arena_copy(&event->arena, step->name, step->name_len);
    if (node == NULL || name == NULL) {
        return -ENOMEM;
    }
    *node = (struct event_node){
        .member = JSON_END,
        .name = name,
        .name_len = step->name_len,
        .raw = json,
        .raw_len = json_len,
    };
    if (parent->added == NULL) {
        parent->added = node;
    } else {
        parent->added_last->next = node;
    }
    parent->added_last = node;
    return 0;
}

static void remove_added(struct event_node *parent, const struct event_node *node)
{
    struct event_node *before = NULL;
    struct event_node **place = &parent->added;
    while (*place != node) {
        before = *place;
        place = &before->next;
    }
    *place = node->next;
    if (parent->added_last == node) {
        parent->added_last = before;
    }
}

/*
 * Marks all members of the object parent that step names as gone: were only the last of several
 * removed, the next reader would find the one before it. All nodes are made before the first is
 * marked, so that all go or none.
 */
static int remove_named(struct weir_event *event, struct event_node *parent,
                        const struct json_step *step)
{
    const struct json_document *document = parent->document;
    for (uint32_t key = json_first(document, parent->token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct event_value value = { event_node_touched(parent, key), document, key + 2, key };
        if (json_key_is(document, key, step) && event_node_of(event, parent, &value) == NULL) {
            return -ENOMEM;
        }
    }
    for (struct event_node *node = parent->touched; node != NULL; node = node->next) {
        node->is_removed |= json_key_is(document, node->member, step);
    }
    return 0;
}

int event_node_drop(struct weir_event *event, struct event_node *parent,
                    const struct event_value *value)
{
    struct event_node *node = value->node;
    if (node != NULL) {
        node->is_removed = true;
        return 0;
    }
    /* Nobody asks for what it was. */
    node = arena_alloc(&event->arena, sizeof(*node));
    if (node == NULL) {
        return -ENOMEM;
    }
    *node = (struct event_node){ .member = value->member, .is_removed = true };
    insert_touched(parent, node);
    return 0;
}

int event_node_remove(struct weir_event *event, struct event_node *parent,
                      const struct json_step *step, const struct event_value *value)
{
    if (value->member == JSON_END) {
        remove_added(parent, value->node);
        return 0;
    }
    return parent->raw[0] == '{' ? remove_named(event, parent, step)
                                 : event_node_drop(event, parent, value);
}
