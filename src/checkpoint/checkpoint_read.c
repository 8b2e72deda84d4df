/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/checkpoint_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"

/* The word, 16 digits, newline. */
enum { CHECKSUM_LEN = sizeof(CHECKPOINT_CHECKSUM_WORD) - 1 + 16 + 1 };

struct reader {
    const char *cursor;
    const char *end;
    struct checkpoint *checkpoint;
    /* Room in the checkpoint's partitions, and in the last partition's ranges. */
    size_t partitions_capacity;
    size_t ranges_capacity;
};

/* Takes text if it comes next. */
static bool take(struct reader *reader, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(reader->end - reader->cursor) < len || memcmp(reader->cursor, text, len) != 0) {
        return false;
    }
    reader->cursor += len;
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads what follows a backslash. */
static int take_escape(struct reader *reader, char *ret_byte)
{
    if (take(reader, "\"") || take(reader, "\\")) {
        *ret_byte = reader->cursor[-1];
        return 0;
    }
    if (!take(reader, "x") || reader->end - reader->cursor < 2) {
        return -EBADMSG;
    }
    int high = hex_value(reader->cursor[0]);
    int low = hex_value(reader->cursor[1]);
    int value = high * 16 + low;
    bool is_control = (value > 0 && value < 0x20) || value == 0x7f;
    if (high < 0 || low < 0 || !is_control) {
        return -EBADMSG;
    }
    reader->cursor += 2;
    *ret_byte = (char)value;
    return 0;
}

/* Reads ` "text"` into a string that the caller frees. */
static int take_string(struct reader *reader, char **ret_text)
{
    if (!take(reader, " \"")) {
        return -EBADMSG;
    }
    AUTO_BUFFER text = { 0 };
    while (!take(reader, "\"")) {
        if (reader->cursor == reader->end || (unsigned char)*reader->cursor < 0x20 ||
            *reader->cursor == 0x7f) {
            return -EBADMSG;
        }
        char c = *reader->cursor++;
        int r = c == '\\' ? take_escape(reader, &c) : 0;
        if (r == 0) {
            r = buffer_append_byte(&text, c);
        }
        if (r < 0) {
            return r;
        }
    }
    if (buffer_text(&text) == NULL) {
        return -ENOMEM;
    }
    *ret_text = text.data;
    text = (struct buffer){ 0 };
    return 0;
}

/* Reads digits, up to limit: no leading zero. */
static int take_digits(struct reader *reader, uint64_t limit, uint64_t *ret_value)
{
    const char *first = reader->cursor;
    uint64_t value = 0;
    for (; reader->cursor < reader->end && *reader->cursor >= '0' && *reader->cursor <= '9';
         reader->cursor++) {
        uint64_t digit = (uint64_t)(*reader->cursor - '0');
        if (value > (limit - digit) / 10) {
            return -EBADMSG;
        }
        value = value * 10 + digit;
    }
    if (reader->cursor == first || (*first == '0' && reader->cursor - first > 1)) {
        return -EBADMSG;
    }
    *ret_value = value;
    return 0;
}

/* Reads " 123". */
static int take_unsigned(struct reader *reader, uint64_t *ret_value)
{
    return take(reader, " ") ? take_digits(reader, UINT64_MAX, ret_value) : -EBADMSG;
}

/* Reads " 123" or " -123". */
static int take_signed(struct reader *reader, int64_t *ret_value)
{
    bool is_negative = take(reader, " -");
    if (!is_negative && !take(reader, " ")) {
        return -EBADMSG;
    }
    uint64_t value;
    int r = take_digits(reader, INT64_MAX, &value);
    if (r < 0 || (is_negative && value == 0)) {
        return -EBADMSG;
    }
    *ret_value = is_negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

static int take_newline(struct reader *reader)
{
    return take(reader, "\n") ? 0 : -EBADMSG;
}

static int read_named(struct reader *reader, const char *word, char **ret_text)
{
    if (!take(reader, word)) {
        return -EBADMSG;
    }
    int r = take_string(reader, ret_text);
    return r < 0 ? r : take_newline(reader);
}

/* Doubles an array of items that is full; capacity 0 is empty. Returns NULL without memory. */
static void *grow(void *items, size_t n, size_t *capacity, size_t item_size)
{
    if (n < *capacity) {
        return items;
    }
    size_t grown = *capacity == 0 ? 8 : *capacity * 2;
    void *moved = realloc(items, grown * item_size);
    if (moved != NULL) {
        *capacity = grown;
    }
    return moved;
}

static int add_range(struct reader *reader, struct partition_state *state,
                     const struct offset_range *range)
{
    int64_t above =
        state->n_ranges == 0 ? state->watermark : state->ranges[state->n_ranges - 1].end;
    if (range->first < above || range->end <= range->first) {
        return -EBADMSG;
    }
    struct offset_range *ranges =
        grow(state->ranges, state->n_ranges, &reader->ranges_capacity, sizeof(*ranges));
    if (ranges == NULL) {
        return -ENOMEM;
    }
    state->ranges = ranges;
    state->ranges[state->n_ranges++] = *range;
    reader->checkpoint->ledger.n_ranges++;
    return 0;
}

static int read_ranges(struct reader *reader, struct partition_state *state)
{
    reader->ranges_capacity = 0;
    while (take(reader, "done")) {
        struct offset_range range;
        int r = take_signed(reader, &range.first);
        if (r == 0) {
            r = take_signed(reader, &range.end);
        }
        if (r == 0) {
            r = take_newline(reader);
        }
        if (r == 0) {
            r = add_range(reader, state, &range);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int read_partition(struct reader *reader)
{
    struct ledger_snapshot *ledger = &reader->checkpoint->ledger;
    struct partition_state *partitions = grow(ledger->partitions, ledger->n_partitions,
                                              &reader->partitions_capacity, sizeof(*partitions));
    if (partitions == NULL) {
        return -ENOMEM;
    }
    ledger->partitions = partitions;
    struct partition_state *state = &partitions[ledger->n_partitions];
    *state = (struct partition_state){ 0 };
    int r = take_string(reader, &state->name);
    if (r < 0) {
        return r;
    }
    /* From here on checkpoint_deinit() frees it. */
    ledger->n_partitions++;
    r = take_signed(reader, &state->watermark);
    if (r == 0) {
        r = take_newline(reader);
    }
    return r < 0 ? r : read_ranges(reader, state);
}

static int read_state(struct reader *reader)
{
    if (!take(reader, "state \"")) {
        return -EBADMSG;
    }
    const char *first = reader->cursor;
    const char *quote = memchr(first, '"', (size_t)(reader->end - first));
    if (quote == NULL) {
        return -EBADMSG;
    }
    AUTO_BUFFER state = { 0 };
    int r = base64_decode(&state, first, (size_t)(quote - first));
    if (r < 0) {
        return r == -EINVAL ? -EBADMSG : r;
    }
    reader->checkpoint->source_state = state.data;
    reader->checkpoint->source_state_len = state.len;
    state = (struct buffer){ 0 };
    reader->cursor = quote + 1;
    return take_newline(reader);
}

static int read_sink(struct reader *reader)
{
    struct checkpoint *checkpoint = reader->checkpoint;
    if (checkpoint->n_sinks == CHECKPOINT_SINKS_MAX) {
        return -EBADMSG;
    }
    struct checkpoint_sink *sink = &checkpoint->sinks[checkpoint->n_sinks++];
    int r = take_string(reader, &sink->role);
    if (r == 0) {
        r = take_string(reader, &sink->identity);
    }
    if (r == 0) {
        r = take_unsigned(reader, &sink->part);
    }
    if (r == 0) {
        r = take_unsigned(reader, &sink->length);
    }
    return r < 0 ? r : take_newline(reader);
}

/* Everything between the version line and the checksum line. */
static int read_statements(struct reader *reader)
{
    struct checkpoint *checkpoint = reader->checkpoint;
    int r = read_named(reader, "job", &checkpoint->job_name);
    if (r == 0) {
        r = read_named(reader, "instance", &checkpoint->instance);
    }
    if (r == 0) {
        r = read_named(reader, "source", &checkpoint->source_identity);
    }
    while (r == 0 && take(reader, "partition")) {
        r = read_partition(reader);
    }
    if (r == 0) {
        r = read_state(reader);
    }
    while (r == 0 && take(reader, "sink")) {
        r = read_sink(reader);
    }
    return r == 0 && reader->cursor != reader->end ? -EBADMSG : r;
}

/* True when the text ends in a checksum line that fits what is before it. */
static bool has_good_checksum(const char *text, size_t len)
{
    if (len < CHECKSUM_LEN) {
        return false;
    }
    char line[CHECKSUM_LEN + 1];
    snprintf(line, sizeof(line), CHECKPOINT_CHECKSUM_WORD "%016" PRIx64 "\n",
             hash_bytes(text, len - CHECKSUM_LEN));
    return memcmp(line, text + len - CHECKSUM_LEN, CHECKSUM_LEN) == 0;
}

static size_t line_number(const char *text, const char *cursor)
{
    size_t line = 1;
    for (; text < cursor; text++) {
        line += *text == '\n';
    }
    return line;
}

int checkpoint_format_read(const char *text, size_t len, struct checkpoint *ret_checkpoint,
                           struct problem *problem)
{
    if (len == 0) {
        return problem_set(problem, EBADMSG, EXIT_DATA, "it is empty");
    }
    if (!has_good_checksum(text, len)) {
        return problem_set(problem, EBADMSG, EXIT_DATA, "its checksum is missing or wrong");
    }
    struct checkpoint checkpoint = { 0 };
    struct reader reader = {
        .cursor = text,
        .end = text + len - CHECKSUM_LEN,
        .checkpoint = &checkpoint,
    };
    if (!take(&reader, CHECKPOINT_VERSION_LINE)) {
        return problem_set(problem, EBADMSG, EXIT_DATA, "it was written by another version");
    }
    int r = read_statements(&reader);
    if (r < 0) {
        checkpoint_deinit(&checkpoint);
        if (r != -EBADMSG) {
            return problem_set(problem, -r, EXIT_SOFTWARE, "no memory to read it");
        }
        return problem_set(problem, EBADMSG, EXIT_DATA, "line %zu is not understood",
                           line_number(text, reader.cursor));
    }
    *ret_checkpoint = checkpoint;
    return 0;
}
