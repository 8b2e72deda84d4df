/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_lookup_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { ITEMS_MAX = 4096 };

/* Without a group: nobody's. */
struct http_cached {
    const struct weir_lookup_group *group;
    char *scope;
    char *key;
    char *answer;
    size_t answer_len;
    int64_t until_ns;
};

static void forget(struct http_cached *cached)
{
    free(cached->scope);
    free(cached->key);
    free(cached->answer);
    *cached = (struct http_cached){ 0 };
}

void http_lookup_cache_deinit(struct http_lookup_cache *cache)
{
    for (size_t i = 0; i < cache->n_items; i++) {
        forget(&cache->items[i]);
    }
    free(cache->items);
}

bool http_lookup_cache_find(const struct http_lookup_cache *cache,
                            const struct http_lookup_name *name, int64_t now_ns,
                            struct weir_view *ret_answer)
{
    for (size_t i = 0; i < cache->n_items; i++) {
        const struct http_cached *cached = &cache->items[i];
        if (cached->group == name->group && cached->until_ns > now_ns &&
            strcmp(cached->key, name->key) == 0 && strcmp(cached->scope, name->scope) == 0) {
            *ret_answer = (struct weir_view){ cached->answer, cached->answer_len };
            return true;
        }
    }
    return false;
}

/* The place of a new answer: one more, or the oldest one's. NULL: none is kept. */
static struct http_cached *take_place(struct http_lookup_cache *cache, size_t n_most)
{
    n_most = n_most < ITEMS_MAX ? n_most : ITEMS_MAX;
    if (cache->n_items < n_most) {
        struct http_cached *grown =
            realloc(cache->items, (cache->n_items + 1) * sizeof(*cache->items));
        if (grown == NULL) {
            return NULL;
        }
        cache->items = grown;
        grown[cache->n_items] = (struct http_cached){ 0 };
        return &grown[cache->n_items++];
    }
    if (cache->n_items == 0) {
        return NULL;
    }
    cache->oldest = (cache->oldest + 1) % cache->n_items;
    forget(&cache->items[cache->oldest]);
    return &cache->items[cache->oldest];
}

void http_lookup_cache_keep(struct http_lookup_cache *cache, const struct http_lookup_name *name,
                            const char *bytes, size_t len, int64_t now_ns)
{
    const struct weir_lookup_group *group = name->group;
    if (group->cache_entries == 0 || group->cache_ms <= 0) {
        return;
    }
    struct http_cached *cached = take_place(cache, group->cache_entries);
    if (cached == NULL) {
        return;
    }
    cached->scope = strdup(name->scope);
    cached->key = strdup(name->key);
    cached->answer = malloc(len + 1);
    if (cached->scope == NULL || cached->key == NULL || cached->answer == NULL) {
        forget(cached);
        return;
    }
    memcpy(cached->answer, bytes, len);
    cached->answer_len = len;
    cached->group = group;
    cached->until_ns = now_ns + group->cache_ms * NS_PER_MS;
}
