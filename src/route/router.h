/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the fields of the partition key to a worker. The key is read before the event has been checked
 * (json/find.h), so that an event may turn out malformed later. Pure: read-only after router_init(),
 * any thread.
 */
#ifndef WEIR_ROUTE_ROUTER_H
#define WEIR_ROUTE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "event/pointer.h"

enum route_outcome {
    /* A field of the key is not in the event. A field that is null is there. */
    ROUTE_KEY_MISSING = 1,
    /* The event is visibly malformed: the strict walk will refuse it, at whichever worker. */
    ROUTE_MALFORMED = 2,
    /* A canary (meta.domain is "canary"), where those are to be dropped: it has no key. */
    ROUTE_CANARY = 3,
};

/* Fields of a key: what one search finds, less the path that tells canaries. */
enum { ROUTER_MAX_FIELDS = JSON_FIND_MAX - 1 };

/* The paths point into the fields: not to be moved after router_init(). */
struct router {
    size_t n_fields;
    struct pointer fields[ROUTER_MAX_FIELDS];
    struct json_path paths[JSON_FIND_MAX];
    /* Set it after router_init(). Canaries are the platform's test events. */
    bool drops_canaries;
};

/*
 * Compiles n_fields (1 to ROUTER_MAX_FIELDS) pointers. Returns 0, -EINVAL (*ret_field is the index of
 * the field that is wrong, n_fields where their number is; *ret_fault says why), or -ENOMEM.
 * router_deinit() is due in any case.
 */
int router_init(struct router *router, const char *const *fields, size_t n_fields,
                size_t *ret_field, struct pointer_fault *ret_fault);
void router_deinit(struct router *router);

/*
 * The hash of an event's key: XXH3 over the fields' values. Strings count by what they mean ("a" and
 * "\u0061" are one key), all else by its bytes (1 and 1.0 are two). Which field a value belongs to
 * and whether it is a string are part of the hash. document need not have been walked. scratch is for strings
 * with escapes; its content is overwritten. Returns 0, an outcome, or -ENOMEM.
 */
int router_key(const struct router *router, const struct json_document *document,
               struct buffer *scratch, uint64_t *ret_hash);

/* The worker, from 0 to n_workers - 1, of a key; the same for the same n_workers, on any machine. */
uint32_t router_worker(uint64_t hash, uint32_t n_workers);

#endif
