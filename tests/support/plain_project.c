/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_project.h"

#include <stdlib.h>

#include "base/error.h"
#include "plain_internal.h"

enum { PLACES_MAX = 256 };

/* Schemas that apply to one value. */
struct places {
    size_t n;
    struct plain_place places[PLACES_MAX];
};

struct run {
    struct plain_schema *schema;
    struct plain_projection *projection;
    /* Around what is looked at, a patch has made a value. */
    bool is_inside_made;
};

/* What is to be done with a member. */
enum fate { FATE_FOLLOW, FATE_STAY, FATE_REMOVE };

static void add_place(struct run *run, struct places *places, struct plain_place place);

static void add_all_of(struct run *run, struct places *places, struct plain_place place)
{
    const struct json_tree *list = json_tree_member(place.node, "allOf");
    for (size_t i = 0; list != NULL && plain_kind(list) == '[' && i < list->n_members; i++) {
        add_place(run, places, (struct plain_place){ list->members[i].value, place.base });
    }
}

/* Adds a schema, and what it says through $ref and allOf; each once. */
static void add_place(struct run *run, struct places *places, struct plain_place place)
{
    if (run->schema->is_undecided || !plain_enter(run->schema, &place) ||
        plain_kind(place.node) != '{') {
        return;
    }
    for (size_t i = 0; i < places->n; i++) {
        if (places->places[i].node == place.node) {
            return;
        }
    }
    if (places->n == PLACES_MAX) {
        run->schema->is_undecided = true;
        return;
    }
    places->places[places->n++] = place;
    add_all_of(run, places, place);
}

/* What a schema says of a member, added to the schemas of the member. Whether it forbids it. */
static bool add_of_member(struct run *run, struct plain_place place, const struct buffer *name,
                          struct places *ret_raw)
{
    const struct json_tree *found[PLACES_MAX];
    size_t n = 0;
    const struct json_tree *properties = json_tree_member(place.node, "properties");
    const struct json_tree *patterns = json_tree_member(place.node, "patternProperties");
    const struct json_tree *additional = json_tree_member(place.node, "additionalProperties");
    if (properties != NULL && plain_kind(properties) == '{') {
        found[n] = plain_member(properties, name);
        n += found[n] != NULL;
    }
    size_t n_patterns = patterns != NULL && plain_kind(patterns) == '{' ? patterns->n_members : 0;
    for (size_t i = 0; i < n_patterns && n < PLACES_MAX - 1; i++) {
        if (plain_counts(patterns, i) &&
            plain_matches(run->schema, &patterns->members[i].name, name)) {
            found[n++] = patterns->members[i].value;
        }
    }
    /* A reference to false is false. */
    struct plain_place target = { additional, place.base };
    bool is_forbidden = n == 0 && additional != NULL && plain_enter(run->schema, &target) &&
                        plain_kind(target.node) == 'f';
    if (n == 0 && additional != NULL && !is_forbidden) {
        found[n++] = additional;
    }
    for (size_t i = 0; i < n && ret_raw->n < PLACES_MAX; i++) {
        ret_raw->places[ret_raw->n++] = (struct plain_place){ found[i], place.base };
    }
    return is_forbidden;
}

static bool is_required(const struct places *places, const struct buffer *name)
{
    bool is_required = false;
    for (size_t i = 0; i < places->n; i++) {
        const struct json_tree *list = json_tree_member(places->places[i].node, "required");
        size_t n = list != NULL && plain_kind(list) == '[' ? list->n_members : 0;
        for (size_t j = 0; j < n; j++) {
            const struct json_tree *item = list->members[j].value;
            is_required |= plain_kind(item) == '"' && plain_is_same(&item->text, name);
        }
    }
    return is_required;
}

static bool allows(struct run *run, const struct places *raw, const struct json_tree *value)
{
    bool allows = true;
    for (size_t i = 0; allows && i < raw->n; i++) {
        allows = plain_is_valid(run->schema, raw->places[i], value);
    }
    return allows;
}

static enum fate fate_of_forbidden(struct run *run, const struct json_tree *value)
{
    struct plain_projection *projection = run->projection;
    bool is_made = run->is_inside_made || json_tree_has_made(value);
    if (!is_made && projection->unknown == SCHEMA_UNKNOWN_DROP) {
        projection->n_unknown++;
        return FATE_REMOVE;
    }
    projection->is_violated |= is_made || projection->unknown == SCHEMA_UNKNOWN_ERROR;
    return FATE_STAY;
}

/* Decides; *ret_raw is then what the schemas say of the member. */
static enum fate decide(struct run *run, const struct places *places,
                        const struct json_tree_member *member, struct places *ret_raw)
{
    bool is_forbidden = false;
    ret_raw->n = 0;
    for (size_t i = 0; i < places->n; i++) {
        is_forbidden |= add_of_member(run, places->places[i], &member->name, ret_raw);
    }
    if (is_forbidden) {
        return fate_of_forbidden(run, member->value);
    }
    if (plain_kind(member->value) == 'n' && !is_required(places, &member->name) &&
        !allows(run, ret_raw, member->value)) {
        run->projection->n_null++;
        return FATE_REMOVE;
    }
    return FATE_FOLLOW;
}

static bool project(struct run *run, const struct places *places, struct json_tree *tree);

/* The same for a value of which raw is what schemas say. */
static bool project_value(struct run *run, const struct places *raw, struct json_tree *tree)
{
    if (plain_kind(tree) != '{' && plain_kind(tree) != '[') {
        return false;
    }
    struct places *places = calloc(1, sizeof(*places));
    require(places != NULL);
    for (size_t i = 0; i < raw->n; i++) {
        add_place(run, places, raw->places[i]);
    }
    bool is_inside_made = run->is_inside_made;
    run->is_inside_made |= tree->is_made;
    bool is_changed = project(run, places, tree);
    run->is_inside_made = is_inside_made;
    free(places);
    return is_changed;
}

static bool project_object(struct run *run, const struct places *places, struct json_tree *tree,
                           struct places *raw)
{
    bool is_changed = false;
    for (size_t i = 0; i < tree->n_members && !run->schema->is_undecided;) {
        struct json_tree_member *member = &tree->members[i];
        if (!plain_counts(tree, i)) {
            i++;
            continue;
        }
        enum fate fate = decide(run, places, member, raw);
        if (fate == FATE_FOLLOW) {
            is_changed |= project_value(run, raw, member->value);
        }
        if (fate == FATE_REMOVE) {
            /* Those of its name before it go too. */
            i -= json_tree_remove_name(tree, i);
            is_changed = true;
            continue;
        }
        i++;
    }
    return is_changed;
}

static bool project_array(struct run *run, const struct places *places, struct json_tree *tree,
                          struct places *raw)
{
    bool is_changed = false;
    for (size_t i = 0; i < tree->n_members && !run->schema->is_undecided; i++) {
        raw->n = 0;
        for (size_t j = 0; j < places->n; j++) {
            struct plain_place place = places->places[j];
            const struct json_tree *items = json_tree_member(place.node, "items");
            bool is_list = items != NULL && plain_kind(items) == '[';
            if (is_list) {
                items = i < items->n_members ? items->members[i].value
                                             : json_tree_member(place.node, "additionalItems");
            }
            if (items != NULL && raw->n < PLACES_MAX) {
                raw->places[raw->n++] = (struct plain_place){ items, place.base };
            }
        }
        is_changed |= project_value(run, raw, tree->members[i].value);
    }
    return is_changed;
}

/* Projects inside tree; whether it changed anything. */
static bool project(struct run *run, const struct places *places, struct json_tree *tree)
{
    struct places *raw = calloc(1, sizeof(*raw));
    require(raw != NULL);
    bool is_changed = plain_kind(tree) == '{' ? project_object(run, places, tree, raw)
                                              : project_array(run, places, tree, raw);
    free(raw);
    tree->is_touched |= is_changed;
    return is_changed;
}

bool plain_project(struct plain_schema *schema, struct plain_projection *projection,
                   struct json_tree *tree)
{
    struct run run = { .schema = schema, .projection = projection };
    projection->is_violated = false;
    projection->n_unknown = 0;
    projection->n_null = 0;
    plain_begin(schema);
    struct places root = { .n = 1, .places = { schema->root } };
    project_value(&run, &root, tree);
    return !schema->is_undecided;
}
