/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keywords about objects (validation, section 6.5). The names of properties, required and
 * dependencies become one table, so that a member's name is looked up once.
 */
#include <errno.h>
#include <stdlib.h>

#include "schema/compile.h"
#include "json/text.h"

/* The keywords' values; document is NULL where there is none. */
struct object_keywords {
    struct schema_value properties;
    struct schema_value required;
    struct schema_value dependencies;
};

static enum json_kind kind_of(const struct schema_value *value)
{
    return json_kind(value->document, value->token);
}

/* The table's entry of the string at value, added where it is new. The table has room for it. */
static int add_name(struct rule_draft *draft, const struct schema_value *value,
                    struct property **ret_property)
{
    struct object_rules *rules = draft->object;
    size_t len = 0;
    const char *name = library_text(&draft->compiler->library, value, &len);
    if (name == NULL) {
        return compile_no_memory(draft->compiler);
    }
    struct name_slot *slot = slot_find(rules, name, len);
    if (slot->name == NULL) {
        struct property *property = &rules->properties[rules->n_properties];
        *property = (struct property){
            .name = name,
            .name_len = (uint32_t)len,
            .index = rules->n_properties++,
        };
        *slot = (struct name_slot){
            .key = name_key(name, len),
            .len = (uint32_t)len,
            .index = property->index,
            .name = name,
        };
    }
    *ret_property = &rules->properties[slot->index];
    return 0;
}

static int read_properties(struct rule_draft *draft, const struct schema_value *value)
{
    const struct json_document *document = value->document;
    for (uint32_t key = json_first(document, value->token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct property *property;
        struct schema_value schema = { document, key + 2 };
        int r = compile_counts(draft->compiler, value, key);
        if (r == COMPILE_OVERRULED) {
            continue;
        }
        if (r == 0) {
            r = add_name(draft, &(struct schema_value){ document, key }, &property);
        }
        if (r == 0) {
            r = compile_rule(draft->compiler, &schema, &property->rule);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int read_required(struct rule_draft *draft, const struct schema_value *value)
{
    const struct json_document *document = value->document;
    for (uint32_t item = json_first(document, value->token); item != JSON_END;
         item = json_sibling(document, item)) {
        struct property *property;
        int r = add_name(draft, &(struct schema_value){ document, item }, &property);
        if (r < 0) {
            return r;
        }
        property->is_required = true;
    }
    return 0;
}

/* Names that the property at index needs beside it. */
static int read_needed(struct rule_draft *draft, const struct schema_value *value, size_t index)
{
    const struct json_document *document = value->document;
    uint32_t *needed = compile_alloc(draft->compiler, (compile_count(value) + 1) * sizeof(*needed));
    size_t n_needed = 0;
    if (needed == NULL) {
        return compile_no_memory(draft->compiler);
    }
    for (uint32_t item = json_first(document, value->token); item != JSON_END;
         item = json_sibling(document, item)) {
        struct property *property;
        int r = add_name(draft, &(struct schema_value){ document, item }, &property);
        if (r < 0) {
            return r;
        }
        needed[n_needed++] = (uint32_t)(property - draft->object->properties);
    }
    draft->object->properties[index].needed = needed;
    draft->object->properties[index].n_needed = n_needed;
    return 0;
}

/* What the property at key needs. */
static int read_dependency(struct rule_draft *draft, const struct json_document *document,
                           uint32_t key)
{
    struct property *property;
    struct schema_value needs = { document, key + 2 };
    int r = add_name(draft, &(struct schema_value){ document, key }, &property);
    if (r < 0) {
        return r;
    }
    draft->object->has_dependencies = true;
    return kind_of(&needs) == JSON_ARRAY
               ? read_needed(draft, &needs, (size_t)(property - draft->object->properties))
               : compile_rule(draft->compiler, &needs, &property->dependency);
}

static int read_dependencies(struct rule_draft *draft, const struct schema_value *value)
{
    const struct json_document *document = value->document;
    for (uint32_t key = json_first(document, value->token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        int r = compile_counts(draft->compiler, value, key);
        if (r == 0) {
            r = read_dependency(draft, document, key);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* Checks that a keyword's value is a list of strings; counts them. */
static int count_strings(struct rule_draft *draft, const struct schema_value *value,
                         size_t *n_names)
{
    if (kind_of(value) != JSON_ARRAY) {
        return compile_malformed(draft->compiler, value, "a list of names");
    }
    for (uint32_t item = json_first(value->document, value->token); item != JSON_END;
         item = json_sibling(value->document, item)) {
        struct schema_value name = { value->document, item };
        if (kind_of(&name) != JSON_STRING) {
            return compile_malformed(draft->compiler, &name, "a name");
        }
        (*n_names)++;
    }
    return 0;
}

/* Checks a map; counts its names, and those of the lists in it where it is one of dependencies. */
static int count_map(struct rule_draft *draft, const struct schema_value *map, bool has_lists,
                     size_t *n_names)
{
    if (kind_of(map) != JSON_OBJECT) {
        return compile_malformed(draft->compiler, map, "an object");
    }
    for (uint32_t key = json_first(map->document, map->token); key != JSON_END;
         key = json_sibling(map->document, key + 2)) {
        struct schema_value value = { map->document, key + 2 };
        int r = has_lists && kind_of(&value) == JSON_ARRAY
                    ? compile_counts(draft->compiler, map, key)
                    : COMPILE_OVERRULED;
        if (r == 0) {
            r = count_strings(draft, &value, n_names);
        }
        if (r < 0) {
            return r;
        }
        (*n_names)++;
    }
    return 0;
}

/* Counts all names at most, and makes room for them: twice as many slots. */
static int open_table(struct rule_draft *draft, const struct object_keywords *keywords)
{
    size_t n_names = 0;
    int r = 0;
    if (keywords->properties.document != NULL) {
        r = count_map(draft, &keywords->properties, false, &n_names);
    }
    if (r == 0 && keywords->required.document != NULL) {
        r = count_strings(draft, &keywords->required, &n_names);
    }
    if (r == 0 && keywords->dependencies.document != NULL) {
        r = count_map(draft, &keywords->dependencies, true, &n_names);
    }
    if (r < 0) {
        return r;
    }
    struct object_rules *rules = draft->object;
    rules->n_slots = 4;
    while (rules->n_slots < 2 * n_names + 1) {
        rules->n_slots *= 2;
    }
    rules->properties = compile_alloc(draft->compiler, (n_names + 1) * sizeof(*rules->properties));
    char *slots = compile_alloc(draft->compiler, (rules->n_slots + 1) * sizeof(*rules->slots));
    if (rules->properties == NULL || slots == NULL) {
        return compile_no_memory(draft->compiler);
    }
    /* On cache lines. */
    slots += -(uintptr_t)slots % sizeof(*rules->slots);
    rules->slots = (struct name_slot *)(void *)slots;
    return 0;
}

/* The bits of the names that are required. */
static int close_table(struct rule_draft *draft)
{
    struct object_rules *rules = draft->object;
    rules->n_words = (rules->n_properties + 63) / 64;
    uint64_t *required =
        compile_alloc(draft->compiler, (rules->n_words + 1) * sizeof(*rules->required));
    if (required == NULL) {
        return compile_no_memory(draft->compiler);
    }
    for (uint32_t i = 0; i < rules->n_properties; i++) {
        required[i / 64] |= (uint64_t)rules->properties[i].is_required << (i % 64);
    }
    rules->required = required;
    return 0;
}

static int read_names(struct rule_draft *draft, const struct object_keywords *keywords)
{
    int r = open_table(draft, keywords);
    if (r == 0 && keywords->properties.document != NULL) {
        r = read_properties(draft, &keywords->properties);
    }
    if (r == 0 && keywords->required.document != NULL) {
        r = read_required(draft, &keywords->required);
    }
    if (r == 0 && keywords->dependencies.document != NULL) {
        r = read_dependencies(draft, &keywords->dependencies);
    }
    return r < 0 ? r : close_table(draft);
}

static int read_pattern_properties(struct rule_draft *draft, const struct schema_value *map)
{
    struct compiler *compiler = draft->compiler;
    if (kind_of(map) != JSON_OBJECT) {
        return compile_malformed(compiler, map, "an object");
    }
    struct pattern_property *patterns =
        compile_alloc(compiler, (compile_count(map) + 1) * sizeof(*patterns));
    if (patterns == NULL) {
        return compile_no_memory(compiler);
    }
    size_t n = 0;
    for (uint32_t key = json_first(map->document, map->token); key != JSON_END;
         key = json_sibling(map->document, key + 2)) {
        struct schema_value text = { map->document, key };
        struct schema_value schema = { map->document, key + 2 };
        int r = compile_counts(compiler, map, key);
        if (r == COMPILE_OVERRULED) {
            continue;
        }
        if (r == 0) {
            r = compile_pattern(compiler, &text, &patterns[n].pattern);
        }
        if (r == 0) {
            r = compile_rule(compiler, &schema, &patterns[n++].rule);
        }
        if (r < 0) {
            return r;
        }
    }
    draft->object->patterns = patterns;
    draft->object->n_patterns = n;
    return 0;
}

/* The keywords that are read into the block as they are. */
static int read_others(struct rule_draft *draft)
{
    struct object_rules *rules = draft->object;
    struct compiler *compiler = draft->compiler;
    struct schema_value value;
    int r = 0;
    if (library_member(&draft->schema, "patternProperties", &value)) {
        r = read_pattern_properties(draft, &value);
    }
    if (r == 0 && library_member(&draft->schema, "additionalProperties", &value)) {
        r = compile_rule(compiler, &value, &rules->additional);
    }
    if (r == 0 && library_member(&draft->schema, "propertyNames", &value)) {
        r = compile_rule(compiler, &value, &rules->names);
    }
    if (r == 0 && library_member(&draft->schema, "minProperties", &value)) {
        r = compile_limit(compiler, &value, &rules->min_properties);
    }
    if (r == 0 && library_member(&draft->schema, "maxProperties", &value)) {
        r = compile_limit(compiler, &value, &rules->max_properties);
    }
    return r;
}

static bool has_object_keyword(const struct schema_value *schema)
{
    static const char *const names[] = { "properties",           "required",
                                         "dependencies",         "patternProperties",
                                         "additionalProperties", "propertyNames",
                                         "minProperties",        "maxProperties" };
    struct schema_value value;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (library_member(schema, names[i], &value)) {
            return true;
        }
    }
    return false;
}

int compile_object(struct rule_draft *draft)
{
    if (!has_object_keyword(&draft->schema)) {
        return 0;
    }
    draft->object = compile_alloc(draft->compiler, sizeof(*draft->object));
    if (draft->object == NULL) {
        return compile_no_memory(draft->compiler);
    }
    draft->object->max_properties = NO_LIMIT;
    struct object_keywords keywords = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    (void)library_member(&draft->schema, "properties", &keywords.properties);
    (void)library_member(&draft->schema, "required", &keywords.required);
    (void)library_member(&draft->schema, "dependencies", &keywords.dependencies);
    int r = read_names(draft, &keywords);
    r = r < 0 ? r : read_others(draft);
    struct object_rules *rules = draft->object;
    rules->is_simple = rules->n_patterns == 0 && rules->names == NULL &&
                       rules->min_properties == 0 && rules->max_properties == NO_LIMIT;
    return r;
}
