/* SPDX-License-Identifier: Apache-2.0 */
#include "source/lines.h"

#include <errno.h>
#include <stdio.h>

#include "event/error_type.h"

enum {
    /* Before anything is known: the size of a page_change event. */
    FIRST_MEAN = 2048,
    /* What a line may hold beside its event: a byte order mark, and a CR. */
    MARK_LEN = 3,
    EXTRA_MAX = MARK_LEN + 1,
};

void lines_start(struct lines *lines, uint32_t partition, const struct partition_state *start,
                 int64_t offset)
{
    lines->partition = partition;
    lines->start = start;
    lines->sequence = 0;
    lines->offset = offset;
    lines->end = offset;
    lines->is_skipping = false;
    lines->line = lines->scanned = 0;
    buffer_clear(&lines->rest);
    if (lines->mean == 0) {
        lines->mean = FIRST_MEAN;
    }
}

void lines_deinit(struct lines *lines)
{
    buffer_deinit(&lines->rest);
}

int lines_begin(struct lines *lines, struct batch *batch)
{
    int r = buffer_append(&batch->bytes, lines->rest.data, lines->rest.len);
    if (r < 0) {
        return r;
    }
    buffer_clear(&lines->rest);
    buffer_shrink(&lines->rest, 1024 * 1024);
    lines->line = lines->scanned = 0;
    return 0;
}

size_t lines_unfinished(const struct lines *lines, const struct batch *batch)
{
    return batch->bytes.len - lines->line;
}

/* Adds an event of len bytes at first; its line begins at offset and ends before next_offset. */
static int add_event(struct lines *lines, struct batch *batch, size_t first, size_t len,
                     int64_t offset, int64_t next_offset)
{
    struct batch_event *event = batch_add(batch, first, len);
    if (event == NULL) {
        return -ENOMEM;
    }
    event->is_line = true;
    event->position = (struct position){
        .partition = lines->partition,
        .sequence = lines->sequence++,
        .offset = offset,
        .next_offset = next_offset,
    };
    lines->end = next_offset;
    if (partition_state_has_done(lines->start, offset)) {
        event->kind = BATCH_EVENT_SKIPPED;
    }
    return 0;
}

static int add_too_large(struct lines *lines, struct batch *batch, int64_t offset, int64_t len,
                         int64_t next_offset)
{
    int r = add_event(lines, batch, 0, 0, offset, next_offset);
    if (r < 0) {
        return r;
    }
    struct batch_event *event = &batch->events[batch->n_events - 1];
    if (event->kind == BATCH_EVENT_SKIPPED) {
        return 0;
    }
    char message[200];
    snprintf(message, sizeof(message),
             "the line at byte %lld is %lld bytes long, above max_event_size (%zu)",
             (long long)offset, (long long)len, lines->max_event_size);
    return batch_event_fault(batch, event, ERROR_TYPE_TOO_LARGE, message);
}

/* Where the event in [first, end) begins: behind a byte order mark at the file's start. */
static size_t behind_mark(const struct lines *lines, const char *data, size_t first, size_t end)
{
    bool is_start = lines->offset == 0 && first == 0;
    return is_start && end >= MARK_LEN && memcmp(data, "\xef\xbb\xbf", MARK_LEN) == 0 ? MARK_LEN
                                                                                      : first;
}

static size_t before_cr(const char *data, size_t first, size_t end)
{
    return end > first && data[end - 1] == '\r' ? end - 1 : end;
}

static bool is_blank(const char *data, size_t first, size_t end)
{
    while (first < end && (data[first] == ' ' || data[first] == '\t')) {
        first++;
    }
    return first == end;
}

/* A line of text [first, end) whose successor begins at next. */
static int add_line(struct lines *lines, struct batch *batch, size_t first, size_t end, size_t next)
{
    const char *data = batch->bytes.data;
    int64_t offset = lines->offset + (int64_t)first;
    int64_t next_offset = lines->offset + (int64_t)next;
    end = before_cr(data, first, end);
    first = behind_mark(lines, data, first, end);
    if (is_blank(data, first, end)) {
        return 0;
    }
    if (end - first > lines->max_event_size) {
        return add_too_large(lines, batch, offset, (int64_t)(end - first), next_offset);
    }
    lines->mean += ((end - first) / 16) - lines->mean / 16;
    return add_event(lines, batch, first, end - first, offset, next_offset);
}

/* The unfinished line is too large, whatever follows: from here on it is thrown away. */
static void start_skipping(struct lines *lines, const struct batch *batch)
{
    lines->is_skipping = true;
    lines->is_skip_blank = true;
    lines->skip_offset = lines->offset + (int64_t)lines->line;
    lines->skip_len = 0;
    lines->line = behind_mark(lines, batch->bytes.data, lines->line, batch->bytes.len);
}

/* Throws away what the batch holds of a line that is too large. */
static void skip(struct lines *lines, struct batch *batch)
{
    char *data = batch->bytes.data;
    size_t end = before_cr(data, lines->line, batch->bytes.len);
    size_t n_kept = batch->bytes.len - end;
    lines->is_skip_blank = lines->is_skip_blank && is_blank(data, lines->line, end);
    lines->skip_len += (int64_t)(end - lines->line);
    lines->offset += (int64_t)end;
    if (n_kept > 0) {
        data[0] = '\r';
    }
    batch->bytes.len = n_kept;
    lines->line = 0;
    lines->scanned = n_kept;
}

static int finish_skipping(struct lines *lines, struct batch *batch, size_t end, size_t next)
{
    const char *data = batch->bytes.data;
    lines->is_skipping = false;
    end = before_cr(data, lines->line, end);
    if (lines->is_skip_blank && is_blank(data, lines->line, end)) {
        return 0;
    }
    return add_too_large(lines, batch, lines->skip_offset,
                         lines->skip_len + (int64_t)(end - lines->line),
                         lines->offset + (int64_t)next);
}

int lines_cut(struct lines *lines, struct batch *batch, size_t max_events)
{
    while (batch->n_events < max_events) {
        const char *data = batch->bytes.data;
        size_t left = batch->bytes.len - lines->scanned;
        const char *newline = left == 0 ? NULL : memchr(data + lines->scanned, '\n', left);
        if (newline == NULL) {
            lines->scanned = batch->bytes.len;
            break;
        }
        size_t end = (size_t)(newline - data);
        int r = lines->is_skipping ? finish_skipping(lines, batch, end, end + 1)
                                   : add_line(lines, batch, lines->line, end, end + 1);
        if (r < 0) {
            return r;
        }
        lines->line = lines->scanned = end + 1;
    }
    /* With events before it in the batch, the line waits for the next batch. */
    bool is_alone = batch->n_events == 0 && lines->scanned == batch->bytes.len;
    if (is_alone && !lines->is_skipping &&
        lines_unfinished(lines, batch) > lines->max_event_size + EXTRA_MAX) {
        start_skipping(lines, batch);
    }
    if (is_alone && lines->is_skipping) {
        skip(lines, batch);
    }
    return 0;
}

int lines_finish(struct lines *lines, struct batch *batch)
{
    size_t end = batch->bytes.len;
    int r = 0;
    if (lines->is_skipping) {
        r = finish_skipping(lines, batch, end, end);
    } else if (end > lines->line) {
        r = add_line(lines, batch, lines->line, end, end);
    }
    lines->line = lines->scanned = end;
    return r;
}

int lines_end(struct lines *lines, struct batch *batch)
{
    size_t left = lines_unfinished(lines, batch);
    int r = buffer_append(&lines->rest, batch->bytes.data + lines->line, left);
    if (r < 0) {
        return r;
    }
    lines->offset += (int64_t)lines->line;
    batch->bytes.len = lines->line;
    lines->line = lines->scanned = 0;
    return 0;
}
