/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "json/walk.h"

/* What is kept of each kind of memory between events. */
enum { LINKS_KEPT = 64 * 1024, SCRATCH_KEPT = 256 * 1024, INDEXER_KEPT = 64 * 1024 };

static int reserve_links(struct weir_event *event, size_t n_tokens)
{
    if (n_tokens <= event->links_capacity) {
        return 0;
    }
    size_t capacity = event->links_capacity == 0 ? 1024 : event->links_capacity;
    while (capacity < n_tokens) {
        capacity *= 2;
    }
    free(event->links);
    event->links_capacity = 0;
    event->links = malloc(capacity * sizeof(*event->links));
    if (event->links == NULL) {
        return -ENOMEM;
    }
    event->links_capacity = capacity;
    return 0;
}

/* The tree of patches over a walked document. */
static int begin_root(struct weir_event *event)
{
    const struct json_document *document = &event->document;
    uint32_t start = document->tokens[0];
    event->root = (struct event_node){
        .document = document,
        .member = JSON_END,
        .raw = document->bytes + start,
        .raw_len = json_value_end(document, 0) - start,
    };
    if (document->bytes[start] != '{') {
        event->fault = (struct json_fault){ start, "not an object" };
        return EVENT_NOT_OBJECT;
    }
    return 0;
}

int event_begin(struct weir_event *event, const char *bytes, size_t len, const uint32_t *tokens,
                size_t n_tokens)
{
    require(n_tokens > 0 && n_tokens <= len && len <= JSON_MAX_LEN);
    int r = reserve_links(event, n_tokens);
    if (r < 0) {
        return r;
    }
    struct json_document *document = &event->document;
    *document = (struct json_document){
        .bytes = bytes,
        .len = len,
        .tokens = tokens,
        .n_tokens = (uint32_t)n_tokens,
        .links = event->links,
    };
    if (json_walk(document, JSON_MAX_DEPTH, &event->fault) != 0) {
        return EVENT_MALFORMED;
    }
    return begin_root(event);
}

int event_begin_walked(struct weir_event *event, const struct json_document *walked)
{
    event->document = *walked;
    return begin_root(event);
}

/* Gives back what a giant event has left behind. */
static void shrink(struct weir_event *event)
{
    buffer_clear(&event->scratch);
    buffer_shrink(&event->scratch, SCRATCH_KEPT);
    if (event->links_capacity > LINKS_KEPT) {
        free(event->links);
        event->links = NULL;
        event->links_capacity = 0;
    }
    if (event->indexer != NULL && json_indexer_shrink(event->indexer, INDEXER_KEPT) < 0) {
        json_indexer_free(event->indexer);
        event->indexer = NULL;
    }
}

void event_reset(struct weir_event *event)
{
    arena_reset(&event->arena);
    shrink(event);
    event->is_patched = false;
    event->has_break = false;
    event->n_duplicates = 0;
    event->failure = (struct event_failure){ { NULL, 0 }, { NULL, 0 } };
    event->complaint = 0;
}

void event_deinit(struct weir_event *event)
{
    arena_deinit(&event->arena);
    buffer_deinit(&event->scratch);
    json_indexer_free(event->indexer);
    free(event->links);
    *event = (struct weir_event){ 0 };
}

size_t event_memory(const struct weir_event *event)
{
    size_t indexer = event->indexer != NULL ? json_indexer_memory(event->indexer) : 0;
    return sizeof(*event) + arena_memory(&event->arena) + event->scratch.capacity +
           event->links_capacity * sizeof(*event->links) + indexer;
}

int event_index(struct weir_event *event, const char *json, size_t json_len,
                const uint32_t **ret_tokens, size_t *ret_n_tokens)
{
    if (event->indexer == NULL) {
        event->indexer = json_indexer_new(INDEXER_KEPT);
        if (event->indexer == NULL) {
            return -ENOMEM;
        }
    }
    int r = json_index(event->indexer, json, json_len, ret_tokens, ret_n_tokens);
    return r == 0 || r == -ENOMEM ? r : -EINVAL;
}
