/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a lane: added when an id or an event names it -> opened by its first event, or by the
 * restore -> renewed each time offsets have come to mean something else.
 */
#include "source/sse_lane.h"

#include <errno.h>
#include <string.h>

static bool is_named(const struct sse_lane *lane, const struct sse_name *name)
{
    return lane->partition == name->partition && strlen(lane->topic) == name->topic_len &&
           memcmp(lane->topic, name->topic, name->topic_len) == 0;
}

int sse_lane_find(const struct sse_track *track, const struct sse_name *name)
{
    for (size_t i = 0; i < track->n_lanes; i++) {
        if (is_named(&track->lanes[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

/* Shares the windows' room among the lanes. */
static void share_windows(struct sse_track *track) REQUIRES(track->lock)
{
    size_t share = SSE_WINDOW_TOTAL / track->n_lanes;
    for (size_t i = 0; i < track->n_lanes; i++) {
        sse_window_limit(&track->lanes[i].window,
                         share > SSE_WINDOW_LEAST ? share : SSE_WINDOW_LEAST);
    }
}

int sse_lane_add(struct sse_track *track, const struct sse_name *name)
{
    if (track->n_lanes == SSE_LANES_MAX) {
        return -E2BIG;
    }
    char *topic = strndup(name->topic, name->topic_len);
    mutex_lock(&track->lock);
    struct sse_lane *lanes =
        topic == NULL ? NULL : realloc(track->lanes, (track->n_lanes + 1) * sizeof(*track->lanes));
    if (lanes != NULL) {
        track->lanes = lanes;
        lanes[track->n_lanes++] = (struct sse_lane){ .topic = topic,
                                                     .partition = name->partition,
                                                     .generation = 1,
                                                     .start_ms = track->options.since_ms,
                                                     .lookup_ends_ms = -1,
                                                     .place_ms = -1 };
        share_windows(track);
    }
    mutex_unlock(&track->lock);
    if (lanes == NULL) {
        free(topic);
        return -ENOMEM;
    }
    return (int)track->n_lanes - 1;
}

int sse_lane_look_up(struct sse_track *track, struct sse_lane *lane, int64_t ends_ms)
{
    mutex_lock(&track->lock);
    int r = sse_window_begin_lookup(&lane->window);
    lane->lookup_ends_ms = r < 0 ? -1 : ends_ms;
    mutex_unlock(&track->lock);
    lane->n_known = 0;
    return r;
}

void sse_lane_stop_lookup(struct sse_track *track, struct sse_lane *lane)
{
    mutex_lock(&track->lock);
    sse_window_end_lookup(&lane->window);
    lane->lookup_ends_ms = -1;
    mutex_unlock(&track->lock);
}

int sse_lane_renew(struct sse_track *track, struct sse_lane *lane, int64_t start_ms)
{
    int64_t newest_ms = sse_window_newest_ms(&lane->window);
    int r = sse_lane_look_up(track, lane, newest_ms + SSE_STEP_BACK_MS);
    if (r < 0) {
        return r;
    }
    mutex_lock(&track->lock);
    free(lane->name);
    lane->name = NULL;
    lane->generation++;
    lane->start_ms = start_ms;
    lane->has_last = false;
    lane->has_anchor = false;
    mutex_unlock(&track->lock);
    lane->next_sequence = 0;
    lane->next_offset = 0;
    lane->cursor = 0;
    lane->check = SSE_CHECK_NOTHING;
    lane->confirmed_ms = 0;
    lane->is_moved = false;
    return 0;
}

int sse_lane_name(const struct sse_lane *lane, struct buffer *ret_name)
{
    if (lane->topic[0] == '\0') {
        return buffer_append_text(ret_name, "events");
    }
    int r = buffer_printf(ret_name, "%s/%lld", lane->topic, (long long)lane->partition);
    return r < 0 || lane->generation == 1 ? r : buffer_printf(ret_name, "#%u", lane->generation);
}

int sse_lane_open(struct sse_track *track, struct sse_lane *lane,
                  const struct partition_state *state)
{
    AUTO_BUFFER name = { 0 };
    int r = sse_lane_name(lane, &name);
    if (r < 0 || buffer_text(&name) == NULL) {
        return -ENOMEM;
    }
    struct partition_state start = *state;
    start.name = name.data;
    uint32_t index;
    r = partition_table_add(track->options.partitions, &start, &index);
    if (r < 0) {
        return r;
    }
    mutex_lock(&track->lock);
    lane->name = name.data;
    lane->index = index;
    mutex_unlock(&track->lock);
    name = (struct buffer){ 0 };
    lane->start = partition_table_start(track->options.partitions, index);
    lane->next_offset = state->watermark;
    lane->cursor = state->watermark;
    return 0;
}

int64_t sse_lane_start_ms(const struct sse_track *track, const struct sse_lane *lane)
{
    return lane->start_ms >= 0 ? lane->start_ms : track->first_ms;
}
