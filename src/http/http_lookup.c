/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that look up in one group share a request. The first of them leads: it waits for others as long
 * as the group lingers (or until the request is full), asks, takes the reply apart, and wakes the others;
 * each of those then goes on in its own function.
 *
 *     open     takes keys                                  leader sleeps
 *     asked    takes whoever asks for a key that it has    leader waits for the reply
 *     done     its wishes have their results               leader frees it
 *
 * A wish is a session's; it lives on the stack of its function. Answers are copied to the sessions that wish
 * for them, so that they outlive the leader's reply.
 */
#include "http/http_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "http/http_call.h"
#include "http/http_lookup_cache.h"

enum {
    KEYS_DEFAULT = 50,
    KEYS_MAX = 5000,
    CACHE_MAX = 4096,
    ROUNDS_MAX = 20,
    LINGERS_MAX = 50,
    BUCKETS = 4096
};
#define LINGER_DEFAULT_NS (5 * NS_PER_MS)

/* What a wish comes to. */
enum wish_end {
    WISH_OPEN,
    WISH_ANSWERED,
    /* The reply was cut short: in another request. */
    WISH_AGAIN,
    /* A request of several has failed: alone. */
    WISH_ALONE,
    WISH_FAILED,
};

struct http_wish {
    struct http_wish *next;
    struct weir_http *session;
    enum wish_end end;
    struct weir_view answer;
    int result;
};

struct key {
    char *text;
    /* In a bucket, with others. */
    struct key *other;
    uint64_t hash;
    const struct weir_lookup *lookup;
    struct http_wish *wishes;
    bool is_answered;
    bool is_again;
};

/* One request. */
struct weir_lookup {
    struct weir_lookup *next;
    struct http_client *client;
    const struct weir_lookup_group *group;
    char *scope;
    struct key *keys;
    const char **texts;
    size_t n_keys;
    size_t max_keys;
    size_t weight;
    bool is_open;
    /* The leader sleeps, and may be woken. */
    struct weir_http *sleeper;
};

struct http_lookups {
    struct weir_lookup *lookups;
    /* All keys that are asked for: with ten thousand events under way there are as many. */
    struct key *buckets[BUCKETS];
    struct http_lookup_cache cache;
};

int http_lookups_new(struct http_client *client)
{
    client->lookups = calloc(1, sizeof(*client->lookups));
    return client->lookups == NULL ? -ENOMEM : 0;
}

void http_lookups_free(struct http_client *client)
{
    struct http_lookups *lookups = client->lookups;
    if (lookups == NULL) {
        return;
    }
    require(lookups->lookups == NULL);
    http_lookup_cache_deinit(&lookups->cache);
    free(lookups);
}

const char *http_lookup_scope(const struct weir_lookup *lookup)
{
    return lookup->scope;
}

static void lookup_free(struct weir_lookup *lookup)
{
    for (size_t i = 0; i < lookup->n_keys; i++) {
        free(lookup->keys[i].text);
    }
    free(lookup->keys);
    free(lookup->texts);
    free(lookup->scope);
    free(lookup);
}

static struct weir_lookup *lookup_new(struct http_client *client,
                                      const struct http_lookup_options *options)
{
    struct weir_lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL) {
        return NULL;
    }
    unsigned asked = options->group->max_keys > 0 ? options->group->max_keys : KEYS_DEFAULT;
    lookup->client = client;
    lookup->group = options->group;
    lookup->max_keys = options->is_alone ? 1 : asked < KEYS_MAX ? asked : KEYS_MAX;
    lookup->scope = strdup(options->scope);
    lookup->keys = calloc(lookup->max_keys, sizeof(*lookup->keys));
    lookup->texts = calloc(lookup->max_keys, sizeof(*lookup->texts));
    if (lookup->scope == NULL || lookup->keys == NULL || lookup->texts == NULL) {
        lookup_free(lookup);
        return NULL;
    }
    lookup->next = client->lookups->lookups;
    client->lookups->lookups = lookup;
    return lookup;
}

static struct key **bucket_of(const struct http_client *client, uint64_t hash)
{
    return &client->lookups->buckets[hash % BUCKETS];
}

static void lookup_unlink(struct weir_lookup *lookup)
{
    for (size_t i = 0; i < lookup->n_keys; i++) {
        struct key **bucket = bucket_of(lookup->client, lookup->keys[i].hash);
        while (*bucket != &lookup->keys[i]) {
            bucket = &(*bucket)->other;
        }
        *bucket = lookup->keys[i].other;
    }
    struct weir_lookup **place = &lookup->client->lookups->lookups;
    while (*place != lookup) {
        place = &(*place)->next;
    }
    *place = lookup->next;
}

static void add_wish(struct key *key, struct http_wish *wish)
{
    wish->next = key->wishes;
    key->wishes = wish;
}

static int add_key(struct weir_lookup *lookup, const struct http_lookup_options *options,
                   struct http_wish *wish)
{
    struct key *key = &lookup->keys[lookup->n_keys];
    key->text = strdup(options->key);
    if (key->text == NULL) {
        return -ENOMEM;
    }
    struct key **bucket = bucket_of(lookup->client, options->hash);
    key->hash = options->hash;
    key->lookup = lookup;
    key->other = *bucket;
    *bucket = key;
    lookup->texts[lookup->n_keys++] = key->text;
    lookup->weight += options->weight;
    add_wish(key, wish);
    return 0;
}

static bool is_of(const struct weir_lookup *lookup, const struct http_lookup_options *options)
{
    return lookup->group == options->group && strcmp(lookup->scope, options->scope) == 0;
}

/* A key that somebody asks for already. */
static struct key *find_key(const struct http_client *client,
                            const struct http_lookup_options *options)
{
    struct key *key = *bucket_of(client, options->hash);
    while (key != NULL && !(key->hash == options->hash && strcmp(key->text, options->key) == 0 &&
                            is_of(key->lookup, options))) {
        key = key->other;
    }
    return key;
}

static bool has_room(const struct weir_lookup *lookup, const struct http_lookup_options *options)
{
    return lookup->is_open && lookup->n_keys < lookup->max_keys &&
           (options->max_weight == 0 || lookup->n_keys == 0 ||
            lookup->weight + options->weight <= options->max_weight);
}

static struct weir_lookup *find_open(const struct http_client *client,
                                     const struct http_lookup_options *options)
{
    for (struct weir_lookup *lookup = client->lookups->lookups; lookup != NULL;
         lookup = lookup->next) {
        if (is_of(lookup, options) && has_room(lookup, options)) {
            return lookup;
        }
    }
    return NULL;
}

/* No more keys; the leader may ask. */
static void close_lookup(struct weir_lookup *lookup)
{
    struct weir_http *sleeper = lookup->sleeper;
    lookup->is_open = false;
    lookup->sleeper = NULL;
    /* Its time may have come already: it is woken, and has not run yet. */
    if (sleeper != NULL && sleeper->call.state != HTTP_CALL_IDLE) {
        http_call_end(&sleeper->call, HTTP_CAUSE_NONE);
    }
}

int weir_lookup_answer(struct weir_lookup *lookup, size_t index, const char *bytes, size_t len)
{
    if (index >= lookup->n_keys) {
        return -EINVAL;
    }
    struct key *key = &lookup->keys[index];
    for (struct http_wish *wish = key->wishes; wish != NULL; wish = wish->next) {
        const char *copy = arena_copy(&wish->session->arena, bytes, len);
        if (copy == NULL) {
            return -ENOMEM;
        }
        wish->answer = (struct weir_view){ copy, len };
    }
    key->is_answered = true;
    const struct http_lookup_name name = { lookup->group, lookup->scope, key->text };
    http_lookup_cache_keep(&lookup->client->lookups->cache, &name, bytes, len,
                           client_now_ns(lookup->client));
    return 0;
}

void weir_lookup_again(struct weir_lookup *lookup, size_t index)
{
    if (index < lookup->n_keys) {
        lookup->keys[index].is_again = true;
    }
}

/* Whether asking for each key alone may help. */
static bool is_of_key(const struct weir_http *leader, int result)
{
    const struct http_call *call = &leader->call;
    int status = call->answer == NULL ? 0 : call->answer->status;
    switch (result) {
    case -EREMOTEIO:
        return call->cause != HTTP_CAUSE_API_BUSY && status != 503 && status != 429;
    case -EBADMSG:
    case -EMSGSIZE:
    case -ETIMEDOUT:
        return call->cause != HTTP_CAUSE_DEADLINE;
    case -ECONNREFUSED:
        return call->cause == HTTP_CAUSE_CUT;
    default:
        return false;
    }
}

static enum wish_end end_of(const struct weir_lookup *lookup, const struct key *key, int result,
                            bool helps_alone)
{
    if (result < 0) {
        return lookup->n_keys > 1 && helps_alone ? WISH_ALONE : WISH_FAILED;
    }
    if (key->is_answered) {
        return WISH_ANSWERED;
    }
    return key->is_again ? WISH_AGAIN : WISH_FAILED;
}

/* What the leader's event was told of the failure, others are told, too. */
static void pass_failure(const struct weir_http *leader, struct weir_http *session, int result)
{
    const struct event_failure *failure = &leader->event->failure;
    if (result == -ECANCELED) {
        session->was_cancelled = true;
    } else if (result < 0 && session != leader && failure->type.data != NULL) {
        (void)weir_event_fail(session->event, failure->type.data, failure->message.data);
    }
}

static void distribute(struct weir_lookup *lookup, struct weir_http *leader, int result)
{
    struct http_client *client = lookup->client;
    bool helps_alone = is_of_key(leader, result);
    for (size_t i = 0; i < lookup->n_keys; i++) {
        struct key *key = &lookup->keys[i];
        enum wish_end end = end_of(lookup, key, result, helps_alone);
        struct http_wish *next;
        for (struct http_wish *wish = key->wishes; wish != NULL; wish = next) {
            next = wish->next;
            wish->end = end;
            wish->result = result < 0 ? result : -ENODATA;
            if (end == WISH_FAILED) {
                pass_failure(leader, wish->session, result);
            }
            if (wish->session != leader) {
                wish->session->wish = NULL;
                client->has_woken = true;
                client->options.wake(client->options.context, wish->session->waiter);
            }
        }
    }
}

static int64_t linger_ns(const struct http_lookup_options *options)
{
    int64_t linger_ms = options->group->linger_ms;
    if (options->is_alone || linger_ms < 0) {
        return 0;
    }
    return linger_ms == 0 ? LINGER_DEFAULT_NS : linger_ms * NS_PER_MS;
}

/*
 * Waits for others. While requests wait for what a host allows this one would, too: meanwhile it takes more
 * keys. Returns 0 or what failed.
 */
static int linger(struct weir_lookup *lookup, struct weir_http *leader, int64_t wait_ns)
{
    lookup->is_open = wait_ns > 0 && lookup->n_keys < lookup->max_keys;
    for (unsigned n = 0; lookup->is_open && n < LINGERS_MAX; n++) {
        if (n > 0 && lookup->client->n_parked == 0) {
            break;
        }
        lookup->sleeper = leader;
        enum http_cause cause = http_session_sleep(leader, wait_ns);
        lookup->sleeper = NULL;
        if (cause != HTTP_CAUSE_NONE) {
            lookup->is_open = false;
            return http_cause_errno(cause);
        }
    }
    lookup->is_open = false;
    return 0;
}

/* Waits, asks, takes apart. Returns 0 or what failed. */
static int ask(struct weir_lookup *lookup, struct weir_http *leader, int64_t wait_ns)
{
    struct weir_http_response response = { 0 };
    const struct weir_lookup_group *group = lookup->group;
    int r = linger(lookup, leader, wait_ns);
    if (r < 0) {
        return r;
    }
    lookup->client->counts.lookup_requests++;
    lookup->client->counts.lookup_joined += lookup->n_keys - 1;
    r = group->request(lookup, lookup->texts, lookup->n_keys, leader, &response, group->context);
    return r < 0 ? r
                 : group->split(lookup, lookup->texts, lookup->n_keys, leader, &response,
                                group->context);
}

static int lead(struct weir_http *session, const struct http_lookup_options *options,
                struct http_wish *wish)
{
    struct weir_lookup *lookup = lookup_new(session->client, options);
    if (lookup == NULL) {
        return -ENOMEM;
    }
    int r = add_key(lookup, options, wish);
    if (r == 0) {
        r = ask(lookup, session, linger_ns(options));
        lookup_unlink(lookup);
        distribute(lookup, session, r);
        r = 0;
    } else {
        lookup_unlink(lookup);
    }
    lookup_free(lookup);
    return r;
}

static int join(struct weir_http *session, struct http_wish *wish)
{
    struct http_client *client = session->client;
    session->wish = wish;
    client->options.suspend(client->options.context);
    require(wish->end != WISH_OPEN);
    return 0;
}

/* One round: with whoever asks for it, or with others, or first. */
static int ask_once(struct weir_http *session, const struct http_lookup_options *options,
                    struct http_wish *wish)
{
    struct http_client *client = session->client;
    struct key *key = options->is_alone ? NULL : find_key(client, options);
    if (key != NULL) {
        client->counts.lookup_joined++;
        add_wish(key, wish);
        return join(session, wish);
    }
    struct weir_lookup *lookup = options->is_alone ? NULL : find_open(client, options);
    if (lookup == NULL) {
        return lead(session, options, wish);
    }
    int r = add_key(lookup, options, wish);
    if (r < 0) {
        return r;
    }
    bool is_full = lookup->n_keys == lookup->max_keys ||
                   (options->max_weight > 0 && lookup->weight >= options->max_weight);
    if (is_full) {
        close_lookup(lookup);
    }
    return join(session, wish);
}

static int explain_missing(const struct weir_http *session, const struct http_wish *wish,
                           const struct http_lookup_options *options)
{
    if (wish->result == -ENODATA) {
        char message[256];
        snprintf(message, sizeof(message), "%.64s has no answer for %.128s", options->group->name,
                 options->key);
        (void)weir_event_fail(session->event, "LookupError", message);
    }
    return wish->result;
}

int http_lookup(struct weir_http *http, const struct http_lookup_options *options,
                struct weir_view *ret_answer)
{
    struct http_client *client = http->client;
    const struct http_lookup_name name = { options->group, options->scope, options->key };
    struct weir_view cached;
    struct http_lookup_options wanted = *options;
    wanted.hash = hash_bytes(options->key, strlen(options->key));
    client->counts.lookup_keys++;
    if (http_lookup_cache_find(&client->lookups->cache, &name, client_now_ns(client), &cached)) {
        const char *copy = arena_copy(&http->arena, cached.data, cached.len);
        *ret_answer = (struct weir_view){ copy, cached.len };
        client->counts.lookup_cached++;
        return copy == NULL ? -ENOMEM : 0;
    }
    for (unsigned n = 0; n < ROUNDS_MAX; n++) {
        struct http_wish wish = { .session = http };
        int r = ask_once(http, &wanted, &wish);
        if (r < 0) {
            return r;
        }
        if (wish.end == WISH_ANSWERED) {
            *ret_answer = wish.answer;
            return 0;
        }
        if (wish.end == WISH_FAILED) {
            return explain_missing(http, &wish, options);
        }
        wanted.is_alone = wanted.is_alone || wish.end == WISH_ALONE;
    }
    return weir_event_fail(http->event, "LookupError", "the reply was cut short again and again");
}

int weir_lookup(struct weir_http *http, const struct weir_lookup_group *group, const char *key,
                struct weir_view *ret_answer)
{
    if (http == NULL || group == NULL || group->request == NULL || group->split == NULL ||
        group->name == NULL || key == NULL) {
        return -EINVAL;
    }
    const struct http_lookup_options options = { .group = group, .scope = "", .key = key };
    return http_lookup(http, &options, ret_answer);
}
