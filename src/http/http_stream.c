/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One multi handle with one easy handle at a time. While the body holds something back, libcurl's next
 * piece is refused with a pause: so bytes are offered in order, and libcurl keeps one piece at most.
 */
#include "http/http_stream.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_body.h"
#include "http/http_easy.h"

enum {
    RECEIVE_BYTES = 65536,
};

/* How long a refused reply may take to bring its error body. */
#define REFUSED_BODY_NS (5 * NS_PER_S)

struct http_stream {
    struct http_stream_options options;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    enum http_progress progress;
    struct http_reply reply;
    char curl_error[CURL_ERROR_SIZE];

    struct http_body body;
    /* libcurl was told to pause. */
    bool is_paused;
    /* -errno to be forwarded from inside a callback. */
    int failed;

    /* Monotonic time at which silence, or a refused reply's body, ends the transfer. */
    int64_t silence_ends_ns;
    int64_t refused_ends_ns;
};

int http_stream_new(const struct http_stream_options *options, struct http_stream **ret_stream)
{
    int r = http_easy_ready();
    if (r < 0) {
        return r;
    }
    struct http_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return -ENOMEM;
    }
    stream->options = *options;
    stream->body.take = options->take;
    stream->body.context = options->context;
    stream->multi = curl_multi_init();
    if (stream->multi == NULL) {
        http_stream_free(stream);
        return -ENOMEM;
    }
    *ret_stream = stream;
    return 0;
}

void http_stream_free(struct http_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    http_stream_stop(stream);
    curl_multi_cleanup(stream->multi);
    http_body_deinit(&stream->body);
    http_reply_deinit(&stream->reply);
    free(stream);
}

static void extend_silence(struct http_stream *stream)
{
    stream->silence_ends_ns = clock_now_ns(stream->options.clock) + stream->options.idle_timeout_ns;
}

static bool is_broken(const struct http_stream *stream)
{
    return stream->failed < 0 || stream->reply.finish == HTTP_FINISH_PROTOCOL;
}

/* The head of a reply is complete (of an interim one or a redirect, too). */
static void head_end(struct http_stream *stream)
{
    struct http_reply *reply = &stream->reply;
    long status = 0;
    curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->status = (int)status;
    if (status < 200 || http_reply_is_redirect(reply)) {
        return;
    }
    if (status != 200 || !http_reply_is_of(reply, stream->options.media_type)) {
        reply->finish = HTTP_FINISH_REFUSED;
        stream->refused_ends_ns = clock_now_ns(stream->options.clock) + REFUSED_BODY_NS;
        http_reply_explain(reply, "HTTP status %d, content type \"%s\"", reply->status,
                           reply->content_type);
        return;
    }
    bool is_gzip =
        strcasecmp(reply->encoding, "gzip") == 0 || strcasecmp(reply->encoding, "x-gzip") == 0;
    if (!is_gzip && reply->encoding[0] != '\0' && strcasecmp(reply->encoding, "identity") != 0) {
        reply->finish = HTTP_FINISH_PROTOCOL;
        http_reply_explain(reply, "the encoding %s was not asked for", reply->encoding);
        return;
    }
    if (is_gzip) {
        stream->failed = http_body_expect_gzip(&stream->body);
    }
    stream->progress = HTTP_STREAMING;
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
    struct http_stream *stream = context;
    size_t len = size * n;
    extend_silence(stream);
    /* Behind the body: trailers, which say nothing to us. */
    if (stream->progress == HTTP_STREAMING) {
        return len;
    }
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        http_reply_begin_head(&stream->reply);
        return len;
    }
    if (len > 2 || line[len - 1] != '\n') {
        http_reply_take_header(&stream->reply, line, len);
        return len;
    }
    head_end(stream);
    return is_broken(stream) ? 0 : len;
}

/* What the body said: damage is the server's fault, the rest ours. */
static void note_body(struct http_stream *stream, int r)
{
    if (r == -EBADMSG) {
        stream->reply.finish = HTTP_FINISH_PROTOCOL;
        http_reply_explain(&stream->reply, "the gzip body is damaged");
    } else if (r < 0) {
        stream->failed = r;
    }
}

static size_t take_error_body(struct http_stream *stream, const char *bytes, size_t len)
{
    struct buffer *body = &stream->reply.error_body;
    size_t room = HTTP_ERROR_BODY_MAX - body->len;
    int r = buffer_append(body, bytes, len < room ? len : room);
    if (r < 0) {
        stream->failed = r;
    }
    return r < 0 || body->len == HTTP_ERROR_BODY_MAX ? CURL_WRITEFUNC_ERROR : len;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct http_stream *stream = context;
    size_t len = size * n;
    extend_silence(stream);
    if (stream->progress != HTTP_STREAMING) {
        return take_error_body(stream, bytes, len);
    }
    if (http_body_is_holding(&stream->body)) {
        stream->is_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    note_body(stream, http_body_receive(&stream->body, bytes, len));
    return is_broken(stream) ? CURL_WRITEFUNC_ERROR : len;
}

/* Offers what was held back; lets libcurl go on once it is all taken. Returns 0 or -errno. */
static int resume(struct http_stream *stream)
{
    if (http_body_is_holding(&stream->body)) {
        note_body(stream, http_body_resume(&stream->body));
        extend_silence(stream);
    }
    if (stream->failed < 0 || http_body_is_holding(&stream->body) || !stream->is_paused) {
        return stream->failed;
    }
    stream->is_paused = false;
    if (curl_easy_pause(stream->easy, CURLPAUSE_CONT) == CURLE_OUT_OF_MEMORY) {
        return -ENOMEM;
    }
    return stream->failed;
}

static int add_header(struct http_stream *stream, const char *header)
{
    struct curl_slist *longer = curl_slist_append(stream->headers, header);
    if (longer == NULL) {
        return -ENOMEM;
    }
    stream->headers = longer;
    return 0;
}

static int add_headers(struct http_stream *stream, const char *const *headers, size_t n_headers)
{
    AUTO_BUFFER accept = { 0 };
    int r = buffer_printf(&accept, "Accept: %s", stream->options.media_type);
    if (r == 0 && buffer_text(&accept) == NULL) {
        r = -ENOMEM;
    }
    if (r == 0) {
        r = add_header(stream, accept.data);
    }
    if (r == 0) {
        r = add_header(stream, "Accept-Encoding: gzip");
    }
    for (size_t i = 0; r == 0 && i < n_headers; i++) {
        r = add_header(stream, headers[i]);
    }
    return r;
}

static int prepare(struct http_stream *stream, const char *url)
{
    const struct http_easy_options options = {
        .url = url,
        .user_agent = stream->options.user_agent,
        .ca_file = stream->options.ca_file,
        .proxy = stream->options.proxy,
        .skips_verify = stream->options.skips_verify,
        .connect_timeout_ns = stream->options.connect_timeout_ns,
        .max_redirects = stream->options.max_redirects,
        .headers = stream->headers,
        .error_text = stream->curl_error,
    };
    stream->easy = curl_easy_init();
    if (stream->easy == NULL) {
        return -ENOMEM;
    }
    int r = http_easy_setup(stream->easy, &options);
    if (r < 0) {
        return r;
    }
    bool is_set =
        curl_easy_setopt(stream->easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES) == CURLE_OK &&
        curl_easy_setopt(stream->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
        curl_easy_setopt(stream->easy, CURLOPT_HEADERDATA, stream) == CURLE_OK &&
        curl_easy_setopt(stream->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
        curl_easy_setopt(stream->easy, CURLOPT_WRITEDATA, stream) == CURLE_OK;
    if (!is_set) {
        return -EINVAL;
    }
    return curl_multi_add_handle(stream->multi, stream->easy) == CURLM_OK ? 0 : -ENOMEM;
}

int http_stream_start(struct http_stream *stream, const char *url, const char *const *headers,
                      size_t n_headers)
{
    require(stream->progress == HTTP_IDLE);
    http_reply_reset(&stream->reply);
    stream->curl_error[0] = '\0';
    int r = add_headers(stream, headers, n_headers);
    if (r == 0) {
        r = prepare(stream, url);
    }
    if (r < 0) {
        http_stream_stop(stream);
        return r;
    }
    stream->progress = HTTP_CONNECTING;
    extend_silence(stream);
    return 0;
}

static enum http_finish finish_of(CURLcode code, const struct http_reply *reply, bool has_reply)
{
    switch (code) {
    case CURLE_OK:
        return has_reply ? HTTP_FINISH_END : HTTP_FINISH_REFUSED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_FINISH_NO_HOST;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return HTTP_FINISH_TLS;
    case CURLE_UNSUPPORTED_PROTOCOL:
        /* Also what libcurl says of bytes that are no HTTP reply. */
        return reply->status == 0 ? HTTP_FINISH_PROTOCOL : HTTP_FINISH_REDIRECT;
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
        return HTTP_FINISH_REDIRECT;
    case CURLE_WEIRD_SERVER_REPLY:
        return HTTP_FINISH_PROTOCOL;
    default:
        return has_reply ? HTTP_FINISH_CUT : HTTP_FINISH_NO_CONNECTION;
    }
}

static void finish(struct http_stream *stream, enum http_finish finish, const char *detail)
{
    struct http_reply *reply = &stream->reply;
    if (reply->finish == HTTP_FINISH_NONE) {
        reply->finish = finish;
    }
    http_reply_explain(reply, "%s", detail[0] == '\0' ? http_finish_text(reply->finish) : detail);
    stream->progress = HTTP_FINISHED;
}

/* Runs libcurl once, and notes the end of the transfer. Returns 0 or -errno. */
static int perform(struct http_stream *stream)
{
    int n_running = 0;
    CURLMcode code = curl_multi_perform(stream->multi, &n_running);
    if (code != CURLM_OK) {
        return code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
    }
    if (stream->failed < 0) {
        return stream->failed;
    }
    int n_left = 0;
    CURLMsg *message = curl_multi_info_read(stream->multi, &n_left);
    if (message != NULL && message->msg == CURLMSG_DONE) {
        bool has_reply = stream->progress == HTTP_STREAMING;
        CURLcode result = message->data.result;
        const char *detail = stream->curl_error[0] == '\0' && result != CURLE_OK
                                 ? curl_easy_strerror(result)
                                 : stream->curl_error;
        finish(stream, finish_of(result, &stream->reply, has_reply), detail);
    }
    return 0;
}

static void check_time(struct http_stream *stream)
{
    int64_t now = clock_now_ns(stream->options.clock);
    if (stream->reply.finish == HTTP_FINISH_REFUSED && now >= stream->refused_ends_ns) {
        finish(stream, HTTP_FINISH_REFUSED, "");
    } else if (now >= stream->silence_ends_ns && !http_body_is_holding(&stream->body)) {
        finish(stream, HTTP_FINISH_IDLE, "");
    }
}

/* Waits for the network or the wake-up. Returns 0 or -errno. */
static int wait(struct http_stream *stream, int64_t timeout_ns)
{
    if (stream->progress == HTTP_CONNECTING || stream->progress == HTTP_STREAMING) {
        int64_t now = clock_now_ns(stream->options.clock);
        int64_t ends = stream->reply.finish == HTTP_FINISH_REFUSED ? stream->refused_ends_ns
                                                                   : stream->silence_ends_ns;
        int64_t left = ends > now ? ends - now : 0;
        timeout_ns = left < timeout_ns ? left : timeout_ns;
    }
    int64_t timeout_ms = (timeout_ns + NS_PER_MS - 1) / NS_PER_MS;
    struct curl_waitfd wake = { .fd = stream->options.wake_fd, .events = CURL_WAIT_POLLIN };
    CURLMcode code = curl_multi_poll(stream->multi, &wake, wake.fd >= 0 ? 1 : 0,
                                     timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX, NULL);
    if (code != CURLM_OK) {
        return code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
    }
    return 0;
}

static bool is_under_way(const struct http_stream *stream)
{
    return stream->progress == HTTP_CONNECTING || stream->progress == HTTP_STREAMING;
}

/* One round without waiting. Returns 0 or -errno. */
static int advance(struct http_stream *stream)
{
    int r = resume(stream);
    if (r < 0 || !is_under_way(stream)) {
        return r;
    }
    if (is_broken(stream)) {
        finish(stream, HTTP_FINISH_PROTOCOL, "");
        return 0;
    }
    r = perform(stream);
    if (r == 0 && is_under_way(stream)) {
        check_time(stream);
    }
    return r;
}

int http_stream_poll(struct http_stream *stream, int64_t timeout_ns)
{
    uint64_t n_taken = stream->body.n_taken;
    enum http_progress progress = stream->progress;
    int r = advance(stream);
    bool is_quiet = n_taken == stream->body.n_taken && progress == stream->progress &&
                    stream->progress != HTTP_FINISHED && !http_body_is_holding(&stream->body);
    if (r == 0 && is_quiet && timeout_ns > 0) {
        r = wait(stream, timeout_ns);
        if (r == 0) {
            r = advance(stream);
        }
    }
    if (r < 0) {
        return r;
    }
    /* The end is told only when all before it was taken. */
    return stream->progress == HTTP_FINISHED && http_body_is_holding(&stream->body)
               ? HTTP_STREAMING
               : (int)stream->progress;
}

void http_stream_stop(struct http_stream *stream)
{
    if (stream->easy != NULL) {
        curl_multi_remove_handle(stream->multi, stream->easy);
        curl_easy_cleanup(stream->easy);
        stream->easy = NULL;
    }
    curl_slist_free_all(stream->headers);
    stream->headers = NULL;
    http_body_reset(&stream->body);
    stream->is_paused = false;
    stream->failed = 0;
    stream->progress = HTTP_IDLE;
}

const struct http_reply *http_stream_reply(const struct http_stream *stream)
{
    return &stream->reply;
}
