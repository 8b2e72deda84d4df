/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_route.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "http/http_url_parse.h"

static const CURLUPart place_parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };

/* Where a URL leads to; each from libcurl's own memory. */
struct place {
    char *parts[ARRAY_SIZE(place_parts)];
};

static void place_deinit(struct place *place)
{
    for (size_t i = 0; i < ARRAY_SIZE(place_parts); i++) {
        curl_free(place->parts[i]);
    }
}

#define AUTO_PLACE __attribute__((cleanup(place_deinit))) struct place

/* The port is the scheme's where the URL names none. */
static int place_of(CURLU *parsed, struct place *place)
{
    int r = 0;
    for (size_t i = 0; i < ARRAY_SIZE(place_parts) && r == 0; i++) {
        r = http_url_errno(
            curl_url_get(parsed, place_parts[i], &place->parts[i], CURLU_DEFAULT_PORT));
    }
    return r;
}

static bool is_same_place(const struct place *a, const struct place *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(place_parts); i++) {
        if (strcasecmp(a->parts[i], b->parts[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* "host" or, where the URL names a port, "host:port". */
static int append_host(CURLU *parsed, struct buffer *host)
{
    char *name = NULL;
    char *port = NULL;
    int r = http_url_errno(curl_url_get(parsed, CURLUPART_HOST, &name, 0));
    if (r == 0) {
        r = buffer_append_text(host, name);
    }
    if (r == 0 && curl_url_get(parsed, CURLUPART_PORT, &port, 0) == CURLUE_OK) {
        r = buffer_printf(host, ":%s", port);
    }
    curl_free(name);
    curl_free(port);
    return r;
}

/* Replaces scheme, host and port of a parsed URL, and appends it. */
static int append_at(CURLU *parsed, const struct place *to, struct buffer *ret_url)
{
    char *text = NULL;
    int r = 0;
    for (size_t i = 0; i < ARRAY_SIZE(place_parts) && r == 0; i++) {
        r = http_url_errno(curl_url_set(parsed, place_parts[i], to->parts[i], 0));
    }
    if (r == 0) {
        r = http_url_errno(curl_url_get(parsed, CURLUPART_URL, &text, 0));
    }
    if (r == 0) {
        r = buffer_append_text(ret_url, text);
    }
    curl_free(text);
    return r;
}

/* Parses a URL of a route into its place. */
static int read_place(const char *url, struct place *place)
{
    CURLU *parsed;
    int r = http_url_parse(url, &parsed);
    if (r < 0) {
        return r;
    }
    r = place_of(parsed, place);
    curl_url_cleanup(parsed);
    return r;
}

/* Whether a route is for the place: 1 with *to filled, 0, or -errno. */
static int match(const struct http_route *route, const struct place *place, struct place *to)
{
    AUTO_PLACE from = { 0 };
    int r = read_place(route->from, &from);
    if (r < 0 || !is_same_place(&from, place)) {
        return r;
    }
    r = read_place(route->to, to);
    return r < 0 ? r : 1;
}

static int find(const struct http_route *routes, size_t n_routes, CURLU *parsed,
                struct buffer *ret_url, struct buffer *ret_host)
{
    AUTO_PLACE place = { 0 };
    int r = place_of(parsed, &place);
    for (size_t i = 0; i < n_routes && r == 0; i++) {
        AUTO_PLACE to = { 0 };
        r = match(&routes[i], &place, &to);
        if (r <= 0) {
            continue;
        }
        r = append_host(parsed, ret_host);
        return r < 0 ? r : append_at(parsed, &to, ret_url);
    }
    return r < 0 ? r : HTTP_ROUTE_NONE;
}

int http_route_find(const struct http_route *routes, size_t n_routes, const char *url,
                    struct buffer *ret_url, struct buffer *ret_host)
{
    CURLU *parsed;
    int r = http_url_parse(url, &parsed);
    if (r < 0) {
        return r;
    }
    r = find(routes, n_routes, parsed, ret_url, ret_host);
    curl_url_cleanup(parsed);
    return r;
}
