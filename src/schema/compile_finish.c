/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of rules only once all are there. The rules that one applies to the same value make a
 * graph; a circle in it would never end. Depth-first, with a stack of its own: a schema may be as
 * deep as it likes.
 */
#include <errno.h>
#include <stdlib.h>

#include "schema/compile.h"

enum colour { WHITE, GREY, BLACK };

/* A rule that is being visited, and which of its slots comes next. */
struct visit {
    uint32_t rule;
    size_t slot;
};

struct walk {
    struct compiler *compiler;
    unsigned char *colours;
    struct visit *stack;
    size_t depth;
};

static const struct rule *listed(const struct rule_list *list, size_t *slot)
{
    if (*slot < list->n_items) {
        return list->items[*slot];
    }
    *slot -= list->n_items;
    return NULL;
}

/* The rules of logic, one a slot; *slot counts down past them where it lies behind. */
static const struct rule *logic_child(const struct logic_rules *logic, size_t *slot)
{
    const struct rule *const singles[] = { logic->negated, logic->condition, logic->then_rule,
                                           logic->else_rule };
    struct rule_list lists[] = {
        logic->all_of, logic->any_of, logic->one_of, { singles, ARRAY_SIZE(singles) }
    };
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        size_t before = *slot;
        const struct rule *child = listed(&lists[i], slot);
        if (before < lists[i].n_items) {
            return child;
        }
    }
    return NULL;
}

static size_t n_logic_slots(const struct logic_rules *logic)
{
    return logic == NULL
               ? 0
               : logic->all_of.n_items + logic->any_of.n_items + logic->one_of.n_items + 4;
}

/* The rule that rule applies to the same value in a slot; NULL where the slot is empty. */
static const struct rule *child_in(const struct rule *rule, size_t slot)
{
    size_t n_logic = n_logic_slots(rule->logic);
    if (slot < n_logic) {
        return logic_child(rule->logic, &slot);
    }
    return rule->object->properties[slot - n_logic].dependency;
}

static size_t n_slots(const struct rule *rule)
{
    size_t n = n_logic_slots(rule->logic);
    return rule->object != NULL && rule->object->has_dependencies ? n + rule->object->n_properties
                                                                  : n;
}

static void enter(struct walk *walk, uint32_t rule)
{
    walk->colours[rule] = GREY;
    walk->stack[walk->depth++] = (struct visit){ rule, 0 };
}

/* Goes on from the rule on top of the stack. Returns 0 or -EINVAL. */
static int visit_top(struct walk *walk)
{
    struct visit *top = &walk->stack[walk->depth - 1];
    const struct compile_entry *entry = &walk->compiler->entries[top->rule];
    if (top->slot == n_slots(entry->rule)) {
        walk->colours[top->rule] = BLACK;
        walk->depth--;
        return 0;
    }
    const struct rule *child = child_in(entry->rule, top->slot++);
    if (child == NULL || walk->colours[child->index] == BLACK) {
        return 0;
    }
    if (walk->colours[child->index] == GREY) {
        return compile_malformed(walk->compiler, &entry->value,
                                 "a schema that does not apply itself to the same value again");
    }
    enter(walk, child->index);
    return 0;
}

static int find_circles(struct compiler *compiler)
{
    AUTO_FREE unsigned char *colours = calloc(compiler->n_entries, 1);
    AUTO_FREE struct visit *stack = calloc(compiler->n_entries, sizeof(*stack));
    if (colours == NULL || stack == NULL) {
        return compile_no_memory(compiler);
    }
    struct walk walk = { compiler, colours, stack, 0 };
    for (size_t i = 0; i < compiler->n_entries; i++) {
        if (colours[i] == WHITE) {
            enter(&walk, (uint32_t)i);
        }
        while (walk.depth > 0) {
            int r = visit_top(&walk);
            if (r < 0) {
                return r;
            }
        }
    }
    return 0;
}

/* Gathers a rule and those that its allOf adds, each once. */
static int find_projected(struct compiler *compiler, struct rule *rule, uint32_t *seen,
                          uint32_t *list)
{
    size_t n = 0;
    list[n++] = rule->index;
    seen[rule->index] = rule->index + 1;
    for (size_t i = 0; i < n; i++) {
        const struct logic_rules *logic = compiler->entries[list[i]].rule->logic;
        for (size_t k = 0; logic != NULL && k < logic->all_of.n_items; k++) {
            uint32_t index = logic->all_of.items[k]->index;
            if (seen[index] != rule->index + 1) {
                seen[index] = rule->index + 1;
                list[n++] = index;
            }
        }
    }
    const struct rule **items = compile_alloc(compiler, n * sizeof(struct rule *));
    if (items == NULL) {
        return compile_no_memory(compiler);
    }
    for (size_t i = 0; i < n; i++) {
        items[i] = compiler->entries[list[i]].rule;
    }
    rule->projected = (struct rule_list){ items, n };
    return 0;
}

static int find_all_projected(struct compiler *compiler)
{
    AUTO_FREE uint32_t *seen = calloc(compiler->n_entries, sizeof(*seen));
    AUTO_FREE uint32_t *list = calloc(compiler->n_entries, sizeof(*list));
    int r = seen == NULL || list == NULL ? compile_no_memory(compiler) : 0;
    for (size_t i = 0; r == 0 && i < compiler->n_entries; i++) {
        r = find_projected(compiler, compiler->entries[i].rule, seen, list);
    }
    return r;
}

int compile_finish(struct compiler *compiler)
{
    int r = find_circles(compiler);
    compile_glances(compiler);
    return r < 0 ? r : find_all_projected(compiler);
}
