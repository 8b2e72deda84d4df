/* SPDX-License-Identifier: Apache-2.0 */
/* Documents, what names their parts have, and where a reference leads. */
#include "plain_schema.h"

#include <stdlib.h>

#include "base/error.h"
#include "plain_internal.h"
#include "plain_uri.h"

enum {
    /* References that lead to references. */
    MAX_HOPS = 64,
    MAX_STEPS = 200000,
};

/* What the value of a keyword holds. */
enum content { CONTENT_OTHER, CONTENT_SCHEMA, CONTENT_LIST, CONTENT_MAP };

static enum content content_of(const struct buffer *keyword, const struct json_tree *value)
{
    static const struct {
        const char *name;
        enum content content;
    } keywords[] = {
        { "additionalItems", CONTENT_SCHEMA },
        { "additionalProperties", CONTENT_SCHEMA },
        { "allOf", CONTENT_LIST },
        { "anyOf", CONTENT_LIST },
        { "contains", CONTENT_SCHEMA },
        { "definitions", CONTENT_MAP },
        { "dependencies", CONTENT_MAP },
        { "else", CONTENT_SCHEMA },
        { "if", CONTENT_SCHEMA },
        { "items", CONTENT_SCHEMA },
        { "not", CONTENT_SCHEMA },
        { "oneOf", CONTENT_LIST },
        { "patternProperties", CONTENT_MAP },
        { "properties", CONTENT_MAP },
        { "propertyNames", CONTENT_SCHEMA },
        { "then", CONTENT_SCHEMA },
    };
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (keyword->len == strlen(keywords[i].name) &&
            memcmp(keyword->data, keywords[i].name, keyword->len) == 0) {
            bool is_list = keywords[i].content == CONTENT_SCHEMA && json_tree_byte(value) == '[';
            return is_list ? CONTENT_LIST : keywords[i].content;
        }
    }
    return CONTENT_OTHER;
}

/* What a part of a value is, if the value is content. */
static enum content content_in(enum content content, const struct json_tree *value, size_t place)
{
    if (content == CONTENT_SCHEMA) {
        return json_tree_byte(value) == '{'
                   ? content_of(&value->members[place].name, value->members[place].value)
                   : CONTENT_OTHER;
    }
    return content == CONTENT_OTHER ? CONTENT_OTHER : CONTENT_SCHEMA;
}

/* A C string of a string's text; NULL where value is none. The caller frees it. */
static char *text_of(const struct json_tree *value)
{
    if (value == NULL || json_tree_byte(value) != '"') {
        return NULL;
    }
    char *text = strndup(value->text.len > 0 ? value->text.data : "", value->text.len);
    require(text != NULL);
    return text;
}

/* Takes uri over and keeps it for the schema's life. */
static const char *keep(struct plain_schema *schema, char *uri)
{
    for (const struct plain_base *base = schema->bases; base != NULL; base = base->next) {
        if (strcmp(base->uri, uri) == 0) {
            free(uri);
            return base->uri;
        }
    }
    struct plain_base *base = malloc(sizeof(*base));
    require(base != NULL);
    *base = (struct plain_base){ .next = schema->bases, .uri = uri };
    schema->bases = base;
    return uri;
}

/* The base inside a schema: what its $id makes of the one outside. Beside $ref it says nothing. */
static const char *inner_base(struct plain_schema *schema, struct plain_place place)
{
    AUTO_FREE char *id = text_of(json_tree_member(place.node, "$id"));
    AUTO_FREE char *reference = text_of(json_tree_member(place.node, "$ref"));
    if (id == NULL || reference != NULL) {
        return place.base;
    }
    char *uri = plain_uri_resolve(place.base, id);
    plain_uri_cut_fragment(uri);
    return keep(schema, uri);
}

/* Takes over uri, which is absolute and may have a fragment. The first of several counts. */
static void add_id(struct plain_schema *schema, char *uri, struct plain_place place)
{
    struct plain_id *id = malloc(sizeof(*id));
    require(id != NULL);
    char *fragment = strdup(plain_uri_cut_fragment(uri));
    require(fragment != NULL);
    *id = (struct plain_id){ .uri = uri, .fragment = fragment, .place = place };
    struct plain_id **end = &schema->ids;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = id;
}

/* Notes the $id of every schema in value. */
static void add_ids(struct plain_schema *schema, enum content content, struct plain_place place)
{
    bool is_schema = content == CONTENT_SCHEMA && json_tree_byte(place.node) == '{';
    const char *base = place.base;
    if (is_schema) {
        AUTO_FREE char *id = text_of(json_tree_member(place.node, "$id"));
        AUTO_FREE char *reference = text_of(json_tree_member(place.node, "$ref"));
        if (id != NULL && reference == NULL) {
            base = inner_base(schema, place);
            add_id(schema, plain_uri_resolve(place.base, id), place);
        }
    }
    bool is_object = json_tree_byte(place.node) == '{';
    for (size_t i = 0; content != CONTENT_OTHER && i < place.node->n_members; i++) {
        if (is_object && json_tree_is_shadowed(place.node, i)) {
            continue;
        }
        struct plain_place part = { place.node->members[i].value, base };
        add_ids(schema, content_in(content, place.node, i), part);
    }
}

static struct plain_place add_document(struct plain_schema *schema, const char *uri,
                                       const char *json, size_t json_len)
{
    struct plain_document *document = malloc(sizeof(*document));
    require(document != NULL);
    *document = (struct plain_document){
        .next = schema->documents,
        .tree = json_tree_parse(json, json_len),
    };
    schema->documents = document;
    char *base = strdup(uri);
    char *name = strdup(uri);
    require(base != NULL && name != NULL);
    plain_uri_cut_fragment(base);
    struct plain_place root = { document->tree, keep(schema, base) };
    add_id(schema, name, root);
    add_ids(schema, CONTENT_SCHEMA, root);
    return root;
}

static bool find_id(const struct plain_schema *schema, const char *uri, const char *fragment,
                    struct plain_place *ret_place)
{
    for (const struct plain_id *id = schema->ids; id != NULL; id = id->next) {
        if (strcmp(id->uri, uri) == 0 && strcmp(id->fragment, fragment) == 0) {
            *ret_place = id->place;
            return true;
        }
    }
    return false;
}

/* The resource of uri, fetched where it is not known yet. */
static bool find_resource(struct plain_schema *schema, const char *uri,
                          struct plain_place *ret_place)
{
    if (find_id(schema, uri, "", ret_place)) {
        return true;
    }
    size_t len = 0;
    AUTO_FREE char *json = schema->options.fetch != NULL
                               ? schema->options.fetch(schema->options.context, uri, &len)
                               : NULL;
    if (json == NULL) {
        return false;
    }
    *ret_place = add_document(schema, uri, json, len);
    return true;
}

/* Cuts the next step, unescaped, from a JSON Pointer. */
static char *next_step(const char **pointer)
{
    (*pointer)++;
    size_t len = strcspn(*pointer, "/");
    char *step = strndup(*pointer, len);
    require(step != NULL);
    *pointer += len;
    char *to = step;
    for (const char *from = step; *from != '\0'; from++) {
        bool is_escape = *from == '~' && (from[1] == '0' || from[1] == '1');
        *to++ = !is_escape ? *from : from[1] == '0' ? '~' : '/';
        from += is_escape;
    }
    *to = '\0';
    return step;
}

static size_t find_place(const struct json_tree *node, const char *step)
{
    size_t found = node->n_members;
    for (size_t i = 0; i < node->n_members; i++) {
        char index[24];
        snprintf(index, sizeof(index), "%zu", i);
        const struct buffer *name = &node->members[i].name;
        bool is_it = json_tree_byte(node) == '['
                         ? strcmp(index, step) == 0
                         : name->len == strlen(step) &&
                               (name->len == 0 || memcmp(name->data, step, name->len) == 0);
        found = is_it ? i : found;
    }
    return found;
}

/* Follows a JSON Pointer; each schema on the way changes the base by its $id. */
static bool follow_pointer(struct plain_schema *schema, const char *pointer,
                           struct plain_place *place)
{
    enum content content = CONTENT_SCHEMA;
    while (*pointer == '/') {
        AUTO_FREE char *step = next_step(&pointer);
        size_t found = find_place(place->node, step);
        if (found == place->node->n_members) {
            return false;
        }
        place->base = content == CONTENT_SCHEMA ? inner_base(schema, *place) : place->base;
        content = content_in(content, place->node, found);
        place->node = place->node->members[found].value;
    }
    return *pointer == '\0';
}

/* Where a reference leads. */
static bool find_target(struct plain_schema *schema, const char *base, const char *reference,
                        struct plain_place *ret_place)
{
    AUTO_FREE char *uri = plain_uri_resolve(base, reference);
    const char *fragment = plain_uri_cut_fragment(uri);
    if (find_id(schema, uri, fragment, ret_place)) {
        return true;
    }
    struct plain_place resource;
    if (!find_resource(schema, uri, &resource)) {
        return false;
    }
    if (fragment[0] == '\0' || fragment[0] == '/') {
        *ret_place = resource;
        return follow_pointer(schema, fragment, ret_place);
    }
    return find_id(schema, uri, fragment, ret_place);
}

bool plain_enter(struct plain_schema *schema, struct plain_place *place)
{
    for (int hops = 0; hops < MAX_HOPS; hops++) {
        AUTO_FREE char *reference = text_of(json_tree_member(place->node, "$ref"));
        if (reference == NULL) {
            place->base = inner_base(schema, *place);
            return true;
        }
        if (!find_target(schema, place->base, reference, place)) {
            break;
        }
    }
    schema->is_undecided = true;
    return false;
}

void plain_begin(struct plain_schema *schema)
{
    schema->frame = NULL;
    schema->steps_left = MAX_STEPS;
    schema->is_undecided = false;
}

struct plain_schema *plain_schema_new(const char *json, size_t json_len,
                                      const struct plain_options *options)
{
    struct plain_schema *schema = calloc(1, sizeof(*schema));
    require(schema != NULL);
    if (options != NULL) {
        schema->options = *options;
    }
    const char *uri = schema->options.uri != NULL ? schema->options.uri : "";
    schema->root = add_document(schema, uri, json, json_len);
    return schema;
}

void plain_schema_free(struct plain_schema *schema)
{
    if (schema == NULL) {
        return;
    }
    for (struct plain_document *document = schema->documents, *next; document != NULL;
         document = next) {
        next = document->next;
        json_tree_free(document->tree);
        free(document);
    }
    for (struct plain_id *id = schema->ids, *next; id != NULL; id = next) {
        next = id->next;
        free(id->uri);
        free(id->fragment);
        free(id);
    }
    for (struct plain_base *base = schema->bases, *next; base != NULL; base = next) {
        next = base->next;
        free(base->uri);
        free(base);
    }
    free(schema);
}
