/* SPDX-License-Identifier: Apache-2.0 */
/* Each stream is cut in many ways; none may change what comes out. */
#include "source/sse_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "sse_vectors.h"

enum { LIMIT = 1 << 20 };

/* What a stream gave, as one text: `E|type|id|data|` an event, `L|data_len|` a too large one. */
struct outcome {
    struct buffer text;
    struct buffer last_id;
    int64_t retry_ms;
    size_t most_memory;
};

static void outcome_deinit(struct outcome *outcome)
{
    buffer_deinit(&outcome->text);
    buffer_deinit(&outcome->last_id);
}

static void note(struct outcome *outcome, int r, const struct sse_event *event,
                 const struct buffer *output)
{
    if (r == SSE_TOO_LARGE) {
        CU_ASSERT_EQUAL(event->len, 0);
        CU_ASSERT_EQUAL(
            buffer_printf(&outcome->text, "L|%llu|", (unsigned long long)event->data_len), 0);
        return;
    }
    CU_ASSERT_EQUAL(event->data_len, event->len);
    buffer_append_text(&outcome->text, "E|");
    if (event->type_len == 0) {
        buffer_append_text(&outcome->text, "message");
    }
    buffer_append(&outcome->text, event->type, event->type_len);
    buffer_append_byte(&outcome->text, '|');
    buffer_append(&outcome->text, event->id, event->id_len);
    buffer_append_byte(&outcome->text, '|');
    buffer_append(&outcome->text, output->data + event->offset, event->len);
    buffer_append_byte(&outcome->text, '|');
}

/* Parses one piece; every second event the output is changed, as batches do. */
static void parse_piece(struct sse_parser *parser, const char *bytes, size_t len,
                        struct buffer outputs[2], struct outcome *outcome)
{
    /* A copy of its own, so that a sanitizer sees a read beyond its end. */
    char *copy = malloc(len == 0 ? 1 : len);
    memcpy(copy, bytes, len);
    struct sse_piece piece;
    struct sse_event event;
    sse_piece_init(&piece, copy, len);
    int r;
    while ((r = sse_parser_next(parser, &piece, &event)) > 0) {
        note(outcome, r, &event, parser->output);
    }
    CU_ASSERT_EQUAL(r, SSE_MORE);
    CU_ASSERT_PTR_EQUAL(piece.cursor, piece.end);
    free(copy);
    size_t memory = outputs[0].capacity + outputs[1].capacity + parser->value.capacity +
                    parser->id.capacity + parser->last_id.capacity + parser->type.capacity;
    outcome->most_memory = memory > outcome->most_memory ? memory : outcome->most_memory;
    struct buffer *next = parser->output == &outputs[0] ? &outputs[1] : &outputs[0];
    buffer_clear(next);
    CU_ASSERT_EQUAL(sse_parser_set_output(parser, next), 0);
}

/* Cuts bytes by chunks (then by step; 0: the rest at once) and parses them. */
static void parse(const char *bytes, size_t len, const size_t *chunks, size_t n_chunks, size_t step,
                  size_t limit, struct outcome *ret_outcome)
{
    struct sse_parser parser;
    struct buffer outputs[2] = { { 0 } };
    *ret_outcome = (struct outcome){ 0 };
    sse_parser_init(&parser, limit);
    CU_ASSERT_EQUAL(sse_parser_set_output(&parser, &outputs[0]), 0);
    size_t at = 0;
    for (size_t i = 0; at < len || i < n_chunks; i++) {
        size_t n = i < n_chunks ? chunks[i] : step == 0 ? len : step;
        n = n < len - at ? n : len - at;
        parse_piece(&parser, bytes + at, n, outputs, ret_outcome);
        at += n;
    }
    buffer_append(&ret_outcome->last_id, parser.last_id.data, parser.last_id.len);
    ret_outcome->retry_ms = parser.retry_ms;
    sse_parser_deinit(&parser);
    buffer_deinit(&outputs[0]);
    buffer_deinit(&outputs[1]);
}

static void vector_expected(const struct sse_vector *vector, struct buffer *text)
{
    for (size_t i = 0; i < vector->n_events; i++) {
        const struct sse_vector_event *event = &vector->events[i];
        buffer_append_text(text, "E|");
        buffer_append(text, event->type.bytes, event->type.len);
        buffer_append_byte(text, '|');
        buffer_append(text, event->id.bytes, event->id.len);
        buffer_append_byte(text, '|');
        buffer_append(text, event->data.bytes, event->data.len);
        buffer_append_byte(text, '|');
    }
}

static bool equals(const struct buffer *buffer, const char *bytes, size_t len)
{
    return buffer->len == len && (len == 0 || memcmp(buffer->data, bytes, len) == 0);
}

/* Bytes kept where HTML puts U+FFFD: the same text once each run of odd bytes is one mark. */
static void fold_odd_bytes(struct buffer *text)
{
    size_t out = 0;
    for (size_t i = 0; i < text->len; i++) {
        bool is_odd = (unsigned char)text->data[i] >= 0x80;
        if (!is_odd || out == 0 || text->data[out - 1] != '?') {
            text->data[out++] = is_odd ? '?' : text->data[i];
        }
    }
    text->len = out;
}

static void check_vector(const struct sse_vector *vector, const size_t *chunks, size_t n_chunks,
                         size_t step)
{
    struct outcome outcome;
    struct buffer expected = { 0 };
    parse(vector->input.bytes, vector->input.len, chunks, n_chunks, step, LIMIT, &outcome);
    vector_expected(vector, &expected);
    if (vector->is_policy) {
        fold_odd_bytes(&expected);
        fold_odd_bytes(&outcome.text);
    }
    bool is_right =
        equals(&outcome.text, expected.data, expected.len) &&
        equals(&outcome.last_id, vector->last_event_id.bytes, vector->last_event_id.len) &&
        outcome.retry_ms == vector->retry_ms;
    if (!is_right) {
        printf("\n%s, step %zu: got %.*s\n", vector->name, step, (int)outcome.text.len,
               outcome.text.data == NULL ? "" : outcome.text.data);
    }
    CU_ASSERT_TRUE(is_right);
    outcome_deinit(&outcome);
    buffer_deinit(&expected);
}

static void test_vectors(void)
{
    char path[4096];
    const char *shared = getenv("WEIR_SHARED");
    snprintf(path, sizeof(path), "%s/suites/sse/vectors.json",
             shared == NULL ? "../shared" : shared);
    struct sse_vector *vectors;
    size_t n_vectors;
    if (sse_vectors_load(path, &vectors, &n_vectors) < 0) {
        printf("skipped: there is no %s ", path);
        return;
    }
    CU_ASSERT_EQUAL(n_vectors, 99);
    static const size_t steps[] = { 0, 1, 2, 3, 7, 4096 };
    for (size_t i = 0; i < n_vectors; i++) {
        for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
            check_vector(&vectors[i], NULL, 0, steps[k]);
        }
        if (vectors[i].n_chunks > 0) {
            check_vector(&vectors[i], vectors[i].chunks, vectors[i].n_chunks, 0);
        }
    }
    sse_vectors_free(vectors, n_vectors);
}

static void test_rules(void)
{
    static const struct {
        const char *input;
        const char *expected;
        const char *last_id;
        int64_t retry_ms;
    } cases[] = {
        { ":ok\n\nevent: message\nid: 7\ndata: {}\n\n", "E|message|7|{}|", "7", -1 },
        /* Complete at a bare CR; the LF behind it is part of it. */
        { "data: a\r\r", "E|message||a|", "", -1 },
        { "data: a\r\n\r\ndata: b\r\n\r\n", "E|message||a|E|message||b|", "", -1 },
        { "data\n\n", "E|message|||", "", -1 },
        { "data: a\ndata: b\ndata\n\n", "E|message||a\nb\n|", "", -1 },
        { "data:  a \n\n", "E|message|| a |", "", -1 },
        { "datax: a\ndat: b\nDATA: c\n data: d\n\n", "", "", -1 },
        { "event: x\n\ndata: a\n\n", "E|message||a|", "", -1 },
        { "id: 1\n\n", "", "1", -1 },
        { "id: 1\ndata: a\n\nid: 2\ndata: b\n", "E|message|1|a|", "1", -1 },
        { "id: 1\ndata: a\n\nid\ndata: b\n\n", "E|message|1|a|E|message||b|", "", -1 },
        { "retry: 99999999999999999999999\n", "", "", INT64_MAX },
        { "retry: 1500\nretry: 1 5\n", "", "", 1500 },
        { "\xEF\xBB\xBF"
          "data: a\n\n",
          "E|message||a|", "", -1 },
        { "\xEF\xBB\ndata: a\n\n", "E|message||a|", "", -1 },
        { "\xEF\xBB\xBF\xEF\xBB\xBF"
          "data: a\n\n",
          "", "", -1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 0; step < 5; step++) {
            struct outcome outcome;
            parse(cases[i].input, strlen(cases[i].input), NULL, 0, step, LIMIT, &outcome);
            CU_ASSERT_TRUE(equals(&outcome.text, cases[i].expected, strlen(cases[i].expected)));
            CU_ASSERT_TRUE(equals(&outcome.last_id, cases[i].last_id, strlen(cases[i].last_id)));
            CU_ASSERT_EQUAL(outcome.retry_ms, cases[i].retry_ms);
            outcome_deinit(&outcome);
        }
    }
}

/* An id with a NUL inside is as if it was not there. */
static void test_nul_in_id(void)
{
    static const char input[] = "id: 1\ndata: a\n\nid: 2\0x\ndata: b\n\n";
    for (size_t step = 0; step < 4; step++) {
        struct outcome outcome;
        parse(input, sizeof(input) - 1, NULL, 0, step, LIMIT, &outcome);
        CU_ASSERT_TRUE(equals(&outcome.text, "E|message|1|a|E|message|1|b|", 28));
        CU_ASSERT_TRUE(equals(&outcome.last_id, "1", 1));
        outcome_deinit(&outcome);
    }
}

/* `data: xxx...` with n bytes of data, then another event. */
static void fill(struct buffer *input, const char *field, size_t n, const char *behind)
{
    buffer_clear(input);
    buffer_append_text(input, field);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(input, n), 0);
    memset(input->data + input->len, 'x', n);
    input->len += n;
    buffer_append_text(input, behind);
}

static void test_sizes(void)
{
    enum { MIB5 = 5 << 20 };
    static const struct {
        size_t limit;
        size_t n;
        bool is_too_large;
    } cases[] = {
        { MIB5, MIB5, false },
        { 1000, 1000, false },
        { 1000, 1001, true },
        { 1000, MIB5, true },
    };
    struct buffer input = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(&input, "id: 1\ndata: ", cases[i].n, "\n\nid: 2\ndata: next\n\n");
        const size_t steps[] = { 0, input.len / 2, 4096 };
        for (size_t k = 0; k < 3; k++) {
            struct outcome outcome;
            parse(input.data, input.len, NULL, 0, steps[k], cases[i].limit, &outcome);
            char expected[64];
            snprintf(expected, sizeof(expected), "L|%zu|E|message|2|next|", cases[i].n);
            bool is_too_large = equals(&outcome.text, expected, strlen(expected));
            CU_ASSERT_EQUAL(is_too_large, cases[i].is_too_large);
            size_t whole = strlen("E|message|1||E|message|2|next|") + cases[i].n;
            CU_ASSERT_TRUE(is_too_large || outcome.text.len == whole);
            outcome_deinit(&outcome);
        }
    }
    buffer_deinit(&input);
}

/* Whatever has no end keeps no memory; what comes behind it is unharmed. */
static void test_bounds(void)
{
    static const struct {
        const char *field;
        const char *expected;
    } cases[] = {
        { ":", "E|message||next|" },
        { "unknown: ", "E|message||next|" },
        { "unknown", "E|message||next|" },
        { "id: ", "L|0|E|message||next|" },
        { "event: ", "L|0|E|message||next|" },
        { "retry: ", "L|0|E|message||next|" },
        { "data: ", "L|8388608|E|message||next|" },
        { "data: a\ndata: b\ndata: ", "L|8388612|E|message||next|" },
    };
    struct buffer input = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(&input, cases[i].field, 8 << 20, "\n\ndata: next\n\n");
        struct outcome outcome;
        parse(input.data, input.len, NULL, 0, 16384, 1000, &outcome);
        CU_ASSERT_TRUE(equals(&outcome.text, cases[i].expected, strlen(cases[i].expected)));
        CU_ASSERT_TRUE(outcome.most_memory < 400000);
        outcome_deinit(&outcome);
    }
    buffer_deinit(&input);
}

/* Many short lines ended by bare CRs: not searched anew for each line. */
static void test_bare_crs(void)
{
    struct buffer input = { 0 };
    enum { N = 200000 };
    for (size_t i = 0; i < N; i++) {
        buffer_append_text(&input, "data:x\r\r");
    }
    struct outcome outcome;
    parse(input.data, input.len, NULL, 0, 0, LIMIT, &outcome);
    CU_ASSERT_EQUAL(outcome.text.len, N * strlen("E|message||x|"));
    outcome_deinit(&outcome);
    buffer_deinit(&input);
}

static void test_restart(void)
{
    static const char before[] = "retry: 7\nid: 1\ndata: a\n\nid: 2\ndata: half";
    static const char after[] = "\xEF\xBB\xBF"
                                "data: b\n\n";
    struct sse_parser parser;
    struct buffer outputs[2] = { { 0 } };
    struct outcome outcome = { 0 };
    sse_parser_init(&parser, LIMIT);
    CU_ASSERT_EQUAL(sse_parser_set_output(&parser, &outputs[0]), 0);
    parse_piece(&parser, before, strlen(before), outputs, &outcome);
    CU_ASSERT_EQUAL(sse_parser_pending(&parser), 4);
    CU_ASSERT_EQUAL(sse_parser_restart(&parser), 0);
    CU_ASSERT_EQUAL(sse_parser_pending(&parser), 0);
    CU_ASSERT_EQUAL(parser.output->len, 0);
    CU_ASSERT_TRUE(equals(&parser.last_id, "1", 1));
    parse_piece(&parser, after, strlen(after), outputs, &outcome);
    CU_ASSERT_TRUE(equals(&outcome.text, "E|message|1|a|E|message|1|b|", 28));
    CU_ASSERT_EQUAL(parser.retry_ms, 7);
    outcome_deinit(&outcome);
    sse_parser_deinit(&parser);
    buffer_deinit(&outputs[0]);
    buffer_deinit(&outputs[1]);
}

static const struct test_case cases[] = {
    { "every vector in every cutting", test_vectors },
    { "rules that are easy to miss", test_rules },
    { "an id with NUL is ignored", test_nul_in_id },
    { "5 MiB, exactly the limit, one above", test_sizes },
    { "endless lines keep no memory", test_bounds },
    { "bare CRs cost no more", test_bare_crs },
    { "a restart keeps id and retry", test_restart },
};

CUNIT_MAIN("source/sse_parser", cases)
