/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema applied to a value: every keyword of draft-handrews-json-schema-validation-01 in turn. A
 * keyword whose value is of a wrong kind says nothing.
 */
#include "base/error.h"
#include "plain_keywords.h"
#include "plain_number.h"

bool plain_holds(const struct plain_check *check, const struct json_tree *schema,
                 const struct json_tree *instance)
{
    return plain_is_valid(check->run, (struct plain_place){ schema, check->place.base }, instance);
}

const struct json_tree *plain_sibling(const struct plain_check *check, const char *keyword)
{
    return json_tree_member(check->place.node, keyword);
}

bool plain_is_at_most(const struct plain_check *check, char kind, size_t count)
{
    return plain_kind(check->instance) != kind || plain_kind(check->value) != '0' ||
           plain_number_compare_count(&check->value->raw, count) >= 0;
}

bool plain_is_at_least(const struct plain_check *check, char kind, size_t count)
{
    return plain_kind(check->instance) != kind || plain_kind(check->value) != '0' ||
           plain_number_compare_count(&check->value->raw, count) <= 0;
}

/* 6.6 and 6.7: schemas of schemas. */

static bool check_if(const struct plain_check *check)
{
    bool is_then = plain_holds(check, check->value, check->instance);
    const struct json_tree *next = plain_sibling(check, is_then ? "then" : "else");
    return next == NULL || plain_holds(check, next, check->instance);
}

/* How many schemas of the list hold. */
static size_t count_valid(const struct plain_check *check)
{
    size_t n = 0;
    for (size_t i = 0; i < check->value->n_members; i++) {
        n += plain_holds(check, check->value->members[i].value, check->instance);
    }
    return n;
}

static bool check_all_of(const struct plain_check *check)
{
    return plain_kind(check->value) != '[' || count_valid(check) == check->value->n_members;
}

static bool check_any_of(const struct plain_check *check)
{
    return plain_kind(check->value) != '[' || count_valid(check) > 0;
}

static bool check_one_of(const struct plain_check *check)
{
    return plain_kind(check->value) != '[' || count_valid(check) == 1;
}

static bool check_not(const struct plain_check *check)
{
    return !plain_holds(check, check->value, check->instance);
}

static const struct {
    const char *name;
    bool (*holds)(const struct plain_check *check);
} keywords[] = {
    { "type", plain_check_type },
    { "enum", plain_check_enum },
    { "const", plain_check_const },
    { "multipleOf", plain_check_multiple_of },
    { "maximum", plain_check_maximum },
    { "exclusiveMaximum", plain_check_exclusive_maximum },
    { "minimum", plain_check_minimum },
    { "exclusiveMinimum", plain_check_exclusive_minimum },
    { "maxLength", plain_check_max_length },
    { "minLength", plain_check_min_length },
    { "pattern", plain_check_pattern },
    { "items", plain_check_items },
    { "additionalItems", plain_check_additional_items },
    { "maxItems", plain_check_max_items },
    { "minItems", plain_check_min_items },
    { "uniqueItems", plain_check_unique_items },
    { "contains", plain_check_contains },
    { "maxProperties", plain_check_max_properties },
    { "minProperties", plain_check_min_properties },
    { "required", plain_check_required },
    { "properties", plain_check_properties },
    { "patternProperties", plain_check_pattern_properties },
    { "additionalProperties", plain_check_additional_properties },
    { "dependencies", plain_check_dependencies },
    { "propertyNames", plain_check_property_names },
    { "if", check_if },
    { "allOf", check_all_of },
    { "anyOf", check_any_of },
    { "oneOf", check_one_of },
    { "not", check_not },
    { "format", plain_check_format },
};

static bool check_keyword(struct plain_schema *run, struct plain_place place, size_t member,
                          const struct json_tree *instance)
{
    const struct json_tree_member *keyword = &place.node->members[member];
    struct plain_check check = { run, place, keyword->value, instance };
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (keyword->name.len == strlen(keywords[i].name) &&
            memcmp(keyword->name.data, keywords[i].name, keyword->name.len) == 0) {
            return keywords[i].holds(&check);
        }
    }
    return true;
}

/* Whether this very question is being asked already: references in a circle. */
static bool is_circle(const struct plain_schema *run, const struct plain_frame *asked)
{
    for (const struct plain_frame *frame = run->frame; frame != NULL; frame = frame->outer) {
        if (frame->node == asked->node && frame->instance == asked->instance) {
            return true;
        }
    }
    return false;
}

bool plain_is_valid(struct plain_schema *run, struct plain_place place,
                    const struct json_tree *instance)
{
    if (run->is_undecided || !plain_enter(run, &place)) {
        return false;
    }
    if (plain_kind(place.node) != '{') {
        return plain_kind(place.node) != 'f';
    }
    struct plain_frame frame = { run->frame, place.node, instance };
    if (run->steps_left == 0 || is_circle(run, &frame)) {
        run->is_undecided = true;
        return false;
    }
    run->steps_left--;
    run->frame = &frame;
    bool is_valid = true;
    for (size_t i = 0; is_valid && i < place.node->n_members; i++) {
        is_valid = !plain_counts(place.node, i) || check_keyword(run, place, i, instance);
    }
    run->frame = frame.outer;
    return is_valid;
}

enum plain_verdict plain_validate(struct plain_schema *schema, const struct json_tree *instance)
{
    plain_begin(schema);
    bool is_valid = plain_is_valid(schema, schema->root, instance);
    return schema->is_undecided ? PLAIN_UNDECIDED : is_valid ? PLAIN_VALID : PLAIN_INVALID;
}
