/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts a file into the documents in it: the lines of NDJSON, or the data of SSE frames as a recording
 * of the wire holds them. Only `message` frames count; comments and ids are passed over (the server
 * makes its own). Pure; one owner.
 */
#ifndef WEIR_SERVE_DOCUMENTS_H
#define WEIR_SERVE_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"

struct documents {
    const char *bytes;
    size_t len;
    size_t at;
    /* Of the line that at is in, from 1. */
    size_t line;
    bool is_sse;
    /* Where data of several lines is joined, by spaces. */
    struct arena *arena;
};

struct document_text {
    const char *bytes;
    size_t len;
    size_t line;
};

/* bytes and arena outlive what is cut. The format is told by the first line. */
void documents_init(struct documents *documents, struct arena *arena, const char *bytes,
                    size_t len);

/* Returns 1 and the next document (never empty), 0 at the end, or -ENOMEM. */
int documents_next(struct documents *documents, struct document_text *ret_text);

#endif
