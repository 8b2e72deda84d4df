/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups as the built-in steps use them: with a scope, and with weights. Thread: the client's. */
#ifndef WEIR_HTTP_HTTP_LOOKUP_H
#define WEIR_HTTP_HTTP_LOOKUP_H

#include <stddef.h>

#include <weir/http.h>

struct http_lookup_options {
    const struct weir_lookup_group *group;
    /* Only keys of one scope share a request: the wiki. Copied. */
    const char *scope;
    const char *key;
    /* What the key adds to a request, and what one may hold; 0: not counted. */
    size_t weight;
    size_t max_weight;
    /* Not with others. */
    bool is_alone;
    /* Of key; http_lookup() fills it in. */
    uint64_t hash;
};

/* As weir_lookup(). */
int http_lookup(struct weir_http *http, const struct http_lookup_options *options,
                struct weir_view *ret_answer);

/* The scope of the keys that are being asked for; for a group's functions. */
const char *http_lookup_scope(const struct weir_lookup *lookup);

#endif
