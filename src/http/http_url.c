/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_url.h"

#include <errno.h>
#include <string.h>

#include "http/http_url_parse.h"

int http_url_errno(CURLUcode code)
{
    if (code == CURLUE_OK) {
        return 0;
    }
    return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

int http_url_parse(const char *url, CURLU **ret_parsed)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL) {
        return -ENOMEM;
    }
    char *scheme = NULL;
    int r = http_url_errno(curl_url_set(parsed, CURLUPART_URL, url, 0));
    if (r == 0) {
        r = http_url_errno(curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0));
    }
    if (r == 0 && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        r = -EINVAL;
    }
    curl_free(scheme);
    if (r < 0) {
        curl_url_cleanup(parsed);
        return r;
    }
    *ret_parsed = parsed;
    return 0;
}

static int url_append(CURLU *parsed, struct buffer *ret_url)
{
    char *text = NULL;
    int r = http_url_errno(curl_url_get(parsed, CURLUPART_URL, &text, 0));
    if (r == 0) {
        r = buffer_append_text(ret_url, text);
    }
    curl_free(text);
    return r;
}

static int add_query(CURLU *parsed, const char *name, const char *value)
{
    struct buffer text = { 0 };
    int r = buffer_printf(&text, "%s=%s", name, value);
    if (r == 0) {
        r = buffer_text(&text) == NULL ? -ENOMEM : 0;
    }
    if (r == 0) {
        r = http_url_errno(
            curl_url_set(parsed, CURLUPART_QUERY, text.data, CURLU_APPENDQUERY | CURLU_URLENCODE));
    }
    buffer_deinit(&text);
    return r;
}

int http_url_with_query(const char *url, const char *name, const char *value,
                        struct buffer *ret_url)
{
    CURLU *parsed;
    int r = http_url_parse(url, &parsed);
    if (r < 0) {
        return r;
    }
    if (value != NULL) {
        r = add_query(parsed, name, value);
    }
    if (r == 0) {
        r = url_append(parsed, ret_url);
    }
    curl_url_cleanup(parsed);
    return r;
}

int http_url_public(const char *url, struct buffer *ret_url)
{
    CURLU *parsed;
    int r = http_url_parse(url, &parsed);
    if (r < 0) {
        return r;
    }
    static const CURLUPart private_parts[] = { CURLUPART_USER, CURLUPART_PASSWORD,
                                               CURLUPART_OPTIONS, CURLUPART_QUERY,
                                               CURLUPART_FRAGMENT };
    for (size_t i = 0; r == 0 && i < sizeof(private_parts) / sizeof(private_parts[0]); i++) {
        r = http_url_errno(curl_url_set(parsed, private_parts[i], NULL, 0));
    }
    if (r == 0) {
        r = url_append(parsed, ret_url);
    }
    curl_url_cleanup(parsed);
    return r;
}

/* Moves a parsed URL to where reference leads from it. */
static int follow(CURLU *parsed, const char *reference)
{
    char *before = NULL;
    char *after = NULL;
    int r = http_url_errno(curl_url_get(parsed, CURLUPART_SCHEME, &before, 0));
    if (r == 0) {
        r = http_url_errno(curl_url_set(parsed, CURLUPART_URL, reference, 0));
    }
    if (r == 0) {
        r = http_url_errno(curl_url_get(parsed, CURLUPART_SCHEME, &after, 0));
    }
    /* To the same scheme, or from http to https. */
    if (r == 0 && strcmp(after, before) != 0 && strcmp(after, "https") != 0) {
        r = -EINVAL;
    }
    curl_free(before);
    curl_free(after);
    return r;
}

int http_url_follow(const char *url, const char *reference, struct buffer *ret_url)
{
    CURLU *parsed;
    int r = http_url_parse(url, &parsed);
    if (r < 0) {
        return r;
    }
    r = follow(parsed, reference);
    if (r == 0) {
        r = url_append(parsed, ret_url);
    }
    curl_url_cleanup(parsed);
    return r;
}
