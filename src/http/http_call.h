/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the room: the client, its sessions and calls.
 *
 *     call    new -> (line: waits for the host) -> transfer -> done
 *                       ^                            |
 *                       +--- pause (back-off) <------+
 */
#ifndef WEIR_HTTP_HTTP_CALL_H
#define WEIR_HTTP_HTTP_CALL_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "event/event.h"
#include "http/http_client.h"
#include "http/http_inflate.h"
#include "http/http_timer.h"

struct http_shard;
struct http_transfer;
struct http_lookups;

/* A document with all it needs; kept by the client when its session ends. */
struct http_document {
    struct http_document *next;
    struct weir_event event;
    struct json_indexer *indexer;
};

/* Each of 40 KiB. */
enum { INFLATERS_KEPT = 16 };

/* What came back; lives as long as its session. */
struct http_answer {
    struct http_answer *next;
    struct buffer body;
    /* The lines of the last head. */
    struct buffer head;
    int status;
    /* What of the body is charged to the room. */
    size_t charged;
    /* Bytes of it have come; they are gzip, unless this is NULL. */
    bool is_body_begun;
    struct http_inflate *inflater;
    /* NULL: not parsed. */
    struct http_document *document;
};

/* The requests of one client that wait for one host. */
struct http_line {
    struct http_line *next_line;
    struct http_client *client;
    struct http_host *host;
    struct http_call *first;
    struct http_call *last;
    /* Retries that wait for the budget. */
    struct http_call *first_retry;
    struct http_call *last_retry;
    struct http_timer timer;
};

/* Where the URLs of one origin ("https://host:port") lead. */
struct http_place {
    char *origin;
    size_t origin_len;
    struct http_line *line;
    /* Instead of origin, and the Host header that then belongs to it; NULL: no route. */
    char *target;
    char *host_header;
};

enum http_call_state {
    HTTP_CALL_IDLE,
    /* To be looked at by the next poll. */
    HTTP_CALL_NEW,
    HTTP_CALL_WAITING,
    HTTP_CALL_TRANSFER,
    /* Backs off, or sleeps. */
    HTTP_CALL_PAUSED,
};

struct http_call {
    struct http_call *next;
    enum http_call_state state;
    /* What is asked for; lent by the caller, who is suspended. NULL: a sleep. */
    const struct weir_http_request *request;
    const char *method;
    bool is_idempotent;
    struct buffer url;
    struct http_place *place;
    struct http_timer timer;
    struct http_transfer *transfer;
    /* Under the host's limits: to be given back. */
    bool is_admitted;
    bool is_probe;
    /* This attempt is a retry that the budget pays for; and it has paid. */
    bool needs_budget;
    bool has_budget;
    /* A new connection is made, since those kept were dead. */
    bool is_fresh;
    bool is_cancelled;
    unsigned n_attempts;
    /* Of them, those that were answered with garbage; with a 404 that may pass. */
    unsigned n_once;
    unsigned n_young;
    unsigned n_redirects;
    /* On another host by a redirect: secrets stay at home. */
    bool is_abroad;
    /* When it was made; its first attempt (of a sleep: its end); its last attempt. */
    int64_t began_ns;
    int64_t started_ns;
    int64_t attempt_ns;
    /* Idempotency-Key of this call, empty where there is none. */
    char key[48];
    /* How it ended. */
    enum http_cause cause;
    char detail[CURL_ERROR_SIZE];
    struct http_answer *answer;
};

struct weir_http {
    struct weir_http *next;
    struct http_client *client;
    struct weir_event *event;
    void *waiter;
    struct http_call call;
    struct http_answer *answers;
    /* Attempts and pauses of this event so far. */
    int64_t spent_ns;
    /* When the event was made (meta.dt), on the real-time clock; 0: not looked up, INT64_MIN: not known. */
    int64_t born_ns;
    bool was_cancelled;
    bool has_reserve;
    /* Answers of lookups, copied. */
    struct arena arena;
    /* Waiting for a lookup; see http_lookup.c. */
    struct http_wish *wish;
};

struct http_client {
    struct http_client_options options;
    struct http_settings settings;
    int epoll_fd;
    CURLSH *share;
    struct http_shard *shards;
    struct http_transfer *idle;
    struct http_transfer *active;
    size_t n_transfers;
    /* By descriptor: what http_shard.c knows of it. */
    uint8_t *sockets;
    size_t n_sockets;
    /* Calls that wait for what a host allows. */
    size_t n_parked;
    struct http_call *first_new;
    struct http_call *last_new;
    struct http_timers timers;
    struct http_timer sweep;
    /* By the hash of their origins. */
    struct http_place **places;
    size_t n_places;
    size_t places_capacity;
    struct http_line *lines;
    struct curl_slist *headers;
    struct http_random random;
    struct weir_http *sessions_idle;
    struct http_document *documents_idle;
    struct http_answer *answers_idle;
    size_t n_answers_idle;
    struct http_inflate *inflaters[INFLATERS_KEPT];
    size_t n_inflaters;
    struct http_lookups *lookups;
    struct buffer scratch;
    bool is_cancelling;
    /* A function may go on, since the poll has begun. */
    bool has_woken;
    /* Its wake-up was sent. */
    bool is_woken;
    /* -errno, from inside a callback. */
    int failure;
    struct http_counts counts;
    struct histogram latency;
};

static inline int64_t client_now_ns(const struct http_client *client)
{
    return clock_now_ns(client->options.clock);
}

/* http_client.c: */

/* Runs a call (prepared by http_session.c) to its end; suspends. Returns its cause. */
enum http_cause http_call_run(struct http_call *call);
/* Ends a call, however it stands, and wakes its function. */
void http_call_end(struct http_call *call, enum http_cause cause);
struct weir_http *http_call_session(struct http_call *call);

/* http_line.c: who waits for a host. */

/* Where a URL leads; NULL: *ret_cause says why not. */
struct http_place *http_place_find(struct http_client *client, const char *url,
                                   enum http_cause *ret_cause);
void http_places_free(struct http_client *client);
void http_lines_pump(struct http_client *client);
/* Puts a call behind those that wait for its host; a retry before them. */
void http_line_enter(struct http_call *call, bool is_retry);
/* Takes a call out of a list, if it is in it: true. */
bool http_calls_remove(struct http_call **first, struct http_call **last, struct http_call *call);
/* Takes a waiting call out. */
void http_line_remove(struct http_call *call);
/* Sends what the host may be asked for now. */
void http_line_pump(struct http_line *line);

/* http_attempt.c: what comes of an attempt. */
void http_attempt_done(struct http_call *call, CURLcode code);
/* Pauses a call, then lets it try again. */
void http_attempt_pause(struct http_call *call, int64_t delay_ns, bool needs_budget);

/* A timer's function: the pause of a call (its context) is over. */
void http_attempt_pause_end(void *context);

/* http_transfer.c: */

/* Sends an attempt. Returns 0 or the cause why it cannot be. */
enum http_cause http_transfer_start(struct http_call *call);
/* Takes a call's transfer away from libcurl; it may be used again. */
void http_transfer_stop(struct http_transfer *transfer);
struct http_call *http_transfer_call(const struct http_transfer *transfer);
struct http_ending http_transfer_ending(const struct http_transfer *transfer, CURLcode code);
/* Whether it went over a connection that was kept from before. */
bool http_transfer_is_reused(const struct http_transfer *transfer);
int http_transfer_status(const struct http_transfer *transfer);
/* A timer's function: ends the attempts of a client (its context) that are too slow. */
void http_transfer_sweep(void *context);
void http_transfers_free(struct http_client *client);

/* http_shard.c: */
int http_shards_open(struct http_client *client);
void http_shards_close(struct http_client *client);
int http_shard_add(struct http_client *client, CURL *easy, struct http_shard **ret_shard);
void http_shard_remove(struct http_shard *shard, CURL *easy);
/* Runs timers, and takes the transfers that are done. */
void http_shards_run_timers(struct http_client *client);
/* Waits up to timeout_ms and drives what is ready. Returns 0 or -errno. */
int http_shards_drive(struct http_client *client, int timeout_ms);

/* A descriptor that curl connects was opened, or is to be closed. Returns 0 or -ENOMEM. */
int http_shards_opened(struct http_client *client, int fd);
void http_shards_closed(struct http_client *client, int fd);

/* http_decode.c: */
/*
 * Takes what has come of a body, of which so many bytes are expected in all (0: not known). Returns
 * HTTP_CAUSE_NONE or why not.
 */
enum http_cause http_decode(struct weir_http *session, struct http_answer *answer,
                            const char *bytes, size_t len, size_t expected);
/* Whether nothing is missing of what was decoded. */
bool http_decode_is_whole(const struct http_answer *answer);
void http_decode_end(struct http_client *client, struct http_answer *answer);
void http_decode_free(struct http_client *client);

/* http_answer.c: */
struct http_answer *http_answer_new(struct weir_http *session);
/* Those of a session, for others to use. */
void http_answers_free(struct weir_http *session);
void http_answers_free_idle(struct http_client *client);
/* Appends bytes of a body, of which so many are expected in all (0: not known). Returns HTTP_CAUSE_NONE or why not. */
enum http_cause http_answer_append(struct weir_http *session, struct http_answer *answer,
                                   const char *bytes, size_t len, size_t expected);
/* Forgets what an attempt has left. */
void http_answer_clear(struct weir_http *session, struct http_answer *answer);
/* The last value of a header, NULL without one. */
const char *http_answer_header(const struct http_answer *answer, const char *name);
/* Parses the body, once. Returns 0, -EBADMSG (no JSON) or -ENOMEM. */
int http_answer_parse(struct weir_http *session, struct http_answer *answer);

/* http_lookup.c: */
int http_lookups_new(struct http_client *client);
void http_lookups_free(struct http_client *client);

/* http_session.c: */
/* Says on the event why a call failed. */
enum http_cause http_session_sleep(struct weir_http *session, int64_t duration_ns);
void http_session_explain(struct weir_http *session, const struct http_call *call);

#endif
