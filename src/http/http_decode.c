/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Encoding of a reply, undone as it comes. libcurl 7.88.1 would do it, but takes a gzip body whose
 * end is missing for a whole one when Content-Length agrees, and part of a text must not become an event's.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/http_call.h"

enum { BLOCK = 16 * 1024 };

/* The names in all headers of this name; NULL: none. More than one: is_many. */
static const char *find_encoding(const struct http_answer *answer, bool *ret_is_many)
{
    static const char name[] = "content-encoding:";
    const char *found = NULL;
    const char *end = answer->head.data + answer->head.len;
    *ret_is_many = false;
    for (const char *line = answer->head.data; line != NULL && line < end;
         line += strlen(line) + 1) {
        if (strncasecmp(line, name, sizeof(name) - 1) == 0) {
            *ret_is_many = *ret_is_many || found != NULL;
            found = line + sizeof(name) - 1;
            found += strspn(found, " \t");
        }
    }
    return found;
}

static int take_inflater(struct http_client *client, struct http_answer *answer)
{
    if (client->n_inflaters > 0) {
        answer->inflater = client->inflaters[--client->n_inflaters];
        return 0;
    }
    return http_inflate_new(&answer->inflater);
}

/* What the head says of the body, of which nothing has come yet. */
static enum http_cause begin(struct http_client *client, struct http_answer *answer)
{
    bool is_many;
    const char *encoding = find_encoding(answer, &is_many);
    answer->is_body_begun = true;
    if (encoding == NULL || strcasecmp(encoding, "identity") == 0 || encoding[0] == '\0') {
        return is_many ? HTTP_CAUSE_ENCODING_UNKNOWN : HTTP_CAUSE_NONE;
    }
    if (is_many || (strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "x-gzip") != 0)) {
        return HTTP_CAUSE_ENCODING_UNKNOWN;
    }
    return take_inflater(client, answer) < 0 ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_NONE;
}

static enum http_cause inflate_bytes(struct weir_http *session, struct http_answer *answer,
                                     const char *bytes, size_t len)
{
    char block[BLOCK];
    struct http_inflate_io io = { .in = bytes, .in_len = len };
    enum http_cause cause = HTTP_CAUSE_NONE;
    do {
        io.out = block;
        io.out_len = sizeof(block);
        int r = http_inflate_step(answer->inflater, &io);
        if (r < 0) {
            return r == -ENOMEM ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_ENCODING;
        }
        cause = http_answer_append(session, answer, block, sizeof(block) - io.out_len, 0);
    } while (cause == HTTP_CAUSE_NONE && io.out_len == 0);
    return cause;
}

enum http_cause http_decode(struct weir_http *session, struct http_answer *answer,
                            const char *bytes, size_t len, size_t expected)
{
    enum http_cause cause =
        answer->is_body_begun ? HTTP_CAUSE_NONE : begin(session->client, answer);
    if (cause != HTTP_CAUSE_NONE) {
        return cause;
    }
    return answer->inflater != NULL ? inflate_bytes(session, answer, bytes, len)
                                    : http_answer_append(session, answer, bytes, len, expected);
}

bool http_decode_is_whole(const struct http_answer *answer)
{
    return answer->inflater == NULL || http_inflate_is_ended(answer->inflater);
}

void http_decode_end(struct http_client *client, struct http_answer *answer)
{
    struct http_inflate *inflater = answer->inflater;
    answer->inflater = NULL;
    answer->is_body_begun = false;
    if (inflater != NULL && client->n_inflaters < ARRAY_SIZE(client->inflaters) &&
        http_inflate_restart(inflater) == 0) {
        client->inflaters[client->n_inflaters++] = inflater;
        return;
    }
    http_inflate_free(inflater);
}

void http_decode_free(struct http_client *client)
{
    while (client->n_inflaters > 0) {
        http_inflate_free(client->inflaters[--client->n_inflaters]);
    }
}
