/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_uri.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

struct part {
    const char *text;
    size_t len;
    bool is_there;
};

struct parts {
    struct part scheme;
    struct part authority;
    struct part path;
    struct part query;
    struct part fragment;
};

/* Takes what stands up to one of the bytes of set, or all. */
static struct part take(const char **p, const char *set)
{
    struct part part = { *p, strcspn(*p, set), true };
    *p += part.len;
    return part;
}

static bool has_scheme(const char *text)
{
    size_t n = strcspn(text, ":/?#");
    return n > 0 && text[n] == ':' && isalpha((unsigned char)text[0]);
}

static struct parts split(const char *text)
{
    struct parts parts = { .scheme = { .is_there = false } };
    if (has_scheme(text)) {
        parts.scheme = take(&text, ":");
        text++;
    }
    if (strncmp(text, "//", 2) == 0) {
        text += 2;
        parts.authority = take(&text, "/?#");
    }
    parts.path = take(&text, "?#");
    if (*text == '?') {
        text++;
        parts.query = take(&text, "#");
    }
    if (*text == '#') {
        text++;
        parts.fragment = take(&text, "");
    }
    return parts;
}

static void put(struct buffer *out, const char *text, size_t len)
{
    require(buffer_append(out, text, len) == 0);
}

static bool starts_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Section 5.2.4. */
static void remove_dot_segments(const char *in, struct buffer *out)
{
    while (*in != '\0') {
        if (starts_with(in, "../")) {
            in += 3;
        } else if (starts_with(in, "./") || starts_with(in, "/./")) {
            in += 2;
        } else if (strcmp(in, "/.") == 0 || strcmp(in, "/..") == 0 || starts_with(in, "/../")) {
            bool is_up = in[2] == '.';
            while (is_up && out->len > 0 && out->data[--out->len] != '/') {
            }
            in += is_up ? 3 : 2;
            in = *in == '\0' ? "/" : in;
            if (strcmp(in, "/") == 0) {
                put(out, "/", 1);
                break;
            }
        } else if (strcmp(in, ".") == 0 || strcmp(in, "..") == 0) {
            break;
        } else {
            size_t n = 1 + strcspn(in + 1, "/");
            put(out, in, n);
            in += n;
        }
    }
}

/* Section 5.2.3. */
static void merge(const struct parts *base, const struct part *path, struct buffer *out)
{
    if (base->authority.is_there && base->path.len == 0) {
        put(out, "/", 1);
    }
    size_t n = base->path.len;
    while (n > 0 && base->path.text[n - 1] != '/') {
        n--;
    }
    put(out, base->path.text, n);
    put(out, path->text, path->len);
}

static void put_part(struct buffer *out, const char *before, const struct part *part,
                     const char *behind)
{
    if (part->is_there) {
        put(out, before, strlen(before));
        put(out, part->text, part->len);
        put(out, behind, strlen(behind));
    }
}

static void put_path(struct buffer *out, const struct parts *base, const struct parts *reference)
{
    bool is_own = reference->scheme.is_there || reference->authority.is_there;
    if (!is_own && reference->path.len == 0) {
        put(out, base->path.text, base->path.len);
        return;
    }
    AUTO_BUFFER path = { 0 };
    AUTO_BUFFER clean = { 0 };
    if (is_own || reference->path.text[0] == '/') {
        put(&path, reference->path.text, reference->path.len);
    } else {
        merge(base, &reference->path, &path);
    }
    const char *text = buffer_text(&path);
    require(text != NULL);
    remove_dot_segments(text, &clean);
    put(out, clean.data, clean.len);
}

char *plain_uri_resolve(const char *base, const char *reference)
{
    struct parts b = split(base);
    struct parts r = split(reference);
    bool is_absolute = r.scheme.is_there;
    bool is_own = is_absolute || r.authority.is_there;
    struct buffer out = { 0 };
    put_part(&out, "", is_absolute ? &r.scheme : &b.scheme, ":");
    put_part(&out, "//", is_own ? &r.authority : &b.authority, "");
    put_path(&out, &b, &r);
    bool keeps_query = !is_own && r.path.len == 0 && !r.query.is_there;
    put_part(&out, "?", keeps_query ? &b.query : &r.query, "");
    put_part(&out, "#", &r.fragment, "");
    char *text = buffer_text(&out);
    require(text != NULL);
    return text;
}

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

char *plain_uri_cut_fragment(char *uri)
{
    char *fragment = uri + strcspn(uri, "#");
    if (*fragment == '#') {
        *fragment++ = '\0';
    }
    char *to = fragment;
    for (const char *from = fragment; *from != '\0'; from++) {
        if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            *to++ = (char)(hex_value(from[1]) * 16 + hex_value(from[2]));
            from += 2;
            continue;
        }
        *to++ = *from;
    }
    *to = '\0';
    return fragment;
}
