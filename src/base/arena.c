/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024, BLOCK_KEPT = 256 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

static struct arena_block *block_new(struct arena_block *older, size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block != NULL) {
        block->older = older;
        block->size = size;
    }
    return block;
}

/*
 * Each block is twice as large as the one before: after a few units all of a unit fits the one that
 * a reset keeps.
 */
static size_t block_size(const struct arena_block *older)
{
    if (older == NULL) {
        return BLOCK_SIZE;
    }
    return older->size < BLOCK_KEPT / 2 ? older->size * 2 : (size_t)BLOCK_KEPT;
}

void *arena_alloc(struct arena *arena, size_t len)
{
    if (len > SIZE_MAX / 4) {
        return NULL;
    }
    size_t need = (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (arena->block == NULL || arena->block->size - arena->used < need) {
        size_t size = block_size(arena->block);
        struct arena_block *block = block_new(arena->block, need > size ? need : size);
        if (block == NULL) {
            return NULL;
        }
        arena->block = block;
        arena->used = 0;
    }
    void *bytes = arena->block->data + arena->used;
    arena->used += need;
    return bytes;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (copy != NULL) {
        if (len > 0) {
            memcpy(copy, bytes, len);
        }
        copy[len] = '\0';
    }
    return copy;
}

static void free_chain(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
    if (arena->block == NULL) {
        return;
    }
    free_chain(arena->block->older);
    arena->block->older = NULL;
    if (arena->block->size > BLOCK_KEPT) {
        free_chain(arena->block);
        arena->block = NULL;
    }
}

size_t arena_memory(const struct arena *arena)
{
    size_t memory = 0;
    for (const struct arena_block *block = arena->block; block != NULL; block = block->older) {
        memory += sizeof(*block) + block->size;
    }
    return memory;
}

void arena_deinit(struct arena *arena)
{
    free_chain(arena->block);
    *arena = (struct arena){ 0 };
}
