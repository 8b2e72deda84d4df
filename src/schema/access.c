/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/access.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *after(const char *uri, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncasecmp(uri, prefix, len) == 0 ? uri + len : NULL;
}

bool access_is_http(const char *uri)
{
    return after(uri, "http://") != NULL || after(uri, "https://") != NULL;
}

static int digit_value(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* Appends text with its %41 decoded; what is no escape stays. */
static int append_decoded(struct buffer *path, const char *text)
{
    int r = 0;
    for (; *text != '\0' && r == 0; text++) {
        char byte = *text;
        if (byte == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])) {
            byte = (char)(digit_value(text[1]) << 4 | digit_value(text[2]));
            text += 2;
        }
        r = buffer_append_byte(path, byte);
    }
    return r;
}

/* The path of file:///a, file://localhost/a and, as people write relative ones, file://a/b. */
static int append_path(const char *uri, struct buffer *path)
{
    const char *rest = after(uri, "file://");
    if (rest == NULL) {
        return buffer_append_text(path, uri);
    }
    const char *local = after(rest, "localhost/");
    return append_decoded(path, local != NULL ? local - 1 : rest);
}

static int read_file(const char *uri, struct access_reply *reply)
{
    AUTO_BUFFER path = { 0 };
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    if (append_path(uri, &path) < 0 || buffer_text(&path) == NULL) {
        return -ENOMEM;
    }
    int r = file_read_all(path.data, ACCESS_MAX_BYTES, &bytes, &len);
    if (r == 0) {
        return buffer_append(&reply->bytes, bytes, len);
    }
    if (r == -ENOMEM) {
        return r;
    }
    snprintf(reply->said, sizeof(reply->said), "%s", strerror(-r));
    return r == -ENOENT || r == -ENOTDIR || r == -EISDIR ? ACCESS_ABSENT : ACCESS_USELESS;
}

/*
 * Replies after which the same request may be answered: overload, and what is in front of a
 * service.
 */
static bool is_passing(int status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

static int read_http(const struct schema_access *access, const char *uri,
                     struct access_reply *reply)
{
    if (access->fetch == NULL) {
        snprintf(reply->said, sizeof(reply->said), "there is no network");
        return ACCESS_USELESS;
    }
    int status = 0;
    struct problem problem = { 0 };
    int r = access->fetch(access->context, uri, &reply->bytes, &status, &problem);
    if (r == -ENOMEM || r == -ECANCELED) {
        return r;
    }
    if (r < 0) {
        snprintf(reply->said, sizeof(reply->said), "%.255s", problem.text);
        return r == -EAGAIN ? ACCESS_SILENT : r == -EACCES ? ACCESS_UNTRUSTED : ACCESS_USELESS;
    }
    snprintf(reply->said, sizeof(reply->said), "HTTP status %d", status);
    if (status == 200) {
        return 0;
    }
    return is_passing(status)               ? ACCESS_SILENT
           : status == 404 || status == 410 ? ACCESS_ABSENT
                                            : ACCESS_USELESS;
}

int access_read(const struct schema_access *access, const char *uri, struct access_reply *ret_reply)
{
    buffer_clear(&ret_reply->bytes);
    ret_reply->said[0] = '\0';
    return access_is_http(uri) ? read_http(access, uri, ret_reply) : read_file(uri, ret_reply);
}

int access_show(const char *uri, struct buffer *ret_text)
{
    if (!access_is_http(uri)) {
        return buffer_append_text(ret_text, uri);
    }
    const char *authority = strstr(uri, "://") + 3;
    const char *path = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(path - authority));
    const char *host = at != NULL ? at + 1 : authority;
    int r = buffer_append(ret_text, uri, (size_t)(authority - uri));
    return r < 0 ? r : buffer_append(ret_text, host, (size_t)(path - host) + strcspn(path, "?#"));
}
