/* SPDX-License-Identifier: Apache-2.0 */
#include "random_json.h"

#include "base/error.h"

static void put(struct buffer *out, const char *text)
{
    require(buffer_append_text(out, text) == 0);
}

#define PICK(random, list) ((list)[random_below((random), ARRAY_SIZE(list))])

void random_json_space(struct buffer *out, struct random *random)
{
    static const char *const spaces[] = { "", "", "", "", "", " ", "  ", "\t", "\n", "\r\n" };
    put(out, PICK(random, spaces));
}

static void put_number(struct buffer *out, struct random *random)
{
    static const char *const strange[] = {
        "0",
        "-0",
        "1",
        "1.0",
        "1e400",
        "-1E+400",
        "1e-400",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.1",
        "1.50",
        "-0.0e-00",
    };
    if (random_below(random, 2) == 0) {
        put(out, PICK(random, strange));
        return;
    }
    require(buffer_printf(out, "%llu", (unsigned long long)random_below(random, 100000)) == 0);
}

void random_json_string(struct buffer *out, struct random *random)
{
    static const char *const bits[] = {
        "a",       "b", "wiki_id", "\\n",  "\\\"",    "\\\\",
        "\\/",     "é", "堰",      "🚂",    "\\u00e9", "\\ud83d\\ude80",
        "\\u0000", "{", "]",       ",",    ":",       " ",
        "~",       "/", "\\t",     "\x7f", "\\b\\f",  "0123456789abcdefghijklmnopqrstuvwxyz",
    };
    put(out, "\"");
    for (uint64_t n = random_below(random, 6); n > 0; n--) {
        put(out, PICK(random, bits));
    }
    put(out, "\"");
}

/* Few names, so that pointers meet them and objects hold duplicates. */
static void put_name(struct buffer *out, struct random *random)
{
    static const char *const names[] = {
        "\"a\"", "\"b\"",   "\"c\"",   "\"\\u0061\"", "\"\"",         "\"0\"",
        "\"1\"", "\"a/b\"", "\"m~n\"", "\"-\"",       "\"\\\"\\\\\"",
    };
    if (random_below(random, 8) == 0) {
        random_json_string(out, random);
        return;
    }
    put(out, PICK(random, names));
}

static void put_members(struct buffer *out, struct random *random, unsigned depth, char bracket)
{
    for (uint64_t i = 0, n = random_below(random, 5); i < n; i++) {
        put(out, i > 0 ? "," : "");
        random_json_space(out, random);
        if (bracket == '{') {
            put_name(out, random);
            random_json_space(out, random);
            put(out, ":");
            random_json_space(out, random);
        }
        random_json_value(out, random, depth - 1);
        random_json_space(out, random);
    }
}

static void put_container(struct buffer *out, struct random *random, unsigned depth, char bracket)
{
    require(buffer_append_byte(out, bracket) == 0);
    random_json_space(out, random);
    put_members(out, random, depth, bracket);
    require(buffer_append_byte(out, (char)(bracket + 2)) == 0);
}

void random_json_value(struct buffer *out, struct random *random, unsigned depth)
{
    static const char *const literals[] = { "true", "false", "null" };
    switch (random_below(random, depth > 0 ? 8 : 4)) {
    case 0:
        put(out, PICK(random, literals));
        return;
    case 1:
        put_number(out, random);
        return;
    case 2:
    case 3:
        random_json_string(out, random);
        return;
    case 4:
    case 5:
        put_container(out, random, depth, '[');
        return;
    default:
        put_container(out, random, depth, '{');
    }
}

void random_json_document(struct buffer *out, struct random *random)
{
    random_json_space(out, random);
    put_container(out, random, 4, '{');
    random_json_space(out, random);
}

/* A byte that often stands in JSON. */
static char telling_byte(struct random *random)
{
    static const char bytes[] =
        "{}[],:\"\\0123456789eE+-.truefalsnu/bf \t\n\r\x01\x1f\x7f\x80\xc3\xed\xf4";
    return bytes[random_below(random, sizeof(bytes) - 1)];
}

/* Puts text[from, from + n) in the place of text[at, at + cut). */
static void splice(struct buffer *text, size_t at, size_t cut, const char *bytes, size_t n)
{
    require(buffer_reserve(text, n) == 0);
    memmove(text->data + at + n, text->data + at + cut, text->len - at - cut);
    memcpy(text->data + at, bytes, n);
    text->len = text->len - cut + n;
}

void random_json_mutate(struct buffer *text, struct random *random)
{
    static const char *const bits[] = {
        "\\ud800", "\\u12",        "\\x",      "01",           "1.",       "1e",
        "-",       "\"\"",         "[]",       "{}",           ",,",       "tru",
        "nul ",    "\xef\xbb\xbf", "\xc0\x80", "\xed\xa0\x80", "\xf0\x9f",
    };
    for (uint64_t n = 1 + random_below(random, 3); n > 0 && text->len > 0; n--) {
        size_t at = (size_t)random_below(random, text->len);
        size_t left = text->len - at;
        char byte = telling_byte(random);
        switch (random_below(random, 6)) {
        case 0:
            text->data[at] = byte;
            break;
        case 1:
            text->data[at] ^= (char)(1u << random_below(random, 8));
            break;
        case 2:
            splice(text, at, 0, &byte, 1);
            break;
        case 3:
            splice(text, at, 1 + (size_t)random_below(random, left < 4 ? left : 4), "", 0);
            break;
        case 4:
            text->len = at;
            break;
        default: {
            const char *bit = PICK(random, bits);
            splice(text, at, 0, bit, strlen(bit));
        }
        }
    }
}
