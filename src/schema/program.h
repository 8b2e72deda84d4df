/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a schema compiles to. A rule is one schema: which types it takes, and for each group of keywords
 * that it has a block of tables. References are gone: a rule points to the rules it applies, in
 * circles where the schema does.
 *
 * Immutable once compiled; all memory is the schema's arena. Thread: any.
 */
#ifndef WEIR_SCHEMA_PROGRAM_H
#define WEIR_SCHEMA_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "schema/format.h"
#include "schema/pattern.h"
#include "json/document.h"

/* Bits of rule.types: one for each enum json_kind, and one for numbers without a fraction. */
enum {
    TYPE_BIT_OBJECT = 1 << JSON_OBJECT,
    TYPE_BIT_ARRAY = 1 << JSON_ARRAY,
    TYPE_BIT_STRING = 1 << JSON_STRING,
    TYPE_BIT_NUMBER = 1 << JSON_NUMBER,
    TYPE_BIT_BOOL = 1 << JSON_BOOL,
    TYPE_BIT_NULL = 1 << JSON_NULL,
    TYPE_BIT_INTEGER = 1 << 7,
};
#define TYPE_BITS_ALL                                                                       \
    (TYPE_BIT_OBJECT | TYPE_BIT_ARRAY | TYPE_BIT_STRING | TYPE_BIT_NUMBER | TYPE_BIT_BOOL | \
     TYPE_BIT_NULL)

/* A count that is not limited. */
#define NO_LIMIT UINT64_MAX

struct rule;

/* Several rules. */
struct rule_list {
    const struct rule *const *items;
    size_t n_items;
};

/* A value that stands in the schema. */
struct schema_value {
    const struct json_document *document;
    uint32_t token;
};

/* `enum`, or `const` as an enum of one. */
struct value_rules {
    const struct schema_value *values;
    size_t n_values;
    /* "enum" or "const", for complaints. */
    const char *keyword;
    /* A schema may have both. */
    const struct value_rules *next;
};

/* A bound of a number: its text, and its value where that is a small integer. */
struct number_bound {
    /* NULL: no bound. */
    const char *text;
    size_t len;
    int64_t value;
    bool is_small;
};

struct number_rules {
    struct number_bound minimum;
    struct number_bound maximum;
    struct number_bound exclusive_minimum;
    struct number_bound exclusive_maximum;
    struct number_bound multiple_of;
};

struct string_rules {
    /* In code points. */
    uint64_t min_len;
    uint64_t max_len;
    /* NULL: none. */
    const struct pattern *pattern;
    enum format format;
};

struct array_rules {
    uint64_t min_items;
    uint64_t max_items;
    bool is_unique;
    /* `items` as a list: each element has its own rule; behind them additional (NULL: anything). */
    struct rule_list items;
    /* `items` as one schema, or additionalItems behind a list. */
    const struct rule *additional;
    /* What additional is called: "items" or "additionalItems". */
    const char *keyword;
    /* `contains`, or NULL. */
    const struct rule *contains;
};

/* What a name is compared by first: up to 16 bytes of it decide. */
struct name_key {
    uint64_t head;
    uint64_t tail;
};

/* A name that the object's rules know: a property, or one that is required or has dependencies. */
struct property {
    const char *name;
    uint32_t name_len;
    /* Among the properties of the object. */
    uint32_t index;
    bool is_required;
    /* Its rule in `properties`; NULL: it is not there. */
    const struct rule *rule;
    /* `dependencies`: names that must be there too, as indices; and a rule for the whole object. */
    const uint32_t *needed;
    size_t n_needed;
    const struct rule *dependency;
};

/* Longer strings and numbers are not judged at a glance: they are work that is to be counted. */
enum { GLANCE_LEN_MAX = 256, GLANCE_DIGITS = 18, GLANCE_NATURAL = 15 };

/* What of a rule is told at a glance: a value that it takes is valid, others may be. */
struct glance {
    /* As bits 1 << json_kind: their type is all that is asked of them. */
    uint8_t free_kinds;
    /* Integers of up to GLANCE_DIGITS digits from min to max. */
    bool takes_integers : 1;
    /* Of those, all from 0 on that have at most GLANCE_NATURAL digits. */
    bool takes_naturals : 1;
    /* Strings without escapes from min_len to max_len bytes, of the format, and listed in values. */
    bool takes_strings : 1;
    bool has_values : 1;
    /* Objects, arrays: check_object(), check_array() is all there is to check. */
    bool takes_objects : 1;
    bool takes_arrays : 1;
    /* An enum format. */
    uint8_t format;
    uint16_t min_len;
    uint16_t max_len;
    int64_t min;
    int64_t max;
};

/* A name in the table of its object: a cache line with all that most members need. */
struct name_slot {
    struct name_key key;
    uint32_t len;
    /* Among the properties of the object. */
    uint32_t index;
    /* NULL: free. */
    const char *name;
    /* The property's; NULL where `properties` does not have it. */
    const struct rule *rule;
    /* Of the rule, or of the object's for other names. */
    struct glance glance;
};
_Static_assert(sizeof(struct name_slot) == 64, "a slot is a cache line");

struct pattern_property {
    const struct pattern *pattern;
    const struct rule *rule;
};

struct object_rules {
    struct property *properties;
    uint32_t n_properties;
    /* A bit for each property that is required: n_properties / 64 words, rounded up. */
    uint64_t *required;
    uint32_t n_words;
    /* Open addressing over the names' hashes; n_slots is a power of two, at least one of them is free. */
    struct name_slot *slots;
    uint32_t n_slots;
    bool has_dependencies;
    /* Of a member counts nothing but its property. */
    bool is_simple;
    const struct pattern_property *patterns;
    size_t n_patterns;
    /* NULL: anything goes. */
    const struct rule *additional;
    const struct rule *names;
    uint64_t min_properties;
    uint64_t max_properties;
};

/* Keywords that apply further rules to the same value. */
struct logic_rules {
    struct rule_list all_of;
    struct rule_list any_of;
    struct rule_list one_of;
    const struct rule *negated;
    const struct rule *condition;
    const struct rule *then_rule;
    const struct rule *else_rule;
};

struct rule {
    /* TYPE_BIT_...; 0: nothing is valid (the schema `false`). */
    uint8_t types;
    /* The kinds of values that more than the type is asked of, as bits 1 << json_kind. */
    uint8_t looked_at;
    /* Among the schema's rules. */
    uint32_t index;
    struct glance glance;
    const struct object_rules *object;
    const struct array_rules *array;
    const struct string_rules *string;
    const struct number_rules *number;
    const struct value_rules *values;
    const struct logic_rules *logic;
    /* This rule and those that allOf adds to it, in depth: what projection follows. */
    struct rule_list projected;
    /* Where the schema stands: the document's URI and a JSON Pointer, "#/properties/meta". */
    const char *place;
};

/* A pattern in the schema's list. */
struct schema_pattern {
    struct schema_pattern *next;
    struct pattern *pattern;
};

struct schema {
    struct arena arena;
    const struct rule *root;
    /* Compiled patterns, freed with the schema. */
    struct schema_pattern *patterns;
    /*
     * No rule looks at a value as a whole or twice (logic, dependencies, contains, unique items, enums
     * of containers, names): then projecting while checking comes to the same as projecting before.
     */
    bool is_plain;
};

static inline struct name_key name_key(const char *name, size_t len)
{
    struct name_key key = { 0, 0 };
    if (len >= 8) {
        memcpy(&key.head, name, 8);
        memcpy(&key.tail, name + len - 8, 8);
    } else if (len >= 4) {
        memcpy(&key.head, name, 4);
        memcpy(&key.tail, name + len - 4, 4);
    } else if (len > 0) {
        key.head = (uint64_t)(unsigned char)name[0] << 16 |
                   (uint64_t)(unsigned char)name[len / 2] << 8 | (unsigned char)name[len - 1];
    }
    return key;
}

/* As the slots of struct object_rules have it. */
static inline uint32_t name_hash(const struct name_key *key, size_t len)
{
    uint64_t mixed =
        (key->head ^ (key->tail << 23 | key->tail >> 41) ^ len) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32);
}

/* The slot of a name (not escaped): its own, or a free one. */
static inline struct name_slot *slot_find(const struct object_rules *rules, const char *name,
                                          size_t len)
{
    struct name_key key = name_key(name, len);
    uint32_t mask = rules->n_slots - 1;
    for (uint32_t at = name_hash(&key, len) & mask;; at = (at + 1) & mask) {
        struct name_slot *slot = &rules->slots[at];
        if (slot->key.head == key.head && slot->key.tail == key.tail && slot->len == len &&
            (len <= 16 || slot->name == NULL || memcmp(slot->name + 8, name + 8, len - 16) == 0)) {
            return slot;
        }
        if (slot->name == NULL) {
            return slot;
        }
    }
}

/* The entry of a name (not escaped), or NULL. */
static inline const struct property *property_find(const struct object_rules *rules,
                                                   const char *name, size_t len)
{
    const struct name_slot *slot = slot_find(rules, name, len);
    return slot->name == NULL ? NULL : &rules->properties[slot->index];
}

#endif
