/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An incremental parser of text/event-stream, by the letter of the WHATWG text: bytes come in pieces
 * cut anywhere, messages go out. Data is written straight into a buffer of the caller's (the batch), so
 * that it is copied once. Bytes are kept as they are; whether they are UTF-8 is checked with the JSON.
 *
 * A message comes out as soon as its blank line is complete: at a bare CR without waiting for the LF
 * that may follow. What has no end keeps no memory: data above the limit and other values above
 * SSE_VALUE_MAX are counted and thrown away, and the message is reported as too large.
 *
 * Pure. One owner.
 */
#ifndef WEIR_SOURCE_SSE_PARSER_H
#define WEIR_SOURCE_SSE_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Bytes of an id, an event type or a retry time; also bounded by the limit of the data. */
enum { SSE_VALUE_MAX = 65536 };

/* Outcomes of sse_parser_next(). */
enum {
    /* The piece is used up. */
    SSE_MORE = 0,
    SSE_EVENT = 1,
    /* A message above the limit: it has no data, the rest is told. */
    SSE_TOO_LARGE = 2,
};

enum sse_line {
    /* Before the first byte of a line. */
    SSE_LINE_START,
    SSE_LINE_NAME,
    /* Behind the colon, where one space is not part of the value. */
    SSE_LINE_COLON,
    SSE_LINE_VALUE,
    /* A comment or an unknown field. */
    SSE_LINE_IGNORED,
};

enum sse_field {
    SSE_FIELD_DATA,
    SSE_FIELD_ID,
    SSE_FIELD_EVENT,
    SSE_FIELD_RETRY,
    SSE_FIELD_UNKNOWN,
};

/* Longer than any name that has a meaning. */
enum { SSE_NAME_MAX = 6 };

struct sse_parser {
    /* Fixed: bytes of data in one message at most. */
    size_t limit;

    /* Where data goes; the message's own begins at start. */
    struct buffer *output;
    size_t start;

    /* Bytes of a byte order mark that have been seen; 4: the stream's first bytes are behind us. */
    unsigned mark;
    /* The last byte was a CR: an LF right behind it belongs to it. */
    bool is_after_cr;
    enum sse_line line;
    enum sse_field field;
    char name[SSE_NAME_MAX];
    size_t name_len;
    /* The line's value, of all fields but data. */
    struct buffer value;

    /* Of the message so far. */
    bool has_data;
    bool is_too_large;
    uint64_t data_len;
    struct buffer type;
    /* The id as the lines so far have set it; a blank line makes it last_id. */
    struct buffer id;
    bool is_id_new;

    /* What a reconnect sends as Last-Event-ID where it is not empty. */
    struct buffer last_id;
    /* The reconnection time that the server asked for; -1: it did not. */
    int64_t retry_ms;
};

/* One message. Pointers are valid until the next call on the parser. */
struct sse_event {
    /* Empty for "message". */
    const char *type;
    size_t type_len;
    const char *id;
    size_t id_len;
    /* The data's place in the output; len is 0 for a too large message. */
    size_t offset;
    size_t len;
    /* How much data there was; above len only for a too large message. */
    uint64_t data_len;
};

/* Bytes that have come and how far they are parsed. */
struct sse_piece {
    const char *cursor;
    const char *end;
    /* The next CR and LF at or behind cursor, end where there is none; looked up when passed. */
    const char *cr;
    const char *lf;
};

/* Zeroes the parser; limit is above 0. */
void sse_parser_init(struct sse_parser *parser, size_t limit);
void sse_parser_deinit(struct sse_parser *parser);

/*
 * From now on data goes to the end of output (lent). The half message that the former output ends
 * with moves along, so that the former one ends behind its last whole message. Returns 0 or -ENOMEM.
 */
int sse_parser_set_output(struct sse_parser *parser, struct buffer *output);

/*
 * The caller does not want the data of the message that sse_parser_next() just gave: the output ends
 * before it. Only right after that call.
 */
void sse_parser_withdraw(struct sse_parser *parser, const struct sse_event *event);

/* Bytes of a half message at the output's end. */
size_t sse_parser_pending(const struct sse_parser *parser);

/*
 * A new stream begins (a reconnect): forgets the half message, keeps last_id and retry_ms. Returns 0
 * or -ENOMEM.
 */
int sse_parser_restart(struct sse_parser *parser);

void sse_piece_init(struct sse_piece *piece, const char *bytes, size_t len);

/*
 * Parses up to the end of the next message. An output must be set. Returns SSE_EVENT or SSE_TOO_LARGE
 * with *ret_event filled, SSE_MORE when the piece is used up, or -ENOMEM.
 */
int sse_parser_next(struct sse_parser *parser, struct sse_piece *piece,
                    struct sse_event *ret_event);

#endif
