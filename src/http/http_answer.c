/* SPDX-License-Identifier: Apache-2.0 */
/* What came back: bodies, heads, and bodies as documents. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_call.h"
#include "json/index.h"

/*
 * A body is charged from CHARGED_FROM bytes on, a block at a time; threefold, since it becomes text of
 * the event and of a line.
 */
enum {
    CHARGED_FROM = 16 * 1024,
    CHARGE_BLOCK = 64 * 1024,
    CHARGE_FACTOR = 6,
    BODY_KEPT = 64 * 1024,
    /* So many that nobody has now, and so much of each. */
    ANSWERS_KEPT = 256,
    IDLE_KEPT = 16 * 1024,
};

struct http_answer *http_answer_new(struct weir_http *session)
{
    struct http_client *client = session->client;
    struct http_answer *answer = client->answers_idle;
    if (answer != NULL) {
        client->answers_idle = answer->next;
        client->n_answers_idle--;
    } else {
        answer = calloc(1, sizeof(*answer));
    }
    if (answer != NULL) {
        answer->next = session->answers;
        session->answers = answer;
    }
    return answer;
}

static void set_charge(struct weir_http *session, struct http_answer *answer, size_t charged)
{
    if (charged != answer->charged) {
        room_set(session->client->options.room, answer->charged, charged);
        answer->charged = charged;
    }
}

static void drop_document(struct weir_http *session, struct http_answer *answer)
{
    struct http_document *document = answer->document;
    if (document != NULL) {
        event_reset(&document->event);
        (void)json_indexer_shrink(document->indexer, BODY_KEPT);
        document->next = session->client->documents_idle;
        session->client->documents_idle = document;
        answer->document = NULL;
    }
}

static void answer_free(struct http_answer *answer)
{
    buffer_deinit(&answer->body);
    buffer_deinit(&answer->head);
    free(answer);
}

void http_answers_free(struct weir_http *session)
{
    struct http_client *client = session->client;
    while (session->answers != NULL) {
        struct http_answer *answer = session->answers;
        session->answers = answer->next;
        http_answer_clear(session, answer);
        if (client->n_answers_idle == ANSWERS_KEPT) {
            answer_free(answer);
            continue;
        }
        buffer_shrink(&answer->body, IDLE_KEPT);
        buffer_shrink(&answer->head, IDLE_KEPT);
        answer->next = client->answers_idle;
        client->answers_idle = answer;
        client->n_answers_idle++;
    }
    if (session->has_reserve) {
        room_unreserve(session->client->options.room);
        session->has_reserve = false;
    }
}

void http_answers_free_idle(struct http_client *client)
{
    while (client->answers_idle != NULL) {
        struct http_answer *answer = client->answers_idle;
        client->answers_idle = answer->next;
        answer_free(answer);
    }
}

void http_answer_clear(struct weir_http *session, struct http_answer *answer)
{
    drop_document(session, answer);
    http_decode_end(session->client, answer);
    buffer_clear(&answer->body);
    buffer_clear(&answer->head);
    buffer_shrink(&answer->body, BODY_KEPT);
    answer->status = 0;
    set_charge(session, answer, 0);
}

/* Room for a body of so many bytes. False: there is none, and others must finish first. */
static bool charge(struct weir_http *session, struct http_answer *answer, size_t len)
{
    struct room *room = session->client->options.room;
    size_t blocks = (len + CHARGE_BLOCK - 1) / CHARGE_BLOCK;
    size_t charged = len <= CHARGED_FROM ? 0 : CHARGE_FACTOR * blocks * CHARGE_BLOCK;
    if (charged <= answer->charged) {
        return true;
    }
    if (room_try(room, answer->charged, charged)) {
        answer->charged = charged;
        return true;
    }
    session->has_reserve = session->has_reserve || room_reserve(room);
    if (session->has_reserve) {
        set_charge(session, answer, charged);
    }
    return session->has_reserve;
}

enum http_cause http_answer_append(struct weir_http *session, struct http_answer *answer,
                                   const char *bytes, size_t len, size_t expected)
{
    size_t limit = session->client->settings.max_body_bytes;
    if (len > limit - answer->body.len) {
        return HTTP_CAUSE_BODY_TOO_LARGE;
    }
    size_t most = answer->body.len == 0 && expected <= limit && expected > len
                      ? expected
                      : answer->body.len + len;
    if (!charge(session, answer, most)) {
        return HTTP_CAUSE_ROOM;
    }
    if (answer->body.len == 0 && expected > len && expected <= limit) {
        /* Without this it would be copied as it grows, and end half empty; a NUL stands behind it. */
        (void)buffer_reserve(&answer->body, expected + 1);
    }
    return buffer_append(&answer->body, bytes, len) < 0 ? HTTP_CAUSE_MEMORY : HTTP_CAUSE_NONE;
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    const char *found = NULL;
    size_t name_len = strlen(name);
    const char *end = answer->head.data + answer->head.len;
    for (const char *line = answer->head.data; line != NULL && line < end;
         line += strlen(line) + 1) {
        /* Most lines differ in their first letter. */
        if ((line[0] | 0x20) == (name[0] | 0x20) && strncasecmp(line, name, name_len) == 0 &&
            line[name_len] == ':') {
            found = line + name_len + 1;
            found += strspn(found, " \t");
        }
    }
    return found;
}

static struct http_document *take_document(struct http_client *client)
{
    struct http_document *document = client->documents_idle;
    if (document != NULL) {
        client->documents_idle = document->next;
        return document;
    }
    document = calloc(1, sizeof(*document));
    if (document == NULL) {
        return NULL;
    }
    document->indexer = json_indexer_new(BODY_KEPT);
    if (document->indexer == NULL) {
        free(document);
        return NULL;
    }
    return document;
}

int http_answer_parse(struct weir_http *session, struct http_answer *answer)
{
    const uint32_t *tokens;
    size_t n_tokens;
    if (answer->document != NULL) {
        return 0;
    }
    struct http_document *document = take_document(session->client);
    if (document == NULL) {
        return -ENOMEM;
    }
    answer->document = document;
    int r = json_index(document->indexer, answer->body.data, answer->body.len, &tokens, &n_tokens);
    if (r == 0) {
        r = event_begin(&document->event, answer->body.data, answer->body.len, tokens, n_tokens);
    }
    /* An array or a scalar may be read as well as an object. */
    if (r == 0 || r == EVENT_NOT_OBJECT) {
        return 0;
    }
    drop_document(session, answer);
    return r == -ENOMEM ? r : -EBADMSG;
}
