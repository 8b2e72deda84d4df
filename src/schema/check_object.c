/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: each member by its name, then what is asked of the whole. */
#include <errno.h>

#include "schema/checker_private.h"
#include "json/text.h"

/* One object under one rule. */
struct object_check {
    struct schema_checker *checker;
    const struct rule *rule;
    const struct object_rules *rules;
    const struct frame *frame;
    /* A bit for each name of the table that was seen: here, or from bits on in checker->bits. */
    uint64_t few;
    size_t bits;
    uint64_t n_members;
};

static uint64_t *seen_words(struct object_check *check)
{
    return check->rules->n_words <= 1
               ? &check->few
               : (uint64_t *)(void *)(check->checker->bits.data + check->bits);
}

static bool open_bits(struct object_check *check)
{
    struct buffer *bits = &check->checker->bits;
    size_t len = check->rules->n_words * sizeof(uint64_t);
    if (check->rules->n_words <= 1) {
        return true;
    }
    if (!spend(check->checker, check->rules->n_words / 8)) {
        return false;
    }
    if (buffer_reserve(bits, len) < 0) {
        return out_of_memory(check->checker);
    }
    check->bits = bits->len;
    memset(bits->data + bits->len, 0, len);
    bits->len += len;
    return true;
}

static void close_bits(struct object_check *check)
{
    if (check->rules->n_words > 1) {
        check->checker->bits.len = check->bits;
    }
}

static bool complain_of_cost(struct object_check *check)
{
    return give_up(check->checker, check->frame, check->rule, "patternProperties",
                   "takes too much work to match");
}

/* The patterns that the name matches. *is_known: there was one. */
static bool check_patterns(struct object_check *check, const struct frame *member, bool *is_known)
{
    struct schema_checker *checker = check->checker;
    bool is_valid = true;
    for (size_t i = 0; i < check->rules->n_patterns; i++) {
        const struct pattern_property *pattern = &check->rules->patterns[i];
        int r = pattern_matches(checker->matcher, pattern->pattern, member->name, member->name_len);
        if (r < 0) {
            return out_of_memory(checker);
        }
        if (r == PATTERN_TOO_COSTLY) {
            return complain_of_cost(check);
        }
        *is_known |= r == PATTERN_MATCHES;
        if (r == PATTERN_MATCHES && !check_item(checker, pattern->rule, member)) {
            is_valid = false;
        }
        if (!is_valid && is_decided(checker)) {
            break;
        }
    }
    return is_valid;
}

/* Whether projection removes a member that is null, may be left out, and may not be null under rule. */
static bool is_null_to_drop(const struct object_check *check, const struct property *property,
                            const struct rule *rule, const struct frame *member)
{
    return check->checker->projection != NULL && is_null(member) &&
           (property == NULL || !property->is_required) &&
           !check_quietly(check->checker, rule, member) &&
           !item_is_repeated(check->checker, member);
}

/* A member under the rule that its name leads to. *is_gone: it was removed. */
static bool check_under(struct object_check *check, const struct property *property,
                        const struct rule *rule, const struct frame *member, bool *is_gone)
{
    if (is_null_to_drop(check, property, rule, member)) {
        *is_gone = true;
        return drop_null(check->checker, member);
    }
    return check_item(check->checker, rule, member);
}

/* A member that no property and no pattern names. */
static bool check_unknown(struct object_check *check, const struct property *property,
                          const struct frame *member, bool *is_gone)
{
    struct schema_checker *checker = check->checker;
    const struct rule *additional = check->rules->additional;
    if (additional == NULL) {
        return true;
    }
    if (additional->types != 0) {
        return check_under(check, property, additional, member, is_gone);
    }
    if (checker->projection != NULL && is_to_drop(checker, member)) {
        *is_gone = true;
        return drop_forbidden(checker, check->rule, member);
    }
    return complain_of_unknown(checker, check->rule, member);
}

/* The member's name as a value. */
static bool check_name(struct object_check *check, const struct frame *member)
{
    struct schema_checker *checker = check->checker;
    struct frame name = *member;
    if (member->member != JSON_END) {
        name.item = (struct item){ check->frame->item.document, member->member, NULL };
        return check_item(checker, check->rules->names, &name);
    }
    struct items items = { .checker = checker };
    struct buffer *text = &checker->text;
    buffer_clear(text);
    if (json_quote(text, member->name, member->name_len) < 0) {
        return out_of_memory(checker);
    }
    char *copy = arena_copy(&checker->arena, text->data, text->len);
    if (copy == NULL) {
        return out_of_memory(checker);
    }
    scalar_put(&items.scalar, copy, text->len);
    name.item = (struct item){ &items.scalar.document, 0, NULL };
    return check_item(checker, check->rules->names, &name);
}

static void note_seen(struct object_check *check, const struct property *property,
                      const struct frame *member)
{
    bool counts = check->rules->min_properties > 0 || check->rules->max_properties != NO_LIMIT;
    if (property != NULL) {
        size_t index = property->index;
        seen_words(check)[index / 64] |= UINT64_C(1) << (index % 64);
    }
    /* Members of one name are one. */
    check->n_members += counts && !item_is_repeated(check->checker, member);
}

static bool check_member(struct object_check *check, const struct property *property,
                         const struct frame *member)
{
    struct schema_checker *checker = check->checker;
    bool is_known = property != NULL && property->rule != NULL;
    bool is_gone = false;
    bool is_valid = !is_known || check_under(check, property, property->rule, member, &is_gone);
    if (check->rules->n_patterns > 0 && (is_valid || !is_decided(checker))) {
        is_valid &= check_patterns(check, member, &is_known);
    }
    if (!is_known && (is_valid || !is_decided(checker))) {
        is_valid &= check_unknown(check, property, member, &is_gone);
    }
    if (is_gone) {
        return is_valid;
    }
    note_seen(check, property, member);
    if (check->rules->names != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_name(check, member);
    }
    return is_valid;
}

/*
 * The same of a container of which its own members or elements are all there is to check, as most are.
 * *ret_is_valid is set only where it is one.
 */
static inline bool check_container(struct object_check *check, const struct property *property,
                                   const struct frame *member, bool *ret_is_valid)
{
    struct schema_checker *checker = check->checker;
    const struct rule *rule = property != NULL ? property->rule : NULL;
    if (rule == NULL || !check->rules->is_simple || checker->depth == SCHEMA_MAX_DEPTH) {
        return false;
    }
    char byte = json_byte(member->item.document, member->item.token);
    if ((byte != '{' || !rule->glance.takes_objects) &&
        (byte != '[' || !rule->glance.takes_arrays)) {
        return false;
    }
    seen_words(check)[property->index / 64] |= UINT64_C(1) << (property->index % 64);
    checker->depth++;
    *ret_is_valid = spend(checker, 1) && (byte == '{' ? check_object(checker, rule, member)
                                                      : check_array(checker, rule, member));
    checker->depth--;
    return true;
}

/* The same; of members of one name the last one counts, and what is wrong with others is forgotten. */
static bool check_last_member(struct object_check *check, const struct property *property,
                              const struct frame *member)
{
    struct schema_checker *checker = check->checker;
    unsigned n_violations = checker->n_violations;
    size_t len = checker->complaint.len;
    bool is_valid;
    if (!check_container(check, property, member, &is_valid)) {
        is_valid = check_member(check, property, member);
    }
    if (is_valid) {
        return true;
    }
    if (checker->error != 0 || !item_is_repeated(checker, member)) {
        return false;
    }
    checker->n_violations = n_violations;
    checker->complaint.len = len;
    return true;
}

static bool is_seen(struct object_check *check, uint32_t index)
{
    return seen_words(check)[index / 64] >> (index % 64) & 1;
}

static bool complain_of_missing(struct object_check *check, uint32_t index, const char *keyword)
{
    const struct property *property = &check->rules->properties[index];
    return complain(check->checker, check->frame, check->rule, keyword,
                    "the field \"%.*s\" is missing", (int)property->name_len, property->name);
}

static bool check_required(struct object_check *check)
{
    bool is_valid = true;
    for (uint32_t word = 0; word < check->rules->n_words; word++) {
        uint64_t missing = check->rules->required[word] & ~seen_words(check)[word];
        for (; missing != 0; missing &= missing - 1) {
            uint32_t index = 64 * word + (uint32_t)__builtin_ctzll(missing);
            is_valid = complain_of_missing(check, index, "required");
            if (is_decided(check->checker)) {
                return false;
            }
        }
    }
    return is_valid;
}

/* What a property that is there asks for. */
static bool check_dependencies_of(struct object_check *check, const struct property *property)
{
    bool is_valid = true;
    for (size_t i = 0; i < property->n_needed; i++) {
        if (!is_seen(check, property->needed[i])) {
            is_valid = complain_of_missing(check, property->needed[i], "dependencies");
        }
    }
    if (property->dependency != NULL && (is_valid || !is_decided(check->checker))) {
        is_valid &= check_item(check->checker, property->dependency, check->frame);
    }
    return is_valid;
}

static bool check_dependencies(struct object_check *check)
{
    bool is_valid = true;
    if (!spend(check->checker, check->rules->n_properties / 8)) {
        return false;
    }
    for (uint32_t i = 0; i < check->rules->n_properties; i++) {
        if (is_seen(check, i) && !check_dependencies_of(check, &check->rules->properties[i])) {
            is_valid = false;
            if (is_decided(check->checker)) {
                break;
            }
        }
    }
    return is_valid;
}

static bool check_count(struct object_check *check)
{
    if (check->n_members < check->rules->min_properties) {
        return complain(check->checker, check->frame, check->rule, "minProperties",
                        "has %llu fields, expected at least %llu",
                        (unsigned long long)check->n_members,
                        (unsigned long long)check->rules->min_properties);
    }
    if (check->n_members > check->rules->max_properties) {
        return complain(check->checker, check->frame, check->rule, "maxProperties",
                        "has %llu fields, expected at most %llu",
                        (unsigned long long)check->n_members,
                        (unsigned long long)check->rules->max_properties);
    }
    return true;
}

static bool check_members(struct object_check *check)
{
    struct items items;
    struct frame member = { .up = check->frame };
    bool is_valid = true;
    bool is_simple = check->rules->is_simple;
    items_begin(&items, check->checker, check->frame);
    bool drops = is_simple && drops_unknown(&items, check->rules);
    for (;;) {
        const struct property *property = NULL;
        bool is_found = is_simple && pass_members(&items, check->rule, check->frame, drops,
                                                  seen_words(check), &property);
        if (is_found) {
            items_take(&items, &member);
        } else if (items_are_over(&items) || check->checker->error != 0 ||
                   !items_next(&items, &member)) {
            break;
        } else {
            property = property_find(check->rules, member.name, member.name_len);
        }
        if (!check_last_member(check, property, &member)) {
            is_valid = false;
            if (is_decided(check->checker)) {
                break;
            }
        }
    }
    return is_valid && check->checker->error == 0;
}

static bool check_whole(struct object_check *check)
{
    bool is_valid = check_members(check);
    if (is_valid || !is_decided(check->checker)) {
        is_valid &= check_required(check);
    }
    if (check->rules->has_dependencies && (is_valid || !is_decided(check->checker))) {
        is_valid &= check_dependencies(check);
    }
    if (is_valid || !is_decided(check->checker)) {
        is_valid &= check_count(check);
    }
    return is_valid;
}

bool check_object(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame)
{
    struct object_check check = { checker, rule, rule->object, frame, 0, 0, 0 };
    if (!open_bits(&check)) {
        return false;
    }
    bool is_valid = check_whole(&check);
    close_bits(&check);
    return is_valid;
}
