/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equality of values: of strings by what they mean, of numbers by their value, of objects whatever the
 * order; of members of one name the last one counts. Recursion: as deep as a document.
 */
#include <errno.h>

#include "base/hash.h"
#include "schema/checker_private.h"
#include "json/decimal.h"
#include "json/text.h"

static bool strings_equal(struct schema_checker *checker, const struct item *a,
                          const struct item *b)
{
    struct json_string left = json_string(a->document, a->token);
    struct json_string right = json_string(b->document, b->token);
    size_t len = left.raw_len < right.raw_len ? left.raw_len : right.raw_len;
    bool has_escape = left.has_escape || right.has_escape;
    if (!spend(checker, len / (has_escape ? ESCAPED_A_STEP : BYTES_A_STEP))) {
        return false;
    }
    if (!has_escape) {
        return left.raw_len == right.raw_len && memcmp(left.raw, right.raw, left.raw_len) == 0;
    }
    struct json_span text;
    if (!item_text(checker, a, &text)) {
        return false;
    }
    return json_string_equals(right.raw, right.raw_len, text.bytes, text.len);
}

static bool numbers_equal(struct schema_checker *checker, const struct item *a,
                          const struct item *b)
{
    struct json_span left = item_span(a);
    struct json_span right = item_span(b);
    if (left.len == right.len && memcmp(left.bytes, right.bytes, left.len) == 0) {
        return true;
    }
    if (!spend(checker, (left.len + right.len) / BYTES_A_STEP)) {
        return false;
    }
    return decimal_compare(left.bytes, left.len, right.bytes, right.len) == 0;
}

static bool arrays_equal(struct schema_checker *checker, const struct item *a, const struct item *b)
{
    uint32_t left = json_first(a->document, a->token);
    uint32_t right = json_first(b->document, b->token);
    while (left != JSON_END && right != JSON_END) {
        if (!values_equal(checker, &(struct item){ a->document, left, NULL },
                          &(struct item){ b->document, right, NULL })) {
            return false;
        }
        left = json_sibling(a->document, left);
        right = json_sibling(b->document, right);
    }
    return left == right;
}

/* Whether two keys mean the same. */
static bool keys_equal(struct schema_checker *checker, const struct json_document *a, uint32_t left,
                       const struct json_document *b, uint32_t right)
{
    return strings_equal(checker, &(struct item){ a, left, NULL },
                         &(struct item){ b, right, NULL });
}

/* The last member of object that has the name of the key at key of document; JSON_END: none. */
static uint32_t find_like(struct schema_checker *checker, const struct item *object,
                          const struct json_document *document, uint32_t key)
{
    uint32_t found = JSON_END;
    for (uint32_t other = json_first(object->document, object->token); other != JSON_END;
         other = json_sibling(object->document, other + 2)) {
        if (!spend(checker, 1)) {
            return JSON_END;
        }
        if (keys_equal(checker, object->document, other, document, key)) {
            found = other;
        }
    }
    return found;
}

/* Whether every member of a that counts is in b, with an equal value. */
static bool is_contained(struct schema_checker *checker, const struct item *a, const struct item *b,
                         bool with_values)
{
    for (uint32_t key = json_first(a->document, a->token); key != JSON_END;
         key = json_sibling(a->document, key + 2)) {
        uint32_t like = find_like(checker, b, a->document, key);
        if (like == JSON_END) {
            return false;
        }
        if (!with_values || find_like(checker, a, a->document, key) != key) {
            continue;
        }
        if (!values_equal(checker, &(struct item){ a->document, key + 2, NULL },
                          &(struct item){ b->document, like + 2, NULL })) {
            return false;
        }
    }
    return true;
}

bool values_equal(struct schema_checker *checker, const struct item *a, const struct item *b)
{
    enum json_kind kind = json_kind(a->document, a->token);
    if (!spend(checker, 1) || kind != json_kind(b->document, b->token)) {
        return false;
    }
    switch (kind) {
    case JSON_OBJECT:
        return is_contained(checker, a, b, true) && is_contained(checker, b, a, false);
    case JSON_ARRAY:
        return arrays_equal(checker, a, b);
    case JSON_STRING:
        return strings_equal(checker, a, b);
    case JSON_NUMBER:
        return numbers_equal(checker, a, b);
    case JSON_BOOL:
        return json_byte(a->document, a->token) == json_byte(b->document, b->token);
    default:
        return true;
    }
}

/* Adds the hash of each element, in order. */
static bool hash_array(struct schema_checker *checker, const struct item *item, uint64_t *hash)
{
    for (uint32_t token = json_first(item->document, item->token); token != JSON_END;
         token = json_sibling(item->document, token)) {
        uint64_t own;
        if (!value_hash(checker, &(struct item){ item->document, token, NULL }, &own)) {
            return false;
        }
        *hash = hash_bytes_seeded(&own, sizeof(own), *hash);
    }
    return true;
}

/* Whether a member of the same name comes behind the one at key. */
static bool is_overruled(struct schema_checker *checker, const struct item *object, uint32_t key)
{
    const struct json_document *document = object->document;
    for (uint32_t other = json_sibling(document, key + 2); other != JSON_END;
         other = json_sibling(document, other + 2)) {
        if (!spend(checker, 1) || keys_equal(checker, document, other, document, key)) {
            return true;
        }
    }
    return false;
}

/* Adds the hash of each member that counts; the order does not matter. */
static bool hash_object(struct schema_checker *checker, const struct item *item, uint64_t *hash)
{
    for (uint32_t key = json_first(item->document, item->token);
         key != JSON_END && checker->error == 0; key = json_sibling(item->document, key + 2)) {
        uint64_t parts[2];
        if (is_overruled(checker, item, key)) {
            continue;
        }
        if (!value_hash(checker, &(struct item){ item->document, key, NULL }, &parts[0]) ||
            !value_hash(checker, &(struct item){ item->document, key + 2, NULL }, &parts[1])) {
            return false;
        }
        *hash += hash_bytes(parts, sizeof(parts));
    }
    return checker->error == 0;
}

bool value_hash(struct schema_checker *checker, const struct item *item, uint64_t *ret_hash)
{
    enum json_kind kind = json_kind(item->document, item->token);
    struct json_span text = item_span(item);
    bool is_container = kind == JSON_OBJECT || kind == JSON_ARRAY;
    if (!spend(checker, 1 + (is_container ? 0 : text.len / BYTES_A_STEP))) {
        return false;
    }
    *ret_hash = kind;
    switch (kind) {
    case JSON_OBJECT:
        return hash_object(checker, item, ret_hash);
    case JSON_ARRAY:
        return hash_array(checker, item, ret_hash);
    case JSON_NUMBER:
        *ret_hash = decimal_hash(text.bytes, text.len);
        return true;
    case JSON_STRING:
        if (!item_text(checker, item, &text)) {
            return false;
        }
        break;
    default:
        break;
    }
    *ret_hash = hash_bytes_seeded(text.bytes, text.len, kind);
    return true;
}
