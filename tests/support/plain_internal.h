/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the plain validator share. */
#ifndef WEIR_TESTS_PLAIN_INTERNAL_H
#define WEIR_TESTS_PLAIN_INTERNAL_H

#include "plain_schema.h"

/* A schema and the URI that its own $id, if any, is resolved against. */
struct plain_place {
    const struct json_tree *node;
    const char *base;
};

/* A schema that a URI names. */
struct plain_id {
    struct plain_id *next;
    char *uri;
    /* Without `#`; "" for a whole resource. */
    char *fragment;
    struct plain_place place;
};

struct plain_document {
    struct plain_document *next;
    struct json_tree *tree;
};

/* Memory of a base URI. */
struct plain_base {
    struct plain_base *next;
    char *uri;
};

/* A schema that is being applied to a value, and what it is applied for. */
struct plain_frame {
    const struct plain_frame *outer;
    const struct json_tree *node;
    const struct json_tree *instance;
};

struct plain_schema {
    struct plain_options options;
    struct plain_document *documents;
    struct plain_id *ids;
    struct plain_base *bases;
    struct plain_place root;
    const struct plain_frame *frame;
    /* Schemas that may yet be applied in this validation. */
    size_t steps_left;
    bool is_undecided;
};

/*
 * The schema that place stands for: references followed, its own $id applied to the base. Returns
 * false, with the schema marked as undecided, where there is none.
 */
bool plain_enter(struct plain_schema *schema, struct plain_place *place);

/* Whether instance is valid at place; means nothing once the schema is undecided. */
bool plain_is_valid(struct plain_schema *schema, struct plain_place place,
                    const struct json_tree *instance);

/* Whether pattern matches text; marks the schema as undecided where it cannot be told. */
bool plain_matches(struct plain_schema *schema, const struct buffer *pattern,
                   const struct buffer *text);

/* Whether text is of the format; of one that nobody knows, everything is. */
bool plain_has_format(const struct buffer *format, const struct buffer *text);

/* '0' of any number, else json_tree_byte(): 't' and 'f' are two. */
char plain_kind(const struct json_tree *tree);

bool plain_is_same(const struct buffer *a, const struct buffer *b);

/* Of an object: whether the member counts, being the last of its name; how many do; one by name. */
bool plain_counts(const struct json_tree *object, size_t place);
size_t plain_count(const struct json_tree *object);
const struct json_tree *plain_member(const struct json_tree *object, const struct buffer *name);

/* Whether additionalProperties of the schema are for the member of this name. */
bool plain_is_additional(struct plain_schema *run, const struct json_tree *schema,
                         const struct buffer *name);

/* Before each question to the schema. */
void plain_begin(struct plain_schema *schema);

#endif
