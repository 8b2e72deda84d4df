/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multi handles of at most SHARD_TRANSFERS transfers each, all on one epoll set. libcurl looks for a kept
 * connection along a list, and poll(2) asks for each descriptor: both grow with what one handle holds, so
 * that a thousand transfers are cheaper in sixteen handles than in one. Names that were resolved and TLS
 * sessions are shared between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "http/http_call.h"

enum { SHARD_TRANSFERS = 64, EVENTS = 256 };

/* Whose descriptor no shard's is. */
#define WAKE_MARK UINT64_MAX

struct http_shard {
    struct http_shard *next;
    struct http_client *client;
    CURLM *multi;
    uint32_t number;
    unsigned n_transfers;
    struct http_timer timer;
    /* It has been driven: transfers may be done. */
    bool is_touched;
    struct http_shard *next_touched;
};

int http_shards_open(struct http_client *client)
{
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll_fd < 0) {
        return -errno;
    }
    client->share = curl_share_init();
    if (client->share == NULL) {
        return -ENOMEM;
    }
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = WAKE_MARK };
    if (epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, client->options.wakeup->fd, &event) < 0) {
        return -errno;
    }
    return 0;
}

void http_shards_close(struct http_client *client)
{
    while (client->shards != NULL) {
        struct http_shard *shard = client->shards;
        client->shards = shard->next;
        http_timer_clear(&client->timers, &shard->timer);
        curl_multi_cleanup(shard->multi);
        http_timer_clear(&client->timers, &shard->timer);
        free(shard);
    }
    curl_share_cleanup(client->share);
    free(client->sockets);
    if (client->epoll_fd >= 0) {
        close(client->epoll_fd);
    }
}

static void drive(struct http_shard *shard, curl_socket_t fd, int events)
{
    int n_running;
    if (curl_multi_socket_action(shard->multi, fd, events, &n_running) != CURLM_OK) {
        shard->client->failure = -EIO;
    }
    shard->is_touched = true;
}

static void on_timeout(void *context)
{
    drive(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_shard *shard = context;
    struct http_client *client = shard->client;
    if (timeout_ms < 0) {
        http_timer_clear(&client->timers, &shard->timer);
        return 0;
    }
    int64_t at_ns = client_now_ns(client) + timeout_ms * NS_PER_MS;
    if (http_timer_set(&client->timers, &shard->timer, at_ns, on_timeout, shard) < 0) {
        client->failure = -ENOMEM;
        return -1;
    }
    return 0;
}

/*
 * What is known of a descriptor that curl has opened through us. It stays in the set while its connection is
 * kept, since to take it out and in again with every request costs more than all else that a poll does.
 */
enum {
    SOCKET_OURS = 1,
    /* In the set, for input and nothing else. */
    SOCKET_WATCHED = 2,
    /* And for the time being of no interest. */
    SOCKET_UNWANTED = 4,
};

int http_shards_opened(struct http_client *client, int fd)
{
    if ((size_t)fd >= client->n_sockets) {
        size_t n = 2 * (size_t)fd + 64;
        uint8_t *grown = realloc(client->sockets, n);
        if (grown == NULL) {
            return -ENOMEM;
        }
        memset(grown + client->n_sockets, 0, n - client->n_sockets);
        client->sockets = grown;
        client->n_sockets = n;
    }
    client->sockets[fd] = SOCKET_OURS;
    return 0;
}

void http_shards_closed(struct http_client *client, int fd)
{
    /* It leaves the set by itself. */
    if ((size_t)fd < client->n_sockets) {
        client->sockets[fd] = 0;
    }
}

/* NULL: one that curl has made itself, to be woken by its resolver. */
static uint8_t *state_of(const struct http_client *client, curl_socket_t fd)
{
    bool is_ours = (size_t)fd < client->n_sockets && client->sockets[fd] != 0;
    return is_ours ? &client->sockets[fd] : NULL;
}

static void unwatch(struct http_client *client, curl_socket_t fd, uint8_t *state)
{
    if (state != NULL && *state & SOCKET_WATCHED) {
        *state |= SOCKET_UNWANTED;
        return;
    }
    (void)epoll_ctl(client->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* A descriptor of curl's own may have been closed, and have come again, without a word. */
static int watch(const struct http_shard *shard, curl_socket_t fd, int what)
{
    int epoll_fd = shard->client->epoll_fd;
    struct epoll_event event = {
        .events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                  (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0),
        .data.u64 = (uint64_t)shard->number << 32 | (uint32_t)fd,
    };
    int r = epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    if (r < 0 && errno == EEXIST) {
        r = epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
    }
    return r < 0 ? -errno : 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    (void)easy;
    (void)known;
    struct http_shard *shard = context;
    uint8_t *state = state_of(shard->client, fd);
    if (what == CURL_POLL_REMOVE) {
        unwatch(shard->client, fd, state);
        return 0;
    }
    if (state != NULL && what == CURL_POLL_IN && *state & SOCKET_WATCHED) {
        *state = SOCKET_OURS | SOCKET_WATCHED;
        return 0;
    }
    int r = watch(shard, fd, what);
    if (r < 0) {
        shard->client->failure = r;
        return -1;
    }
    if (state != NULL) {
        *state = what == CURL_POLL_IN ? SOCKET_OURS | SOCKET_WATCHED : SOCKET_OURS;
    }
    return 0;
}

static long connections_kept(const struct http_client *client)
{
    unsigned n = client->settings.max_connections;
    return n > SHARD_TRANSFERS ? (long)n : SHARD_TRANSFERS;
}

static struct http_shard *shard_new(struct http_client *client, uint32_t number)
{
    struct http_shard *shard = calloc(1, sizeof(*shard));
    if (shard == NULL) {
        return NULL;
    }
    shard->client = client;
    shard->number = number;
    shard->multi = curl_multi_init();
    if (shard->multi == NULL) {
        free(shard);
        return NULL;
    }
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, connections_kept(client));
    return shard;
}

/* The first that has room: so the same connections are used while few transfers are under way. */
static struct http_shard *find_shard(struct http_client *client)
{
    struct http_shard **place = &client->shards;
    uint32_t number = 0;
    while (*place != NULL && (*place)->n_transfers >= SHARD_TRANSFERS) {
        place = &(*place)->next;
        number++;
    }
    if (*place == NULL) {
        *place = shard_new(client, number);
    }
    return *place;
}

int http_shard_add(struct http_client *client, CURL *easy, struct http_shard **ret_shard)
{
    struct http_shard *shard = find_shard(client);
    if (shard == NULL || curl_multi_add_handle(shard->multi, easy) != CURLM_OK) {
        return -ENOMEM;
    }
    shard->n_transfers++;
    *ret_shard = shard;
    return 0;
}

void http_shard_remove(struct http_shard *shard, CURL *easy)
{
    curl_multi_remove_handle(shard->multi, easy);
    shard->n_transfers--;
}

static void collect(struct http_shard *shard)
{
    int n_left;
    CURLMsg *message;
    shard->is_touched = false;
    while ((message = curl_multi_info_read(shard->multi, &n_left)) != NULL) {
        struct http_call *call;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call) == CURLE_OK) {
            http_attempt_done(call, code);
        }
    }
}

void http_shards_run_timers(struct http_client *client)
{
    http_timers_run(&client->timers, client_now_ns(client));
    for (struct http_shard *shard = client->shards; shard != NULL; shard = shard->next) {
        if (shard->is_touched) {
            collect(shard);
        }
    }
}

static struct http_shard *shard_of(const struct http_client *client, uint32_t number)
{
    struct http_shard *shard = client->shards;
    for (; number > 0; number--) {
        shard = shard->next;
    }
    return shard;
}

/* Of a kept connection, which has ended or is out of order: curl looks at it before it uses it again. */
static bool is_unwanted(struct http_client *client, curl_socket_t fd)
{
    uint8_t *state = state_of(client, fd);
    if (state == NULL || !(*state & SOCKET_UNWANTED)) {
        return false;
    }
    (void)epoll_ctl(client->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    *state = SOCKET_OURS;
    return true;
}

static void take_event(struct http_client *client, const struct epoll_event *event)
{
    if (event->data.u64 == WAKE_MARK) {
        wakeup_clear(client->options.wakeup);
        client->is_woken = true;
        return;
    }
    curl_socket_t fd = (curl_socket_t)(uint32_t)event->data.u64;
    if (is_unwanted(client, fd)) {
        return;
    }
    int events = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                 (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                 (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    drive(shard_of(client, (uint32_t)(event->data.u64 >> 32)), fd, events);
}

int http_shards_drive(struct http_client *client, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(client->epoll_fd, events, EVENTS, timeout_ms);
    if (n < 0 && errno != EINTR) {
        return -errno;
    }
    for (int i = 0; i < n; i++) {
        take_event(client, &events[i]);
    }
    if (client->is_woken) {
        /* Perhaps by another client, which has given a host's place back. */
        client->is_woken = false;
        http_lines_pump(client);
    }
    http_shards_run_timers(client);
    return client->failure;
}
