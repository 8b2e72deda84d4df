/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_lookup_cache.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#include "../../support/cunit_main.h"

static const struct weir_lookup_group kept = { .size = sizeof(kept),
                                               .cache_entries = 3,
                                               .cache_ms = 10 };
static const struct weir_lookup_group other = { .size = sizeof(other),
                                                .cache_entries = 3,
                                                .cache_ms = 10 };
static const struct weir_lookup_group unkept = { .size = sizeof(unkept) };

static bool has(const struct http_lookup_cache *cache, const struct weir_lookup_group *group,
                const char *scope, const char *key, int64_t now_ns)
{
    const struct http_lookup_name name = { group, scope, key };
    struct weir_view answer;
    return http_lookup_cache_find(cache, &name, now_ns, &answer) && answer.len == strlen(key) &&
           memcmp(answer.data, key, answer.len) == 0;
}

static void keep(struct http_lookup_cache *cache, const struct weir_lookup_group *group,
                 const char *scope, const char *key, int64_t now_ns)
{
    const struct http_lookup_name name = { group, scope, key };
    http_lookup_cache_keep(cache, &name, key, strlen(key), now_ns);
}

static void test_names(void)
{
    struct http_lookup_cache cache = { 0 };
    keep(&cache, &kept, "en", "1", 0);
    keep(&cache, &unkept, "en", "2", 0);
    CU_ASSERT_TRUE(has(&cache, &kept, "en", "1", 0));
    CU_ASSERT_FALSE(has(&cache, &kept, "de", "1", 0));
    CU_ASSERT_FALSE(has(&cache, &other, "en", "1", 0));
    CU_ASSERT_FALSE(has(&cache, &unkept, "en", "2", 0));
    CU_ASSERT_TRUE(has(&cache, &kept, "en", "1", 10 * NS_PER_MS - 1));
    CU_ASSERT_FALSE(has(&cache, &kept, "en", "1", 10 * NS_PER_MS));
    http_lookup_cache_deinit(&cache);
}

static void test_places(void)
{
    struct http_lookup_cache cache = { 0 };
    char key[8];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "%d", i);
        keep(&cache, &kept, "", key, 0);
        CU_ASSERT_TRUE(has(&cache, &kept, "", key, 0));
        CU_ASSERT(cache.n_items <= 3);
    }
    CU_ASSERT_FALSE(has(&cache, &kept, "", "96", 0));
    CU_ASSERT_TRUE(has(&cache, &kept, "", "98", 0));
    http_lookup_cache_deinit(&cache);
}

static const struct test_case cases[] = {
    { "answers by group, scope and key, for a while", test_names },
    { "the oldest gives its place up", test_places },
};

CUNIT_MAIN("http/http_lookup_cache", cases)
