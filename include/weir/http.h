/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP in straight lines: requests that an enrichment function makes as if they blocked.
 *
 *     static int enrich(struct weir_event *event, struct weir_http *http, void *context)
 *     {
 *         struct weir_http_response response;
 *         int r = weir_http_get(http, "https://api.example.org/page/1", &response);
 *         if (r < 0) {
 *             return r;
 *         }
 *         return weir_event_set_string_len(event, "/body", response.body, response.body_len);
 *     }
 *
 * A function that calls one of these runs on a stack of its own (`http.stack_size`): the call suspends
 * this event alone, and the thread works on others meanwhile. So do not hold a lock across a call, and
 * keep large arrays off the stack. All views of the event stay valid across calls.
 *
 * What becomes of a request is decided by the configuration's section `http`: it is tried again where
 * that may help, with back-off and full jitter, and as late as Retry-After asks; per host there are
 * limits on concurrency, rate and retries; a host that fails on and on is left alone for a while. All
 * requests of one event together have a deadline, in which the time spent waiting for those limits does
 * not count.
 *
 * Errors
 *
 * Functions return 0, or one of these negative errno values. The event then has its reason
 * (weir_event_fail()), so that `if (r < 0) return r;` sends it to the error sink with status, cause,
 * number of attempts, time, and the URL without its secrets. A function that returns 0 afterwards has
 * dealt with it.
 *
 *     -EREMOTEIO     a reply whose status is not 2xx; ret_response holds it
 *     -ECONNREFUSED  no connection, or it broke before the reply was whole
 *     -EHOSTUNREACH  the host's name is not known, or its address is not allowed
 *     -ETIMEDOUT     no whole reply in time
 *     -EACCES        TLS: the certificate is not accepted, or there is no common version
 *     -EMSGSIZE      the body is longer than http.max_body, or the head than 256 KiB
 *     -EBADMSG       the reply is no HTTP, or not the JSON that was asked for
 *     -EBUSY         the retry budget is empty, or the host asks to wait beyond the deadline
 *     -ENODATA       weir_lookup(): the answer holds nothing for the key
 *     -EINVAL        the URL, a header or another argument is malformed, or http is NULL
 *     -ECANCELED     the program is ending: return at once; the event is read again by the next run
 *     -ENOMEM        no memory
 *
 * Threads: a session belongs to one event. Use it inside your function only.
 */
#ifndef WEIR_HTTP_H
#define WEIR_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/event.h>
#include <weir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The session of one event. */
struct weir_http;

/* A reply. What it points to is valid until your function returns. */
struct weir_http_response {
    /* 200, 404, ...; 0 where none came. */
    int status;
    /* Decoded; a NUL stands behind it. Never NULL where a reply came. */
    const char *body;
    size_t body_len;
    /* Of the request, for weir_http_header(). */
    const void *private_data;
};

/* What is asked for. Zero is a valid value for every member but size and url. */
struct weir_http_request {
    /* sizeof(struct weir_http_request) as your program was compiled. */
    size_t size;
    /* http or https. What comes from an event goes through weir_http_escape() first. */
    const char *url;
    /* NULL: GET. */
    const char *method;
    /* "Name: value", closed by NULL. A line break in one is -EINVAL. */
    const char *const *headers;
    const char *body;
    size_t body_len;
    /* Of one attempt; 0: http.attempt_timeout. */
    int64_t timeout_ms;
    /*
     * GET, HEAD, PUT, DELETE, OPTIONS and TRACE may be repeated. Others are sent again only where no
     * connection was made, or it was reset before the first byte of a reply, unless this is set: then each
     * attempt carries the same Idempotency-Key.
     */
    bool is_idempotent;
    /*
     * The reply must be JSON: what is not is asked for once more. The MediaWiki API's errors inside a
     * 200 (http.retry.api_errors) then count as a 503, and those that are not listed as failures.
     */
    bool expects_json;
};

/* GET url. */
WEIR_EXPORT int weir_http_get(struct weir_http *http, const char *url,
                              struct weir_http_response *ret_response);

/* GET url, whose reply must be JSON. */
WEIR_EXPORT int weir_http_get_json(struct weir_http *http, const char *url,
                                   struct weir_http_response *ret_response);

/* POST body (body_len bytes) as content_type. It may be sent again only as struct weir_http_request says. */
WEIR_EXPORT int weir_http_post(struct weir_http *http, const char *url, const char *content_type,
                               const char *body, size_t body_len,
                               struct weir_http_response *ret_response);

WEIR_EXPORT int weir_http_request(struct weir_http *http, const struct weir_http_request *request,
                                  struct weir_http_response *ret_response);

/* The value of a reply's header, the last one of that name, or NULL. Valid as the response is. */
WEIR_EXPORT const char *weir_http_header(const struct weir_http_response *response,
                                         const char *name);

/*
 * Reads a body that is a JSON object as a document of its own: weir_event_get_* read it by pointers.
 * The document is valid until your function returns and must not be changed. -EBADMSG where the body is no
 * JSON object.
 */
WEIR_EXPORT int weir_http_document(struct weir_http *http,
                                   const struct weir_http_response *response,
                                   struct weir_event **ret_document);

/*
 * Appends text to the string in buffer (size bytes, NUL included), percent-encoded for a path or a
 * query: all but A-Z a-z 0-9 - . _ ~. Returns 0, or -ENOSPC where it does not fit (buffer unchanged).
 */
WEIR_EXPORT int weir_http_escape(char *buffer, size_t size, const char *text, size_t len);

/* Waits without holding anything up. The time counts towards the event's deadline. */
WEIR_EXPORT int weir_sleep(struct weir_http *http, int64_t milliseconds);

/*
 * Lookups: the events that wait in one worker for the same group share a request, and those that ask for
 * the same key share an answer. A group is a static description:
 *
 *     static int request_pages(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
 *                              struct weir_http *http, struct weir_http_response *ret_response,
 *                              void *context);
 *     static int split_pages(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
 *                            struct weir_http *http, const struct weir_http_response *response,
 *                            void *context);
 *
 *     static const struct weir_lookup_group pages = {
 *         .size = sizeof(struct weir_lookup_group), .name = "pages",
 *         .request = request_pages, .split = split_pages, .max_keys = 50,
 *     };
 */
struct weir_lookup;

struct weir_lookup_group {
    /* sizeof(struct weir_lookup_group) as your program was compiled. */
    size_t size;
    /* For counters. */
    const char *name;
    /*
     * Makes one request for n_keys keys, all different. It runs in the event that came first. A negative
     * value fails the request: of several keys each is then asked for alone, unless the host is at fault.
     */
    int (*request)(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                   struct weir_http *http, struct weir_http_response *ret_response, void *context);
    /*
     * Takes the reply apart: calls weir_lookup_answer() for each key that it answers. Keys without an
     * answer fail with -ENODATA, or where weir_lookup_again() was called for them are asked for again. A
     * negative value fails as a request does.
     */
    int (*split)(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                 struct weir_http *http, const struct weir_http_response *response, void *context);
    void *context;
    /* Keys of one request; 0: 50. */
    unsigned max_keys;
    /* How long the first key waits for others; 0: 5 ms. Negative: it does not. */
    int64_t linger_ms;
    /* Answers that a worker keeps, and for how long; 0: none. */
    unsigned cache_entries;
    int64_t cache_ms;
};

/* The answer to the keys[index]; bytes are copied. Returns 0 or -ENOMEM. From split only. */
WEIR_EXPORT int weir_lookup_answer(struct weir_lookup *lookup, size_t index, const char *bytes,
                                   size_t len);

/* keys[index] is to be asked for again: the reply was cut short. From split only. */
WEIR_EXPORT void weir_lookup_again(struct weir_lookup *lookup, size_t index);

/* Asks group for key. The group and its texts must live as long as the program. */
WEIR_EXPORT int weir_lookup(struct weir_http *http, const struct weir_lookup_group *group,
                            const char *key, struct weir_view *ret_answer);

#ifdef __cplusplus
}
#endif

#endif
