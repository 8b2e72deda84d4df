/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON objects whose members may be put in alphabetical order. Objects nest by a stack:
 * object_open(), members, object_close() into the parent. Strings are taken as they stand: the
 * caller has escaped them. Running out of memory ends the program. For test generators only.
 */
#ifndef WEIR_TESTS_JSON_OBJECT_H
#define WEIR_TESTS_JSON_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum { OBJECT_DEPTH = 8, OBJECT_MEMBERS = 24 };

struct json_object {
    /* The values, one behind the other. */
    struct buffer text;
    /* The name of each member, and where its value begins and ends in text. */
    struct json_member {
        const char *name;
        size_t start, end;
    } members[OBJECT_MEMBERS];
    size_t n_members;
};

struct json_stack {
    struct json_object objects[OBJECT_DEPTH];
    size_t depth;
    /* Whether members are written in alphabetical order, not as they were added. */
    bool is_sorted;
};

/* Opens an object and makes it the one that the calls below add to. */
void object_open(struct json_stack *stack);

/* Adds a member to the innermost open object. Names outlive the object. */
void object_string(struct json_stack *stack, const char *name, const char *text);
void object_int(struct json_stack *stack, const char *name, uint64_t value);
void object_bool(struct json_stack *stack, const char *name, bool value);
void object_raw(struct json_stack *stack, const char *name, const char *bytes, size_t len);

/* Closes the innermost object and adds it to its parent under name. */
void object_close(struct json_stack *stack, const char *name);

/* Closes the outermost object and appends it to out. */
void object_close_into(struct json_stack *stack, struct buffer *out);

void json_stack_deinit(struct json_stack *stack);

#endif
