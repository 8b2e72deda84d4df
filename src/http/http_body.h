/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reply's body on its way to a consumer that may take less than it is offered. What is left stays
 * here: received bytes (`held`) and, of a gzip body, inflated ones (`window`). Nothing more is
 * inflated while something is left, so what is kept is bounded by one network read and one window.
 * Not thread-safe: one owner.
 */
#ifndef WEIR_HTTP_HTTP_BODY_H
#define WEIR_HTTP_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/http_inflate.h"

struct http_body {
    /* Fixed: takes bytes, returns how many. */
    size_t (*take)(void *context, const char *bytes, size_t len);
    void *context;

    /* Not NULL: the body is gzip. */
    struct http_inflate *inflater;
    /* Received and not yet taken (or inflated), from held_at. */
    struct buffer held;
    size_t held_at;
    /* Inflated and not yet taken; allocated by the first gzip body. */
    char *window;
    size_t window_at;
    size_t window_len;
    /* Decoded bytes taken by the consumer since http_body_reset(). */
    uint64_t n_taken;
};

void http_body_deinit(struct http_body *body);

/* A new body begins; what was left of the one before is forgotten. */
void http_body_reset(struct http_body *body);

/* The body is gzip. Returns 0 or -ENOMEM. */
int http_body_expect_gzip(struct http_body *body);

/* Something is left that the consumer did not take. */
bool http_body_is_holding(const struct http_body *body);

/*
 * Received bytes: offers them to the consumer and keeps what it does not take. Must not be called
 * while something is held. Returns 0, -EBADMSG (damaged gzip) or -ENOMEM.
 */
int http_body_receive(struct http_body *body, const char *bytes, size_t len);

/* Offers what is held again. Returns as http_body_receive(). */
int http_body_resume(struct http_body *body);

#endif
