/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reference means seen from a base (RFC 3986, section 5.2), and what fragments say. The path is
 * put segment by segment at the end of the buffer; everything else is copied.
 */
#include "schema/uri.h"

#include <errno.h>

#include "schema/uri_private.h"

/*
 * A path under construction at the end of a buffer. Between two segments what lies behind root is
 * empty or ends with a slash.
 */
struct path {
    struct buffer *out;
    /* Where the path begins, and where its first segment does: behind a leading slash. */
    size_t start;
    size_t root;
};

static struct path path_begin(struct buffer *out, bool is_absolute)
{
    struct path path = { out, out->len, out->len };
    if (is_absolute) {
        buffer_put(out, "/", 1);
        path.root++;
    }
    return path;
}

/* Takes the last segment and its slash back, if there is one. */
static void path_leave(struct path *path)
{
    struct buffer *out = path->out;
    if (out->len > path->root) {
        out->len--;
    }
    while (out->len > path->root && out->data[out->len - 1] != '/') {
        out->len--;
    }
}

/* Appends the segments of text, which go on where those before it ended (section 5.2.4). */
static void path_append(struct path *path, struct span text)
{
    while (text.len > 0) {
        struct span segment = span_until(&text, "/");
        bool has_slash = span_byte(&text, '/');
        bool begins_with_dot = segment.len > 0 && segment.data[0] == '.';
        if (begins_with_dot && segment.len == 1) {
            continue;
        }
        if (begins_with_dot && segment.len == 2 && segment.data[1] == '.') {
            path_leave(path);
            continue;
        }
        buffer_put(path->out, segment.data, segment.len + has_slash);
    }
}

/* Puts two bytes before the path where it would be read as something else without them. */
static void path_guard(const struct path *path, const struct uri *target)
{
    struct buffer *out = path->out;
    struct span text = { out->data + path->start, out->len - path->start };
    const char *guard = NULL;
    if (target->has_authority || text.len == 0) {
        return;
    }
    if (path->root > path->start) {
        guard = text.len >= 2 && text.data[1] == '/' ? "/." : NULL;
    } else if (text.data[0] == '/' || (!target->has_scheme && uri_has_early_colon(text))) {
        guard = "./";
    }
    if (guard != NULL) {
        memmove(out->data + path->start + 2, text.data, text.len);
        memcpy(out->data + path->start, guard, 2);
        out->len += 2;
    }
}

/* What a reference is resolved to, but for the path, which base and reference make together. */
static struct uri target_of(const struct uri *base, const struct uri *reference)
{
    struct uri target = *reference;
    if (reference->has_scheme) {
        return target;
    }
    target.has_scheme = base->has_scheme;
    target.scheme = base->scheme;
    if (reference->has_authority) {
        return target;
    }
    target.has_authority = base->has_authority;
    target.authority = base->authority;
    if (reference->path.len == 0 && !reference->has_query) {
        target.has_query = base->has_query;
        target.query = base->query;
    }
    return target;
}

static bool begins_with_slash(struct span span)
{
    return span.len > 0 && span.data[0] == '/';
}

/* What of base's path stands before the reference's: all up to the last slash (section 5.2.3). */
static struct span directory_of(const struct uri *base)
{
    if (base->has_authority && base->path.len == 0) {
        return (struct span){ "/", 1 };
    }
    struct span directory = base->path;
    while (directory.len > 0 && directory.data[directory.len - 1] != '/') {
        directory.len--;
    }
    return directory;
}

/* Puts the path of the target (section 5.2.2). */
static void put_path(struct buffer *out, const struct uri *base, const struct uri *reference,
                     const struct uri *target)
{
    bool is_alone = reference->has_scheme || reference->has_authority;
    if (!is_alone && reference->path.len == 0) {
        buffer_put(out, base->path.data, base->path.len);
        return;
    }
    struct span before = { "", 0 };
    if (!is_alone && !begins_with_slash(reference->path)) {
        before = directory_of(base);
    }
    struct span first = before.len > 0 ? before : reference->path;
    struct path path = path_begin(out, begins_with_slash(first));
    span_byte(&first, '/');
    path_append(&path, first);
    if (before.len > 0) {
        path_append(&path, reference->path);
    }
    path_guard(&path, target);
}

int uri_resolve(const char *base, const char *reference, struct buffer *ret_uri)
{
    size_t base_len = strlen(base);
    size_t reference_len = strlen(reference);
    /* Nothing but a slash and a guard is in neither. */
    int r = buffer_reserve(ret_uri, base_len + reference_len + 3);
    if (r < 0) {
        return r;
    }
    struct uri from = uri_split(base, base_len);
    struct uri to = uri_split(reference, reference_len);
    struct uri target = target_of(&from, &to);
    if (target.has_scheme) {
        buffer_put(ret_uri, target.scheme.data, target.scheme.len);
        buffer_put(ret_uri, ":", 1);
    }
    if (target.has_authority) {
        buffer_put(ret_uri, "//", 2);
        buffer_put(ret_uri, target.authority.data, target.authority.len);
    }
    put_path(ret_uri, &from, &to, &target);
    if (target.has_query) {
        buffer_put(ret_uri, "?", 1);
        buffer_put(ret_uri, target.query.data, target.query.len);
    }
    if (target.has_fragment) {
        buffer_put(ret_uri, "#", 1);
        buffer_put(ret_uri, target.fragment.data, target.fragment.len);
    }
    return 0;
}

size_t uri_len_without_fragment(const char *uri)
{
    return strcspn(uri, "#");
}

int uri_fragment(const char *uri, struct buffer *ret_fragment)
{
    const char *at = strchr(uri, '#');
    if (at == NULL) {
        return URI_NO_FRAGMENT;
    }
    at++;
    size_t len_before = ret_fragment->len;
    size_t left = strlen(at);
    int r = buffer_reserve(ret_fragment, left);
    if (r < 0) {
        return r;
    }
    while (left > 0) {
        size_t taken = *at == '%' ? 3 : 1;
        if (taken == 3 && !uri_is_escape(at, left)) {
            ret_fragment->len = len_before;
            return -EINVAL;
        }
        char byte = taken == 3 ? (char)(uri_hex_value(at[1]) << 4 | uri_hex_value(at[2])) : *at;
        buffer_put(ret_fragment, &byte, 1);
        at += taken;
        left -= taken;
    }
    return 0;
}
