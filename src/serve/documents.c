/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/documents.h"

#include <errno.h>
#include <string.h>

/* The next line without its end, or false behind the last one. */
static bool line_next(struct documents *documents, struct document_text *ret_line)
{
    if (documents->at >= documents->len) {
        return false;
    }
    const char *start = documents->bytes + documents->at;
    const char *end = memchr(start, '\n', documents->len - documents->at);
    size_t len = end == NULL ? documents->len - documents->at : (size_t)(end - start);
    documents->at += len + 1;
    if (len > 0 && start[len - 1] == '\r') {
        len--;
    }
    *ret_line = (struct document_text){ start, len, documents->line++ };
    return true;
}

static bool line_begins(const struct document_text *line, const char *text)
{
    size_t len = strlen(text);
    return line->len >= len && memcmp(line->bytes, text, len) == 0;
}

/* The value behind a field's name and colon, one space taken off. */
static struct document_text line_value(const struct document_text *line, const char *name)
{
    size_t skip = strlen(name);
    if (line->len > skip && line->bytes[skip] == ' ') {
        skip++;
    }
    return (struct document_text){ line->bytes + skip, line->len - skip, line->line };
}

void documents_init(struct documents *documents, struct arena *arena, const char *bytes, size_t len)
{
    static const char *const fields[] = { ":", "event:", "id:", "data:", "retry:" };
    *documents = (struct documents){ .bytes = bytes, .len = len, .line = 1, .arena = arena };
    struct documents ahead = *documents;
    struct document_text line = { 0 };
    while (line.len == 0 && line_next(&ahead, &line)) {
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        documents->is_sse |= line_begins(&line, fields[i]);
    }
}

/* A CR between tokens would end a line of the frame; it becomes a space. Returns 0 or -ENOMEM. */
static int line_clean(struct documents *documents, struct document_text *line)
{
    if (memchr(line->bytes, '\r', line->len) == NULL) {
        return 0;
    }
    char *clean = arena_copy(documents->arena, line->bytes, line->len);
    if (clean == NULL) {
        return -ENOMEM;
    }
    for (char *cr = clean; (cr = memchr(cr, '\r', line->len - (size_t)(cr - clean))) != NULL;) {
        *cr = ' ';
    }
    line->bytes = clean;
    return 0;
}

static int ndjson_next(struct documents *documents, struct document_text *ret_text)
{
    struct document_text line;
    while (line_next(documents, &line)) {
        if (line.len > 0) {
            int r = line_clean(documents, &line);
            *ret_text = line;
            return r < 0 ? r : 1;
        }
    }
    return 0;
}

/* One frame's data so far. */
struct frame_data {
    struct document_text text;
    bool has_data;
    bool is_other_event;
};

/* Appends a further line of data. Returns 0 or -ENOMEM. */
static int frame_join(struct documents *documents, struct frame_data *frame,
                      const struct document_text *data)
{
    if (!frame->has_data) {
        frame->text = *data;
        frame->has_data = true;
        return 0;
    }
    char *joined = arena_alloc(documents->arena, frame->text.len + 1 + data->len);
    if (joined == NULL) {
        return -ENOMEM;
    }
    memcpy(joined, frame->text.bytes, frame->text.len);
    joined[frame->text.len] = ' ';
    memcpy(joined + frame->text.len + 1, data->bytes, data->len);
    frame->text.bytes = joined;
    frame->text.len += 1 + data->len;
    return 0;
}

static int sse_next(struct documents *documents, struct document_text *ret_text)
{
    struct frame_data frame = { 0 };
    struct document_text line;
    /* A frame that the file's end cuts off has no blank line and does not count. */
    while (line_next(documents, &line)) {
        int r = 0;
        if (line_begins(&line, "data:")) {
            struct document_text data = line_value(&line, "data:");
            r = frame_join(documents, &frame, &data);
        } else if (line_begins(&line, "event:")) {
            struct document_text event = line_value(&line, "event:");
            frame.is_other_event =
                event.len != strlen("message") || !line_begins(&event, "message");
        } else if (line.len == 0) {
            if (frame.has_data && !frame.is_other_event && frame.text.len > 0) {
                *ret_text = frame.text;
                return 1;
            }
            frame = (struct frame_data){ 0 };
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

int documents_next(struct documents *documents, struct document_text *ret_text)
{
    return documents->is_sse ? sse_next(documents, ret_text) : ndjson_next(documents, ret_text);
}
