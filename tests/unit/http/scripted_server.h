/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on the loopback that knows nothing of HTTP: to each connection in turn it sends the bytes of
 * its script once the request's head has come, and does then what the script says. The script's first
 * %d is the server's port. Requests are kept for the test to look at after scripted_server_stop().
 */
#ifndef WEIR_TESTS_SCRIPTED_SERVER_H
#define WEIR_TESTS_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

#include "../../support/cunit_main.h"

enum script_end {
    SCRIPT_CLOSE,
    /* Closes with a TCP reset. */
    SCRIPT_RESET,
    /* Keeps the connection until the client closes it. */
    SCRIPT_HANG,
};

struct script_step {
    const char *bytes;
    /* 0: bytes is text. */
    size_t len;
    enum script_end end;
};

struct scripted_server {
    int fd;
    int port;
    pthread_t thread;
    const struct script_step *steps;
    size_t n_steps;
    /* Each request's head, one behind the other. */
    struct buffer requests;
};

static inline void scripted_server_send(int fd, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, bytes + at, len - at, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        at += (size_t)n;
    }
}

/* False when the client went away before its request was whole. */
static inline bool scripted_server_read_request(struct scripted_server *server, int fd)
{
    size_t start = server->requests.len;
    char bytes[4096];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
        buffer_append(&server->requests, bytes, (size_t)n);
        if (memmem(server->requests.data + start, server->requests.len - start, "\r\n\r\n", 4)) {
            return true;
        }
    }
    return false;
}

static inline void scripted_server_end(int fd, enum script_end end)
{
    char byte;
    struct linger linger = { 1, 0 };
    if (end == SCRIPT_HANG) {
        while (recv(fd, &byte, 1, 0) > 0) {
        }
    }
    if (end == SCRIPT_RESET) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    }
    close(fd);
}

static inline void *scripted_server_run(void *argument)
{
    struct scripted_server *server = argument;
    for (size_t i = 0; i < server->n_steps; i++) {
        const struct script_step *step = &server->steps[i];
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            break;
        }
        if (scripted_server_read_request(server, fd)) {
            char text[2048];
            const char *bytes = step->bytes;
            size_t len = step->len;
            if (len == 0) {
                const char *mark = strstr(step->bytes, "%d");
                int n = mark == NULL
                            ? snprintf(text, sizeof(text), "%s", step->bytes)
                            : snprintf(text, sizeof(text), "%.*s%d%s", (int)(mark - step->bytes),
                                       step->bytes, server->port, mark + 2);
                bytes = text;
                len = (size_t)n;
            }
            scripted_server_send(fd, bytes, len);
        }
        scripted_server_end(fd, step->end);
    }
    return NULL;
}

static inline void scripted_server_start(struct scripted_server *server,
                                         const struct script_step *steps, size_t n_steps)
{
    *server = (struct scripted_server){ .steps = steps, .n_steps = n_steps };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_TRUE_FATAL(server->fd >= 0 &&
                         bind(server->fd, (struct sockaddr *)&address, len) == 0 &&
                         listen(server->fd, 16) == 0 &&
                         getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&server->thread, NULL, scripted_server_run, server), 0);
}

/* Waits for the thread; connections that nobody made are not waited for. */
static inline void scripted_server_stop(struct scripted_server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    buffer_text(&server->requests);
}

static inline void scripted_server_deinit(struct scripted_server *server)
{
    buffer_deinit(&server->requests);
}

#endif
