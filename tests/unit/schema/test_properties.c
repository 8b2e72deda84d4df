/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds of projection whatever the schema and the event, on random ones:
 *
 *     - what is left is the input's members, in their order, byte for byte
 *     - projecting again removes nothing
 *     - an event that is projected is valid, or what is wrong is no unknown field: none is left where
 *       the projection looks
 *     - where nothing was removed no byte has changed
 *     - of a field that a patch made, none is lost: the event is refused or the field is there
 */
#include <stdio.h>

#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "../../support/json_tree.h"
#include "../../support/patch_lines.h"
#include "../../support/random_schema.h"
#include "base/log.h"

struct subject {
    struct random random;
    struct buffer schema;
    struct buffer document;
    struct buffer patches;
    struct compiled compiled;
    /* How often: schemas that compiled; events that were projected, that lost a field, that were
     * valid only after it, that were refused. */
    size_t n_compiled;
    size_t n_projected;
    size_t n_dropped;
    size_t n_mended;
    size_t n_refused;
};

static int project(struct subject *subject, struct opened *opened, enum schema_unknown unknown,
                   size_t *ret_n_dropped)
{
    return compiled_project(&subject->compiled, unknown, &opened->event, ret_n_dropped);
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Whether left is what is left of whole when members of objects are taken out of it. */
static bool is_left_of(const struct json_tree *left, const struct json_tree *whole)
{
    char byte = json_tree_byte(whole);
    if ((byte != '{' && byte != '[') || is_same(&left->raw, &whole->raw)) {
        return is_same(&left->raw, &whole->raw);
    }
    size_t j = 0;
    bool is_left = json_tree_byte(left) == byte;
    for (size_t i = 0; is_left && i < left->n_members; i++) {
        const struct json_tree_member *member = &left->members[i];
        while (byte == '{' && j < whole->n_members &&
               !(is_same(&whole->members[j].raw_name, &member->raw_name) &&
                 is_left_of(member->value, whole->members[j].value))) {
            j++;
        }
        is_left = j < whole->n_members && is_left_of(member->value, whole->members[j].value);
        j++;
    }
    return is_left && (byte == '{' || left->n_members == whole->n_members);
}

static void show(const struct subject *subject, const char *what)
{
    CU_FAIL("a property does not hold");
    fprintf(stderr, "%s:\n%.*s\n%%%%\n%.*s\n%%%%\n%.*s\n", what, (int)subject->schema.len,
            subject->schema.data, (int)subject->document.len, subject->document.data,
            (int)subject->patches.len, subject->patches.data);
}

static void check_projected(struct subject *subject, struct opened *opened,
                            const struct buffer *before, size_t n_dropped)
{
    opened_line(opened);
    struct json_tree *whole = json_tree_parse(before->data, before->len);
    struct json_tree *left = json_tree_parse(opened->line.data, opened->line.len);
    if (!is_left_of(left, whole)) {
        show(subject, "something else than fields has changed");
    }
    json_tree_free(whole);
    json_tree_free(left);
    if (n_dropped == 0 && !is_same(before, &opened->line) &&
        memmem(before->data, before->len, "null", 4) == NULL) {
        show(subject, "nothing was dropped, but bytes have changed");
    }
    AUTO_BUFFER once = { 0 };
    CU_ASSERT_FATAL(buffer_append(&once, opened->line.data, opened->line.len) == 0);
    size_t n_again = 0;
    if (project(subject, opened, SCHEMA_UNKNOWN_ERROR, &n_again) != 0) {
        show(subject, "an unknown field is left");
    }
    if (project(subject, opened, SCHEMA_UNKNOWN_DROP, &n_again) != 0 || n_again != 0) {
        show(subject, "projecting again drops more");
    }
    opened_line(opened);
    if (!is_same(&once, &opened->line)) {
        show(subject, "projecting again changes bytes");
    }
}

static void try_document(struct subject *subject)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init_len(&opened, subject->document.data, subject->document.len) == 0);
    struct json_tree *tree = json_tree_parse(subject->document.data, subject->document.len);
    patch_lines_apply(subject->patches.data, subject->patches.len, &opened.event, &tree);
    json_tree_free(tree);
    opened_line(&opened);
    AUTO_BUFFER before = { 0 };
    CU_ASSERT_FATAL(buffer_append(&before, opened.line.data, opened.line.len) == 0);
    int was_valid = schema_check_event(subject->compiled.checker, &opened.event);
    size_t n_dropped = 0;
    if (project(subject, &opened, SCHEMA_UNKNOWN_DROP, &n_dropped) != 0) {
        subject->n_refused++;
        if (subject->patches.len == 0 || was_valid == 0) {
            show(subject, "an event without patches, or a valid one, is refused");
        }
        return;
    }
    subject->n_projected++;
    subject->n_dropped += n_dropped > 0;
    int is_valid = schema_check_event(subject->compiled.checker, &opened.event);
    subject->n_mended += was_valid != 0 && is_valid == 0;
    check_projected(subject, &opened, &before, n_dropped);
}

/* A schema and a few documents, without patches and with. */
static void try_schema(struct subject *subject, size_t n_patches)
{
    buffer_clear(&subject->schema);
    random_schema(&subject->schema, &subject->random);
    struct json_tree *schema = json_tree_parse(subject->schema.data, subject->schema.len);
    const struct schema_options options = {
        .uri = "",
        .json = subject->schema.data,
        .json_len = subject->schema.len,
    };
    int r = compiled_init(&subject->compiled, &options);
    if (r != 0) {
        show(subject, subject->compiled.problem.text);
    }
    for (int i = 0; r == 0 && i < 8; i++) {
        buffer_clear(&subject->document);
        buffer_clear(&subject->patches);
        random_instance_document(&subject->document, &subject->random, schema);
        patch_lines_random(&subject->patches, &subject->random, n_patches);
        try_document(subject);
    }
    subject->n_compiled += r == 0;
    compiled_deinit(&subject->compiled);
    json_tree_free(schema);
}

static struct subject run(uint64_t seed, size_t n_schemas, size_t n_patches)
{
    struct subject subject = { .random = { seed } };
    log_setup(LOG_ERROR, LOG_LOGFMT);
    for (size_t i = 0; i < n_schemas; i++) {
        try_schema(&subject, n_patches);
    }
    printf("%zu schemas, %zu events projected, of which %zu lost a field and %zu became valid; "
           "%zu refused\n",
           subject.n_compiled, subject.n_projected, subject.n_dropped, subject.n_mended,
           subject.n_refused);
    buffer_deinit(&subject.schema);
    buffer_deinit(&subject.document);
    buffer_deinit(&subject.patches);
    return subject;
}

static void test_without_patches(void)
{
    struct subject subject = run(31, 2000, 0);
    CU_ASSERT(subject.n_projected > 15000 && subject.n_refused == 0);
    CU_ASSERT(subject.n_dropped > 2000 && subject.n_mended > 500);
}

static void test_with_patches(void)
{
    struct subject subject = run(32, 1000, 2);
    CU_ASSERT(subject.n_projected > 4000 && subject.n_dropped > 500);
    CU_ASSERT(subject.n_refused > 100);
}

static const struct test_case cases[] = {
    { "events as they came in", test_without_patches },
    { "events with patches", test_with_patches },
};

CUNIT_MAIN("schema/properties", cases)
