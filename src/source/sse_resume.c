/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection asks for. Last-Event-ID replaces the service's own list, so every topic-partition
 * is in it: by the offset of its last event where one is held, else by a time; never by both, and never
 * by the -1 that the service writes for "not read yet", which it takes for "the latest".
 */
#include <errno.h>

#include "source/sse_lane.h"

int64_t sse_track_since(const struct sse_track *track)
{
    return track->options.since_ms >= 0 ? track->options.since_ms : track->first_ms;
}

static int append_entry(const struct sse_track *track, const struct sse_lane *lane,
                        struct buffer *id)
{
    int r = buffer_printf(id, "%s{\"topic\":\"%s\",\"partition\":%lld,", id->len > 1 ? "," : "",
                          lane->topic, (long long)lane->partition);
    if (r < 0) {
        return r;
    }
    if (lane->has_last) {
        int64_t offset = lane->last.offset + (lane->check == SSE_CHECK_NEXT);
        return buffer_printf(id, "\"offset\":%lld}", (long long)offset);
    }
    int64_t start_ms = sse_lane_start_ms(track, lane);
    return buffer_printf(id, "\"timestamp\":%lld}", (long long)(start_ms > 0 ? start_ms : 0));
}

/* Where connections are so short that they bring the event that was asked for again and no other. */
static enum sse_check check_for(const struct sse_lane *lane, const struct sse_resume *resume)
{
    if (!lane->has_last) {
        return SSE_CHECK_NOTHING;
    }
    bool is_confirmed = resume->is_fruitless && lane->confirmed_ms > 0 &&
                        resume->now_ms - lane->confirmed_ms <= SSE_CONFIRMED_MS;
    return is_confirmed ? SSE_CHECK_NEXT : SSE_CHECK_SAME;
}

int sse_track_resume(struct sse_track *track, const struct sse_resume *resume,
                     struct buffer *ret_id)
{
    AUTO_BUFFER id = { 0 };
    int r = buffer_append_byte(&id, '[');
    for (size_t i = 0; r == 0 && i < track->n_lanes; i++) {
        struct sse_lane *lane = &track->lanes[i];
        lane->check = check_for(lane, resume);
        if (lane->check != SSE_CHECK_NEXT) {
            lane->confirmed_ms = 0;
        }
        if (lane->topic[0] != '\0') {
            r = append_entry(track, lane, &id);
        }
    }
    if (r < 0 || id.len == 1) {
        return r;
    }
    r = buffer_append_byte(&id, ']');
    return r < 0 ? r : buffer_append(ret_id, id.data, id.len);
}
