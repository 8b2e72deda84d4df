/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that apply further rules to the same value. */
#include "schema/checker_private.h"

static bool check_all_of(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *frame)
{
    const struct rule_list *list = &rule->logic->all_of;
    bool is_valid = true;
    for (size_t i = 0; i < list->n_items && (is_valid || !is_decided(checker)); i++) {
        is_valid &= check_item(checker, list->items[i], frame);
    }
    return is_valid;
}

/* How many of the rules take the value, counted up to most. */
static size_t count_valid(struct schema_checker *checker, const struct rule_list *list,
                          const struct frame *frame, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_items && n < most && checker->error == 0; i++) {
        n += check_quietly(checker, list->items[i], frame);
    }
    return n;
}

static bool check_any_of(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *frame)
{
    if (count_valid(checker, &rule->logic->any_of, frame, 1) == 1) {
        return true;
    }
    return complain(checker, frame, rule, "anyOf", "is none of what is expected");
}

static bool check_one_of(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *frame)
{
    size_t n = count_valid(checker, &rule->logic->one_of, frame, 2);
    if (n == 1) {
        return true;
    }
    return complain(checker, frame, rule, "oneOf",
                    n == 0 ? "is none of what is expected"
                           : "is more than one of what is expected");
}

static bool check_condition(struct schema_checker *checker, const struct rule *rule,
                            const struct frame *frame)
{
    const struct logic_rules *logic = rule->logic;
    const struct rule *branch =
        check_quietly(checker, logic->condition, frame) ? logic->then_rule : logic->else_rule;
    return branch == NULL || check_item(checker, branch, frame);
}

bool check_logic(struct schema_checker *checker, const struct rule *rule, const struct frame *frame)
{
    const struct logic_rules *logic = rule->logic;
    bool is_valid = check_all_of(checker, rule, frame);
    if (logic->any_of.n_items > 0 && (is_valid || !is_decided(checker))) {
        is_valid &= check_any_of(checker, rule, frame);
    }
    if (logic->one_of.n_items > 0 && (is_valid || !is_decided(checker))) {
        is_valid &= check_one_of(checker, rule, frame);
    }
    if (logic->negated != NULL && (is_valid || !is_decided(checker)) &&
        check_quietly(checker, logic->negated, frame)) {
        is_valid = complain(checker, frame, rule, "not", "is what is not allowed");
    }
    if (logic->condition != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_condition(checker, rule, frame);
    }
    return is_valid;
}
