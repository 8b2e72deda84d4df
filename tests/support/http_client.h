/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP client that shows what is on the wire: one request a connection, the body as far as it came
 * and whether it was complete. Every wait has an end (HTTP_PATIENCE_MS), so that a test fails instead
 * of hanging.
 */
#ifndef WEIR_TESTS_HTTP_CLIENT_H
#define WEIR_TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

enum { HTTP_PATIENCE_MS = 20000 };

struct http_client {
    int fd;
    int status;
    /* Status line and headers, a NUL behind them. */
    struct buffer head;
    /* Decoded. */
    struct buffer body;
    /* Read, not decoded yet, from raw_at on. */
    struct buffer raw;
    size_t raw_at;
    bool is_chunked;
    /* Body bytes still to come of the chunk, or of the whole body where it is not chunked. */
    size_t left;
    bool is_complete;
    bool is_closed;
};

/* The header's value in a buffer of the caller's, or NULL. */
static inline const char *http_header(const struct http_client *client, const char *name,
                                      char value[256])
{
    size_t name_len = strlen(name);
    const char *line = client->head.data;
    while (line != NULL && (line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
            const char *start = line + name_len + 1;
            start += strspn(start, " ");
            snprintf(value, 256, "%.*s", (int)strcspn(start, "\r\n"), start);
            return value;
        }
    }
    return NULL;
}

/* Connects to "http://127.0.0.1:PORT" and sends a GET; headers end in \r\n each. */
static inline bool http_get(struct http_client *client, const char *url, const char *path,
                            const char *headers)
{
    *client = (struct http_client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1)),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    AUTO_BUFFER request = { 0 };
    return client->fd >= 0 &&
           connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
           buffer_printf(&request, "GET %s HTTP/1.1\r\nHost: test\r\n%s\r\n", path, headers) == 0 &&
           send(client->fd, request.data, request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
}

/* Takes status and headers once they are in. */
static inline void http_take_head(struct http_client *client)
{
    char value[256];
    char *end = memmem(client->raw.data, client->raw.len, "\r\n\r\n", 4);
    if (end == NULL ||
        buffer_append(&client->head, client->raw.data, (size_t)(end + 2 - client->raw.data)) < 0) {
        return;
    }
    client->raw_at = (size_t)(end + 4 - client->raw.data);
    buffer_text(&client->head);
    client->status = atoi(client->head.data + strlen("HTTP/1.1 "));
    client->is_chunked = http_header(client, "Transfer-Encoding", value) != NULL;
    const char *length = http_header(client, "Content-Length", value);
    client->left = length == NULL ? 0 : (size_t)atol(length);
    client->is_complete = !client->is_chunked && client->left == 0;
}

/* Decodes one piece; false when more must be read first. */
static inline bool http_take_piece(struct http_client *client)
{
    const char *at = client->raw.data + client->raw_at;
    size_t len = client->raw.len - client->raw_at;
    if (client->left > 0) {
        size_t n = len < client->left ? len : client->left;
        client->raw_at += n;
        client->left -= n;
        client->is_complete = !client->is_chunked && client->left == 0;
        return n > 0 && buffer_append(&client->body, at, n) == 0;
    }
    if (!client->is_chunked) {
        return false;
    }
    /* The CRLF behind the chunk before, if any, then the size line. */
    size_t skip = len >= 2 && memcmp(at, "\r\n", 2) == 0 ? 2 : 0;
    const char *end = memmem(at + skip, len - skip, "\r\n", 2);
    if (end == NULL) {
        return false;
    }
    client->left = strtoul(at + skip, NULL, 16);
    client->raw_at += (size_t)(end + 2 - at);
    client->is_complete = client->left == 0;
    return client->left > 0;
}

/* Reads until the body has n_bytes, is complete, or the connection is closed. False: no patience. */
static inline bool http_read(struct http_client *client, size_t n_bytes)
{
    while (client->body.len < n_bytes && !client->is_complete && !client->is_closed) {
        struct pollfd pollfd = { .fd = client->fd, .events = POLLIN };
        if (poll(&pollfd, 1, HTTP_PATIENCE_MS) <= 0 ||
            buffer_reserve(&client->raw, 256 * 1024) < 0) {
            return false;
        }
        ssize_t n = recv(client->fd, client->raw.data + client->raw.len, 256 * 1024, 0);
        client->is_closed = n <= 0;
        client->raw.len += n > 0 ? (size_t)n : 0;
        if (client->status == 0) {
            http_take_head(client);
        }
        while (client->status != 0 && !client->is_complete && http_take_piece(client)) {
        }
        memmove(client->raw.data, client->raw.data + client->raw_at,
                client->raw.len - client->raw_at);
        client->raw.len -= client->raw_at;
        client->raw_at = 0;
    }
    return buffer_text(&client->body) != NULL;
}

static inline void http_close(struct http_client *client)
{
    close(client->fd);
    buffer_deinit(&client->head);
    buffer_deinit(&client->body);
    buffer_deinit(&client->raw);
}

/* One whole exchange: as far as the server lets it come. */
static inline bool http_exchange(struct http_client *client, const char *url, const char *path,
                                 const char *headers)
{
    return http_get(client, url, path, headers) && http_read(client, SIZE_MAX);
}

#endif
