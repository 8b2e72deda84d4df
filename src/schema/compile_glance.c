/* SPDX-License-Identifier: Apache-2.0 */
/* What glance.c goes by: of each rule what needs no more than a glance, beside each name it is for. */
#include "schema/compile.h"

/* What GLANCE_DIGITS digits can say lies below it. */
static const int64_t SMALL_END = INT64_C(1000000000000000000);

static const int64_t NATURAL_MAX = INT64_C(999999999999999);

static int64_t clamp(int64_t value)
{
    return value > SMALL_END ? SMALL_END : value < -SMALL_END ? -SMALL_END : value;
}

/* Whether the bound, if there is one, can be told by small integers. */
static bool is_tellable(const struct number_bound *bound)
{
    return bound->text == NULL || bound->is_small;
}

static bool narrow(struct glance *glance, const struct number_rules *rules)
{
    const struct number_bound *lower[] = { &rules->minimum, &rules->exclusive_minimum };
    const struct number_bound *upper[] = { &rules->maximum, &rules->exclusive_maximum };
    for (int is_exclusive = 0; is_exclusive < 2; is_exclusive++) {
        const struct number_bound *low = lower[is_exclusive];
        const struct number_bound *high = upper[is_exclusive];
        if (!is_tellable(low) || !is_tellable(high)) {
            return false;
        }
        int64_t min = low->text == NULL ? -SMALL_END : clamp(low->value) + is_exclusive;
        int64_t max = high->text == NULL ? SMALL_END : clamp(high->value) - is_exclusive;
        glance->min = min > glance->min ? min : glance->min;
        glance->max = max < glance->max ? max : glance->max;
    }
    return rules->multiple_of.text == NULL;
}

static void look_at_numbers(struct glance *glance, const struct rule *rule)
{
    bool is_looked_at = (rule->looked_at & TYPE_BIT_NUMBER) != 0;
    glance->min = -SMALL_END;
    glance->max = SMALL_END;
    glance->takes_integers =
        (rule->types & (TYPE_BIT_NUMBER | TYPE_BIT_INTEGER)) != 0 &&
        (!is_looked_at || (rule->values == NULL && rule->logic == NULL &&
                           (rule->number == NULL || narrow(glance, rule->number))));
    glance->takes_naturals =
        glance->takes_integers && glance->min <= 0 && glance->max >= NATURAL_MAX;
}

static void look_at_strings(struct glance *glance, const struct rule *rule)
{
    const struct string_rules *rules = rule->string;
    glance->max_len = GLANCE_LEN_MAX;
    glance->takes_strings = (rule->types & rule->looked_at & TYPE_BIT_STRING) != 0 &&
                            rule->logic == NULL && (rules == NULL || rules->pattern == NULL);
    if (rules == NULL) {
        return;
    }
    /* In bytes: a code point takes four at most, and one at least. */
    uint64_t min_len = rules->min_len == 0 ? 0 : 4 * (rules->min_len - 1) + 1;
    glance->takes_strings &= rules->min_len <= GLANCE_LEN_MAX && min_len <= GLANCE_LEN_MAX;
    glance->min_len = (uint16_t)min_len;
    glance->max_len = (uint16_t)(rules->max_len < GLANCE_LEN_MAX ? rules->max_len : GLANCE_LEN_MAX);
    glance->format = (uint8_t)rules->format;
}

static void look_at(struct rule *rule)
{
    struct glance *glance = &rule->glance;
    glance->free_kinds = (uint8_t)(rule->types & ~rule->looked_at & TYPE_BITS_ALL);
    glance->has_values = rule->values != NULL;
    bool is_whole = rule->values == NULL && rule->logic == NULL;
    glance->takes_objects =
        is_whole && rule->object != NULL && (rule->types & TYPE_BIT_OBJECT) != 0;
    glance->takes_arrays = is_whole && rule->array != NULL && (rule->types & TYPE_BIT_ARRAY) != 0;
    look_at_numbers(glance, rule);
    look_at_strings(glance, rule);
}

void compile_glances(struct compiler *compiler)
{
    static const struct glance anything = { .free_kinds = TYPE_BITS_ALL };
    for (size_t i = 0; i < compiler->n_entries; i++) {
        look_at(compiler->entries[i].rule);
    }
    for (size_t i = 0; i < compiler->n_entries; i++) {
        const struct object_rules *rules = compiler->entries[i].rule->object;
        for (uint32_t k = 0; rules != NULL && k < rules->n_slots; k++) {
            struct name_slot *slot = &rules->slots[k];
            slot->rule = slot->name == NULL ? NULL : rules->properties[slot->index].rule;
            const struct rule *rule = slot->rule != NULL ? slot->rule : rules->additional;
            slot->glance = rule == NULL ? anything : rule->glance;
        }
    }
}
