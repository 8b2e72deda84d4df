/* SPDX-License-Identifier: Apache-2.0 */
/* Looking values up, along nodes and tokens. node_edit.c makes and changes nodes. */
#include "event/node.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "event/event.h"

char event_value_byte(const struct event_value *value)
{
    return value->node != NULL ? value->node->raw[0] : json_byte(value->document, value->token);
}

struct json_span event_value_span(const struct event_value *value)
{
    if (value->node != NULL) {
        return (struct json_span){ value->node->raw, value->node->raw_len };
    }
    uint32_t start = value->document->tokens[value->token];
    uint32_t end = json_value_end(value->document, value->token);
    return (struct json_span){ value->document->bytes + start, end - start };
}

bool event_value_is_touched(const struct event_value *value)
{
    return value->node != NULL && (value->node->touched != NULL || value->node->added != NULL);
}

struct event_value event_node_value(struct event_node *node)
{
    debug_assert(node != NULL);
    return (struct event_value){ .node = node, .member = JSON_END };
}

/* The last key of the object at open that step names, JSON_END where there is none. */
static uint32_t find_key(struct weir_event *event, const struct json_document *document,
                         uint32_t open, const struct json_step *step)
{
    uint32_t found = JSON_END;
    for (uint32_t key = json_first(document, open); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        if (json_key_is(document, key, step)) {
            event->n_duplicates += found != JSON_END;
            found = key;
        }
    }
    return found;
}

struct event_node *event_node_touched(struct event_node *node, uint32_t member)
{
    if (node == NULL || node->touched_last == NULL || node->touched_last->member < member) {
        return NULL;
    }
    bool is_behind = node->near != NULL && node->near->member <= member;
    struct event_node *child = is_behind ? node->near : node->touched;
    struct event_node *before = child;
    while (child->member < member) {
        before = child;
        child = child->next;
    }
    /* Not beyond member: a child may yet be made there. */
    node->near = child->member == member ? child : before;
    return child->member == member ? child : NULL;
}

static struct event_node *find_added(const struct event_node *node, const struct json_step *step)
{
    struct event_node *child = node != NULL ? node->added : NULL;
    while (child != NULL && (child->name_len != step->name_len ||
                             memcmp(child->name, step->name, step->name_len) != 0)) {
        child = child->next;
    }
    return child;
}

static int find_member(struct weir_event *event, const struct event_value *object,
                       const struct json_step *step, struct event_value *ret_value)
{
    struct event_node *added = find_added(object->node, step);
    if (added != NULL) {
        *ret_value = event_node_value(added);
        return 0;
    }
    uint32_t key = find_key(event, object->document, object->token, step);
    if (key == JSON_END) {
        return -ENOENT;
    }
    struct event_node *touched = event_node_touched(object->node, key);
    if (touched != NULL && touched->is_removed) {
        return -ENOENT;
    }
    *ret_value = (struct event_value){ touched, object->document, key + 2, key };
    return 0;
}

/* Whether the element at item is gone; *touched moves on to the first child not before item. */
static bool is_removed(const struct event_node **touched, uint32_t item)
{
    while (*touched != NULL && (*touched)->member < item) {
        *touched = (*touched)->next;
    }
    return *touched != NULL && (*touched)->member == item && (*touched)->is_removed;
}

static int find_element(const struct event_value *array, uint32_t index,
                        struct event_value *ret_value)
{
    const struct json_document *document = array->document;
    const struct event_node *touched = array->node != NULL ? array->node->touched : NULL;
    uint32_t left = index;
    for (uint32_t item = json_first(document, array->token); item != JSON_END;
         item = json_sibling(document, item)) {
        if (is_removed(&touched, item) || left-- > 0) {
            continue;
        }
        *ret_value =
            (struct event_value){ event_node_touched(array->node, item), document, item, item };
        return 0;
    }
    struct event_node *added = array->node != NULL ? array->node->added : NULL;
    while (added != NULL && left-- > 0) {
        added = added->next;
    }
    if (added == NULL) {
        return -ENOENT;
    }
    *ret_value = event_node_value(added);
    return 0;
}

/* The container that value is, with its document and token; -ENOTDIR where it is none. */
static int open_container(struct weir_event *event, const struct event_value *value,
                          struct event_value *ret_container)
{
    char byte = event_value_byte(value);
    if (byte != '{' && byte != '[') {
        return -ENOTDIR;
    }
    *ret_container = *value;
    if (value->node != NULL) {
        int r = event_node_index(event, value->node);
        if (r < 0) {
            return r;
        }
        ret_container->document = value->node->document;
        ret_container->token = value->node->token;
    }
    return 0;
}

int event_resolve_step(struct weir_event *event, const struct event_value *parent,
                       const struct json_step *step, struct event_value *ret_value)
{
    struct event_value container;
    int r = open_container(event, parent, &container);
    if (r < 0) {
        return r;
    }
    if (json_byte(container.document, container.token) == '{') {
        return find_member(event, &container, step, ret_value);
    }
    return step->index == JSON_NO_INDEX ? -ENOENT
                                        : find_element(&container, step->index, ret_value);
}

int event_resolve(struct weir_event *event, const struct json_step *steps, uint32_t n_steps,
                  struct event_value *ret_value)
{
    struct event_value value = event_node_value(&event->root);
    for (uint32_t i = 0; i < n_steps; i++) {
        struct event_value child;
        int r = event_resolve_step(event, &value, &steps[i], &child);
        if (r < 0) {
            return r;
        }
        value = child;
    }
    *ret_value = value;
    return 0;
}

int event_value_count(struct weir_event *event, const struct event_value *value, size_t *ret_count)
{
    struct event_value container;
    int r = open_container(event, value, &container);
    if (r < 0) {
        return r;
    }
    const struct json_document *document = container.document;
    uint32_t to_value = json_byte(document, container.token) == '{' ? 2 : 0;
    const struct event_node *touched = container.node != NULL ? container.node->touched : NULL;
    size_t count = 0;
    for (uint32_t item = json_first(document, container.token); item != JSON_END;
         item = json_sibling(document, item + to_value)) {
        count += !is_removed(&touched, item);
    }
    const struct event_node *added = container.node != NULL ? container.node->added : NULL;
    for (; added != NULL; added = added->next) {
        count++;
    }
    *ret_count = count;
    return 0;
}
