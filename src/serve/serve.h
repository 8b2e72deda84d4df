/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A local EventStreams: serves a recording as stream.wikimedia.org serves its streams, byte for byte
 * on the wire, with the faults of real life on request. For tests, demonstrations and load.
 *
 *     GET /v2/stream/{a,b,c}[?since=...]      Last-Event-ID: [...]      Accept: text/event-stream
 *
 * Where it differs from the public service, because a recording ends:
 * - Without a position serving starts at the beginning, not at "now"; so it does at an offset that is
 *   out of range. (serve/assignment.h)
 * - Behind the last event the response ends, and a client that comes back for more is told 204, which
 *   ends an event source. Told so is who asks for a place at or behind the end, and, once a response
 *   has run to the end, also who asks for the very last event by its offset. `stay` keeps the response
 *   open instead, as the public service does.
 * - `loop` starts over: offsets and the ids' timestamps run on upwards, meta.id varies in its first
 *   eight digits, all else (meta.dt too) is as before. There is no end then.
 */
#ifndef WEIR_SERVE_SERVE_H
#define WEIR_SERVE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct serve;

/* The texts are lent until serve_stop(). */
struct serve_options {
    /* NDJSON or recorded frames; must not shrink while it is served. */
    const char *path;
    /* "127.0.0.1:0". */
    const char *listen;
    /* Events a second on each connection; 0: as fast as the client takes them. */
    uint64_t rate;
    /*
     * Cuts each connection after that many events: the first between two events, the next in the
     * middle of a data line, and so on in turn; 0: never. A client that asks again for the event it
     * had last gains one event less each time.
     */
    uint64_t cut_after;
    bool loop;
    bool stay;
    bool renumber;
    /*
     * Connections after the first one see all offsets raised by this much (lowered when negative), as
     * from another datacentre's cluster.
     */
    int64_t shift_offsets;
    /* The first `times` requests for a stream get this status; 0: none does. */
    unsigned status;
    unsigned times;
    /* Seconds in the header Retry-After of those; 0: no such header. */
    unsigned retry_after_s;
    /* More streams than this at a time get 429; 0: no limit but the library's. */
    unsigned max_connections;
    /* A JSON line for each request is appended here when it is over; NULL: none is. */
    const char *log_path;
};

/*
 * Loads and listens. Returns 0, or -errno with problem filled (exit codes of recording_load() and
 * httpd_start(); EXIT_IO for the log). Blocks: reads the file. Thread: any.
 */
int serve_start(const struct serve_options *options, struct problem *problem,
                struct serve **ret_serve);

/* Cuts all connections, joins their threads, frees. Takes NULL. */
void serve_stop(struct serve *serve);
DEFINE_AUTO(serve, serve_stop)

/* "http://127.0.0.1:40123". Lives as long as serve. */
const char *serve_url(const struct serve *serve);

/* How many events the recording holds. */
uint64_t serve_events(const struct serve *serve);

#endif
