/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The projection of schema/checker.h, done the simplest way on a tree. For each object all schemas are
 * collected that apply to it along properties, patternProperties, additionalProperties, items, $ref
 * and allOf; then:
 *
 *     - a member that is unknown to one of them whose additionalProperties is false is forbidden;
 *       where a patch made it or anything inside it that is a violation, else it is removed, stays,
 *       or is a violation, as unknown says
 *     - a member that is null, that none of them requires, and that is not valid under what they say
 *       of it is removed, whoever made it
 *
 * Of members of one name the last one is looked at, and all are removed. For tests only.
 */
#ifndef WEIR_TESTS_PLAIN_PROJECT_H
#define WEIR_TESTS_PLAIN_PROJECT_H

#include "plain_schema.h"
#include "schema/checker.h"

struct plain_projection {
    enum schema_unknown unknown;
    /* An unknown field that is one. */
    bool is_violated;
    /* Fields that were removed because they are unknown, and because they are null. */
    size_t n_unknown;
    size_t n_null;
};

/*
 * Projects tree in place; what it removes from is marked as touched. Fills all of projection but
 * unknown. Returns false where the schema is undecided.
 */
bool plain_project(struct plain_schema *schema, struct plain_projection *projection,
                   struct json_tree *tree);

#endif
