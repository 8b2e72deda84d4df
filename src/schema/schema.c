/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of the compiler: which schemas become rules, and what is done once all have. */
#include "schema/schema.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "schema/compile.h"
#include "json/text.h"

/* References in a row, each to nothing but the next. */
enum { REFERENCES_MAX = 1000 };

int compile_no_memory(struct compiler *compiler)
{
    return problem_set(compiler->problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

int compile_malformed(struct compiler *compiler, const struct schema_value *value,
                      const char *expected)
{
    const char *place = library_place(&compiler->library, value);
    return problem_set(compiler->problem, EINVAL, EXIT_CONFIG, "schema %s, %s: expected %s",
                       compiler->library.options->uri, place == NULL ? "#" : place, expected);
}

void *compile_alloc(struct compiler *compiler, size_t len)
{
    void *bytes = arena_alloc(&compiler->schema->arena, len);
    return bytes == NULL ? NULL : memset(bytes, 0, len);
}

size_t compile_count(const struct schema_value *container)
{
    const struct json_document *document = container->document;
    uint32_t to_value = json_byte(document, container->token) == '{' ? 2 : 0;
    size_t n = 0;
    for (uint32_t item = json_first(document, container->token); item != JSON_END;
         item = json_sibling(document, item + to_value)) {
        n++;
    }
    return n;
}

int compile_counts(struct compiler *compiler, const struct schema_value *object, uint32_t key)
{
    const struct json_document *document = object->document;
    struct json_string own = json_string(document, key);
    const char *name = own.raw;
    size_t len = own.raw_len;
    if (own.has_escape) {
        name = library_text(&compiler->library, &(struct schema_value){ document, key }, &len);
    }
    if (name == NULL) {
        return compile_no_memory(compiler);
    }
    for (uint32_t other = json_sibling(document, key + 2); other != JSON_END;
         other = json_sibling(document, other + 2)) {
        struct json_string string = json_string(document, other);
        if (json_string_equals(string.raw, string.raw_len, name, len)) {
            return COMPILE_OVERRULED;
        }
    }
    return 0;
}

/* The slot of a value, or the free one where it would be. */
static uint32_t *find_slot(const struct compiler *compiler, const struct schema_value *value)
{
    uint64_t key[2] = { (uint64_t)(uintptr_t)value->document, value->token };
    uint64_t at = hash_bytes(key, sizeof(key));
    for (;; at++) {
        uint32_t *slot = &compiler->slots[at & (compiler->n_slots - 1)];
        const struct compile_entry *entry = &compiler->entries[*slot - 1];
        if (*slot == 0 ||
            (entry->value.document == value->document && entry->value.token == value->token)) {
            return slot;
        }
    }
}

/* Room for one more entry, and twice as many slots as entries. */
static int reserve_entry(struct compiler *compiler)
{
    if (compiler->n_entries < compiler->entries_capacity) {
        return 0;
    }
    size_t capacity = compiler->entries_capacity == 0 ? 64 : 2 * compiler->entries_capacity;
    struct compile_entry *entries =
        realloc(compiler->entries, capacity * sizeof(*compiler->entries));
    if (entries == NULL) {
        return compile_no_memory(compiler);
    }
    compiler->entries = entries;
    compiler->entries_capacity = capacity;
    free(compiler->slots);
    compiler->n_slots = 2 * capacity;
    compiler->slots = calloc(compiler->n_slots, sizeof(*compiler->slots));
    if (compiler->slots == NULL) {
        return compile_no_memory(compiler);
    }
    for (size_t i = 0; i < compiler->n_entries; i++) {
        *find_slot(compiler, &entries[i].value) = (uint32_t)i + 1;
    }
    return 0;
}

/* Goes from a schema that refers to another one to that one, and on. */
static int follow_references(struct compiler *compiler, struct schema_value *value)
{
    struct schema_value start = *value;
    struct schema_value reference;
    for (int n = 0; library_member(value, "$ref", &reference); n++) {
        size_t len;
        if (json_kind(reference.document, reference.token) != JSON_STRING) {
            return compile_malformed(compiler, &reference, "a reference as a string");
        }
        const char *text = library_text(&compiler->library, &reference, &len);
        if (text == NULL) {
            return compile_no_memory(compiler);
        }
        if (n == REFERENCES_MAX) {
            return compile_malformed(compiler, &start, "a reference that leads to a schema");
        }
        int r = library_resolve(&compiler->library, value, text, value);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

int compile_rule(struct compiler *compiler, const struct schema_value *value,
                 const struct rule **ret_rule)
{
    struct schema_value target = *value;
    int r = follow_references(compiler, &target);
    if (r == 0) {
        r = reserve_entry(compiler);
    }
    if (r < 0) {
        return r;
    }
    uint32_t *slot = find_slot(compiler, &target);
    if (*slot != 0) {
        *ret_rule = compiler->entries[*slot - 1].rule;
        return 0;
    }
    struct rule *rule = compile_alloc(compiler, sizeof(*rule));
    if (rule == NULL) {
        return compile_no_memory(compiler);
    }
    rule->index = (uint32_t)compiler->n_entries;
    compiler->entries[compiler->n_entries++] = (struct compile_entry){ target, rule };
    *slot = (uint32_t)compiler->n_entries;
    *ret_rule = rule;
    return 0;
}

int compile_pattern(struct compiler *compiler, const struct schema_value *value,
                    const struct pattern **ret_pattern)
{
    if (json_kind(value->document, value->token) != JSON_STRING) {
        return compile_malformed(compiler, value, "a regular expression");
    }
    size_t len;
    const char *text = library_text(&compiler->library, value, &len);
    struct schema_pattern *kept = compile_alloc(compiler, sizeof(*kept));
    if (text == NULL || kept == NULL) {
        return compile_no_memory(compiler);
    }
    struct problem reason = { 0 };
    int r = pattern_compile(text, len, &kept->pattern, &reason);
    if (r == -ENOMEM) {
        return compile_no_memory(compiler);
    }
    if (r < 0) {
        char expected[sizeof(reason.text) + 64];
        snprintf(expected, sizeof(expected), "a regular expression: %s", reason.text);
        return compile_malformed(compiler, value, expected);
    }
    kept->next = compiler->schema->patterns;
    compiler->schema->patterns = kept;
    *ret_pattern = kept->pattern;
    return 0;
}

/* The kinds of values that more is asked of than their type. */
static uint8_t looked_at(const struct rule *rule)
{
    unsigned kinds = rule->values != NULL || rule->logic != NULL ? TYPE_BITS_ALL : 0;
    kinds |= rule->object != NULL ? TYPE_BIT_OBJECT : 0;
    kinds |= rule->array != NULL ? TYPE_BIT_ARRAY : 0;
    kinds |= rule->string != NULL ? TYPE_BIT_STRING : 0;
    kinds |= rule->number != NULL ? TYPE_BIT_NUMBER : 0;
    return (uint8_t)kinds;
}

static int fill_rule(struct compiler *compiler, const struct schema_value *value, struct rule *rule)
{
    rule->place = library_place(&compiler->library, value);
    if (rule->place == NULL) {
        return compile_no_memory(compiler);
    }
    rule->types = TYPE_BITS_ALL;
    if (json_kind(value->document, value->token) == JSON_BOOL) {
        rule->types = json_byte(value->document, value->token) == 't' ? TYPE_BITS_ALL : 0;
        return 0;
    }
    if (json_kind(value->document, value->token) != JSON_OBJECT) {
        return compile_malformed(compiler, value, "a schema: an object, true or false");
    }
    struct rule_draft draft = { .compiler = compiler, .schema = *value, .rule = rule };
    int r = compile_keywords(&draft);
    rule->object = draft.object;
    rule->array = draft.array;
    rule->string = draft.string;
    rule->number = draft.number;
    rule->values = draft.values;
    rule->logic = draft.logic;
    rule->looked_at = looked_at(rule);
    return r;
}

static bool is_rule_plain(const struct rule *rule)
{
    bool is_plain = rule->logic == NULL;
    for (size_t i = 0; rule->values != NULL && i < rule->values->n_values; i++) {
        const struct schema_value *value = &rule->values->values[i];
        enum json_kind kind = json_kind(value->document, value->token);
        is_plain &= kind != JSON_OBJECT && kind != JSON_ARRAY;
    }
    if (rule->array != NULL) {
        is_plain &= !rule->array->is_unique && rule->array->contains == NULL;
    }
    if (rule->object != NULL) {
        is_plain &= !rule->object->has_dependencies && rule->object->names == NULL &&
                    rule->object->n_patterns == 0;
    }
    return is_plain;
}

static int compile_all(struct compiler *compiler)
{
    compiler->schema->is_plain = true;
    while (compiler->n_done < compiler->n_entries) {
        struct compile_entry entry = compiler->entries[compiler->n_done++];
        int r = fill_rule(compiler, &entry.value, entry.rule);
        if (r < 0) {
            return r;
        }
        compiler->schema->is_plain &= is_rule_plain(entry.rule);
    }
    return compile_finish(compiler);
}

static int compile(struct compiler *compiler, const struct schema_options *options)
{
    struct schema_value root;
    const char *uri = arena_copy(&compiler->schema->arena, options->uri, strlen(options->uri));
    if (uri == NULL) {
        return compile_no_memory(compiler);
    }
    int r = library_add(&compiler->library, uri, options->json, options->json_len, &root);
    if (r == 0) {
        r = compile_rule(compiler, &root, &compiler->schema->root);
    }
    return r < 0 ? r : compile_all(compiler);
}

int schema_compile(const struct schema_options *options, struct schema **ret_schema,
                   struct problem *problem)
{
    struct schema *schema = calloc(1, sizeof(*schema));
    if (schema == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    struct compiler compiler = {
        .schema = schema,
        .problem = problem,
        .asserts_format = options->asserts_format,
    };
    library_init(&compiler.library, &schema->arena, options, problem);
    int r = compile(&compiler, options);
    library_deinit(&compiler.library);
    free(compiler.entries);
    free(compiler.slots);
    if (r < 0) {
        schema_free(schema);
        return r;
    }
    *ret_schema = schema;
    return 0;
}

void schema_free(struct schema *schema)
{
    if (schema == NULL) {
        return;
    }
    for (struct schema_pattern *kept = schema->patterns; kept != NULL; kept = kept->next) {
        pattern_free(kept->pattern);
    }
    arena_deinit(&schema->arena);
    free(schema);
}
