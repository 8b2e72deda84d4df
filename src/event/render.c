/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splicing. A container is copied from its document up to the first change, then what the change says,
 * then on from behind the old value. Commas:
 *
 * - A run of removed members that a member follows goes from behind the token before it (the bracket
 *   or a comma) through the comma behind it.
 * - A run at the end goes from behind the last member that stays, its comma included, to the bracket.
 * - If no member stays, all between the brackets goes.
 * - What is added comes directly behind the last member that stays.
 *
 * Recursion: as deep as the longest pointer, 64 steps.
 */
#include "event/render.h"

#include "event/event.h"
#include "json/text.h"

/* Where rendering of one container is. */
struct splice {
    const struct json_document *document;
    struct buffer *buffer;
    /* Its opening and closing bracket. */
    uint32_t open;
    uint32_t close;
    /* Up to this offset the document has been copied or left out. */
    uint32_t cursor;
    /* The last token of the last member that stays; open where none stays. */
    uint32_t kept;
};

static int copy_to(struct splice *splice, uint32_t offset)
{
    uint32_t len = offset - splice->cursor;
    int r = buffer_append(splice->buffer, splice->document->bytes + splice->cursor, len);
    splice->cursor = offset;
    return r;
}

/* The offset behind token, which is a bracket or a scalar. */
static uint32_t end_of_token(const struct json_document *document, uint32_t token)
{
    char byte = json_byte(document, token);
    if (byte == '{' || byte == '[' || byte == '}' || byte == ']') {
        return document->tokens[token] + 1;
    }
    return json_value_end(document, token);
}

/* The value token of the touched child. */
static uint32_t value_token(const struct splice *splice, const struct event_node *child)
{
    return json_byte(splice->document, splice->open) == '{' ? child->member + 2 : child->member;
}

/*
 * Leaves out the run of removed members that begins at child; returns the child behind the run in
 * *ret_next.
 */
static int cut_run(struct splice *splice, const struct event_node *child,
                   const struct event_node **ret_next)
{
    const struct json_document *document = splice->document;
    uint32_t before = child->member - 1;
    uint32_t behind = json_next(document, value_token(splice, child));
    child = child->next;
    while (child != NULL && child->is_removed && child->member == behind + 1) {
        behind = json_next(document, value_token(splice, child));
        child = child->next;
    }
    *ret_next = child;
    if (behind != splice->close) {
        int r = copy_to(splice, document->tokens[before] + 1);
        splice->cursor = document->tokens[behind] + 1;
        return r;
    }
    splice->kept = before == splice->open ? before : before - 1;
    return copy_to(splice, end_of_token(document, splice->kept));
}

static int render_touched(struct splice *splice, const struct event_node *child)
{
    while (child != NULL) {
        if (child->is_removed) {
            int r = cut_run(splice, child, &child);
            if (r < 0) {
                return r;
            }
            continue;
        }
        uint32_t token = value_token(splice, child);
        int r = copy_to(splice, splice->document->tokens[token]);
        if (r == 0) {
            r = event_node_render(child, splice->buffer);
        }
        if (r < 0) {
            return r;
        }
        splice->cursor = json_value_end(splice->document, token);
        child = child->next;
    }
    return 0;
}

/* Appends the children that were added; a comma first where members stay before them. */
static int render_added(const struct splice *splice, const struct event_node *child)
{
    bool is_object = json_byte(splice->document, splice->open) == '{';
    bool needs_comma = splice->kept != splice->open;
    for (; child != NULL; child = child->next) {
        int r = needs_comma ? buffer_append_byte(splice->buffer, ',') : 0;
        if (r == 0 && is_object) {
            r = json_quote(splice->buffer, child->name, child->name_len);
        }
        if (r == 0 && is_object) {
            r = buffer_append_byte(splice->buffer, ':');
        }
        if (r == 0) {
            r = event_node_render(child, splice->buffer);
        }
        if (r < 0) {
            return r;
        }
        needs_comma = true;
    }
    return 0;
}

static int render_container(const struct event_node *node, struct buffer *buffer)
{
    const struct json_document *document = node->document;
    struct splice splice = {
        .document = document,
        .buffer = buffer,
        .open = node->token,
        .close = document->links[node->token],
        .cursor = document->tokens[node->token],
        .kept = document->links[node->token] - 1,
    };
    int r = render_touched(&splice, node->touched);
    if (r == 0 && node->added != NULL) {
        r = copy_to(&splice, end_of_token(document, splice.kept));
    }
    if (r == 0) {
        r = render_added(&splice, node->added);
    }
    if (r < 0) {
        return r;
    }
    if (splice.kept != splice.close - 1) {
        splice.cursor = document->tokens[splice.close];
    }
    return copy_to(&splice, document->tokens[splice.close] + 1);
}

int event_node_render(const struct event_node *node, struct buffer *buffer)
{
    if (node->touched == NULL && node->added == NULL) {
        return buffer_append(buffer, node->raw, node->raw_len);
    }
    return render_container(node, buffer);
}

/* Line breaks between tokens become spaces: the output is a line. */
static void flatten(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            bytes[i] = ' ';
        }
    }
}

/* The event between what stands before and behind its document: spaces, if anything. */
static int render_patched(const struct weir_event *event, struct buffer *buffer)
{
    const struct json_document *document = &event->document;
    uint32_t start = document->tokens[0];
    uint32_t end = json_value_end(document, 0);
    int r = buffer_append(buffer, document->bytes, start);
    if (r == 0) {
        r = event_node_render(&event->root, buffer);
    }
    return r == 0 ? buffer_append(buffer, document->bytes + end, document->len - end) : r;
}

int event_render(struct weir_event *event, struct buffer *buffer)
{
    size_t before = buffer->len;
    int r = event->is_patched ? render_patched(event, buffer)
                              : buffer_append(buffer, event->document.bytes, event->document.len);
    if (r < 0) {
        buffer->len = before;
        return r;
    }
    if (event->document.has_break || event->has_break) {
        flatten(buffer->data + before, buffer->len - before);
    }
    return 0;
}
