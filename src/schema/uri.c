/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is split once, as the expression of RFC 3986's appendix B splits it, and its parts are
 * then looked at by themselves: the grammar leaves no text that another split would make valid.
 * uri_resolve.c resolves references.
 */
#include "schema/uri.h"

#include "schema/uri_private.h"

struct uri uri_split(const char *text, size_t len)
{
    struct uri uri = { 0 };
    struct span rest = { text, len };
    uri.scheme = span_until(&rest, ":/?#");
    uri.has_scheme = uri.scheme.len > 0 && span_byte(&rest, ':');
    if (!uri.has_scheme) {
        rest = (struct span){ text, len };
    }
    uri.has_authority = rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/';
    if (uri.has_authority) {
        rest.data += 2;
        rest.len -= 2;
        uri.authority = span_until(&rest, "/?#");
    }
    uri.path = span_until(&rest, "?#");
    uri.has_query = span_byte(&rest, '?');
    if (uri.has_query) {
        uri.query = span_until(&rest, "#");
    }
    uri.has_fragment = span_byte(&rest, '#');
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

/* unreserved, sub-delims (section 2.2 and 2.3) and what else is named; a NUL is none. */
static bool is_plain(char byte, const char *others)
{
    if (is_alpha(byte) || is_digit(byte)) {
        return true;
    }
    return byte != '\0' &&
           (strchr("-._~!$&'()*+,;=", byte) != NULL || strchr(others, byte) != NULL);
}

/* Only unreserved, sub-delims, pct-encoded and others. */
static bool is_text(struct span span, const char *others)
{
    for (size_t i = 0; i < span.len; i++) {
        if (uri_is_escape(span.data + i, span.len - i)) {
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
    if (!span_byte(&span, 'v') && !span_byte(&span, 'V')) {
        return false;
    }
    struct span version = span_until(&span, ".");
    for (size_t i = 0; i < version.len; i++) {
        if (uri_hex_value(version.data[i]) < 0) {
            return false;
        }
    }
    if (version.len == 0 || !span_byte(&span, '.') || span.len == 0) {
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
        if ((i > 0 && !span_byte(&span, '.')) || !is_octet(span_until(&span, "."))) {
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
        if (uri_hex_value(part.data[i]) < 0) {
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
        struct span part = span_until(&span, ":");
        unsigned n = n_groups_of(part, span.len == 0);
        if (n == 0) {
            return false;
        }
        n_groups += n;
        if (!span_byte(&span, ':')) {
            break;
        }
        bool is_gap = span_byte(&span, ':');
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
    struct span userinfo = span_until(&rest, "@");
    if (span_byte(&rest, '@')) {
        if (!is_text(userinfo, ":")) {
            return false;
        }
        span = rest;
    }
    if (span_byte(&span, '[')) {
        struct span literal = span_until(&span, "]");
        if (!span_byte(&span, ']') || !(is_ipv6(literal) || is_ip_future(literal))) {
            return false;
        }
    } else if (!is_text(span_until(&span, ":"), "")) {
        return false;
    }
    return span.len == 0 || (span_byte(&span, ':') && is_port(span));
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

bool uri_is_reference(const char *text, size_t len)
{
    struct uri uri = uri_split(text, len);
    if (uri.has_scheme) {
        return is_scheme(uri.scheme) && has_valid_parts(&uri);
    }
    return !uri_has_early_colon(uri.path) && has_valid_parts(&uri);
}
