/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the source must know of a message: where its event stands (meta.topic, meta.partition,
 * meta.offset), which event it is (meta.id), and the places that the id field lists. One owner.
 */
#ifndef WEIR_SOURCE_SSE_FACTS_H
#define WEIR_SOURCE_SSE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "json/document.h"

enum {
    /* Kafka's longest topic name. */
    SSE_TOPIC_MAX = 249,
    /* Entries of an id field that are read. */
    SSE_PLACES_MAX = 1024,
};

/* A topic-partition; topic is not NUL-terminated and is safe inside JSON and in a header. */
struct sse_name {
    const char *topic;
    size_t topic_len;
    int64_t partition;
};

struct sse_facts {
    /* Topic, partition and offset are all there and make sense. */
    bool is_located;
    struct sse_name name;
    int64_t offset;
    /* meta.dt in milliseconds since 1970; -1: none. */
    int64_t dt_ms;
    /* Hash of meta.id, or of all bytes where there is none. */
    uint64_t id;
    /*
     * The event as it was walked, lent until the next call on the reader; n_tokens 0: it was not, since
     * it is no JSON or a giant.
     */
    struct json_document document;
};

/* One entry of an id field. */
struct sse_place {
    struct sse_name name;
    /* Of the last message sent, plus 1; -1: the entry has an offset or nothing. */
    int64_t timestamp_ms;
};

struct sse_facts_reader;

/* Returns 0 or -ENOMEM. */
int sse_facts_reader_new(struct sse_facts_reader **ret_reader);
void sse_facts_reader_free(struct sse_facts_reader *reader);
DEFINE_AUTO(sse_facts_reader, sse_facts_reader_free)

/*
 * Reads an event; what is no JSON is just not located. The name is lent from bytes. Returns 0, or
 * -errno.
 */
int sse_facts_read(struct sse_facts_reader *reader, const char *bytes, size_t len,
                   struct sse_facts *ret_facts);

/*
 * Reads the entries of an id field that name a topic and a partition; none where it is something else.
 * The array is lent until the next call of this function, the names from id. Returns 0 or -errno.
 */
int sse_facts_read_places(struct sse_facts_reader *reader, const char *id, size_t len,
                          const struct sse_place **ret_places, size_t *ret_n_places);

#endif
