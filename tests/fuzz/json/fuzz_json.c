/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader and the event, fed with anything. What must hold, besides that nothing crashes or
 * is read outside the input:
 *
 *     - simdjson's DOM accepts the same inputs and reads the same values in them, but for numbers that
 *       fit no type and halves of surrogate pairs, which Weir passes through
 *     - an event without patches goes out as it came in, with spaces for line breaks
 *     - after any patch what goes out is an event again; a patch that failed changes nothing
 *     - the search of the reader finds what a getter of the worker finds
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>

#include "../../support/json_parsed.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "event/event.h"
#include "oracle.h"
#include "json/find.h"
#include "json/number.h"
#include "json/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What our reading holds; see oracle.h. */
struct description {
    struct buffer text;
    /* There is a number that fits no type. */
    bool has_big_number;
    bool has_lone_surrogate;
};

static void put(struct description *description, const char *bytes, size_t len)
{
    require(buffer_append(&description->text, bytes, len) == 0);
}

static void put_bits(struct description *description, char kind, uint64_t bits)
{
    require(buffer_printf(&description->text, "%c%016" PRIx64, kind, bits) == 0);
}

static void describe_string(struct description *description, struct json_string string)
{
    char *text = malloc((size_t)string.raw_len + 1);
    require(text != NULL);
    size_t len = 0;
    int r = json_unescape(string.raw, string.raw_len, text, &len);
    require(r == 0 || r == JSON_LONE_SURROGATE);
    require(r != 0 || json_is_utf8(text, len));
    require(string.has_escape == (memchr(string.raw, '\\', string.raw_len) != NULL));
    require(r != 0 || json_string_equals(string.raw, string.raw_len, text, len));
    description->has_lone_surrogate |= r != 0;
    require(buffer_printf(&description->text, "\"%zu:", len) == 0);
    put(description, text, len);
    free(text);
}

static void describe_number(struct description *description, const char *text, size_t len)
{
    int64_t integer = 0;
    uint64_t natural = 0;
    double real = 0;
    uint64_t bits = 0;
    int r = json_number_int64(text, len, &integer);
    if (r == 0) {
        put_bits(description, 'i', (uint64_t)integer);
        return;
    }
    if (json_number_uint64(text, len, &natural) == 0) {
        put_bits(description, 'u', natural);
        return;
    }
    description->has_big_number |= r == -ERANGE || json_number_double(text, len, &real) < 0;
    memcpy(&bits, &real, sizeof(bits));
    put_bits(description, 'd', bits);
}

static void describe_scalar(struct description *description, const struct json_document *document,
                            uint32_t token)
{
    uint32_t start = document->tokens[token];
    switch (json_kind(document, token)) {
    case JSON_STRING:
        describe_string(description, json_string(document, token));
        break;
    case JSON_NUMBER:
        describe_number(description, document->bytes + start,
                        json_value_end(document, token) - start);
        break;
    default:
        put(description, document->bytes + start, 1);
    }
}

/* Token by token: a walked document needs no stack for this. */
static void describe(struct description *description, const struct json_document *document)
{
    for (uint32_t token = 0; token < document->n_tokens; token++) {
        char byte = json_byte(document, token);
        if (strchr("{}[]", byte) != NULL) {
            put(description, &byte, 1);
        } else if (strchr(",:", byte) == NULL) {
            describe_scalar(description, document, token);
        }
    }
}

static void compare_with_oracle(const struct parsed *parsed, const char *bytes, size_t len, int r)
{
    char *expected = NULL;
    size_t expected_len = 0;
    enum oracle_verdict verdict = oracle_judge(bytes, len, &expected, &expected_len);
    struct description description = { .has_big_number = false };
    if (r != 0) {
        /* Later versions of the library skip a byte order mark. */
        bool has_mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
        require(verdict != ORACLE_ACCEPTS || has_mark);
    } else {
        describe(&description, &parsed->document);
        require(verdict != ORACLE_REFUSES);
        require(verdict != ORACLE_NUMBER || description.has_big_number);
        require(verdict != ORACLE_STRING || description.has_lone_surrogate);
    }
    if (r == 0 && verdict == ORACLE_ACCEPTS) {
        require(!description.has_big_number);
        require(description.text.len == expected_len);
        require(memcmp(description.text.data, expected, expected_len) == 0);
    }
    free(expected);
    buffer_deinit(&description.text);
}

static bool is_event(const struct buffer *line)
{
    struct parsed parsed;
    int r = parsed_init(&parsed, line->data, line->len);
    bool is_object = r == 0 && json_kind(&parsed.document, 0) == JSON_OBJECT;
    bool is_line = memchr(line->data, '\n', line->len) == NULL;
    parsed_deinit(&parsed);
    return is_object && is_line;
}

static void check_unpatched(struct weir_event *event, const char *bytes, size_t len)
{
    struct buffer line = { 0 };
    require(event_render(event, &line) == 0);
    require(line.len == len);
    for (size_t i = 0; i < len; i++) {
        require(line.data[i] == (bytes[i] == '\n' || bytes[i] == '\r' ? ' ' : bytes[i]));
    }
    buffer_deinit(&line);
}

static void check_find(struct weir_event *event, const char *text)
{
    struct pointer pointer;
    struct arena arena = { .used = 0 };
    require(pointer_parse(&pointer, &arena, text, strlen(text)) == 0);
    struct json_path path = pointer_path(&pointer);
    struct json_span span;
    require(json_find(&event->document, &path, 1, &span) == 0);
    struct weir_view view = { NULL, 0 };
    weir_event_get_raw(event, text, &view);
    require(span.bytes == view.data && span.len == view.len);
    arena_deinit(&arena);
}

static const char *const pointers[] = {
    "", "/a", "/b", "/a/b", "/a/0", "/a/-", "/a/0/b", "/b/1", "/", "/a~1b", "/0", "/meta/id",
};

/* The way of the choices that hash makes: some patches, one value being the input itself. */
static void check_patches(struct weir_event *event, const char *bytes, size_t len, uint64_t hash)
{
    struct buffer before = { 0 };
    struct buffer line = { 0 };
    require(event_render(event, &before) == 0);
    for (int i = 0; i < 6; i++, hash >>= 8) {
        const char *pointer = pointers[(hash & 0xff) % ARRAY_SIZE(pointers)];
        int choice = i % 2 + (int)(hash >> 6 & 2);
        int r = choice == 0   ? weir_event_set_raw(event, pointer, bytes, len)
                : choice == 1 ? weir_event_remove(event, pointer)
                : choice == 2 ? weir_event_create_parents(event, pointer)
                              : weir_event_set_string(event, pointer, "a\"b");
        buffer_clear(&line);
        require(event_render(event, &line) == 0);
        require(is_event(&line));
        bool is_same = line.len == before.len && memcmp(line.data, before.data, line.len) == 0;
        require(r == 0 || (r < 0 && is_same));
        buffer_clear(&before);
        require(buffer_append(&before, line.data, line.len) == 0);
        /* Of an array's elements the next one moves up. */
        bool is_gone = choice == 1 && r == 0 && strpbrk(pointer, "01") == NULL;
        require(!is_gone || weir_event_kind(event, pointer) == -ENOENT);
    }
    buffer_deinit(&before);
    buffer_deinit(&line);
}

static void check_event(const struct parsed *parsed)
{
    const struct json_document *document = &parsed->document;
    static struct weir_event event;
    int r =
        event_begin(&event, document->bytes, document->len, document->tokens, document->n_tokens);
    bool is_object = json_kind(document, 0) == JSON_OBJECT;
    require(r == (is_object ? 0 : EVENT_NOT_OBJECT));
    if (is_object) {
        check_unpatched(&event, document->bytes, document->len);
        for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
            if (strchr(pointers[i], '-') == NULL) {
                check_find(&event, pointers[i]);
            }
        }
        check_patches(&event, document->bytes, document->len,
                      hash_bytes(document->bytes, document->len));
    }
    event_reset(&event);
    /* So that a sanitizer knows each input's memory. */
    event_deinit(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data;
    struct parsed parsed;
    int r = parsed_init(&parsed, bytes, len);
    require(r == 0 || r == JSON_MALFORMED);
    require(r == 0 || (parsed.fault.reason != NULL && parsed.fault.offset <= len));
    compare_with_oracle(&parsed, bytes, len, r);
    if (r == 0) {
        check_event(&parsed);
    }
    parsed_deinit(&parsed);
    return 0;
}
