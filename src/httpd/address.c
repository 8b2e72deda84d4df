/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_SIZE = 256, PORT_SIZE = 6 };

static bool is_port(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < PORT_SIZE && strspn(text, "0123456789") == len && atoi(text) <= 65535;
}

/* Cuts text at its last colon; brackets around an IPv6 host go. */
static bool address_split(const char *text, char host[HOST_SIZE], const char **ret_port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return false;
    }
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= HOST_SIZE) {
        return false;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    *ret_port = colon + 1;
    return true;
}

/* Returns the socket or -errno. */
static int socket_listen(const struct addrinfo *info)
{
    AUTO_CLOSE int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    /* A server that comes back must get its port, connections of the old one lingering or not. */
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
        return -errno;
    }
    int listening = fd;
    fd = -1;
    return listening;
}

int address_listen(const char *text, struct problem *problem)
{
    char host[HOST_SIZE];
    const char *port = NULL;
    if (!address_split(text, host, &port)) {
        return problem_set(problem, EINVAL, EXIT_USAGE,
                           "cannot read the address '%s': expected HOST:PORT", text);
    }
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *infos = NULL;
    int failed = getaddrinfo(host, port, &hints, &infos);
    if (failed != 0) {
        return problem_set(problem, EADDRNOTAVAIL, EXIT_UNAVAILABLE, "cannot look up '%s': %s",
                           host, gai_strerror(failed));
    }
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *info = infos; info != NULL && fd < 0; info = info->ai_next) {
        fd = socket_listen(info);
    }
    freeaddrinfo(infos);
    if (fd < 0) {
        return problem_set(problem, -fd, EXIT_UNAVAILABLE, "cannot listen on %s: %s", text,
                           strerror(-fd));
    }
    return fd;
}

int address_url(int fd, char url[ADDRESS_URL_SIZE])
{
    struct sockaddr_storage address;
    socklen_t address_len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &address_len) < 0) {
        return -errno;
    }
    char host[INET6_ADDRSTRLEN];
    if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
        if (inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host)) == NULL) {
            return -errno;
        }
        snprintf(url, ADDRESS_URL_SIZE, "http://[%s]:%u", host, ntohs(v6->sin6_port));
        return 0;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
    if (inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host)) == NULL) {
        return -errno;
    }
    snprintf(url, ADDRESS_URL_SIZE, "http://%s:%u", host, ntohs(v4->sin_port));
    return 0;
}
