/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json/index.h"
#include "json/number.h"
#include "json/text.h"
#include "json/walk.h"

enum { USUAL_EVENT = 4096 };

struct fields_reader {
    struct json_indexer *indexer;
    struct json_document document;
    uint32_t *links;
    size_t n_links;
};

struct fields_reader *fields_reader_new(void)
{
    struct fields_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    reader->indexer = json_indexer_new(USUAL_EVENT);
    if (reader->indexer == NULL) {
        fields_reader_free(reader);
        return NULL;
    }
    return reader;
}

void fields_reader_free(struct fields_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->indexer != NULL) {
        json_indexer_free(reader->indexer);
    }
    free(reader->links);
    free(reader);
}

static int links_reserve(struct fields_reader *reader, size_t n_links)
{
    if (n_links <= reader->n_links) {
        return 0;
    }
    uint32_t *links = realloc(reader->links, 2 * n_links * sizeof(*links));
    if (links == NULL) {
        return -ENOMEM;
    }
    reader->links = links;
    reader->n_links = 2 * n_links;
    return 0;
}

int fields_document(struct fields_reader *reader, const char *json, size_t len,
                    const struct json_document **ret_document)
{
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = json_index(reader->indexer, json, len, &tokens, &n_tokens);
    if (r != 0) {
        return r < 0 ? r : FIELDS_NOT_JSON;
    }
    r = links_reserve(reader, n_tokens);
    if (r < 0) {
        return r;
    }
    reader->document = (struct json_document){ .bytes = json,
                                               .len = len,
                                               .tokens = tokens,
                                               .n_tokens = (uint32_t)n_tokens,
                                               .links = reader->links };
    struct json_fault fault;
    if (json_walk(&reader->document, JSON_MAX_DEPTH, &fault) != 0) {
        return FIELDS_NOT_JSON;
    }
    *ret_document = &reader->document;
    return 0;
}

bool fields_integer(const struct json_document *document, uint32_t token, int64_t *ret_value)
{
    if (json_kind(document, token) != JSON_NUMBER) {
        return false;
    }
    uint32_t at = document->tokens[token];
    return json_number_int64(document->bytes + at, json_value_end(document, token) - at,
                             ret_value) == 0;
}

struct field_text fields_text(const struct json_document *document, uint32_t token)
{
    if (json_kind(document, token) != JSON_STRING) {
        return (struct field_text){ 0 };
    }
    struct json_string string = json_string(document, token);
    if (string.has_escape) {
        return (struct field_text){ 0 };
    }
    return (struct field_text){ string.raw, string.raw_len };
}

bool fields_is_name(const struct json_document *document, uint32_t token, const char *name)
{
    struct json_string string = json_string(document, token);
    return json_string_equals(string.raw, string.raw_len, name, strlen(name));
}

static void meta_member(const struct json_document *document, uint32_t key,
                        struct event_fields *fields)
{
    uint32_t value = key + 2;
    const struct {
        const char *name;
        struct field_text *text;
    } texts[] = {
        { "stream", &fields->stream },
        { "topic", &fields->topic },
        { "id", &fields->id },
        { "dt", &fields->dt },
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (fields_is_name(document, key, texts[i].name)) {
            *texts[i].text = fields_text(document, value);
            return;
        }
    }
    if (fields_is_name(document, key, "partition")) {
        fields->has_partition = fields_integer(document, value, &fields->partition);
    } else if (fields_is_name(document, key, "offset")) {
        fields->has_offset = fields_integer(document, value, &fields->offset);
        fields->offset_at = document->tokens[value];
        fields->offset_len = json_value_end(document, value) - fields->offset_at;
    }
}

/* The closing bracket of the object at open. */
static void fields_note_end(const struct json_document *document, uint32_t open,
                            struct event_fields *fields)
{
    fields->end_at = json_value_end(document, open) - 1;
    fields->is_empty = json_first(document, open) == JSON_END;
}

int fields_read(struct fields_reader *reader, const char *json, size_t len,
                struct event_fields *ret_fields)
{
    const struct json_document *document = NULL;
    int r = fields_document(reader, json, len, &document);
    if (r != 0) {
        return r;
    }
    if (json_kind(document, 0) != JSON_OBJECT) {
        return FIELDS_NONE;
    }
    struct event_fields fields = { 0 };
    fields_note_end(document, 0, &fields);
    uint32_t meta = JSON_END;
    for (uint32_t key = json_first(document, 0); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        meta = fields_is_name(document, key, "meta") ? key + 2 : meta;
    }
    if (meta != JSON_END) {
        if (json_kind(document, meta) != JSON_OBJECT) {
            return FIELDS_NONE;
        }
        fields.has_meta = true;
        fields_note_end(document, meta, &fields);
        for (uint32_t key = json_first(document, meta); key != JSON_END;
             key = json_sibling(document, key + 2)) {
            meta_member(document, key, &fields);
        }
    }
    *ret_fields = fields;
    return 0;
}
