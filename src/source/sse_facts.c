/* SPDX-License-Identifier: Apache-2.0 */
#include "source/sse_facts.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "json/find.h"
#include "json/walk.h"

enum { USUAL_EVENT = 16384 };

struct sse_facts_reader {
    struct json_indexer *indexer;
    uint32_t *links;
    size_t links_capacity;
    struct sse_place *places;
    size_t places_capacity;
};

/* The members of meta that are read. */
enum { META_TOPIC, META_PARTITION, META_OFFSET, META_DT, META_ID, META_MEMBERS };

#define STEP(text)                              \
    {                                           \
        (text), sizeof(text) - 1, JSON_NO_INDEX \
    }
#define IN_META(name)            \
    {                            \
        STEP("meta"), STEP(name) \
    }
static const struct json_step meta_steps[META_MEMBERS][2] = {
    [META_TOPIC] = IN_META("topic"),   [META_PARTITION] = IN_META("partition"),
    [META_OFFSET] = IN_META("offset"), [META_DT] = IN_META("dt"),
    [META_ID] = IN_META("id"),
};
static const struct json_path meta_paths[META_MEMBERS] = {
    { meta_steps[META_TOPIC], 2 },  { meta_steps[META_PARTITION], 2 },
    { meta_steps[META_OFFSET], 2 }, { meta_steps[META_DT], 2 },
    { meta_steps[META_ID], 2 },
};

int sse_facts_reader_new(struct sse_facts_reader **ret_reader)
{
    struct sse_facts_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return -ENOMEM;
    }
    reader->indexer = json_indexer_new(USUAL_EVENT);
    if (reader->indexer == NULL) {
        free(reader);
        return -ENOMEM;
    }
    *ret_reader = reader;
    return 0;
}

void sse_facts_reader_free(struct sse_facts_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    json_indexer_free(reader->indexer);
    free(reader->links);
    free(reader->places);
    free(reader);
}

/* The content of a string without escapes; false where the value is something else. */
static bool text_of(struct json_span span, const char **ret_text, size_t *ret_len)
{
    if (span.bytes == NULL || span.len < 2 || span.bytes[0] != '"' ||
        span.bytes[span.len - 1] != '"' || memchr(span.bytes, '\\', span.len) != NULL) {
        return false;
    }
    *ret_text = span.bytes + 1;
    *ret_len = span.len - 2;
    return true;
}

/* A number from 0 on, written in digits alone. The document need not have been walked. */
static bool number_of(struct json_span span, int64_t *ret_number)
{
    enum { DIGITS_MAX = 18 };
    if (span.bytes == NULL || span.len == 0 || span.len > DIGITS_MAX) {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 0; i < span.len; i++) {
        if (span.bytes[i] < '0' || span.bytes[i] > '9') {
            return false;
        }
        number = number * 10 + (span.bytes[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* What Kafka allows as a topic's name, and a header may hold. */
static bool is_topic(const char *topic, size_t len)
{
    if (len == 0 || len > SSE_TOPIC_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = topic[i];
        bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
        if (!is_name) {
            return false;
        }
    }
    return true;
}

static bool name_of(struct json_span topic, struct json_span partition, struct sse_name *ret_name)
{
    return text_of(topic, &ret_name->topic, &ret_name->topic_len) &&
           is_topic(ret_name->topic, ret_name->topic_len) &&
           number_of(partition, &ret_name->partition) && ret_name->partition <= INT32_MAX;
}

static int64_t time_of(struct json_span span)
{
    char text[RFC3339_SIZE + 8];
    const char *bytes;
    size_t len;
    int64_t realtime_ns;
    if (!text_of(span, &bytes, &len) || len >= sizeof(text)) {
        return -1;
    }
    memcpy(text, bytes, len);
    text[len] = '\0';
    return rfc3339_parse(text, &realtime_ns) < 0 || realtime_ns < 0 ? -1 : realtime_ns / NS_PER_MS;
}

/* Fills in what the members say. Returns whether there is a meta.id. */
static bool fill(const struct json_span *meta, struct sse_facts *facts)
{
    facts->is_located = name_of(meta[META_TOPIC], meta[META_PARTITION], &facts->name) &&
                        number_of(meta[META_OFFSET], &facts->offset);
    facts->dt_ms = time_of(meta[META_DT]);
    if (meta[META_ID].bytes == NULL) {
        return false;
    }
    facts->id = hash_bytes(meta[META_ID].bytes, meta[META_ID].len);
    return true;
}

/* Documents longer than this are looked through, but not walked: links would take as much again. */
enum { WALKED_MAX = 64 * USUAL_EVENT };

static int grow(void **array, size_t *capacity, size_t need, size_t element_size)
{
    if (need <= *capacity) {
        return 0;
    }
    void *grown = realloc(*array, 2 * need * element_size);
    if (grown == NULL) {
        return -ENOMEM;
    }
    *array = grown;
    *capacity = 2 * need;
    return 0;
}

/* Walks what was indexed; without links where it is malformed or a giant. Returns 0 or -ENOMEM. */
static int walk(struct sse_facts_reader *reader, struct json_document *document)
{
    struct json_fault fault;
    document->links = NULL;
    if (document->len > WALKED_MAX) {
        return 0;
    }
    int r = grow((void **)&reader->links, &reader->links_capacity, document->n_tokens,
                 sizeof(*reader->links));
    if (r < 0) {
        return r;
    }
    document->links = reader->links;
    if (json_walk(document, JSON_MAX_DEPTH, &fault) != 0) {
        document->links = NULL;
    }
    return 0;
}

/* What was not walked is not passed on, and a giant event's index is not kept. Returns 0 or -ENOMEM. */
static int shrink(struct sse_facts_reader *reader, struct sse_facts *facts)
{
    if (facts->document.links == NULL) {
        facts->document.n_tokens = 0;
    }
    if (json_indexer_memory(reader->indexer) <= json_indexer_memory_for(WALKED_MAX)) {
        return 0;
    }
    facts->document.n_tokens = 0;
    return json_indexer_shrink(reader->indexer, USUAL_EVENT);
}

int sse_facts_read(struct sse_facts_reader *reader, const char *bytes, size_t len,
                   struct sse_facts *ret_facts)
{
    struct sse_facts facts = { .dt_ms = -1, .document = { .bytes = bytes, .len = len } };
    struct json_document *document = &facts.document;
    bool has_id = false;
    size_t n_tokens = 0;
    int r = json_index(reader->indexer, bytes, len, &document->tokens, &n_tokens);
    if (r < 0 && r != -EFBIG) {
        return r;
    }
    if (r == 0) {
        struct json_span meta[META_MEMBERS] = { { 0 } };
        document->n_tokens = (uint32_t)n_tokens;
        r = walk(reader, document);
        if (r < 0) {
            return r;
        }
        has_id = json_find(document, meta_paths, META_MEMBERS, meta) == 0 && fill(meta, &facts);
    }
    if (!has_id) {
        facts.id = hash_bytes(bytes, len);
    }
    r = shrink(reader, &facts);
    *ret_facts = facts;
    return r;
}

static struct json_span span_of(const struct json_document *document, uint32_t token)
{
    uint32_t at = document->tokens[token];
    return (struct json_span){ document->bytes + at, json_value_end(document, token) - at };
}

/* Reads one entry of the array; false where it names no topic-partition. */
static bool read_place(const struct json_document *document, uint32_t item,
                       struct sse_place *ret_place)
{
    static const char *const names[] = { "topic", "partition", "timestamp" };
    struct json_span spans[ARRAY_SIZE(names)] = { { 0 } };
    if (json_kind(document, item) != JSON_OBJECT) {
        return false;
    }
    for (uint32_t key = json_first(document, item); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct json_string string = json_string(document, key);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            if (string.raw_len == strlen(names[i]) &&
                memcmp(string.raw, names[i], string.raw_len) == 0) {
                spans[i] = span_of(document, key + 2);
            }
        }
    }
    *ret_place = (struct sse_place){ .timestamp_ms = -1 };
    if (!number_of(spans[2], &ret_place->timestamp_ms)) {
        ret_place->timestamp_ms = -1;
    }
    return name_of(spans[0], spans[1], &ret_place->name);
}

static int read_array(struct sse_facts_reader *reader, const struct json_document *document,
                      size_t *ret_n_places)
{
    size_t n = 0;
    for (uint32_t item = json_first(document, 0); item != JSON_END && n < SSE_PLACES_MAX;
         item = json_sibling(document, item)) {
        int r = grow((void **)&reader->places, &reader->places_capacity, n + 1,
                     sizeof(*reader->places));
        if (r < 0) {
            return r;
        }
        n += read_place(document, item, &reader->places[n]);
    }
    *ret_n_places = n;
    return 0;
}

int sse_facts_read_places(struct sse_facts_reader *reader, const char *id, size_t len,
                          const struct sse_place **ret_places, size_t *ret_n_places)
{
    const uint32_t *tokens;
    size_t n_tokens;
    *ret_n_places = 0;
    if (len == 0 || id[0] != '[') {
        return 0;
    }
    int r = json_index(reader->indexer, id, len, &tokens, &n_tokens);
    if (r != 0) {
        return r < 0 ? r : 0;
    }
    r = grow((void **)&reader->links, &reader->links_capacity, n_tokens, sizeof(*reader->links));
    if (r < 0) {
        return r;
    }
    struct json_document document = { .bytes = id,
                                      .len = len,
                                      .tokens = tokens,
                                      .n_tokens = (uint32_t)n_tokens,
                                      .links = reader->links };
    struct json_fault fault;
    if (json_walk(&document, JSON_MAX_DEPTH, &fault) == 0) {
        r = read_array(reader, &document, ret_n_places);
    }
    *ret_places = reader->places;
    return r;
}
