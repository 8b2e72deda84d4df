/* SPDX-License-Identifier: Apache-2.0 */
/* Set, remove, create parents: with compiled pointers. */
#include <errno.h>
#include <string.h>

#include "event/event.h"

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

/* The member of parent that step names, made as an empty object where it is missing. */
static int create_parent(struct weir_event *event, struct event_node *parent,
                         const struct json_step *step, struct event_node **ret_node)
{
    struct event_value container = event_node_value(parent);
    struct event_value value;
    int r = event_resolve_step(event, &container, step, &value);
    if (r == -ENOENT && parent->raw[0] == '{') {
        r = event_node_add(event, parent, step, "{}", 2);
        if (r < 0) {
            return r;
        }
        event->is_patched = true;
        *ret_node = parent->added_last;
        return 0;
    }
    if (r < 0) {
        return r;
    }
    *ret_node = event_node_of(event, parent, &value);
    return *ret_node != NULL ? 0 : -ENOMEM;
}

int event_create_parents_at(struct weir_event *event, const struct pointer *pointer)
{
    struct event_node *node = &event->root;
    for (uint32_t i = 0; i + 1 < pointer->n_steps; i++) {
        int r = create_parent(event, node, &pointer->steps[i], &node);
        if (r < 0) {
            return event_complain(event, pointer, r);
        }
    }
    if (node->raw[0] != '{' && node->raw[0] != '[') {
        return event_complain(event, pointer, -ENOTDIR);
    }
    return 0;
}
