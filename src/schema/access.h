/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this room reaches what lies outside: files by itself, the network through what the engine
 * hands in. A URI is http://, https://, file:// or a plain path.
 *
 * Thread: one owner. Blocks: yes.
 */
#ifndef WEIR_SCHEMA_ACCESS_H
#define WEIR_SCHEMA_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/filesystem.h"

/* Longer files and replies are refused. */
enum { ACCESS_MAX_BYTES = 8 * 1024 * 1024 };

/* Outcomes of access_read(); reply->said tells each in a few words. */
enum {
    /* There is nothing of that name. */
    ACCESS_ABSENT = 1,
    /* No answer, or one that says "not now": it may answer later. */
    ACCESS_SILENT = 2,
    /* Its certificate is not accepted. */
    ACCESS_UNTRUSTED = 3,
    /* What came is of no use: another status, too long, not HTTP. */
    ACCESS_USELESS = 4,
};

/* Outcome of schema_access.pause: there is no time for another try. */
enum { ACCESS_LATE = 1 };

struct schema_access {
    /*
     * One GET. Returns 0 with the status and the body (appended) of whatever answered; -EAGAIN
     * where nothing did, -EACCES for a certificate that is not accepted, -ECANCELED when the start
     * is called off, -ENOMEM, or another -errno for an answer without use, each with problem
     * filled. NULL: there is no network.
     */
    int (*fetch)(void *context, const char *url, struct buffer *ret_body, int *ret_status,
                 struct problem *problem);
    /*
     * Waits before all is tried for the n-th time again, from 0. Returns 0, ACCESS_LATE, or
     * -ECANCELED. NULL: nothing is tried again.
     */
    int (*pause)(void *context, unsigned n);
    void *context;
    const struct filesystem *filesystem;
    const struct clock *clock;
    /* Where copies of what the network gave are kept (schema/cache.h); NULL: nowhere. */
    const char *cache_directory;
};

struct access_reply {
    struct buffer bytes;
    char said[256];
};

/*
 * Reads all of uri into ret_reply->bytes, whose former content is forgotten. Returns 0, an outcome,
 * -ECANCELED, or -ENOMEM.
 */
int access_read(const struct schema_access *access, const char *uri,
                struct access_reply *ret_reply);

bool access_is_http(const char *uri);

/*
 * Appends uri as it may be shown: without user, password, query and fragment. Returns 0 or -ENOMEM.
 */
int access_show(const char *uri, struct buffer *ret_text);

#endif
