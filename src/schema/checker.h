/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks events against a compiled schema, on the tokens of their one parse and with their patches; and
 * projects them onto it. A checker holds what one thread needs for that: scratch memory, the state of
 * pattern matching, the last complaint. In the steady state it does not allocate.
 *
 * What draft-07 leaves open: of members of the same name the last one counts. Numbers are compared
 * exactly, of any length. A value that takes more than SCHEMA_MAX_WORK steps or nests rules deeper than
 * SCHEMA_MAX_DEPTH is invalid.
 *
 * Thread: one owner each.
 */
#ifndef WEIR_SCHEMA_CHECKER_H
#define WEIR_SCHEMA_CHECKER_H

#include <stddef.h>

#include "schema/schema.h"
#include "json/document.h"

struct weir_event;
struct schema_checker;
struct tally;

enum {
    /*
     * About a second's worth. A rule and a value is a step, an element or member another, and so is a
     * run of 16 bytes that is compared or rewritten; an event of 16 MiB has at most eight million values.
     */
    SCHEMA_MAX_WORK = 1 << 25,
    /* Rules inside rules, in containers and in logic: four for each level that a document may have. */
    SCHEMA_MAX_DEPTH = 4 * JSON_MAX_DEPTH,
    /* A complaint names so many violations at most. */
    SCHEMA_MAX_VIOLATIONS = 3,
};

/* Outcome: the value is not valid under the schema. */
enum { SCHEMA_INVALID = 1 };

/* The schema is lent for the checker's life. Returns 0 or -ENOMEM. */
int schema_checker_new(const struct schema *schema, struct schema_checker **ret_checker);
void schema_checker_free(struct schema_checker *checker);

/*
 * Adds what this checker has counted of dropped fields to the tally, which else learns of it in steps, and when
 * the checker is freed.
 */
void schema_checker_flush(struct schema_checker *checker);

/* Whether the root value of a walked document is valid. Returns 0, SCHEMA_INVALID, or -ENOMEM. */
int schema_check_document(struct schema_checker *checker, const struct json_document *document);

/* Whether an event is valid as it stands, patches included: the value that would be rendered. */
int schema_check_event(struct schema_checker *checker, struct weir_event *event);

/*
 * Why the last check or projection returned SCHEMA_INVALID: the first few violations, "<place>: <what>
 * (schema <place>/<keyword>)" with semicolons between them, the places as JSON Pointers; the root's place in the
 * event reads "the event". Valid until the next call.
 */
const char *schema_checker_complaint(const struct schema_checker *checker);

enum schema_unknown {
    /* Fields of the input that the schema forbids are removed. */
    SCHEMA_UNKNOWN_DROP,
    /* They stay; where the schema forbids them the check fails. */
    SCHEMA_UNKNOWN_KEEP,
    /* They are a violation. */
    SCHEMA_UNKNOWN_ERROR,
};

struct schema_projection {
    enum schema_unknown unknown;
    /*
     * Counts what was removed, by field: a JSON Pointer, "/page/wikibase_item_id", where `*` stands for any
     * name or index. A field that is new is named in the log, once. NULL: nobody counts.
     */
    struct tally *drops;
};

/*
 * Removes from the event, by patches, what additionalProperties forbids along properties,
 * patternProperties, additionalProperties, items, $ref and allOf, and null where an optional property
 * does not allow it (a patch's, too). Nothing is removed below anyOf, oneOf, not, if, and none of the
 * other rules is checked. A field that a patch made and the schema forbids is a violation, never
 * removed. Returns 0, SCHEMA_INVALID, or -ENOMEM.
 */
int schema_project(struct schema_checker *checker, const struct schema_projection *projection,
                   struct weir_event *event);

/*
 * schema_project(), then schema_check_event(): in one pass where the schema allows it. Returns 0,
 * SCHEMA_INVALID, or -ENOMEM.
 */
int schema_conform(struct schema_checker *checker, const struct schema_projection *projection,
                   struct weir_event *event);

#endif
