/* SPDX-License-Identifier: Apache-2.0 */
/* What httpd.c and request.c share; not for other rooms. */
#ifndef WEIR_HTTPD_REQUEST_H
#define WEIR_HTTPD_REQUEST_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "httpd/httpd.h"

struct httpd {
    /* Fixed after start. */
    struct MHD_Daemon *daemon;
    int (*handle)(void *context, struct httpd_request *request);
    void *context;
    size_t chunk_bytes;
    char *url;
    /* Readable from the moment of httpd_stop() on; never cleared, so that all waiters see it. */
    struct wakeup stop;
    /* Relaxed: it only names the reason of an end that the library reports. */
    atomic_bool is_stopping;
};

/*
 * Life: made when the request line is read (request_new) -> handled -> response queued -> ended
 * (request_end frees it). All on the connection's thread.
 */
struct httpd_request {
    struct httpd *httpd;
    struct MHD_Connection *connection;
    char *target;
    /* Lent by the library once the headers are in. */
    const char *method;
    const char *path;
    /* read is NULL unless a streamed response was queued. */
    struct httpd_stream stream;
    /* The stream said cut; a wait saw the client leave. */
    bool is_cut;
    bool is_gone;
};

/* Returns NULL without memory. */
struct httpd_request *request_new(struct httpd *httpd, const char *target,
                                  struct MHD_Connection *connection);

/* Tells the stream how it ended, frees the request. */
void request_end(struct httpd_request *request, enum MHD_RequestTerminationCode code);

#endif
