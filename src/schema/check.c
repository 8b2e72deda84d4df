/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value under one rule: its type, then the blocks that concern values of its kind. Recursion: at
 * most SCHEMA_MAX_DEPTH rules.
 */
#include <errno.h>

#include "schema/checker_private.h"
#include "json/decimal.h"

/* "integer or null" */
static void put_types(char *text, size_t size, unsigned types)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        { TYPE_BIT_OBJECT, "object" },   { TYPE_BIT_ARRAY, "array" },
        { TYPE_BIT_STRING, "string" },   { TYPE_BIT_NUMBER, "number" },
        { TYPE_BIT_INTEGER, "integer" }, { TYPE_BIT_BOOL, "boolean" },
        { TYPE_BIT_NULL, "null" },
    };
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(names) && len < size; i++) {
        if (types & names[i].bit) {
            len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? " or " : "",
                                    names[i].name);
        }
    }
}

static bool complain_of_type(struct schema_checker *checker, const struct rule *rule,
                             const struct frame *frame, enum json_kind kind)
{
    char expected[96];
    char found[16];
    if (checker->is_quiet > 0) {
        return false;
    }
    if (rule->types == 0) {
        return complain(checker, frame, rule, NULL, "is not allowed");
    }
    put_types(expected, sizeof(expected), rule->types);
    put_types(found, sizeof(found), 1U << kind);
    return complain(checker, frame, rule, "type", "expected %s, found %s", expected, found);
}

static bool is_integer(struct schema_checker *checker, const struct item *item)
{
    struct json_span span = item_span(item);
    return spend(checker, span.len / BYTES_A_STEP) && decimal_is_integer(span.bytes, span.len);
}

static bool check_kind(struct schema_checker *checker, const struct rule *rule,
                       const struct frame *frame, enum json_kind kind)
{
    switch (kind) {
    case JSON_OBJECT:
        return rule->object == NULL || check_object(checker, rule, frame);
    case JSON_ARRAY:
        return rule->array == NULL || check_array(checker, rule, frame);
    case JSON_STRING:
        return rule->string == NULL || check_string(checker, rule, frame);
    case JSON_NUMBER:
        return rule->number == NULL || check_number(checker, rule, frame);
    default:
        return true;
    }
}

static bool check_blocks(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *frame, enum json_kind kind)
{
    if (checker->depth == SCHEMA_MAX_DEPTH) {
        return give_up(checker, frame, rule, NULL, "nests too many rules");
    }
    checker->depth++;
    bool is_valid = check_kind(checker, rule, frame, kind);
    if (rule->values != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_values(checker, rule, frame);
    }
    if (rule->logic != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_logic(checker, rule, frame);
    }
    checker->depth--;
    return is_valid;
}

bool check_item(struct schema_checker *checker, const struct rule *rule, const struct frame *frame)
{
    const struct item *item = &frame->item;
    enum json_kind kind = json_kind(item->document, item->token);
    if (!spend(checker, 1)) {
        return false;
    }
    if ((rule->types >> kind & 1) == 0 &&
        !(kind == JSON_NUMBER && (rule->types & TYPE_BIT_INTEGER) && is_integer(checker, item))) {
        return complain_of_type(checker, rule, frame, kind);
    }
    return (rule->looked_at >> kind & 1) == 0 || check_blocks(checker, rule, frame, kind);
}

bool check_quietly(struct schema_checker *checker, const struct rule *rule,
                   const struct frame *frame)
{
    checker->is_quiet++;
    bool is_valid = check_item(checker, rule, frame);
    checker->is_quiet--;
    return is_valid;
}

int schema_checker_new(const struct schema *schema, struct schema_checker **ret_checker)
{
    struct schema_checker *checker = calloc(1, sizeof(*checker));
    if (checker == NULL) {
        return -ENOMEM;
    }
    checker->schema = schema;
    int r = pattern_matcher_new(&checker->matcher);
    if (r < 0) {
        free(checker);
        return r;
    }
    *ret_checker = checker;
    return 0;
}

void schema_checker_free(struct schema_checker *checker)
{
    if (checker == NULL) {
        return;
    }
    schema_checker_flush(checker);
    for (size_t i = 0; i < KNOWN_DROPS; i++) {
        free(checker->known_drops[i].name);
    }
    pattern_matcher_free(checker->matcher);
    arena_deinit(&checker->arena);
    buffer_deinit(&checker->text);
    buffer_deinit(&checker->bits);
    buffer_deinit(&checker->rules);
    buffer_deinit(&checker->flat);
    buffer_deinit(&checker->flat_links);
    buffer_deinit(&checker->slots);
    buffer_deinit(&checker->complaint);
    free(checker);
}

/* What is kept of each kind of scratch memory. */
enum { SCRATCH_KEPT = 64 * 1024 };

void checker_begin(struct schema_checker *checker, struct weir_event *event,
                   const struct schema_projection *projection)
{
    checker->event = event;
    checker->projection = projection;
    checker->is_quiet = 0;
    checker->depth = 0;
    checker->work = SCHEMA_MAX_WORK;
    checker->n_violations = 0;
    checker->error = 0;
    checker->trimmed.document = NULL;
    checker->unsure.document = NULL;
    checker->tables = NULL;
    checker->n_tables = 0;
    checker->n_table_places = 0;
    buffer_clear(&checker->complaint);
    pattern_matcher_begin(checker->matcher);
}

int checker_end(struct schema_checker *checker, bool is_valid)
{
    struct buffer *const scratch[] = { &checker->text, &checker->bits,       &checker->rules,
                                       &checker->flat, &checker->flat_links, &checker->slots };
    for (size_t i = 0; i < ARRAY_SIZE(scratch); i++) {
        buffer_clear(scratch[i]);
        buffer_shrink(scratch[i], SCRATCH_KEPT);
    }
    arena_reset(&checker->arena);
    if (checker->error > 0 && checker->given_up != NULL &&
        buffer_printf(&checker->complaint, "%sthe event: %s (schema %s)",
                      checker->complaint.len > 0 ? "; " : "", checker->given_up,
                      checker->schema->root->place) < 0) {
        return -ENOMEM;
    }
    return checker->error != 0 ? checker->error : is_valid ? 0 : SCHEMA_INVALID;
}

struct frame checker_root(struct weir_event *event)
{
    struct event_node *root = &event->root;
    bool is_changed = root->touched != NULL || root->added != NULL;
    return (struct frame){
        .item = { root->document, root->token, is_changed ? root : NULL },
        .node = root,
        .member = JSON_END,
    };
}

int schema_check_document(struct schema_checker *checker, const struct json_document *document)
{
    struct frame root = { .item = { document, 0, NULL }, .member = JSON_END };
    checker_begin(checker, NULL, NULL);
    return checker_end(checker, check_item(checker, checker->schema->root, &root));
}

int schema_check_event(struct schema_checker *checker, struct weir_event *event)
{
    checker_begin(checker, event, NULL);
    /* Where a patch has set the whole event, it is text so far. */
    if (event_node_index(event, &event->root) < 0) {
        return checker_end(checker, out_of_memory(checker));
    }
    struct frame root = checker_root(event);
    return checker_end(checker, check_item(checker, checker->schema->root, &root));
}

int schema_conform(struct schema_checker *checker, const struct schema_projection *projection,
                   struct weir_event *event)
{
    if (!checker->schema->is_plain) {
        int r = schema_project(checker, projection, event);
        return r != 0 ? r : schema_check_event(checker, event);
    }
    checker_begin(checker, event, projection);
    if (event_node_index(event, &event->root) < 0) {
        return checker_end(checker, out_of_memory(checker));
    }
    struct frame root = checker_root(event);
    return checker_end(checker, check_item(checker, checker->schema->root, &root));
}

const char *schema_checker_complaint(const struct schema_checker *checker)
{
    return checker->complaint.len == 0 ? "" : checker->complaint.data;
}
