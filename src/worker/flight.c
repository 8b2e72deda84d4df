/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* What an event takes beside its bytes: what was touched of its stack, its function's call. */
    COST_BASE = 14 * 1024,
    /* A copy, links, and a line as long as the event; eight bytes a token. */
    COST_PER_BYTE = 3,
    COST_PER_TOKEN = 8,
    /* Where the tokens are not counted yet. */
    COST_PER_BYTE_UNINDEXED = 12,
    MEMORY_KEPT = 64 * 1024,
};

void flight_push(struct flight_list *list, struct flight *flight)
{
    flight->next = NULL;
    if (list->first == NULL) {
        list->first = flight;
    } else {
        list->last->next = flight;
    }
    list->last = flight;
}

void flight_push_first(struct flight_list *list, struct flight *flight)
{
    flight->next = list->first;
    if (list->first == NULL) {
        list->last = flight;
    }
    list->first = flight;
}

struct flight *flight_pop(struct flight_list *list)
{
    struct flight *flight = list->first;
    if (flight != NULL) {
        list->first = flight->next;
    }
    return flight;
}

size_t flight_cost(const struct batch_event *event)
{
    size_t len = event->len;
    return COST_BASE + (event->n_tokens == 0
                            ? COST_PER_BYTE_UNINDEXED * len
                            : COST_PER_BYTE * len + COST_PER_TOKEN * (size_t)event->n_tokens);
}

static int reserve(struct flight *flight, size_t size)
{
    if (size <= flight->memory_size) {
        return 0;
    }
    free(flight->memory);
    flight->memory_size = 0;
    flight->memory = malloc(size);
    if (flight->memory == NULL) {
        return -ENOMEM;
    }
    flight->memory_size = size;
    return 0;
}

/*
 * What the reader has walked, or tokens that are made here. Returns 0, a positive outcome (there are no tokens
 * then), or -errno.
 */
static int find_document(struct flight *flight, const struct batch *batch,
                         const struct batch_event *event, struct json_document *ret_document)
{
    struct json_indexer *indexer = flight->worker->indexer;
    *ret_document = batch_event_document(batch, event);
    if (event->n_tokens > 0) {
        return 0;
    }
    size_t n_tokens = 0;
    int r = json_index(indexer, ret_document->bytes, event->len, &ret_document->tokens, &n_tokens);
    if (r > 0) {
        flight->fault = json_indexer_fault(indexer);
    }
    ret_document->n_tokens = r == 0 ? (uint32_t)n_tokens : 0;
    ret_document->links = NULL;
    return r;
}

/* Makes found, in memory of others, the flight's own. Returns 0 or -ENOMEM. */
static int copy_document(struct flight *flight, const struct json_document *found)
{
    size_t n_tokens = found->n_tokens;
    /* The sentinel stands behind the tokens. */
    size_t tokens_size = n_tokens == 0 ? 0 : (n_tokens + 1) * sizeof(uint32_t);
    size_t links_size = found->links == NULL ? 0 : n_tokens * sizeof(uint32_t);
    int r = reserve(flight, tokens_size + links_size + found->len);
    if (r < 0) {
        return r;
    }
    uint32_t *tokens = flight->memory;
    uint32_t *links = tokens + tokens_size / sizeof(uint32_t);
    char *bytes = (char *)links + links_size;
    if (tokens_size > 0) {
        memcpy(tokens, found->tokens, tokens_size);
    }
    if (links_size > 0) {
        memcpy(links, found->links, links_size);
    }
    memcpy(bytes, found->bytes, found->len);
    flight->document = *found;
    flight->document.tokens = tokens;
    flight->document.links = links_size > 0 ? links : NULL;
    flight->document.bytes = bytes;
    return 0;
}

int flight_load(struct flight *flight, const struct batch *batch, const struct batch_event *event)
{
    struct json_document found;
    flight->refusal = find_document(flight, batch, event, &found);
    if (flight->refusal < 0) {
        return flight->refusal;
    }
    int r = copy_document(flight, &found);
    if (r < 0) {
        return r;
    }
    flight->position = event->position;
    flight->read_ns = batch->read_ns;
    flight->is_keyless = event->is_keyless;
    if (event->n_tokens == 0 && event->len > INDEXED_KEPT) {
        (void)json_indexer_shrink(flight->worker->indexer, INDEXED_KEPT);
    }
    return 0;
}

void flight_unload(struct flight *flight)
{
    if (flight->is_begun) {
        event_reset(&flight->event);
    }
    if (flight->memory_size > MEMORY_KEPT) {
        free(flight->memory);
        flight->memory = NULL;
        flight->memory_size = 0;
    }
    flight->fiber = NULL;
    flight->session = NULL;
    flight->is_first = false;
    flight->is_begun = false;
    flight->is_done = false;
    flight->is_called_off = false;
    flight->result = 0;
    flight->refusal = 0;
}

void flight_free(struct flight *flight)
{
    event_deinit(&flight->event);
    free(flight->memory);
    free(flight);
}
