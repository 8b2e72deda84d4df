/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/stream_config.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "schema/cache.h"
#include "schema/document.h"
#include "schema/pattern.h"
#include "schema/search.h"
#include "json/text.h"

/* One search; that comes first, so that its functions get here from there. */
struct config_lookup {
    struct schema_search search;
    const struct stream_config *config;
    const char *const *names;
    size_t n_names;
    uint64_t places;
    struct arena *arena;
    /* A name is NULL where the stream is not known yet. */
    struct stream_settings *settings;
    struct access_reply reply;
};

static bool is_api(const char *uri)
{
    return access_is_http(uri) && strstr(uri, "/api.php") != NULL;
}

/* Whether the stream is not known yet and no earlier name is the same. */
static bool is_missing(const struct config_lookup *lookup, size_t i)
{
    if (lookup->settings[i].name != NULL) {
        return false;
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(lookup->names[k], lookup->names[i]) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_complete(const struct config_lookup *lookup)
{
    for (size_t i = 0; i < lookup->n_names; i++) {
        if (is_missing(lookup, i)) {
            return false;
        }
    }
    return true;
}

/* Appends the names of streams that are not known, with a separator between. */
static int append_missing(const struct config_lookup *lookup, const char *separator,
                          int (*append)(struct buffer *, const char *), struct buffer *text)
{
    const char *before = "";
    int r = 0;
    for (size_t i = 0; i < lookup->n_names && r == 0; i++) {
        if (is_missing(lookup, i)) {
            r = buffer_append_text(text, before);
            r = r < 0 ? r : append(text, lookup->names[i]);
            before = separator;
        }
    }
    return r;
}

/* As a part of a query's value. */
static int append_encoded(struct buffer *url, const char *text)
{
    int r = 0;
    for (; *text != '\0' && r == 0; text++) {
        unsigned char byte = (unsigned char)*text;
        r = isalnum(byte) || strchr("._-~", byte) != NULL ? buffer_append_byte(url, *text)
                                                          : buffer_printf(url, "%%%02X", byte);
    }
    return r;
}

static int append_request(const struct config_lookup *lookup, const char *uri, struct buffer *url)
{
    if (!is_api(uri)) {
        return buffer_append_text(url, uri);
    }
    size_t len = strcspn(uri, "#");
    bool has_query = memchr(uri, '?', len) != NULL;
    int r = buffer_append(url, uri, len);
    if (r == 0) {
        r = buffer_printf(url, "%cformat=json&action=streamconfigs&all_settings=true&streams=",
                          has_query ? '&' : '?');
    }
    return r < 0 ? r : append_missing(lookup, "%7C", append_encoded, url);
}

/* Whether a name of the map is an expression between slashes. */
static bool is_expression(const char *key, size_t len)
{
    return len > 2 && key[0] == '/' && key[len - 1] == '/';
}

/*
 * Whether a stream's name matches an expression, somewhere, as EventStreamConfig's preg_match() has it. One
 * that is none to us matches nothing, with a warning: there may be others. Returns 0, 1, or -ENOMEM.
 */
static int matches(const char *key, size_t len, const char *name)
{
    AUTO(pattern) pattern = NULL;
    AUTO(pattern_matcher) matcher = NULL;
    struct problem problem = { 0 };
    int r = pattern_compile(key + 1, len - 2, &pattern, &problem);
    if (r == -EINVAL) {
        log_warning("an expression for names of streams is not understood", LOG_TEXT("key", key),
                    LOG_TEXT("reason", problem.text));
        return 0;
    }
    if (r == 0) {
        r = pattern_matcher_new(&matcher);
    }
    if (r < 0) {
        return r;
    }
    pattern_matcher_begin(matcher);
    r = pattern_matches(matcher, pattern, name, strlen(name));
    return r < 0 ? r : r == PATTERN_MATCHES;
}

/*
 * The settings of a stream in the map at token: under its name, else under the first expression that its
 * name matches; *ret_token is JSON_END where there are none. Returns 0 or -ENOMEM.
 */
static int find_stream(const struct config_lookup *lookup, const struct json_document *tree,
                       uint32_t map, const char *name, uint32_t *ret_token)
{
    *ret_token = document_member(tree, map, name);
    for (uint32_t key = json_first(tree, map); key != JSON_END && *ret_token == JSON_END;
         key = json_sibling(tree, key + 2)) {
        const char *text = NULL;
        int r = document_text(tree, key, lookup->arena, &text);
        if (r == 0 && is_expression(text, strlen(text))) {
            r = matches(text, strlen(text), name);
        }
        if (r == -ENOMEM) {
            return r;
        }
        if (r > 0) {
            *ret_token = key + 2;
        }
    }
    return 0;
}

static int keep_copy(const struct config_lookup *lookup, const char *uri, const char *name,
                     const struct json_document *tree, uint32_t token)
{
    struct cache_key key = { .kind = "stream", .name = name, .places = lookup->places };
    uint32_t start = tree->tokens[token];
    return access_is_http(uri) ? cache_store(lookup->search.access, &key, uri, tree->bytes + start,
                                             json_value_end(tree, token) - start)
                               : 0;
}

/* Takes what the map at token knows of the streams that are missing. Returns 0 or -errno. */
static int take_streams(struct config_lookup *lookup, const char *uri, const char *shown,
                        const struct json_document *tree, uint32_t map, struct problem *problem)
{
    for (size_t i = 0; i < lookup->n_names; i++) {
        const char *name = lookup->names[i];
        uint32_t token = JSON_END;
        int r = is_missing(lookup, i) ? find_stream(lookup, tree, map, name, &token) : 0;
        if (r == 0 && token == JSON_END) {
            continue;
        }
        if (r == 0) {
            r = stream_settings_read(tree, token, name, shown, lookup->arena, &lookup->settings[i],
                                     problem);
        }
        if (r == 0) {
            r = keep_copy(lookup, uri, name, tree, token);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* What an API says instead of an answer: {"error":{"info":"..."}}. Returns 0 or -ENOMEM. */
static int say_api_error(struct config_lookup *lookup, const struct json_document *tree)
{
    struct access_reply *reply = &lookup->reply;
    const char *info = NULL;
    uint32_t error = document_member(tree, 0, "error");
    uint32_t token = error == JSON_END ? JSON_END : document_member(tree, error, "info");
    if (token != JSON_END && document_text(tree, token, lookup->arena, &info) == -ENOMEM) {
        return -ENOMEM;
    }
    snprintf(reply->said, sizeof(reply->said), "%s%.200s",
             info == NULL ? "no EventStreamConfig API: its answer has no streams" : "",
             info == NULL ? "" : info);
    return 0;
}

/*
 * The map of streams in a document. *ret_map is JSON_END where it is the empty list that PHP makes
 * of an empty map. Returns 0, ACCESS_USELESS with said filled, or -ENOMEM.
 */
static int find_map(struct config_lookup *lookup, const char *uri, const struct json_document *tree,
                    uint32_t *ret_map)
{
    *ret_map = 0;
    if (!is_api(uri)) {
        return 0;
    }
    uint32_t streams = document_member(tree, 0, "streams");
    enum json_kind kind = streams == JSON_END ? JSON_INVALID : json_kind(tree, streams);
    bool is_empty = kind == JSON_ARRAY && json_first(tree, streams) == JSON_END;
    if (kind != JSON_OBJECT && !is_empty) {
        int r = say_api_error(lookup, tree);
        return r < 0 ? r : ACCESS_USELESS;
    }
    *ret_map = is_empty ? JSON_END : streams;
    return 0;
}

/* Takes what the reply holds. Returns 0, ACCESS_USELESS with said filled, or -errno. */
static int take_reply(struct config_lookup *lookup, const char *uri, const char *shown,
                      struct problem *problem)
{
    AUTO_DOCUMENT document = { 0 };
    struct access_reply *reply = &lookup->reply;
    uint32_t map = JSON_END;
    int r = document_parse(&document, shown, reply->bytes.data, reply->bytes.len, problem);
    if (r == -EINVAL && access_is_http(uri)) {
        snprintf(reply->said, sizeof(reply->said), "neither JSON nor YAML");
        return ACCESS_USELESS;
    }
    if (r == 0) {
        r = find_map(lookup, uri, &document.tree, &map);
    }
    if (r == 0 && map != JSON_END) {
        r = take_streams(lookup, uri, shown, &document.tree, map, problem);
    }
    return r;
}

/* Fills said with what a configuration that was read does not know. Returns 0 or -ENOMEM. */
static int say_unknown(struct config_lookup *lookup)
{
    AUTO_BUFFER names = { 0 };
    struct access_reply *reply = &lookup->reply;
    if (append_missing(lookup, ", ", buffer_append_text, &names) < 0 ||
        buffer_text(&names) == NULL) {
        return -ENOMEM;
    }
    snprintf(reply->said, sizeof(reply->said), "does not know %s", names.data);
    return 0;
}

/* Asks one configuration for the streams that are missing. Returns 0 or -errno. */
static int ask(struct config_lookup *lookup, const char *uri, struct problem *problem)
{
    AUTO_BUFFER url = { 0 };
    AUTO_BUFFER shown = { 0 };
    if (append_request(lookup, uri, &url) < 0 || access_show(uri, &shown) < 0 ||
        buffer_text(&url) == NULL || buffer_text(&shown) == NULL) {
        return -ENOMEM;
    }
    int r = access_read(lookup->search.access, url.data, &lookup->reply);
    if (r == 0) {
        r = take_reply(lookup, uri, shown.data, problem);
    }
    if (r < 0 || is_complete(lookup)) {
        return r < 0 ? r : 0;
    }
    if (r == 0) {
        r = say_unknown(lookup) < 0 ? -ENOMEM : ACCESS_ABSENT;
    }
    return r < 0 ? r : search_note(&lookup->search, uri, r, lookup->reply.said);
}

static int run_round(struct schema_search *search, struct problem *problem)
{
    struct config_lookup *lookup = (struct config_lookup *)search;
    for (size_t i = 0; i < lookup->config->n_uris && !is_complete(lookup); i++) {
        int r = ask(lookup, lookup->config->uris[i], problem);
        if (r < 0) {
            return r;
        }
    }
    return is_complete(lookup) ? 0 : SEARCH_NOT_FOUND;
}

/* Takes the copy of one stream. Returns 0, SEARCH_NOT_FOUND, or -ENOMEM. */
static int take_copy_of(struct config_lookup *lookup, size_t i)
{
    AUTO_DOCUMENT document = { 0 };
    struct problem problem;
    struct cache_copy copy;
    const char *name = lookup->names[i];
    struct cache_key key = { .kind = "stream", .name = name, .places = lookup->places };
    int r = cache_load(lookup->search.access, &key, lookup->arena, &copy);
    if (r == 0) {
        r = document_parse(&document, copy.uri, copy.document, copy.document_len, &problem);
    }
    if (r == 0) {
        r = stream_settings_read(&document.tree, 0, name, copy.uri, lookup->arena,
                                 &lookup->settings[i], &problem);
    }
    if (r != 0) {
        return r == -ENOMEM ? r : SEARCH_NOT_FOUND;
    }
    log_warning("no stream configuration answers, going by a copy", LOG_TEXT("stream", name),
                LOG_TEXT("uri", copy.uri), LOG_TEXT("fetched", copy.dt),
                LOG_TEXT("tried", buffer_text(&lookup->search.tried)));
    return 0;
}

static int take_copies(struct schema_search *search)
{
    struct config_lookup *lookup = (struct config_lookup *)search;
    for (size_t i = 0; i < lookup->n_names; i++) {
        int r = is_missing(lookup, i) ? take_copy_of(lookup, i) : 0;
        if (r < 0) {
            return r;
        }
    }
    return is_complete(lookup) ? 0 : SEARCH_NOT_FOUND;
}

static int complain(struct config_lookup *lookup, struct problem *problem)
{
    AUTO_BUFFER names = { 0 };
    if (append_missing(lookup, ", ", buffer_append_text, &names) < 0 ||
        buffer_text(&names) == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    return search_complain(&lookup->search, problem, "no configuration of stream %s", names.data);
}

/* A name that was asked for twice. */
static void copy_doubles(struct config_lookup *lookup)
{
    for (size_t i = 0; i < lookup->n_names; i++) {
        for (size_t k = 0; k < i && lookup->settings[i].name == NULL; k++) {
            if (strcmp(lookup->names[k], lookup->names[i]) == 0) {
                lookup->settings[i] = lookup->settings[k];
            }
        }
    }
}

int stream_config_find(const struct stream_config *config, const char *const *names, size_t n_names,
                       struct arena *arena, struct stream_settings *ret_settings,
                       struct problem *problem)
{
    struct config_lookup lookup = {
        .search = { .access = config->access, .round = run_round, .copy = take_copies },
        .config = config,
        .names = names,
        .n_names = n_names,
        .arena = arena,
        .settings = ret_settings,
    };
    if (cache_places_hash(config->uris, config->n_uris, &lookup.places) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    memset(ret_settings, 0, n_names * sizeof(*ret_settings));
    int r = search_run(&lookup.search, problem);
    if (r == SEARCH_NOT_FOUND) {
        r = complain(&lookup, problem);
    }
    if (r == 0) {
        copy_doubles(&lookup);
    }
    search_deinit(&lookup.search);
    buffer_deinit(&lookup.reply.bytes);
    return r;
}
