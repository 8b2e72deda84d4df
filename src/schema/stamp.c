/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "event/event.h"
#include "json/text.h"

/* A string, as it is and as JSON. */
struct words {
    struct buffer text;
    struct buffer json;
};

struct stamp {
    struct words schema;
    struct words stream;
    bool stamps;
    bool strips_transport;
    bool is_dt_forced;
    const struct clock *clock;
};

/* A member of root or meta: where it is, if it is. */
struct place {
    struct event_value value;
    bool is_there;
};

enum { ROOT_SCHEMA, ROOT_META, ROOT_STEPS };

static const struct json_step root_steps[ROOT_STEPS] = {
    [ROOT_SCHEMA] = { "$schema", 7, JSON_NO_INDEX },
    [ROOT_META] = { "meta", 4, JSON_NO_INDEX },
};

enum { META_STREAM, META_DT, META_ID, META_TRANSPORT, META_STEPS = META_TRANSPORT + 4 };

static const struct json_step meta_steps[META_STEPS] = {
    [META_STREAM] = { "stream", 6, JSON_NO_INDEX },
    [META_DT] = { "dt", 2, JSON_NO_INDEX },
    [META_ID] = { "id", 2, JSON_NO_INDEX },
    /* What EventStreams adds. */
    [META_TRANSPORT] = { "topic", 5, JSON_NO_INDEX },
    { "partition", 9, JSON_NO_INDEX },
    { "offset", 6, JSON_NO_INDEX },
    { "key", 3, JSON_NO_INDEX },
};

static void words_deinit(struct words *words)
{
    buffer_deinit(&words->text);
    buffer_deinit(&words->json);
}

static int words_quote(struct words *words)
{
    return json_quote(&words->json, words->text.data, words->text.len);
}

int stamp_new(const struct stamp_options *options, struct stamp **ret_stamp)
{
    struct stamp *stamp = calloc(1, sizeof(*stamp));
    if (stamp == NULL) {
        return -ENOMEM;
    }
    stamp->stamps = options->stamps;
    stamp->strips_transport = options->strips_transport;
    stamp->is_dt_forced = options->is_dt_forced;
    stamp->clock = options->clock;
    int r = buffer_printf(&stamp->schema.text, "/%s/%s", options->title, options->version);
    if (r == 0) {
        r = buffer_append_text(&stamp->stream.text, options->stream);
    }
    if (r == 0) {
        r = words_quote(&stamp->schema);
    }
    if (r == 0) {
        r = words_quote(&stamp->stream);
    }
    if (r < 0) {
        stamp_free(stamp);
        return r;
    }
    *ret_stamp = stamp;
    return 0;
}

void stamp_free(struct stamp *stamp)
{
    if (stamp == NULL) {
        return;
    }
    words_deinit(&stamp->schema);
    words_deinit(&stamp->stream);
    free(stamp);
}

int stamp_id(const struct stamp *stamp, const struct stamp_origin *origin, char ret_text[UUID_SIZE])
{
    AUTO_BUFFER name = { 0 };
    uint64_t hash = origin->raw == NULL ? 0 : hash_bytes(origin->raw, origin->raw_len);
    /* Part of what is written: this form never changes. */
    int r = buffer_append(&name, stamp->stream.text.data, stamp->stream.text.len);
    if (r == 0) {
        r = buffer_printf(&name, "\n%s\n%" PRId64 "\n%016" PRIx64, origin->partition,
                          origin->offset, hash);
    }
    if (r == 0) {
        uuid_of_name(ret_text, name.data, name.len);
    }
    return r;
}

/* Members that are looked for in one pass over their object. */
enum { PLACES_MAX = 8 };

/* The places in the document of the names that steps are. Of members of one name the last counts. */
static void find_keys(const struct event_value *object, const struct json_step *steps, size_t n,
                      uint32_t keys[PLACES_MAX], bool *ret_is_repeated)
{
    const struct json_document *document = object->document;
    for (uint32_t key = json_first(document, object->token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct json_string name = json_string(document, key);
        for (size_t i = 0; i < n; i++) {
            if ((name.raw_len == steps[i].name_len || name.has_escape) &&
                json_key_is(document, key, &steps[i])) {
                *ret_is_repeated |= keys[i] != JSON_END;
                keys[i] = key;
                break;
            }
        }
    }
}

/* A place in the document of a node, as patches have left it. Returns 0 or -ENOMEM. */
static int look_at_patches(struct weir_event *event, const struct event_value *object,
                           const struct json_step *step, struct place *place)
{
    if (object->node->added != NULL) {
        int r = event_resolve_step(event, object, step, &place->value);
        place->is_there = r == 0;
        return r == -ENOENT ? 0 : r;
    }
    if (place->is_there) {
        place->value.node = event_node_touched(object->node, place->value.member);
        place->is_there = place->value.node == NULL || !place->value.node->is_removed;
    }
    return 0;
}

/*
 * Looks members of an object up; *ret_is_repeated: one of them is there several times. Returns 0 or
 * -ENOMEM.
 */
static int find(struct weir_event *event, const struct event_value *object,
                const struct json_step *steps, size_t n, struct place places[PLACES_MAX],
                bool *ret_is_repeated)
{
    struct event_value container = *object;
    uint32_t keys[PLACES_MAX];
    memset(keys, 0xff, sizeof(keys));
    *ret_is_repeated = false;
    if (object->node != NULL) {
        int r = event_node_index(event, object->node);
        if (r < 0) {
            return r;
        }
        container.document = object->node->document;
        container.token = object->node->token;
    }
    find_keys(&container, steps, n, keys, ret_is_repeated);
    for (size_t i = 0; i < n; i++) {
        places[i].is_there = keys[i] != JSON_END;
        places[i].value = (struct event_value){ NULL, container.document, keys[i] + 2, keys[i] };
        int r = object->node == NULL ? 0 : look_at_patches(event, object, &steps[i], &places[i]);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static bool is_null_or_missing(const struct place *place)
{
    return !place->is_there || event_value_kind(&place->value) == JSON_NULL;
}

static bool says(const struct place *place, const struct words *words)
{
    if (!place->is_there || event_value_kind(&place->value) != JSON_STRING) {
        return false;
    }
    struct json_span span = event_value_span(&place->value);
    return json_string_equals(span.bytes + 1, span.len - 2, words->text.data, words->text.len);
}

/* Sets a member of parent; json is lent until event_reset(). Returns 0 or -ENOMEM. */
static int set(struct weir_event *event, struct event_node *parent, const struct json_step *step,
               const struct place *place, const struct buffer *json)
{
    event->is_patched = true;
    if (!place->is_there) {
        return event_node_add(event, parent, step, json->data, json->len);
    }
    struct event_node *node = event_node_of(event, parent, &place->value);
    if (node == NULL) {
        return -ENOMEM;
    }
    event_node_set(node, json->data, json->len);
    return 0;
}

/* The same with a text that needs no escapes, copied. */
static int set_copy(struct weir_event *event, struct event_node *parent,
                    const struct json_step *step, const struct place *place, const char *text)
{
    size_t len = strlen(text) + 2;
    char *copy = arena_alloc(&event->arena, len + 1);
    if (copy == NULL) {
        return -ENOMEM;
    }
    snprintf(copy, len + 1, "\"%s\"", text);
    return set(event, parent, step, place, &(struct buffer){ .data = copy, .len = len });
}

static int set_dt(const struct stamp *stamp, struct weir_event *event, struct event_node *meta,
                  const struct place *place)
{
    char text[RFC3339_SIZE];
    rfc3339_format(text, stamp->clock->realtime_ns(stamp->clock), 3);
    return set_copy(event, meta, &meta_steps[META_DT], place, text);
}

static int set_id(const struct stamp *stamp, const struct stamp_origin *origin,
                  struct weir_event *event, struct event_node *meta, const struct place *place)
{
    char text[UUID_SIZE];
    int r = stamp_id(stamp, origin, text);
    return r < 0 ? r : set_copy(event, meta, &meta_steps[META_ID], place, text);
}

/* What of meta is missing or wrong is set. Node is meta's. */
static int set_meta(const struct stamp *stamp, const struct stamp_origin *origin,
                    struct weir_event *event, struct event_node *node, const struct place *places)
{
    int r = 0;
    if (!says(&places[META_STREAM], &stamp->stream)) {
        r = set(event, node, &meta_steps[META_STREAM], &places[META_STREAM], &stamp->stream.json);
    }
    if (r == 0 && (stamp->is_dt_forced || is_null_or_missing(&places[META_DT]))) {
        r = set_dt(stamp, event, node, &places[META_DT]);
    }
    if (r == 0 && is_null_or_missing(&places[META_ID])) {
        r = set_id(stamp, origin, event, node, &places[META_ID]);
    }
    return r;
}

/* Removes a member of meta where it came with the input. */
static int strip(struct weir_event *event, struct event_node *node, const struct json_step *step,
                 const struct place *place, bool is_repeated)
{
    bool is_input = place->value.node == NULL && place->value.document == &event->document;
    if (!place->is_there || !is_input) {
        return 0;
    }
    event->is_patched = true;
    return is_repeated ? event_node_remove(event, node, step, &place->value)
                       : event_node_drop(event, node, &place->value);
}

static bool is_right(const struct stamp *stamp, const struct place *places)
{
    return !stamp->stamps ||
           (says(&places[META_STREAM], &stamp->stream) && !stamp->is_dt_forced &&
            !is_null_or_missing(&places[META_DT]) && !is_null_or_missing(&places[META_ID]));
}

static bool has_transport(const struct stamp *stamp, const struct place *places)
{
    bool has_transport = false;
    for (size_t i = META_TRANSPORT; i < META_STEPS; i++) {
        has_transport |= places[i].is_there;
    }
    return stamp->strips_transport && has_transport;
}

static int stamp_meta(const struct stamp *stamp, const struct stamp_origin *origin,
                      struct weir_event *event, const struct event_value *meta)
{
    struct place places[PLACES_MAX];
    bool is_repeated;
    int r = find(event, meta, meta_steps, META_STEPS, places, &is_repeated);
    bool strips = r == 0 && has_transport(stamp, places);
    bool sets = r == 0 && !is_right(stamp, places);
    if (r < 0 || (!strips && !sets)) {
        return r;
    }
    struct event_node *node = event_node_of(event, &event->root, meta);
    if (node == NULL) {
        return -ENOMEM;
    }
    for (size_t i = META_TRANSPORT; r == 0 && strips && i < META_STEPS; i++) {
        r = strip(event, node, &meta_steps[i], &places[i], is_repeated);
    }
    return r == 0 && sets ? set_meta(stamp, origin, event, node, places) : r;
}

/* Makes meta an object where there is none. */
static int add_meta(struct weir_event *event, struct place *meta)
{
    static char no_members[] = "{}";
    const struct json_step *step = &root_steps[ROOT_META];
    struct event_value root = event_node_value(&event->root);
    int r = set(event, &event->root, step, meta, &(struct buffer){ .data = no_members, .len = 2 });
    return r < 0 ? r : event_resolve_step(event, &root, step, &meta->value);
}

int stamp_event(const struct stamp *stamp, const struct stamp_origin *origin,
                struct weir_event *event)
{
    struct event_value root = event_node_value(&event->root);
    struct place places[PLACES_MAX];
    struct place *schema = &places[ROOT_SCHEMA];
    struct place *meta = &places[ROOT_META];
    bool is_repeated;
    int r = find(event, &root, root_steps, ROOT_STEPS, places, &is_repeated);
    if (r == 0 && stamp->stamps && !says(schema, &stamp->schema)) {
        r = set(event, &event->root, &root_steps[ROOT_SCHEMA], schema, &stamp->schema.json);
    }
    if (r == 0 && stamp->stamps && is_null_or_missing(meta)) {
        r = add_meta(event, meta);
        meta->is_there = true;
    }
    if (r < 0) {
        return r;
    }
    if (!meta->is_there || event_value_kind(&meta->value) != JSON_OBJECT) {
        return stamp->stamps ? STAMP_NO_META : 0;
    }
    return stamp_meta(stamp, origin, event, &meta->value);
}
