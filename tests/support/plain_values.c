/* SPDX-License-Identifier: Apache-2.0 */
/* Values: their kinds, their members, when two are the same. */
#include "plain_internal.h"
#include "plain_number.h"

char plain_kind(const struct json_tree *tree)
{
    return json_tree_is_number(tree) ? '0' : json_tree_byte(tree);
}

bool plain_is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Members that count: the last of each name. */
bool plain_counts(const struct json_tree *object, size_t place)
{
    return !json_tree_is_shadowed(object, place);
}

const struct json_tree *plain_member(const struct json_tree *object, const struct buffer *name)
{
    for (size_t i = object->n_members; i-- > 0;) {
        if (plain_is_same(&object->members[i].name, name)) {
            return object->members[i].value;
        }
    }
    return NULL;
}

size_t plain_count(const struct json_tree *object)
{
    size_t n = 0;
    for (size_t i = 0; i < object->n_members; i++) {
        n += plain_counts(object, i);
    }
    return n;
}

static bool equals_members(const struct json_tree *a, const struct json_tree *b)
{
    bool is_same = plain_count(a) == plain_count(b);
    for (size_t i = 0; is_same && i < a->n_members; i++) {
        const struct json_tree *other = plain_member(b, &a->members[i].name);
        is_same =
            !plain_counts(a, i) || (other != NULL && plain_equals(a->members[i].value, other));
    }
    return is_same;
}

static bool equals_items(const struct json_tree *a, const struct json_tree *b)
{
    bool is_same = a->n_members == b->n_members;
    for (size_t i = 0; is_same && i < a->n_members; i++) {
        is_same = plain_equals(a->members[i].value, b->members[i].value);
    }
    return is_same;
}

bool plain_equals(const struct json_tree *a, const struct json_tree *b)
{
    if (plain_kind(a) != plain_kind(b)) {
        return false;
    }
    switch (plain_kind(a)) {
    case '0':
        return plain_number_compare(&a->raw, &b->raw) == 0;
    case '"':
        return plain_is_same(&a->text, &b->text);
    case '[':
        return equals_items(a, b);
    case '{':
        return equals_members(a, b);
    default:
        return true;
    }
}
