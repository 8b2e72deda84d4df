/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is split once, as the expression of RFC 3986's appendix B splits it, and its parts are
 * then looked at by themselves: the grammar leaves no text that another split would make valid.
 */
#include "schema/uri.h"

#include <errno.h>
#include <string.h>

struct span {
    const char *data;
    size_t len;
};

struct uri {
    bool has_scheme;
    bool has_authority;
    bool has_query;
    bool has_fragment;
    /* Each without the delimiters around it. */
    struct span scheme;
    struct span authority;
    struct span path;
    struct span query;
    struct span fragment;
};

/* Takes bytes from rest up to the first that is in ends. */
static struct span take_until(struct span *rest, const char *ends)
{
    struct span taken = { rest->data, 0 };
    size_t n_ends = strlen(ends);
    while (taken.len < rest->len && memchr(ends, rest->data[taken.len], n_ends) == NULL) {
        taken.len++;
    }
    rest->data += taken.len;
    rest->len -= taken.len;
    return taken;
}

static bool take_byte(struct span *rest, char byte)
{
    if (rest->len == 0 || rest->data[0] != byte) {
        return false;
    }
    rest->data++;
    rest->len--;
    return true;
}

static struct uri uri_split(const char *text, size_t len)
{
    struct uri uri = { 0 };
    struct span rest = { text, len };
    uri.scheme = take_until(&rest, ":/?#");
    uri.has_scheme = uri.scheme.len > 0 && take_byte(&rest, ':');
    if (!uri.has_scheme) {
        rest = (struct span){ text, len };
    }
    uri.has_authority = rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/';
    if (uri.has_authority) {
        rest.data += 2;
        rest.len -= 2;
        uri.authority = take_until(&rest, "/?#");
    }
    uri.path = take_until(&rest, "?#");
    uri.has_query = take_byte(&rest, '?');
    if (uri.has_query) {
        uri.query = take_until(&rest, "#");
    }
    uri.has_fragment = take_byte(&rest, '#');
    uri.fragment = rest;
    return uri;
}

static bool is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The value of a hexadecimal digit, -1 of others. */
static int hex_value(char byte)
{
    if (is_digit(byte)) {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* unreserved, sub-delims (section 2.2 and 2.3) and what else is named; a NUL is none. */
static bool is_plain(char byte, const char *others)
{
    if (is_alpha(byte) || is_digit(byte)) {
        return true;
    }
    return byte != '\0' &&
           (strchr("-._~!$&'()*+,;=", byte) != NULL || strchr(others, byte) != NULL);
}

/* Whether left bytes begin with a percent and two hexadecimal digits. */
static bool is_escape(const char *at, size_t left)
{
    return left >= 3 && at[0] == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0;
}

/* Only unreserved, sub-delims, pct-encoded and others. */
static bool is_text(struct span span, const char *others)
{
    for (size_t i = 0; i < span.len; i++) {
        if (is_escape(span.data + i, span.len - i)) {
            i += 2;
        } else if (!is_plain(span.data[i], others)) {
            return false;
        }
    }
    return true;
}

static bool is_scheme(struct span span)
{
    for (size_t i = 0; i < span.len; i++) {
        char byte = span.data[i];
        bool is_inner = is_digit(byte) || byte == '+' || byte == '-' || byte == '.';
        if (!is_alpha(byte) && !(i > 0 && is_inner)) {
            return false;
        }
    }
    return span.len > 0;
}

static bool is_port(struct span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (!is_digit(span.data[i])) {
            return false;
        }
    }
    return true;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_ip_future(struct span span)
{
    if (!take_byte(&span, 'v') && !take_byte(&span, 'V')) {
        return false;
    }
    struct span version = take_until(&span, ".");
    for (size_t i = 0; i < version.len; i++) {
        if (hex_value(version.data[i]) < 0) {
            return false;
        }
    }
    if (version.len == 0 || !take_byte(&span, '.') || span.len == 0) {
        return false;
    }
    return memchr(span.data, '%', span.len) == NULL && is_text(span, ":");
}

/* 0 to 255 without leading zeros. */
static bool is_octet(struct span span)
{
    if (span.len == 0 || span.len > 3 || !is_port(span)) {
        return false;
    }
    int value = 0;
    for (size_t i = 0; i < span.len; i++) {
        value = value * 10 + span.data[i] - '0';
    }
    return value <= 255 && (span.len == 1 || span.data[0] != '0');
}

static bool is_ipv4(struct span span)
{
    for (int i = 0; i < 4; i++) {
        if ((i > 0 && !take_byte(&span, '.')) || !is_octet(take_until(&span, "."))) {
            return false;
        }
    }
    return span.len == 0;
}

/* How many groups of an IPv6 address one part between colons stands for, 0 when it is none. */
static unsigned n_groups_of(struct span part, bool is_last)
{
    if (is_last && is_ipv4(part)) {
        return 2;
    }
    for (size_t i = 0; i < part.len; i++) {
        if (hex_value(part.data[i]) < 0) {
            return 0;
        }
    }
    return part.len >= 1 && part.len <= 4 ? 1 : 0;
}

/* Eight groups, or up to seven around one `::`. */
static bool is_ipv6(struct span span)
{
    unsigned n_groups = 0;
    bool has_gap = span.len >= 2 && memcmp(span.data, "::", 2) == 0;
    if (has_gap) {
        span.data += 2;
        span.len -= 2;
    }
    while (span.len > 0) {
        struct span part = take_until(&span, ":");
        unsigned n = n_groups_of(part, span.len == 0);
        if (n == 0) {
            return false;
        }
        n_groups += n;
        if (!take_byte(&span, ':')) {
            break;
        }
        bool is_gap = take_byte(&span, ':');
        if (is_gap ? has_gap : span.len == 0) {
            return false;
        }
        has_gap = has_gap || is_gap;
    }
    return has_gap ? n_groups <= 7 : n_groups == 8;
}

static bool is_authority(struct span span)
{
    struct span rest = span;
    struct span userinfo = take_until(&rest, "@");
    if (take_byte(&rest, '@')) {
        if (!is_text(userinfo, ":")) {
            return false;
        }
        span = rest;
    }
    if (take_byte(&span, '[')) {
        struct span literal = take_until(&span, "]");
        if (!take_byte(&span, ']') || !(is_ipv6(literal) || is_ip_future(literal))) {
            return false;
        }
    } else if (!is_text(take_until(&span, ":"), "")) {
        return false;
    }
    return span.len == 0 || (take_byte(&span, ':') && is_port(span));
}

static bool has_valid_parts(const struct uri *uri)
{
    return (!uri->has_authority || is_authority(uri->authority)) && is_text(uri->path, ":@/") &&
           is_text(uri->query, ":@/?") && is_text(uri->fragment, ":@/?");
}

bool uri_is_valid(const char *text, size_t len)
{
    struct uri uri = uri_split(text, len);
    return uri.has_scheme && is_scheme(uri.scheme) && has_valid_parts(&uri);
}

/* Whether the first segment of a path holds a colon; it would be read as the end of a scheme. */
static bool has_early_colon(struct span path)
{
    struct span segment = take_until(&path, "/");
    return memchr(segment.data, ':', segment.len) != NULL;
}

bool uri_is_reference(const char *text, size_t len)
{
    struct uri uri = uri_split(text, len);
    if (uri.has_scheme) {
        return is_scheme(uri.scheme) && has_valid_parts(&uri);
    }
    return !has_early_colon(uri.path) && has_valid_parts(&uri);
}

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
        struct span segment = take_until(&text, "/");
        bool has_slash = take_byte(&text, '/');
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
    } else if (text.data[0] == '/' || (!target->has_scheme && has_early_colon(text))) {
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
    take_byte(&first, '/');
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
        if (taken == 3 && !is_escape(at, left)) {
            ret_fragment->len = len_before;
            return -EINVAL;
        }
        char byte = taken == 3 ? (char)(hex_value(at[1]) << 4 | hex_value(at[2])) : *at;
        buffer_put(ret_fragment, &byte, 1);
        at += taken;
        left -= taken;
    }
    return 0;
}
