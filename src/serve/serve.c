/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "serve/position.h"
#include "serve/server.h"

static const char path_prefix[] = "/v2/stream/";

enum {
    /* Big enough that a system call costs little beside the events it carries. */
    CHUNK_BYTES = 256 * 1024,
    /* Streams in one path. */
    MAX_STREAMS = 64,
};

/* What a request asks for. */
struct wish {
    uint32_t streams[MAX_STREAMS];
    size_t n_streams;
    int64_t since_ms;
    /* NULL: no header Last-Event-ID. */
    struct position *positions;
    size_t n_positions;
    struct arena arena;
};

enum {
    /* The request has been answered, with an error. */
    WISH_REFUSED = 1,
};

static void wish_deinit(struct wish *wish)
{
    arena_deinit(&wish->arena);
}

static int refused(int r)
{
    return r < 0 ? r : WISH_REFUSED;
}

/* Reads "a,b,c". Returns 0, WISH_REFUSED or -errno. */
static int wish_streams(struct serve *serve, struct httpd_request *request, struct wish *wish)
{
    const char *name = httpd_request_path(request) + strlen(path_prefix);
    const char *names = name;
    for (bool is_last = false; !is_last; name++) {
        size_t len = strcspn(name, ",");
        int stream = recording_find_stream(serve->recording, name, len);
        if (stream < 0 || wish->n_streams == MAX_STREAMS) {
            struct refusal refusal = { .status = 400,
                                       .type = "not_found",
                                       .title = "Stream Not Found",
                                       .detail = "Invalid streams: ",
                                       .subject = names };
            return refused(refuse(serve, request, &refusal));
        }
        wish->streams[wish->n_streams++] = (uint32_t)stream;
        name += len;
        is_last = *name == '\0';
    }
    return 0;
}

static int wish_since(struct serve *serve, struct httpd_request *request, struct wish *wish)
{
    const char *since = httpd_request_query(request, "since");
    wish->since_ms = -1;
    if (since == NULL || *since == '\0' || since_parse(since, &wish->since_ms) == 0) {
        return 0;
    }
    struct refusal refusal = { .status = 400,
                               .type = "invalid_timestamp",
                               .title = "Invalid timestamp",
                               .detail = "since is neither milliseconds since 1970 nor a date: ",
                               .subject = since };
    return refused(refuse(serve, request, &refusal));
}

static int wish_positions(struct serve *serve, struct httpd_request *request, struct wish *wish)
{
    const char *text = httpd_request_header(request, "Last-Event-ID");
    const char *reason = NULL;
    if (text == NULL) {
        return 0;
    }
    int r = positions_parse(&wish->arena, text, &wish->positions, &wish->n_positions, &reason);
    if (r == POSITION_INVALID) {
        r = refused(refuse_assignment(serve, request, 400, "InvalidAssignmentError", reason));
    }
    return r;
}

/* What a test asked for: the first requests fail. Returns 0, WISH_REFUSED or -errno. */
static int refuse_on_request(struct serve *serve, struct httpd_request *request)
{
    const struct serve_options *options = &serve->options;
    uint64_t n_before = atomic_fetch_add_explicit(&serve->n_requests, 1, memory_order_relaxed);
    if (options->status == 0 || n_before >= options->times) {
        return 0;
    }
    char seconds[16];
    snprintf(seconds, sizeof(seconds), "%u", options->retry_after_s);
    struct httpd_header retry_after = { "retry-after", seconds };
    struct refusal refusal = { .status = options->status,
                               .type = "on_request",
                               .title = "Refused On Request",
                               .detail = "the server was told to answer so",
                               .headers = &retry_after,
                               .n_headers = options->retry_after_s > 0 ? 1 : 0 };
    return refused(refuse(serve, request, &refusal));
}

static int refuse_number(struct serve *serve, struct httpd_request *request)
{
    struct refusal refusal = {
        .status = 429,
        .type = "too_many_requests",
        .title = "Too Many Concurrent Connections From Your Client IP",
        .detail = "Your HTTP client is likely opening too many concurrent connections.",
    };
    return refuse(serve, request, &refusal);
}

/* The client has all there is (serve/serve.h says who is taken for such). */
static bool has_all(struct serve *serve, struct assignment *assignment)
{
    uint64_t pass = 0;
    if (serve->options.stay) {
        return false;
    }
    return assignment_peek(assignment, &pass) == NULL ||
           (atomic_load_explicit(&serve->has_ended, memory_order_relaxed) &&
            assignment_is_last_again(assignment));
}

static int serve_wish(struct serve *serve, struct httpd_request *request, const struct wish *wish)
{
    bool is_first = atomic_load_explicit(&serve->n_streams, memory_order_relaxed) == 0;
    struct assignment_request wanted = { .recording = serve->recording,
                                         .streams = wish->streams,
                                         .n_streams = wish->n_streams,
                                         .positions = wish->positions,
                                         .n_positions = wish->n_positions,
                                         .since_ms = wish->since_ms,
                                         .shift = is_first ? 0 : serve->options.shift_offsets,
                                         .is_looping = serve->options.loop };
    AUTO(assignment) assignment = NULL;
    int r = assignment_new(&wanted, &assignment);
    if (r < 0) {
        return r;
    }
    if (r == ASSIGNMENT_NO_TOPIC) {
        return refuse_assignment(serve, request, 404, "TopicNotAvailableError",
                                 "a topic of Last-Event-ID is not available for consumption");
    }
    if (has_all(serve, assignment)) {
        return reply_empty(serve, request, 204);
    }
    r = stream_begin(serve, request, &assignment);
    return r == STREAM_TOO_MANY ? refuse_number(serve, request) : r;
}

static int handle_stream(struct serve *serve, struct httpd_request *request)
{
    int r = refuse_on_request(serve, request);
    if (r != 0) {
        return r < 0 ? r : 0;
    }
    __attribute__((cleanup(wish_deinit))) struct wish wish = { 0 };
    r = wish_streams(serve, request, &wish);
    if (r == 0) {
        r = wish_since(serve, request, &wish);
    }
    if (r == 0) {
        r = wish_positions(serve, request, &wish);
    }
    if (r == 0) {
        r = serve_wish(serve, request, &wish);
    }
    return r < 0 ? r : 0;
}

static int handle(void *context, struct httpd_request *request)
{
    static const struct httpd_header allow = { "allow", "GET" };
    struct serve *serve = context;
    if (strncmp(httpd_request_path(request), path_prefix, strlen(path_prefix)) != 0) {
        struct refusal refusal = { .status = 404,
                                   .type = "not_found",
                                   .title = "Not Found",
                                   .detail = "there is /v2/stream/{streams} and nothing else" };
        return refuse(serve, request, &refusal);
    }
    if (strcmp(httpd_request_method(request), "GET") != 0) {
        struct refusal refusal = { .status = 405,
                                   .type = "method_not_allowed",
                                   .title = "Method Not Allowed",
                                   .detail = "streams are read by GET",
                                   .headers = &allow,
                                   .n_headers = 1 };
        return refuse(serve, request, &refusal);
    }
    return handle_stream(serve, request);
}

static int log_open(struct serve *serve, struct problem *problem)
{
    const char *path = serve->options.log_path;
    if (path == NULL) {
        return 0;
    }
    serve->log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (serve->log_fd < 0) {
        return problem_set(problem, errno, EXIT_IO, "cannot open %s: %s", path, strerror(errno));
    }
    return 0;
}

int serve_start(const struct serve_options *options, struct problem *problem,
                struct serve **ret_serve)
{
    AUTO(serve) serve = calloc(1, sizeof(*serve));
    if (serve == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "no memory");
    }
    serve->options = *options;
    serve->log_fd = -1;
    struct recording_options recording = { .path = options->path, .renumber = options->renumber };
    int r = recording_load(&recording, problem, &serve->recording);
    if (r < 0) {
        return r;
    }
    r = log_open(serve, problem);
    if (r < 0) {
        return r;
    }
    struct httpd_options httpd = {
        .listen = options->listen, .chunk_bytes = CHUNK_BYTES, .handle = handle, .context = serve
    };
    r = httpd_start(&httpd, problem, &serve->httpd);
    if (r < 0) {
        return r;
    }
    *ret_serve = serve;
    serve = NULL;
    return 0;
}

void serve_stop(struct serve *serve)
{
    if (serve == NULL) {
        return;
    }
    httpd_stop(serve->httpd);
    recording_free(serve->recording);
    if (serve->log_fd >= 0) {
        close(serve->log_fd);
    }
    free(serve);
}

const char *serve_url(const struct serve *serve)
{
    return httpd_url(serve->httpd);
}

uint64_t serve_events(const struct serve *serve)
{
    return serve->recording->n_events;
}
