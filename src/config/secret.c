/* SPDX-License-Identifier: Apache-2.0 */
#include "config/secret.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "yaml/scalar.h"

static const char hidden[] = "***";

static bool contains(const char *name, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    for (size_t i = 0; i + word_len <= len; i++) {
        if (strncasecmp(name + i, word, word_len) == 0) {
            return true;
        }
    }
    return false;
}

bool is_secret_name(const char *name, size_t len)
{
    static const char *const words[] = {
        "password",    "passwd",      "passphrase", "secret",    "token",     "authorization",
        "credential",  "cookie",      "api_key",    "apikey",    "api-key",   "private_key",
        "private.key", "ssl.key.pem", "access_key", "accesskey", "signature", "jaas"
    };
    if (len >= 5 && strncasecmp(name, "sasl.", 5) == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (contains(name, len, words[i])) {
            return true;
        }
    }
    return false;
}

/* Where a URL that begins at text ends. */
static size_t url_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && !isspace((unsigned char)text[n]) && text[n] != '"' && text[n] != '<') {
        n++;
    }
    return n;
}

/* Appends "?a=b&token=***": everything from the `?` on. */
static int redact_query(const char *query, size_t len, struct buffer *buffer)
{
    size_t i = 0;
    int r = 0;
    while (i < len && r == 0) {
        size_t name_start = i + 1;
        size_t end = name_start;
        while (end < len && query[end] != '&' && query[end] != ';' && query[end] != '#') {
            end++;
        }
        const char *equals = memchr(query + name_start, '=', end - name_start);
        size_t name_end = equals != NULL ? (size_t)(equals - query) : end;
        bool is_secret =
            equals != NULL && is_secret_name(query + name_start, name_end - name_start);
        r = buffer_append(buffer, query + i, (is_secret ? name_end + 1 : end) - i);
        if (r == 0 && is_secret) {
            r = buffer_append_text(buffer, hidden);
        }
        i = end;
    }
    return r;
}

/* Appends what stands behind "://". */
static int redact_url(const char *rest, size_t len, struct buffer *buffer)
{
    size_t authority_len = 0;
    while (authority_len < len && memchr("/?#", rest[authority_len], 3) == NULL) {
        authority_len++;
    }
    const char *at = memrchr(rest, '@', authority_len);
    size_t skipped = at != NULL ? (size_t)(at - rest) : 0;
    int r = at != NULL ? buffer_append_text(buffer, hidden) : 0;
    if (r < 0) {
        return r;
    }
    const char *query = memchr(rest, '?', len);
    size_t plain_len = query != NULL ? (size_t)(query - rest) : len;
    r = buffer_append(buffer, rest + skipped, plain_len - skipped);
    return r < 0 || query == NULL ? r : redact_query(query, len - plain_len, buffer);
}

int redact_text(const char *text, size_t len, struct buffer *buffer)
{
    size_t i = 0;
    int r = 0;
    while (i < len && r == 0) {
        const char *scheme = memmem(text + i, len - i, "://", 3);
        if (scheme == NULL) {
            return buffer_append(buffer, text + i, len - i);
        }
        size_t start = (size_t)(scheme - text) + 3;
        r = buffer_append(buffer, text + i, start - i);
        size_t n = url_len(text + start, len - start);
        if (r == 0) {
            r = redact_url(text + start, n, buffer);
        }
        i = start + n;
    }
    return r;
}

static int redact_scalar(struct arena *arena, const char *name, struct yaml_node *scalar)
{
    /* No value is no secret, and has to read as none again. */
    bool is_value = scalar->len > 0 && !yaml_is_null(scalar);
    bool is_hidden =
        scalar->is_secret || (is_value && name != NULL && is_secret_name(name, strlen(name)));
    if (is_hidden) {
        scalar->text = hidden;
        scalar->len = sizeof(hidden) - 1;
        scalar->is_plain = false;
        return 0;
    }
    AUTO_BUFFER buffer = { 0 };
    if (redact_text(scalar->text, scalar->len, &buffer) < 0) {
        return -ENOMEM;
    }
    if (buffer.len == scalar->len && scalar->len > 0 &&
        memcmp(buffer.data, scalar->text, buffer.len) == 0) {
        return 0;
    }
    scalar->text = arena_copy(arena, buffer.data, buffer.len);
    scalar->len = buffer.len;
    return scalar->text != NULL ? 0 : -ENOMEM;
}

/* In place, on a copy. A secret name covers all below it. */
static int redact_node(struct arena *arena, const char *name, struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        return redact_scalar(arena, name, node);
    }
    int r = 0;
    for (size_t i = 0; i < node->n_items && r == 0; i++) {
        if (node->kind == YAML_LIST) {
            r = redact_node(arena, name, node->items[i]);
            continue;
        }
        const struct yaml_entry *entry = &node->entries[i];
        bool is_covered = name != NULL && is_secret_name(name, strlen(name));
        r = redact_node(arena, is_covered ? name : entry->key, entry->value);
    }
    return r;
}

struct yaml_node *redact_copy(struct arena *arena, const char *name, const struct yaml_node *node)
{
    struct yaml_node *copy = yaml_copy(arena, node);
    if (copy == NULL || redact_node(arena, name, copy) < 0) {
        return NULL;
    }
    return copy;
}
