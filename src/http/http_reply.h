/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a reply: its head as far as we care, why it finished, and the first bytes of a body
 * that was not wanted. Pure; one owner.
 */
#ifndef WEIR_HTTP_HTTP_REPLY_H
#define WEIR_HTTP_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    /* What is kept of the body of a reply that is not wanted. */
    HTTP_ERROR_BODY_MAX = 4096,
    HTTP_CONTENT_TYPE_SIZE = 128,
    HTTP_RETRY_AFTER_SIZE = 64,
    HTTP_ENCODING_SIZE = 32,
    HTTP_DETAIL_SIZE = 256,
};

/* Why a transfer finished. */
enum http_finish {
    HTTP_FINISH_NONE,
    /* The body came to its proper end. */
    HTTP_FINISH_END,
    /* The connection broke while the body was coming. */
    HTTP_FINISH_CUT,
    /* Nothing came for idle_timeout_ns. */
    HTTP_FINISH_IDLE,
    /* The reply is not a 200 of the right media type; its status, type and error_body say more. */
    HTTP_FINISH_REFUSED,
    /* The host's name is not known. */
    HTTP_FINISH_NO_HOST,
    /* Refused, reset or timed out before the reply's head. */
    HTTP_FINISH_NO_CONNECTION,
    /* The server's certificate is not accepted. */
    HTTP_FINISH_TLS,
    /* Too many redirects, or one to where we do not go. */
    HTTP_FINISH_REDIRECT,
    /* The server does not keep to HTTP, or sent an encoding that was not asked for. */
    HTTP_FINISH_PROTOCOL,
};

/* The last reply; fixed from HTTP_FINISHED until the next start. */
struct http_reply {
    enum http_finish finish;
    /* 0: no reply came. */
    int status;
    char content_type[HTTP_CONTENT_TYPE_SIZE];
    /* As it was sent, empty without one; http_retry_after_parse() reads it. */
    char retry_after[HTTP_RETRY_AFTER_SIZE];
    /* Content-Encoding as it was sent, empty without one. */
    char encoding[HTTP_ENCODING_SIZE];
    /* There was a Location that is not empty. */
    bool has_location;
    /* Of a refused reply, its first bytes. */
    struct buffer error_body;
    /* A short text for people, from libcurl or from here; never empty once finished. */
    char detail[HTTP_DETAIL_SIZE];
};

/* Forgets all of it, keeps the memory of error_body. */
void http_reply_reset(struct http_reply *reply);
void http_reply_deinit(struct http_reply *reply);

/* A new head begins (after an interim reply or a redirect): forgets the one before. */
void http_reply_begin_head(struct http_reply *reply);

/* Takes one header line, with or without its line end; keeps it if it is one of ours. */
void http_reply_take_header(struct http_reply *reply, const char *line, size_t len);

/* Whether the content type is media_type, whatever its parameters. */
bool http_reply_is_of(const struct http_reply *reply, const char *media_type);

/* Whether the status is one of those that a Location makes a redirect. */
bool http_reply_is_redirect(const struct http_reply *reply);

/* Sets detail, unless there is one. */
void http_reply_explain(struct http_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "the connection was cut", for logs. */
const char *http_finish_text(enum http_finish finish);

#endif
