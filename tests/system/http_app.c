/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application for tests: what it does with each event stands in its own section of the configuration,
 * `enrich: { mode: ..., url: ... }`.
 */
#include <weir/weir.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char body_path[] = "/revision/content_slots/main/content_body";

struct job {
    const char *mode;
    const char *url;
    int64_t sleep_ms;
};

static int set_body(struct weir_event *event, const char *bytes, size_t len)
{
    return weir_event_set_string_len(event, body_path, bytes, len);
}

/* The URL with the revision's number behind it. */
static int make_url(const struct job *job, struct weir_event *event, char *url, size_t size)
{
    int64_t revision;
    int r = weir_event_get_int64(event, "/revision/rev_id", &revision);
    if (r < 0) {
        return r;
    }
    int len = snprintf(url, size, "%s/%lld", job->url, (long long)revision);
    return len < 0 || (size_t)len >= size ? -ENOSPC : 0;
}

static int get(const struct job *job, struct weir_event *event, struct weir_http *http)
{
    struct weir_http_response response = { 0 };
    char url[256];
    int r = make_url(job, event, url, sizeof(url));
    if (r == 0) {
        r = weir_http_get(http, url, &response);
    }
    return r < 0 ? r : set_body(event, response.body, response.body_len);
}

static int get_twice(const struct job *job, struct weir_event *event, struct weir_http *http)
{
    struct weir_http_response first = { 0 };
    struct weir_http_response second = { 0 };
    struct weir_view title;
    char url[256];
    int r = weir_event_get_string(event, "/page/page_title", &title);
    if (r == 0) {
        r = make_url(job, event, url, sizeof(url));
    }
    if (r == 0) {
        r = weir_http_get(http, url, &first);
    }
    if (r == 0) {
        r = weir_http_get(http, url, &second);
    }
    if (r < 0) {
        return r;
    }
    /* The first reply and the view are as they were. */
    bool is_same = first.body_len == second.body_len &&
                   memcmp(first.body, second.body, first.body_len) == 0 && title.len > 0;
    return is_same ? set_body(event, first.body, first.body_len) : -EBADMSG;
}

static int post(const struct job *job, struct weir_event *event, struct weir_http *http)
{
    struct weir_http_response response = { 0 };
    char url[256];
    int r = make_url(job, event, url, sizeof(url));
    if (r == 0) {
        r = weir_http_post(http, url, "text/plain", "asked", 5, &response);
    }
    return r < 0 ? r : set_body(event, response.body, response.body_len);
}

/* A failure that the function deals with is none. */
static int tolerate(const struct job *job, struct weir_event *event, struct weir_http *http)
{
    struct weir_http_response response = { 0 };
    char url[256];
    int r = make_url(job, event, url, sizeof(url));
    if (r == 0) {
        r = weir_http_get(http, url, &response);
    }
    if (r == -EREMOTEIO) {
        return weir_event_set_int64(event, "/status", response.status);
    }
    return r < 0 ? r : set_body(event, response.body, response.body_len);
}

static int sleep_and_set(const struct job *job, struct weir_event *event, struct weir_http *http)
{
    int r = weir_sleep(http, job->sleep_ms);
    return r < 0 ? r : set_body(event, "content body", 12);
}

/* The sum is used, so that no compiler makes a loop of it. */
static int dig(int depth, volatile char *deeper)
{
    volatile char here[4096];
    here[0] = deeper == NULL ? 1 : deeper[0];
    return depth == 0 ? here[0] : dig(depth - 1, here) + here[0];
}

/* The group is one for all workers, and so is what it asks. */
static char lookup_url[256];

static int request_texts(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                         struct weir_http *http, struct weir_http_response *ret_response,
                         void *context)
{
    (void)lookup;
    (void)context;
    char url[4096];
    int len = snprintf(url, sizeof(url), "%s/texts?keys=", lookup_url);
    for (size_t i = 0; i < n_keys && len > 0 && (size_t)len < sizeof(url); i++) {
        len += snprintf(url + len, sizeof(url) - (size_t)len, "%s%s", i == 0 ? "" : ",", keys[i]);
    }
    return weir_http_get_json(http, url, ret_response);
}

static int split_texts(struct weir_lookup *lookup, const char *const *keys, size_t n_keys,
                       struct weir_http *http, const struct weir_http_response *response,
                       void *context)
{
    struct weir_event *document;
    (void)context;
    int r = weir_http_document(http, response, &document);
    for (size_t i = 0; r == 0 && i < n_keys; i++) {
        struct weir_view text;
        char pointer[64];
        snprintf(pointer, sizeof(pointer), "/texts/%s", keys[i]);
        if (weir_event_get_string(document, pointer, &text) == 0) {
            r = weir_lookup_answer(lookup, i, text.data, text.len);
        } else if (weir_event_kind(document, "/again") == WEIR_BOOL) {
            weir_lookup_again(lookup, i);
        }
    }
    return r;
}

static const struct weir_lookup_group texts = {
    .size = sizeof(struct weir_lookup_group),
    .name = "texts",
    .request = request_texts,
    .split = split_texts,
    .max_keys = 50,
    .cache_entries = 0,
};

static int look_up(struct weir_event *event, struct weir_http *http)
{
    struct weir_view answer;
    char key[32];
    int64_t revision;
    int r = weir_event_get_int64(event, "/revision/rev_id", &revision);
    if (r < 0) {
        return r;
    }
    snprintf(key, sizeof(key), "%lld", (long long)revision);
    r = weir_lookup(http, &texts, key, &answer);
    return r < 0 ? r : set_body(event, answer.data, answer.len);
}

static int enrich(struct weir_event *event, struct weir_http *http, void *context)
{
    const struct job *job = context;
    if (strcmp(job->mode, "twice") == 0) {
        return get_twice(job, event, http);
    }
    if (strcmp(job->mode, "post") == 0) {
        return post(job, event, http);
    }
    if (strcmp(job->mode, "tolerate") == 0) {
        return tolerate(job, event, http);
    }
    if (strcmp(job->mode, "sleep") == 0) {
        return sleep_and_set(job, event, http);
    }
    if (strcmp(job->mode, "lookup") == 0) {
        return look_up(event, http);
    }
    if (strcmp(job->mode, "dig") == 0) {
        return dig(100000, NULL) > 0 ? 0 : -EIO;
    }
    return get(job, event, http);
}

static int worker_start(const struct weir_config *config, void **ret_context)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        return -ENOMEM;
    }
    *job = (struct job){ .mode = "get", .url = "", .sleep_ms = 10 };
    (void)weir_config_string(config, "/enrich/mode", &job->mode);
    (void)weir_config_string(config, "/enrich/url", &job->url);
    (void)weir_config_duration(config, "/enrich/sleep", &job->sleep_ms);
    pthread_mutex_lock(&lock);
    if (lookup_url[0] == '\0') {
        snprintf(lookup_url, sizeof(lookup_url), "%s", job->url);
    }
    pthread_mutex_unlock(&lock);
    *ret_context = job;
    return 0;
}

static void worker_stop(void *context)
{
    free(context);
}

int main(int argc, char **argv)
{
    return weir_main(argc, argv,
                     &(struct weir_app){
                         .size = sizeof(struct weir_app),
                         .name = "app",
                         .partition_by = (const char *[]){ "/wiki_id", "/page/page_id", NULL },
                         .enrich = enrich,
                         .worker_start = worker_start,
                         .worker_stop = worker_stop,
                         .uses_http = true,
                     });
}
