/* SPDX-License-Identifier: Apache-2.0 */
/* An event for tests: begun on a copy of exactly its bytes. Must not be moved. */
#ifndef WEIR_TESTS_OPENED_EVENT_H
#define WEIR_TESTS_OPENED_EVENT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "event/event.h"
#include "json/index.h"

struct opened {
    struct json_indexer *indexer;
    char *bytes;
    struct weir_event event;
    /* The last line that was rendered. */
    struct buffer line;
};

static inline void opened_deinit(struct opened *opened)
{
    event_deinit(&opened->event);
    json_indexer_free(opened->indexer);
    free(opened->bytes);
    buffer_deinit(&opened->line);
}

#define AUTO_OPENED __attribute__((cleanup(opened_deinit))) struct opened

/* Begins opened, which is overwritten, on bytes. Returns what the index or event_begin() returned. */
static inline int opened_init_len(struct opened *opened, const char *bytes, size_t len)
{
    memset(opened, 0, sizeof(*opened));
    opened->indexer = json_indexer_new(0);
    opened->bytes = (char *)malloc(len > 0 ? len : 1);
    require(opened->indexer != NULL && opened->bytes != NULL);
    if (len > 0) {
        memcpy(opened->bytes, bytes, len);
    }
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = json_index(opened->indexer, opened->bytes, len, &tokens, &n_tokens);
    return r != 0 ? r : event_begin(&opened->event, opened->bytes, len, tokens, n_tokens);
}

static inline int opened_init(struct opened *opened, const char *text)
{
    return opened_init_len(opened, text, strlen(text));
}

/* The event as a line, NUL-terminated; valid until the next call. */
static inline const char *opened_line(struct opened *opened)
{
    buffer_clear(&opened->line);
    require(event_render(&opened->event, &opened->line) == 0);
    const char *text = buffer_text(&opened->line);
    require(text != NULL);
    return text;
}

static inline bool view_is(struct weir_view view, const char *text)
{
    return view.data != NULL && view.len == strlen(text) && memcmp(view.data, text, view.len) == 0;
}

#endif
