/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply_server PORT DELAY_MS: an HTTP/1.1 server for benchmarks that costs little, on one thread. What a
 * request asks for stands in its path:
 *
 *     /SIZE/...              SIZE bytes, after DELAY_MS
 *     /SIZE-PERCENT/...      so many of a hundred are answered 503
 *     /SIZE-PERCENT-MS/...   so many of a hundred are answered after MS instead
 *     ...revids=1|2|...      an Action API's reply with a text of 2048 bytes for each revision
 *
 * Which requests are among the PERCENT is told by a hash of what follows; a 503 comes once for each path.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_SIZE = 16 * 1024, EVENTS = 256, BODY_MAX = 1 << 20, SEEN = 1 << 20, TEXT = 2048 };

struct connection {
    struct connection *next;
    int fd;
    size_t n_input;
    char input[INPUT_SIZE];
    /* The reply that waits, and when it is due. */
    bool waits;
    int64_t due_ns;
    char *reply;
    size_t reply_len;
};

/* Those whose replies wait: each list in the order in which they are due, as each has one delay. */
struct list {
    struct connection *first;
    struct connection *last;
};

static int64_t delay_ns;
static struct list usual;
static struct list slow;
static char filler[BODY_MAX];
static uint8_t seen[SEEN];

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static uint32_t hash(const char *text, size_t len)
{
    uint32_t sum = 2166136261;
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ (uint8_t)text[i]) * 16777619;
    }
    return (sum ^ sum >> 15) * 2654435761u >> 8;
}

static void fail(const char *what)
{
    fprintf(stderr, "reply_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void set_reply(struct connection *connection, int status, const char *body, size_t len)
{
    connection->reply = malloc(len + 128);
    if (connection->reply == NULL) {
        fail("malloc");
    }
    int head = snprintf(connection->reply, 128, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n",
                        status, len);
    memcpy(connection->reply + head, body, len);
    connection->reply_len = (size_t)head + len;
}

/* As the Action API answers with formatversion=2: a page for each revision. */
static void set_revisions(struct connection *connection, const char *ids, const char *end)
{
    static char body[BODY_MAX];
    size_t len = (size_t)sprintf(body, "{\"batchcomplete\":true,\"query\":{\"pages\":[");
    for (const char *id = ids; id < end && len < BODY_MAX - TEXT - 512;) {
        char *after;
        unsigned long number = strtoul(id, &after, 10);
        if (after == id) {
            break;
        }
        len += (size_t)sprintf(
            body + len,
            "%s{\"pageid\":%lu,\"ns\":0,\"title\":\"A\",\"revisions\":[{\"revid\":%lu,\"parentid\":"
            "0,"
            "\"slots\":{\"main\":{\"size\":%d,\"contentmodel\":\"wikitext\",\"contentformat\":"
            "\"text/x-wiki\",\"content\":\"%.*s\"}}}]}",
            id == ids ? "" : ",", number, number, TEXT, TEXT, filler);
        id = after + (strncmp(after, "%7C", 3) == 0 ? 3 : 1);
    }
    len += (size_t)sprintf(body + len, "]}}");
    set_reply(connection, 200, body, len);
}

/* Returns the delay. */
static int64_t plan(struct connection *connection, const char *path, const char *end)
{
    const char *ids = memmem(path, (size_t)(end - path), "revids=", 7);
    if (ids != NULL) {
        set_revisions(connection, ids + 7, end);
        return delay_ns;
    }
    unsigned size = 0;
    unsigned percent = 0;
    unsigned slow_ms = 0;
    int n = sscanf(path, "/%u-%u-%u/", &size, &percent, &slow_ms);
    uint32_t h = hash(path, (size_t)(end - path));
    bool is_chosen = n >= 2 && h % 100 < percent;
    size = size < BODY_MAX ? size : BODY_MAX;
    if (n == 2 && is_chosen && seen[h % SEEN] == 0) {
        seen[h % SEEN] = 1;
        set_reply(connection, 503, "", 0);
        return delay_ns;
    }
    set_reply(connection, 200, filler, size);
    return n == 3 && is_chosen ? slow_ms * INT64_C(1000000) : delay_ns;
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->reply);
    free(connection);
}

static bool send_reply(struct connection *connection)
{
    size_t n_sent = 0;
    while (n_sent < connection->reply_len) {
        ssize_t n = send(connection->fd, connection->reply + n_sent, connection->reply_len - n_sent,
                         MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        n_sent += (size_t)n;
    }
    free(connection->reply);
    connection->reply = NULL;
    connection->waits = false;
    return true;
}

static void put(struct list *list, struct connection *connection)
{
    connection->next = NULL;
    if (list->first == NULL) {
        list->first = connection;
    } else {
        list->last->next = connection;
    }
    list->last = connection;
}

/* False: the connection is over. */
static bool take_request(struct connection *connection)
{
    char *end = memmem(connection->input, connection->n_input, "\r\n\r\n", 4);
    if (end == NULL) {
        return connection->n_input < INPUT_SIZE;
    }
    char *path = memchr(connection->input, ' ', (size_t)(end - connection->input));
    char *path_end = path == NULL ? NULL : memchr(path + 1, ' ', (size_t)(end - path - 1));
    if (path_end == NULL) {
        return false;
    }
    int64_t wait_ns = plan(connection, path + 1, path_end);
    size_t used = (size_t)(end + 4 - connection->input);
    memmove(connection->input, connection->input + used, connection->n_input - used);
    connection->n_input -= used;
    if (wait_ns == 0) {
        return send_reply(connection);
    }
    connection->waits = true;
    connection->due_ns = now_ns() + wait_ns;
    put(wait_ns == delay_ns ? &usual : &slow, connection);
    return true;
}

static void receive(struct connection *connection)
{
    if (connection->waits) {
        /* It has closed, or sends the next request already: later. */
        return;
    }
    ssize_t n = recv(connection->fd, connection->input + connection->n_input,
                     INPUT_SIZE - connection->n_input, 0);
    if (n <= 0) {
        drop(connection);
        return;
    }
    connection->n_input += (size_t)n;
    if (!take_request(connection)) {
        drop(connection);
    }
}

static void send_due(struct list *list, int64_t now)
{
    while (list->first != NULL && list->first->due_ns <= now) {
        struct connection *connection = list->first;
        list->first = connection->next;
        if (!send_reply(connection)) {
            drop(connection);
        }
    }
}

static int timeout_ms(int64_t now)
{
    int64_t due = INT64_MAX;
    due = usual.first != NULL && usual.first->due_ns < due ? usual.first->due_ns : due;
    due = slow.first != NULL && slow.first->due_ns < due ? slow.first->due_ns : due;
    return due == INT64_MAX ? -1 : due <= now ? 0 : (int)((due - now) / 1000000 + 1);
}

static void take_connections(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        struct connection *connection = calloc(1, sizeof(*connection));
        if (connection == NULL) {
            fail("calloc");
        }
        connection->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = connection };
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
            fail("epoll_ctl");
        }
    }
}

static int open_listener(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 4096) < 0) {
        fail("listen");
    }
    return listener;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: reply_server PORT DELAY_MS\n");
        return 64;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(filler, 'a', sizeof(filler));
    delay_ns = atoi(argv[2]) * INT64_C(1000000);
    int listener = open_listener(argv[1]);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
        fail("epoll");
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, timeout_ms(now_ns()));
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL) {
                take_connections(epoll, listener);
            } else {
                receive(events[i].data.ptr);
            }
        }
        int64_t now = now_ns();
        send_due(&usual, now);
        send_due(&slow, now);
    }
}
