/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are no streams, and the log. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/server.h"
#include "json/text.h"

/* Appends text as a JSON string; null for NULL; text that is not UTF-8 is left out. */
static int append_quoted(struct buffer *buffer, const char *text)
{
    if (text == NULL) {
        return buffer_append_text(buffer, "null");
    }
    int r = json_quote(buffer, text, strlen(text));
    return r == -EILSEQ ? buffer_append_text(buffer, "\"\"") : r;
}

static int append_member(struct buffer *buffer, const char *name, const char *text)
{
    int r = buffer_printf(buffer, "%s\"%s\":", buffer->len > 1 ? "," : "", name);
    return r < 0 ? r : append_quoted(buffer, text);
}

static int append_ids(struct buffer *buffer, const char *name, const struct buffer *ids)
{
    int r = buffer_printf(buffer, ",\"%s\":", name);
    if (r < 0) {
        return r;
    }
    return ids == NULL || ids->len == 0 ? buffer_append_text(buffer, "null")
                                        : buffer_append(buffer, ids->data, ids->len);
}

static int append_offset(struct buffer *buffer, const char *name, int64_t offset)
{
    return offset < 0 ? buffer_printf(buffer, ",\"%s\":null", name)
                      : buffer_printf(buffer, ",\"%s\":%lld", name, (long long)offset);
}

/* Returns 0 or -ENOMEM. */
static int journal_line(struct buffer *line, struct httpd_request *request,
                        const struct journal_entry *entry)
{
    bool is_bad =
        buffer_append_byte(line, '{') < 0 ||
        append_member(line, "method", httpd_request_method(request)) < 0 ||
        append_member(line, "target", httpd_request_target(request)) < 0 ||
        append_member(line, "last_event_id", httpd_request_header(request, "Last-Event-ID")) < 0 ||
        append_member(line, "user_agent", httpd_request_header(request, "User-Agent")) < 0 ||
        buffer_printf(line, ",\"status\":%u", entry->status) < 0 ||
        append_member(line, "ended", entry->ended) < 0 ||
        buffer_printf(line, ",\"events\":%llu,\"bytes\":%llu,\"shift\":%lld",
                      (unsigned long long)entry->n_events, (unsigned long long)entry->n_bytes,
                      (long long)entry->shift) < 0 ||
        append_offset(line, "first", entry->first_offset) < 0 ||
        append_offset(line, "last", entry->last_offset) < 0 ||
        append_ids(line, "start", entry->start) < 0 || append_ids(line, "stop", entry->stop) < 0 ||
        buffer_append_text(line, "}\n") < 0;
    return is_bad ? -ENOMEM : 0;
}

void journal_write(struct serve *serve, struct httpd_request *request,
                   const struct journal_entry *entry)
{
    log_debug("request served", LOG_TEXT("target", httpd_request_target(request)),
              LOG_TEXT("last_event_id", httpd_request_header(request, "Last-Event-ID")),
              LOG_INTEGER("status", entry->status), LOG_TEXT("ended", entry->ended),
              LOG_INTEGER("events", (int64_t)entry->n_events));
    if (serve->log_fd < 0) {
        return;
    }
    AUTO_BUFFER line = { 0 };
    int r = journal_line(&line, request, entry);
    if (r == 0) {
        ssize_t n = write(serve->log_fd, line.data, line.len);
        r = n == (ssize_t)line.len ? 0 : n < 0 ? -errno : -ENOSPC;
    }
    if (r < 0) {
        log_warning("cannot write the log", LOG_TEXT("path", serve->options.log_path),
                    LOG_TEXT("error", strerror(-r)));
    }
}

static int reply_logged(struct serve *serve, struct httpd_request *request,
                        const struct httpd_response *response)
{
    int r = httpd_reply(request, response);
    if (r == 0) {
        struct journal_entry entry = { .status = response->status,
                                       .ended = "reply",
                                       .n_bytes = response->body_len,
                                       .first_offset = -1,
                                       .last_offset = -1 };
        journal_write(serve, request, &entry);
    }
    return r;
}

int refuse(struct serve *serve, struct httpd_request *request, const struct refusal *refusal)
{
    AUTO_BUFFER detail = { 0 };
    AUTO_BUFFER body = { 0 };
    bool is_bad =
        buffer_append_text(&detail, refusal->detail) < 0 ||
        buffer_append_text(&detail, refusal->subject == NULL ? "" : refusal->subject) < 0 ||
        buffer_text(&detail) == NULL ||
        buffer_printf(&body, "{\"status\":%u", refusal->status) < 0 ||
        append_member(&body, "type", refusal->type) < 0 ||
        append_member(&body, "title", refusal->title) < 0 ||
        append_member(&body, "detail", detail.data) < 0 ||
        append_member(&body, "method", httpd_request_method(request)) < 0 ||
        append_member(&body, "uri", httpd_request_target(request)) < 0 ||
        buffer_append_byte(&body, '}') < 0;
    if (is_bad) {
        return -ENOMEM;
    }
    struct httpd_response response = { .status = refusal->status,
                                       .content_type = "application/json; charset=utf-8",
                                       .headers = refusal->headers,
                                       .n_headers = refusal->n_headers,
                                       .body = body.data,
                                       .body_len = body.len };
    return reply_logged(serve, request, &response);
}

int refuse_assignment(struct serve *serve, struct httpd_request *request, unsigned status,
                      const char *name, const char *message)
{
    AUTO_BUFFER body = { 0 };
    bool is_bad =
        buffer_append_byte(&body, '{') < 0 || append_member(&body, "message", message) < 0 ||
        append_member(&body, "origin", "KafkaSSE") < 0 || append_member(&body, "name", name) < 0 ||
        append_member(&body, "last_event_id", httpd_request_header(request, "Last-Event-ID")) < 0 ||
        buffer_printf(&body, ",\"statusCode\":%u}\n", status) < 0;
    if (is_bad) {
        return -ENOMEM;
    }
    struct httpd_response response = { .status = status,
                                       .content_type = "application/json; charset=utf-8",
                                       .body = body.data,
                                       .body_len = body.len };
    return reply_logged(serve, request, &response);
}

int reply_empty(struct serve *serve, struct httpd_request *request, unsigned status)
{
    struct httpd_response response = { .status = status };
    return reply_logged(serve, request, &response);
}
