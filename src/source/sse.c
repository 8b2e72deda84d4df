/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the body go from libcurl's buffer through the parser straight into the batch. Between
 * two reads the half message at a batch's end waits in `carry`. Whatever stops taking (the batch is
 * full, the rate is reached) leaves the rest with the transfer, which holds the server back.
 */
#include "source/sse.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/thread.h"
#include "http/http_url.h"
#include "source/pace.h"
#include "source/sse_facts.h"
#include "source/sse_link.h"
#include "source/sse_parser.h"
#include "source/sse_track.h"
#include "weir/version.h"

/* A read returns without an event after so long. */
#define QUIET_NS NS_PER_S
/* Behind until_ms on the real clock, silence for so long is the end. */
#define UNTIL_QUIET_NS (5 * NS_PER_S)

struct sse_source {
    struct source base;
    /* Fixed after start. */
    struct sse_source_options options;
    char *user_agent;
    struct wakeup wake;

    /* Set before the wake-up is sent, taken after it is cleared. */
    atomic_bool is_interrupted;
    /* Relaxed: a number on its own. */
    _Atomic int64_t n_bytes;

    /* Has a lock of its own. */
    struct sse_track *track;

    /* Owned by the source thread. */
    struct sse_link *link;
    struct sse_facts_reader *facts;
    struct sse_parser parser;
    struct buffer carry;
    /* The batch that is being filled; NULL between reads. */
    struct batch *batch;
    /* -errno from inside take(). */
    int failed;
    /* The track wants the connection to end. */
    bool has_moved;
    /* This connection has brought its first byte; real time at which it was asked for. */
    bool is_connected;
    int64_t asked_ms;
    /* It has brought an event that is new. */
    bool is_fruitful;
    int64_t last_byte_ns;
    struct pace pace;
    bool is_blind_told;
};

static int64_t now_ns(const struct sse_source *self)
{
    return clock_now_ns(self->options.common.clock);
}

static int64_t realtime_ms(const struct sse_source *self)
{
    const struct clock *clock = self->options.common.clock;
    return clock->realtime_ns(clock) / NS_PER_MS;
}

static bool is_full(const struct sse_source *self)
{
    const struct batch *batch = self->batch;
    const struct source_options *common = &self->options.common;
    return batch->n_events > 0 && (batch->n_events >= common->batch_max_events ||
                                   batch->bytes.len >= common->batch_max_bytes);
}

/* The rate allows no event now. */
static bool is_paced(struct sse_source *self)
{
    return self->options.max_rate > 0 && pace_available(&self->pace, now_ns(self), 1) == 0;
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
        batch->read_ns = now_ns(self);
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
    return batch_event_fault(self->batch, event, "EventTooLargeError", text);
}

static int give(struct sse_source *self, const struct position *position,
                const struct sse_event *message, const struct sse_facts *facts)
{
    pace_take(&self->pace, 1);
    if (message->len < message->data_len) {
        return add_too_large(self, position, message);
    }
    struct batch_event *event = add_event(self, position, message->len);
    if (event == NULL) {
        return -ENOMEM;
    }
    if (facts->is_canary && self->options.drop_canary) {
        event->kind = BATCH_EVENT_DROPPED;
    }
    return 0;
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
    int r = read_facts(self, message, facts);
    struct sse_message wanted = { .facts = facts, .now_ms = realtime_ms(self) };
    if (r == 0) {
        r = sse_facts_read_places(self->facts, message->id, message->id_len, &wanted.places,
                                  &wanted.n_places);
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
    self->last_byte_ns = now_ns(self);
    int64_t n_bytes = atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    atomic_store_explicit(&self->n_bytes, n_bytes + (int64_t)len, memory_order_relaxed);
}

/* Takes bytes of the body, as long as there is room for what they hold. */
static size_t take(void *context, const char *bytes, size_t len)
{
    struct sse_source *self = context;
    struct sse_piece piece;
    struct sse_event event;
    sse_piece_init(&piece, bytes, len);
    note_bytes(self, 0);
    int r = 1;
    while (r > 0 && !self->has_moved && !is_full(self) && !is_paced(self)) {
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

/* Clears the wake-up; true when source_interrupt() was called since the last time. */
static bool take_interrupt(struct sse_source *self)
{
    wakeup_clear(&self->wake);
    return atomic_exchange_explicit(&self->is_interrupted, false, memory_order_acquire);
}

/* Waits until the rate allows the next event, the read is over by its time, or the wake-up. */
static void wait_for_pace(const struct sse_source *self, int64_t give_up_ns)
{
    const struct batch *batch = self->batch;
    int64_t now = now_ns(self);
    int64_t end_ns =
        batch->n_events > 0 ? batch->read_ns + self->options.common.linger_ns : give_up_ns;
    int64_t left_ns = end_ns > now ? end_ns - now : 0;
    int64_t wait_ns = pace_wait_ns(&self->pace, now);
    wait_ns = wait_ns < left_ns ? wait_ns : left_ns;
    struct pollfd wake = { .fd = self->wake.fd, .events = POLLIN };
    struct timespec timeout = { .tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S };
    ppoll(&wake, 1, &timeout, NULL);
}

/* An id that is no list of places, as it was sent, where a header can hold it. */
static const char *plain_id(struct sse_source *self)
{
    const struct buffer *id = &self->parser.last_id;
    if (!sse_track_is_blind(self->track) || id->len == 0) {
        return NULL;
    }
    for (size_t i = 0; i < id->len; i++) {
        if ((unsigned char)id->data[i] < 0x20 || id->data[i] == 0x7f) {
            return NULL;
        }
    }
    return buffer_text(&self->parser.last_id);
}

/* Asks for what follows. Returns 0, 1 when the pipeline is stopping, or -errno. */
static int connect_next(struct sse_source *self)
{
    AUTO_BUFFER id = { 0 };
    struct sse_resume resume = { .is_fruitless = !self->is_fruitful, .now_ms = realtime_ms(self) };
    int r = sse_track_has_moved(self->track) ? sse_track_follow(self->track) : 0;
    if (r == 0) {
        r = sse_parser_restart(&self->parser);
    }
    if (r == 0) {
        r = sse_track_resume(self->track, &resume, &id);
    }
    if (r != 0) {
        return r;
    }
    self->is_fruitful = false;
    struct sse_request request = { .last_event_id = plain_id(self), .since_ms = -1 };
    if (id.len > 0) {
        request.last_event_id = buffer_text(&id);
    } else if (request.last_event_id == NULL) {
        request.since_ms = sse_track_since(self->track);
    }
    self->is_connected = false;
    self->asked_ms = realtime_ms(self);
    return sse_link_start(self->link, &request);
}

/* Whether the read ends before the network is asked again. */
static bool is_read_over(struct sse_source *self, int64_t give_up_ns)
{
    const struct batch *batch = self->batch;
    int64_t now = now_ns(self);
    if (batch->n_events == 0) {
        return now >= give_up_ns;
    }
    return is_full(self) || now - batch->read_ns >= self->options.common.linger_ns;
}

static bool is_past_until(const struct sse_source *self, int outcome)
{
    if (self->options.until_ms < 0) {
        return false;
    }
    bool is_quiet = outcome == SSE_LINK_OPEN && self->is_connected &&
                    realtime_ms(self) >= self->options.until_ms &&
                    now_ns(self) - self->last_byte_ns >= UNTIL_QUIET_NS;
    return is_quiet || sse_track_is_past_until(self->track);
}

/* Drives the connection once. Returns a link's outcome or -errno. */
static int advance(struct sse_source *self, int64_t timeout_ns, struct problem *problem)
{
    int outcome = sse_link_poll(self->link, timeout_ns, problem);
    int r = outcome < 0 ? outcome : self->failed;
    if (outcome >= 0 && r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "source: cannot take an event: %s",
                           strerror(-r));
    }
    if (self->has_moved) {
        self->has_moved = false;
        sse_link_drop(self->link);
        return SSE_LINK_WAITING;
    }
    return outcome;
}

enum { READ_ON = 2 };

/* One round. Returns READ_ON, or what the read returns. */
static int read_some(struct sse_source *self, int64_t give_up_ns, struct problem *problem)
{
    struct batch *batch = self->batch;
    if (take_interrupt(self) || is_read_over(self, give_up_ns)) {
        return SOURCE_MORE;
    }
    if (is_paced(self)) {
        wait_for_pace(self, give_up_ns);
        return READ_ON;
    }
    int64_t n_bytes = atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    int outcome = advance(self, batch->n_events > 0 ? 0 : give_up_ns - now_ns(self), problem);
    if (outcome < 0) {
        return outcome;
    }
    if (outcome == SSE_LINK_ENDED || is_past_until(self, outcome)) {
        return SOURCE_END;
    }
    bool is_silent = n_bytes == atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    if (batch->n_events > 0 && (is_silent || outcome == SSE_LINK_DUE)) {
        return SOURCE_MORE;
    }
    int r = outcome == SSE_LINK_DUE ? connect_next(self) : 0;
    if (r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "source: cannot ask for the stream: %s",
                           strerror(-r));
    }
    return r > 0 ? SOURCE_MORE : READ_ON;
}

/* What a giant event has added to the usual size of a batch. */
static void charge(struct sse_source *self, struct batch *batch)
{
    size_t usual = 2 * self->options.common.batch_max_bytes;
    size_t beyond = batch->bytes.capacity > usual ? batch->bytes.capacity - usual : 0;
    if (beyond > batch->charged) {
        budget_charge(self->options.common.budget, beyond - batch->charged);
        batch->charged = beyond;
    }
}

static int sse_read(struct source *source, struct batch *batch, struct problem *problem)
{
    struct sse_source *self = (struct sse_source *)source;
    int r = sse_parser_set_output(&self->parser, &batch->bytes);
    if (r == 0) {
        buffer_shrink(&self->carry, self->options.common.batch_max_bytes);
        self->batch = batch;
        int64_t give_up_ns = now_ns(self) + QUIET_NS;
        int outcome = READ_ON;
        while (outcome == READ_ON) {
            outcome = read_some(self, give_up_ns, problem);
        }
        self->batch = NULL;
        charge(self, batch);
        r = sse_parser_set_output(&self->parser, &self->carry);
        if (r == 0) {
            return outcome;
        }
    }
    return problem_set(problem, -r, EXIT_SOFTWARE, "source: out of memory");
}

static void sse_interrupt(struct source *source)
{
    struct sse_source *self = (struct sse_source *)source;
    atomic_store_explicit(&self->is_interrupted, true, memory_order_release);
    wakeup_send(&self->wake);
}

static int sse_restore(struct source *source, const struct ledger_snapshot *snapshot,
                       const void *state, size_t state_len, struct problem *problem)
{
    struct sse_source *self = (struct sse_source *)source;
    return sse_track_restore(self->track, snapshot, state, state_len, problem);
}

static int sse_save(struct source *source, const struct ledger_snapshot *snapshot,
                    struct buffer *ret_state)
{
    struct sse_source *self = (struct sse_source *)source;
    return sse_track_save(self->track, snapshot, ret_state);
}

static void sse_progress(struct source *source, int64_t *ret_done, int64_t *ret_total)
{
    struct sse_source *self = (struct sse_source *)source;
    *ret_done = atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    *ret_total = -1;
}

static void sse_close(struct source *source)
{
    struct sse_source *self = (struct sse_source *)source;
    sse_link_free(self->link);
    sse_track_free(self->track);
    sse_facts_reader_free(self->facts);
    sse_parser_deinit(&self->parser);
    buffer_deinit(&self->carry);
    if (self->wake.fd >= 0) {
        wakeup_deinit(&self->wake);
    }
    free(self->user_agent);
    free(self->base.identity);
    free(self);
}

static const struct source_ops sse_ops = {
    .connector = "sse",
    .read = sse_read,
    .interrupt = sse_interrupt,
    .restore = sse_restore,
    .save = sse_save,
    .progress = sse_progress,
    .close = sse_close,
};

/* "sse http://host/path". Returns 0 or -errno. */
static int name_source(struct sse_source *self)
{
    AUTO_BUFFER identity = { 0 };
    int r = buffer_append_text(&identity, "sse ");
    if (r == 0) {
        r = http_url_public(self->options.url, &identity);
    }
    if (r < 0 || buffer_text(&identity) == NULL) {
        return r < 0 ? r : -ENOMEM;
    }
    self->base.identity = strdup(identity.data);
    return self->base.identity == NULL ? -ENOMEM : 0;
}

static int name_user_agent(struct sse_source *self)
{
    const struct sse_source_options *options = &self->options;
    int n;
    if (options->user_agent != NULL) {
        self->user_agent = strdup(options->user_agent);
        return self->user_agent == NULL ? -ENOMEM : 0;
    }
    if (options->contact == NULL) {
        if (strncmp(options->url, "https:", 6) == 0) {
            log_warning("no contact is configured; public services ask their clients for one",
                        LOG_TEXT("source", self->base.identity));
        }
        n = asprintf(&self->user_agent, "weir/%d.%d.%d", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR,
                     WEIR_VERSION_PATCH);
    } else {
        n = asprintf(&self->user_agent, "weir/%d.%d.%d (%s)", WEIR_VERSION_MAJOR,
                     WEIR_VERSION_MINOR, WEIR_VERSION_PATCH, options->contact);
    }
    if (n < 0) {
        self->user_agent = NULL;
    }
    return n < 0 ? -ENOMEM : 0;
}

static int open_parts(struct sse_source *self)
{
    const struct sse_source_options *options = &self->options;
    struct sse_track_options track = {
        .partitions = options->common.partitions,
        .since_ms = options->since_ms,
        .until_ms = options->until_ms,
    };
    struct sse_link_options link = {
        .clock = options->common.clock,
        .url = options->url,
        .user_agent = self->user_agent,
        .ca_file = options->ca_file,
        .idle_timeout_ns = options->idle_timeout_ns,
        .startup_timeout_ns = options->startup_timeout_ns,
        .wake_fd = self->wake.fd,
        .take = take,
        .context = self,
    };
    int r = sse_track_new(&track, &self->track);
    if (r == 0) {
        r = sse_facts_reader_new(&self->facts);
    }
    return r < 0 ? r : sse_link_new(&link, &self->link);
}

int sse_source_open(const struct sse_source_options *options, struct source **ret_source,
                    struct problem *problem)
{
    struct sse_source *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    self->base.ops = &sse_ops;
    self->options = *options;
    self->wake.fd = -1;
    sse_parser_init(&self->parser, options->common.max_event_size);
    pace_init(&self->pace, options->max_rate, now_ns(self));
    int r = name_source(self);
    if (r == -EINVAL) {
        sse_close(&self->base);
        return problem_set(problem, EINVAL, EXIT_CONFIG, "source: the url is no http or https URL");
    }
    if (r == 0) {
        r = name_user_agent(self);
    }
    if (r == 0) {
        r = wakeup_init(&self->wake);
    }
    if (r == 0) {
        r = open_parts(self);
    }
    if (r < 0) {
        sse_close(&self->base);
        return problem_set(problem, -r, EXIT_SOFTWARE, "source: cannot be opened: %s",
                           strerror(-r));
    }
    *ret_source = &self->base;
    return 0;
}
