/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An empty list stands for an empty map too: that is how PHP, which the API is written in, writes
 * both.
 */
#include "schema/stream_settings.h"

#include <errno.h>
#include <string.h>

#include "schema/document.h"

struct settings_reader {
    const struct json_document *tree;
    uint32_t token;
    const char *name;
    const char *uri;
    struct arena *arena;
    struct problem *problem;
};

static int complain(const struct settings_reader *reader, const char *setting, const char *expected)
{
    return problem_set(reader->problem, EINVAL, EXIT_CONFIG, "%s: stream %s: %s: expected %s",
                       reader->uri, reader->name, setting, expected);
}

static int read_title(const struct settings_reader *reader, const char **ret_title)
{
    uint32_t token = document_member(reader->tree, reader->token, "schema_title");
    int r = token == JSON_END ? -EPROTOTYPE
                              : document_text(reader->tree, token, reader->arena, ret_title);
    return r == -EPROTOTYPE ? complain(reader, "schema_title", "a text") : r;
}

static size_t count_items(const struct json_document *tree, uint32_t open)
{
    size_t n = 0;
    for (uint32_t item = json_first(tree, open); item != JSON_END;
         item = json_sibling(tree, item)) {
        n++;
    }
    return n;
}

/* The texts of a list, each with suffix behind it; none where the setting is not there. */
static int read_texts(const struct settings_reader *reader, const char *setting, const char *suffix,
                      const char *const **ret_texts, size_t *ret_n_texts)
{
    const struct json_document *tree = reader->tree;
    uint32_t list = document_member(tree, reader->token, setting);
    size_t n = 0;
    if (list == JSON_END) {
        return 0;
    }
    if (json_kind(tree, list) != JSON_ARRAY) {
        return complain(reader, setting, "a list of texts");
    }
    const char **texts = arena_alloc(reader->arena, count_items(tree, list) * sizeof(*texts));
    if (texts == NULL) {
        return -ENOMEM;
    }
    for (uint32_t item = json_first(tree, list); item != JSON_END;
         item = json_sibling(tree, item)) {
        AUTO_BUFFER joined = { 0 };
        const char *text = NULL;
        int r = document_text(tree, item, reader->arena, &text);
        if (r == 0) {
            r = buffer_printf(&joined, "%s%s", text, suffix);
        }
        if (r == 0) {
            texts[n] = arena_copy(reader->arena, joined.data, joined.len);
            r = texts[n++] == NULL ? -ENOMEM : 0;
        }
        if (r < 0) {
            return r == -EPROTOTYPE ? complain(reader, setting, "a list of texts") : r;
        }
    }
    *ret_texts = texts;
    *ret_n_texts = n;
    return 0;
}

static int read_topics(const struct settings_reader *reader, struct stream_settings *settings)
{
    int r = read_texts(reader, "topics", "", &settings->topics, &settings->n_topics);
    if (r == 0 && settings->n_topics == 0) {
        r = read_texts(reader, "topic_prefixes", reader->name, &settings->topics,
                       &settings->n_topics);
    }
    if (r < 0 || settings->n_topics > 0) {
        return r;
    }
    const char **alone = arena_alloc(reader->arena, sizeof(*alone));
    if (alone == NULL) {
        return -ENOMEM;
    }
    alone[0] = reader->name;
    settings->topics = alone;
    settings->n_topics = 1;
    return 0;
}

/* "page.page_id" to "/page/page_id". Returns 0, -EPROTOTYPE for an empty name, or -ENOMEM. */
static int make_pointer(struct arena *arena, const char *path, const char **ret_pointer)
{
    AUTO_BUFFER pointer = { 0 };
    int r = buffer_append_byte(&pointer, '/');
    bool is_empty = true;
    for (; *path != '\0' && r == 0; path++) {
        if (*path == '.' && (is_empty || path[1] == '\0')) {
            return -EPROTOTYPE;
        }
        is_empty = *path == '.';
        r = *path == '.'   ? buffer_append_byte(&pointer, '/')
            : *path == '~' ? buffer_append_text(&pointer, "~0")
            : *path == '/' ? buffer_append_text(&pointer, "~1")
                           : buffer_append_byte(&pointer, *path);
    }
    if (r < 0) {
        return r;
    }
    if (is_empty) {
        return -EPROTOTYPE;
    }
    *ret_pointer = arena_copy(arena, pointer.data, pointer.len);
    return *ret_pointer == NULL ? -ENOMEM : 0;
}

static int read_key(const struct settings_reader *reader, uint32_t member, struct stream_key *key)
{
    const char *path = "";
    int r = document_text(reader->tree, member, reader->arena, &key->name);
    if (r == 0) {
        r = document_text(reader->tree, member + 2, reader->arena, &path);
    }
    return r < 0 ? r : make_pointer(reader->arena, path, &key->pointer);
}

static int read_keys(const struct settings_reader *reader, struct stream_settings *settings)
{
    static const char expected[] = "a map of names to fields such as page.page_id";
    const struct json_document *tree = reader->tree;
    uint32_t map = document_member(tree, reader->token, "message_key_fields");
    bool is_none = map == JSON_END ||
                   (json_kind(tree, map) == JSON_ARRAY && json_first(tree, map) == JSON_END);
    if (is_none) {
        return 0;
    }
    if (json_kind(tree, map) != JSON_OBJECT) {
        return complain(reader, "message_key_fields", expected);
    }
    size_t n = 0;
    for (uint32_t key = json_first(tree, map); key != JSON_END; key = json_sibling(tree, key + 2)) {
        n++;
    }
    struct stream_key *keys = arena_alloc(reader->arena, n * sizeof(*keys));
    if (keys == NULL) {
        return -ENOMEM;
    }
    n = 0;
    for (uint32_t key = json_first(tree, map); key != JSON_END; key = json_sibling(tree, key + 2)) {
        int r = read_key(reader, key, &keys[n++]);
        if (r < 0) {
            return r == -EPROTOTYPE ? complain(reader, "message_key_fields", expected) : r;
        }
    }
    settings->keys = keys;
    settings->n_keys = n;
    return 0;
}

static int read_canaries(const struct settings_reader *reader, bool *ret_has_canaries)
{
    uint32_t token = document_member(reader->tree, reader->token, "canary_events_enabled");
    if (token != JSON_END && json_kind(reader->tree, token) != JSON_BOOL) {
        return complain(reader, "canary_events_enabled", "true or false");
    }
    *ret_has_canaries = token == JSON_END || json_byte(reader->tree, token) == 't';
    return 0;
}

int stream_settings_read(const struct json_document *tree, uint32_t token, const char *name,
                         const char *uri, struct arena *arena, struct stream_settings *ret_settings,
                         struct problem *problem)
{
    struct stream_settings settings = {
        .name = arena_copy(arena, name, strlen(name)),
        .uri = arena_copy(arena, uri, strlen(uri)),
    };
    if (settings.name == NULL || settings.uri == NULL) {
        return -ENOMEM;
    }
    struct settings_reader reader = { tree, token, settings.name, settings.uri, arena, problem };
    int r = read_title(&reader, &settings.title);
    if (r == 0) {
        r = read_topics(&reader, &settings);
    }
    if (r == 0) {
        r = read_keys(&reader, &settings);
    }
    if (r == 0) {
        r = read_canaries(&reader, &settings.has_canaries);
    }
    if (r == 0) {
        *ret_settings = settings;
    }
    return r;
}
