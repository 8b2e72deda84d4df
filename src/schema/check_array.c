/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: each element, then what is asked of all of them. */
#include <errno.h>

#include "schema/checker_private.h"

/* The rule of the element at index, or NULL. */
static const struct rule *rule_at(const struct array_rules *rules, uint32_t index)
{
    return index < rules->items.n_items ? rules->items.items[index] : rules->additional;
}

static bool check_elements(struct schema_checker *checker, const struct rule *rule,
                           const struct frame *frame, uint64_t *ret_n_items)
{
    const struct array_rules *rules = rule->array;
    struct items items;
    struct frame element = { .up = frame };
    bool is_valid = true;
    items_begin(&items, checker, frame);
    for (;;) {
        if (rules->items.n_items == 0 && rules->additional != NULL) {
            pass_elements(&items, rules->additional);
        }
        if (items_are_over(&items) || !items_next(&items, &element)) {
            break;
        }
        const struct rule *own = rule_at(rules, element.index);
        if (own == NULL || check_item(checker, own, &element)) {
            continue;
        }
        is_valid = false;
        if (is_decided(checker)) {
            return false;
        }
    }
    *ret_n_items = items.n_seen;
    return is_valid && checker->error == 0;
}

static bool check_contains(struct schema_checker *checker, const struct rule *rule,
                           const struct frame *frame)
{
    struct items items;
    struct frame element = { .up = frame };
    items_begin(&items, checker, frame);
    while (items_next(&items, &element)) {
        if (check_quietly(checker, rule->array->contains, &element)) {
            return true;
        }
    }
    return complain(checker, frame, rule, "contains", "has no element of the kind expected");
}

/* An element in the table of those seen. */
struct slot {
    uint32_t token;
    uint32_t hash;
};

/* Whether the element at token equals one in the table; it is put there. */
static bool is_seen(struct schema_checker *checker, const struct json_document *document,
                    uint32_t token, size_t mask)
{
    struct slot *slots = (struct slot *)(void *)checker->slots.data;
    struct item item = { document, token, NULL };
    uint64_t hash;
    if (!value_hash(checker, &item, &hash)) {
        return false;
    }
    for (uint64_t at = hash;; at++) {
        struct slot *slot = &slots[at & mask];
        struct item other = { document, slot->token, NULL };
        if (slot->token == 0) {
            *slot = (struct slot){ token, (uint32_t)hash };
            return false;
        }
        if (slot->hash == (uint32_t)hash && values_equal(checker, &other, &item)) {
            return true;
        }
        /* Elements that were made to meet in one place are work, too. */
        if (!spend(checker, 1)) {
            return false;
        }
    }
}

/* Makes a table for n elements, twice as many slots as that. Token 0 is none: it is a container's. */
static bool open_slots(struct schema_checker *checker, uint64_t n_items, size_t *ret_mask)
{
    size_t n_slots = 4;
    while (n_slots < 2 * n_items) {
        n_slots *= 2;
    }
    buffer_clear(&checker->slots);
    if (buffer_reserve(&checker->slots, n_slots * sizeof(struct slot)) < 0) {
        return out_of_memory(checker);
    }
    memset(checker->slots.data, 0, n_slots * sizeof(struct slot));
    *ret_mask = n_slots - 1;
    return true;
}

static bool check_unique(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *frame, uint64_t n_items)
{
    struct item array;
    size_t mask;
    uint32_t index = 0;
    if (n_items < 2) {
        return true;
    }
    if (!item_flatten(checker, &frame->item, &array) || !open_slots(checker, n_items, &mask)) {
        return false;
    }
    for (uint32_t token = json_first(array.document, array.token); token != JSON_END;
         token = json_sibling(array.document, token)) {
        if (is_seen(checker, array.document, token, mask)) {
            return complain(checker, frame, rule, "uniqueItems", "element %u is there twice",
                            (unsigned)index);
        }
        if (checker->error != 0) {
            return false;
        }
        index++;
    }
    return true;
}

static bool check_count(struct schema_checker *checker, const struct rule *rule,
                        const struct frame *frame, uint64_t n_items)
{
    if (n_items < rule->array->min_items) {
        return complain(checker, frame, rule, "minItems",
                        "has %llu elements, expected at least %llu", (unsigned long long)n_items,
                        (unsigned long long)rule->array->min_items);
    }
    if (n_items > rule->array->max_items) {
        return complain(checker, frame, rule, "maxItems",
                        "has %llu elements, expected at most %llu", (unsigned long long)n_items,
                        (unsigned long long)rule->array->max_items);
    }
    return true;
}

bool check_array(struct schema_checker *checker, const struct rule *rule, const struct frame *frame)
{
    const struct array_rules *rules = rule->array;
    uint64_t n_items = 0;
    bool is_valid = check_elements(checker, rule, frame, &n_items);
    if (!is_valid && is_decided(checker)) {
        return false;
    }
    is_valid &= check_count(checker, rule, frame, n_items);
    if (rules->is_unique && (is_valid || !is_decided(checker))) {
        is_valid &= check_unique(checker, rule, frame, n_items);
    }
    if (rules->contains != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_contains(checker, rule, frame);
    }
    return is_valid;
}
