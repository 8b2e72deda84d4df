/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stage 1 grants, and this file leans on:
 * - A string's token is its opening quote; between its closing quote and the next token there is
 *   only whitespace, since anything else would be a token. The closing quote is therefore found from
 *   the next token backwards, without reading the string.
 * - A number or literal reaches to the next token or to whitespace; a quote or backslash glued to it
 *   is not a token of its own, so the end of the scalar is checked.
 * - A backslash outside a string is a token or is glued to a scalar: refused either way.
 *
 * A document whose root is a container must end with a closing bracket. With that checked first, a
 * token that is not a closing bracket always has one behind it, and only closing looks for the end.
 * While a bracket is open its link holds the enclosing one, so that no stack is needed.
 *
 * Most documents hold few backslashes: a scan finds whether there is one at all, and from then on the
 * offset of the next one is known, so that a string without one costs a comparison.
 */
#include "json/walk.h"

#include <string.h>

#include "base/error.h"
#include "json/scan.h"

enum { NO_TOKEN = 0 };

struct walk {
    const char *bytes;
    const uint32_t *tokens;
    uint32_t *links;
    uint32_t n_tokens;
    uint32_t len;
    uint32_t max_depth;
    /* Offset of the next backslash, len when there is none. */
    uint32_t backslash;
    struct json_fault fault;
};

static inline char byte_at(const struct walk *walk, uint32_t token)
{
    return walk->bytes[walk->tokens[token]];
}

/* Notes the fault; returns NO_TOKEN (false), for `return fault(...)`. */
static __attribute__((cold, noinline)) uint32_t fault(struct walk *walk, size_t offset,
                                                      const char *reason)
{
    walk->fault = (struct json_fault){ offset, reason };
    return NO_TOKEN;
}

static inline bool is_whitespace(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') < 10;
}

static inline bool is_hex(char byte)
{
    return is_digit(byte) || (unsigned char)((byte | 0x20) - 'a') < 6;
}

/* What may stand behind a backslash, the u apart. */
static const bool is_escape_letter[256] = {
    ['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
    ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true,
};

static uint32_t find_backslash(const struct walk *walk, uint32_t from)
{
    const char *found = memchr(walk->bytes + from, '\\', walk->len - from);
    return found != NULL ? (uint32_t)(found - walk->bytes) : walk->len;
}

/* The length of the escape at offset in a string whose closing quote is at end; 0: none. */
static uint32_t escape_len(const char *bytes, uint32_t offset, uint32_t end)
{
    char letter = bytes[offset + 1];
    if (letter != 'u') {
        return is_escape_letter[(unsigned char)letter] ? 2 : 0;
    }
    if (end - offset < 6) {
        return 0;
    }
    const char *digits = bytes + offset + 2;
    return is_hex(digits[0]) && is_hex(digits[1]) && is_hex(digits[2]) && is_hex(digits[3]) ? 6 : 0;
}

/* The string at token, which ends at end, holds the next backslash: checks all its escapes. */
static __attribute__((noinline)) bool walk_escapes(struct walk *walk, uint32_t token, uint32_t end)
{
    uint32_t offset = walk->backslash;
    while (offset < end) {
        uint32_t len = escape_len(walk->bytes, offset, end);
        if (len == 0) {
            return fault(walk, offset, "an unknown escape");
        }
        offset += len;
        if (walk->bytes[offset] != '\\') {
            offset = find_backslash(walk, offset);
        }
    }
    walk->backslash = offset;
    walk->links[token] = end | JSON_LINK_ESCAPED;
    return true;
}

/* limit: the offset of the next token, here and below; read once, since links might be tokens to the compiler. */
static inline bool walk_string(struct walk *walk, uint32_t token, uint32_t limit)
{
    uint32_t end = limit - 1;
    while (walk->bytes[end] != '"') {
        end--;
    }
    walk->links[token] = end;
    return walk->backslash > end || walk_escapes(walk, token, end);
}

static inline uint32_t skip_digits(const char *bytes, uint32_t offset, uint32_t limit)
{
    while (offset < limit && is_digit(bytes[offset])) {
        offset++;
    }
    return offset;
}

/* The offset behind the number at offset, at most limit; 0 when it is none. */
static inline uint32_t number_end(const char *bytes, uint32_t offset, uint32_t limit)
{
    offset += bytes[offset] == '-';
    uint32_t digits = offset;
    offset = skip_digits(bytes, offset, limit);
    if (offset == digits || (bytes[digits] == '0' && offset - digits > 1)) {
        return 0;
    }
    if (offset < limit && bytes[offset] == '.') {
        digits = ++offset;
        offset = skip_digits(bytes, offset, limit);
        if (offset == digits) {
            return 0;
        }
    }
    if (offset < limit && (bytes[offset] | 0x20) == 'e') {
        offset++;
        offset += offset < limit && (bytes[offset] == '+' || bytes[offset] == '-');
        digits = offset;
        offset = skip_digits(bytes, offset, limit);
        return offset == digits ? 0 : offset;
    }
    return offset;
}

/*
 * The same for what most numbers are, an integer of up to 15 digits with the next token at limit:
 * without a loop, whose end the processor would have to guess. 0 where it is something else.
 */
static inline uint32_t short_integer_end(const struct walk *walk, uint32_t offset, uint32_t limit)
{
    offset += walk->bytes[offset] == '-';
    if (walk->len - offset < JSON_VECTOR_SIZE) {
        return 0;
    }
    json_vector vector = json_vector_load(walk->bytes + offset);
    unsigned n_digits = json_vector_first((json_vector)((vector - '0') > 9));
    bool has_leading_zero = walk->bytes[offset] == '0' && n_digits > 1;
    return n_digits > 0 && offset + n_digits == limit && !has_leading_zero ? limit : 0;
}

static inline uint32_t four_bytes(const char *text)
{
    uint32_t word;
    memcpy(&word, text, sizeof(word));
    return word;
}

/* The offset behind the literal at offset, at most limit; 0 when it is none. */
static inline uint32_t literal_end(const struct walk *walk, uint32_t offset, uint32_t limit)
{
    const char *text = walk->bytes + offset;
    if (limit - offset < 4) {
        return 0;
    }
    uint32_t word = four_bytes(text);
    if (word == four_bytes("true") || word == four_bytes("null")) {
        return offset + 4;
    }
    return limit - offset >= 5 && word == four_bytes("fals") && text[4] == 'e' ? offset + 5 : 0;
}

static inline bool walk_number_or_literal(struct walk *walk, uint32_t token, char byte,
                                          uint32_t limit)
{
    uint32_t start = walk->tokens[token];
    uint32_t end = 0;
    if (byte == '-' || is_digit(byte)) {
        end = short_integer_end(walk, start, limit);
        if (end == 0) {
            end = number_end(walk->bytes, start, limit);
        }
        if (end == 0) {
            return fault(walk, start, "a wrong number");
        }
    } else {
        end = literal_end(walk, start, limit);
        if (end == 0) {
            return fault(walk, start, "no value where one is due");
        }
    }
    if (end != limit && !is_whitespace(walk->bytes[end])) {
        return fault(walk, end, "a wrong byte behind a number or literal");
    }
    walk->links[token] = end;
    return true;
}

static inline bool walk_scalar(struct walk *walk, uint32_t token, char byte, uint32_t limit)
{
    return byte == '"' ? walk_string(walk, token, limit)
                       : walk_number_or_literal(walk, token, byte, limit);
}

/* A key and its colon; returns the token of the member's value, or NO_TOKEN. */
static inline uint32_t walk_key(struct walk *walk, uint32_t token)
{
    if (byte_at(walk, token) != '"') {
        return fault(walk, walk->tokens[token], "no key where one is due");
    }
    uint32_t colon = walk->tokens[token + 1];
    if (!walk_string(walk, token, colon)) {
        return NO_TOKEN;
    }
    if (walk->bytes[colon] != ':') {
        return fault(walk, colon, "no colon behind a key");
    }
    return token + 2;
}

/* The brackets that are open: the innermost one, which its link leads on from. */
struct nest {
    int64_t open;
    uint32_t depth;
    /* '{' or '['; what closes it is two behind, in ASCII. */
    char bracket;
};

/* Closes brackets from token, the first of them, on. Returns the token behind; NO_TOKEN as below. */
static inline uint32_t close_brackets(struct walk *walk, uint32_t token, struct nest *nest)
{
    do {
        uint32_t closed = (uint32_t)nest->open;
        nest->open = --nest->depth == 0 ? -1 : (int64_t)walk->links[closed];
        walk->links[closed] = token++;
        if (nest->open < 0) {
            return NO_TOKEN;
        }
        if (token == walk->n_tokens) {
            return fault(walk, walk->len, "brackets left open");
        }
        nest->bracket = byte_at(walk, (uint32_t)nest->open);
    } while (byte_at(walk, token) == nest->bracket + 2);
    return token;
}

/*
 * What stands behind a value, at token, where byte is. Returns the token of the value due behind the comma that follows; NO_TOKEN at
 * a fault, or with none open at the document's end.
 */
static inline uint32_t walk_closing(struct walk *walk, uint32_t token, char byte, struct nest *nest)
{
    if (byte == nest->bracket + 2) {
        token = close_brackets(walk, token, nest);
        if (token == NO_TOKEN) {
            return NO_TOKEN;
        }
        byte = byte_at(walk, token);
    }
    if (byte != ',') {
        return fault(walk, walk->tokens[token], "no comma or closing bracket behind a value");
    }
    return nest->bracket == '{' ? walk_key(walk, token + 1) : token + 1;
}

/* Walks a root that is a container. Returns whether it is right. */
static bool walk_container(struct walk *walk)
{
    uint32_t token = 0;
    struct nest nest = { .open = -1 };
    for (;;) {
        char byte = byte_at(walk, token);
        if (byte != '{' && byte != '[') {
            uint32_t limit = walk->tokens[token + 1];
            if (!walk_scalar(walk, token, byte, limit)) {
                return false;
            }
            token = walk_closing(walk, token + 1, walk->bytes[limit], &nest);
        } else {
            if (nest.depth++ == walk->max_depth) {
                return fault(walk, walk->tokens[token], "brackets nested too deep");
            }
            walk->links[token] = (uint32_t)nest.open;
            nest.open = token++;
            nest.bracket = byte;
            char first = byte_at(walk, token);
            if (first == byte + 2) {
                token = walk_closing(walk, token, first, &nest);
            } else if (byte == '{') {
                token = walk_key(walk, token);
            }
        }
        if (token == NO_TOKEN) {
            break;
        }
    }
    if (nest.open >= 0) {
        return false;
    }
    return walk->links[0] == walk->n_tokens - 1 ||
           fault(walk, walk->tokens[walk->links[0] + 1], "bytes behind the document");
}

static bool walk_root(struct walk *walk)
{
    char first = byte_at(walk, 0);
    if (first != '{' && first != '[') {
        if (!walk_scalar(walk, 0, first, walk->tokens[1])) {
            return false;
        }
        return walk->n_tokens == 1 || fault(walk, walk->tokens[1], "bytes behind the document");
    }
    uint32_t last = walk->n_tokens - 1;
    if (byte_at(walk, last) != '}' && byte_at(walk, last) != ']') {
        return fault(walk, walk->tokens[last], "a document that does not end with its bracket");
    }
    return walk_container(walk);
}

static bool has_byte(const struct json_document *document, char byte)
{
    return memchr(document->bytes, byte, document->len) != NULL;
}

int json_walk(struct json_document *document, uint32_t max_depth, struct json_fault *ret_fault)
{
    require(document->n_tokens > 0 && document->len <= JSON_MAX_LEN);
    document->has_break =
        (!document->is_line && has_byte(document, '\n')) || has_byte(document, '\r');
    struct walk walk = {
        .bytes = document->bytes,
        .tokens = document->tokens,
        .links = document->links,
        .n_tokens = document->n_tokens,
        .len = (uint32_t)document->len,
        .max_depth = max_depth,
    };
    walk.backslash = find_backslash(&walk, 0);
    if (walk_root(&walk)) {
        return 0;
    }
    *ret_fault = walk.fault;
    return JSON_MALFORMED;
}
