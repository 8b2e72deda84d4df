/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/production.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/error_type.h"
#include "json/index.h"

enum { INDEXED_KEPT = 64 * 1024 };

struct producer {
    const struct production *production;
    /* NULL where nothing is checked or projected. */
    struct schema_checker *checker;
    struct schema_checker *error_checker;
    /* For error events, which are made as text. */
    struct json_indexer *indexer;
    struct weir_event error_event;
    struct pointer raw_event;
    /* An error event without its raw event. */
    struct buffer head;
    struct buffer line;
};

static int new_checker(const struct producer *producer, enum job_stream_role role,
                       struct schema_checker **ret_checker)
{
    const struct schema *rules = producer->production->streams->streams[role].rules;
    return rules == NULL ? 0 : schema_checker_new(rules, ret_checker);
}

int producer_new(const struct production *production, struct producer **ret_producer)
{
    static const char raw_event[] = "/raw_event";
    struct producer *producer = calloc(1, sizeof(*producer));
    if (producer == NULL) {
        return -ENOMEM;
    }
    producer->production = production;
    int r = new_checker(producer, JOB_STREAM_SINK, &producer->checker);
    if (r == 0) {
        r = new_checker(producer, JOB_STREAM_ERROR_SINK, &producer->error_checker);
    }
    if (r == 0) {
        r = pointer_init(&producer->raw_event, raw_event, sizeof(raw_event) - 1, NULL);
    }
    producer->indexer = json_indexer_new(INDEXED_KEPT);
    if (r < 0 || producer->indexer == NULL) {
        producer_free(producer);
        return -ENOMEM;
    }
    *ret_producer = producer;
    return 0;
}

void producer_free(struct producer *producer)
{
    if (producer == NULL) {
        return;
    }
    schema_checker_free(producer->checker);
    schema_checker_free(producer->error_checker);
    json_indexer_free(producer->indexer);
    event_deinit(&producer->error_event);
    pointer_deinit(&producer->raw_event);
    buffer_deinit(&producer->head);
    buffer_deinit(&producer->line);
    free(producer);
}

/* As `project` and `validate` ask. Returns 0, SCHEMA_INVALID, or -ENOMEM. */
static int conform(const struct producer *producer, struct schema_checker *checker,
                   const struct schema_projection *projection, struct weir_event *event)
{
    const struct config *config = producer->production->config;
    if (checker == NULL) {
        return 0;
    }
    if (!config->project) {
        return schema_check_event(checker, event);
    }
    return config->validate ? schema_conform(checker, projection, event)
                            : schema_project(checker, projection, event);
}

static int refuse(const char *message, struct event_failure *ret_failure)
{
    static const char type[] = ERROR_TYPE_VALIDATION;
    *ret_failure =
        (struct event_failure){ { type, sizeof(type) - 1 }, { message, strlen(message) } };
    return PRODUCER_REFUSED;
}

int producer_finish(struct producer *producer, struct weir_event *event,
                    const struct stamp_origin *origin, struct event_failure *ret_failure)
{
    const struct production *production = producer->production;
    int r = production->stamp != NULL ? stamp_event(production->stamp, origin, event) : 0;
    if (r == STAMP_NO_META) {
        return refuse("/meta: expected object", ret_failure);
    }
    if (r == 0) {
        r = conform(producer, producer->checker, &production->projection, event);
    }
    return r == SCHEMA_INVALID ? refuse(schema_checker_complaint(producer->checker), ret_failure)
                               : r;
}

/*
 * Begins the error event from start on, whose raw event is a string of any length: it is not indexed, but
 * lent as a patch.
 */
static int begin_error(struct producer *producer, const struct buffer *line, size_t start,
                       size_t raw)
{
    struct buffer *head = &producer->head;
    const uint32_t *tokens;
    size_t n_tokens;
    buffer_clear(head);
    int r = buffer_append(head, line->data + start, raw - start);
    if (r == 0 && raw < line->len) {
        r = buffer_append_text(head, "null}");
    }
    if (r == 0) {
        r = json_index(producer->indexer, head->data, head->len, &tokens, &n_tokens);
    }
    if (r == 0) {
        r = event_begin(&producer->error_event, head->data, head->len, tokens, n_tokens);
    }
    require(r <= 0);
    if (r == 0 && raw < line->len) {
        /* Without the last brace. */
        r = event_set_raw_at(&producer->error_event, &producer->raw_event, line->data + raw,
                             line->len - raw - 1);
        producer->error_event.is_patched = false;
    }
    return r;
}

/* Writes the event anew where projection has changed it. */
static int replace_error(struct producer *producer, struct buffer *line, size_t start)
{
    if (!producer->error_event.is_patched) {
        return 0;
    }
    buffer_clear(&producer->line);
    int r = event_render(&producer->error_event, &producer->line);
    if (r == 0) {
        line->len = start;
        r = buffer_append(line, producer->line.data, producer->line.len);
    }
    return r;
}

/* The error event from start on, made what its stream asks for. Returns as conform(). */
static int finish_error(struct producer *producer, struct buffer *line, size_t start, size_t raw)
{
    const struct schema_projection projection = { SCHEMA_UNKNOWN_DROP, NULL };
    if (producer->error_checker == NULL) {
        return 0;
    }
    int r = begin_error(producer, line, start, raw);
    if (r == 0) {
        r = conform(producer, producer->error_checker, &projection, &producer->error_event);
    }
    if (r == 0) {
        r = replace_error(producer, line, start);
    }
    event_reset(&producer->error_event);
    buffer_clear(&producer->line);
    buffer_shrink(&producer->line, INDEXED_KEPT);
    return r;
}

int producer_render_error(struct producer *producer, struct error_event *event,
                          struct buffer *ret_line, const char **ret_complaint)
{
    size_t start = ret_line->len;
    size_t raw;
    int r = SCHEMA_INVALID;
    event->schema_uri = producer->production->error_schema_uri.data;
    for (int is_bare = 0; is_bare <= 1 && r == SCHEMA_INVALID; is_bare++) {
        ret_line->len = start;
        event->is_bare = is_bare != 0;
        r = error_event_render(event, ret_line, &raw);
        if (r == 0) {
            r = finish_error(producer, ret_line, start, raw);
        }
    }
    if (r < 0) {
        ret_line->len = start;
    }
    if (r == SCHEMA_INVALID) {
        *ret_complaint = schema_checker_complaint(producer->error_checker);
        return PRODUCER_REFUSED;
    }
    return r;
}
