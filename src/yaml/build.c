/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/scalar.h"

int yaml_complain(struct problem *problem, const struct yaml_origin *origin, const char *format,
                  ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return problem_set(problem, EINVAL, EXIT_CONFIG, "%s:%u:%u: %s", origin->source,
                       (unsigned)origin->line, (unsigned)origin->column, text);
}

int yaml_out_of_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

void yaml_builder_deinit(struct yaml_builder *builder)
{
    free(builder->pending);
    free(builder->anchors);
}

static int spend(struct yaml_builder *builder, size_t n_nodes, size_t text_len,
                 const struct yaml_origin *origin)
{
    builder->n_nodes += n_nodes;
    builder->text_len += text_len;
    if (builder->n_nodes > YAML_MAX_NODES) {
        return yaml_complain(builder->problem, origin,
                             "more than %d values, copies of aliases included", YAML_MAX_NODES);
    }
    if (builder->text_len > YAML_MAX_TEXT) {
        return yaml_complain(builder->problem, origin,
                             "more than %d bytes of text, copies of aliases included",
                             YAML_MAX_TEXT);
    }
    return 0;
}

static int push_pending(struct yaml_builder *builder, struct yaml_node *node)
{
    if (builder->n_pending == builder->pending_capacity) {
        size_t capacity = builder->pending_capacity == 0 ? 256 : builder->pending_capacity * 2;
        struct yaml_node **pending = realloc(builder->pending, capacity * sizeof(*pending));
        if (pending == NULL) {
            return yaml_out_of_memory(builder->problem);
        }
        builder->pending = pending;
        builder->pending_capacity = capacity;
    }
    builder->pending[builder->n_pending++] = node;
    return 0;
}

/* Whether the next node is a map's key. */
static bool expects_key(const struct yaml_builder *builder)
{
    if (builder->depth == 0) {
        return false;
    }
    const struct yaml_frame *top = &builder->frames[builder->depth - 1];
    return top->node->kind == YAML_MAP && (builder->n_pending - top->first) % 2 == 0;
}

/* Puts a finished node where it belongs. */
static int place(struct yaml_builder *builder, struct yaml_node *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return 0;
    }
    if (node->kind != YAML_SCALAR && expects_key(builder)) {
        return yaml_complain(builder->problem, &node->origin,
                             "a key must be a plain text, not a list or a map");
    }
    return push_pending(builder, node);
}

/* Remembers an anchor (node may still be unfinished: NULL). *ret_index is SIZE_MAX without a name. */
static int add_anchor(struct yaml_builder *builder, const char *name, const struct yaml_node *node,
                      const struct yaml_origin *origin, size_t *ret_index)
{
    *ret_index = SIZE_MAX;
    if (name == NULL) {
        return 0;
    }
    if (builder->anchors == NULL) {
        builder->anchors = calloc(YAML_MAX_ANCHORS, sizeof(*builder->anchors));
        if (builder->anchors == NULL) {
            return yaml_out_of_memory(builder->problem);
        }
    }
    if (builder->n_anchors == YAML_MAX_ANCHORS) {
        return yaml_complain(builder->problem, origin, "more than %d anchors", YAML_MAX_ANCHORS);
    }
    char *copy = arena_copy(builder->arena, name, strlen(name));
    if (copy == NULL) {
        return yaml_out_of_memory(builder->problem);
    }
    *ret_index = builder->n_anchors++;
    builder->anchors[*ret_index] = (struct yaml_anchor){ .name = copy, .node = node };
    return 0;
}

int yaml_build_scalar(struct yaml_builder *builder, const char *anchor, struct yaml_node *scalar)
{
    size_t index;
    int r = spend(builder, 1, scalar->len, &scalar->origin);
    if (r < 0) {
        return r;
    }
    r = add_anchor(builder, anchor, scalar, &scalar->origin, &index);
    return r < 0 ? r : place(builder, scalar);
}

int yaml_build_open(struct yaml_builder *builder, const char *anchor, struct yaml_node *node)
{
    if (builder->depth == YAML_MAX_DEPTH) {
        return yaml_complain(builder->problem, &node->origin, "nested deeper than %d levels",
                             YAML_MAX_DEPTH);
    }
    size_t index;
    int r = spend(builder, 1, 0, &node->origin);
    if (r < 0) {
        return r;
    }
    r = add_anchor(builder, anchor, NULL, &node->origin, &index);
    if (r < 0) {
        return r;
    }
    builder->frames[builder->depth++] =
        (struct yaml_frame){ .node = node, .first = builder->n_pending, .anchor = index };
    return 0;
}

static int take_items(struct yaml_builder *builder, struct yaml_node *list,
                      struct yaml_node **children, size_t n_children)
{
    list->items = arena_alloc(builder->arena, n_children * sizeof(struct yaml_node *));
    if (list->items == NULL) {
        return yaml_out_of_memory(builder->problem);
    }
    if (n_children > 0) {
        memcpy(list->items, children, n_children * sizeof(struct yaml_node *));
    }
    list->n_items = n_children;
    return 0;
}

static bool is_merge_key(const struct yaml_node *key)
{
    return key->is_plain && key->len == 2 && memcmp(key->text, "<<", 2) == 0;
}

/* Adds what the map has not got itself from one map behind `<<`. */
static int merge_map(struct yaml_builder *builder, struct yaml_node *map,
                     const struct yaml_node *from)
{
    if (from->kind != YAML_MAP) {
        return yaml_complain(builder->problem, &from->origin,
                             "a merge key (<<) needs a map or a list of maps");
    }
    struct yaml_entry *entries =
        arena_alloc(builder->arena, (map->n_items + from->n_items) * sizeof(*entries));
    if (entries == NULL) {
        return yaml_out_of_memory(builder->problem);
    }
    size_t n_entries = map->n_items;
    if (n_entries > 0) {
        memcpy(entries, map->entries, n_entries * sizeof(*entries));
    }
    for (size_t i = 0; i < from->n_items; i++) {
        const struct yaml_entry *entry = &from->entries[i];
        if (yaml_map_entry(map, entry->key, entry->key_len) == NULL) {
            entries[n_entries++] = *entry;
        }
    }
    map->entries = entries;
    map->n_items = n_entries;
    size_t first;
    size_t second;
    int r = yaml_map_seal(builder->arena, map, &first, &second);
    require(r <= 0);
    return r < 0 ? yaml_out_of_memory(builder->problem) : 0;
}

static int merge_keys(struct yaml_builder *builder, struct yaml_node *map,
                      const struct yaml_node *from)
{
    if (from->kind != YAML_LIST) {
        return merge_map(builder, map, from);
    }
    for (size_t i = 0; i < from->n_items; i++) {
        /* The list itself is paid for; each walk over the grown map is paid for here. */
        int r = spend(builder, map->n_items, 0, &from->origin);
        if (r == 0) {
            r = merge_map(builder, map, from->items[i]);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int take_entries(struct yaml_builder *builder, struct yaml_node *map,
                        struct yaml_node **children, size_t n_children)
{
    const struct yaml_node *merged = NULL;
    map->entries = arena_alloc(builder->arena, n_children / 2 * sizeof(*map->entries));
    if (map->entries == NULL) {
        return yaml_out_of_memory(builder->problem);
    }
    for (size_t i = 0; i < n_children; i += 2) {
        const struct yaml_node *key = children[i];
        if (is_merge_key(key) && merged != NULL) {
            return yaml_complain(builder->problem, &key->origin, "key \"<<\" is given twice");
        }
        if (is_merge_key(key)) {
            merged = children[i + 1];
            continue;
        }
        map->entries[map->n_items++] = (struct yaml_entry){
            .key = key->text, .key_len = key->len, .origin = key->origin, .value = children[i + 1]
        };
    }
    size_t first;
    size_t second;
    int r = yaml_map_seal(builder->arena, map, &first, &second);
    if (r < 0) {
        return yaml_out_of_memory(builder->problem);
    }
    if (r > 0) {
        return yaml_complain(builder->problem, &map->entries[second].origin,
                             "key \"%.100s\" is given twice, first in line %u",
                             map->entries[second].key, (unsigned)map->entries[first].origin.line);
    }
    return merged != NULL ? merge_keys(builder, map, merged) : 0;
}

int yaml_build_close(struct yaml_builder *builder)
{
    struct yaml_frame *frame = &builder->frames[--builder->depth];
    struct yaml_node *node = frame->node;
    /* NULL + 0 where nothing was ever pushed: memcpy() is not reached then. */
    struct yaml_node **children =
        builder->n_pending > 0 ? builder->pending + frame->first : builder->pending;
    size_t n_children = builder->n_pending - frame->first;
    for (size_t i = 0; i < n_children; i++) {
        if (children[i]->depth >= node->depth) {
            node->depth = (uint16_t)(children[i]->depth + 1);
        }
    }
    int r = node->kind == YAML_MAP ? take_entries(builder, node, children, n_children)
                                   : take_items(builder, node, children, n_children);
    if (r < 0) {
        return r;
    }
    builder->n_pending = frame->first;
    if (frame->anchor != SIZE_MAX) {
        builder->anchors[frame->anchor].node = node;
    }
    return place(builder, node);
}

/* Nodes and text of a tree, as an alias of it costs. */
static void measure(const struct yaml_node *node, size_t *n_nodes, size_t *text_len)
{
    *n_nodes += 1;
    *text_len += node->len;
    for (size_t i = 0; i < node->n_items; i++) {
        if (node->kind == YAML_MAP) {
            *n_nodes += 1;
            *text_len += node->entries[i].key_len;
            measure(node->entries[i].value, n_nodes, text_len);
        } else {
            measure(node->items[i], n_nodes, text_len);
        }
    }
}

static const struct yaml_anchor *find_anchor(const struct yaml_builder *builder, const char *name)
{
    for (size_t i = builder->n_anchors; i > 0; i--) {
        if (strcmp(builder->anchors[i - 1].name, name) == 0) {
            return &builder->anchors[i - 1];
        }
    }
    return NULL;
}

int yaml_build_alias(struct yaml_builder *builder, const char *name,
                     const struct yaml_origin *origin)
{
    const struct yaml_anchor *anchor = find_anchor(builder, name);
    if (anchor == NULL) {
        return yaml_complain(builder->problem, origin, "alias *%.100s has no anchor before it",
                             name);
    }
    if (anchor->node == NULL) {
        return yaml_complain(builder->problem, origin, "alias *%.100s stands inside its own anchor",
                             name);
    }
    if (builder->depth + anchor->node->depth > YAML_MAX_DEPTH + 1) {
        return yaml_complain(builder->problem, origin, "nested deeper than %d levels",
                             YAML_MAX_DEPTH);
    }
    size_t n_nodes = 0;
    size_t text_len = 0;
    measure(anchor->node, &n_nodes, &text_len);
    int r = spend(builder, n_nodes, text_len, origin);
    if (r < 0) {
        return r;
    }
    struct yaml_node *copy = yaml_copy(builder->arena, anchor->node);
    return copy != NULL ? place(builder, copy) : yaml_out_of_memory(builder->problem);
}
