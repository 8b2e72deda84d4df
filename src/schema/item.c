/* SPDX-License-Identifier: Apache-2.0 */
/* Values as they stand: document and patches behind one face. */
#include <errno.h>

#include "event/render.h"
#include "schema/checker_private.h"
#include "json/text.h"
#include "json/walk.h"

void scalar_put(struct scalar_document *scalar, const char *raw, size_t raw_len)
{
    bool is_string = raw[0] == '"';
    bool is_escaped = is_string && memchr(raw, '\\', raw_len) != NULL;
    scalar->tokens[0] = 0;
    scalar->tokens[1] = (uint32_t)raw_len;
    scalar->links[0] = (uint32_t)(raw_len - is_string) | (is_escaped ? JSON_LINK_ESCAPED : 0);
    scalar->document = (struct json_document){
        .bytes = raw,
        .len = raw_len,
        .tokens = scalar->tokens,
        .n_tokens = 1,
        .links = scalar->links,
    };
}

/* The value of a node. */
static bool put_node(struct items *items, struct event_node *node, struct frame *frame)
{
    struct schema_checker *checker = items->checker;
    frame->node = node;
    if (node->document == NULL && node->raw[0] != '{' && node->raw[0] != '[') {
        scalar_put(&items->scalar, node->raw, node->raw_len);
        frame->item = (struct item){ &items->scalar.document, 0, NULL };
        return true;
    }
    if (event_node_index(checker->event, node) < 0) {
        return out_of_memory(checker);
    }
    bool is_changed = node->touched != NULL || node->added != NULL;
    frame->item = (struct item){ node->document, node->token, is_changed ? node : NULL };
    return true;
}

void items_begin(struct items *items, struct schema_checker *checker, const struct frame *container)
{
    const struct item *item = &container->item;
    items->checker = checker;
    items->document = item->document;
    items->is_object = json_byte(item->document, item->token) == '{';
    items->next = json_first(item->document, item->token);
    items->n_seen = 0;
    items->touched = item->node != NULL ? item->node->touched : NULL;
    items->added = item->node != NULL ? item->node->added : NULL;
}

/* The name of the member at key, copied where it holds escapes. */
static bool put_name(struct items *items, uint32_t key, struct frame *frame)
{
    struct json_string string = json_string(items->document, key);
    frame->name = string.raw;
    frame->name_len = string.raw_len;
    if (!string.has_escape) {
        return true;
    }
    /* The copies stay until the check ends: this bounds them to 128 MiB and what is linear. */
    if (!spend(items->checker, 2 + string.raw_len / 4)) {
        return false;
    }
    char *text = arena_alloc(&items->checker->arena, string.raw_len);
    size_t len = 0;
    if (text == NULL) {
        return out_of_memory(items->checker);
    }
    (void)json_unescape(string.raw, string.raw_len, text, &len);
    frame->name = text;
    frame->name_len = (uint32_t)len;
    return true;
}

/* The node at member, if there is one; those before it are passed. */
static struct event_node *pass_touched(struct items *items, uint32_t member)
{
    while (items->touched != NULL && items->touched->member < member) {
        items->touched = items->touched->next;
    }
    bool is_here = items->touched != NULL && items->touched->member == member;
    return is_here ? items->touched : NULL;
}

static bool put_added(struct items *items, struct frame *frame)
{
    struct event_node *node = items->added;
    if (node == NULL) {
        return false;
    }
    items->added = node->next;
    frame->member = JSON_END;
    frame->is_original = false;
    frame->name = items->is_object ? node->name : NULL;
    frame->name_len = node->name_len;
    frame->index = items->n_seen++;
    return put_node(items, node, frame);
}

bool items_next(struct items *items, struct frame *frame)
{
    const struct json_document *document = items->document;
    uint32_t to_value = items->is_object ? 2 : 0;
    if (!spend(items->checker, 1)) {
        return false;
    }
    while (items->next != JSON_END) {
        uint32_t member = items->next;
        items->next = json_sibling(document, member + to_value);
        struct event_node *node = pass_touched(items, member);
        if (node != NULL && node->is_removed) {
            continue;
        }
        frame->member = member;
        frame->index = items->n_seen++;
        frame->name = NULL;
        frame->is_original = node == NULL || node->document == document;
        frame->item = (struct item){ document, member + to_value, NULL };
        frame->node = NULL;
        if (node != NULL && !put_node(items, node, frame)) {
            return false;
        }
        return !items->is_object || put_name(items, member, frame);
    }
    return put_added(items, frame);
}

void items_take(struct items *items, struct frame *frame)
{
    const struct json_document *document = items->document;
    uint32_t member = items->next;
    struct json_string name = json_string(document, member);
    items->next = json_sibling(document, member + 2);
    frame->item = (struct item){ document, member + 2, NULL };
    frame->node = NULL;
    frame->member = member;
    frame->is_original = true;
    frame->name = name.raw;
    frame->name_len = name.raw_len;
}

struct json_span item_span(const struct item *item)
{
    uint32_t start = item->document->tokens[item->token];
    return (struct json_span){ item->document->bytes + start,
                               json_value_end(item->document, item->token) - start };
}

bool item_text(struct schema_checker *checker, const struct item *item, struct json_span *ret_text)
{
    struct json_string string = json_string(item->document, item->token);
    *ret_text = (struct json_span){ string.raw, string.raw_len };
    if (!string.has_escape) {
        return true;
    }
    struct buffer *text = &checker->text;
    buffer_clear(text);
    if (!spend(checker, string.raw_len / ESCAPED_A_STEP)) {
        return false;
    }
    if (buffer_reserve(text, string.raw_len) < 0) {
        return out_of_memory(checker);
    }
    (void)json_unescape(string.raw, string.raw_len, text->data, &text->len);
    *ret_text = (struct json_span){ text->data, text->len };
    return true;
}

/* Parses checker->flat with the event's own indexer. */
static bool parse_flat(struct schema_checker *checker, struct json_document *document)
{
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    struct json_fault fault;
    int r = event_index(checker->event, checker->flat.data, checker->flat.len, &tokens, &n_tokens);
    buffer_clear(&checker->flat_links);
    if (r < 0 || buffer_reserve(&checker->flat_links, n_tokens * sizeof(uint32_t)) < 0) {
        return out_of_memory(checker);
    }
    *document = (struct json_document){
        .bytes = checker->flat.data,
        .len = checker->flat.len,
        .tokens = tokens,
        .n_tokens = (uint32_t)n_tokens,
        .links = (uint32_t *)(void *)checker->flat_links.data,
    };
    /* What patches make of right JSON is right JSON. */
    require(json_walk(document, JSON_MAX_DEPTH, &fault) == 0);
    return true;
}

bool item_flatten(struct schema_checker *checker, const struct item *item, struct item *ret_item)
{
    *ret_item = *item;
    if (item->node == NULL) {
        return true;
    }
    struct json_document *document = arena_alloc(&checker->arena, sizeof(*document));
    buffer_clear(&checker->flat);
    if (document == NULL || event_node_render(item->node, &checker->flat) < 0) {
        return out_of_memory(checker);
    }
    *ret_item = (struct item){ document, 0, NULL };
    return spend(checker, checker->flat.len / BYTES_A_STEP) && parse_flat(checker, document);
}

struct event_node *frame_node(struct schema_checker *checker, const struct frame *frame)
{
    if (frame->up == NULL) {
        return &checker->event->root;
    }
    if (frame->node != NULL) {
        return frame->node;
    }
    struct event_node *parent = frame_node(checker, frame->up);
    if (parent == NULL) {
        return NULL;
    }
    struct event_value value = { event_node_touched(parent, frame->member), frame->item.document,
                                 frame->item.token, frame->member };
    return event_node_of(checker->event, parent, &value);
}
