/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords for any type, for numbers and for strings, in the order of the specification. */
#include "plain_keywords.h"
#include "plain_number.h"

/* 6.1: any type. */

static bool is_type(const struct json_tree *name, const struct json_tree *instance)
{
    static const char *const names[] = {
        ['n'] = "null",  ['t'] = "boolean", ['f'] = "boolean", ['{'] = "object",
        ['['] = "array", ['0'] = "number",  ['"'] = "string",
    };
    const char *type = names[(unsigned char)plain_kind(instance)];
    struct buffer integer = { .data = (char *)"integer", .len = 7 };
    struct buffer own = { .data = (char *)type, .len = strlen(type) };
    return json_tree_byte(name) == '"' &&
           (plain_is_same(&name->text, &own) ||
            (plain_is_same(&name->text, &integer) && plain_kind(instance) == '0' &&
             plain_number_is_integer(&instance->raw)));
}

bool plain_check_type(const struct plain_check *check)
{
    bool is_any = plain_kind(check->value) == '"' ? is_type(check->value, check->instance)
                                                  : plain_kind(check->value) != '[';
    for (size_t i = 0; i < check->value->n_members && plain_kind(check->value) == '['; i++) {
        is_any |= is_type(check->value->members[i].value, check->instance);
    }
    return is_any;
}

bool plain_check_enum(const struct plain_check *check)
{
    bool is_any = plain_kind(check->value) != '[';
    for (size_t i = 0; !is_any && i < check->value->n_members; i++) {
        is_any = plain_equals(check->value->members[i].value, check->instance);
    }
    return is_any;
}

bool plain_check_const(const struct plain_check *check)
{
    return plain_equals(check->value, check->instance);
}

/* 6.2: numbers. */

static bool are_numbers(const struct plain_check *check)
{
    return plain_kind(check->value) == '0' && plain_kind(check->instance) == '0';
}

static int compare(const struct plain_check *check)
{
    return plain_number_compare(&check->instance->raw, &check->value->raw);
}

bool plain_check_multiple_of(const struct plain_check *check)
{
    return !are_numbers(check) || plain_number_compare_count(&check->value->raw, 0) <= 0 ||
           plain_number_is_multiple(&check->instance->raw, &check->value->raw);
}

bool plain_check_maximum(const struct plain_check *check)
{
    return !are_numbers(check) || compare(check) <= 0;
}

bool plain_check_exclusive_maximum(const struct plain_check *check)
{
    return !are_numbers(check) || compare(check) < 0;
}

bool plain_check_minimum(const struct plain_check *check)
{
    return !are_numbers(check) || compare(check) >= 0;
}

bool plain_check_exclusive_minimum(const struct plain_check *check)
{
    return !are_numbers(check) || compare(check) > 0;
}

/* 6.3: strings. */

/* Characters: what is no continuation byte. */
static size_t string_len(const struct json_tree *string)
{
    size_t n = 0;
    for (size_t i = 0; i < string->text.len; i++) {
        n += ((unsigned char)string->text.data[i] & 0xc0) != 0x80;
    }
    return n;
}

bool plain_check_max_length(const struct plain_check *check)
{
    return plain_is_at_most(check, '"', string_len(check->instance));
}

bool plain_check_min_length(const struct plain_check *check)
{
    return plain_is_at_least(check, '"', string_len(check->instance));
}

bool plain_check_pattern(const struct plain_check *check)
{
    return plain_kind(check->value) != '"' || plain_kind(check->instance) != '"' ||
           plain_matches(check->run, &check->value->text, &check->instance->text);
}

/* 7: formats. */

bool plain_check_format(const struct plain_check *check)
{
    return !check->run->options.asserts_format || plain_kind(check->value) != '"' ||
           plain_kind(check->instance) != '"' ||
           plain_has_format(&check->value->text, &check->instance->text);
}
