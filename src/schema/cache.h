/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies on disk of what the network gave, so that a job can start without it. A copy is a file of
 * its own in the cache's directory:
 *
 *     {"uri":"https://...","dt":"2026-11-24T04:35:07Z","document":{...}}
 *
 * replaced as a whole; what cannot be read is as good as absent. Its name is made of the kind, the
 * name, the version, and a hash of the places that were asked, so that jobs with other repositories
 * may share the directory. Blocks: yes.
 */
#ifndef WEIR_SCHEMA_CACHE_H
#define WEIR_SCHEMA_CACHE_H

#include <stdint.h>

#include "base/arena.h"
#include "schema/access.h"

/* What a copy is of. */
struct cache_key {
    /* "schema" or "stream". */
    const char *kind;
    const char *name;
    /* NULL: none. */
    const char *version;
    /* cache_places_hash(). */
    uint64_t places;
};

struct cache_copy {
    /* Where it came from and when, without secrets. */
    const char *uri;
    const char *dt;
    /* As JSON. */
    const char *document;
    size_t document_len;
};

/* Outcome: there is no copy. */
enum { CACHE_ABSENT = 1 };

/* Returns 0 with a copy that lives in arena, CACHE_ABSENT, or -ENOMEM. */
int cache_load(const struct schema_access *access, const struct cache_key *key, struct arena *arena,
               struct cache_copy *ret_copy);

/*
 * Keeps document, which came from uri just now. Returns 0 or -ENOMEM; a cache that cannot be
 * written is logged.
 */
int cache_store(const struct schema_access *access, const struct cache_key *key, const char *uri,
                const char *document, size_t document_len);

/* The hash of places in order, secrets left out. Returns 0 or -ENOMEM. */
int cache_places_hash(const char *const *uris, size_t n_uris, uint64_t *ret_hash);

/* Appends the file name of a key. Returns 0 or -ENOMEM. */
int cache_file_name(const struct cache_key *key, struct buffer *ret_name);

#endif
