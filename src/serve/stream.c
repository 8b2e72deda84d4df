/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One response 200 and its body. Life: stream_begin() -> stream_read() until it says end or cut, or
 * the client leaves -> stream_done() writes the log and frees. All on the connection's thread.
 *
 * Frames are written straight into the library's buffer while they fit; one that does not fit goes
 * through `pending`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/frame.h"
#include "serve/server.h"

static const char greeting[] = ":ok\n\n";
static const char json_greeting[] = "\n";

struct stream {
    struct serve *serve;
    struct httpd_request *request;
    struct assignment *assignment;
    /* Lines of JSON without frames: asked for by the header Accept. */
    bool is_json;
    /* Cut after that many events, 0: not; in the middle of the next one, or before it. */
    uint64_t cut_after;
    bool is_cut_inside;
    /* What is pending is the last that goes out: half an event, or what memory allowed. */
    bool is_broken;
    /* Bytes that did not fit, from pending_at on. */
    struct buffer pending;
    size_t pending_at;
    /* Of the first read; the first event is due then. */
    int64_t start_ns;
    uint64_t n_events;
    uint64_t n_bytes;
    int64_t first_offset;
    int64_t last_offset;
    /* Ids for the log. */
    struct buffer start;
    struct buffer stop;
};

static void stream_free(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    assignment_free(stream->assignment);
    buffer_deinit(&stream->pending);
    buffer_deinit(&stream->start);
    buffer_deinit(&stream->stop);
    free(stream);
}
DEFINE_AUTO(stream, stream_free)

static size_t event_bound(const struct stream *stream, const struct frame *frame)
{
    return stream->is_json ? frame_data_bound(frame) + 1 : frame_bound(frame, stream->assignment);
}

/* *ret_data_at is where the JSON begins. Returns the length. */
static size_t event_write(const struct stream *stream, const struct frame *frame, char *out,
                          size_t *ret_data_at)
{
    if (!stream->is_json) {
        return frame_write(frame, stream->assignment, out, ret_data_at);
    }
    size_t len = frame_write_data(frame, out);
    out[len] = '\n';
    *ret_data_at = 0;
    return len + 1;
}

static void event_note(struct stream *stream, const struct frame *frame)
{
    int64_t offset =
        frame->event->offset + frame->shift +
        (int64_t)frame->pass * frame->recording->partitions[frame->event->partition].span;
    stream->first_offset = stream->n_events == 0 ? offset : stream->first_offset;
    stream->last_offset = offset;
    stream->n_events++;
}

/* When the next event is due. */
static int64_t stream_due_ns(const struct stream *stream)
{
    uint64_t rate = stream->serve->options.rate;
    if (rate == 0) {
        return 0;
    }
    uint64_t seconds = stream->n_events / rate;
    uint64_t rest = stream->n_events % rate;
    return stream->start_ns + (int64_t)seconds * NS_PER_S +
           (int64_t)((double)rest / (double)rate * (double)NS_PER_S);
}

static bool stream_must_cut(const struct stream *stream)
{
    return stream->cut_after > 0 && stream->n_events >= stream->cut_after;
}

/* Hands out what is pending. */
static ssize_t pending_read(struct stream *stream, char *bytes, size_t capacity)
{
    size_t left = stream->pending.len - stream->pending_at;
    size_t len = left < capacity ? left : capacity;
    memcpy(bytes, stream->pending.data + stream->pending_at, len);
    stream->pending_at += len;
    if (stream->pending_at == stream->pending.len) {
        buffer_clear(&stream->pending);
        stream->pending_at = 0;
    }
    return (ssize_t)len;
}

/* Writes an event to pending, where room was reserved; to be torn, its data ends in the middle. */
static void pending_write(struct stream *stream, const struct frame *frame, bool is_torn)
{
    size_t data_at = 0;
    size_t len = event_write(stream, frame, stream->pending.data, &data_at);
    stream->pending.len = is_torn ? data_at + (len - data_at) / 2 : len;
}

/* Writes the events that are due and fit. Returns how many bytes, 0 where none is due or fits. */
static size_t events_write(struct stream *stream, char *bytes, size_t capacity)
{
    struct assignment *assignment = stream->assignment;
    struct frame frame = { .recording = assignment->recording, .shift = assignment->shift };
    int64_t now_ns = clock_now_ns(clock_system());
    size_t len = 0;
    while (!stream_must_cut(stream) && stream_due_ns(stream) <= now_ns &&
           (frame.event = assignment_peek(assignment, &frame.pass)) != NULL) {
        size_t bound = event_bound(stream, &frame);
        bool is_big = bound > capacity - len;
        if (is_big && len > 0) {
            break;
        }
        if (is_big && buffer_reserve(&stream->pending, bound) < 0) {
            stream->is_broken = true;
            return 0;
        }
        assignment_advance(assignment);
        if (is_big) {
            event_note(stream, &frame);
            pending_write(stream, &frame, false);
            return (size_t)pending_read(stream, bytes, capacity);
        }
        size_t data_at = 0;
        len += event_write(stream, &frame, bytes + len, &data_at);
        event_note(stream, &frame);
    }
    return len;
}

/* The connection has sent its share. Returns 0 with half an event pending, or HTTPD_STREAM_CUT. */
static int stream_cut(struct stream *stream, const struct recording_event *event, uint64_t pass)
{
    struct assignment *assignment = stream->assignment;
    struct frame frame = {
        .recording = assignment->recording, .event = event, .pass = pass, .shift = assignment->shift
    };
    if (!stream->is_cut_inside || assignment_describe(assignment, &stream->stop) < 0 ||
        buffer_reserve(&stream->pending, event_bound(stream, &frame)) < 0) {
        return HTTPD_STREAM_CUT;
    }
    /* The half event's id is whole and names the place behind it: a client must not take it. */
    assignment_advance(assignment);
    pending_write(stream, &frame, true);
    stream->is_broken = true;
    return 0;
}

/*
 * Nothing could be written. Returns 0 when it is worth trying again, which may be a good while later,
 * or HTTPD_STREAM_*.
 */
static int stream_pause(struct stream *stream)
{
    uint64_t pass = 0;
    const struct recording_event *event = assignment_peek(stream->assignment, &pass);
    int64_t deadline_ns = INT64_MAX;
    if (stream->is_broken) {
        return HTTPD_STREAM_CUT;
    }
    if (event != NULL && stream_must_cut(stream)) {
        return stream_cut(stream, event, pass);
    }
    if (event == NULL && !stream->serve->options.stay) {
        atomic_store_explicit(&stream->serve->has_ended, true, memory_order_relaxed);
        return HTTPD_STREAM_END;
    }
    if (event != NULL) {
        deadline_ns = stream_due_ns(stream);
    }
    enum httpd_wake wake = httpd_request_wait(stream->request, deadline_ns);
    return wake == HTTPD_WAKE_DEADLINE ? 0 : HTTPD_STREAM_CUT;
}

static ssize_t stream_read(void *context, char *bytes, size_t capacity)
{
    struct stream *stream = context;
    if (stream->start_ns == 0) {
        stream->start_ns = clock_now_ns(clock_system());
    }
    ssize_t n = 0;
    while (n == 0) {
        if (stream->pending.len > 0) {
            n = pending_read(stream, bytes, capacity);
        } else if (!stream->is_broken) {
            n = (ssize_t)events_write(stream, bytes, capacity);
        }
        if (n == 0) {
            n = stream_pause(stream);
        }
    }
    stream->n_bytes += n > 0 ? (uint64_t)n : 0;
    return n;
}

static void stream_done(void *context, enum httpd_ending ending)
{
    static const char *const endings[] = {
        [HTTPD_ENDED] = "end",
        [HTTPD_CUT] = "cut",
        [HTTPD_CLIENT_GONE] = "client",
        [HTTPD_STOPPED] = "stopped",
    };
    AUTO(stream) stream = context;
    atomic_fetch_sub_explicit(&stream->serve->n_active, 1, memory_order_relaxed);
    if (stream->stop.len == 0 && assignment_describe(stream->assignment, &stream->stop) < 0) {
        buffer_clear(&stream->stop);
    }
    struct journal_entry entry = { .status = 200,
                                   .ended = endings[ending],
                                   .start = &stream->start,
                                   .stop = &stream->stop,
                                   .n_events = stream->n_events,
                                   .n_bytes = stream->n_bytes,
                                   .first_offset = stream->first_offset,
                                   .last_offset = stream->last_offset,
                                   .shift = stream->assignment->shift };
    journal_write(stream->serve, stream->request, &entry);
}

/* Whether the client wants lines of JSON: the header begins with that type. */
static bool wants_json(struct httpd_request *request)
{
    static const char json_type[] = "application/json";
    const char *accept = httpd_request_header(request, "Accept");
    return accept != NULL && strncmp(accept, json_type, strlen(json_type)) == 0;
}

static struct stream *stream_new(struct serve *serve, struct httpd_request *request,
                                 const struct assignment *assignment)
{
    AUTO(stream) stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return NULL;
    }
    stream->serve = serve;
    stream->request = request;
    stream->is_json = wants_json(request);
    stream->first_offset = -1;
    stream->last_offset = -1;
    if (buffer_append_text(&stream->pending, stream->is_json ? json_greeting : greeting) < 0 ||
        assignment_describe(assignment, &stream->start) < 0) {
        return NULL;
    }
    struct stream *made = stream;
    stream = NULL;
    return made;
}

/* Queues the response; stream->assignment is set once that has worked. Returns 0 or -errno. */
static int stream_queue(struct stream *stream)
{
    static const struct httpd_header headers[] = { { "cache-control", "no-cache" } };
    struct httpd_response response = {
        .status = 200,
        .content_type = stream->is_json ? "application/json; charset=utf-8"
                                        : "text/event-stream; charset=utf-8",
        .headers = headers,
        .n_headers = ARRAY_SIZE(headers),
    };
    struct httpd_stream body = { .read = stream_read, .done = stream_done, .context = stream };
    return httpd_reply_stream(stream->request, &response, &body);
}

int stream_begin(struct serve *serve, struct httpd_request *request, struct assignment **assignment)
{
    unsigned most = serve->options.max_connections;
    AUTO(stream) stream = stream_new(serve, request, *assignment);
    if (stream == NULL) {
        return -ENOMEM;
    }
    unsigned n_active = atomic_fetch_add_explicit(&serve->n_active, 1, memory_order_relaxed);
    int r = most > 0 && n_active >= most ? STREAM_TOO_MANY : stream_queue(stream);
    if (r != 0) {
        atomic_fetch_sub_explicit(&serve->n_active, 1, memory_order_relaxed);
        return r;
    }
    uint64_t n_before = atomic_fetch_add_explicit(&serve->n_streams, 1, memory_order_relaxed);
    stream->cut_after = serve->options.cut_after;
    stream->is_cut_inside = n_before % 2 == 1;
    stream->assignment = *assignment;
    *assignment = NULL;
    stream = NULL;
    return 0;
}
