/* SPDX-License-Identifier: Apache-2.0 */
#include "sse_vectors.h"

#include <simdjson.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

using simdjson::dom::array;
using simdjson::dom::element;

static sse_text copy(const char *bytes, size_t len)
{
    sse_text text = { static_cast<char *>(malloc(len + 1)), len };
    memcpy(text.bytes, bytes, len);
    text.bytes[len] = '\0';
    return text;
}

static sse_text text_of(element object, const char *name)
{
    std::string_view view = object[name].get_string().value_unsafe();
    return copy(view.data(), view.size());
}

static sse_text base64_decode(std::string_view view)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    sse_text text = copy(view.data(), view.size());
    uint32_t bits = 0;
    int n_bits = 0;
    text.len = 0;
    for (char c : view) {
        const char *at = c == '=' ? nullptr : strchr(alphabet, c);
        if (at == nullptr) {
            continue;
        }
        bits = bits << 6 | static_cast<uint32_t>(at - alphabet);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            text.bytes[text.len++] = static_cast<char>(bits >> n_bits & 0xff);
        }
    }
    return text;
}

static void load_one(element from, sse_vector *to)
{
    to->name = text_of(from, "name").bytes;
    std::string_view tier = from["tier"].get_string().value_unsafe();
    to->is_policy = tier == "policy";
    to->input = base64_decode(from["input_bytes_base64"].get_string().value_unsafe());
    to->last_event_id = text_of(from, "expected_last_event_id");
    to->retry_ms = -1;
    int64_t retry_ms;
    if (from["expected_retry"].get_int64().get(retry_ms) == simdjson::SUCCESS) {
        to->retry_ms = retry_ms;
    }
    array events = from["expected"].get_array().value_unsafe();
    to->events = static_cast<sse_vector_event *>(calloc(events.size() + 1, sizeof(*to->events)));
    for (element event : events) {
        to->events[to->n_events++] = { text_of(event, "event"), text_of(event, "id"),
                                       text_of(event, "data") };
    }
    array chunks;
    if (from["chunks"].get_array().get(chunks) == simdjson::SUCCESS) {
        to->chunks = static_cast<size_t *>(calloc(chunks.size() + 1, sizeof(*to->chunks)));
        for (element chunk : chunks) {
            to->chunks[to->n_chunks++] = static_cast<size_t>(chunk.get_uint64().value_unsafe());
        }
    }
}

extern "C" int sse_vectors_load(const char *path, sse_vector **ret_vectors, size_t *ret_n)
{
    simdjson::dom::parser parser;
    array all;
    auto error = parser.load(path).get_array().get(all);
    if (error != simdjson::SUCCESS) {
        return error == simdjson::IO_ERROR ? -ENOENT : -EINVAL;
    }
    sse_vector *vectors = static_cast<sse_vector *>(calloc(all.size() + 1, sizeof(*vectors)));
    size_t n = 0;
    for (element vector : all) {
        load_one(vector, &vectors[n++]);
    }
    *ret_vectors = vectors;
    *ret_n = n;
    return 0;
}

extern "C" void sse_vectors_free(sse_vector *vectors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < vectors[i].n_events; k++) {
            free(vectors[i].events[k].type.bytes);
            free(vectors[i].events[k].id.bytes);
            free(vectors[i].events[k].data.bytes);
        }
        free(vectors[i].name);
        free(vectors[i].input.bytes);
        free(vectors[i].last_event_id.bytes);
        free(vectors[i].events);
        free(vectors[i].chunks);
    }
    free(vectors);
}
