/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of lookups that a worker keeps for a while: few, searched one by one, the oldest place given up
 * first. Not thread-safe: one owner.
 */
#ifndef WEIR_HTTP_HTTP_LOOKUP_CACHE_H
#define WEIR_HTTP_HTTP_LOOKUP_CACHE_H

#include <weir/http.h>

struct http_lookup_name {
    const struct weir_lookup_group *group;
    const char *scope;
    const char *key;
};

/* Zero-initialised is empty. */
struct http_lookup_cache {
    struct http_cached *items;
    size_t n_items;
    /* The last one that gave its place up. */
    size_t oldest;
};

void http_lookup_cache_deinit(struct http_lookup_cache *cache);

/* True: *ret_answer is what was kept; lent until the next change. */
bool http_lookup_cache_find(const struct http_lookup_cache *cache,
                            const struct http_lookup_name *name, int64_t now_ns,
                            struct weir_view *ret_answer);

/* Copies, if its group wants answers kept and there is memory. */
void http_lookup_cache_keep(struct http_lookup_cache *cache, const struct http_lookup_name *name,
                            const char *bytes, size_t len, int64_t now_ns);

#endif
