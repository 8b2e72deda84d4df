/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords for arrays and objects, in the order of the specification. */
#include "plain_keywords.h"

/* 6.4: arrays. */

bool plain_check_additional_items(const struct plain_check *check)
{
    const struct json_tree *items = plain_sibling(check, "items");
    if (plain_kind(check->instance) != '[' || items == NULL || plain_kind(items) != '[') {
        return true;
    }
    bool is_right = true;
    for (size_t i = items->n_members; is_right && i < check->instance->n_members; i++) {
        is_right = plain_holds(check, check->value, check->instance->members[i].value);
    }
    return is_right;
}

bool plain_check_items(const struct plain_check *check)
{
    bool is_list = plain_kind(check->value) == '[';
    size_t n = plain_kind(check->instance) == '[' ? check->instance->n_members : 0;
    n = is_list && check->value->n_members < n ? check->value->n_members : n;
    bool is_right = true;
    for (size_t i = 0; is_right && i < n; i++) {
        const struct json_tree *schema = is_list ? check->value->members[i].value : check->value;
        is_right = plain_holds(check, schema, check->instance->members[i].value);
    }
    return is_right;
}

bool plain_check_max_items(const struct plain_check *check)
{
    return plain_is_at_most(check, '[', check->instance->n_members);
}

bool plain_check_min_items(const struct plain_check *check)
{
    return plain_is_at_least(check, '[', check->instance->n_members);
}

bool plain_check_unique_items(const struct plain_check *check)
{
    size_t n = plain_kind(check->instance) == '[' && plain_kind(check->value) == 't'
                   ? check->instance->n_members
                   : 0;
    bool is_right = true;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; is_right && j < i; j++) {
            is_right =
                !plain_equals(check->instance->members[i].value, check->instance->members[j].value);
        }
    }
    return is_right;
}

bool plain_check_contains(const struct plain_check *check)
{
    bool is_any = plain_kind(check->instance) != '[';
    for (size_t i = 0; !is_any && i < check->instance->n_members; i++) {
        is_any = plain_holds(check, check->value, check->instance->members[i].value);
    }
    return is_any;
}

/* 6.5: objects. */

bool plain_check_max_properties(const struct plain_check *check)
{
    return plain_is_at_most(check, '{', plain_count(check->instance));
}

bool plain_check_min_properties(const struct plain_check *check)
{
    return plain_is_at_least(check, '{', plain_count(check->instance));
}

/* Whether names, a list, are all members of the instance, an object. */
static bool has_all(const struct json_tree *names, const struct json_tree *instance)
{
    bool has = true;
    for (size_t i = 0; has && i < names->n_members; i++) {
        const struct json_tree *name = names->members[i].value;
        has = plain_kind(name) != '"' || plain_member(instance, &name->text) != NULL;
    }
    return has;
}

bool plain_check_required(const struct plain_check *check)
{
    return plain_kind(check->instance) != '{' || plain_kind(check->value) != '[' ||
           has_all(check->value, check->instance);
}

bool plain_check_properties(const struct plain_check *check)
{
    bool is_right = true;
    size_t n = plain_kind(check->instance) == '{' && plain_kind(check->value) == '{'
                   ? check->value->n_members
                   : 0;
    for (size_t i = 0; is_right && i < n; i++) {
        const struct json_tree_member *property = &check->value->members[i];
        const struct json_tree *value = plain_member(check->instance, &property->name);
        is_right = value == NULL || !plain_counts(check->value, i) ||
                   plain_holds(check, property->value, value);
    }
    return is_right;
}

bool plain_check_pattern_properties(const struct plain_check *check)
{
    if (plain_kind(check->instance) != '{' || plain_kind(check->value) != '{') {
        return true;
    }
    bool is_right = true;
    for (size_t i = 0; i < check->value->n_members; i++) {
        const struct json_tree_member *pattern = &check->value->members[i];
        for (size_t j = 0; is_right && j < check->instance->n_members; j++) {
            const struct json_tree_member *member = &check->instance->members[j];
            is_right = !plain_counts(check->value, i) || !plain_counts(check->instance, j) ||
                       !plain_matches(check->run, &pattern->name, &member->name) ||
                       plain_holds(check, pattern->value, member->value);
        }
    }
    return is_right;
}

bool plain_is_additional(struct plain_schema *run, const struct json_tree *schema,
                         const struct buffer *name)
{
    const struct json_tree *properties = json_tree_member(schema, "properties");
    const struct json_tree *patterns = json_tree_member(schema, "patternProperties");
    bool is_known = properties != NULL && plain_kind(properties) == '{' &&
                    plain_member(properties, name) != NULL;
    size_t n = patterns != NULL && plain_kind(patterns) == '{' ? patterns->n_members : 0;
    for (size_t i = 0; !is_known && i < n; i++) {
        is_known = plain_matches(run, &patterns->members[i].name, name);
    }
    return !is_known;
}

bool plain_check_additional_properties(const struct plain_check *check)
{
    bool is_right = true;
    size_t n = plain_kind(check->instance) == '{' ? check->instance->n_members : 0;
    for (size_t i = 0; is_right && i < n; i++) {
        const struct json_tree_member *member = &check->instance->members[i];
        is_right = !plain_counts(check->instance, i) ||
                   !plain_is_additional(check->run, check->place.node, &member->name) ||
                   plain_holds(check, check->value, member->value);
    }
    return is_right;
}

bool plain_check_dependencies(const struct plain_check *check)
{
    bool is_right = true;
    size_t n = plain_kind(check->instance) == '{' && plain_kind(check->value) == '{'
                   ? check->value->n_members
                   : 0;
    for (size_t i = 0; is_right && i < n; i++) {
        const struct json_tree_member *dependency = &check->value->members[i];
        if (!plain_counts(check->value, i) ||
            plain_member(check->instance, &dependency->name) == NULL) {
            continue;
        }
        is_right = plain_kind(dependency->value) == '['
                       ? has_all(dependency->value, check->instance)
                       : plain_holds(check, dependency->value, check->instance);
    }
    return is_right;
}

bool plain_check_property_names(const struct plain_check *check)
{
    bool is_right = true;
    size_t n = plain_kind(check->instance) == '{' ? check->instance->n_members : 0;
    for (size_t i = 0; is_right && i < n; i++) {
        /* The name as a string value: its text, and the quote that tells its kind. */
        struct json_tree name = {
            .raw = { .data = (char *)"\"", .len = 1 },
            .text = check->instance->members[i].name,
        };
        is_right = plain_holds(check, check->value, &name);
    }
    return is_right;
}
