/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of event streams and what reads ids and events, fed with anything.
 *
 * The first byte chooses how the rest is cut into pieces and how large a message may be. What must hold,
 * besides that nothing crashes, leaks or takes long:
 *
 *     - the parser gives what a plain, slow reading of the whole stream gives, however it is cut
 *     - what it keeps is bounded by the limit, not by the input
 *     - a topic that is accepted can stand in a header and in JSON as it is
 *
 * For libFuzzer: compile this file and the rooms with clang -fsanitize=fuzzer,address.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_retry.h"
#include "source/sse_facts.h"
#include "source/sse_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What a stream gave, as text: `E|type|id|data|`, `L|data_len|id|`, and `R|last id|retry|`. */
static void note(struct buffer *text, int outcome, const struct sse_event *event, const char *data)
{
    if (outcome == SSE_TOO_LARGE) {
        buffer_printf(text, "L|%llu|", (unsigned long long)event->data_len);
        buffer_append(text, event->id, event->id_len);
    } else {
        buffer_append_text(text, "E|");
        buffer_append(text, event->type, event->type_len);
        buffer_append_byte(text, '|');
        buffer_append(text, event->id, event->id_len);
        buffer_append_byte(text, '|');
        buffer_append(text, data, event->len);
    }
    buffer_append_byte(text, '|');
}

static void note_end(struct buffer *text, const char *id, size_t id_len, int64_t retry_ms)
{
    buffer_append_text(text, "R|");
    buffer_append(text, id, id_len);
    buffer_printf(text, "|%lld|", (long long)retry_ms);
}

/* The plain reading: the whole stream at once, line by line. */
struct plain {
    size_t limit;
    struct buffer data;
    bool has_data;
    bool is_too_large;
    struct buffer type;
    struct buffer id;
    struct buffer last_id;
    int64_t retry_ms;
    struct buffer *text;
};

static void assign(struct buffer *to, const char *value, size_t len)
{
    buffer_clear(to);
    buffer_append(to, value, len);
}

static void plain_dispatch(struct plain *plain)
{
    assign(&plain->last_id, plain->id.data, plain->id.len);
    bool is_too_large = plain->is_too_large || plain->data.len > plain->limit;
    if (plain->has_data || is_too_large) {
        struct sse_event event = { .type = plain->type.data,
                                   .type_len = plain->type.len,
                                   .id = plain->last_id.data,
                                   .id_len = plain->last_id.len,
                                   .len = plain->data.len,
                                   .data_len = plain->data.len };
        note(plain->text, is_too_large ? SSE_TOO_LARGE : SSE_EVENT, &event, plain->data.data);
    }
    buffer_clear(&plain->data);
    buffer_clear(&plain->type);
    plain->has_data = false;
    plain->is_too_large = false;
}

static void plain_retry(struct plain *plain, const char *value, size_t len)
{
    unsigned long long retry = 0;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return;
        }
        if (__builtin_mul_overflow(retry, 10, &retry) ||
            __builtin_add_overflow(retry, (unsigned)(value[i] - '0'), &retry) ||
            retry > INT64_MAX) {
            retry = INT64_MAX;
        }
    }
    if (len > 0) {
        plain->retry_ms = (int64_t)retry;
    }
}

static bool is_field(const char *line, size_t name_len, const char *name)
{
    return name_len == strlen(name) && memcmp(line, name, name_len) == 0;
}

static void plain_line(struct plain *plain, const char *line, size_t len)
{
    if (len == 0) {
        plain_dispatch(plain);
        return;
    }
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon == NULL ? len : (size_t)(colon - line);
    const char *value = colon == NULL ? line + len : colon + 1;
    value += value < line + len && *value == ' ';
    size_t value_len = (size_t)(line + len - value);
    if (is_field(line, name_len, "data")) {
        if (plain->has_data) {
            buffer_append_byte(&plain->data, '\n');
        }
        buffer_append(&plain->data, value, value_len);
        plain->has_data = true;
        return;
    }
    bool is_known = is_field(line, name_len, "id") || is_field(line, name_len, "event") ||
                    is_field(line, name_len, "retry");
    size_t limit = plain->limit < SSE_VALUE_MAX ? plain->limit : SSE_VALUE_MAX;
    if (is_known && value_len > limit) {
        plain->is_too_large = true;
    } else if (is_field(line, name_len, "id") && memchr(value, '\0', value_len) == NULL) {
        assign(&plain->id, value, value_len);
    } else if (is_field(line, name_len, "event")) {
        assign(&plain->type, value, value_len);
    } else if (is_field(line, name_len, "retry")) {
        plain_retry(plain, value, value_len);
    }
}

/* A retry acts when its line has ended; all else, when the blank line behind it has. */
static void plain_read(const char *bytes, size_t len, size_t limit, struct buffer *text)
{
    struct plain plain = { .limit = limit, .retry_ms = -1, .text = text };
    const char *end = bytes + len;
    const char *line = bytes;
    if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
    }
    for (const char *at = line; at < end; at++) {
        if (*at == '\n' || *at == '\r') {
            plain_line(&plain, line, (size_t)(at - line));
            at += *at == '\r' && at + 1 < end && at[1] == '\n';
            line = at + 1;
        }
    }
    note_end(text, plain.last_id.data, plain.last_id.len, plain.retry_ms);
    buffer_deinit(&plain.data);
    buffer_deinit(&plain.type);
    buffer_deinit(&plain.id);
    buffer_deinit(&plain.last_id);
}

static void check_name(const struct sse_name *name)
{
    require(name->topic_len > 0 && name->topic_len <= SSE_TOPIC_MAX && name->partition >= 0);
    for (size_t i = 0; i < name->topic_len; i++) {
        char c = name->topic[i];
        require(c > ' ' && c < 0x7f && c != '"' && c != '\\');
    }
}

/* What a message says of itself. */
static void read_message(struct sse_facts_reader *reader, const struct sse_event *event,
                         const char *data)
{
    struct sse_facts facts;
    const struct sse_place *places;
    size_t n_places;
    require(sse_facts_read(reader, data, event->len, &facts) == 0);
    if (facts.is_located) {
        check_name(&facts.name);
        require(facts.offset >= 0);
    }
    require(sse_facts_read_places(reader, event->id, event->id_len, &places, &n_places) == 0);
    for (size_t i = 0; i < n_places; i++) {
        check_name(&places[i].name);
        require(places[i].timestamp_ms >= -1);
    }
}

static void parse_piece(struct sse_parser *parser, struct sse_facts_reader *reader,
                        const char *bytes, size_t len, struct buffer *text)
{
    /* A copy of its own, so that a sanitizer sees a read beyond its end. */
    char *copy = malloc(len == 0 ? 1 : len);
    struct sse_piece piece;
    struct sse_event event;
    int outcome;
    require(copy != NULL);
    memcpy(copy, bytes, len);
    sse_piece_init(&piece, copy, len);
    while ((outcome = sse_parser_next(parser, &piece, &event)) > 0) {
        const char *data = parser->output->data == NULL ? "" : parser->output->data + event.offset;
        note(text, outcome, &event, data);
        if (outcome == SSE_EVENT) {
            read_message(reader, &event, data);
        }
        if (event.data_len % 2 == 1) {
            sse_parser_withdraw(parser, &event);
        }
    }
    require(outcome == SSE_MORE && piece.cursor == piece.end);
    free(copy);
}

static void parse(struct sse_facts_reader *reader, const char *bytes, size_t len, size_t step,
                  size_t limit, struct buffer *text)
{
    struct sse_parser parser;
    struct buffer outputs[2] = { { 0 } };
    sse_parser_init(&parser, limit);
    for (size_t at = 0, i = 0; at < len || i == 0; at += step, i++) {
        struct buffer *output = &outputs[i % 2];
        buffer_clear(output);
        require(sse_parser_set_output(&parser, output) == 0);
        parse_piece(&parser, reader, bytes + at, len - at < step ? len - at : step, text);
        /* The half message is all that a piece leaves behind, and it is bounded. */
        require(sse_parser_pending(&parser) <= limit && parser.value.len <= SSE_VALUE_MAX);
    }
    note_end(text, parser.last_id.data, parser.last_id.len, parser.retry_ms);
    sse_parser_deinit(&parser);
    buffer_deinit(&outputs[0]);
    buffer_deinit(&outputs[1]);
}

static void check_retry_after(const char *bytes, size_t len)
{
    AUTO_BUFFER text = { 0 };
    int64_t ns = -1;
    require(buffer_append(&text, bytes, len < 64 ? len : 64) == 0 && buffer_text(&text) != NULL);
    int r = http_retry_after_parse(text.data, INT64_C(1767225600) * NS_PER_S, &ns);
    require(r == 0 ? ns >= 0 && ns <= HTTP_RETRY_AFTER_MAX_NS
                   : r == HTTP_RETRY_AFTER_JUNK && ns == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const size_t steps[] = { 1, 2, 3, 7, 64, 4096 };
    static const size_t limits[] = { 16, 70, 1000, 1 << 20 };
    AUTO_BUFFER expected = { 0 };
    AUTO(sse_facts_reader) reader = NULL;
    if (len == 0) {
        return 0;
    }
    require(sse_facts_reader_new(&reader) == 0);
    const char *stream = (const char *)bytes + 1;
    size_t limit = limits[bytes[0] / 8 % ARRAY_SIZE(limits)];
    plain_read(stream, len - 1, limit, &expected);
    const size_t ways[] = { len, steps[bytes[0] % ARRAY_SIZE(steps)] };
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        AUTO_BUFFER text = { 0 };
        parse(reader, stream, len - 1, ways[i], limit, &text);
        require(text.len == expected.len && memcmp(text.data, expected.data, text.len) == 0);
    }
    check_retry_after(stream, len - 1);
    return 0;
}
