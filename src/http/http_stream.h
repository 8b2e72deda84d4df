/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GET whose reply has no end: its body comes in pieces, as long as the consumer takes them. When it
 * takes less than it is given, the rest is kept (at most one network read and one window of inflated
 * bytes), the transfer pauses, and the server is held back by TCP (or HTTP/2) itself.
 *
 * What is fixed for safety: TLS 1.2 or newer with peer and name verified; http and https only, also
 * after redirects, and never from https to http; no .netrc; no proxy from the environment; gzip is
 * the only encoding asked for. HTTP/2 is used over TLS where the server offers it.
 *
 * Life: new -> (start -> poll ... -> stop) ... -> free. Not thread-safe: one owner, but for the wake-up,
 * which anybody may send.
 */
#ifndef WEIR_HTTP_HTTP_STREAM_H
#define WEIR_HTTP_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "http/http_reply.h"

/* How a transfer stands. */
enum http_progress {
    HTTP_IDLE,
    /* No reply yet. */
    HTTP_CONNECTING,
    /* The reply is a 200 of the media type asked for; its body goes to the consumer. */
    HTTP_STREAMING,
    HTTP_FINISHED,
};

struct http_stream_options {
    const struct clock *clock;
    const char *user_agent;
    /* What the reply must be ("text/event-stream"); sent as Accept. */
    const char *media_type;
    /* NULL: the system's authorities. */
    const char *ca_file;
    /* NULL: none, whatever the environment says. */
    const char *proxy;
    /* Any certificate is accepted. */
    bool skips_verify;
    int64_t connect_timeout_ns;
    int64_t idle_timeout_ns;
    unsigned max_redirects;
    /* Ends a waiting http_stream_poll() when it becomes readable; -1: none. */
    int wake_fd;
    /*
     * Takes bytes of the body; returns how many of them. Fewer than len: the rest is offered again by
     * a later http_stream_poll(). Called inside http_stream_poll() only; must not call the stream.
     */
    size_t (*take)(void *context, const char *bytes, size_t len);
    void *context;
};

struct http_stream;

/* Texts and the clock are lent for the stream's life. Returns 0 or -errno. */
int http_stream_new(const struct http_stream_options *options, struct http_stream **ret_stream);
void http_stream_free(struct http_stream *stream);

/*
 * Starts a transfer; the stream must be idle. headers are "Name: value" without CR, LF or NUL, copied.
 * Returns 0 or -errno; nothing is sent yet.
 */
int http_stream_start(struct http_stream *stream, const char *url, const char *const *headers,
                      size_t n_headers);

/*
 * Drives the transfer: offers what was left over, receives, and if nothing came and the consumer
 * takes all, waits up to timeout_ns for more, for the wake-up, or for the end. Without a transfer
 * it just waits. Returns the progress (>= 0), or -errno for a fault of this machine. Blocks: yes.
 */
int http_stream_poll(struct http_stream *stream, int64_t timeout_ns);

/* Ends the transfer, whatever its state; what was not taken is gone. The stream is idle then. */
void http_stream_stop(struct http_stream *stream);

/* Of the transfer under way or the last one; texts are valid until the next start or free. */
const struct http_reply *http_stream_reply(const struct http_stream *stream);

#endif
