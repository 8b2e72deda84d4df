/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the value of each keyword must be (MUST, not SHOULD, of
 * draft-handrews-json-schema-validation-01).
 */
#include "base/error.h"
#include "plain_internal.h"
#include "plain_number.h"
#include "schema/pattern.h"

static enum plain_soundness worse(enum plain_soundness a, enum plain_soundness b)
{
    return a > b ? a : b;
}

static enum plain_soundness malformed_unless(bool is_right)
{
    return is_right ? PLAIN_SOUND : PLAIN_MALFORMED;
}

static enum plain_soundness judge_number(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == '0');
}

static enum plain_soundness judge_positive(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == '0' &&
                            plain_number_compare_count(&value->raw, 0) > 0);
}

static enum plain_soundness judge_count(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == '0' && plain_number_is_integer(&value->raw) &&
                            plain_number_compare_count(&value->raw, 0) >= 0);
}

static enum plain_soundness judge_string(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == '"');
}

static enum plain_soundness judge_bool(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == 't' || plain_kind(value) == 'f');
}

static enum plain_soundness judge_array(const struct json_tree *value)
{
    return malformed_unless(plain_kind(value) == '[');
}

/* Names that are listed twice: wrong by the specification, and taken once by who is lenient. */
static enum plain_soundness judge_uniqueness(const struct json_tree *value)
{
    bool are_unique = true;
    for (size_t i = 0; plain_kind(value) == '[' && i < value->n_members; i++) {
        for (size_t j = 0; j < i; j++) {
            are_unique &= !plain_equals(value->members[i].value, value->members[j].value);
        }
    }
    return are_unique ? PLAIN_SOUND : PLAIN_DOUBTFUL;
}

static enum plain_soundness judge_names(const struct json_tree *value)
{
    bool is_right = plain_kind(value) == '[';
    for (size_t i = 0; is_right && i < value->n_members; i++) {
        is_right = plain_kind(value->members[i].value) == '"';
    }
    return worse(malformed_unless(is_right), judge_uniqueness(value));
}

static bool is_type_name(const struct json_tree *value)
{
    static const char *const names[] = { "array",  "boolean", "integer", "null",
                                         "number", "object",  "string" };
    bool is_one = false;
    for (size_t i = 0; plain_kind(value) == '"' && i < ARRAY_SIZE(names); i++) {
        is_one |= value->text.len == strlen(names[i]) &&
                  memcmp(value->text.data, names[i], value->text.len) == 0;
    }
    return is_one;
}

static enum plain_soundness judge_type(const struct json_tree *value)
{
    bool is_right = is_type_name(value);
    if (plain_kind(value) == '[') {
        is_right = value->n_members > 0;
        for (size_t i = 0; is_right && i < value->n_members; i++) {
            is_right = is_type_name(value->members[i].value);
        }
    }
    return worse(malformed_unless(is_right), judge_uniqueness(value));
}

static enum plain_soundness judge_regex(const struct buffer *text)
{
    AUTO(pattern) pattern = NULL;
    struct problem problem;
    int r = pattern_compile(text->len > 0 ? text->data : "", text->len, &pattern, &problem);
    return r == 0 ? PLAIN_SOUND : PLAIN_DOUBTFUL;
}

static enum plain_soundness judge_pattern(const struct json_tree *value)
{
    return plain_kind(value) == '"' ? judge_regex(&value->text) : PLAIN_MALFORMED;
}

static enum plain_soundness judge_uri(const struct json_tree *value)
{
    return worse(PLAIN_DOUBTFUL, judge_string(value));
}

static enum plain_soundness judge_list(const struct json_tree *value)
{
    enum plain_soundness soundness = malformed_unless(plain_kind(value) == '[');
    for (size_t i = 0; soundness != PLAIN_MALFORMED && i < value->n_members; i++) {
        soundness = worse(soundness, plain_judge(value->members[i].value));
    }
    return soundness;
}

static enum plain_soundness judge_full_list(const struct json_tree *value)
{
    return worse(judge_list(value), malformed_unless(value->n_members > 0));
}

static enum plain_soundness judge_items(const struct json_tree *value)
{
    return plain_kind(value) == '[' ? judge_list(value) : plain_judge(value);
}

static enum plain_soundness judge_map(const struct json_tree *value)
{
    enum plain_soundness soundness = malformed_unless(plain_kind(value) == '{');
    for (size_t i = 0; soundness != PLAIN_MALFORMED && i < value->n_members; i++) {
        if (plain_counts(value, i)) {
            soundness = worse(soundness, plain_judge(value->members[i].value));
        }
    }
    return soundness;
}

static enum plain_soundness judge_patterns(const struct json_tree *value)
{
    enum plain_soundness soundness = judge_map(value);
    for (size_t i = 0; soundness != PLAIN_MALFORMED && i < value->n_members; i++) {
        soundness = worse(soundness, judge_regex(&value->members[i].name));
    }
    return soundness;
}

static enum plain_soundness judge_dependencies(const struct json_tree *value)
{
    enum plain_soundness soundness = malformed_unless(plain_kind(value) == '{');
    for (size_t i = 0; soundness != PLAIN_MALFORMED && i < value->n_members; i++) {
        const struct json_tree *dependency = value->members[i].value;
        if (plain_counts(value, i)) {
            soundness = worse(soundness, plain_kind(dependency) == '[' ? judge_names(dependency)
                                                                       : plain_judge(dependency));
        }
    }
    return soundness;
}

static const struct {
    const char *name;
    enum plain_soundness (*judge)(const struct json_tree *value);
    /* The keyword without which nobody looks at this one; "" for itself: nobody may. */
    const char *needs;
} keywords[] = {
    { "$id", judge_uri, NULL },
    { "$ref", judge_uri, NULL },
    { "additionalItems", plain_judge, "" },
    { "additionalProperties", plain_judge, NULL },
    { "allOf", judge_full_list, NULL },
    { "anyOf", judge_full_list, NULL },
    { "contains", plain_judge, NULL },
    { "definitions", judge_map, "" },
    { "dependencies", judge_dependencies, NULL },
    { "else", plain_judge, "if" },
    { "enum", judge_array, NULL },
    { "exclusiveMaximum", judge_number, NULL },
    { "exclusiveMinimum", judge_number, NULL },
    { "format", judge_string, NULL },
    { "if", plain_judge, "" },
    { "items", judge_items, NULL },
    { "maxItems", judge_count, NULL },
    { "maxLength", judge_count, NULL },
    { "maxProperties", judge_count, NULL },
    { "maximum", judge_number, NULL },
    { "minItems", judge_count, NULL },
    { "minLength", judge_count, NULL },
    { "minProperties", judge_count, NULL },
    { "minimum", judge_number, NULL },
    { "multipleOf", judge_positive, NULL },
    { "not", plain_judge, NULL },
    { "oneOf", judge_full_list, NULL },
    { "pattern", judge_pattern, NULL },
    { "patternProperties", judge_patterns, NULL },
    { "properties", judge_map, NULL },
    { "propertyNames", plain_judge, NULL },
    { "required", judge_names, NULL },
    { "then", plain_judge, "if" },
    { "type", judge_type, NULL },
    { "uniqueItems", judge_bool, NULL },
};

static bool is_there(const struct json_tree *schema, const char *keyword)
{
    return keyword[0] != '\0' && json_tree_member(schema, keyword) != NULL;
}

static enum plain_soundness judge_keyword(const struct json_tree *schema, size_t keyword,
                                          const struct json_tree *value)
{
    enum plain_soundness soundness = keywords[keyword].judge(value);
    const char *needs = keywords[keyword].needs;
    bool is_ignored =
        json_tree_member(schema, "$ref") != NULL && strcmp(keywords[keyword].name, "$ref") != 0;
    if (is_ignored || (needs != NULL && !is_there(schema, needs))) {
        return soundness == PLAIN_SOUND ? PLAIN_SOUND : PLAIN_DOUBTFUL;
    }
    return soundness;
}

enum plain_soundness plain_judge(const struct json_tree *schema)
{
    if (plain_kind(schema) != '{') {
        return judge_bool(schema);
    }
    enum plain_soundness soundness = PLAIN_SOUND;
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        const struct json_tree *value = json_tree_member(schema, keywords[i].name);
        if (value != NULL) {
            soundness = worse(soundness, judge_keyword(schema, i, value));
        }
    }
    return soundness;
}
