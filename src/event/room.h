/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room: the part of the memory limit that nobody owns beforehand. Whoever is about to need more than he
 * has charges it here before he allocates it, and gives it back when it is free. Charges of one owner
 * change as one number. While nothing is charged anybody gets what he asks for, so that nobody waits for
 * ever for a room that is too small.
 *
 * Thread: any.
 */
#ifndef WEIR_EVENT_ROOM_H
#define WEIR_EVENT_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/thread.h"

struct room {
    struct mutex lock;
    struct condition released;
    /* Fixed after start. */
    size_t limit;
    /* Guarded by lock. */
    size_t charged;
    /* Somebody works above the limit: room_reserve(). */
    bool is_reserve_taken;
};

/* Returns 0 or -errno. */
int room_init(struct room *room, size_t limit);
void room_deinit(struct room *room);

/* Brings an owner's charge from before to after, if there is room: true. */
bool room_try(struct room *room, size_t before, size_t after);

/* The same; waits for room. */
void room_wait(struct room *room, size_t before, size_t after);

/* The same whether there is room or not: to give back, or for what must go on. */
void room_set(struct room *room, size_t before, size_t after);

/*
 * The one reserve: who holds it may go beyond the limit (room_set()), so that at least one of those who
 * wait for room in the middle of their work can finish. True: it is the caller's until room_unreserve().
 */
bool room_reserve(struct room *room);
void room_unreserve(struct room *room);

#endif
