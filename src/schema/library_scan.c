/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where schemas stand inside a schema, to find their `$id`s. Recursion: as deep as a document may be,
 * JSON_MAX_DEPTH.
 */
#include <errno.h>

#include "schema/library_private.h"
#include "json/text.h"

/* What the value of a keyword holds. */
enum holding {
    /* A schema, or a list of schemas. */
    HOLDS_SCHEMAS,
    /* A map of names to schemas. */
    HOLDS_MAP,
};

static const struct {
    const char *name;
    enum holding holding;
} keywords[] = {
    { "additionalItems", HOLDS_SCHEMAS },
    { "additionalProperties", HOLDS_SCHEMAS },
    { "allOf", HOLDS_SCHEMAS },
    { "anyOf", HOLDS_SCHEMAS },
    { "contains", HOLDS_SCHEMAS },
    { "definitions", HOLDS_MAP },
    { "dependencies", HOLDS_MAP },
    { "else", HOLDS_SCHEMAS },
    { "if", HOLDS_SCHEMAS },
    { "items", HOLDS_SCHEMAS },
    { "not", HOLDS_SCHEMAS },
    { "oneOf", HOLDS_SCHEMAS },
    { "patternProperties", HOLDS_MAP },
    { "properties", HOLDS_MAP },
    { "propertyNames", HOLDS_SCHEMAS },
    { "then", HOLDS_SCHEMAS },
};

struct scan {
    struct library *library;
    struct library_document *document;
};

static int scan_schema(const struct scan *scan, uint32_t token, const char *base);

/* Each element of a list, each value of a map. */
static int scan_children(const struct scan *scan, uint32_t token, const char *base)
{
    const struct json_document *document = &scan->document->document;
    uint32_t to_value = json_byte(document, token) == '{' ? 2 : 0;
    int r = 0;
    for (uint32_t item = json_first(document, token); r == 0 && item != JSON_END;
         item = json_sibling(document, item + to_value)) {
        r = scan_schema(scan, item + to_value, base);
    }
    return r;
}

static int scan_keyword(const struct scan *scan, uint32_t key, const char *base)
{
    const struct json_document *document = &scan->document->document;
    struct json_string string = json_string(document, key);
    char byte = json_byte(document, key + 2);
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        const char *name = keywords[i].name;
        if (!json_string_equals(string.raw, string.raw_len, name, strlen(name))) {
            continue;
        }
        if (byte == '[' ? keywords[i].holding == HOLDS_SCHEMAS
                        : byte == '{' && keywords[i].holding == HOLDS_MAP) {
            return scan_children(scan, key + 2, base);
        }
        return keywords[i].holding == HOLDS_SCHEMAS ? scan_schema(scan, key + 2, base) : 0;
    }
    return 0;
}

/* Notes the schema's `$id`, if it has one that counts. */
static int scan_id(const struct scan *scan, const struct schema_value *schema, const char **base)
{
    struct schema_value id;
    struct schema_value reference;
    size_t len;
    if (!library_member(schema, "$id", &id) || json_kind(id.document, id.token) != JSON_STRING ||
        (library_member(schema, "$ref", &reference) &&
         json_kind(reference.document, reference.token) == JSON_STRING)) {
        return 0;
    }
    const char *text = library_text(scan->library, &id, &len);
    struct library_scope *scope = arena_alloc(scan->library->arena, sizeof(*scope));
    if (text == NULL || scope == NULL) {
        return library_no_memory(scan->library);
    }
    int r = library_name_value(scan->library, *base, text, schema, base);
    *scope = (struct library_scope){ .open = schema->token, .base = *base };
    if (scan->document->last_scope == NULL) {
        scan->document->scopes = scope;
    } else {
        scan->document->last_scope->next = scope;
    }
    scan->document->last_scope = scope;
    return r;
}

static int scan_schema(const struct scan *scan, uint32_t token, const char *base)
{
    const struct json_document *document = &scan->document->document;
    if (json_byte(document, token) != '{') {
        return 0;
    }
    struct schema_value schema = { document, token };
    int r = scan_id(scan, &schema, &base);
    for (uint32_t key = json_first(document, token); r == 0 && key != JSON_END;
         key = json_sibling(document, key + 2)) {
        r = scan_keyword(scan, key, base);
    }
    return r;
}

int library_scan(struct library *library, struct library_document *document)
{
    struct scan scan = { library, document };
    return scan_schema(&scan, 0, document->uri);
}
