/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in, positions out. The lock is held for a few stores at a time and never while another one
 * is taken (the partition table has its own).
 */
#include "source/sse_track.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/sse_lane.h"

int sse_track_new(const struct sse_track_options *options, struct sse_track **ret_track)
{
    struct sse_track *track = calloc(1, sizeof(*track));
    if (track == NULL) {
        return -ENOMEM;
    }
    track->options = *options;
    track->first_ms = -1;
    track->newest_ms = -1;
    int r = mutex_init(&track->lock);
    if (r < 0) {
        free(track);
        return r;
    }
    *ret_track = track;
    return 0;
}

void sse_track_free(struct sse_track *track)
{
    if (track == NULL) {
        return;
    }
    for (size_t i = 0; i < track->n_lanes; i++) {
        sse_window_deinit(&track->lanes[i].window);
        free(track->lanes[i].topic);
        free(track->lanes[i].name);
    }
    free(track->lanes);
    mutex_deinit(&track->lock);
    free(track);
}

void sse_track_connected(struct sse_track *track, int64_t realtime_ms)
{
    track->is_first_connection = track->first_ms < 0;
    if (track->is_first_connection) {
        mutex_lock(&track->lock);
        track->first_ms = realtime_ms;
        mutex_unlock(&track->lock);
    }
}

/* The lane that a name stands for, made if it is new. Returns its index or -errno. */
static int lane_for(struct sse_track *track, const struct sse_name *name, size_t hint)
{
    /* Ids list the topic-partitions in one order, mostly. */
    if (hint < track->n_lanes && track->lanes[hint].partition == name->partition &&
        strncmp(track->lanes[hint].topic, name->topic, name->topic_len) == 0 &&
        track->lanes[hint].topic[name->topic_len] == '\0') {
        return (int)hint;
    }
    int found = sse_lane_find(track, name);
    return found >= 0 ? found : sse_lane_add(track, name);
}

/*
 * Learns which topic-partitions there are. *ret_lane is the one whose timestamp has moved: that of the
 * message; -1 where none has.
 */
static int learn_places(struct sse_track *track, const struct sse_message *message, int *ret_lane)
{
    *ret_lane = -1;
    for (size_t i = 0; i < message->n_places; i++) {
        const struct sse_place *place = &message->places[i];
        int index = lane_for(track, &place->name, i);
        if (index == -E2BIG) {
            return 0;
        }
        if (index < 0) {
            return index;
        }
        struct sse_lane *lane = &track->lanes[index];
        if (place->timestamp_ms >= 0 && place->timestamp_ms != lane->place_ms) {
            lane->place_ms = place->timestamp_ms;
            *ret_lane = index;
        }
    }
    return 0;
}

/* The lane of a message that does not say where it stands. Returns its index or -errno. */
static int blind_lane(struct sse_track *track, int moved)
{
    static const struct sse_name nowhere = { .topic = "" };
    if (moved >= 0) {
        return moved;
    }
    if (track->n_lanes > 0) {
        return (int)track->current;
    }
    track->is_blind = true;
    return lane_for(track, &nowhere, 0);
}

static int find_lane(struct sse_track *track, const struct sse_message *message)
{
    int moved;
    int r = learn_places(track, message, &moved);
    if (r < 0) {
        return r;
    }
    if (message->facts->is_located) {
        r = lane_for(track, &message->facts->name, track->current);
    }
    return message->facts->is_located ? r : blind_lane(track, moved);
}

/* When the message was made: the id field tells it of each lane's last one, plus 1. */
static int64_t time_of(const struct sse_lane *lane, const struct sse_message *message)
{
    if (message->n_places > 0 && lane->place_ms > 0) {
        return lane->place_ms - 1;
    }
    return message->facts->dt_ms >= 0 ? message->facts->dt_ms : message->now_ms;
}

/* The service's clock is not ours: its first messages tell when the first connection was. */
static void note_time(struct sse_track *track, int64_t time_ms)
{
    track->newest_ms = time_ms > track->newest_ms ? time_ms : track->newest_ms;
    if (track->is_first_connection && time_ms < track->first_ms) {
        mutex_lock(&track->lock);
        track->first_ms = time_ms;
        mutex_unlock(&track->lock);
    }
}

/* Another cluster counts for all topics anew; only what was found as expected stays. */
static int move(struct sse_track *track, struct sse_lane *lane, const struct sse_facts *facts)
{
    log_warning("offsets are not what they were: going on by time", LOG_TEXT("topic", lane->topic),
                LOG_INTEGER("partition", lane->partition),
                LOG_INTEGER("expected_offset", lane->last.offset),
                LOG_INTEGER("offset", facts->is_located ? facts->offset : -1));
    for (size_t i = 0; i < track->n_lanes; i++) {
        track->lanes[i].is_moved |= track->lanes[i].check != SSE_CHECK_NOTHING;
    }
    return SSE_MOVED;
}

/*
 * The first event of a lane in a connection. Returns SSE_IGNORE where it is the last one again, SSE_GIVE
 * where it is another one and rightly so, or SSE_MOVED.
 */
static int check(struct sse_track *track, struct sse_lane *lane, const struct sse_message *message,
                 int64_t time_ms)
{
    const struct sse_facts *facts = message->facts;
    enum sse_check wanted = lane->check;
    if (wanted == SSE_CHECK_NOTHING) {
        return SSE_GIVE;
    }
    bool is_same = facts->offset == lane->last.offset && facts->id == lane->last.id;
    /* Offsets have small gaps. */
    bool is_next = facts->offset > lane->last.offset &&
                   facts->offset - lane->last.offset <= SSE_GAP_MAX &&
                   llabs(time_ms - lane->last.time_ms) <= SSE_STEP_BACK_MS;
    if (!facts->is_located || !(wanted == SSE_CHECK_SAME ? is_same : is_next)) {
        return move(track, lane, facts);
    }
    lane->check = SSE_CHECK_NOTHING;
    lane->cursor = lane->last.offset + 1;
    if (wanted == SSE_CHECK_NEXT) {
        return SSE_GIVE;
    }
    lane->confirmed_ms = message->now_ms;
    return SSE_IGNORE;
}

/* Whether the window knows the event, from before offsets moved. */
static bool is_known(struct sse_track *track, struct sse_lane *lane,
                     const struct sse_record *record)
{
    if (lane->lookup_ends_ms < 0) {
        return false;
    }
    if (record->time_ms <= lane->lookup_ends_ms) {
        bool is_seen = sse_window_has_seen(&lane->window, record->id);
        lane->n_known += is_seen;
        return is_seen;
    }
    log_info("going on by time has passed what was done", LOG_TEXT("topic", lane->topic),
             LOG_INTEGER("partition", lane->partition), LOG_INTEGER("repeats", lane->n_known));
    sse_lane_stop_lookup(track, lane);
    return false;
}

/* Remembers an event as read. */
static int remember(struct sse_track *track, struct sse_lane *lane, const struct sse_record *record,
                    bool is_located)
{
    mutex_lock(&track->lock);
    int r = sse_window_add(&lane->window, record);
    if (r == 0 && is_located) {
        lane->last = *record;
        lane->has_last = true;
    }
    mutex_unlock(&track->lock);
    return r;
}

/* Gives a new event its position. */
static int place(struct sse_track *track, struct sse_lane *lane, struct sse_record *record,
                 bool is_located, struct position *ret_position)
{
    if (lane->name == NULL) {
        struct partition_state state = { .watermark = record->offset };
        int r = sse_lane_open(track, lane, &state);
        if (r < 0) {
            return r;
        }
    }
    record->partition = lane->index;
    bool is_done =
        partition_state_has_done(lane->start, record->offset) != 0 || is_known(track, lane, record);
    int r = remember(track, lane, record, is_located);
    if (r < 0) {
        return r;
    }
    *ret_position = (struct position){ .partition = lane->index,
                                       .sequence = lane->next_sequence++,
                                       .offset = record->offset,
                                       .next_offset = record->offset + 1 };
    lane->next_offset = record->offset + 1;
    lane->cursor = lane->next_offset;
    return is_done ? SSE_SKIP : SSE_GIVE;
}

/* An event that lies below what was given out: from before the restart, or read again. */
static int pass(struct sse_track *track, struct sse_lane *lane, const struct sse_record *record,
                bool is_located)
{
    lane->cursor = record->offset + 1;
    if (is_located && (!lane->has_last || record->offset > lane->last.offset)) {
        mutex_lock(&track->lock);
        lane->last = *record;
        lane->has_last = true;
        mutex_unlock(&track->lock);
    }
    return SSE_IGNORE;
}

int sse_track_take(struct sse_track *track, const struct sse_message *message,
                   struct position *ret_position)
{
    const struct sse_facts *facts = message->facts;
    int index = find_lane(track, message);
    if (index < 0) {
        return index;
    }
    track->current = (size_t)index;
    struct sse_lane *lane = &track->lanes[index];
    struct sse_record record = { .id = facts->id, .time_ms = time_of(lane, message) };
    note_time(track, record.time_ms);
    int checked = check(track, lane, message, record.time_ms);
    if (checked != SSE_GIVE) {
        return checked;
    }
    int64_t until_ms = track->options.until_ms;
    lane->is_past_until |= until_ms >= 0 && record.time_ms >= until_ms;
    if (lane->is_past_until) {
        return SSE_IGNORE;
    }
    /* What cannot be read stands behind the one before it. */
    record.offset = facts->is_located ? facts->offset : lane->cursor;
    return record.offset < lane->next_offset
               ? pass(track, lane, &record, facts->is_located)
               : place(track, lane, &record, facts->is_located, ret_position);
}

/* Offsets moved; or there is none to ask by, since no event that was read had one. */
static bool must_renew(const struct sse_lane *lane)
{
    return lane->is_moved || (lane->name != NULL && !lane->has_last && lane->topic[0] != '\0');
}

bool sse_track_has_moved(const struct sse_track *track)
{
    for (size_t i = 0; i < track->n_lanes; i++) {
        if (must_renew(&track->lanes[i])) {
            return true;
        }
    }
    return false;
}

/* From when to ask a lane that has moved: all it read is done by now. */
static int64_t step_back(const struct sse_track *track, const struct sse_lane *lane)
{
    int64_t last_ms = lane->has_last ? lane->last.time_ms : sse_window_newest_ms(&lane->window);
    if (last_ms < 0) {
        return sse_lane_start_ms(track, lane);
    }
    return last_ms > SSE_STEP_BACK_MS ? last_ms - SSE_STEP_BACK_MS : 0;
}

static int follow(struct sse_track *track, struct sse_lane *lane)
{
    if (lane->name != NULL && lane->next_sequence > 0) {
        int r =
            partition_table_wait(track->options.partitions, lane->index, lane->next_sequence, 1);
        if (r != 0) {
            return r;
        }
    }
    int64_t start_ms = step_back(track, lane);
    char since[RFC3339_SIZE];
    rfc3339_format(since, start_ms * NS_PER_MS, 3);
    log_info("asking by time", LOG_TEXT("topic", lane->topic),
             LOG_INTEGER("partition", lane->partition), LOG_TEXT("since", since),
             LOG_INTEGER("known", (int64_t)lane->window.n));
    if (lane->window.has_overflowed && sse_window_at(&lane->window, 0)->time_ms > start_ms) {
        log_warning("not all events since then are known: some may come twice",
                    LOG_TEXT("topic", lane->topic), LOG_INTEGER("partition", lane->partition));
    }
    return sse_lane_renew(track, lane, start_ms);
}

int sse_track_follow(struct sse_track *track)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < track->n_lanes; i++) {
        if (must_renew(&track->lanes[i])) {
            r = follow(track, &track->lanes[i]);
        }
    }
    return r;
}

bool sse_track_is_past_until(const struct sse_track *track)
{
    int64_t until_ms = track->options.until_ms;
    if (until_ms < 0 || track->newest_ms < until_ms) {
        return false;
    }
    bool is_past = true;
    for (size_t i = 0; i < track->n_lanes; i++) {
        const struct sse_lane *lane = &track->lanes[i];
        is_past &= lane->is_past_until || lane->name == NULL;
    }
    return is_past || track->newest_ms >= until_ms + SSE_STEP_BACK_MS;
}

bool sse_track_is_blind(const struct sse_track *track)
{
    return track->is_blind;
}
