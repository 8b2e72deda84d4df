/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members and elements that are valid at a glance: scalars without escapes, where the rule asks for no
 * more than a type, a length, a small integer's bounds, a format, or a listed string; and containers of
 * such. They are most of an event, and are passed without a frame. Whatever is not sure is left to
 * check_item().
 *
 * A container that is not sure is looked at again, member by member. Where it stopped is remembered, so
 * that none that holds this place is tried once more: no value is looked at more than three times. And
 * its rule is not tried on the next few containers, which are likely to be of the same kind.
 */
#include "schema/checker_private.h"
#include "json/scan.h"

/* These are the loops' bodies: a call costs more than what they do. */
#define INLINE static inline __attribute__((always_inline))

/* Longer lists of values are work that is to be counted. */
enum { VALUES_MAX = 16 };

/* How often a rule whose containers were not sure is passed over. */
enum { PASSES = 31 };

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

static bool is_in_values(const struct value_rules *values, const struct json_string *string)
{
    for (; values != NULL; values = values->next) {
        if (values->n_values > VALUES_MAX || !is_listed(values, string)) {
            return false;
        }
    }
    return true;
}

static inline bool is_plain_string(const struct glance *glance, const struct rule *rule,
                                   const struct json_document *document, uint32_t token)
{
    struct json_string string = json_string(document, token);
    return glance->takes_strings && !string.has_escape && string.raw_len >= glance->min_len &&
           string.raw_len <= glance->max_len &&
           (!glance->has_values || is_in_values(rule->values, &string)) &&
           (glance->format == FORMAT_NONE ||
            format_is_valid((enum format)glance->format, string.raw, string.raw_len));
}

static __attribute__((noinline)) bool is_plain_container(struct schema_checker *checker,
                                                         const struct glance *glance,
                                                         const struct rule *rule,
                                                         const struct json_document *document,
                                                         uint32_t token, enum json_kind kind);

INLINE bool is_plain_value(struct schema_checker *checker, const struct glance *glance,
                           const struct rule *rule, const struct json_document *document,
                           uint32_t token, enum json_kind kind)
{
    if (glance->free_kinds >> kind & 1) {
        return true;
    }
    if (kind == JSON_STRING) {
        return is_plain_string(glance, rule, document, token);
    }
    if (kind == JSON_NUMBER) {
        return is_plain_number(glance, document, token);
    }
    return (kind == JSON_OBJECT || kind == JSON_ARRAY) &&
           is_plain_container(checker, glance, rule, document, token, kind);
}

/* A member at a glance. */
struct glimpse {
    const struct name_slot *slot;
    enum json_kind kind;
    bool is_plain;
};

/* Its name holds no escape. */
INLINE struct glimpse glance_at(struct schema_checker *checker, const struct object_rules *rules,
                                const struct json_document *document, uint32_t key)
{
    uint32_t name = document->tokens[key] + 1;
    struct glimpse glimpse = {
        .slot = slot_find(rules, document->bytes + name, document->links[key] - name),
        .kind = json_kind(document, key + 2),
    };
    const struct rule *own = glimpse.slot->rule != NULL ? glimpse.slot->rule : rules->additional;
    glimpse.is_plain =
        is_plain_value(checker, &glimpse.slot->glance, own, document, key + 2, glimpse.kind);
    return glimpse;
}

/* The key behind the value at token, as json_sibling() says. */
static inline uint32_t key_behind(const struct json_document *document, uint32_t token,
                                  enum json_kind kind)
{
    uint32_t next = (kind <= JSON_ARRAY ? document->links[token] : token) + 1;
    return json_byte(document, next) == ',' ? next + 1 : JSON_END;
}

static inline void note_seen(uint64_t *seen, const struct name_slot *slot)
{
    if (slot->name != NULL) {
        seen[slot->index / 64] |= UINT64_C(1) << (slot->index % 64);
    }
}

/* *ret_at: the first member that is not plain, the closing bracket where one is missing. */
static bool is_plain_object(struct schema_checker *checker, const struct object_rules *rules,
                            const struct json_document *document, uint32_t token, uint32_t *ret_at)
{
    uint64_t seen = 0;
    uint32_t n = 1;
    if (!rules->is_simple || rules->has_dependencies || rules->n_words > 1) {
        return false;
    }
    for (uint32_t key = json_first(document, token); key != JSON_END; n++) {
        *ret_at = key;
        if (document->links[key] & JSON_LINK_ESCAPED) {
            return false;
        }
        struct glimpse glimpse = glance_at(checker, rules, document, key);
        if (!glimpse.is_plain) {
            return false;
        }
        note_seen(&seen, glimpse.slot);
        key = key_behind(document, key + 2, glimpse.kind);
    }
    *ret_at = document->links[token];
    return (rules->n_words == 0 || (rules->required[0] & ~seen) == 0) && spend(checker, n);
}

static bool is_plain_array(struct schema_checker *checker, const struct array_rules *rules,
                           const struct json_document *document, uint32_t token, uint32_t *ret_at)
{
    const struct rule *rule = rules->additional;
    uint32_t n = 0;
    if (rules->items.n_items > 0 || rules->is_unique || rules->contains != NULL || rule == NULL) {
        return false;
    }
    for (uint32_t item = json_first(document, token); item != JSON_END; n++) {
        enum json_kind kind = json_kind(document, item);
        *ret_at = item;
        if (!is_plain_value(checker, &rule->glance, rule, document, item, kind)) {
            return false;
        }
        item = key_behind(document, item, kind);
    }
    *ret_at = document->links[token];
    return n >= rules->min_items && n <= rules->max_items && spend(checker, 1 + n);
}

/* Whether the place where a glance stopped lies between the brackets. */
static bool is_unsure(const struct schema_checker *checker, const struct json_document *document,
                      uint32_t token)
{
    return checker->unsure.document == document && checker->unsure.token >= token &&
           checker->unsure.token <= document->links[token];
}

static bool is_plain_container(struct schema_checker *checker, const struct glance *glance,
                               const struct rule *rule, const struct json_document *document,
                               uint32_t token, enum json_kind kind)
{
    bool is_object = kind == JSON_OBJECT;
    uint32_t at = token;
    if (!(is_object ? glance->takes_objects : glance->takes_arrays) ||
        checker->depth == SCHEMA_MAX_DEPTH || is_unsure(checker, document, token)) {
        return false;
    }
    uint8_t *passes = &checker->passes[rule->index % ARRAY_SIZE(checker->passes)];
    if (*passes > 0) {
        (*passes)--;
        return false;
    }
    checker->depth++;
    bool is_plain = is_object ? is_plain_object(checker, rule->object, document, token, &at)
                              : is_plain_array(checker, rule->array, document, token, &at);
    checker->depth--;
    if (is_plain) {
        return true;
    }
    *passes = PASSES;
    if (!is_unsure(checker, document, token)) {
        checker->unsure.document = document;
        checker->unsure.token = at;
    }
    return false;
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
    uint32_t stop = items->touched == NULL ? JSON_END : items->touched->member;
    uint32_t key = items->next;
    uint32_t n = 0;
    bool is_found = false;
    while (key < stop && (document->links[key] & JSON_LINK_ESCAPED) == 0) {
        struct glimpse glimpse = glance_at(items->checker, rules, document, key);
        const struct name_slot *slot = glimpse.slot;
        if (glimpse.is_plain) {
            note_seen(seen, slot);
        } else if (!drops || slot->rule != NULL) {
            *ret_property = slot->name == NULL ? NULL : &rules->properties[slot->index];
            is_found = true;
            break;
        } else if (!drop_member(items, rule, container, key)) {
            break;
        }
        key = key_behind(document, key + 2, glimpse.kind);
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
        if (!is_plain_value(items->checker, &rule->glance, rule, document, items->next, kind)) {
            break;
        }
        n++;
        items->next = key_behind(document, items->next, kind);
    }
    items->n_seen += n;
    (void)spend(items->checker, n);
}
