/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a checkpoint keeps of the source, beside watermarks and done ranges:
 *
 *     sse 1 FIRST_MS LANES
 *     lane PARTITION GENERATION START_MS LOOKUP_MS HAS_ANCHOR OFFSET ID TIME_MS RECORDS
 *          NEWEST_MS TOPIC
 *     ... RECORDS times 12 bytes: the id, and how many ms before NEWEST_MS, both little-endian
 *
 * The anchor is the last event below the watermark: a restart asks for it again. Records are the events
 * that are done, of the ten minutes before the anchor and of all the time since: should a restart have
 * to ask by time, they are known. What was read and is not done is not among them, so it is read again.
 */
#include <errno.h>
#include <limits.h>

#include "source/sse_lane.h"

enum { RECORD_BYTES = 12 };

/* Timestamps do not ascend strictly: so much older than needed is kept. */
#define SLACK_MS INT64_C(60000)

/* Where a partition of the table stands in the snapshot, which lists them in the table's order. */
static bool is_done(const struct ledger_snapshot *snapshot, const struct sse_record *record)
{
    if (record->partition == SSE_WINDOW_DONE) {
        return true;
    }
    if (record->partition >= snapshot->n_partitions) {
        return false;
    }
    const struct partition_state *state = &snapshot->partitions[record->partition];
    return record->offset < state->watermark || partition_state_has_done(state, record->offset);
}

static void put_little(char *to, uint64_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        to[i] = (char)(value >> (8 * i) & 0xff);
    }
}

static uint64_t get_little(const char *from, size_t n_bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        value |= (uint64_t)(unsigned char)from[i] << (8 * i);
    }
    return value;
}

/* What one lane's line says of its records. */
struct summary {
    size_t n_done;
    int64_t newest_ms;
    int64_t oldest_undone_ms;
};

static struct summary summarise(const struct sse_lane *lane, const struct ledger_snapshot *snapshot)
{
    struct summary summary = { .newest_ms = -1, .oldest_undone_ms = INT64_MAX };
    for (size_t i = 0; i < lane->window.n; i++) {
        const struct sse_record *record = sse_window_at(&lane->window, i);
        if (is_done(snapshot, record)) {
            summary.n_done++;
            summary.newest_ms =
                record->time_ms > summary.newest_ms ? record->time_ms : summary.newest_ms;
        } else if (record->time_ms < summary.oldest_undone_ms) {
            summary.oldest_undone_ms = record->time_ms;
        }
    }
    return summary;
}

/* Finds the anchor, and forgets what no resume can need any more. Returns whether the lane has one. */
static bool anchor(struct sse_lane *lane, const struct ledger_snapshot *snapshot)
{
    const struct partition_state *state =
        lane->name == NULL ? NULL : ledger_snapshot_find(snapshot, lane->name);
    if (state == NULL) {
        return false;
    }
    const struct sse_record *before =
        sse_window_before(&lane->window, lane->index, state->watermark);
    if (before != NULL) {
        lane->anchor = *before;
        lane->has_anchor = true;
    }
    int64_t floor_ms = lane->anchor.time_ms - SSE_STEP_BACK_MS - SLACK_MS;
    while (lane->has_anchor && lane->window.n > 0 &&
           sse_window_at(&lane->window, 0)->time_ms < floor_ms &&
           is_done(snapshot, sse_window_at(&lane->window, 0))) {
        sse_window_forget(&lane->window, 1);
    }
    return lane->has_anchor;
}

/* From when a restart without an anchor asks: not behind anything that is not done. */
static int64_t safe_start(const struct sse_track *track, const struct sse_lane *lane,
                          const struct ledger_snapshot *snapshot, int64_t oldest_undone_ms)
{
    int64_t start_ms = sse_lane_start_ms(track, lane);
    if (oldest_undone_ms == INT64_MAX) {
        return start_ms;
    }
    /* A generation that the snapshot does not know yet came by time out of another one. */
    bool is_known = lane->name != NULL && ledger_snapshot_find(snapshot, lane->name) != NULL;
    int64_t least_ms = is_known ? oldest_undone_ms : oldest_undone_ms - SSE_STEP_BACK_MS;
    return least_ms < start_ms ? least_ms : start_ms;
}

static int save_records(const struct sse_lane *lane, const struct ledger_snapshot *snapshot,
                        const struct summary *summary, struct buffer *state)
{
    int r = buffer_reserve(state, summary->n_done * RECORD_BYTES);
    for (size_t i = 0; r == 0 && i < lane->window.n; i++) {
        const struct sse_record *record = sse_window_at(&lane->window, i);
        if (!is_done(snapshot, record)) {
            continue;
        }
        char bytes[RECORD_BYTES];
        int64_t age_ms = summary->newest_ms - record->time_ms;
        put_little(bytes, record->id, 8);
        put_little(bytes + 8, age_ms < UINT32_MAX ? (uint64_t)age_ms : UINT32_MAX, 4);
        buffer_put(state, bytes, sizeof(bytes));
    }
    return r;
}

static int save_lane(const struct sse_track *track, struct sse_lane *lane,
                     const struct ledger_snapshot *snapshot, struct buffer *state)
{
    bool has_anchor = anchor(lane, snapshot);
    struct summary summary = summarise(lane, snapshot);
    int64_t start_ms = safe_start(track, lane, snapshot, summary.oldest_undone_ms);
    int r = buffer_printf(
        state, "lane %lld %u %lld %lld %d %lld %lld %lld %zu %lld %s\n", (long long)lane->partition,
        lane->generation, (long long)start_ms, (long long)lane->lookup_ends_ms, has_anchor,
        (long long)lane->anchor.offset, (long long)lane->anchor.id, (long long)lane->anchor.time_ms,
        summary.n_done, (long long)summary.newest_ms, lane->topic);
    return r < 0 ? r : save_records(lane, snapshot, &summary, state);
}

static int save_locked(struct sse_track *track, const struct ledger_snapshot *snapshot,
                       struct buffer *state) REQUIRES(track->lock)
{
    size_t n_named = 0;
    for (size_t i = 0; i < track->n_lanes; i++) {
        n_named += track->lanes[i].topic[0] != '\0';
    }
    int r = buffer_printf(state, "sse 1 %lld %zu\n", (long long)track->first_ms, n_named);
    for (size_t i = 0; r == 0 && i < track->n_lanes; i++) {
        if (track->lanes[i].topic[0] != '\0') {
            r = save_lane(track, &track->lanes[i], snapshot, state);
        }
    }
    return r;
}

int sse_track_save(struct sse_track *track, const struct ledger_snapshot *snapshot,
                   struct buffer *ret_state)
{
    mutex_lock(&track->lock);
    int r = save_locked(track, snapshot, ret_state);
    mutex_unlock(&track->lock);
    return r;
}

/* The state that is being read. */
struct reading {
    const char *at;
    const char *end;
};

static bool take_word(struct reading *reading, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(reading->end - reading->at) < len || memcmp(reading->at, word, len) != 0) {
        return false;
    }
    reading->at += len;
    return true;
}

/* A decimal number and the separator behind it. */
static bool take_number(struct reading *reading, char separator, int64_t *ret_number)
{
    bool is_negative = take_word(reading, "-");
    uint64_t number = 0;
    const char *first = reading->at;
    for (; reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9';
         reading->at++) {
        number = number * 10 + (uint64_t)(*reading->at - '0');
    }
    const char one[] = { separator, '\0' };
    *ret_number = (int64_t)(is_negative ? 0 - number : number);
    return reading->at > first && reading->at - first < 20 && take_word(reading, one);
}

struct lane_line {
    int64_t partition;
    int64_t generation;
    int64_t start_ms;
    int64_t lookup_ends_ms;
    int64_t has_anchor;
    int64_t offset;
    int64_t id;
    int64_t time_ms;
    int64_t n_records;
    int64_t newest_ms;
    struct sse_name name;
};

static bool take_lane(struct reading *reading, struct lane_line *ret_line)
{
    int64_t *const numbers[] = {
        &ret_line->partition,  &ret_line->generation,
        &ret_line->start_ms,   &ret_line->lookup_ends_ms,
        &ret_line->has_anchor, &ret_line->offset,
        &ret_line->id,         &ret_line->time_ms,
        &ret_line->n_records,  &ret_line->newest_ms,
    };
    if (!take_word(reading, "lane ")) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (!take_number(reading, ' ', numbers[i])) {
            return false;
        }
    }
    const char *end = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
    if (end == NULL || end == reading->at || end - reading->at > SSE_TOPIC_MAX ||
        ret_line->generation < 1 || ret_line->generation >= UINT32_MAX || ret_line->n_records < 0 ||
        ret_line->n_records > SSE_WINDOW_TOTAL) {
        return false;
    }
    ret_line->name = (struct sse_name){ .topic = reading->at,
                                        .topic_len = (size_t)(end - reading->at),
                                        .partition = ret_line->partition };
    reading->at = end + 1;
    return reading->end - reading->at >= ret_line->n_records * RECORD_BYTES;
}

static int restore_records(struct reading *reading, const struct lane_line *line,
                           struct sse_lane *lane)
{
    int r = 0;
    for (int64_t i = 0; r == 0 && i < line->n_records; i++) {
        struct sse_record record = {
            .id = get_little(reading->at, 8),
            .offset = -1,
            .time_ms = line->newest_ms - (int64_t)get_little(reading->at + 8, 4),
            .partition = SSE_WINDOW_DONE,
        };
        r = sse_window_add(&lane->window, &record);
        reading->at += RECORD_BYTES;
    }
    return r;
}

/* Goes on by offset where there is an event to ask for again, else by time in a new generation. */
static int restore_place(struct sse_track *track, struct sse_lane *lane,
                         const struct ledger_snapshot *snapshot, const struct lane_line *line)
{
    AUTO_BUFFER name = { 0 };
    int r = sse_lane_name(lane, &name);
    if (r < 0 || buffer_text(&name) == NULL) {
        return -ENOMEM;
    }
    const struct partition_state *state = ledger_snapshot_find(snapshot, name.data);
    if (state == NULL && lane->window.n == 0) {
        /* Never read. */
        return 0;
    }
    if (state == NULL || line->has_anchor == 0) {
        return sse_lane_renew(track, lane, line->start_ms);
    }
    r = sse_lane_open(track, lane, state);
    if (r == 0 && line->lookup_ends_ms >= 0) {
        r = sse_lane_look_up(track, lane, line->lookup_ends_ms);
    }
    lane->anchor = (struct sse_record){ .id = (uint64_t)line->id,
                                        .offset = line->offset,
                                        .time_ms = line->time_ms,
                                        .partition = lane->index };
    lane->has_anchor = true;
    lane->last = lane->anchor;
    lane->has_last = true;
    return r;
}

static int restore_lane(struct sse_track *track, struct reading *reading,
                        const struct ledger_snapshot *snapshot)
{
    struct lane_line line;
    if (!take_lane(reading, &line) || sse_lane_find(track, &line.name) >= 0) {
        return -EBADMSG;
    }
    int index = sse_lane_add(track, &line.name);
    if (index < 0) {
        return index;
    }
    struct sse_lane *lane = &track->lanes[index];
    lane->generation = (uint32_t)line.generation;
    lane->start_ms = line.start_ms;
    int r = restore_records(reading, &line, lane);
    return r < 0 ? r : restore_place(track, lane, snapshot, &line);
}

int sse_track_restore(struct sse_track *track, const struct ledger_snapshot *snapshot,
                      const void *state, size_t state_len, struct problem *problem)
{
    struct reading reading = { .at = state, .end = (const char *)state + state_len };
    int64_t n_lanes = 0;
    int r = take_word(&reading, "sse 1 ") && take_number(&reading, ' ', &track->first_ms) &&
                    take_number(&reading, '\n', &n_lanes)
                ? 0
                : -EBADMSG;
    for (int64_t i = 0; r == 0 && i < n_lanes; i++) {
        r = restore_lane(track, &reading, snapshot);
    }
    if (r == 0 && reading.at != reading.end) {
        r = -EBADMSG;
    }
    if (r == -ENOMEM) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    return r < 0 ? problem_set(problem, EBADMSG, EXIT_DATA,
                               "the checkpoint's state of the source is not understood; --fresh "
                               "begins anew and deletes no output")
                 : 0;
}
