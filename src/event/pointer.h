/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Pointers (RFC 6901), parsed once and used many times. Not thread-safe while it is built;
 * afterwards read-only, any thread.
 */
#ifndef WEIR_EVENT_POINTER_H
#define WEIR_EVENT_POINTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/find.h"

/* Where a pointer's text is wrong, and why: a constant text. */
struct pointer_fault {
    size_t offset;
    const char *reason;
};

struct pointer {
    uint32_t n_steps;
    struct json_step steps[JSON_PATH_MAX];
    /* The pointer as it was written; lives as long as the names. */
    const char *text;
    size_t text_len;
    /* Memory of text and names, from pointer_init(); NULL after pointer_parse(). */
    char *storage;
};

/*
 * Compiles text into pointer, which then owns all it needs; pointer_deinit() frees it, also after a
 * failure. Returns 0, -EINVAL with *ret_fault filled (ret_fault may be NULL), or -ENOMEM.
 */
int pointer_init(struct pointer *pointer, const char *text, size_t len,
                 struct pointer_fault *ret_fault);
void pointer_deinit(struct pointer *pointer);

/*
 * The same for a short life: names point into text, or into arena where text holds a `~`. Nothing is
 * to be freed.
 */
int pointer_parse(struct pointer *pointer, struct arena *arena, const char *text, size_t len);

/* The pointer as a path for json_find(); lives as long as the pointer. */
static inline struct json_path pointer_path(const struct pointer *pointer)
{
    return (struct json_path){ pointer->steps, pointer->n_steps };
}

#endif
