/* SPDX-License-Identifier: Apache-2.0 */
/* The outside suite of event-stream vectors, as plain arrays. */
#ifndef WEIR_TESTS_SSE_VECTORS_H
#define WEIR_TESTS_SSE_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sse_text {
    char *bytes;
    size_t len;
};

struct sse_vector_event {
    struct sse_text type;
    struct sse_text id;
    struct sse_text data;
};

struct sse_vector {
    char *name;
    /* Of tier `policy`: invalid UTF-8, where bytes kept as they are are right too. */
    bool is_policy;
    struct sse_text input;
    size_t *chunks;
    size_t n_chunks;
    struct sse_vector_event *events;
    size_t n_events;
    struct sse_text last_event_id;
    /* -1: never set. */
    int64_t retry_ms;
};

/* Reads the suite from path. Returns 0, or -ENOENT, -EINVAL. */
int sse_vectors_load(const char *path, struct sse_vector **ret_vectors, size_t *ret_n);
void sse_vectors_free(struct sse_vector *vectors, size_t n);

#ifdef __cplusplus
}
#endif

#endif
