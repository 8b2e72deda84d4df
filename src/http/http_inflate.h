/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Encoding: gzip, undone step by step into room that the caller bounds. libcurl would do it too,
 * but a paused transfer then keeps all that one network read inflates to (up to a thousand times as
 * much); here nothing is inflated before somebody takes it. Not thread-safe: one owner.
 */
#ifndef WEIR_HTTP_HTTP_INFLATE_H
#define WEIR_HTTP_HTTP_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct http_inflate;

/* Returns 0 or -ENOMEM. */
int http_inflate_new(struct http_inflate **ret_inflate);
void http_inflate_free(struct http_inflate *inflater);
DEFINE_AUTO(http_inflate, http_inflate_free)

/* What goes in and comes out of one step; http_inflate_step() moves all four on. */
struct http_inflate_io {
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

/*
 * Inflates until the input is used up or the output is full. All that the input gives comes out, as
 * far as there is room: while out_len is 0 after it, call again, also with no input. Members may
 * follow each other. Returns 0, -EBADMSG (not gzip, or damaged), or -ENOMEM.
 */
int http_inflate_step(struct http_inflate *inflater, struct http_inflate_io *io);

/* Whether all input was whole members, and there was one: their checksums are right. */
bool http_inflate_is_ended(const struct http_inflate *inflater);

/* As new, without allocating. Returns 0 or -EINVAL: it is of no more use. */
int http_inflate_restart(struct http_inflate *inflater);

#endif
