/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with a form: names, paths, URLs, JSON Pointers. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "config/read.h"
#include "yaml/text.h"

enum { NAME_MAX_LEN = 128 };

bool is_safe_name(const char *text, size_t len)
{
    if (len == 0 || len > NAME_MAX_LEN || text[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!isalnum(byte) && byte != '.' && byte != '_' && byte != '-') {
            return false;
        }
    }
    return true;
}

bool is_http_url(const char *text)
{
    size_t scheme_len = strncasecmp(text, "http://", 7) == 0    ? 7
                        : strncasecmp(text, "https://", 8) == 0 ? 8
                                                                : 0;
    const char *authority = text + scheme_len;
    size_t authority_len = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', authority_len);
    size_t host_start = at != NULL ? (size_t)(at - authority) + 1 : 0;
    if (scheme_len == 0 || host_start == authority_len || authority[host_start] == ':') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte <= 0x20 || byte >= 0x7F || strchr("\"<>\\^`", byte) != NULL) {
            return false;
        }
    }
    return true;
}

int text_read_string(const struct reading *reading, const char **ret_text)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_SCALAR || node->len == 0 || strlen(node->text) != node->len) {
        return value_complain(reading, "a text");
    }
    *ret_text = node->text;
    return 0;
}

int text_read_name(const struct reading *reading, const char **ret_text)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_SCALAR || !is_safe_name(node->text, node->len)) {
        return value_complain(reading, type_expectation(TYPE_NAME));
    }
    *ret_text = node->text;
    return 0;
}

static int hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* Decodes %41 in place. Returns 0, or -EINVAL for a broken escape, a NUL, or what is not UTF-8. */
static int decode_percent(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        if (!isxdigit((unsigned char)from[1]) || !isxdigit((unsigned char)from[2]) ||
            (from[1] == '0' && from[2] == '0')) {
            return -EINVAL;
        }
        *to++ = (char)(hex_value(from[1]) << 4 | hex_value(from[2]));
        from += 2;
    }
    *to = '\0';
    size_t offset;
    return yaml_text_check(text, (size_t)(to - text), &offset) == TEXT_GOOD ? 0 : -EINVAL;
}

/*
 * The path of a file: URI: file:///a, file://localhost/a, file:/a; and, as people write them for
 * relative paths, file://./a and file://a/b. A host other than this one has no meaning here.
 */
static const char *path_of_uri(const char *uri)
{
    const char *rest = uri + strlen("file:");
    if (strncmp(rest, "//", 2) != 0) {
        return rest;
    }
    rest += 2;
    if (strncasecmp(rest, "localhost/", 10) == 0) {
        return rest + strlen("localhost");
    }
    return rest;
}

int text_read_path(const struct reading *reading, const char **ret_text)
{
    const char *text = "";
    int r = text_read_string(reading, &text);
    if (r < 0) {
        return r;
    }
    if (strncasecmp(text, "file:", 5) != 0) {
        bool is_url = strstr(text, "://") != NULL;
        if (is_url) {
            return value_complain(reading, type_expectation(TYPE_PATH));
        }
        *ret_text = text;
        return 0;
    }
    const char *path = path_of_uri(text);
    if (*path == '\0') {
        return value_complain(reading, type_expectation(reading->key->type));
    }
    char *copy = arena_copy(reading->loading->arena, path, strlen(path));
    if (copy == NULL) {
        return -ENOMEM;
    }
    if (decode_percent(copy) < 0) {
        return value_complain(reading, "a file: URI whose % escapes are UTF-8");
    }
    *ret_text = copy;
    return 0;
}

int text_read_url(const struct reading *reading, const char **ret_text)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_SCALAR || strlen(node->text) != node->len || !is_http_url(node->text)) {
        return value_complain(reading, type_expectation(TYPE_URL));
    }
    *ret_text = node->text;
    return 0;
}

int text_read_uri(const struct reading *reading, const char **ret_text)
{
    const struct yaml_node *node = reading->node;
    bool is_url = node->kind == YAML_SCALAR && strstr(node->text, "://") != NULL &&
                  strncasecmp(node->text, "file:", 5) != 0;
    return is_url ? text_read_url(reading, ret_text) : text_read_path(reading, ret_text);
}

int text_read_pointer(const struct reading *reading, const char **ret_text)
{
    const char *text = "";
    int r = text_read_string(reading, &text);
    if (r < 0) {
        return r;
    }
    bool is_good = text[0] == '/';
    for (const char *p = strchr(text, '~'); p != NULL; p = strchr(p + 1, '~')) {
        is_good = is_good && (p[1] == '0' || p[1] == '1');
    }
    if (!is_good) {
        return value_complain(reading, type_expectation(TYPE_POINTER));
    }
    *ret_text = text;
    return 0;
}
