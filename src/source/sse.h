/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sse source: events of a Wikimedia EventStreams service, read as a browser's EventSource would
 * (WHATWG HTML, "Server-sent events"), and resumed better: by the offsets that the events carry.
 *
 * Each topic-partition is a partition, "eqiad.mediawiki.page_change.v1/0"; offsets are Kafka's. What a
 * resume asks for, and what happens when offsets mean something else, is told in sse_track.h; when a
 * connection is asked for again, in sse_link.h. A message above max_event_size becomes a faulty event;
 * it, and what is not JSON, is taken to stand right behind the event before it.
 *
 * With until_ms the source ends when the messages have passed it: of each topic-partition, the first
 * message at or after it and all behind it are left for another run. It ends when each topic-partition
 * that had an event is there, or one of them is ten minutes farther, or, once until_ms has passed on
 * our clock too, when a connection that works is silent for five seconds.
 *
 * Where events carry no offsets and ids tell no place, what was read cannot be read again after a
 * crash; that shows with the first event only, and is logged then.
 */
#ifndef WEIR_SOURCE_SSE_H
#define WEIR_SOURCE_SSE_H

#include <stdbool.h>
#include <stdint.h>

#include "source/source.h"

/* Texts are lent for the source's life. */
struct sse_source_options {
    struct source_options common;
    /* http or https; with userinfo or a query they are sent, and not logged. */
    const char *url;
    /* Where a job without a checkpoint begins and any job ends: ms since 1970; -1: now, never. */
    int64_t since_ms;
    int64_t until_ms;
    /* A mail address or page, for the User-Agent; NULL: none. */
    const char *contact;
    /* The whole User-Agent; NULL: this program and the contact. */
    const char *user_agent;
    /* Nothing received for so long: the connection is dead. */
    int64_t idle_timeout_ns;
    /* A service that was not there for so long from the first read on: exit code 69. */
    int64_t startup_timeout_ns;
    /* Events per second at most; 0: no limit. */
    int64_t max_rate;
    /* NULL: the system's authorities. */
    const char *ca_file;
    /* NULL: none, whatever the environment says. */
    const char *proxy;
    /* Any certificate is accepted. */
    bool skips_verify;
};

/*
 * Connects to nothing yet. Returns 0, or -errno with problem filled (exit code 78: no URL, no such
 * ca_file). Thread: any, before read.
 */
int sse_source_open(const struct sse_source_options *options, struct source **ret_source,
                    struct problem *problem);

#endif
