/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema, a document and patches, in one input, with lines of `%%` between them (tests/support/
 * patch_lines.h). What must hold:
 *
 *     - what compiles is a schema, and the other way round as far as the plain judge can tell
 *     - the verdict on the document, and on the event with its patches, is the plain validator's
 *       (tests/support/plain_schema.h); who refuses says why
 *     - projection removes what the plain projection removes, finds the same violations, and leaves
 *       every other byte alone, whatever becomes of unknown fields
 *     - a projected event is JSON, and valid or not as the plain validator says; projecting it again
 *       changes nothing
 */
#include <errno.h>
#include <stdint.h>

#include "../../support/compiled_schema.h"
#include "../../support/patch_lines.h"
#include "../../support/plain_project.h"
#include "../../support/plain_schema.h"
#include "base/hash.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What the plain side can do with in time. */
enum { PART_MAX = 16384 };

struct part {
    const char *bytes;
    size_t len;
};

struct trial {
    struct compiled compiled;
    struct plain_schema *plain;
    struct part document;
    struct part patches;
};

/* Cuts what stands before the next line of `%%`. */
static struct part next_part(struct part *rest)
{
    static const char line[] = "\n%%\n";
    const char *end = rest->len > 0 ? memmem(rest->bytes, rest->len, line, 4) : NULL;
    struct part part = { rest->bytes, end != NULL ? (size_t)(end - rest->bytes) : rest->len };
    size_t taken = end != NULL ? part.len + 4 : part.len;
    *rest = (struct part){ rest->bytes + taken, rest->len - taken };
    return part;
}

static bool is_json(const struct part *part, enum json_kind *ret_kind)
{
    AUTO_PARSED parsed;
    bool is_json = part->len <= PART_MAX && parsed_init(&parsed, part->bytes, part->len) == 0;
    if (part->len > PART_MAX) {
        parsed = (struct parsed){ .indexer = NULL };
    }
    *ret_kind = is_json ? json_kind(&parsed.document, 0) : JSON_INVALID;
    return is_json;
}

static void compare_verdict(struct trial *trial, struct weir_event *event,
                            const struct json_tree *tree)
{
    enum plain_verdict expected = plain_validate(trial->plain, tree);
    if (expected == PLAIN_UNDECIDED) {
        return;
    }
    int r = schema_check_event(trial->compiled.checker, event);
    require(r == (expected == PLAIN_VALID ? 0 : SCHEMA_INVALID));
    require(r == 0 || schema_checker_complaint(trial->compiled.checker)[0] != '\0');
}

/* The event is what the tree says, and untouched bytes are the input's. */
static void compare_written(struct opened *opened, const struct json_tree *tree)
{
    opened_line(opened);
    AUTO_PARSED parsed;
    require(parsed_init(&parsed, opened->line.data, opened->line.len) == 0);
    struct json_tree *written = json_tree_parse(opened->line.data, opened->line.len);
    require(json_tree_is_written(tree, written, true));
    json_tree_free(written);
}

static void project_again(struct trial *trial, enum schema_unknown unknown, struct opened *opened)
{
    AUTO_BUFFER before = { 0 };
    require(buffer_append(&before, opened->line.data, opened->line.len) == 0);
    size_t n_dropped = 0;
    require(compiled_project(&trial->compiled, unknown, &opened->event, &n_dropped) == 0);
    require(n_dropped == 0);
    opened_line(opened);
    require(opened->line.len == before.len);
    require(memcmp(opened->line.data, before.data, before.len) == 0);
}

/* The event with its patches. */
static struct json_tree *open_event(const struct trial *trial, struct opened *opened)
{
    require(opened_init_len(opened, trial->document.bytes, trial->document.len) == 0);
    struct json_tree *tree = json_tree_parse(trial->document.bytes, trial->document.len);
    patch_lines_apply(trial->patches.bytes, trial->patches.len, &opened->event, &tree);
    return tree;
}

/* Projected and checked in one call: the same as in two. */
static void compare_conform(struct trial *trial, enum schema_unknown unknown, int expected,
                            const struct json_tree *tree)
{
    AUTO_OPENED opened;
    json_tree_free(open_event(trial, &opened));
    const struct schema_projection projection = { unknown, trial->compiled.drops };
    require(schema_conform(trial->compiled.checker, &projection, &opened.event) == expected);
    require(expected == 0 || schema_checker_complaint(trial->compiled.checker)[0] != '\0');
    if (expected == 0) {
        compare_written(&opened, tree);
    }
}

static void compare_projection(struct trial *trial, const struct plain_projection *plain,
                               struct opened *opened, const struct json_tree *tree)
{
    size_t n_dropped = 0;
    int r = compiled_project(&trial->compiled, plain->unknown, &opened->event, &n_dropped);
    require(r == (plain->is_violated ? SCHEMA_INVALID : 0));
    if (r == 0) {
        /* Members of one name are counted one by one. */
        require(n_dropped >= plain->n_unknown && (n_dropped > 0) == (plain->n_unknown > 0));
        compare_written(opened, tree);
        compare_verdict(trial, &opened->event, tree);
        project_again(trial, plain->unknown, opened);
        r = schema_check_event(trial->compiled.checker, &opened->event);
    }
    compare_conform(trial, plain->unknown, r, tree);
}

/* The event with its patches, checked and then projected in one of the ways. */
static void try_event(struct trial *trial, enum schema_unknown unknown)
{
    AUTO_OPENED opened;
    struct json_tree *tree = open_event(trial, &opened);
    compare_verdict(trial, &opened.event, tree);
    compare_written(&opened, tree);
    static struct plain_projection plain;
    plain.unknown = unknown;
    if (plain_project(trial->plain, &plain, tree)) {
        compare_projection(trial, &plain, &opened, tree);
    }
    json_tree_free(tree);
}

static void try_document(struct trial *trial)
{
    struct json_tree *tree = json_tree_parse(trial->document.bytes, trial->document.len);
    enum plain_verdict expected = plain_validate(trial->plain, tree);
    json_tree_free(tree);
    if (expected != PLAIN_UNDECIDED) {
        bool is_valid =
            compiled_accepts(&trial->compiled, trial->document.bytes, trial->document.len);
        require(is_valid == (expected == PLAIN_VALID));
    }
}

static void run(struct trial *trial, const struct part *schema, bool is_object)
{
    const struct plain_options plain_options = {
        .asserts_format = (hash_bytes(schema->bytes, schema->len) & 1) != 0,
    };
    const struct schema_options options = {
        .uri = "",
        .json = schema->bytes,
        .json_len = schema->len,
        .asserts_format = plain_options.asserts_format,
    };
    int r = compiled_init(&trial->compiled, &options);
    struct json_tree *tree = json_tree_parse(schema->bytes, schema->len);
    enum plain_soundness soundness = plain_judge(tree);
    json_tree_free(tree);
    require(r == 0 || r == -EINVAL || r == -ENOENT);
    require(soundness == PLAIN_DOUBTFUL || (r == 0) == (soundness == PLAIN_SOUND));
    if (r == 0) {
        trial->plain = plain_schema_new(schema->bytes, schema->len, &plain_options);
        try_document(trial);
        for (int unknown = SCHEMA_UNKNOWN_DROP; is_object && unknown <= SCHEMA_UNKNOWN_ERROR;
             unknown++) {
            try_event(trial, (enum schema_unknown)unknown);
        }
        plain_schema_free(trial->plain);
    }
    compiled_deinit(&trial->compiled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct trial trial = { .plain = NULL };
    log_setup(LOG_ERROR, LOG_LOGFMT);
    struct part rest = { (const char *)data, len };
    struct part schema = next_part(&rest);
    trial.document = next_part(&rest);
    trial.patches = rest;
    enum json_kind kind;
    if (is_json(&schema, &kind) && is_json(&trial.document, &kind)) {
        run(&trial, &schema, kind == JSON_OBJECT);
    }
    return 0;
}
