/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives as long as one unit of work and is given back whole. Not thread-safe: one owner.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialised is empty and valid. */
struct arena {
    /* The block that is being filled; older ones are chained behind it. */
    struct arena_block *block;
    size_t used;
};

/*
 * Returns len bytes, aligned for any type, valid until arena_reset() or arena_deinit(), or NULL
 * without memory. Not cleared.
 */
void *arena_alloc(struct arena *arena, size_t len);

/* A copy of bytes with a NUL behind it, or NULL without memory. */
char *arena_copy(struct arena *arena, const void *bytes, size_t len);

/*
 * Gives all back; keeps the newest and largest block for the next unit, unless it is huge (above
 * 256 KiB), so that the steady state does not malloc.
 */
void arena_reset(struct arena *arena);

/* The bytes that the arena holds, used or not. */
size_t arena_memory(const struct arena *arena);

void arena_deinit(struct arena *arena);

#endif
