/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace dom = simdjson::dom;

namespace
{

/* As Weir's. */
constexpr size_t MAX_DEPTH = 1024;

void put_string(std::string *out, std::string_view text)
{
    *out += '"';
    *out += std::to_string(text.size());
    *out += ':';
    *out += text;
}

void put_bits(std::string *out, char kind, uint64_t bits)
{
    char text[24];
    std::snprintf(text, sizeof(text), "%c%016" PRIx64, kind, bits);
    *out += text;
}

void describe(std::string *out, dom::element element);

void describe_array(std::string *out, dom::array array)
{
    *out += '[';
    for (dom::element item : array) {
        describe(out, item);
    }
    *out += ']';
}

void describe_object(std::string *out, dom::object object)
{
    *out += '{';
    for (dom::key_value_pair member : object) {
        put_string(out, member.key);
        describe(out, member.value);
    }
    *out += '}';
}

void describe_double(std::string *out, double value)
{
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    put_bits(out, 'd', bits);
}

void describe(std::string *out, dom::element element)
{
    switch (element.type()) {
    case dom::element_type::ARRAY:
        return describe_array(out, element.get_array().value_unsafe());
    case dom::element_type::OBJECT:
        return describe_object(out, element.get_object().value_unsafe());
    case dom::element_type::STRING:
        return put_string(out, element.get_string().value_unsafe());
    case dom::element_type::INT64:
        return put_bits(out, 'i', static_cast<uint64_t>(element.get_int64().value_unsafe()));
    case dom::element_type::UINT64:
        return put_bits(out, 'u', element.get_uint64().value_unsafe());
    case dom::element_type::DOUBLE:
        return describe_double(out, element.get_double().value_unsafe());
    case dom::element_type::BOOL:
        *out += element.get_bool().value_unsafe() ? 't' : 'f';
        return;
    default:
        *out += 'n';
    }
}

} // namespace

enum oracle_verdict oracle_judge(const char *bytes, size_t len, char **ret_description,
                                 size_t *ret_len)
{
    static dom::parser parser;
    if (parser.capacity() < len || parser.max_depth() != MAX_DEPTH) {
        if (parser.allocate(len < 65536 ? 65536 : 2 * len, MAX_DEPTH) != simdjson::SUCCESS) {
            std::abort();
        }
    }
    dom::element root;
    switch (parser.parse(bytes, len, true).get(root)) {
    case simdjson::SUCCESS:
        break;
    case simdjson::NUMBER_ERROR:
        return ORACLE_NUMBER;
    case simdjson::STRING_ERROR:
        return ORACLE_STRING;
    default:
        return ORACLE_REFUSES;
    }
    std::string description;
    describe(&description, root);
    *ret_description = static_cast<char *>(std::malloc(description.size() + 1));
    if (*ret_description == nullptr) {
        std::abort();
    }
    std::memcpy(*ret_description, description.data(), description.size());
    *ret_len = description.size();
    return ORACLE_ACCEPTS;
}
