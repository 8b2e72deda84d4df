/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. */
#ifndef WEIR_SERVE_SERVER_H
#define WEIR_SERVE_SERVER_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "httpd/httpd.h"
#include "serve/assignment.h"
#include "serve/recording.h"
#include "serve/serve.h"

struct serve {
    /* Fixed after start. */
    struct serve_options options;
    struct recording *recording;
    struct httpd *httpd;
    /* Append only, one write a line; -1: no log. */
    int log_fd;
    /*
     * Atomic, all relaxed: each is a number on its own and publishes nothing. Requests for streams;
     * streams begun; streams under way.
     */
    atomic_uint_least64_t n_requests;
    atomic_uint_least64_t n_streams;
    atomic_uint n_active;
    /* A response has run to the end of the recording. */
    atomic_bool has_ended;
};

/* What the log tells of a request. */
struct journal_entry {
    unsigned status;
    /* Why the response ended: "reply", "end", "cut", "client", "stopped". */
    const char *ended;
    /* Ids, as JSON; NULL: none. */
    const struct buffer *start;
    const struct buffer *stop;
    uint64_t n_events;
    uint64_t n_bytes;
    /* Offsets of the first and the last whole event as they were sent; -1: none. */
    int64_t first_offset;
    int64_t last_offset;
    int64_t shift;
};

/* Writes the log's line and a debug line. Thread: the request's. */
void journal_write(struct serve *serve, struct httpd_request *request,
                   const struct journal_entry *entry);

/*
 * Answers a request with an error in the form of the public service: that of its own checks, and that
 * of the Kafka side. Return 0 or -errno.
 */
struct refusal {
    unsigned status;
    const char *type;
    const char *title;
    const char *detail;
    /* What detail is about, appended to it; NULL: nothing. */
    const char *subject;
    const struct httpd_header *headers;
    size_t n_headers;
};
int refuse(struct serve *serve, struct httpd_request *request, const struct refusal *refusal);
int refuse_assignment(struct serve *serve, struct httpd_request *request, unsigned status,
                      const char *name, const char *message);

/* Answers without a body. Returns 0 or -errno. */
int reply_empty(struct serve *serve, struct httpd_request *request, unsigned status);

enum {
    /* max_connections streams are under way. */
    STREAM_TOO_MANY = 1,
};

/*
 * Begins a stream of events: the response 200 and its body. Takes the assignment, on success only.
 * Returns 0, STREAM_TOO_MANY or -errno.
 */
int stream_begin(struct serve *serve, struct httpd_request *request,
                 struct assignment **assignment);

#endif
