/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server must know of an event: the members of meta that name its place, and where in the
 * bytes they stand. One owner.
 */
#ifndef WEIR_SERVE_FIELDS_H
#define WEIR_SERVE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "json/document.h"

/* A string's bytes between the quotes; bytes is NULL where the member is absent or no string. */
struct field_text {
    const char *bytes;
    size_t len;
};

struct event_fields {
    struct field_text stream;
    struct field_text topic;
    struct field_text id;
    struct field_text dt;
    bool has_partition;
    bool has_offset;
    int64_t partition;
    int64_t offset;
    /* The digits of meta.offset. */
    size_t offset_at;
    size_t offset_len;
    bool has_meta;
    /* Where the closing bracket of meta (of the event, without meta) stands. */
    size_t end_at;
    /* That object has no members. */
    bool is_empty;
};

enum {
    /* Not a JSON object, or meta is not one. */
    FIELDS_NONE = 1,
    /* Not JSON. */
    FIELDS_NOT_JSON = 2,
};

struct fields_reader;

/* Returns NULL without memory. */
struct fields_reader *fields_reader_new(void);
void fields_reader_free(struct fields_reader *reader);
DEFINE_AUTO(fields_reader, fields_reader_free)

/*
 * Indexes and walks one document. *ret_document is lent until the next call. Returns 0,
 * FIELDS_NOT_JSON or -errno.
 */
int fields_document(struct fields_reader *reader, const char *json, size_t len,
                    const struct json_document **ret_document);

/* An integer of a document. False where the value is no integer that fits. */
bool fields_integer(const struct json_document *document, uint32_t token, int64_t *ret_value);

/* A string without escapes, else bytes is NULL. */
struct field_text fields_text(const struct json_document *document, uint32_t token);

/* Whether the string at token is name, escapes considered. */
bool fields_is_name(const struct json_document *document, uint32_t token, const char *name);

/* Reads an event. Returns 0, FIELDS_NONE, FIELDS_NOT_JSON or -errno. */
int fields_read(struct fields_reader *reader, const char *json, size_t len,
                struct event_fields *ret_fields);

#endif
