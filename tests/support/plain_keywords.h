/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keywords: each says whether the instance is right by it. For the files of the plain validator.
 */
#ifndef WEIR_TESTS_PLAIN_KEYWORDS_H
#define WEIR_TESTS_PLAIN_KEYWORDS_H

#include "plain_internal.h"

/* One keyword of a schema, applied to a value. */
struct plain_check {
    struct plain_schema *run;
    /* The schema it is in, and the base there. */
    struct plain_place place;
    /* The keyword's value. */
    const struct json_tree *value;
    const struct json_tree *instance;
};

/* Whether part of the instance is valid under a schema inside the keyword. */
bool plain_holds(const struct plain_check *check, const struct json_tree *schema,
                 const struct json_tree *instance);

/* Another keyword of the same schema, or NULL. */
const struct json_tree *plain_sibling(const struct plain_check *check, const char *keyword);

/* How a size of the instance, where it is of a kind, compares with the keyword's number. */
bool plain_is_at_most(const struct plain_check *check, char kind, size_t count);
bool plain_is_at_least(const struct plain_check *check, char kind, size_t count);

bool plain_check_type(const struct plain_check *check);
bool plain_check_enum(const struct plain_check *check);
bool plain_check_const(const struct plain_check *check);
bool plain_check_multiple_of(const struct plain_check *check);
bool plain_check_maximum(const struct plain_check *check);
bool plain_check_exclusive_maximum(const struct plain_check *check);
bool plain_check_minimum(const struct plain_check *check);
bool plain_check_exclusive_minimum(const struct plain_check *check);
bool plain_check_max_length(const struct plain_check *check);
bool plain_check_min_length(const struct plain_check *check);
bool plain_check_pattern(const struct plain_check *check);
bool plain_check_format(const struct plain_check *check);
bool plain_check_additional_items(const struct plain_check *check);
bool plain_check_items(const struct plain_check *check);
bool plain_check_max_items(const struct plain_check *check);
bool plain_check_min_items(const struct plain_check *check);
bool plain_check_unique_items(const struct plain_check *check);
bool plain_check_contains(const struct plain_check *check);
bool plain_check_max_properties(const struct plain_check *check);
bool plain_check_min_properties(const struct plain_check *check);
bool plain_check_required(const struct plain_check *check);
bool plain_check_properties(const struct plain_check *check);
bool plain_check_pattern_properties(const struct plain_check *check);
bool plain_check_additional_properties(const struct plain_check *check);
bool plain_check_dependencies(const struct plain_check *check);
bool plain_check_property_names(const struct plain_check *check);

#endif
