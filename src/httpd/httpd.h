/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to libmicrohttpd: a small HTTP/1.1 server on one address. Each connection has a thread
 * of its own, so a handler may block; a handler that waits does so in httpd_request_wait(), which
 * returns early when the client leaves or the server stops. Not for the open internet: no TLS, no
 * request bodies (they are read and dropped).
 */
#ifndef WEIR_HTTPD_HTTPD_H
#define WEIR_HTTPD_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct httpd;

/* One request; lives until its response has ended. Belongs to its connection's thread. */
struct httpd_request;

struct httpd_header {
    const char *name;
    const char *value;
};

/* A response whose body is known. Everything is copied by httpd_reply(). */
struct httpd_response {
    unsigned status;
    /* NULL: no Content-Type. */
    const char *content_type;
    const struct httpd_header *headers;
    size_t n_headers;
    const char *body;
    size_t body_len;
};

/* How a streamed response came to its end. */
enum httpd_ending {
    /* read() returned HTTPD_STREAM_END and the last byte was handed to the kernel. */
    HTTPD_ENDED,
    /* read() returned HTTPD_STREAM_CUT. */
    HTTPD_CUT,
    /* Closed by the other side, whether seen in sending or in waiting. */
    HTTPD_CLIENT_GONE,
    /* httpd_stop() was called. */
    HTTPD_STOPPED,
};

/* What read() returns instead of a number of bytes. */
enum {
    /* The body is complete: the last chunk is written. */
    HTTPD_STREAM_END = -1,
    /* The connection is closed at once, the chunked body left without its end. */
    HTTPD_STREAM_CUT = -2,
};

/* A body of unknown length, sent as chunks. Both functions run on the connection's thread. */
struct httpd_stream {
    /* Fills bytes with 1 to capacity bytes, or returns HTTPD_STREAM_*. May block. */
    ssize_t (*read)(void *context, char *bytes, size_t capacity);
    /* Called once, after the last read(); context may be freed in it. */
    void (*done)(void *context, enum httpd_ending ending);
    void *context;
};

struct httpd_options {
    /* "127.0.0.1:9464", "[::1]:0", "localhost:0"; port 0 takes a free one. */
    const char *listen;
    /* Roughly how many bytes of a streamed body go out as one chunk; 0: 16 KiB. */
    size_t chunk_bytes;
    /* Above it new connections wait unaccepted; 0: 256. */
    unsigned max_connections;
    /*
     * Answers a request: calls httpd_reply() or httpd_reply_stream() once and returns 0. A negative
     * value closes the connection. Runs on the connection's thread; several run at a time.
     */
    int (*handle)(void *context, struct httpd_request *request);
    void *context;
};

/*
 * Binds, listens and starts. Returns 0 or -errno with problem filled (EXIT_USAGE for an address that
 * cannot be read, EXIT_UNAVAILABLE for one that cannot be bound). Thread: any. Blocks: for a name
 * that must be looked up.
 */
int httpd_start(const struct httpd_options *options, struct problem *problem,
                struct httpd **ret_httpd);

/* Stops listening, cuts every response that is under way, joins all threads, frees. Takes NULL. */
void httpd_stop(struct httpd *httpd);
DEFINE_AUTO(httpd, httpd_stop)

/* "http://127.0.0.1:40123", with the port that was taken. Lives as long as httpd. */
const char *httpd_url(const struct httpd *httpd);

/* All live as long as the request. */
const char *httpd_request_method(const struct httpd_request *request);
/* Decoded, without the query. */
const char *httpd_request_path(const struct httpd_request *request);
/* As the client sent it, query included. */
const char *httpd_request_target(const struct httpd_request *request);
/* Decoded; NULL where absent. name is compared without case for headers, with case for queries. */
const char *httpd_request_header(struct httpd_request *request, const char *name);
const char *httpd_request_query(struct httpd_request *request, const char *name);

/* Both return 0 or -errno; a stream's done() is not called then. */
int httpd_reply(struct httpd_request *request, const struct httpd_response *response);
/* body is ignored: stream gives it. *stream is copied. */
int httpd_reply_stream(struct httpd_request *request, const struct httpd_response *response,
                       const struct httpd_stream *stream);

enum httpd_wake {
    HTTPD_WAKE_DEADLINE,
    HTTPD_WAKE_CLIENT_GONE,
    HTTPD_WAKE_STOPPING,
};

/*
 * Blocks until CLOCK_MONOTONIC reads deadline_ns (INT64_MAX: for ever), the client has left or the
 * server stops. Thread: the request's.
 */
enum httpd_wake httpd_request_wait(struct httpd_request *request, int64_t deadline_ns);

#endif
