/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/render.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "yaml/build.h"
#include "yaml/scalar.h"

static int append_escape(unsigned char byte, struct buffer *buffer)
{
    static const char short_forms[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (short_forms[byte] != 0) {
        const char escape[2] = { '\\', short_forms[byte] };
        return buffer_append(buffer, escape, sizeof(escape));
    }
    return buffer_printf(buffer, "\\u%04x", byte);
}

/*
 * Legal in JSON as they are, but YAML forbids or folds them in double quotes: DEL, the C1 range,
 * U+2028, U+2029, U+FEFF. Escaping them serves both. Returns the sequence's length, or 0.
 */
static size_t sequence_to_escape(const char *text, size_t left, unsigned *ret_code_point)
{
    unsigned char first = (unsigned char)text[0];
    unsigned char second = left > 1 ? (unsigned char)text[1] : 0;
    unsigned char third = left > 2 ? (unsigned char)text[2] : 0;
    if (first == 0x7F) {
        *ret_code_point = first;
        return 1;
    }
    if (first == 0xC2 && second < 0xA0) {
        *ret_code_point = second;
        return 2;
    }
    bool is_separator = first == 0xE2 && second == 0x80 && (third == 0xA8 || third == 0xA9);
    bool is_bom = first == 0xEF && second == 0xBB && third == 0xBF;
    if (!is_separator && !is_bom) {
        return 0;
    }
    *ret_code_point = (first & 0x0FU) << 12 | (second & 0x3FU) << 6 | (third & 0x3FU);
    return 3;
}

int yaml_render_string(const char *text, size_t len, struct buffer *buffer)
{
    int r = buffer_append_byte(buffer, '"');
    size_t i = 0;
    while (i < len && r == 0) {
        unsigned char byte = (unsigned char)text[i];
        unsigned code_point;
        size_t n = sequence_to_escape(text + i, len - i, &code_point);
        if (n > 0) {
            r = buffer_printf(buffer, "\\u%04x", code_point);
        } else if (byte < 0x20 || byte == '"' || byte == '\\') {
            r = append_escape(byte, buffer);
        } else {
            r = buffer_append_byte(buffer, text[i]);
        }
        i += n > 0 ? n : 1;
    }
    return r < 0 ? r : buffer_append_byte(buffer, '"');
}

static int render_integer(const struct yaml_node *scalar, struct buffer *buffer,
                          struct problem *problem)
{
    const char *text = scalar->text;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        int64_t value;
        if (yaml_scalar_int64(scalar, &value) < 0) {
            return yaml_complain(problem, &scalar->origin, "%.64s does not fit in 64 bits", text);
        }
        return buffer_printf(buffer, "%" PRId64, value);
    }
    if (text[0] == '-' && buffer_append_byte(buffer, '-') < 0) {
        return -ENOMEM;
    }
    text += text[0] == '-' || text[0] == '+';
    while (text[0] == '0' && text[1] != '\0') {
        text++;
    }
    return buffer_append_text(buffer, text);
}

static int render_float(const struct yaml_node *scalar, struct buffer *buffer,
                        struct problem *problem)
{
    const char *text = scalar->text;
    if (strpbrk(text, "iInN") != NULL) {
        return yaml_complain(problem, &scalar->origin, "JSON has no %.16s", text);
    }
    if (text[0] == '-' && buffer_append_byte(buffer, '-') < 0) {
        return -ENOMEM;
    }
    text += text[0] == '-' || text[0] == '+';
    while (text[0] == '0' && isdigit((unsigned char)text[1])) {
        text++;
    }
    int r = text[0] == '.' ? buffer_append_byte(buffer, '0') : 0;
    for (; *text != '\0' && r == 0; text++) {
        r = buffer_append_byte(buffer, *text);
        if (r == 0 && text[0] == '.' && !isdigit((unsigned char)text[1])) {
            r = buffer_append_byte(buffer, '0');
        }
    }
    return r;
}

static int render_json_scalar(const struct yaml_node *scalar, struct buffer *buffer,
                              struct problem *problem)
{
    switch (yaml_scalar_type(scalar)) {
    case YAML_NULL:
        return buffer_append_text(buffer, "null");
    case YAML_BOOL:
        return buffer_append_text(buffer, yaml_scalar_bool(scalar) ? "true" : "false");
    case YAML_INTEGER:
        return render_integer(scalar, buffer, problem);
    case YAML_FLOAT:
        return render_float(scalar, buffer, problem);
    case YAML_STRING:
        break;
    }
    return yaml_render_string(scalar->text, scalar->len, buffer);
}

/* Depth is bounded by YAML_MAX_DEPTH. */
int yaml_render_json(const struct yaml_node *node, struct buffer *buffer, struct problem *problem)
{
    if (node->kind == YAML_SCALAR) {
        return render_json_scalar(node, buffer, problem);
    }
    bool is_map = node->kind == YAML_MAP;
    int r = buffer_append_byte(buffer, is_map ? '{' : '[');
    for (size_t i = 0; i < node->n_items && r == 0; i++) {
        if (i > 0) {
            r = buffer_append_byte(buffer, ',');
        }
        if (r == 0 && is_map) {
            r = yaml_render_string(node->entries[i].key, node->entries[i].key_len, buffer);
        }
        if (r == 0 && is_map) {
            r = buffer_append_byte(buffer, ':');
        }
        if (r == 0) {
            r = yaml_render_json(is_map ? node->entries[i].value : node->items[i], buffer, problem);
        }
    }
    return r < 0 ? r : buffer_append_byte(buffer, is_map ? '}' : ']');
}

/* Whether YAML reads the text as one plain scalar wherever it stands, flow style included. */
static bool is_safe_plain(const char *text, size_t len)
{
    static const char safe[] = "_./-+@%=~^";
    if (len == 0 || !(isalnum((unsigned char)text[0]) || memchr("_./+", text[0], 4) != NULL)) {
        return len == 1 && text[0] == '~';
    }
    /* At the start of a line it would end the document. */
    if (len >= 3 && memcmp(text, "...", 3) == 0) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_inner_colon = byte == ':' && i + 1 < len && text[i + 1] != ' ';
        bool is_inner_space = byte == ' ' && i + 1 < len && text[i + 1] != ' ';
        if (!isalnum(byte) && memchr(safe, byte, sizeof(safe) - 1) == NULL && !is_inner_colon &&
            !is_inner_space) {
            return false;
        }
    }
    return true;
}

int yaml_render_scalar(const struct yaml_node *scalar, struct buffer *buffer)
{
    struct yaml_node plain = *scalar;
    plain.is_plain = true;
    enum yaml_type type = yaml_scalar_type(scalar);
    if (type == YAML_NULL) {
        return buffer_append_text(buffer, "null");
    }
    bool is_same_plain =
        yaml_scalar_type(&plain) == type && is_safe_plain(scalar->text, scalar->len);
    if (is_same_plain || type != YAML_STRING) {
        return buffer_append(buffer, scalar->text, scalar->len);
    }
    return yaml_render_string(scalar->text, scalar->len, buffer);
}

int yaml_render_key(const char *key, size_t len, struct buffer *buffer)
{
    if (is_safe_plain(key, len)) {
        return buffer_append(buffer, key, len);
    }
    return yaml_render_string(key, len, buffer);
}

static int render_flow_key(const struct yaml_entry *entry, struct buffer *buffer)
{
    bool is_long = entry->key_len > YAML_LONG_KEY;
    int r = is_long ? buffer_append_text(buffer, "? ") : 0;
    if (r == 0) {
        r = yaml_render_key(entry->key, entry->key_len, buffer);
    }
    return r < 0 ? r : buffer_append_text(buffer, is_long ? " : " : ": ");
}

/* Depth is bounded by YAML_MAX_DEPTH. */
int yaml_render_flow(const struct yaml_node *node, struct buffer *buffer)
{
    if (node->kind == YAML_SCALAR) {
        return yaml_render_scalar(node, buffer);
    }
    bool is_map = node->kind == YAML_MAP;
    if (node->n_items == 0) {
        return buffer_append_text(buffer, is_map ? "{}" : "[]");
    }
    int r = buffer_append_text(buffer, is_map ? "{ " : "[");
    for (size_t i = 0; i < node->n_items && r == 0; i++) {
        if (i > 0) {
            r = buffer_append_text(buffer, ", ");
        }
        if (r == 0 && is_map) {
            r = render_flow_key(&node->entries[i], buffer);
        }
        if (r == 0) {
            r = yaml_render_flow(is_map ? node->entries[i].value : node->items[i], buffer);
        }
    }
    return r < 0 ? r : buffer_append_text(buffer, is_map ? " }" : "]");
}
