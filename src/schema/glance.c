/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members and elements that are valid at a glance: scalars without escapes, where the rule asks for no
 * more than a type, a length, a small integer's bounds, a format, or a listed string. They are most of
 * an event, and are passed without a frame. Whatever is not sure is left to check_item().
 */
#include "schema/checker_private.h"
#include "json/scan.h"

/* Longer lists of values are work that is to be counted. */
enum { VALUES_MAX = 16 };

/* The value of an integer of few digits. */
static bool read_small(const char *bytes, size_t len, int64_t *ret_value)
{
    size_t first = bytes[0] == '-';
    uint64_t value = 0;
    if (len - first > GLANCE_DIGITS) {
        return false;
    }
    for (size_t i = first; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)bytes[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = 10 * value + digit;
    }
    *ret_value = first ? -(int64_t)value : (int64_t)value;
    return true;
}

/* Whether they are digits, without reading what they say. */
static inline bool is_digits(const struct json_document *document, uint32_t start, uint32_t len)
{
    json_vector digits = json_vector_load(document->bytes + start);
    return json_vector_first((json_vector)((digits - '0') > 9)) >= len;
}

static inline bool is_plain_number(const struct glance *glance,
                                   const struct json_document *document, uint32_t token)
{
    uint32_t start = document->tokens[token];
    uint32_t len = document->links[token] - start;
    int64_t value;
    if (!glance->takes_integers) {
        return false;
    }
    if (glance->takes_naturals && len <= GLANCE_NATURAL &&
        document->len - start >= JSON_VECTOR_SIZE && is_digits(document, start, len)) {
        return true;
    }
    return read_small(document->bytes + start, len, &value) && value >= glance->min &&
           value <= glance->max;
}

/* Whether the string is one of the values, as both are written. */
static bool is_listed(const struct value_rules *rules, const struct json_string *string)
{
    for (size_t i = 0; i < rules->n_values; i++) {
        const struct schema_value *value = &rules->values[i];
        if (json_kind(value->document, value->token) != JSON_STRING) {
            continue;
        }
        struct json_string listed = json_string(value->document, value->token);
        if (listed.raw_len == string->raw_len && !listed.has_escape &&
            memcmp(listed.raw, string->raw, string->raw_len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_plain_string(const struct glance *glance, const struct rule *rule,
                            const struct json_document *document, uint32_t token)
{
    struct json_string string = json_string(document, token);
    if (!glance->takes_strings || string.has_escape || string.raw_len < glance->min_len ||
        string.raw_len > glance->max_len) {
        return false;
    }
    const struct value_rules *values = glance->has_values ? rule->values : NULL;
    for (; values != NULL; values = values->next) {
        if (values->n_values > VALUES_MAX || !is_listed(values, &string)) {
            return false;
        }
    }
    return glance->format == FORMAT_NONE ||
           format_is_valid((enum format)glance->format, string.raw, string.raw_len);
}

static inline bool is_plain_value(const struct glance *glance, const struct rule *rule,
                                  const struct json_document *document, uint32_t token,
                                  enum json_kind kind)
{
    if (glance->free_kinds >> kind & 1) {
        return true;
    }
    if (kind == JSON_NUMBER) {
        return is_plain_number(glance, document, token);
    }
    return kind == JSON_STRING && is_plain_string(glance, rule, document, token);
}

/*
 * Removes the member at key, which no rule of the object takes. False without memory. Not inlined: the
 * loop needs the registers.
 */
static __attribute__((noinline)) bool drop_member(struct items *items, const struct rule *rule,
                                                  const struct frame *container, uint32_t key)
{
    struct json_string name = json_string(items->document, key);
    struct frame member = {
        .up = container,
        .item = { items->document, key + 2, NULL },
        .member = key,
        .is_original = true,
        .name = name.raw,
        .name_len = name.raw_len,
    };
    return drop_forbidden(items->checker, rule, &member);
}

bool drops_unknown(const struct items *items, const struct object_rules *rules)
{
    const struct schema_checker *checker = items->checker;
    return rules->additional != NULL && rules->additional->types == 0 &&
           checker->projection != NULL && checker->projection->unknown == SCHEMA_UNKNOWN_DROP &&
           checker->is_quiet == 0 && items->document == &checker->event->document;
}

bool pass_members(struct items *items, const struct rule *rule, const struct frame *container,
                  bool drops, uint64_t *seen, const struct property **ret_property)
{
    const struct json_document *document = items->document;
    const struct object_rules *rules = rule->object;
    const char *bytes = document->bytes;
    const uint32_t *tokens = document->tokens;
    const uint32_t *links = document->links;
    uint32_t stop = items->touched == NULL ? JSON_END : items->touched->member;
    uint32_t key = items->next;
    uint32_t n = 0;
    bool is_found = false;
    while (key < stop) {
        uint32_t name = tokens[key] + 1;
        uint32_t value = key + 2;
        if (links[key] & JSON_LINK_ESCAPED) {
            break;
        }
        const struct name_slot *slot = slot_find(rules, bytes + name, links[key] - name);
        enum json_kind kind =
            (enum json_kind)json_kind_of_byte[(unsigned char)bytes[tokens[value]]];
        const struct rule *own = slot->rule != NULL ? slot->rule : rules->additional;
        if (is_plain_value(&slot->glance, own, document, value, kind)) {
            if (slot->name != NULL) {
                seen[slot->index / 64] |= UINT64_C(1) << (slot->index % 64);
            }
        } else if (!drops || slot->rule != NULL) {
            *ret_property = slot->name == NULL ? NULL : &rules->properties[slot->index];
            is_found = true;
            break;
        } else if (!drop_member(items, rule, container, key)) {
            break;
        }
        uint32_t next = (kind <= JSON_ARRAY ? links[value] : value) + 1;
        key = bytes[tokens[next]] == ',' ? next + 1 : JSON_END;
        n++;
    }
    items->next = key;
    return spend(items->checker, n) && is_found;
}

void pass_elements(struct items *items, const struct rule *rule)
{
    const struct json_document *document = items->document;
    uint32_t stop = items->touched == NULL ? JSON_END : items->touched->member;
    uint32_t n = 0;
    while (items->next < stop) {
        enum json_kind kind = json_kind(document, items->next);
        if (!is_plain_value(&rule->glance, rule, document, items->next, kind)) {
            break;
        }
        n++;
        items->next = json_sibling(document, items->next);
    }
    items->n_seen += n;
    (void)spend(items->checker, n);
}
