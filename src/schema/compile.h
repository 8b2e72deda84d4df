/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the compiler: schemas become rules one after the other. A schema that another one refers to is
 * asked for by compile_rule(), which gives its rule at once and fills it in later, so that neither depth
 * nor circles cost stack.
 */
#ifndef WEIR_SCHEMA_COMPILE_H
#define WEIR_SCHEMA_COMPILE_H

#include "schema/library.h"
#include "schema/program.h"

/* A rule that was asked for. */
struct compile_entry {
    struct schema_value value;
    struct rule *rule;
};

struct compiler {
    struct schema *schema;
    struct library library;
    struct problem *problem;
    bool asserts_format;
    /* In the order in which they were asked for; those from n_done on are still empty. */
    struct compile_entry *entries;
    size_t n_entries;
    size_t n_done;
    size_t entries_capacity;
    /* Indices plus one by the hash of document and token; a power of two. */
    uint32_t *slots;
    size_t n_slots;
};

/* The parts of a rule while its keywords are read; those that are not NULL go into the rule. */
struct rule_draft {
    struct compiler *compiler;
    /* The schema. */
    struct schema_value schema;
    struct rule *rule;
    struct object_rules *object;
    struct array_rules *array;
    struct string_rules *string;
    struct number_rules *number;
    struct value_rules *values;
    struct logic_rules *logic;
};

/*
 * The functions of the compiler return 0 or -errno with the problem filled. compile_malformed() fills
 * it for the value of a keyword: "<place>: expected <what>".
 */
int compile_malformed(struct compiler *compiler, const struct schema_value *value,
                      const char *expected);
int compile_no_memory(struct compiler *compiler);

/* len zeroed bytes of the schema's arena, or NULL. */
void *compile_alloc(struct compiler *compiler, size_t len);

/* The rule of the schema at value, its references followed. */
int compile_rule(struct compiler *compiler, const struct schema_value *value,
                 const struct rule **ret_rule);

/* A pattern of the schema, from a string. */
int compile_pattern(struct compiler *compiler, const struct schema_value *value,
                    const struct pattern **ret_pattern);

/* The members of an object or the elements of an array. */
size_t compile_count(const struct schema_value *container);

/* Outcome: a member of the same name comes later, and counts. */
enum { COMPILE_OVERRULED = 1 };

/* Whether the member at key of an object counts: 0, COMPILE_OVERRULED, or -ENOMEM with the problem filled. */
int compile_counts(struct compiler *compiler, const struct schema_value *object, uint32_t key);

/* A count: an integer that is not negative. */
int compile_limit(struct compiler *compiler, const struct schema_value *value, uint64_t *ret_limit);

/* Reads every keyword of draft->schema (an object without `$ref`). */
int compile_keywords(struct rule_draft *draft);

/* Of these, those about objects: what concerns names becomes one table. */
int compile_object(struct rule_draft *draft);

/*
 * Once every rule is filled in: finds those that apply each other to the same value without end, and
 * what projection follows.
 */
int compile_finish(struct compiler *compiler);

/* The same: what of each rule is told at a glance, beside each name. */
void compile_glances(struct compiler *compiler);

#endif
