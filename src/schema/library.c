/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/library.h"

#include <errno.h>

#include "base/buffer.h"
#include "schema/library_private.h"
#include "schema/uri.h"
#include "json/text.h"
#include "json/walk.h"

void library_init(struct library *library, struct arena *arena,
                  const struct schema_options *options, struct problem *problem)
{
    *library = (struct library){ .arena = arena, .options = options, .problem = problem };
}

void library_deinit(struct library *library)
{
    json_indexer_free(library->indexer);
}

int library_no_memory(struct library *library)
{
    return problem_set(library->problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

char *library_text(struct library *library, const struct schema_value *value, size_t *ret_len)
{
    struct json_string string = json_string(value->document, value->token);
    char *text = arena_alloc(library->arena, (size_t)string.raw_len + 1);
    if (text == NULL) {
        return NULL;
    }
    size_t len = 0;
    (void)json_unescape(string.raw, string.raw_len, text, &len);
    text[len] = '\0';
    *ret_len = len;
    return text;
}

bool library_member(const struct schema_value *object, const char *name,
                    struct schema_value *ret_value)
{
    const struct json_document *document = object->document;
    size_t name_len = strlen(name);
    bool is_found = false;
    if (json_byte(document, object->token) != '{') {
        return false;
    }
    for (uint32_t key = json_first(document, object->token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct json_string string = json_string(document, key);
        if (json_string_equals(string.raw, string.raw_len, name, name_len)) {
            *ret_value = (struct schema_value){ document, key + 2 };
            is_found = true;
        }
    }
    return is_found;
}

/* Resolves reference against base, into the arena; NULL without memory. */
static char *resolve_uri(struct library *library, const char *base, const char *reference)
{
    AUTO_BUFFER uri = { 0 };
    if (uri_resolve(base, reference, &uri) < 0) {
        return NULL;
    }
    return arena_copy(library->arena, uri.data == NULL ? "" : uri.data, uri.len);
}

int library_name_value(struct library *library, const char *base, const char *id,
                       const struct schema_value *value, const char **ret_base)
{
    struct library_name *name = arena_alloc(library->arena, sizeof(*name));
    char *uri = resolve_uri(library, base, id);
    if (name == NULL || uri == NULL) {
        return library_no_memory(library);
    }
    size_t len = uri_len_without_fragment(uri);
    if (uri[len] == '#' && uri[len + 1] == '\0') {
        uri[len] = '\0';
    }
    *name = (struct library_name){ library->names, uri, *value };
    library->names = name;
    /* A name behind `#` is a name for this one schema, and changes no base. */
    *ret_base = uri[len] == '\0' ? uri : base;
    return 0;
}

/* Copies bytes and tokens to the arena, and walks them. */
static int parse(struct library *library, const char *json, size_t json_len,
                 struct library_document *document, struct json_fault *ret_fault)
{
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    char *bytes = arena_copy(library->arena, json, json_len);
    if (bytes == NULL) {
        return -ENOMEM;
    }
    int r = json_index(library->indexer, bytes, json_len, &tokens, &n_tokens);
    if (r != 0) {
        *ret_fault = json_indexer_fault(library->indexer);
        return r < 0 ? r : -EINVAL;
    }
    uint32_t *copy = arena_alloc(library->arena, (2 * n_tokens + 1) * sizeof(*copy));
    if (copy == NULL) {
        return -ENOMEM;
    }
    memcpy(copy, tokens, (n_tokens + 1) * sizeof(*copy));
    document->document = (struct json_document){
        .bytes = bytes,
        .len = json_len,
        .tokens = copy,
        .n_tokens = (uint32_t)n_tokens,
        .links = copy + n_tokens + 1,
    };
    return json_walk(&document->document, JSON_MAX_DEPTH, ret_fault) == 0 ? 0 : -EINVAL;
}

int library_add(struct library *library, const char *uri, const char *json, size_t json_len,
                struct schema_value *ret_root)
{
    struct library_document *document = arena_alloc(library->arena, sizeof(*document));
    if (library->indexer == NULL) {
        library->indexer = json_indexer_new(json_len);
    }
    if (document == NULL || library->indexer == NULL) {
        return library_no_memory(library);
    }
    *document = (struct library_document){ .uri = uri };
    struct json_fault fault = { 0 };
    int r = parse(library, json, json_len, document, &fault);
    if (r == -ENOMEM) {
        return library_no_memory(library);
    }
    if (r < 0) {
        return problem_set(library->problem, -r, EXIT_CONFIG,
                           "schema %s: not valid JSON: %s at byte %zu", uri, fault.reason,
                           fault.offset);
    }
    /* Behind the others: the first one is the schema's own. */
    struct library_document **place = &library->documents;
    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = document;
    *ret_root = (struct schema_value){ &document->document, 0 };
    const char *base;
    r = library_name_value(library, uri, "", ret_root, &base);
    return r < 0 ? r : library_scan(library, document);
}

/* The innermost `$id` around a value, else the document's URI. */
static const char *base_of(const struct library_document *document, uint32_t token)
{
    const char *base = document->uri;
    for (const struct library_scope *scope = document->scopes; scope != NULL; scope = scope->next) {
        if (scope->open <= token && token <= document->document.links[scope->open]) {
            base = scope->base;
        }
    }
    return base;
}

static const struct library_document *document_of(const struct library *library,
                                                  const struct json_document *document)
{
    const struct library_document *found = library->documents;
    while (&found->document != document) {
        found = found->next;
    }
    return found;
}

static bool find_name(const struct library *library, const char *uri, size_t len,
                      struct schema_value *ret_value)
{
    for (const struct library_name *name = library->names; name != NULL; name = name->next) {
        if (strlen(name->uri) == len && memcmp(name->uri, uri, len) == 0) {
            *ret_value = name->value;
            return true;
        }
    }
    return false;
}

static int fetch(struct library *library, const char *uri, struct schema_value *ret_root)
{
    const struct schema_options *options = library->options;
    if (options->fetch == NULL) {
        return problem_set(library->problem, ENOENT, EXIT_CONFIG,
                           "schema %s: no document %s to refer to", options->uri, uri);
    }
    AUTO_BUFFER json = { 0 };
    int r = options->fetch(options->context, uri, &json, library->problem);
    if (r < 0) {
        return r;
    }
    return library_add(library, uri, json.data == NULL ? "" : json.data, json.len, ret_root);
}

/* The schema that the URI without its fragment names. */
static int find_resource(struct library *library, const char *uri, struct schema_value *ret_value)
{
    size_t len = uri_len_without_fragment(uri);
    if (find_name(library, uri, len, ret_value)) {
        return 0;
    }
    const char *whole = arena_copy(library->arena, uri, len);
    return whole == NULL ? library_no_memory(library) : fetch(library, whole, ret_value);
}

/* One step of a JSON Pointer, its escapes undone in place. */
static bool step_into(struct schema_value *value, char *step)
{
    const struct json_document *document = value->document;
    char *to = step;
    for (const char *from = step; *from != '\0'; from++) {
        bool is_escape = *from == '~' && (from[1] == '0' || from[1] == '1');
        *to++ = !is_escape ? *from : from[1] == '0' ? '~' : '/';
        from += is_escape;
    }
    *to = '\0';
    if (json_byte(document, value->token) == '{') {
        return library_member(value, step, value);
    }
    if (json_byte(document, value->token) != '[' || step[strspn(step, "0123456789")] != '\0' ||
        step[0] == '\0') {
        return false;
    }
    uint64_t index = strtoull(step, NULL, 10);
    uint32_t item = json_first(document, value->token);
    while (item != JSON_END && index-- > 0) {
        item = json_sibling(document, item);
    }
    value->token = item;
    return item != JSON_END;
}

/* Follows a JSON Pointer, which it takes apart. */
static bool follow(struct schema_value *value, char *pointer)
{
    while (pointer != NULL) {
        char *step = pointer + 1;
        pointer = strchr(step, '/');
        if (pointer != NULL) {
            *pointer = '\0';
        }
        if (!step_into(value, step)) {
            return false;
        }
    }
    return true;
}

static int no_target(struct library *library, const char *uri)
{
    return problem_set(library->problem, ENOENT, EXIT_CONFIG,
                       "schema %s: nothing to refer to at %s", library->options->uri, uri);
}

int library_resolve(struct library *library, const struct schema_value *from, const char *reference,
                    struct schema_value *ret_value)
{
    const char *base = base_of(document_of(library, from->document), from->token);
    /* By the RFC a directory; what the platform's own sources write, and mean the schema itself. */
    bool is_own = strncmp(reference, "./#", 3) == 0;
    const char *uri = resolve_uri(library, base, is_own ? reference + 2 : reference);
    AUTO_BUFFER fragment = { 0 };
    if (uri == NULL) {
        return library_no_memory(library);
    }
    if (find_name(library, uri, strlen(uri), ret_value)) {
        return 0;
    }
    int r = find_resource(library, uri, ret_value);
    if (r < 0) {
        return r;
    }
    /* The document that was fetched may hold the name. */
    if (find_name(library, uri, strlen(uri), ret_value)) {
        return 0;
    }
    r = uri_fragment(uri, &fragment);
    if (r == -ENOMEM || buffer_text(&fragment) == NULL) {
        return library_no_memory(library);
    }
    if (r == URI_NO_FRAGMENT || (r == 0 && fragment.len == 0)) {
        return 0;
    }
    bool is_pointer = r == 0 && fragment.data[0] == '/' && strlen(fragment.data) == fragment.len;
    return is_pointer && follow(ret_value, fragment.data) ? 0 : no_target(library, uri);
}

static int append_step(struct buffer *place, const struct json_document *document, uint32_t key,
                       uint32_t index)
{
    if (key == JSON_END) {
        return buffer_printf(place, "/%u", (unsigned)index);
    }
    struct json_string name = json_string(document, key);
    int r = buffer_append_byte(place, '/');
    for (uint32_t i = 0; r == 0 && i < name.raw_len; i++) {
        char byte = name.raw[i];
        r = byte == '~'   ? buffer_append(place, "~0", 2)
            : byte == '/' ? buffer_append(place, "~1", 2)
                          : buffer_append_byte(place, byte);
    }
    return r;
}

/* Goes from a container at *token one level down towards target, a value or a member's key. */
static int append_level(struct buffer *place, const struct json_document *document, uint32_t *token,
                        uint32_t target)
{
    bool is_object = json_byte(document, *token) == '{';
    uint32_t to_value = is_object ? 2 : 0;
    uint32_t item = json_first(document, *token);
    uint32_t index = 0;
    while (target >= json_next(document, item + to_value)) {
        item = json_sibling(document, item + to_value);
        index++;
    }
    *token = target == item ? item : item + to_value;
    return append_step(place, document, is_object ? item : JSON_END, index);
}

const char *library_place(struct library *library, const struct schema_value *value)
{
    AUTO_BUFFER place = { 0 };
    const struct library_document *document = document_of(library, value->document);
    bool is_first = document == library->documents;
    int r = buffer_printf(&place, "%s#", is_first ? "" : document->uri);
    uint32_t token = 0;
    while (r == 0 && token != value->token) {
        r = append_level(&place, value->document, &token, value->token);
    }
    return r < 0 ? NULL : arena_copy(library->arena, place.data, place.len);
}
