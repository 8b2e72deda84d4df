/* SPDX-License-Identifier: Apache-2.0 */
#include "event/room.h"

int room_init(struct room *room, size_t limit)
{
    *room = (struct room){ .limit = limit };
    int r = mutex_init(&room->lock);
    if (r < 0) {
        return r;
    }
    r = condition_init(&room->released);
    if (r < 0) {
        mutex_deinit(&room->lock);
    }
    return r;
}

void room_deinit(struct room *room)
{
    condition_deinit(&room->released);
    mutex_deinit(&room->lock);
}

static void set_locked(struct room *room, size_t before, size_t after) REQUIRES(room->lock)
{
    room->charged += after - before;
    if (after < before) {
        condition_broadcast(&room->released);
    }
}

static bool try_locked(struct room *room, size_t before, size_t after) REQUIRES(room->lock)
{
    size_t others = room->charged - before;
    bool is_room = others == 0 || (others <= room->limit && after <= room->limit - others);
    if (is_room) {
        set_locked(room, before, after);
    }
    return is_room;
}

bool room_try(struct room *room, size_t before, size_t after)
{
    mutex_lock(&room->lock);
    bool is_room = try_locked(room, before, after);
    mutex_unlock(&room->lock);
    return is_room;
}

void room_wait(struct room *room, size_t before, size_t after)
{
    mutex_lock(&room->lock);
    while (!try_locked(room, before, after)) {
        condition_wait(&room->released, &room->lock);
    }
    mutex_unlock(&room->lock);
}

void room_set(struct room *room, size_t before, size_t after)
{
    mutex_lock(&room->lock);
    set_locked(room, before, after);
    mutex_unlock(&room->lock);
}

bool room_reserve(struct room *room)
{
    mutex_lock(&room->lock);
    bool is_taken = !room->is_reserve_taken;
    room->is_reserve_taken = true;
    mutex_unlock(&room->lock);
    return is_taken;
}

void room_unreserve(struct room *room)
{
    mutex_lock(&room->lock);
    room->is_reserve_taken = false;
    mutex_unlock(&room->lock);
}
