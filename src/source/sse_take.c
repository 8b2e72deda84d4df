/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes of the body to events of the batch: parse, ask the track what becomes of each message, add
 * it or take its bytes back.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "event/error_type.h"
#include "source/sse_source.h"

bool sse_is_full(const struct sse_source *self)
{
    const struct batch *batch = self->batch;
    const struct source_options *common = &self->options.common;
    return batch->n_events > 0 && (batch->n_events >= common->batch_max_events ||
                                   batch->bytes.len >= common->batch_max_bytes);
}

bool sse_is_paced(struct sse_source *self)
{
    return self->options.max_rate > 0 && pace_available(&self->pace, sse_now_ns(self), 1) == 0;
}

/* Adds what the track has given a position; its bytes are the last of the batch, or len is 0. */
static struct batch_event *add_event(struct sse_source *self, const struct position *position,
                                     size_t len)
{
    struct batch *batch = self->batch;
    struct batch_event *event = batch_add(batch, batch->bytes.len - len, len);
    if (event == NULL) {
        return NULL;
    }
    event->position = *position;
    if (batch->n_events == 1) {
        batch->read_ns = sse_now_ns(self);
    }
    sse_link_praise(self->link);
    self->is_fruitful = true;
    return event;
}

static int add_too_large(struct sse_source *self, const struct position *position,
                         const struct sse_event *message)
{
    char text[160];
    struct batch_event *event = add_event(self, position, 0);
    if (event == NULL) {
        return -ENOMEM;
    }
    snprintf(text, sizeof(text),
             "the event at offset %" PRId64 " has %" PRIu64 " bytes, max_event_size allows %zu",
             position->offset, message->data_len, self->options.common.max_event_size);
    return batch_event_fault(self->batch, event, ERROR_TYPE_TOO_LARGE, text);
}

/* What the facts were found in travels as it was walked, but for that of a batch with a giant event. */
static int add_index(struct sse_source *self, struct batch_event *event,
                     const struct sse_facts *facts)
{
    struct batch *batch = self->batch;
    if (facts->document.n_tokens == 0 ||
        batch->bytes.len > 2 * self->options.common.batch_max_bytes) {
        return 0;
    }
    return batch_event_index(batch, event, &facts->document);
}

static int give(struct sse_source *self, const struct position *position,
                const struct sse_event *message, const struct sse_facts *facts)
{
    pace_take(&self->pace, 1);
    if (message->len < message->data_len) {
        return add_too_large(self, position, message);
    }
    struct batch_event *event = add_event(self, position, message->len);
    return event == NULL ? -ENOMEM : add_index(self, event, facts);
}

static int skip(struct sse_source *self, const struct position *position)
{
    struct batch_event *event = add_event(self, position, 0);
    if (event == NULL) {
        return -ENOMEM;
    }
    event->kind = BATCH_EVENT_SKIPPED;
    return 0;
}

/* Reads what there is to know; too large messages have their id field only. */
static int read_facts(struct sse_source *self, const struct sse_event *message,
                      struct sse_facts *ret_facts)
{
    if (message->len == message->data_len) {
        return sse_facts_read(self->facts, self->batch->bytes.data + message->offset, message->len,
                              ret_facts);
    }
    *ret_facts = (struct sse_facts){
        .dt_ms = -1,
        .id = hash_bytes_seeded(message->id, message->id_len, message->data_len),
    };
    return 0;
}

/* Asks the track what becomes of a message. Returns an action or -errno. */
static int place(struct sse_source *self, const struct sse_event *message, struct sse_facts *facts,
                 struct position *position)
{
    struct sse_message wanted = { .facts = facts, .now_ms = sse_realtime_ms(self) };
    int r = sse_facts_read_places(self->facts, message->id, message->id_len, &wanted.places,
                                  &wanted.n_places);
    if (r == 0) {
        /* Last: it lends the event's index. */
        r = read_facts(self, message, facts);
    }
    return r < 0 ? r : sse_track_take(self->track, &wanted, position);
}

/* Once: nothing says where the events stand. */
static void note_blindness(struct sse_source *self)
{
    if (!self->is_blind_told && sse_track_is_blind(self->track)) {
        self->is_blind_told = true;
        log_warning("events carry no offsets and cannot be read again: a crash can lose what is in "
                    "flight",
                    LOG_TEXT("source", self->base.identity));
    }
}

static int take_message(struct sse_source *self, const struct sse_event *message)
{
    struct sse_facts facts;
    struct position position;
    int action = place(self, message, &facts, &position);
    note_blindness(self);
    if (action == SSE_GIVE) {
        return give(self, &position, message, &facts);
    }
    sse_parser_withdraw(&self->parser, message);
    self->has_moved = action == SSE_MOVED;
    return action == SSE_SKIP ? skip(self, &position) : action < 0 ? action : 0;
}

/* The server says that something went wrong; it ends the response after it. */
static void take_other(struct sse_source *self, const struct sse_event *message)
{
    static const char error[] = "error";
    if (message->type_len == strlen(error) && memcmp(message->type, error, strlen(error)) == 0) {
        char text[512];
        snprintf(text, sizeof(text), "%.*s", (int)(message->len < 500 ? message->len : 500),
                 self->batch->bytes.data + message->offset);
        log_warning("the service reports an error", LOG_TEXT("source", self->base.identity),
                    LOG_TEXT("detail", text));
    }
    sse_parser_withdraw(&self->parser, message);
}

static bool is_message(const struct sse_event *event)
{
    static const char name[] = "message";
    return event->type_len == 0 ||
           (event->type_len == strlen(name) && memcmp(event->type, name, event->type_len) == 0);
}

static void note_bytes(struct sse_source *self, size_t len)
{
    if (!self->is_connected) {
        self->is_connected = true;
        sse_track_connected(self->track, self->asked_ms);
    }
    if (self->parser.retry_ms >= 0) {
        sse_link_set_retry(self->link, self->parser.retry_ms);
    }
    self->last_byte_ns = sse_now_ns(self);
    int64_t n_bytes = atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    atomic_store_explicit(&self->n_bytes, n_bytes + (int64_t)len, memory_order_relaxed);
}

size_t sse_take(void *context, const char *bytes, size_t len)
{
    struct sse_source *self = context;
    struct sse_piece piece;
    struct sse_event event;
    sse_piece_init(&piece, bytes, len);
    note_bytes(self, 0);
    int r = 1;
    while (r > 0 && !self->has_moved && !sse_is_full(self) && !sse_is_paced(self)) {
        r = sse_parser_next(&self->parser, &piece, &event);
        if (r > 0 && !is_message(&event)) {
            take_other(self, &event);
        } else if (r > 0) {
            self->failed = take_message(self, &event);
            r = self->failed < 0 ? self->failed : r;
        }
    }
    self->failed = r < 0 ? r : 0;
    note_bytes(self, (size_t)(piece.cursor - bytes));
    return (size_t)(piece.cursor - bytes);
}
