/* SPDX-License-Identifier: Apache-2.0 */
#include "route/router.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "json/text.h"

/* Seeds that tell a string from a value whose bytes are the same. */
#define SEED_STRING UINT64_C(0x5754a3d1c0ffee01)
#define SEED_OTHER  UINT64_C(0x9e3779b97f4a7c15)

/* Where the platform marks its test events. */
static const struct json_step canary_steps[] = {
    { "meta", 4, JSON_NO_INDEX },
    { "domain", 6, JSON_NO_INDEX },
};

int router_init(struct router *router, const char *const *fields, size_t n_fields,
                size_t *ret_field, struct pointer_fault *ret_fault)
{
    router->n_fields = 0;
    router->drops_canaries = false;
    if (n_fields == 0 || n_fields > ROUTER_MAX_FIELDS) {
        *ret_field = n_fields;
        *ret_fault = (struct pointer_fault){ 0, "a key has 1 to 7 fields" };
        return -EINVAL;
    }
    for (size_t i = 0; i < n_fields; i++) {
        struct pointer *field = &router->fields[i];
        int r = pointer_init(field, fields[i], strlen(fields[i]), ret_fault);
        router->n_fields = i + 1;
        if (r < 0) {
            *ret_field = i;
            return r;
        }
        router->paths[i] = pointer_path(field);
    }
    router->paths[n_fields] = (struct json_path){ canary_steps, ARRAY_SIZE(canary_steps) };
    return 0;
}

void router_deinit(struct router *router)
{
    for (size_t i = 0; i < router->n_fields; i++) {
        pointer_deinit(&router->fields[i]);
    }
    router->n_fields = 0;
}

/* Adds one field's value to the hash. */
static int hash_field(struct json_span span, struct buffer *scratch, uint64_t *hash)
{
    if (span.bytes[0] != '"') {
        *hash = hash_bytes_seeded(span.bytes, span.len, *hash ^ SEED_OTHER);
        return 0;
    }
    const char *raw = span.bytes + 1;
    size_t raw_len = span.len - 2;
    if (memchr(raw, '\\', raw_len) != NULL) {
        buffer_clear(scratch);
        int r = buffer_reserve(scratch, raw_len);
        if (r < 0) {
            return r;
        }
        if (json_unescape(raw, raw_len, scratch->data, &raw_len) == JSON_MALFORMED) {
            return ROUTE_MALFORMED;
        }
        raw = scratch->data;
    }
    *hash = hash_bytes_seeded(raw, raw_len, *hash ^ SEED_STRING);
    return 0;
}

static bool is_canary(struct json_span domain)
{
    return domain.len > 2 && domain.bytes[0] == '"' &&
           json_string_equals(domain.bytes + 1, domain.len - 2, "canary", 6);
}

int router_key(const struct router *router, const struct json_document *document,
               struct buffer *scratch, uint64_t *ret_hash)
{
    struct json_span spans[JSON_FIND_MAX] = { { NULL, 0 } };
    size_t n_paths = router->n_fields + router->drops_canaries;
    if (json_find(document, router->paths, n_paths, spans) != 0) {
        return ROUTE_MALFORMED;
    }
    if (router->drops_canaries && is_canary(spans[router->n_fields])) {
        return ROUTE_CANARY;
    }
    uint64_t hash = 0;
    for (size_t i = 0; i < router->n_fields; i++) {
        if (spans[i].bytes == NULL) {
            return ROUTE_KEY_MISSING;
        }
        int r = hash_field(spans[i], scratch, &hash);
        if (r != 0) {
            return r;
        }
    }
    *ret_hash = hash;
    return 0;
}

uint32_t router_worker(uint64_t hash, uint32_t n_workers)
{
    /* The high half of the hash, scaled: even, and cheaper than a division. */
    return (uint32_t)((hash >> 32) * n_workers >> 32);
}
