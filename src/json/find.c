/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Without links paths are searched together: each open container that lies on one holds the set of paths (a bit
 * each) that have led to it; a member narrows the set to those whose next step it is. What lies on no
 * path is skipped by counting brackets.
 */
#include "json/find.h"

#include "base/error.h"
#include "json/text.h"

/* An open container on the way to a value. */
struct frame {
    /* Paths that go on inside. */
    uint8_t inside;
    /* Paths whose value is this container: they end where it closes. */
    uint8_t ending;
    /* '{' or '['. */
    char bracket;
    /* Members or elements read. */
    uint32_t n_read;
    /* Its opening bracket. */
    uint32_t open;
};

struct find {
    const struct json_document *document;
    const struct json_path *paths;
    size_t n_paths;
    struct json_span *spans;
    /* The next token. */
    uint32_t token;
    uint32_t n_frames;
    struct frame frames[JSON_PATH_MAX + 1];
};

/* What a token adds to the depth. */
static const signed char depth_of_byte[256] = { ['{'] = 1, ['['] = 1, ['}'] = -1, [']'] = -1 };

/* The token behind the container that opens at open; n_tokens + 1 when it does not close. */
static uint32_t skip_container(const struct json_document *document, uint32_t open)
{
    int32_t depth = 0;
    for (uint32_t token = open; token < document->n_tokens; token++) {
        depth += depth_of_byte[(unsigned char)json_byte(document, token)];
        if (depth == 0) {
            return token + 1;
        }
    }
    return document->n_tokens + 1;
}

/* The offset behind the last byte before offset, and behind least, that is no whitespace. */
static uint32_t trim(const struct json_document *document, uint32_t least, uint32_t offset)
{
    while (offset > least) {
        char byte = document->bytes[offset - 1];
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') {
            break;
        }
        offset--;
    }
    return offset;
}

/* Sets the spans of the paths in set. */
static void set_spans(struct find *find, uint8_t set, struct json_span span)
{
    for (size_t i = 0; set != 0; i++, set = (uint8_t)(set >> 1)) {
        if (set & 1) {
            find->spans[i] = span;
        }
    }
}

/* The span from token first to token last, both included. */
static struct json_span span_of(const struct json_document *document, uint32_t first, uint32_t last)
{
    uint32_t start = document->tokens[first];
    uint32_t end = first == last ? trim(document, start, document->tokens[last + 1])
                                 : document->tokens[last] + 1;
    return (struct json_span){ document->bytes + start, end - start };
}

/* Of the paths in set, those that end after n_steps. */
static uint8_t paths_ending(const struct find *find, uint8_t set, uint32_t n_steps)
{
    uint8_t ending = 0;
    for (size_t i = 0; i < find->n_paths; i++) {
        ending |= (uint8_t)((set >> i & 1) && find->paths[i].n_steps == n_steps ? 1u << i : 0);
    }
    return ending;
}

/* The value at find->token, to which the paths in set have led; false where it is none. */
static bool find_value(struct find *find, uint8_t set)
{
    const struct json_document *document = find->document;
    uint32_t first = find->token;
    if (first >= document->n_tokens || json_kind(document, first) == JSON_INVALID) {
        return false;
    }
    enum json_kind kind = json_kind(document, first);
    bool is_container = kind == JSON_OBJECT || kind == JSON_ARRAY;
    uint8_t ending = 0;
    if (set != 0) {
        set_spans(find, set, (struct json_span){ 0 });
        ending = paths_ending(find, set, find->n_frames);
    }
    if (is_container && set != ending) {
        find->frames[find->n_frames++] = (struct frame){
            .inside = set & (uint8_t)~ending,
            .ending = ending,
            .bracket = json_byte(document, first),
            .open = first,
        };
        find->token = first + 1;
        return true;
    }
    find->token = is_container ? skip_container(document, first) : first + 1;
    if (find->token > document->n_tokens) {
        return false;
    }
    if (ending != 0) {
        set_spans(find, ending, span_of(document, first, find->token - 1));
    }
    return true;
}

/* The paths of frame whose next step is the key at token; false where the token is no key. */
static bool match_key(const struct find *find, const struct frame *frame, uint8_t *ret_set)
{
    const struct json_document *document = find->document;
    uint32_t token = find->token;
    if (token + 1 >= document->n_tokens || json_byte(document, token) != '"' ||
        json_byte(document, token + 1) != ':') {
        return false;
    }
    uint32_t start = document->tokens[token] + 1;
    uint32_t end = trim(document, start, document->tokens[token + 1]);
    if (end-- == start) {
        return false;
    }
    const char *raw = document->bytes + start;
    unsigned set = 0;
    for (unsigned left = frame->inside; left != 0; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        const struct json_step *step = &find->paths[i].steps[find->n_frames - 1];
        if (json_string_equals(raw, end - start, step->name, step->name_len)) {
            set |= 1u << i;
        }
    }
    *ret_set = (uint8_t)set;
    return true;
}

/* The paths of frame whose next step is its next element. */
static uint8_t match_element(const struct find *find, const struct frame *frame)
{
    uint8_t set = 0;
    for (size_t i = 0; i < find->n_paths; i++) {
        if ((frame->inside >> i & 1) &&
            find->paths[i].steps[find->n_frames - 1].index == frame->n_read) {
            set |= (uint8_t)(1u << i);
        }
    }
    return set;
}

/* The next member or element of the innermost frame, or its end; false where there is neither. */
static bool find_member(struct find *find)
{
    const struct json_document *document = find->document;
    struct frame *frame = &find->frames[find->n_frames - 1];
    if (find->token >= document->n_tokens) {
        return false;
    }
    char byte = json_byte(document, find->token);
    if (byte == frame->bracket + 2) {
        set_spans(find, frame->ending, span_of(document, frame->open, find->token));
        find->token++;
        find->n_frames--;
        return true;
    }
    if (frame->n_read > 0) {
        if (byte != ',') {
            return false;
        }
        find->token++;
    }
    uint8_t set = 0;
    if (frame->bracket == '[') {
        set = match_element(find, frame);
    } else {
        if (!match_key(find, frame, &set)) {
            return false;
        }
        find->token += 2;
    }
    frame->n_read++;
    return find_value(find, set);
}

/* The value of the last member of the object at open that step names; JSON_END: there is none. */
static uint32_t follow_name(const struct json_document *document, uint32_t open,
                            const struct json_step *step)
{
    uint32_t found = JSON_END;
    for (uint32_t key = json_first(document, open); key != JSON_END;) {
        uint32_t value = key + 2;
        if (json_key_is(document, key, step)) {
            found = value;
        }
        key = json_sibling(document, value);
    }
    return found;
}

static uint32_t follow_index(const struct json_document *document, uint32_t open,
                             const struct json_step *step)
{
    uint32_t element = json_first(document, open);
    for (uint32_t i = 0; element != JSON_END && i != step->index; i++) {
        element = json_sibling(document, element);
    }
    return element;
}

/* The value in a walked document that step leads to from the value at token; JSON_END: none. */
static uint32_t follow_step(const struct json_document *document, uint32_t token,
                            const struct json_step *step)
{
    switch (json_byte(document, token)) {
    case '{':
        return follow_name(document, token, step);
    case '[':
        return follow_index(document, token, step);
    default:
        return JSON_END;
    }
}

static struct json_span follow(const struct json_document *document, const struct json_path *path)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < path->n_steps; i++) {
        value = follow_step(document, value, &path->steps[i]);
        if (value == JSON_END) {
            return (struct json_span){ NULL, 0 };
        }
    }
    uint32_t start = document->tokens[value];
    return (struct json_span){ document->bytes + start, json_value_end(document, value) - start };
}

int json_find(const struct json_document *document, const struct json_path *paths, size_t n_paths,
              struct json_span *ret_spans)
{
    require(n_paths > 0 && n_paths <= JSON_FIND_MAX);
    if (document->links != NULL) {
        for (size_t i = 0; i < n_paths; i++) {
            ret_spans[i] = follow(document, &paths[i]);
        }
        return 0;
    }
    struct find find;
    find.document = document;
    find.paths = paths;
    find.n_paths = n_paths;
    find.spans = ret_spans;
    find.token = 0;
    find.n_frames = 0;
    if (!find_value(&find, (uint8_t)((1u << n_paths) - 1))) {
        return JSON_MALFORMED;
    }
    while (find.n_frames > 0) {
        if (!find_member(&find)) {
            return JSON_MALFORMED;
        }
    }
    return find.token == document->n_tokens ? 0 : JSON_MALFORMED;
}
