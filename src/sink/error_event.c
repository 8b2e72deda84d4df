/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/error_event.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "json/find.h"
#include "json/index.h"
#include "json/text.h"

#define DATA_URI        "data:"
#define DATA_URI_BASE64 "data:application/octet-stream;base64,"

/* Its index costs four times as much again, and is not charged to the memory limit. */
static const size_t LARGEST_READ = (size_t)1 << 20;

enum field { FIELD_SCHEMA, FIELD_STREAM, FIELD_DOMAIN, FIELD_REQUEST_ID, FIELDS };

/* What the raw event says of itself, as JSON strings with their quotes; len 0: nothing. */
struct said {
    struct buffer fields[FIELDS];
};

static void said_deinit(struct said *said)
{
    for (int i = 0; i < FIELDS; i++) {
        buffer_deinit(&said->fields[i]);
    }
}

/*
 * Takes over a string. It is unescaped and escaped again, because the document was never walked: what
 * stands between the quotes may be anything.
 */
static int take_string(const struct json_span *span, struct buffer *field)
{
    if (span->bytes == NULL || span->len < 3 || span->bytes[0] != '"') {
        return 0;
    }
    AUTO_FREE char *text = malloc(span->len);
    if (text == NULL) {
        return -ENOMEM;
    }
    size_t len;
    if (json_unescape(span->bytes + 1, span->len - 2, text, &len) != 0 || len == 0) {
        return 0;
    }
    int r = json_quote(field, text, len);
    return r == -EILSEQ ? 0 : r;
}

static struct json_step step(const char *name)
{
    return (struct json_step){ name, (uint32_t)strlen(name), JSON_NO_INDEX };
}

static int find_fields(const struct json_document *document, struct said *said)
{
    struct json_step schema[] = { step("$schema") };
    struct json_step stream[] = { step("meta"), step("stream") };
    struct json_step domain[] = { step("meta"), step("domain") };
    struct json_step request_id[] = { step("meta"), step("request_id") };
    struct json_path paths[FIELDS] = {
        [FIELD_SCHEMA] = { schema, 1 },
        [FIELD_STREAM] = { stream, 2 },
        [FIELD_DOMAIN] = { domain, 2 },
        [FIELD_REQUEST_ID] = { request_id, 2 },
    };
    struct json_span spans[FIELDS];
    if (json_find(document, paths, FIELDS, spans) != 0) {
        return 0;
    }
    int r = 0;
    for (int i = 0; r == 0 && i < FIELDS; i++) {
        r = take_string(&spans[i], &said->fields[i]);
    }
    return r;
}

/* Reads what raw says of itself. A raw event that cannot be read says nothing. */
static int read_raw(const struct error_event *event, struct said *said)
{
    if (event->raw == NULL || event->raw_len == 0 || event->raw_len > LARGEST_READ ||
        event->is_bare) {
        return 0;
    }
    struct json_indexer *indexer = json_indexer_new(event->raw_len);
    if (indexer == NULL) {
        return -ENOMEM;
    }
    struct json_document document = { .bytes = event->raw, .len = event->raw_len };
    size_t n_tokens;
    int r = json_index(indexer, event->raw, event->raw_len, &document.tokens, &n_tokens);
    if (r == 0) {
        document.n_tokens = (uint32_t)n_tokens;
        r = find_fields(&document, said);
    }
    json_indexer_free(indexer);
    return r > 0 ? 0 : r;
}

/* Appends text between quotes, whatever its bytes are. */
static int append_text(struct buffer *line, const char *text)
{
    size_t len = strlen(text);
    int r = json_quote(line, text, len);
    if (r != -EILSEQ) {
        return r;
    }
    AUTO_FREE char *ascii = strdup(text);
    if (ascii == NULL) {
        return -ENOMEM;
    }
    for (char *c = ascii; *c != '\0'; c++) {
        *c = (unsigned char)*c >= 0x80 ? '?' : *c;
    }
    return json_quote(line, ascii, len);
}

/* Appends what stands before a value, then the value as a string. */
static int append_member(struct buffer *line, const char *before, const char *text)
{
    int r = buffer_append_text(line, before);
    return r < 0 ? r : append_text(line, text);
}

/* The same for a field of the raw event; nothing where there is none. */
static int append_said(struct buffer *line, const char *before, const struct buffer *field)
{
    if (field->len == 0) {
        return 0;
    }
    int r = buffer_append_text(line, before);
    return r < 0 ? r : buffer_append(line, field->data, field->len);
}

static int append_base64(struct buffer *line, const struct error_event *event)
{
    int r = buffer_append_text(line, "\"" DATA_URI_BASE64);
    if (r == 0) {
        r = base64_encode(line, event->raw, event->raw_len);
    }
    return r < 0 ? r : buffer_append_byte(line, '"');
}

static int append_raw(struct buffer *line, const struct error_event *event, size_t *ret_raw)
{
    if (event->raw == NULL) {
        return 0;
    }
    int r = buffer_append_text(line, ",\"raw_event\":");
    if (r < 0) {
        return r;
    }
    *ret_raw = line->len;
    size_t prefix = sizeof(DATA_URI) - 1;
    if (event->raw_len >= prefix && memcmp(event->raw, DATA_URI, prefix) == 0) {
        return append_base64(line, event);
    }
    r = json_quote(line, event->raw, event->raw_len);
    return r == -EILSEQ ? append_base64(line, event) : r;
}

static int append_meta(struct buffer *line, const struct error_event *event, const char *dt,
                       const struct said *said)
{
    int r = append_member(line, ",\"meta\":{\"stream\":", event->stream);
    if (r == 0) {
        r = append_member(line, ",\"dt\":", dt);
    }
    if (r == 0) {
        r = append_member(line, ",\"id\":", event->id);
    }
    if (r == 0) {
        r = append_said(line, ",\"domain\":", &said->fields[FIELD_DOMAIN]);
    }
    if (r == 0) {
        r = append_said(line, ",\"request_id\":", &said->fields[FIELD_REQUEST_ID]);
    }
    return r < 0 ? r : buffer_append_byte(line, '}');
}

/* errored_stream_name and errored_schema_uri. */
static int append_errored(struct buffer *line, const struct error_event *event,
                          const struct said *said)
{
    static const char before[] = ",\"errored_stream_name\":";
    const struct buffer *stream = &said->fields[FIELD_STREAM];
    int r = append_said(line, before, stream);
    if (stream->len == 0 && event->errored_stream != NULL && !event->is_bare) {
        r = append_member(line, before, event->errored_stream);
    }
    return r < 0 ? r : append_said(line, ",\"errored_schema_uri\":", &said->fields[FIELD_SCHEMA]);
}

static int append_event(struct buffer *line, const struct error_event *event,
                        const struct said *said, size_t *ret_raw)
{
    char dt[RFC3339_SIZE];
    rfc3339_format(dt, event->realtime_ns, 3);
    int r = append_member(line, "{\"$schema\":", event->schema_uri);
    if (r == 0) {
        r = append_member(line, ",\"dt\":", dt);
    }
    if (r == 0) {
        r = append_meta(line, event, dt, said);
    }
    if (r == 0) {
        r = append_member(line, ",\"emitter_id\":", event->emitter_id);
    }
    if (r == 0) {
        r = append_member(line, ",\"error_type\":", event->error_type);
    }
    if (r == 0) {
        r = append_member(line, ",\"message\":", event->message);
    }
    if (r == 0) {
        r = append_errored(line, event, said);
    }
    if (r == 0) {
        r = append_raw(line, event, ret_raw);
    }
    return r < 0 ? r : buffer_append_byte(line, '}');
}

int error_event_render(const struct error_event *event, struct buffer *ret_line, size_t *ret_raw)
{
    size_t before = ret_line->len;
    size_t raw = SIZE_MAX;
    struct said said = { 0 };
    int r = read_raw(event, &said);
    if (r == 0) {
        r = append_event(ret_line, event, &said, &raw);
    }
    *ret_raw = raw == SIZE_MAX ? ret_line->len : raw;
    if (r < 0) {
        ret_line->len = before;
    }
    said_deinit(&said);
    return r;
}
