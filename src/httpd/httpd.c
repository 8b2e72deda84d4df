/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of the server: address bound -> daemon started -> (requests) -> stop is signalled -> daemon
 * stopped, which joins its listening thread and every connection's thread -> freed.
 *
 * Threads are made by the library: one that accepts, one for each connection. They inherit the signal
 * mask of httpd_start(), which blocks everything around the start: only the main thread takes signals.
 */
#include "httpd/httpd.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "httpd/address.h"
#include "httpd/request.h"

enum {
    CHUNK_BYTES = 16 * 1024,
    MAX_CONNECTIONS = 256,
    /* Besides the chunk, a connection's memory holds the request's headers. */
    HEADER_BYTES = 64 * 1024,
};

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    return request_new(context, target, connection);
}

/* Called when the headers are in, for each piece of a body, and once more at the body's end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_len, void **request_context)
{
    struct httpd *httpd = context;
    struct httpd_request *request = *request_context;
    (void)connection;
    (void)version;
    (void)upload;
    if (request == NULL) {
        return MHD_NO;
    }
    if (request->path == NULL) {
        request->path = path;
        request->method = method;
        return MHD_YES;
    }
    if (*upload_len > 0) {
        *upload_len = 0;
        return MHD_YES;
    }
    int r = httpd->handle(httpd->context, request);
    if (r < 0) {
        log_warning("request not answered", LOG_TEXT("target", request->target),
                    LOG_TEXT("error", strerror(-r)));
    }
    return r < 0 ? MHD_NO : MHD_YES;
}

static void on_end(void *context, struct MHD_Connection *connection, void **request_context,
                   enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    if (*request_context != NULL) {
        request_end(*request_context, code);
        *request_context = NULL;
    }
}

__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format,
                                                         va_list arguments)
{
    char text[512];
    (void)context;
    vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\r\n")] = '\0';
    log_debug("libmicrohttpd", LOG_TEXT("text", text));
}

/* Takes fd, on success only. Returns 0 or -errno. */
static int daemon_start(struct httpd *httpd, const struct httpd_options *options, int fd)
{
    unsigned max_connections =
        options->max_connections == 0 ? MAX_CONNECTIONS : options->max_connections;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    httpd->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, httpd, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, httpd,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, httpd, MHD_OPTION_CONNECTION_LIMIT, max_connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, httpd->chunk_bytes + HEADER_BYTES, MHD_OPTION_END);
    int err = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (httpd->daemon == NULL) {
        return err == 0 ? -ENOMEM : -err;
    }
    return 0;
}

static void httpd_free(struct httpd *httpd)
{
    if (httpd == NULL) {
        return;
    }
    if (httpd->stop.fd >= 0) {
        wakeup_deinit(&httpd->stop);
    }
    free(httpd->url);
    free(httpd);
}

static struct httpd *httpd_new(const struct httpd_options *options, const char *url)
{
    struct httpd *httpd = calloc(1, sizeof(*httpd));
    if (httpd == NULL) {
        return NULL;
    }
    httpd->stop.fd = -1;
    httpd->handle = options->handle;
    httpd->context = options->context;
    httpd->chunk_bytes = options->chunk_bytes == 0 ? CHUNK_BYTES : options->chunk_bytes;
    httpd->url = strdup(url);
    if (httpd->url == NULL || wakeup_init(&httpd->stop) < 0) {
        httpd_free(httpd);
        return NULL;
    }
    return httpd;
}

int httpd_start(const struct httpd_options *options, struct problem *problem,
                struct httpd **ret_httpd)
{
    require(options->handle != NULL);
    AUTO_CLOSE int fd = address_listen(options->listen, problem);
    if (fd < 0) {
        return fd;
    }
    char url[ADDRESS_URL_SIZE];
    int r = address_url(fd, url);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "cannot tell the address: %s", strerror(-r));
    }
    struct httpd *httpd = httpd_new(options, url);
    if (httpd == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "cannot start the server: no memory");
    }
    r = daemon_start(httpd, options, fd);
    if (r < 0) {
        httpd_free(httpd);
        return problem_set(problem, -r, EXIT_SOFTWARE, "cannot start the server: %s", strerror(-r));
    }
    fd = -1;
    *ret_httpd = httpd;
    return 0;
}

void httpd_stop(struct httpd *httpd)
{
    if (httpd == NULL) {
        return;
    }
    atomic_store_explicit(&httpd->is_stopping, true, memory_order_relaxed);
    wakeup_send(&httpd->stop);
    MHD_stop_daemon(httpd->daemon);
    httpd_free(httpd);
}

const char *httpd_url(const struct httpd *httpd)
{
    return httpd->url;
}
