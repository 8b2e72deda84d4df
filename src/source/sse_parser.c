/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state machine over lines. Inside a line its name is collected byte by byte (six at most); values
 * are taken in runs up to the next line end. Where that is, is looked up once for CR and once for LF
 * and kept in the piece, so that a stream with only one kind is not searched again for each line.
 */
#include "source/sse_parser.h"

#include <errno.h>

#include "base/error.h"

enum { MARK_LEN = 3, MARK_PASSED = 4 };
static const char byte_order_mark[] = "\xEF\xBB\xBF";

void sse_parser_init(struct sse_parser *parser, size_t limit)
{
    *parser = (struct sse_parser){ .limit = limit, .retry_ms = -1 };
}

void sse_parser_deinit(struct sse_parser *parser)
{
    buffer_deinit(&parser->value);
    buffer_deinit(&parser->type);
    buffer_deinit(&parser->id);
    buffer_deinit(&parser->last_id);
}

size_t sse_parser_pending(const struct sse_parser *parser)
{
    return parser->output == NULL ? 0 : parser->output->len - parser->start;
}

int sse_parser_set_output(struct sse_parser *parser, struct buffer *output)
{
    size_t start = output->len;
    size_t pending = sse_parser_pending(parser);
    if (pending > 0) {
        int r = buffer_append(output, parser->output->data + parser->start, pending);
        if (r < 0) {
            return r;
        }
        parser->output->len = parser->start;
    }
    parser->output = output;
    parser->start = start;
    return 0;
}

void sse_parser_withdraw(struct sse_parser *parser, const struct sse_event *event)
{
    debug_assert(parser->start == event->offset + event->len);
    parser->output->len = event->offset;
    parser->start = event->offset;
}

/* Forgets the data of the message under way. */
static void drop_data(struct sse_parser *parser)
{
    if (parser->output != NULL) {
        parser->output->len = parser->start;
    }
}

static void begin_message(struct sse_parser *parser)
{
    parser->start = parser->output == NULL ? 0 : parser->output->len;
    parser->has_data = false;
    parser->is_too_large = false;
    parser->data_len = 0;
    buffer_clear(&parser->type);
}

static void begin_line(struct sse_parser *parser)
{
    parser->line = SSE_LINE_START;
    parser->name_len = 0;
    buffer_clear(&parser->value);
}

static int copy(struct buffer *to, const struct buffer *from)
{
    buffer_clear(to);
    return buffer_append(to, from->data, from->len);
}

int sse_parser_restart(struct sse_parser *parser)
{
    drop_data(parser);
    begin_message(parser);
    begin_line(parser);
    parser->mark = 0;
    parser->is_after_cr = false;
    parser->is_id_new = false;
    return copy(&parser->id, &parser->last_id);
}

void sse_piece_init(struct sse_piece *piece, const char *bytes, size_t len)
{
    *piece = (struct sse_piece){ .cursor = bytes, .end = bytes + len };
}

static const char *find(const struct sse_piece *piece, char byte)
{
    const char *at = memchr(piece->cursor, byte, (size_t)(piece->end - piece->cursor));
    return at == NULL ? piece->end : at;
}

/* The next line end at or behind the cursor, or the piece's end. */
static const char *line_end(struct sse_piece *piece)
{
    if (piece->cr == NULL || piece->cr < piece->cursor) {
        piece->cr = find(piece, '\r');
    }
    if (piece->lf == NULL || piece->lf < piece->cursor) {
        piece->lf = find(piece, '\n');
    }
    return piece->cr < piece->lf ? piece->cr : piece->lf;
}

static void set_too_large(struct sse_parser *parser)
{
    parser->is_too_large = true;
    drop_data(parser);
}

static int add_data(struct sse_parser *parser, const char *bytes, size_t len)
{
    parser->data_len += len;
    if (!parser->is_too_large && parser->data_len > parser->limit) {
        set_too_large(parser);
    }
    return parser->is_too_large ? 0 : buffer_append(parser->output, bytes, len);
}

/* A data line begins: what came before it is another line of the same data. */
static int begin_data(struct sse_parser *parser)
{
    int r = parser->has_data ? add_data(parser, "\n", 1) : 0;
    parser->has_data = true;
    return r;
}

static int add_value(struct sse_parser *parser, const char *bytes, size_t len)
{
    if (parser->field == SSE_FIELD_DATA) {
        return add_data(parser, bytes, len);
    }
    size_t limit = parser->limit < SSE_VALUE_MAX ? parser->limit : SSE_VALUE_MAX;
    if (len > limit - parser->value.len) {
        set_too_large(parser);
        parser->field = SSE_FIELD_UNKNOWN;
        parser->line = SSE_LINE_IGNORED;
        return 0;
    }
    return buffer_append(&parser->value, bytes, len);
}

static enum sse_field field_named(const char *name, size_t len)
{
    static const struct {
        const char *name;
        enum sse_field field;
    } fields[] = {
        { "data", SSE_FIELD_DATA },
        { "id", SSE_FIELD_ID },
        { "event", SSE_FIELD_EVENT },
        { "retry", SSE_FIELD_RETRY },
    };
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0) {
            return fields[i].field;
        }
    }
    return SSE_FIELD_UNKNOWN;
}

/* The name is complete. Its line goes on as next unless it means nothing. */
static int end_name(struct sse_parser *parser, enum sse_line next)
{
    parser->field = field_named(parser->name, parser->name_len);
    parser->line = parser->field == SSE_FIELD_UNKNOWN ? SSE_LINE_IGNORED : next;
    return parser->field == SSE_FIELD_DATA ? begin_data(parser) : 0;
}

/* Takes the name's bytes, and its colon if it has come. */
static int take_name(struct sse_parser *parser, struct sse_piece *piece, const char *end)
{
    parser->line = SSE_LINE_NAME;
    while (piece->cursor < end) {
        char byte = *piece->cursor++;
        if (byte == ':') {
            return end_name(parser, SSE_LINE_COLON);
        }
        if (parser->name_len == SSE_NAME_MAX) {
            parser->line = SSE_LINE_IGNORED;
            return 0;
        }
        parser->name[parser->name_len++] = byte;
    }
    return 0;
}

static int take_value(struct sse_parser *parser, struct sse_piece *piece, const char *end)
{
    if (parser->line == SSE_LINE_COLON) {
        parser->line = SSE_LINE_VALUE;
        piece->cursor += *piece->cursor == ' ';
    }
    int r = add_value(parser, piece->cursor, (size_t)(end - piece->cursor));
    piece->cursor = end;
    return r;
}

static void set_retry(struct sse_parser *parser)
{
    int64_t retry_ms = 0;
    for (size_t i = 0; i < parser->value.len; i++) {
        char digit = parser->value.data[i];
        if (digit < '0' || digit > '9') {
            return;
        }
        bool is_huge = retry_ms > (INT64_MAX - (digit - '0')) / 10;
        retry_ms = is_huge ? INT64_MAX : retry_ms * 10 + (digit - '0');
    }
    if (parser->value.len > 0) {
        parser->retry_ms = retry_ms;
    }
}

static int set_id(struct sse_parser *parser)
{
    const struct buffer *value = &parser->value;
    if (value->len > 0 && memchr(value->data, '\0', value->len) != NULL) {
        return 0;
    }
    parser->is_id_new = true;
    return copy(&parser->id, value);
}

/* A line with a known field is complete. */
static int end_field(struct sse_parser *parser)
{
    switch (parser->field) {
    case SSE_FIELD_ID:
        return set_id(parser);
    case SSE_FIELD_EVENT:
        return copy(&parser->type, &parser->value);
    case SSE_FIELD_RETRY:
        set_retry(parser);
        return 0;
    case SSE_FIELD_DATA:
    case SSE_FIELD_UNKNOWN:
        break;
    }
    return 0;
}

/* A blank line: the id is committed, and what has data is an event. */
static int end_message(struct sse_parser *parser, struct sse_event *ret_event)
{
    if (parser->is_id_new) {
        int r = copy(&parser->last_id, &parser->id);
        if (r < 0) {
            return r;
        }
        parser->is_id_new = false;
    }
    if (!parser->has_data && !parser->is_too_large) {
        begin_message(parser);
        return SSE_MORE;
    }
    int outcome = parser->is_too_large ? SSE_TOO_LARGE : SSE_EVENT;
    *ret_event = (struct sse_event){
        .type = parser->type.data,
        .type_len = parser->type.len,
        .id = parser->last_id.data,
        .id_len = parser->last_id.len,
        .offset = parser->start,
        .len = parser->output->len - parser->start,
        .data_len = parser->data_len,
    };
    begin_message(parser);
    return outcome;
}

/* The cursor is at a line's end. */
static int end_line(struct sse_parser *parser, struct sse_piece *piece, struct sse_event *ret_event)
{
    parser->is_after_cr = *piece->cursor++ == '\r';
    int r = 0;
    switch (parser->line) {
    case SSE_LINE_START:
        return end_message(parser, ret_event);
    case SSE_LINE_NAME:
        r = end_name(parser, SSE_LINE_VALUE);
        break;
    case SSE_LINE_COLON:
    case SSE_LINE_VALUE:
    case SSE_LINE_IGNORED:
        break;
    }
    if (r == 0 && parser->line != SSE_LINE_IGNORED) {
        r = end_field(parser);
    }
    begin_line(parser);
    return r;
}

/* Takes what the piece holds of the current line. */
static int take_line(struct sse_parser *parser, struct sse_piece *piece, const char *end)
{
    int r = 0;
    if (parser->line == SSE_LINE_START || parser->line == SSE_LINE_NAME) {
        r = take_name(parser, piece, end);
    }
    if (r == 0 && piece->cursor < end && parser->line != SSE_LINE_IGNORED) {
        r = take_value(parser, piece, end);
    }
    piece->cursor = r < 0 ? piece->cursor : end;
    return r;
}

/* Passes a byte order mark at the stream's start; half of one is a field that nobody knows. */
static void take_mark(struct sse_parser *parser, struct sse_piece *piece)
{
    while (parser->mark < MARK_LEN && piece->cursor < piece->end) {
        if (*piece->cursor != byte_order_mark[parser->mark]) {
            parser->line = parser->mark > 0 ? SSE_LINE_IGNORED : SSE_LINE_START;
            parser->mark = MARK_PASSED;
            return;
        }
        parser->mark++;
        piece->cursor++;
    }
    if (parser->mark == MARK_LEN) {
        parser->mark = MARK_PASSED;
    }
}

int sse_parser_next(struct sse_parser *parser, struct sse_piece *piece, struct sse_event *ret_event)
{
    if (parser->mark < MARK_PASSED) {
        take_mark(parser, piece);
    }
    while (piece->cursor < piece->end) {
        if (parser->is_after_cr) {
            parser->is_after_cr = false;
            piece->cursor += *piece->cursor == '\n';
            continue;
        }
        const char *end = line_end(piece);
        int r = end == piece->cursor ? 0 : take_line(parser, piece, end);
        if (r == 0 && piece->cursor < piece->end) {
            r = end_line(parser, piece, ret_event);
        }
        if (r != 0) {
            return r;
        }
    }
    return SSE_MORE;
}
