/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_headers.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

static size_t name_len(const char *header)
{
    return strcspn(header, ":");
}

bool http_header_is_valid(const char *text)
{
    static const char separators[] = "()<>@,;\\\"/[]?={} \t";
    size_t len = name_len(text);
    if (len == 0 || text[len] != ':') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= 0x20 || byte >= 0x7f || strchr(separators, byte) != NULL) {
            return false;
        }
    }
    for (const char *byte = text + len; *byte != '\0'; byte++) {
        if (((unsigned char)*byte < 0x20 && *byte != '\t') || *byte == 0x7f) {
            return false;
        }
    }
    return true;
}

bool http_header_is_same(const char *one, const char *other)
{
    size_t len = name_len(one);
    return len == name_len(other) && strncasecmp(one, other, len) == 0;
}

/* Whether a header may be for one host alone. */
static bool is_secret(const char *header)
{
    static const char *const names[] = { "Authorization:", "Cookie:", "Proxy-Authorization:" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (http_header_is_same(header, names[i])) {
            return true;
        }
    }
    /* Of others only those that are told to everybody. */
    static const char *const open[] = { "User-Agent:", "Accept:",       "Accept-Encoding:",
                                        "Host:",       "Content-Type:", "Expect:" };
    for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
        if (http_header_is_same(header, open[i])) {
            return false;
        }
    }
    return true;
}

static bool is_among(const char *header, const char *const *more)
{
    for (; more != NULL && *more != NULL; more++) {
        if (http_header_is_same(header, *more)) {
            return true;
        }
    }
    return false;
}

/* Puts a header into the next node. A value that is empty is sent as one: libcurl wants a semicolon. */
static void add(struct http_headers *headers, size_t *n_nodes, const char *text)
{
    struct curl_slist *node = &headers->nodes[(*n_nodes)++];
    node->data = (char *)(uintptr_t)text;
    node->next = NULL;
    if (*n_nodes > 1) {
        headers->nodes[*n_nodes - 2].next = node;
    }
}

static int reserve(struct http_headers *headers, size_t n_nodes)
{
    if (n_nodes <= headers->capacity) {
        return 0;
    }
    struct curl_slist *nodes = realloc(headers->nodes, n_nodes * sizeof(*nodes));
    if (nodes == NULL) {
        return -ENOMEM;
    }
    headers->nodes = nodes;
    headers->capacity = n_nodes;
    return 0;
}

/* What this request has by itself, as texts with NULs between them. */
static int write_own(struct http_headers *headers, const struct http_headers_options *options)
{
    struct buffer *texts = &headers->texts;
    int r = 0;
    buffer_clear(texts);
    if (options->host != NULL && !is_among("Host:", options->more)) {
        r = buffer_printf(texts, "Host: %s", options->host);
        r = r < 0 ? r : buffer_append_byte(texts, '\0');
    }
    if (r == 0 && options->key != NULL && !is_among("Idempotency-Key:", options->more)) {
        r = buffer_printf(texts, "Idempotency-Key: %s", options->key);
        r = r < 0 ? r : buffer_append_byte(texts, '\0');
    }
    if (r == 0 && options->has_body && !is_among("Expect:", options->more)) {
        /* Without it libcurl asks before it sends a long body, and waits a second. */
        r = buffer_append(texts, "Expect:", sizeof("Expect:"));
    }
    return r;
}

static int count(const struct http_headers_options *options, size_t *ret_n)
{
    size_t n = 3;
    for (const struct curl_slist *node = options->base; node != NULL; node = node->next) {
        n++;
    }
    for (const char *const *more = options->more; more != NULL && *more != NULL; more++) {
        n++;
        if (!http_header_is_valid(*more)) {
            return -EINVAL;
        }
    }
    *ret_n = n;
    return 0;
}

int http_headers_compose(struct http_headers *headers, const struct http_headers_options *options)
{
    bool is_plain = options->more == NULL && options->host == NULL && options->key == NULL &&
                    !options->is_abroad && !options->has_body;
    if (is_plain) {
        bool is_same = headers->is_composed && headers->list == options->base;
        headers->list = (struct curl_slist *)(uintptr_t)options->base;
        headers->is_composed = true;
        return is_same ? 0 : HTTP_HEADERS_CHANGED;
    }
    size_t n_most;
    size_t n_nodes = 0;
    int r = count(options, &n_most);
    r = r < 0 ? r : reserve(headers, n_most);
    r = r < 0 ? r : write_own(headers, options);
    if (r < 0) {
        return r;
    }
    const char *end = headers->texts.data + headers->texts.len;
    for (const char *text = headers->texts.data; text != NULL && text < end;
         text += strlen(text) + 1) {
        add(headers, &n_nodes, text);
    }
    for (const char *const *more = options->more; more != NULL && *more != NULL; more++) {
        if (!options->is_abroad || !is_secret(*more)) {
            add(headers, &n_nodes, *more);
        }
    }
    for (const struct curl_slist *node = options->base; node != NULL; node = node->next) {
        if (!is_among(node->data, options->more) &&
            !(options->is_abroad && is_secret(node->data))) {
            add(headers, &n_nodes, node->data);
        }
    }
    headers->list = n_nodes > 0 ? headers->nodes : NULL;
    headers->is_composed = true;
    return HTTP_HEADERS_CHANGED;
}

void http_headers_deinit(struct http_headers *headers)
{
    free(headers->nodes);
    buffer_deinit(&headers->texts);
    *headers = (struct http_headers){ 0 };
}
