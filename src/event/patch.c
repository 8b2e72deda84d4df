/* SPDX-License-Identifier: Apache-2.0 */
/* Set, remove, create parents: with compiled pointers. */
#include <errno.h>
#include <string.h>

#include "event/event.h"
#include "json/text.h"

static const struct json_step *last_step(const struct pointer *pointer)
{
    return &pointer->steps[pointer->n_steps - 1];
}

/* The node of the container that the last step is in; its own node is made. */
static int resolve_parent(struct weir_event *event, const struct pointer *pointer,
                          struct event_node **ret_parent)
{
    struct event_node *parent = NULL;
    int r = event_resolve_node(event, pointer->steps, pointer->n_steps - 1, &parent);
    if (r < 0) {
        return r;
    }
    if (parent->raw[0] != '{' && parent->raw[0] != '[') {
        return -ENOTDIR;
    }
    *ret_parent = parent;
    return 0;
}

static bool is_append(const struct event_node *parent, const struct json_step *step)
{
    return parent->raw[0] == '[' && step->name_len == 1 && step->name[0] == '-';
}

static int set_child(struct weir_event *event, struct event_node *parent,
                     const struct json_step *step, const char *json, size_t json_len)
{
    if (is_append(parent, step)) {
        return event_node_add(event, parent, step, json, json_len);
    }
    struct event_value object = event_node_value(parent);
    struct event_value value;
    int r = event_resolve_step(event, &object, step, &value);
    if (r == -ENOENT && parent->raw[0] == '{') {
        return event_node_add(event, parent, step, json, json_len);
    }
    if (r < 0) {
        return r;
    }
    struct event_node *node = event_node_of(event, parent, &value);
    if (node == NULL) {
        return -ENOMEM;
    }
    event_node_set(node, json, json_len);
    return 0;
}

static int set_raw(struct weir_event *event, const struct pointer *pointer, const char *json,
                   size_t json_len)
{
    if (pointer->n_steps == 0) {
        if (json[0] != '{') {
            return -EINVAL;
        }
        event_node_set(&event->root, json, json_len);
        return 0;
    }
    struct event_node *parent = NULL;
    int r = resolve_parent(event, pointer, &parent);
    return r < 0 ? r : set_child(event, parent, last_step(pointer), json, json_len);
}

int event_set_raw_at(struct weir_event *event, const struct pointer *pointer, const char *json,
                     size_t json_len)
{
    int r = set_raw(event, pointer, json, json_len);
    if (r < 0) {
        return event_complain(event, pointer, r);
    }
    event->is_patched = true;
    return 0;
}

static int remove_value(struct weir_event *event, const struct pointer *pointer)
{
    if (pointer->n_steps == 0) {
        return -EINVAL;
    }
    struct event_node *parent = NULL;
    int r = resolve_parent(event, pointer, &parent);
    if (r < 0) {
        return r;
    }
    struct event_value container = event_node_value(parent);
    struct event_value value;
    r = event_resolve_step(event, &container, last_step(pointer), &value);
    return r < 0 ? r : event_node_remove(event, parent, last_step(pointer), &value);
}

int event_remove_at(struct weir_event *event, const struct pointer *pointer)
{
    int r = remove_value(event, pointer);
    if (r < 0) {
        return event_complain(event, pointer, r);
    }
    event->is_patched = true;
    return 0;
}

/* Objects in each other, one behind each of n_steps names: `{"a":{"b":{}}}`, in the arena. */
static int nested_objects(struct weir_event *event, const struct json_step *steps, uint32_t n_steps,
                          struct json_span *ret_json)
{
    struct buffer *text = &event->scratch;
    buffer_clear(text);
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < n_steps; i++) {
        r = buffer_append_byte(text, '{');
        if (r == 0) {
            r = json_quote(text, steps[i].name, steps[i].name_len);
        }
        if (r == 0) {
            r = buffer_append_byte(text, ':');
        }
    }
    if (r == 0) {
        r = buffer_append(text, "{}", 2);
    }
    for (uint32_t i = 0; r == 0 && i < n_steps; i++) {
        r = buffer_append_byte(text, '}');
    }
    if (r < 0) {
        return r;
    }
    char *copy = arena_copy(&event->arena, text->data, text->len);
    *ret_json = (struct json_span){ copy, text->len };
    return copy != NULL ? 0 : -ENOMEM;
}

/* Adds the first missing parent and all within it as one value: all are made or none. */
static int create_parents(struct weir_event *event, const struct json_step *steps, uint32_t n_steps)
{
    struct event_node *node = &event->root;
    for (uint32_t i = 0; i < n_steps; i++) {
        struct event_value container = event_node_value(node);
        struct event_value value;
        int r = event_resolve_step(event, &container, &steps[i], &value);
        if (r == -ENOENT && node->raw[0] == '{') {
            struct json_span json;
            r = nested_objects(event, &steps[i + 1], n_steps - i - 1, &json);
            if (r == 0) {
                r = event_node_add(event, node, &steps[i], json.bytes, json.len);
            }
            event->is_patched |= r == 0;
            return r;
        }
        if (r < 0) {
            return r;
        }
        node = event_node_of(event, node, &value);
        if (node == NULL) {
            return -ENOMEM;
        }
    }
    return node->raw[0] == '{' || node->raw[0] == '[' ? 0 : -ENOTDIR;
}

int event_create_parents_at(struct weir_event *event, const struct pointer *pointer)
{
    uint32_t n_parents = pointer->n_steps > 0 ? pointer->n_steps - 1 : 0;
    int r = create_parents(event, pointer->steps, n_parents);
    return r < 0 ? event_complain(event, pointer, r) : 0;
}
