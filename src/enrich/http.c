/* SPDX-License-Identifier: Apache-2.0 */
/* The step `http`. */
#include <weir/http.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "enrich/enrich_private.h"
#include "enrich/hosts.h"
#include "enrich/template.h"
#include "event/event.h"

struct header {
    char *name;
    struct template value;
};

struct http_step {
    struct template url;
    struct header *headers;
    size_t n_headers;
    struct template body;
    bool has_body;
    char *method;
    struct pointer extract;
    bool has_extract;
    bool is_idempotent;
    struct enrich_hosts hosts;
};

/* The texts of one request. */
struct request_texts {
    struct buffer url;
    struct buffer headers;
    const char **lines;
    struct buffer body;
};

static void texts_deinit(struct request_texts *texts)
{
    buffer_deinit(&texts->url);
    buffer_deinit(&texts->headers);
    buffer_deinit(&texts->body);
    free(texts->lines);
}

static int render_headers(const struct http_step *step, struct weir_event *event,
                          struct request_texts *texts)
{
    size_t *starts = NULL;
    int r = 0;
    if (step->n_headers == 0) {
        return 0;
    }
    texts->lines = calloc(step->n_headers + 1, sizeof(*texts->lines));
    starts = calloc(step->n_headers, sizeof(*starts));
    if (texts->lines == NULL || starts == NULL) {
        r = -ENOMEM;
    }
    for (size_t i = 0; r == 0 && i < step->n_headers; i++) {
        starts[i] = texts->headers.len;
        r = buffer_printf(&texts->headers, "%s: ", step->headers[i].name);
        r = r < 0
                ? r
                : template_render(&step->headers[i].value, TEMPLATE_HEADER, event, &texts->headers);
        r = r < 0 ? r : buffer_append_byte(&texts->headers, '\0');
    }
    for (size_t i = 0; r == 0 && i < step->n_headers; i++) {
        texts->lines[i] = texts->headers.data + starts[i];
    }
    free(starts);
    return r;
}

static int render(const struct http_step *step, struct weir_event *event,
                  struct request_texts *texts)
{
    int r = template_render(&step->url, TEMPLATE_URL, event, &texts->url);
    if (r == 0) {
        r = buffer_text(&texts->url) == NULL
                ? -ENOMEM
                : enrich_hosts_check(&step->hosts, event, texts->url.data);
    }
    if (r == 0) {
        r = render_headers(step, event, texts);
    }
    if (r == 0 && step->has_body) {
        r = template_render(&step->body, TEMPLATE_JSON, event, &texts->body);
        r = r == 0 && buffer_text(&texts->body) == NULL ? -ENOMEM : r;
    }
    return r;
}

/* What there is nothing of. */
static int miss(const struct enrich_step *step, int r)
{
    return step->skips_missing ? 0 : r;
}

static int set_whole(const struct enrich_step *step, struct weir_event *event,
                     const struct weir_http_response *response)
{
    int r = enrich_open_parents(step, event);
    return r < 0 ? r
                 : event_set_string_at(event, &step->pointer, response->body, response->body_len);
}

static int set_extract(const struct enrich_step *step, struct weir_event *event,
                       struct weir_http *http, const struct weir_http_response *response)
{
    const struct http_step *own = step->own;
    struct weir_event *document;
    struct weir_view value;
    int r = weir_http_document(http, response, &document);
    if (r < 0) {
        return r;
    }
    r = event_get_raw_at(document, &own->extract, &value);
    if (r == -ENOENT || r == -ENOTDIR) {
        if (step->skips_missing) {
            return 0;
        }
        char message[256];
        snprintf(message, sizeof(message), "the reply holds nothing at %.200s", own->extract.text);
        return weir_event_fail(event, "HTTPError", message);
    }
    if (r == 0) {
        r = enrich_open_parents(step, event);
    }
    /* The reply dies before the event is written. */
    const char *copy = r < 0 ? NULL : arena_copy(&event->arena, value.data, value.len);
    if (r == 0 && copy == NULL) {
        r = -ENOMEM;
    }
    /* Checked, since it may stand deeper than before. */
    return r < 0 ? r : event_set_json_at(event, &step->pointer, copy, value.len);
}

static int request(const struct enrich_step *step, struct weir_event *event, struct weir_http *http,
                   const struct request_texts *texts)
{
    const struct http_step *own = step->own;
    struct weir_http_response response;
    const struct weir_http_request wanted = {
        .size = sizeof(wanted),
        .url = texts->url.data,
        .method = own->method,
        .headers = texts->lines,
        .body = own->has_body ? texts->body.data : NULL,
        .body_len = texts->body.len,
        .is_idempotent = own->is_idempotent,
        .expects_json = own->has_extract,
    };
    int r = weir_http_request(http, &wanted, &response);
    if (r == -EREMOTEIO && response.status == 404) {
        return miss(step, r);
    }
    if (r < 0) {
        return r;
    }
    return own->has_extract ? set_extract(step, event, http, &response)
                            : set_whole(step, event, &response);
}

static int run_http(const struct enrich_step *step, struct weir_event *event,
                    struct weir_http *http)
{
    struct request_texts texts = { 0 };
    int r = render(step->own, event, &texts);
    if (r == 0) {
        r = request(step, event, http, &texts);
    }
    texts_deinit(&texts);
    return r;
}

static void free_http(void *context)
{
    struct http_step *own = context;
    template_deinit(&own->url);
    template_deinit(&own->body);
    for (size_t i = 0; i < own->n_headers; i++) {
        free(own->headers[i].name);
        template_deinit(&own->headers[i].value);
    }
    enrich_hosts_deinit(&own->hosts);
    free(own->headers);
    free(own->method);
    pointer_deinit(&own->extract);
    free(own);
}

static int refuse(const char *text, const char *value, struct problem *problem)
{
    return problem_set(problem, EINVAL, EXIT_CONFIG, "http: %s%s", text, value);
}

static int compile_headers(struct http_step *own, const struct enrich_http_options *options,
                           struct problem *problem)
{
    own->headers = calloc(options->n_headers + 1, sizeof(*own->headers));
    if (own->headers == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < options->n_headers; i++) {
        const char *name = options->headers[i].name;
        const char *value = options->headers[i].value;
        struct header *header = &own->headers[own->n_headers++];
        header->name = strdup(name);
        if (header->name == NULL) {
            return -ENOMEM;
        }
        if (name[0] == '\0' || strpbrk(name, ":\r\n \t") != NULL ||
            strpbrk(value, "\r\n") != NULL) {
            return refuse("not a header: ", name, problem);
        }
        int r = template_init(&header->value, "http.headers", value, problem);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* A method of capital letters; CONNECT is none. */
static bool is_method(const char *method)
{
    size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len > 0 && len < 32 && method[len] == '\0' && strcmp(method, "CONNECT") != 0;
}

static int compile(struct http_step *own, const struct enrich_http_options *options,
                   struct problem *problem)
{
    const char *url = options->url;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return refuse("url: expected http:// or https://, not ", url, problem);
    }
    if (options->method != NULL && !is_method(options->method)) {
        return refuse("method: expected capital letters, not ", options->method, problem);
    }
    own->method = options->method == NULL ? NULL : strdup(options->method);
    own->is_idempotent = options->is_idempotent;
    own->has_body = options->body != NULL;
    own->has_extract = options->extract != NULL;
    int r = template_init(&own->url, "http.url", url, problem);
    if (r == 0 && own->has_body) {
        r = template_init(&own->body, "http.body", options->body, problem);
    }
    if (r == 0 && own->has_extract) {
        r = enrich_pointer(options->extract, &own->extract, problem);
    }
    if (r == 0) {
        r = compile_headers(own, options, problem);
    }
    return r < 0 ? r
                 : enrich_hosts_init(&own->hosts, "http", &own->url, url, options->hosts,
                                     options->n_hosts, problem);
}

int enrich_http_new(const struct enrich_http_options *options, struct enrich_step **ret_step,
                    struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = enrich_step_new(options->into, &step, problem);
    if (r < 0) {
        return r;
    }
    step->run = run_http;
    step->is_creating_parents = options->create_parents;
    step->skips_missing = options->skips_missing;
    step->own = calloc(1, sizeof(struct http_step));
    step->free_own = step->own == NULL ? NULL : free_http;
    r = step->own == NULL ? -ENOMEM : compile(step->own, options, problem);
    if (r < 0) {
        enrich_step_free(step);
        return r == -ENOMEM ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory") : r;
    }
    *ret_step = step;
    return 0;
}
