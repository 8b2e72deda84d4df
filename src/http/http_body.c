/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_body.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

enum { WINDOW_BYTES = 65536 };

void http_body_reset(struct http_body *body)
{
    http_inflate_free(body->inflater);
    body->inflater = NULL;
    body->held.len = 0;
    body->held_at = 0;
    body->window_at = 0;
    body->window_len = 0;
    body->n_taken = 0;
}

void http_body_deinit(struct http_body *body)
{
    http_body_reset(body);
    buffer_deinit(&body->held);
    free(body->window);
    body->window = NULL;
}

int http_body_expect_gzip(struct http_body *body)
{
    if (body->window == NULL) {
        body->window = malloc(WINDOW_BYTES);
    }
    return body->window == NULL ? -ENOMEM : http_inflate_new(&body->inflater);
}

bool http_body_is_holding(const struct http_body *body)
{
    return body->held_at < body->held.len || body->window_at < body->window_len;
}

static size_t offer(struct http_body *body, const char *bytes, size_t len)
{
    size_t taken = len == 0 ? 0 : body->take(body->context, bytes, len);
    require(taken <= len);
    body->n_taken += taken;
    return taken;
}

/* Offers what is inflated. Returns true when all of it was taken. */
static bool offer_window(struct http_body *body)
{
    body->window_at +=
        offer(body, body->window + body->window_at, body->window_len - body->window_at);
    return body->window_at == body->window_len;
}

/* Inflates and offers in turn; *ret_used is how many of the bytes were inflated. */
static int deliver_gzip(struct http_body *body, const char *bytes, size_t len, size_t *ret_used)
{
    struct http_inflate_io io = { .in = bytes, .in_len = len };
    int r = 0;
    while (r == 0 && offer_window(body)) {
        io.out = body->window;
        io.out_len = WINDOW_BYTES;
        r = http_inflate_step(body->inflater, &io);
        body->window_at = 0;
        body->window_len = WINDOW_BYTES - io.out_len;
        if (body->window_len == 0 && io.in_len == 0) {
            break;
        }
    }
    *ret_used = len - io.in_len;
    return r;
}

static int deliver(struct http_body *body, const char *bytes, size_t len, size_t *ret_used)
{
    if (body->inflater != NULL) {
        return deliver_gzip(body, bytes, len, ret_used);
    }
    *ret_used = offer(body, bytes, len);
    return 0;
}

/* Nothing more is to be had from this body. */
static int give_up(struct http_body *body, int r)
{
    body->held_at = body->held.len;
    body->window_at = body->window_len;
    return r;
}

int http_body_receive(struct http_body *body, const char *bytes, size_t len)
{
    require(!http_body_is_holding(body));
    size_t used = 0;
    int r = deliver(body, bytes, len, &used);
    body->held.len = 0;
    body->held_at = 0;
    if (r == 0) {
        r = buffer_append(&body->held, bytes + used, len - used);
    }
    return r < 0 ? give_up(body, r) : 0;
}

int http_body_resume(struct http_body *body)
{
    size_t used = 0;
    int r = deliver(body, body->held.data + body->held_at, body->held.len - body->held_at, &used);
    body->held_at += used;
    return r < 0 ? give_up(body, r) : 0;
}
