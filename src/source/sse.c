/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the body go from libcurl's buffer through the parser straight into the batch. Between
 * two reads the half message at a batch's end waits in `carry`. Whatever stops taking (the batch is
 * full, the rate is reached) leaves the rest with the transfer, which holds the server back.
 */
#include "source/sse.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/http_url.h"
#include "source/sse_source.h"
#include "weir/version.h"

/* A read returns without an event after so long. */
#define QUIET_NS NS_PER_S
/* Behind until_ms on the real clock, silence for so long is the end. */
#define UNTIL_QUIET_NS (5 * NS_PER_S)

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
    int64_t now = sse_now_ns(self);
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
    struct sse_resume resume = { .is_fruitless = !self->is_fruitful,
                                 .now_ms = sse_realtime_ms(self) };
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
    self->asked_ms = sse_realtime_ms(self);
    return sse_link_start(self->link, &request);
}

/* Whether the read ends before the network is asked again. */
static bool is_read_over(struct sse_source *self, int64_t give_up_ns)
{
    const struct batch *batch = self->batch;
    int64_t now = sse_now_ns(self);
    if (batch->n_events == 0) {
        return now >= give_up_ns;
    }
    return sse_is_full(self) || now - batch->read_ns >= self->options.common.linger_ns;
}

static bool is_past_until(const struct sse_source *self, int outcome)
{
    if (self->options.until_ms < 0) {
        return false;
    }
    bool is_quiet = outcome == SSE_LINK_OPEN && self->is_connected &&
                    sse_realtime_ms(self) >= self->options.until_ms &&
                    sse_now_ns(self) - self->last_byte_ns >= UNTIL_QUIET_NS;
    return is_quiet || sse_track_is_past_until(self->track);
}

/* Drives the connection once. Returns a link's outcome or -errno. */
static int advance(struct sse_source *self, int64_t timeout_ns, struct problem *problem)
{
    int outcome = sse_link_poll(self->link, timeout_ns, problem);
    int r = outcome < 0 ? outcome : self->failed;
    if (outcome >= 0 && r == -E2BIG) {
        return problem_set(problem, E2BIG, EXIT_DATA,
                           "source: %s has more than %d topic-partitions", self->base.identity,
                           SSE_LANES_MAX);
    }
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
    if (sse_is_paced(self)) {
        wait_for_pace(self, give_up_ns);
        return READ_ON;
    }
    int64_t n_bytes = atomic_load_explicit(&self->n_bytes, memory_order_relaxed);
    int outcome = advance(self, batch->n_events > 0 ? 0 : give_up_ns - sse_now_ns(self), problem);
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
        int64_t give_up_ns = sse_now_ns(self) + QUIET_NS;
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
        .proxy = options->proxy,
        .skips_verify = options->skips_verify,
        .idle_timeout_ns = options->idle_timeout_ns,
        .startup_timeout_ns = options->startup_timeout_ns,
        .wake_fd = self->wake.fd,
        .take = sse_take,
        .context = self,
    };
    int r = sse_track_new(&track, &self->track);
    if (r == 0) {
        r = sse_facts_reader_new(&self->facts);
    }
    return r < 0 ? r : sse_link_new(&link, &self->link);
}

/* Authorities that cannot be read would look like a service that is not there. */
static int check_ca_file(const char *ca_file, struct problem *problem)
{
    if (ca_file == NULL || access(ca_file, R_OK) == 0) {
        return 0;
    }
    int error = errno;
    return problem_set(problem, error, EXIT_CONFIG, "source: http.ca_file %s cannot be read: %s",
                       ca_file, strerror(error));
}

int sse_source_open(const struct sse_source_options *options, struct source **ret_source,
                    struct problem *problem)
{
    int r = check_ca_file(options->ca_file, problem);
    if (r < 0) {
        return r;
    }
    struct sse_source *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    self->base.ops = &sse_ops;
    self->options = *options;
    self->wake.fd = -1;
    sse_parser_init(&self->parser, options->common.max_event_size);
    pace_init(&self->pace, options->max_rate, sse_now_ns(self));
    r = name_source(self);
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
