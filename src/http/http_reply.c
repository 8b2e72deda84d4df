/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void http_reply_reset(struct http_reply *reply)
{
    struct buffer body = reply->error_body;
    buffer_clear(&body);
    *reply = (struct http_reply){ .error_body = body };
}

void http_reply_deinit(struct http_reply *reply)
{
    buffer_deinit(&reply->error_body);
}

void http_reply_begin_head(struct http_reply *reply)
{
    reply->finish = HTTP_FINISH_NONE;
    reply->status = 0;
    reply->content_type[0] = '\0';
    reply->retry_after[0] = '\0';
    reply->encoding[0] = '\0';
    reply->has_location = false;
    reply->detail[0] = '\0';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Copies the value, without blanks around it, cut to fit. */
static void copy_value(char *to, size_t size, const char *value, size_t len)
{
    while (len > 0 && is_blank(*value)) {
        value++;
        len--;
    }
    while (len > 0 && is_blank(value[len - 1])) {
        len--;
    }
    len = len < size - 1 ? len : size - 1;
    memcpy(to, value, len);
    to[len] = '\0';
}

void http_reply_take_header(struct http_reply *reply, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (colon == NULL) {
        return;
    }
    size_t name_len = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t value_len = len - name_len - 1;
    char location[2] = "";
    const struct {
        const char *name;
        char *to;
        size_t size;
    } known[] = {
        { "content-type", reply->content_type, sizeof(reply->content_type) },
        { "retry-after", reply->retry_after, sizeof(reply->retry_after) },
        { "content-encoding", reply->encoding, sizeof(reply->encoding) },
        { "location", location, sizeof(location) },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == name_len && strncasecmp(line, known[i].name, name_len) == 0) {
            copy_value(known[i].to, known[i].size, value, value_len);
        }
    }
    if (location[0] != '\0') {
        reply->has_location = true;
    }
}

bool http_reply_is_of(const struct http_reply *reply, const char *media_type)
{
    size_t len = strlen(media_type);
    if (strncasecmp(reply->content_type, media_type, len) != 0) {
        return false;
    }
    char next = reply->content_type[len];
    return next == '\0' || next == ';' || is_blank(next);
}

bool http_reply_is_redirect(const struct http_reply *reply)
{
    int status = reply->status;
    return reply->has_location &&
           ((status >= 301 && status <= 303) || status == 307 || status == 308);
}

void http_reply_explain(struct http_reply *reply, const char *format, ...)
{
    if (reply->detail[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reply->detail, sizeof(reply->detail), format, arguments);
    va_end(arguments);
}

const char *http_finish_text(enum http_finish finish)
{
    static const char *const texts[] = {
        [HTTP_FINISH_NONE] = "not finished",
        [HTTP_FINISH_END] = "the server ended the stream",
        [HTTP_FINISH_CUT] = "the connection was cut",
        [HTTP_FINISH_IDLE] = "nothing came within the idle timeout",
        [HTTP_FINISH_REFUSED] = "the server refused",
        [HTTP_FINISH_NO_HOST] = "the host is not known",
        [HTTP_FINISH_NO_CONNECTION] = "no connection",
        [HTTP_FINISH_TLS] = "the server's certificate is not accepted",
        [HTTP_FINISH_REDIRECT] = "a redirect that is not followed",
        [HTTP_FINISH_PROTOCOL] = "the reply is not understood",
    };
    return texts[finish];
}
