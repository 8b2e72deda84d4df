/* SPDX-License-Identifier: Apache-2.0 */
#include "json_object.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"

static struct json_object *innermost(struct json_stack *stack)
{
    require(stack->depth > 0);
    return &stack->objects[stack->depth - 1];
}

static void append(struct buffer *buffer, const char *bytes, size_t len)
{
    require(buffer_append(buffer, bytes, len) == 0);
}

void object_open(struct json_stack *stack)
{
    require(stack->depth < OBJECT_DEPTH);
    struct json_object *object = &stack->objects[stack->depth++];
    buffer_clear(&object->text);
    object->n_members = 0;
}

void object_raw(struct json_stack *stack, const char *name, const char *bytes, size_t len)
{
    struct json_object *object = innermost(stack);
    require(object->n_members < OBJECT_MEMBERS);
    struct json_member *member = &object->members[object->n_members++];
    member->name = name;
    member->start = object->text.len;
    append(&object->text, bytes, len);
    member->end = object->text.len;
}

void object_string(struct json_stack *stack, const char *name, const char *text)
{
    object_raw(stack, name, "\"", 1);
    struct json_object *object = innermost(stack);
    append(&object->text, text, strlen(text));
    append(&object->text, "\"", 1);
    object->members[object->n_members - 1].end = object->text.len;
}

void object_int(struct json_stack *stack, const char *name, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);
    object_raw(stack, name, text, (size_t)len);
}

void object_bool(struct json_stack *stack, const char *name, bool value)
{
    object_raw(stack, name, value ? "true" : "false", value ? 4 : 5);
}

static int compare_names(const void *left, const void *right)
{
    const struct json_member *a = left;
    const struct json_member *b = right;
    return strcmp(a->name, b->name);
}

static void render(struct json_object *object, bool is_sorted, struct buffer *out)
{
    if (is_sorted) {
        qsort(object->members, object->n_members, sizeof(object->members[0]), compare_names);
    }
    append(out, "{", 1);
    for (size_t i = 0; i < object->n_members; i++) {
        const struct json_member *member = &object->members[i];
        append(out, i == 0 ? "\"" : ",\"", i == 0 ? 1 : 2);
        append(out, member->name, strlen(member->name));
        append(out, "\":", 2);
        append(out, object->text.data + member->start, member->end - member->start);
    }
    append(out, "}", 1);
}

void object_close(struct json_stack *stack, const char *name)
{
    struct json_object *child = innermost(stack);
    stack->depth--;
    object_raw(stack, name, "", 0);
    struct json_object *parent = innermost(stack);
    render(child, stack->is_sorted, &parent->text);
    parent->members[parent->n_members - 1].end = parent->text.len;
}

void object_close_into(struct json_stack *stack, struct buffer *out)
{
    struct json_object *object = innermost(stack);
    stack->depth--;
    require(stack->depth == 0);
    render(object, stack->is_sorted, out);
}

void json_stack_deinit(struct json_stack *stack)
{
    for (size_t i = 0; i < OBJECT_DEPTH; i++) {
        buffer_deinit(&stack->objects[i].text);
    }
}
