/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why stage 1 alone: simdjson's DOM gives no offsets, and its On-Demand reader does not check what it
 * skips. The parser implementation object is used directly, since only that shows the index.
 *
 * simdjson is compiled without exceptions: every call here returns an error code.
 */
#include "json/index.h"

#include <cerrno>
#include <memory>
#include <new>

#include <simdjson.h>

#include "json/locate.h"

namespace
{

/* Smaller documents than this share one capacity. */
constexpr size_t SMALLEST = 64 * 1024;

size_t capacity_for(size_t len)
{
    size_t capacity = SMALLEST;
    while (capacity < len) {
        capacity *= 2;
    }
    return capacity;
}

struct json_fault fault_of(simdjson::error_code error, const char *bytes, size_t len)
{
    switch (error) {
    case simdjson::UTF8_ERROR:
        return { json_locate_bad_utf8(bytes, len), "invalid UTF-8" };
    case simdjson::UNESCAPED_CHARS:
        return { json_locate_control(bytes, len), "a control character in a string" };
    case simdjson::UNCLOSED_STRING:
        return { json_locate_unclosed(bytes, len), "a string without a closing quote" };
    case simdjson::EMPTY:
        return { 0, "an empty document" };
    default:
        return { 0, "not JSON" };
    }
}

} // namespace

struct json_indexer {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    /* The capacity of parser, 0 when an allocation has failed. */
    size_t capacity;
    struct json_fault fault;
};

static int set_capacity(struct json_indexer *indexer, size_t capacity)
{
    if (indexer->parser->set_capacity(capacity) != simdjson::SUCCESS) {
        indexer->capacity = 0;
        return -ENOMEM;
    }
    indexer->capacity = capacity;
    return 0;
}

struct json_indexer *json_indexer_new(size_t capacity)
{
    std::unique_ptr<json_indexer> indexer(new (std::nothrow) json_indexer{});
    if (!indexer) {
        return nullptr;
    }
    indexer->capacity = capacity_for(capacity);
    auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        indexer->capacity, 1, indexer->parser);
    return error == simdjson::SUCCESS ? indexer.release() : nullptr;
}

void json_indexer_free(struct json_indexer *indexer)
{
    delete indexer;
}

int json_index(struct json_indexer *indexer, const char *bytes, size_t len,
               const uint32_t **ret_tokens, size_t *ret_n_tokens)
{
    if (len > JSON_MAX_LEN) {
        return -EFBIG;
    }
    if (len == 0) {
        indexer->fault = fault_of(simdjson::EMPTY, bytes, len);
        return JSON_MALFORMED;
    }
    if (len > indexer->capacity) {
        int r = set_capacity(indexer, capacity_for(len));
        if (r < 0) {
            return r;
        }
    }
    auto *parser = indexer->parser.get();
    auto error = parser->stage1(reinterpret_cast<const uint8_t *>(bytes), len,
                                simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
        indexer->fault = fault_of(error, bytes, len);
        return JSON_MALFORMED;
    }
    parser->structural_indexes[parser->n_structural_indexes] = static_cast<uint32_t>(len);
    *ret_tokens = parser->structural_indexes.get();
    *ret_n_tokens = parser->n_structural_indexes;
    return 0;
}

struct json_fault json_indexer_fault(const struct json_indexer *indexer)
{
    return indexer->fault;
}

size_t json_indexer_memory_for(size_t len)
{
    return sizeof(struct json_indexer) + capacity_for(len) * sizeof(uint32_t);
}

size_t json_indexer_memory(const struct json_indexer *indexer)
{
    return sizeof(struct json_indexer) + indexer->capacity * sizeof(uint32_t);
}

int json_indexer_shrink(struct json_indexer *indexer, size_t capacity)
{
    size_t wanted = capacity_for(capacity);
    return indexer->capacity <= wanted ? 0 : set_capacity(indexer, wanted);
}

bool json_is_utf8(const char *bytes, size_t len)
{
    return simdjson::validate_utf8(bytes, len);
}
