/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projection. Several rules may hold for one value (allOf, or a property that patterns name, too): the set
 * of them goes down with it, each rule once. Recursion: as deep as an event.
 */
#include <errno.h>
#include <stdlib.h>

#include "schema/checker_private.h"

/* The rules that hold for a value: a part of checker->rules, which may move when it grows. */
struct rule_set {
    size_t first;
    size_t n;
};

static const struct rule *rule_of(const struct schema_checker *checker, const struct rule_set *set,
                                  size_t i)
{
    const struct rule *const *rules = (const struct rule *const *)(void *)checker->rules.data;
    return rules[set->first + i];
}

/* Adds what projection follows of a rule to the set, which is the last one. */
static bool add_rules(struct schema_checker *checker, struct rule_set *set, const struct rule *rule)
{
    for (size_t i = 0; i < rule->projected.n_items; i++) {
        const struct rule *added = rule->projected.items[i];
        size_t k = 0;
        while (k < set->n && rule_of(checker, set, k) != added) {
            k++;
        }
        if (k < set->n) {
            continue;
        }
        if (buffer_append(&checker->rules, &added, sizeof(struct rule *)) < 0) {
            return out_of_memory(checker);
        }
        set->n++;
    }
    return true;
}

static struct rule_set open_set(const struct schema_checker *checker)
{
    return (struct rule_set){ checker->rules.len / sizeof(struct rule *), 0 };
}

static void close_set(struct schema_checker *checker, const struct rule_set *set)
{
    checker->rules.len = set->first * sizeof(struct rule *);
}

/*
 * Whether a container is in the value that counts: neither it nor what it is in is a member whose name
 * comes again.
 */
static bool is_counting(struct schema_checker *checker, const struct frame *container)
{
    for (const struct frame *frame = container; frame->up != NULL; frame = frame->up) {
        if (!spend(checker, 1) || item_is_repeated(checker, frame)) {
            return false;
        }
    }
    return true;
}

/*
 * The node of a container, to remove something from it. *ret_node is NULL where the container is not in
 * the value that counts. The last one is remembered: what is removed comes in groups. False when the
 * check ends.
 */
static bool open_trimmed(struct schema_checker *checker, const struct frame *container,
                         struct event_node **ret_node)
{
    const struct item *item = &container->item;
    if (checker->trimmed.document != item->document || checker->trimmed.token != item->token) {
        bool counts = is_counting(checker, container);
        if (checker->error != 0) {
            return false;
        }
        struct event_node *node = counts ? frame_node(checker, container) : NULL;
        if (counts && node == NULL) {
            return out_of_memory(checker);
        }
        checker->trimmed.document = item->document;
        checker->trimmed.token = item->token;
        checker->trimmed.node = node;
    }
    *ret_node = checker->trimmed.node;
    return true;
}

/* Whether a patch has set or added anything inside. Recursion: as deep as a pointer. */
static bool has_made(const struct event_node *node)
{
    if (node->added != NULL) {
        return true;
    }
    for (const struct event_node *child = node->touched; child != NULL; child = child->next) {
        if (!child->is_removed && (child->document != node->document || has_made(child))) {
            return true;
        }
    }
    return false;
}

/* Whether a patch made the member or anything inside it. */
static bool is_made(const struct schema_checker *checker, const struct frame *member)
{
    return !member->is_original || member->item.document != &checker->event->document ||
           (member->item.node != NULL && has_made(member->item.node));
}

bool is_to_drop(const struct schema_checker *checker, const struct frame *member)
{
    return checker->projection->unknown == SCHEMA_UNKNOWN_DROP && !is_made(checker, member);
}

/* Removes this member, and no other of its name. */
static bool drop_one(struct schema_checker *checker, struct event_node *parent,
                     const struct frame *member)
{
    struct event_value value = { event_node_touched(parent, member->member), member->item.document,
                                 member->item.token, member->member };
    if (event_node_drop(checker->event, parent, &value) < 0) {
        return out_of_memory(checker);
    }
    checker->event->is_patched = true;
    return true;
}

bool drop_forbidden(struct schema_checker *checker, const struct rule *rule,
                    const struct frame *member)
{
    struct event_node *parent;
    if (!open_trimmed(checker, member->up, &parent)) {
        return false;
    }
    if (parent == NULL) {
        return true;
    }
    if (!drop_one(checker, parent, member)) {
        return false;
    }
    return checker->projection->drops == NULL || count_drop(checker, rule, member);
}

bool drop_null(struct schema_checker *checker, const struct frame *member)
{
    struct event_node *parent;
    if (!open_trimmed(checker, member->up, &parent)) {
        return false;
    }
    if (parent == NULL) {
        return true;
    }
    const struct item *object = &member->up->item;
    if (member->member != JSON_END && item_is_alone(checker, member)) {
        return drop_one(checker, parent, member);
    }
    /* All of the name: a look at each member. */
    if (!spend(checker, (object->document->links[object->token] - object->token) / 4)) {
        return false;
    }
    struct json_step step = { member->name, member->name_len, JSON_NO_INDEX };
    struct event_value value = { member->node, member->item.document, member->item.token,
                                 member->member };
    if (event_node_remove(checker->event, parent, &step, &value) < 0) {
        return out_of_memory(checker);
    }
    checker->event->is_patched = true;
    return true;
}

/* What the rules of an object say of one of its members. */
struct member_view {
    struct rule_set rules;
    /* A rule that forbids it. */
    const struct rule *forbidden_by;
    bool is_required;
};

/* Adds the rules of the patterns that the name matches. */
static bool add_patterns(struct schema_checker *checker, const struct object_rules *rules,
                         const struct frame *member, struct rule_set *set, bool *is_known)
{
    for (size_t i = 0; i < rules->n_patterns; i++) {
        int r = pattern_matches(checker->matcher, rules->patterns[i].pattern, member->name,
                                member->name_len);
        if (r < 0) {
            return out_of_memory(checker);
        }
        /* What costs too much is kept: the check that follows says so. */
        *is_known |= r != 0;
        if (r == PATTERN_MATCHES && !add_rules(checker, set, rules->patterns[i].rule)) {
            return false;
        }
    }
    return true;
}

/* What one rule of the object says of the member. */
static bool view_by(struct schema_checker *checker, const struct rule *rule,
                    const struct frame *member, struct member_view *view)
{
    const struct object_rules *rules = rule->object;
    const struct property *property = property_find(rules, member->name, member->name_len);
    bool is_known = property != NULL && property->rule != NULL;
    view->is_required |= property != NULL && property->is_required;
    if ((is_known && !add_rules(checker, &view->rules, property->rule)) ||
        !add_patterns(checker, rules, member, &view->rules, &is_known)) {
        return false;
    }
    if (is_known || rules->additional == NULL) {
        return true;
    }
    if (rules->additional->types == 0) {
        view->forbidden_by = rule;
        return true;
    }
    return add_rules(checker, &view->rules, rules->additional);
}

static bool view_member(struct schema_checker *checker, const struct rule_set *set,
                        const struct frame *member, struct member_view *view)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct rule *rule = rule_of(checker, set, i);
        if (rule->object != NULL && !view_by(checker, rule, member, view)) {
            return false;
        }
    }
    return true;
}

static bool project_forbidden(struct schema_checker *checker, const struct rule *rule,
                              const struct frame *member)
{
    if (is_to_drop(checker, member)) {
        return drop_forbidden(checker, rule, member);
    }
    bool is_violation =
        checker->projection->unknown != SCHEMA_UNKNOWN_KEEP || is_made(checker, member);
    return (is_violation && !item_is_repeated(checker, member))
               ? complain_of_unknown(checker, rule, member)
               : true;
}

/* Whether every rule of the set takes the value. */
static bool is_valid_under(struct schema_checker *checker, const struct rule_set *set,
                           const struct frame *member)
{
    for (size_t i = 0; i < set->n; i++) {
        if (!check_quietly(checker, rule_of(checker, set, i), member)) {
            return false;
        }
    }
    return true;
}

static bool project_item(struct schema_checker *checker, const struct rule_set *set,
                         const struct frame *frame);

static bool is_container(const struct frame *frame)
{
    enum json_kind kind = json_kind(frame->item.document, frame->item.token);
    return kind == JSON_OBJECT || kind == JSON_ARRAY;
}

static bool project_viewed(struct schema_checker *checker, const struct member_view *view,
                           const struct frame *member)
{
    if (view->forbidden_by != NULL) {
        return project_forbidden(checker, view->forbidden_by, member);
    }
    if (is_null(member)) {
        bool is_gone = !view->is_required && !is_valid_under(checker, &view->rules, member) &&
                       !item_is_repeated(checker, member);
        return !is_gone || drop_null(checker, member);
    }
    /* Of members of one name the last one counts: the others stay as they are. */
    return !is_container(member) || item_is_repeated(checker, member) ||
           project_item(checker, &view->rules, member);
}

static bool project_object(struct schema_checker *checker, const struct rule_set *set,
                           const struct frame *frame)
{
    struct items items;
    struct frame member = { .up = frame };
    bool is_valid = true;
    items_begin(&items, checker, frame);
    while (!(is_decided(checker) && !is_valid) && items_next(&items, &member)) {
        struct member_view view = { .rules = open_set(checker) };
        is_valid &=
            view_member(checker, set, &member, &view) && project_viewed(checker, &view, &member);
        close_set(checker, &view.rules);
    }
    return is_valid && checker->error == 0;
}

static bool project_array(struct schema_checker *checker, const struct rule_set *set,
                          const struct frame *frame)
{
    struct items items;
    struct frame element = { .up = frame };
    bool is_valid = true;
    items_begin(&items, checker, frame);
    while (!(is_decided(checker) && !is_valid) && items_next(&items, &element)) {
        struct rule_set own = open_set(checker);
        for (size_t i = 0; i < set->n; i++) {
            const struct array_rules *rules = rule_of(checker, set, i)->array;
            const struct rule *rule = rules == NULL ? NULL
                                      : element.index < rules->items.n_items
                                          ? rules->items.items[element.index]
                                          : rules->additional;
            is_valid &= rule == NULL || add_rules(checker, &own, rule);
        }
        is_valid &= project_item(checker, &own, &element);
        close_set(checker, &own);
    }
    return is_valid && checker->error == 0;
}

static bool project_item(struct schema_checker *checker, const struct rule_set *set,
                         const struct frame *frame)
{
    switch (json_kind(frame->item.document, frame->item.token)) {
    case JSON_OBJECT:
        return project_object(checker, set, frame);
    case JSON_ARRAY:
        return project_array(checker, set, frame);
    default:
        return true;
    }
}

int schema_project(struct schema_checker *checker, const struct schema_projection *projection,
                   struct weir_event *event)
{
    checker_begin(checker, event, projection);
    if (event_node_index(event, &event->root) < 0) {
        return checker_end(checker, out_of_memory(checker));
    }
    struct frame root = checker_root(event);
    struct rule_set set = open_set(checker);
    bool is_valid =
        add_rules(checker, &set, checker->schema->root) && project_item(checker, &set, &root);
    close_set(checker, &set);
    return checker_end(checker, is_valid);
}
