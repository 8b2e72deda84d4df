/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_inflate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
/* So that zlib says that it does not change its input. */
#define ZLIB_CONST
#include <zlib.h>

/* The largest window, and gzip's header and checksum. */
enum { GZIP_WINDOW_BITS = 15 + 16 };

struct http_inflate {
    z_stream stream;
    /* A member has ended; input that follows begins another. */
    bool is_ended;
};

int http_inflate_new(struct http_inflate **ret_inflate)
{
    struct http_inflate *inflater = calloc(1, sizeof(*inflater));
    if (inflater == NULL) {
        return -ENOMEM;
    }
    if (inflateInit2(&inflater->stream, GZIP_WINDOW_BITS) != Z_OK) {
        free(inflater);
        return -ENOMEM;
    }
    *ret_inflate = inflater;
    return 0;
}

void http_inflate_free(struct http_inflate *inflater)
{
    if (inflater != NULL) {
        inflateEnd(&inflater->stream);
        free(inflater);
    }
}

static uInt at_most_uint(size_t len)
{
    return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

int http_inflate_step(struct http_inflate *inflater, struct http_inflate_io *io)
{
    z_stream *stream = &inflater->stream;
    int z = Z_OK;
    while (z == Z_OK && io->out_len > 0) {
        if (inflater->is_ended && io->in_len == 0) {
            return 0;
        }
        if (inflater->is_ended && inflateReset(stream) != Z_OK) {
            return -EBADMSG;
        }
        inflater->is_ended = false;
        uInt in_len = at_most_uint(io->in_len);
        uInt out_len = at_most_uint(io->out_len);
        stream->next_in = (const Bytef *)io->in;
        stream->avail_in = in_len;
        stream->next_out = (Bytef *)io->out;
        stream->avail_out = out_len;
        z = inflate(stream, Z_SYNC_FLUSH);
        io->in += in_len - stream->avail_in;
        io->in_len -= in_len - stream->avail_in;
        io->out += out_len - stream->avail_out;
        io->out_len -= out_len - stream->avail_out;
        if (z == Z_STREAM_END) {
            inflater->is_ended = true;
            z = Z_OK;
        }
    }
    switch (z) {
    case Z_OK:
    /* No progress is possible: more input is needed. */
    case Z_BUF_ERROR:
        return 0;
    case Z_MEM_ERROR:
        return -ENOMEM;
    default:
        return -EBADMSG;
    }
}

bool http_inflate_is_ended(const struct http_inflate *inflater)
{
    return inflater->is_ended;
}

int http_inflate_restart(struct http_inflate *inflater)
{
    inflater->is_ended = false;
    return inflateReset(&inflater->stream) == Z_OK ? 0 : -EINVAL;
}
