/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pointer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER_MAX_LEN = 4096 };

/* A name as an array index; JSON_NO_INDEX where it is none. */
static uint32_t index_of(const char *name, size_t len)
{
    if (len == 0 || len > 9 || (name[0] == '0' && len > 1)) {
        return JSON_NO_INDEX;
    }
    uint32_t index = 0;
    for (size_t i = 0; i < len; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return JSON_NO_INDEX;
        }
        index = index * 10 + (uint32_t)(name[i] - '0');
    }
    return index;
}

/* Copies a step with its `~0` and `~1` resolved; returns its length, SIZE_MAX at a wrong `~`. */
static size_t resolve_tildes(char *out, const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '~') {
            out[n++] = text[i];
            continue;
        }
        i++;
        if (i == len || (text[i] != '0' && text[i] != '1')) {
            return SIZE_MAX;
        }
        out[n++] = text[i] == '0' ? '~' : '/';
    }
    return n;
}

/*
 * Cuts text into steps; names are copied to out, or lent from text where out is NULL. Returns the
 * fault, with a NULL reason where there is none.
 */
static struct pointer_fault parse_steps(struct pointer *pointer, char *out, const char *text,
                                        size_t len)
{
    size_t offset = 0;
    while (offset < len) {
        if (pointer->n_steps == JSON_PATH_MAX) {
            return (struct pointer_fault){ offset, "more than 64 steps" };
        }
        const char *name = text + ++offset;
        const char *slash = memchr(name, '/', len - offset);
        size_t name_len = slash != NULL ? (size_t)(slash - name) : len - offset;
        offset += name_len;
        if (out != NULL) {
            size_t written = resolve_tildes(out, name, name_len);
            if (written == SIZE_MAX) {
                return (struct pointer_fault){ (size_t)(name - text), "a ~ without 0 or 1 after" };
            }
            name = out;
            name_len = written;
            out += written;
        }
        pointer->steps[pointer->n_steps++] =
            (struct json_step){ name, (uint32_t)name_len, index_of(name, name_len) };
    }
    return (struct pointer_fault){ 0, NULL };
}

/* What can be wrong with text as a whole; a NULL reason where nothing is. */
static struct pointer_fault check(const char *text, size_t len)
{
    if (len > 0 && text[0] != '/') {
        return (struct pointer_fault){ 0, "a JSON Pointer begins with /" };
    }
    if (len > POINTER_MAX_LEN) {
        return (struct pointer_fault){ POINTER_MAX_LEN, "longer than 4096 bytes" };
    }
    if (len > 0 && !json_is_utf8(text, len)) {
        return (struct pointer_fault){ 0, "invalid UTF-8" };
    }
    return (struct pointer_fault){ 0, NULL };
}

int pointer_init(struct pointer *pointer, const char *text, size_t len,
                 struct pointer_fault *ret_fault)
{
    *pointer = (struct pointer){ .n_steps = 0 };
    struct pointer_fault fault = check(text, len);
    if (fault.reason == NULL) {
        /* The text, and behind it the names. */
        pointer->storage = malloc(2 * len + 1);
        if (pointer->storage == NULL) {
            return -ENOMEM;
        }
        memcpy(pointer->storage, text, len);
        pointer->text = pointer->storage;
        pointer->text_len = len;
        fault = parse_steps(pointer, pointer->storage + len, pointer->text, len);
    }
    if (fault.reason != NULL && ret_fault != NULL) {
        *ret_fault = fault;
    }
    return fault.reason == NULL ? 0 : -EINVAL;
}

void pointer_deinit(struct pointer *pointer)
{
    free(pointer->storage);
    pointer->storage = NULL;
    pointer->n_steps = 0;
}

int pointer_parse(struct pointer *pointer, struct arena *arena, const char *text, size_t len)
{
    pointer->n_steps = 0;
    pointer->text = text;
    pointer->text_len = len;
    pointer->storage = NULL;
    if (check(text, len).reason != NULL) {
        return -EINVAL;
    }
    char *out = NULL;
    if (len > 0 && memchr(text, '~', len) != NULL) {
        out = arena_alloc(arena, len);
        if (out == NULL) {
            return -ENOMEM;
        }
    }
    return parse_steps(pointer, out, text, len).reason == NULL ? 0 : -EINVAL;
}
