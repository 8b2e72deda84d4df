/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt on an easy handle. Handles are used again, and only what differs from the attempt before is
 * set: setting is a good part of what a request costs (a URL parsed anew, 2 us).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "http/http_address.h"
#include "http/http_call.h"
#include "http/http_easy.h"
#include "http/http_headers.h"

/* Of all lines of a reply's heads, interim replies included. */
enum { HEAD_MAX = 256 * 1024 };

/* What a crowd of handles can afford, and what libcurl takes by itself. */
enum { SMALL_BUFFER = 4096, USUAL_BUFFER = 16 * 1024 };

struct http_transfer {
    /* Of those that are under way, or idle. */
    struct http_transfer *next;
    struct http_transfer **link;
    struct http_client *client;
    struct http_call *call;
    CURL *easy;
    struct http_shard *shard;
    char error[CURL_ERROR_SIZE];
    /* The URL that is set, up to its query. */
    CURLU *url;
    struct buffer url_path;
    struct http_headers headers;
    const char *method;
    const char *body;
    int64_t timeout_ms;
    bool is_fresh;
    bool waits_for_streams;
    /* Of this attempt. */
    size_t head_bytes;
    uint64_t n_bytes;
    enum http_cause aborted;
    /* At the last sweep; is_watched: it was there. */
    uint64_t n_bytes_swept;
    bool is_watched;
};

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct http_transfer *transfer = context;
    struct http_call *call = transfer->call;
    size_t len = size * n;
    transfer->n_bytes += len;
    curl_off_t expected = 0;
    if (!call->answer->is_body_begun) {
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
    }
    transfer->aborted = http_decode(http_call_session(call), call->answer, bytes, len,
                                    expected > 0 ? (size_t)expected : 0);
    return transfer->aborted == HTTP_CAUSE_NONE ? len : CURL_WRITEFUNC_ERROR;
}

/* Keeps a line with a NUL instead of its end; a status line begins a new head. */
static int keep_line(struct buffer *head, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n')) {
        len--;
    }
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        buffer_clear(head);
    }
    int r = buffer_append(head, line, len);
    return r < 0 ? r : buffer_append_byte(head, '\0');
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
    struct http_transfer *transfer = context;
    size_t len = size * n;
    transfer->head_bytes += len;
    transfer->n_bytes += len;
    if (transfer->head_bytes > HEAD_MAX) {
        transfer->aborted = HTTP_CAUSE_HEADERS_TOO_LARGE;
    } else if (keep_line(&transfer->call->answer->head, line, len) < 0) {
        transfer->aborted = HTTP_CAUSE_MEMORY;
    }
    return transfer->aborted == HTTP_CAUSE_NONE ? len : 0;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_transfer *transfer = context;
    (void)purpose;
    if (!http_address_is_allowed(&address->addr, transfer->client->settings.denies_private)) {
        transfer->aborted = HTTP_CAUSE_ADDRESS;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0 && http_shards_opened(transfer->client, fd) < 0) {
        close(fd);
        fd = -1;
    }
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* The connection may outlive the transfer that opened it, but not the client. */
static int on_close(void *context, curl_socket_t fd)
{
    http_shards_closed(context, fd);
    return close(fd);
}

/* What stays as it is for the life of the handle. */
static int setup(struct http_transfer *transfer)
{
    const struct http_settings *settings = &transfer->client->settings;
    struct http_easy_options options = {
        .ca_file = settings->ca_file,
        .proxy = settings->proxy,
        .skips_verify = settings->skips_verify,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .error_text = transfer->error,
    };
    int r = http_easy_setup(transfer->easy, &options);
    if (r < 0) {
        return r;
    }
    CURL *easy = transfer->easy;
    const struct {
        CURLoption option;
        void *value;
    } pointers[] = {
        { CURLOPT_WRITEDATA, transfer },
        { CURLOPT_HEADERDATA, transfer },
        { CURLOPT_OPENSOCKETDATA, transfer },
        { CURLOPT_CLOSESOCKETDATA, transfer->client },
        { CURLOPT_CURLU, transfer->url },
        { CURLOPT_SHARE, transfer->client->share },
        { CURLOPT_SSLCERT, (void *)(uintptr_t)settings->certificate_file },
        { CURLOPT_SSLKEY, (void *)(uintptr_t)settings->key_file },
    };
    CURLcode code = CURLE_OK;
    for (size_t i = 0; code == CURLE_OK && i < ARRAY_SIZE(pointers); i++) {
        code = curl_easy_setopt(easy, pointers[i].option, pointers[i].value);
    }
    if (code != CURLE_OK) {
        return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                     (long)(settings->is_crowded ? SMALL_BUFFER : USUAL_BUFFER));
    return 0;
}

static void transfer_free(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_url_cleanup(transfer->url);
    http_headers_deinit(&transfer->headers);
    buffer_deinit(&transfer->url_path);
    free(transfer);
}

static struct http_transfer *transfer_new(struct http_client *client)
{
    struct http_transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL) {
        return NULL;
    }
    transfer->client = client;
    transfer->easy = curl_easy_init();
    transfer->url = curl_url();
    if (transfer->easy == NULL || transfer->url == NULL || setup(transfer) < 0) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

void http_transfers_free(struct http_client *client)
{
    while (client->idle != NULL) {
        struct http_transfer *transfer = client->idle;
        client->idle = transfer->next;
        transfer_free(transfer);
    }
}

/* The URL goes to where its place leads. Returns 0, or the cause why it cannot. */
static enum http_cause set_url(struct http_transfer *transfer)
{
    const struct http_call *call = transfer->call;
    const char *url = call->url.data;
    const struct http_place *place = call->place;
    const char *end = url + call->url.len;
    const char *query = memchr(url, '?', call->url.len);
    size_t len = (size_t)((query == NULL ? end : query) - url);
    bool is_same = query != NULL && transfer->url_path.len == len &&
                   memcmp(transfer->url_path.data, url, len) == 0;
    if (is_same) {
        return curl_url_set(transfer->url, CURLUPART_QUERY, query + 1, 0) == CURLUE_OK
                   ? HTTP_CAUSE_NONE
                   : HTTP_CAUSE_ARGUMENT;
    }
    struct buffer *text = &transfer->client->scratch;
    buffer_clear(text);
    buffer_clear(&transfer->url_path);
    int r = place->target == NULL
                ? buffer_append_text(text, url)
                : buffer_printf(text, "%s%s", place->target, url + place->origin_len);
    if (r < 0 || buffer_text(text) == NULL) {
        return HTTP_CAUSE_MEMORY;
    }
    if (curl_url_set(transfer->url, CURLUPART_URL, text->data, CURLU_PATH_AS_IS) != CURLUE_OK) {
        return HTTP_CAUSE_ARGUMENT;
    }
    return query != NULL && buffer_append(&transfer->url_path, url, len) < 0 ? HTTP_CAUSE_MEMORY
                                                                             : HTTP_CAUSE_NONE;
}

static void set_method(struct http_transfer *transfer)
{
    const struct http_call *call = transfer->call;
    const struct weir_http_request *request = call->request;
    CURL *easy = transfer->easy;
    bool has_body = request->body != NULL;
    if (!has_body && transfer->body == NULL && transfer->method != NULL &&
        strcmp(transfer->method, call->method) == 0) {
        return;
    }
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, strcmp(call->method, "HEAD") == 0 ? 1L : 0L);
    if (has_body || strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, has_body ? request->body : "");
    }
    bool is_usual = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0 ||
                    strcmp(call->method, "POST") == 0;
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                     is_usual && !(has_body && strcmp(call->method, "POST") != 0) ? NULL
                                                                                  : call->method);
    transfer->method = call->method;
    /* What is lent for this attempt must be set again. */
    transfer->body = has_body ? request->body : NULL;
}

static void set_timeout(struct http_transfer *transfer)
{
    const struct http_call *call = transfer->call;
    const struct http_settings *settings = &transfer->client->settings;
    int64_t left_ns = settings->deadline_ns - http_call_session(transfer->call)->spent_ns;
    int64_t timeout_ns = call->request->timeout_ms > 0 ? call->request->timeout_ms * NS_PER_MS
                                                       : settings->attempt_timeout_ns;
    timeout_ns = timeout_ns < left_ns ? timeout_ns : left_ns;
    int64_t timeout_ms = timeout_ns > NS_PER_MS ? timeout_ns / NS_PER_MS : 1;
    if (timeout_ms != transfer->timeout_ms) {
        curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
        transfer->timeout_ms = timeout_ms;
    }
}

static enum http_cause set_headers(struct http_transfer *transfer)
{
    const struct http_call *call = transfer->call;
    struct http_headers_options options = {
        .base = transfer->client->headers,
        .more = call->request->headers,
        .host = call->place->host_header,
        .key = call->key[0] != '\0' ? call->key : NULL,
        .is_abroad = call->is_abroad,
        .has_body = call->request->body != NULL,
    };
    int r = http_headers_compose(&transfer->headers, &options);
    if (r < 0) {
        return r == -ENOMEM ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_ARGUMENT;
    }
    if (r == HTTP_HEADERS_CHANGED) {
        curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers.list);
    }
    return HTTP_CAUSE_NONE;
}

/*
 * Over TLS a request waits until it is known whether a connection that is being made has streams for it
 * too, which the handshake tells. In clear text libcurl (7.88.1) would learn that from the first reply,
 * and one that hangs would hold up all others.
 */
static void set_wait(struct http_transfer *transfer)
{
    const struct http_place *place = transfer->call->place;
    bool waits = strncmp(place->target != NULL ? place->target : place->origin, "https:", 6) == 0;
    if (waits != transfer->waits_for_streams) {
        transfer->waits_for_streams = waits;
        curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT, waits ? 1L : 0L);
    }
}

static enum http_cause prepare(struct http_transfer *transfer)
{
    enum http_cause cause = set_url(transfer);
    if (cause == HTTP_CAUSE_NONE) {
        cause = set_headers(transfer);
    }
    if (cause != HTTP_CAUSE_NONE) {
        return cause;
    }
    set_method(transfer);
    set_timeout(transfer);
    set_wait(transfer);
    if (transfer->is_fresh != transfer->call->is_fresh) {
        transfer->is_fresh = transfer->call->is_fresh;
        curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, transfer->is_fresh ? 1L : 0L);
    }
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer->call);
    transfer->error[0] = '\0';
    transfer->head_bytes = 0;
    transfer->n_bytes = 0;
    transfer->aborted = HTTP_CAUSE_NONE;
    transfer->is_watched = false;
    return HTTP_CAUSE_NONE;
}

static void put_idle(struct http_transfer *transfer)
{
    transfer->call = NULL;
    transfer->next = transfer->client->idle;
    transfer->client->idle = transfer;
}

static struct http_transfer *take(struct http_client *client)
{
    struct http_transfer *transfer = client->idle;
    if (transfer == NULL) {
        return transfer_new(client);
    }
    client->idle = transfer->next;
    return transfer;
}

enum http_cause http_transfer_start(struct http_call *call)
{
    struct http_client *client = http_call_session(call)->client;
    struct http_transfer *transfer = take(client);
    if (transfer == NULL) {
        return HTTP_CAUSE_MEMORY;
    }
    transfer->call = call;
    enum http_cause cause = prepare(transfer);
    if (cause == HTTP_CAUSE_NONE && http_shard_add(client, transfer->easy, &transfer->shard) < 0) {
        cause = HTTP_CAUSE_MEMORY;
    }
    if (cause != HTTP_CAUSE_NONE) {
        put_idle(transfer);
        return cause;
    }
    transfer->next = client->active;
    transfer->link = &client->active;
    if (client->active != NULL) {
        client->active->link = &transfer->next;
    }
    client->active = transfer;
    client->n_transfers++;
    call->transfer = transfer;
    return HTTP_CAUSE_NONE;
}

void http_transfer_stop(struct http_transfer *transfer)
{
    struct http_client *client = transfer->client;
    http_shard_remove(transfer->shard, transfer->easy);
    *transfer->link = transfer->next;
    if (transfer->next != NULL) {
        transfer->next->link = transfer->link;
    }
    client->n_transfers--;
    transfer->call->transfer = NULL;
    put_idle(transfer);
}

struct http_call *http_transfer_call(const struct http_transfer *transfer)
{
    return transfer->call;
}

struct http_ending http_transfer_ending(const struct http_transfer *transfer, CURLcode code)
{
    curl_off_t connected_us = 0;
    if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_OUT_OF_MEMORY) {
        curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    }
    const char *text =
        transfer->error[0] != '\0' || code == CURLE_OK ? transfer->error : curl_easy_strerror(code);
    if (transfer->aborted != HTTP_CAUSE_NONE) {
        /* It was we: libcurl only says that it could not write. */
        text = "";
    }
    return (struct http_ending){
        .code = code,
        .text = text,
        .is_connected = connected_us > 0,
        .has_head = transfer->head_bytes > 0,
        .aborted = transfer->aborted,
    };
}

bool http_transfer_is_reused(const struct http_transfer *transfer)
{
    long n_connects = 1;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &n_connects);
    return n_connects == 0;
}

int http_transfer_status(const struct http_transfer *transfer)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* A reply that has begun must bring so many bytes between two sweeps. */
static bool is_slow(struct http_transfer *transfer)
{
    bool was_watched = transfer->is_watched;
    uint64_t n_new = transfer->n_bytes - transfer->n_bytes_swept;
    transfer->is_watched = transfer->n_bytes > 0;
    transfer->n_bytes_swept = transfer->n_bytes;
    return was_watched && n_new < transfer->client->settings.low_speed_bytes;
}

void http_transfer_sweep(void *context)
{
    struct http_client *client = context;
    struct http_transfer *next;
    for (struct http_transfer *transfer = client->active; transfer != NULL; transfer = next) {
        next = transfer->next;
        if (is_slow(transfer)) {
            transfer->aborted = HTTP_CAUSE_LOW_SPEED;
            http_attempt_done(transfer->call, CURLE_OPERATION_TIMEDOUT);
        }
    }
    int64_t at_ns = client_now_ns(client) + client->settings.low_speed_window_ns;
    if (http_timer_set(&client->timers, &client->sweep, at_ns, http_transfer_sweep, client) < 0) {
        client->failure = -ENOMEM;
    }
}
