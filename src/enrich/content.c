/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step `page_content`: revisions of one wiki that are asked for at about the same time share a
 * request. What is asked for and what an event comes to:
 *
 *     a page that was deleted, a text that is not to be seen     passes as it is
 *     a text that the wiki hides                                 passes as it is, and is counted
 *     a revision that the wiki does not know                     asked again while the event is young, then
 *                                                                MissingRevision
 *     a text that is lost, in another format, or too long        BadContent, ContentTooLarge
 */
#include <weir/http.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/content_reply.h"
#include "enrich/enrich_private.h"
#include "enrich/hosts.h"
#include "event/event.h"
#include "http/http_client.h"
#include "http/http_lookup.h"

enum { DOMAIN_MAX = 255, REQUEST_ID_MAX = 128, PAUSE_MS = 250, PAUSE_MAX_MS = 1000 };

static const char slots_path[] = "/revision/content_slots";

struct content_step {
    struct template endpoint;
    struct enrich_hosts hosts;
    struct weir_lookup_group group;
    size_t max_group_bytes;
    size_t max_content_bytes;
    struct enrich_content_counts *counts;
    struct pointer kind;
    struct pointer is_visible;
    struct pointer domain;
    struct pointer request_id;
};

/* A header's text from a field of the event; empty where it has none that may stand there. */
static void read_plain(struct weir_event *event, const struct pointer *pointer, char *text,
                       size_t size)
{
    struct weir_view value;
    text[0] = '\0';
    if (event_get_string_at(event, pointer, &value) < 0 || value.len >= size) {
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.data[i] <= 0x20 || (unsigned char)value.data[i] >= 0x7f) {
            return;
        }
    }
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
}

/* All events that share the request have the domain, which is all of an event that may stand in a URL. */
static int append_url(const struct content_step *own, struct weir_event *event,
                      const char *const *keys, size_t n_keys, struct buffer *url)
{
    int r = template_render(&own->endpoint, TEMPLATE_URL, event, url);
    if (r == 0) {
        r = buffer_text(url) == NULL ? -ENOMEM : enrich_hosts_check(&own->hosts, event, url->data);
    }
    if (r == 0) {
        r = buffer_printf(url,
                          "%caction=query&format=json&formatversion=2&prop=revisions"
                          "&rvprop=ids%%7Ccontent%%7Cslotsha1%%7Cslotsize&rvslots=*&revids=",
                          strchr(url->data, '?') == NULL ? '?' : '&');
    }
    for (size_t i = 0; r == 0 && i < n_keys; i++) {
        r = buffer_printf(url, "%s%s", i == 0 ? "" : "%7C", keys[i]);
    }
    return r == 0 && buffer_text(url) == NULL ? -ENOMEM : r;
}

/* Runs in the event that came first. */
static int request_revisions(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                             struct weir_http *http, struct weir_http_response *ret_response,
                             void *context)
{
    const struct content_step *own = context;
    AUTO_BUFFER url = { 0 };
    char host[DOMAIN_MAX + 16];
    char id[REQUEST_ID_MAX];
    char id_header[REQUEST_ID_MAX + 32];
    const char *headers[3] = { host, NULL, NULL };
    snprintf(host, sizeof(host), "Host: %s", http_lookup_scope(lookup));
    read_plain(http_session_event(http), &own->request_id, id, sizeof(id));
    if (id[0] != '\0') {
        snprintf(id_header, sizeof(id_header), "X-Request-Id: %s", id);
        headers[1] = id_header;
    }
    int r = append_url(own, http_session_event(http), keys, n_keys, &url);
    if (r < 0) {
        return r;
    }
    const struct weir_http_request request = {
        .size = sizeof(request),
        .url = url.data,
        .headers = headers,
        .expects_json = true,
    };
    return weir_http_request(http, &request, ret_response);
}

struct splitting {
    struct weir_lookup *lookup;
    const char *const *keys;
    size_t n_keys;
    bool *are_answered;
};

static int take_revision(void *context, int64_t revision, const struct buffer *slots)
{
    struct splitting *splitting = context;
    char key[24];
    snprintf(key, sizeof(key), "%" PRId64, revision);
    for (size_t i = 0; i < splitting->n_keys; i++) {
        if (strcmp(splitting->keys[i], key) == 0) {
            splitting->are_answered[i] = true;
            return weir_lookup_answer(splitting->lookup, i, slots->data, slots->len);
        }
    }
    return 0;
}

static int split_revisions(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                           struct weir_http *http, const struct weir_http_response *response,
                           void *context)
{
    (void)context;
    struct weir_event *document;
    bool is_cut = false;
    AUTO_FREE bool *are_answered = calloc(n_keys, sizeof(*are_answered));
    struct splitting splitting = { lookup, keys, n_keys, are_answered };
    int r = are_answered == NULL ? -ENOMEM : weir_http_document(http, response, &document);
    if (r == 0) {
        r = content_reply_split(&document->document, take_revision, &splitting, &is_cut);
    }
    for (size_t i = 0; r == 0 && is_cut && i < n_keys; i++) {
        if (!are_answered[i]) {
            weir_lookup_again(lookup, i);
        }
    }
    return r;
}

/* The texts of a revision are not for everybody: there is nothing to ask for. */
static bool has_content(const struct content_step *own, struct weir_event *event)
{
    struct weir_view value;
    if (event_get_string_at(event, &own->kind, &value) == 0 && value.len == 6 &&
        memcmp(value.data, "delete", 6) == 0) {
        return false;
    }
    bool is_hidden = event_get_raw_at(event, &own->is_visible, &value) == 0 && value.len == 5 &&
                     memcmp(value.data, "false", 5) == 0;
    return !is_hidden;
}

static int check_sha1(const struct content_step *own, struct weir_event *event, const char *pointer,
                      const struct content_slot *slot)
{
    struct weir_view told;
    size_t len = strlen(slot->sha1);
    int r = weir_event_get_string(event, pointer, &told);
    if (r == 0 && len > 0 && !content_is_same_sha1(told.data, told.len, slot->sha1, len)) {
        atomic_fetch_add_explicit(&own->counts->sha1_mismatch, 1, memory_order_relaxed);
    }
    return r == -ENOMEM ? r : 0;
}

static int set_text(const struct content_step *own, struct weir_event *event, const char *role,
                    const struct content_slot *slot, const char *text)
{
    char pointer[256];
    int len = snprintf(pointer, sizeof(pointer), "/revision/content_slots/%.*s",
                       (int)slot->role_len, role);
    if (slot->has_size ? slot->size > own->max_content_bytes
                       : slot->text_len > own->max_content_bytes) {
        char message[160];
        snprintf(message, sizeof(message),
                 "the content of slot %.*s has %" PRIu64 " bytes; at most %zu are taken",
                 (int)(slot->role_len < 40 ? slot->role_len : 40), role,
                 slot->has_size ? slot->size : slot->text_len, own->max_content_bytes);
        return weir_event_fail(event, "ContentTooLarge", message);
    }
    if (len < 0 || (size_t)len > sizeof(pointer) - 32 || memchr(role, '\\', slot->role_len)) {
        return weir_event_fail(event, "BadContent", "the reply names a slot that is none");
    }
    snprintf(pointer + len, sizeof(pointer) - (size_t)len, "/content_sha1");
    int r = check_sha1(own, event, pointer, slot);
    if (r < 0) {
        return r;
    }
    snprintf(pointer + len, sizeof(pointer) - (size_t)len, "/content_body");
    /* A string of a document that was walked: right JSON as it stands. */
    r = event_set_quoted(event, pointer, text, slot->text_len);
    if (r == 0) {
        atomic_fetch_add_explicit(&own->counts->set, 1, memory_order_relaxed);
    }
    return r;
}

/* A slot of the reply. *n_seen counts those of the event. */
static int take_slot(const struct content_step *own, struct weir_event *event, const char *role,
                     const struct content_slot *slot, const char *text, size_t *n_seen)
{
    char pointer[256];
    int len = snprintf(pointer, sizeof(pointer), "/revision/content_slots/%.*s",
                       (int)slot->role_len, role);
    bool is_known =
        len > 0 && (size_t)len < sizeof(pointer) && weir_event_kind(event, pointer) == WEIR_OBJECT;
    if (!is_known) {
        return 0;
    }
    (*n_seen)++;
    switch (slot->state) {
    case CONTENT_HIDDEN:
        atomic_fetch_add_explicit(&own->counts->hidden, 1, memory_order_relaxed);
        return 0;
    case CONTENT_BAD_FORMAT:
        return weir_event_fail(event, "BadContent", "the wiki cannot write the content as text");
    case CONTENT_MISSING:
        return weir_event_fail(event, "BadContent", "the wiki has lost the content of a slot");
    default:
        return set_text(own, event, role, slot, text);
    }
}

static int take_answer(const struct content_step *own, struct weir_event *event,
                       const struct weir_view *answer)
{
    size_t position = 0;
    size_t n_seen = 0;
    size_t n_slots = 0;
    struct content_slot slot;
    const char *role;
    const char *text;
    while (content_next_slot(answer->data, answer->len, &position, &slot, &role, &text)) {
        int r = take_slot(own, event, role, &slot, text, &n_seen);
        if (r < 0) {
            return r;
        }
    }
    int r = weir_event_get_count(event, slots_path, &n_slots);
    if (r < 0) {
        return r;
    }
    return n_seen < n_slots
               ? weir_event_fail(event, "BadContent", "the reply lacks a slot of the revision")
               : 0;
}

/* What is asked for. Returns 0, or a negative error of which the event was told. */
static int read_wish(const struct content_step *own, struct weir_event *event, char *domain,
                     size_t domain_size, char *key, size_t key_size, size_t *ret_weight)
{
    int64_t revision;
    int64_t size = 0;
    int r = weir_event_get_int64(event, "/revision/rev_id", &revision);
    if (r < 0) {
        return r;
    }
    read_plain(event, &own->domain, domain, domain_size);
    static const char of_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
    if (domain[0] == '\0' || domain[strspn(domain, of_names)] != '\0') {
        return weir_event_fail(event, "HTTPError", "meta.domain names no wiki");
    }
    snprintf(key, key_size, "%" PRId64, revision);
    if (weir_event_get_int64(event, "/revision/rev_size", &size) < 0 || size < 0) {
        size = 0;
    }
    *ret_weight = (size_t)size;
    return 0;
}

/* A replica may be behind: while the event is young it is asked again. */
static int look_up(struct weir_http *http, const struct http_lookup_options *options,
                   struct weir_view *ret_answer)
{
    int64_t pause_ms = PAUSE_MS;
    for (;;) {
        int r = http_lookup(http, options, ret_answer);
        int64_t youth_ns = r == -ENODATA ? http_session_youth_ns(http) : 0;
        if (r != -ENODATA || youth_ns == 0) {
            return r;
        }
        int64_t youth_ms = youth_ns / NS_PER_MS + 1;
        r = weir_sleep(http, pause_ms < youth_ms ? pause_ms : youth_ms);
        if (r < 0) {
            return r;
        }
        pause_ms = 2 * pause_ms < PAUSE_MAX_MS ? 2 * pause_ms : PAUSE_MAX_MS;
    }
}

static int run_content(const struct enrich_step *step, struct weir_event *event,
                       struct weir_http *http)
{
    const struct content_step *own = step->own;
    char domain[DOMAIN_MAX + 1];
    char key[24];
    struct http_lookup_options options = {
        .group = &own->group, .scope = domain, .key = key, .max_weight = own->max_group_bytes
    };
    struct weir_view answer;
    if (!has_content(own, event)) {
        return 0;
    }
    int r = read_wish(own, event, domain, sizeof(domain), key, sizeof(key), &options.weight);
    if (r == 0) {
        r = look_up(http, &options, &answer);
    }
    if (r == -ENODATA) {
        char message[96];
        snprintf(message, sizeof(message), "the wiki does not know revision %s", key);
        return weir_event_fail(event, "MissingRevision", message);
    }
    return r < 0 ? r : take_answer(own, event, &answer);
}

static void free_content(void *context)
{
    struct content_step *own = context;
    pointer_deinit(&own->kind);
    pointer_deinit(&own->is_visible);
    pointer_deinit(&own->domain);
    pointer_deinit(&own->request_id);
    template_deinit(&own->endpoint);
    enrich_hosts_deinit(&own->hosts);
    free(own);
}

static int compile_endpoint(struct content_step *own, const struct enrich_content_options *options,
                            struct problem *problem)
{
    static const char domain[] = "/meta/domain";
    const char *text = options->endpoint;
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "page_content: endpoint: expected http:// or https://, not %s", text);
    }
    int r = template_init(&own->endpoint, "page_content.endpoint", text, problem);
    for (size_t i = 0; r == 0 && i < own->endpoint.n_parts; i++) {
        const struct pointer *pointer = own->endpoint.parts[i].pointer;
        if (pointer != NULL && (pointer->text_len != sizeof(domain) - 1 ||
                                memcmp(pointer->text, domain, pointer->text_len) != 0)) {
            return problem_set(problem, EINVAL, EXIT_CONFIG,
                               "page_content: endpoint: only {/meta/domain} may stand there, since "
                               "revisions of one wiki share a request: %s",
                               text);
        }
    }
    return r < 0 ? r
                 : enrich_hosts_init(&own->hosts, "page_content", &own->endpoint, text,
                                     options->hosts, options->n_hosts, problem);
}

static int compile(struct content_step *own, const struct enrich_content_options *options,
                   struct problem *problem)
{
    const struct {
        const char *text;
        struct pointer *pointer;
    } pointers[] = {
        { "/page_change_kind", &own->kind },
        { "/revision/is_content_visible", &own->is_visible },
        { "/meta/domain", &own->domain },
        { "/meta/request_id", &own->request_id },
    };
    for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
        int r = enrich_pointer(pointers[i].text, pointers[i].pointer, problem);
        if (r < 0) {
            return r;
        }
    }
    own->max_group_bytes = options->max_group_bytes;
    own->max_content_bytes = options->max_content_bytes;
    own->counts = options->counts;
    own->group = (struct weir_lookup_group){
        .size = sizeof(own->group),
        .name = "page_content",
        .request = request_revisions,
        .split = split_revisions,
        .context = own,
        .max_keys = options->max_keys,
        .linger_ms = options->linger_ms,
    };
    return compile_endpoint(own, options, problem);
}

int enrich_content_new(const struct enrich_content_options *options, struct enrich_step **ret_step,
                       struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = enrich_step_new(slots_path, &step, problem);
    if (r < 0) {
        return r;
    }
    step->run = run_content;
    step->own = calloc(1, sizeof(struct content_step));
    step->free_own = step->own == NULL ? NULL : free_content;
    r = step->own == NULL ? -ENOMEM : compile(step->own, options, problem);
    if (r < 0) {
        enrich_step_free(step);
        return r == -ENOMEM ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory") : r;
    }
    *ret_step = step;
    return 0;
}
