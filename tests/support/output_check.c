/* SPDX-License-Identifier: Apache-2.0 */
#include "output_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "line_find.h"

enum { N_EXPLAINED = 20, NUMBER_LEN = 12, SHOWN_LEN = 160 };

enum place { PLACE_SINK, PLACE_ERRORS, N_PLACES };

/* An input event. */
struct entry {
    const char *line;
    size_t len;
    /* Its key's index in key_last, or NO_KEY. */
    uint32_t key;
    /* How often it was found. */
    uint32_t n_seen;
    bool is_canary;
    /* Whether it can be enriched. */
    bool is_good;
};

static const uint32_t NO_KEY = UINT32_MAX;

struct key_slot {
    uint64_t hash;
    uint32_t index;
    bool is_used;
};

struct output_check {
    const char *value;
    /* By number, from 1. */
    struct entry *entries;
    size_t n_entries;
    /* Open addressing; n_key_slots is a power of two. */
    struct key_slot *key_slots;
    size_t n_key_slots;
    uint32_t n_keys;
    /* By key, the last number met in each sink. */
    uint64_t *key_last[N_PLACES];
    struct output_counts counts;
    unsigned n_explained;
    /* Reused from line to line. */
    struct buffer scratch, raw;
};

static const char *const body_path[] = { "revision", "content_slots", "main", "content_body",
                                         NULL };
static const char *const slot_path[] = { "revision", "content_slots", "main", NULL };

__attribute__((format(printf, 2, 3))) static void explain(struct output_check *check,
                                                          const char *format, ...)
{
    if (check->n_explained++ >= N_EXPLAINED) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static size_t line_length(const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);
    return newline == NULL ? len : (size_t)(newline - bytes);
}

/* The number that gen_events put into meta.request_id, or 0. */
static uint64_t find_number(const char *line, size_t len)
{
    static const char mark[] = "\"request_id\":\"weir-";
    const char *found = memmem(line, len, mark, sizeof(mark) - 1);
    uint64_t number = 0;
    if (found == NULL || (size_t)(line + len - found) < sizeof(mark) - 1 + NUMBER_LEN) {
        return 0;
    }
    for (size_t i = 0; i < NUMBER_LEN; i++) {
        char digit = found[sizeof(mark) - 1 + i];
        if (digit < '0' || digit > '9') {
            return 0;
        }
        number = number * 10 + (uint64_t)(digit - '0');
    }
    return number;
}

/* Hashes the two members of meta.key; false where there is none. */
static bool find_key(const char *line, size_t len, uint64_t *ret_hash)
{
    static const char *const wiki_path[] = { "meta", "key", "wiki_id", NULL };
    static const char *const page_path[] = { "meta", "key", "page_id", NULL };
    struct line_place wiki, page;
    if (line_find(line, len, wiki_path, &wiki) < 0 || line_find(line, len, page_path, &page) < 0) {
        return false;
    }
    uint64_t hash = hash_bytes(line + wiki.value_start, wiki.value_end - wiki.value_start);
    *ret_hash = hash_bytes_seeded(line + page.value_start, page.value_end - page.value_start, hash);
    return true;
}

static uint32_t key_index(struct output_check *check, uint64_t hash)
{
    size_t at = hash & (check->n_key_slots - 1);
    while (check->key_slots[at].is_used && check->key_slots[at].hash != hash) {
        at = (at + 1) & (check->n_key_slots - 1);
    }
    struct key_slot *slot = &check->key_slots[at];
    if (!slot->is_used) {
        *slot = (struct key_slot){ .hash = hash, .index = check->n_keys++, .is_used = true };
    }
    return slot->index;
}

static bool add_entry(struct output_check *check, const char *line, size_t len)
{
    struct line_place slot;
    uint64_t hash;
    uint64_t number = find_number(line, len);
    if (number == 0 || number > check->n_entries || check->entries[number - 1].line != NULL) {
        explain(check, "input: no new number in %.*s", (int)(len < SHOWN_LEN ? len : SHOWN_LEN),
                line);
        return false;
    }
    bool has_key = find_key(line, len, &hash);
    struct entry *entry = &check->entries[number - 1];
    *entry = (struct entry){ .line = line, .len = len };
    entry->key = has_key ? key_index(check, hash) : NO_KEY;
    entry->is_canary = memmem(line, len, "\"domain\":\"canary\"", 17) != NULL;
    entry->is_good = has_key && line_find(line, len, slot_path, &slot) == 0;
    check->counts.canaries += entry->is_canary;
    return true;
}

static size_t count_lines(const char *bytes, size_t len)
{
    size_t n_lines = 0;
    for (size_t at = 0; at < len; at += line_length(bytes + at, len - at) + 1) {
        n_lines++;
    }
    return n_lines;
}

static void allocate(struct output_check *check)
{
    check->n_key_slots = 16;
    while (check->n_key_slots < 2 * check->n_entries) {
        check->n_key_slots *= 2;
    }
    check->entries = calloc(check->n_entries + 1, sizeof(*check->entries));
    check->key_slots = calloc(check->n_key_slots, sizeof(*check->key_slots));
    require(check->entries != NULL && check->key_slots != NULL);
    for (size_t i = 0; i < N_PLACES; i++) {
        check->key_last[i] = calloc(check->n_entries + 1, sizeof(uint64_t));
        require(check->key_last[i] != NULL);
    }
}

struct output_check *output_check_new(const char *input, size_t len, const char *value)
{
    struct output_check *check = calloc(1, sizeof(*check));
    require(check != NULL);
    check->value = value;
    check->n_entries = count_lines(input, len);
    check->counts.read = check->n_entries;
    allocate(check);
    for (size_t at = 0; at < len;) {
        size_t line_len = line_length(input + at, len - at);
        if (!add_entry(check, input + at, line_len)) {
            output_check_free(check);
            return NULL;
        }
        at += line_len + 1;
    }
    return check;
}

/* Puts the line without the member that enrichment added into scratch; false where it is not there. */
static bool take_body_out(struct output_check *check, const char *line, size_t len)
{
    struct line_place body;
    if (line_find(line, len, body_path, &body) < 0) {
        return false;
    }
    size_t value_len = body.value_end - body.value_start;
    if (value_len != strlen(check->value) ||
        memcmp(line + body.value_start, check->value, value_len) != 0) {
        return false;
    }
    size_t start = body.name_start;
    size_t end = body.value_end;
    if (line[start - 1] == ',') {
        start--;
    } else if (line[end] == ',') {
        end++;
    }
    buffer_clear(&check->scratch);
    require(buffer_append(&check->scratch, line, start) == 0);
    require(buffer_append(&check->scratch, line + end, len - end) == 0);
    return true;
}

/* Puts the bytes that an error event carries into raw; false where it carries none. */
static bool take_raw_event(struct output_check *check, const char *line, size_t len)
{
    static const char *const raw_path[] = { "raw_event", NULL };
    static const char prefix[] = "data:application/octet-stream;base64,";
    struct line_place place;
    buffer_clear(&check->raw);
    buffer_clear(&check->scratch);
    if (line_find(line, len, raw_path, &place) < 0 ||
        line_decode_string(line + place.value_start, place.value_end - place.value_start,
                           &check->scratch) < 0) {
        return false;
    }
    const struct buffer *text = &check->scratch;
    size_t prefix_len = sizeof(prefix) - 1;
    if (text->len >= prefix_len && memcmp(text->data, prefix, prefix_len) == 0) {
        return line_decode_base64(text->data + prefix_len, text->len - prefix_len, &check->raw) ==
               0;
    }
    require(buffer_append(&check->raw, text->data, text->len) == 0);
    return true;
}

/* Counts an event as found. */
static void note_seen(struct output_check *check, uint64_t number, enum place place)
{
    struct entry *entry = &check->entries[number - 1];
    *(place == PLACE_SINK ? &check->counts.delivered : &check->counts.errored) += 1;
    if (entry->is_canary || entry->n_seen > 0) {
        check->counts.doubled++;
        explain(check, "doubled: event %" PRIu64 "%s", number, entry->is_canary ? " (canary)" : "");
    }
    entry->n_seen++;
    if (entry->key == NO_KEY) {
        return;
    }
    uint64_t *last = &check->key_last[place][entry->key];
    if (number < *last) {
        check->counts.out_of_order++;
        explain(check, "out of order: event %" PRIu64 " came after %" PRIu64, number, *last);
        return;
    }
    *last = number;
}

/* Compares one event's bytes (without what was added) with its input line. */
static void check_event(struct output_check *check, const char *bytes, size_t len, enum place place)
{
    uint64_t number = find_number(bytes, len);
    if (number == 0 || number > check->n_entries) {
        check->counts.changed++;
        explain(check, "changed: no known number in %.*s", (int)(len < SHOWN_LEN ? len : SHOWN_LEN),
                bytes);
        return;
    }
    const struct entry *entry = &check->entries[number - 1];
    if (entry->is_good != (place == PLACE_SINK)) {
        check->counts.changed++;
        explain(check, "changed: event %" PRIu64 " is in the wrong sink", number);
    } else if (len != entry->len || memcmp(bytes, entry->line, len) != 0) {
        check->counts.changed++;
        explain(check, "changed: event %" PRIu64 " has other bytes", number);
    }
    note_seen(check, number, place);
}

static void check_line(struct output_check *check, const char *line, size_t len, enum place place)
{
    if (len < 2 || line[0] != '{' || line[len - 1] != '}') {
        check->counts.torn++;
        explain(check, "torn: %.*s", (int)(len < SHOWN_LEN ? len : SHOWN_LEN), line);
        return;
    }
    if (place == PLACE_SINK && take_body_out(check, line, len)) {
        check_event(check, check->scratch.data, check->scratch.len, place);
    } else if (place == PLACE_ERRORS && take_raw_event(check, line, len)) {
        check_event(check, check->raw.data, check->raw.len, place);
    } else {
        check->counts.changed++;
        explain(check, "changed: %s in %.*s",
                place == PLACE_SINK ? "no content body" : "no raw event",
                (int)(len < SHOWN_LEN ? len : SHOWN_LEN), line);
    }
}

static void check_part(struct output_check *check, const char *bytes, size_t len, enum place place)
{
    for (size_t at = 0; at < len;) {
        size_t line_len = line_length(bytes + at, len - at);
        if (at + line_len == len) {
            check->counts.torn++;
            explain(check, "torn: the part does not end with a newline");
            return;
        }
        check_line(check, bytes + at, line_len, place);
        at += line_len + 1;
    }
}

void output_check_sink(struct output_check *check, const char *bytes, size_t len)
{
    check_part(check, bytes, len, PLACE_SINK);
}

void output_check_errors(struct output_check *check, const char *bytes, size_t len)
{
    check_part(check, bytes, len, PLACE_ERRORS);
}

void output_check_finish(struct output_check *check, struct output_counts *ret_counts)
{
    for (size_t i = 0; i < check->n_entries; i++) {
        const struct entry *entry = &check->entries[i];
        if (entry->n_seen == 0 && !entry->is_canary) {
            check->counts.missing++;
            explain(check, "missing: event %zu", i + 1);
        }
    }
    *ret_counts = check->counts;
}

uint64_t output_counts_faults(const struct output_counts *counts)
{
    return counts->missing + counts->doubled + counts->out_of_order + counts->changed +
           counts->torn;
}

void output_check_free(struct output_check *check)
{
    if (check == NULL) {
        return;
    }
    buffer_deinit(&check->scratch);
    buffer_deinit(&check->raw);
    free(check->entries);
    free(check->key_slots);
    for (size_t i = 0; i < N_PLACES; i++) {
        free(check->key_last[i]);
    }
    free(check);
}
