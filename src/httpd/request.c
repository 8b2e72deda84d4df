/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

struct httpd_request *request_new(struct httpd *httpd, const char *target,
                                  struct MHD_Connection *connection)
{
    struct httpd_request *request = calloc(1, sizeof(*request));
    if (request == NULL) {
        return NULL;
    }
    request->target = strdup(target);
    if (request->target == NULL) {
        free(request);
        return NULL;
    }
    request->httpd = httpd;
    request->connection = connection;
    return request;
}

static enum httpd_ending request_ending(const struct httpd_request *request,
                                        enum MHD_RequestTerminationCode code)
{
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        return HTTPD_ENDED;
    }
    if (atomic_load_explicit(&request->httpd->is_stopping, memory_order_relaxed)) {
        return HTTPD_STOPPED;
    }
    return request->is_cut && !request->is_gone ? HTTPD_CUT : HTTPD_CLIENT_GONE;
}

void request_end(struct httpd_request *request, enum MHD_RequestTerminationCode code)
{
    if (request->stream.read != NULL) {
        request->stream.done(request->stream.context, request_ending(request, code));
    }
    free(request->target);
    free(request);
}

const char *httpd_request_method(const struct httpd_request *request)
{
    return request->method;
}

const char *httpd_request_path(const struct httpd_request *request)
{
    return request->path;
}

const char *httpd_request_target(const struct httpd_request *request)
{
    return request->target;
}

const char *httpd_request_header(struct httpd_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* The value of the query's argument `name`, with case (the library's own search has none). */
struct query_search {
    const char *name;
    const char *value;
};

static enum MHD_Result query_visit(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct query_search *search = context;
    (void)kind;
    if (strcmp(name, search->name) != 0) {
        return MHD_YES;
    }
    search->value = value == NULL ? "" : value;
    return MHD_NO;
}

const char *httpd_request_query(struct httpd_request *request, const char *name)
{
    struct query_search search = { .name = name };
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, query_visit, &search);
    return search.value;
}

/* Adds the headers, queues, and gives the library's response back. Takes mhd_response (NULL too). */
static int request_queue(struct httpd_request *request, const struct httpd_response *response,
                         struct MHD_Response *mhd_response)
{
    if (mhd_response == NULL) {
        return -ENOMEM;
    }
    enum MHD_Result ok = MHD_YES;
    if (response->content_type != NULL) {
        ok = MHD_add_response_header(mhd_response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                     response->content_type);
    }
    for (size_t i = 0; i < response->n_headers && ok == MHD_YES; i++) {
        ok = MHD_add_response_header(mhd_response, response->headers[i].name,
                                     response->headers[i].value);
    }
    if (ok == MHD_YES) {
        ok = MHD_queue_response(request->connection, response->status, mhd_response);
    }
    MHD_destroy_response(mhd_response);
    return ok == MHD_YES ? 0 : -EIO;
}

int httpd_reply(struct httpd_request *request, const struct httpd_response *response)
{
    /* The library takes a pointer without const, but copies. */
    void *body = response->body == NULL ? (void *)"" : (void *)response->body;
    return request_queue(
        request, response,
        MHD_create_response_from_buffer(response->body_len, body, MHD_RESPMEM_MUST_COPY));
}

static ssize_t stream_read(void *context, uint64_t position, char *bytes, size_t capacity)
{
    struct httpd_request *request = context;
    (void)position;
    ssize_t n = request->stream.read(request->stream.context, bytes, capacity);
    if (n == HTTPD_STREAM_END) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    /* 0 would make the library spin. */
    require(n > 0 || n == HTTPD_STREAM_CUT);
    if (n == HTTPD_STREAM_CUT) {
        request->is_cut = true;
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return n;
}

int httpd_reply_stream(struct httpd_request *request, const struct httpd_response *response,
                       const struct httpd_stream *stream)
{
    struct MHD_Response *mhd_response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, request->httpd->chunk_bytes, stream_read, request, NULL);
    int r = request_queue(request, response, mhd_response);
    if (r == 0) {
        request->stream = *stream;
    }
    return r;
}

enum httpd_wake httpd_request_wait(struct httpd_request *request, int64_t deadline_ns)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd fds[] = {
        { .fd = request->httpd->stop.fd, .events = POLLIN },
        /* A client that has closed its side no longer listens, as far as we are concerned. */
        { .fd = info == NULL ? -1 : info->connect_fd, .events = POLLRDHUP },
    };
    for (;;) {
        int64_t left_ns = deadline_ns - clock_now_ns(clock_system());
        left_ns = left_ns < 0 ? 0 : left_ns;
        struct timespec timeout = { left_ns / NS_PER_S, left_ns % NS_PER_S };
        int n = ppoll(fds, ARRAY_SIZE(fds), deadline_ns == INT64_MAX ? NULL : &timeout, NULL);
        if (n == 0) {
            return HTTPD_WAKE_DEADLINE;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        request->is_gone = fds[0].revents == 0;
        return request->is_gone ? HTTPD_WAKE_CLIENT_GONE : HTTPD_WAKE_STOPPING;
    }
}
