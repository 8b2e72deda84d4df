/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "http/http_url.h"

/* Whether a parameter's name speaks of a secret. */
static bool is_secret_name(const char *name, size_t len)
{
    static const char *const words[] = { "key",  "token", "secret",  "pass", "auth",
                                         "sign", "sig",   "session", "cred" };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t word_len = strlen(words[i]);
        for (size_t at = 0; at + word_len <= len; at++) {
            if (strncasecmp(name + at, words[i], word_len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static int append_query(const char *query, struct buffer *ret_url)
{
    int r = 0;
    while (r == 0 && *query != '\0') {
        size_t len = strcspn(query, "&;#");
        size_t name_len = strcspn(query, "=&;#");
        bool is_hidden = name_len < len && is_secret_name(query, name_len);
        r = buffer_append(ret_url, query, is_hidden ? name_len + 1 : len);
        if (r == 0 && is_hidden) {
            r = buffer_append_text(ret_url, "***");
        }
        query += len;
        if (r == 0 && *query != '\0') {
            r = buffer_append_byte(ret_url, *query++);
        }
    }
    return r;
}

int http_url_redacted(const char *url, struct buffer *ret_url)
{
    if (url == NULL) {
        return buffer_append_text(ret_url, "(no URL)");
    }
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end == NULL ? url : scheme_end + 3;
    size_t authority_len = strcspn(authority, "/?#");
    const char *host = authority;
    for (size_t i = 0; i < authority_len; i++) {
        host = authority[i] == '@' ? authority + i + 1 : host;
    }
    int r = buffer_append(ret_url, url, (size_t)(authority - url));
    size_t path_len = strcspn(host, "?");
    if (r == 0) {
        r = buffer_append(ret_url, host, path_len);
    }
    if (r == 0 && host[path_len] == '?') {
        r = buffer_append_byte(ret_url, '?');
        r = r < 0 ? r : append_query(host + path_len + 1, ret_url);
    }
    return r;
}
