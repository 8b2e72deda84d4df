/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the checker: the state of one check, and how values are looked at.
 *
 * The functions that check return whether the value is valid. They note each violation with
 * complain(), unless they are only trying (is_quiet); with complaints enough they stop early. What
 * this machine lacks is noted in error, and ends the check; so is that it takes too much work, which makes
 * the event invalid whatever was being tried: below `not`, too.
 */
#ifndef WEIR_SCHEMA_CHECKER_PRIVATE_H
#define WEIR_SCHEMA_CHECKER_PRIVATE_H

#include <errno.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/tally.h"
#include "event/event.h"
#include "schema/checker.h"
#include "schema/program.h"

/* A value: in a document; or, where a patch has changed something inside it, a node. */
struct item {
    const struct json_document *document;
    uint32_t token;
    /* Only of a container with changes inside it: its document and token are then its own. */
    struct event_node *node;
};

/* A scalar that a patch has set, as a document of its own. */
struct scalar_document {
    struct json_document document;
    uint32_t tokens[2];
    uint32_t links[1];
};

/*
 * The way from the root to a value, for complaints, and for making nodes. On the stack of the function
 * that looks at the container.
 */
struct frame {
    /* NULL: the root. */
    const struct frame *up;
    /* The value. */
    struct item item;
    /* Its node where a patch has made one, whether anything inside is changed or not; else NULL. */
    struct event_node *node;
    /* Its key's or element's token in the container's document; JSON_END: it was added by a patch. */
    uint32_t member;
    /* The value stands in the container's document where the parse found it. */
    bool is_original;
    /* Of a member: its name, not escaped; NULL for an element. */
    const char *name;
    uint32_t name_len;
    /* Of an element. */
    uint32_t index;
};

/* A field that this checker has removed before. */
struct known_drop {
    const struct rule *rule;
    char *name;
    uint32_t name_len;
    _Atomic uint64_t *counter;
    /* How often, not yet added to the counter. */
    uint32_t n;
};

struct name_table;

/* A power of two; what finds no place is looked up each time. */
enum { KNOWN_DROPS = 128, KNOWN_DROPS_TRIED = 8 };

struct schema_checker {
    /* Fixed. */
    const struct schema *schema;
    struct pattern_matcher *matcher;
    /* Of the check under way. */
    struct weir_event *event;
    /* Not NULL while checking and projecting is one pass. */
    const struct schema_projection *projection;
    /* Above 0: only trying; violations are not noted and nothing is projected. */
    unsigned is_quiet;
    unsigned depth;
    /* Steps that are left. */
    uint64_t work;
    unsigned n_violations;
    /* 0, -ENOMEM, or SCHEMA_INVALID: too much of something. */
    int error;
    /* Of what, where that is not noted yet. */
    const char *given_up;
    /* The last container that something was to be removed from; its node is NULL where it does not
     * count. */
    struct {
        const struct json_document *document;
        uint32_t token;
        struct event_node *node;
    } trimmed;
    /* Where a glance at a container stopped; glance.c. */
    struct {
        const struct json_document *document;
        uint32_t token;
    } unsure;
    /* By rule, how often it is not to be tried; glance.c. Kept from event to event. */
    uint8_t passes[64];
    /* Of objects with many members, their names; repeats.c. */
    struct name_table *tables;
    size_t n_tables;
    size_t n_table_places;
    /* Names with escapes and names of added members, until the check ends. */
    struct arena arena;
    /* A string without its escapes. */
    struct buffer text;
    /* Words of bits for objects with more than 64 known names, as a stack. */
    struct buffer bits;
    /* The rules that hold for the values on the way down, while projecting. */
    struct buffer rules;
    /* A container with changes inside it, as text, and its links. */
    struct buffer flat;
    struct buffer flat_links;
    /* Slots of the elements of an array whose elements must differ. */
    struct buffer slots;
    struct buffer complaint;
    struct known_drop known_drops[KNOWN_DROPS];
};

/* check.c */

/* A check begins, and ends: what checker_end() returns is what the public functions return. */
void checker_begin(struct schema_checker *checker, struct weir_event *event,
                   const struct schema_projection *projection);
int checker_end(struct schema_checker *checker, bool is_valid);

/* The way to the root of an event that was indexed. */
struct frame checker_root(struct weir_event *event);

/* Whether a value is valid under a rule; frame is the way to it. */
bool check_item(struct schema_checker *checker, const struct rule *rule, const struct frame *frame);

/* The same, noting no violation. */
bool check_quietly(struct schema_checker *checker, const struct rule *rule,
                   const struct frame *frame);

/* check_object.c, check_array.c, check_scalar.c: one block of a rule each. */
bool check_object(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame);
bool check_array(struct schema_checker *checker, const struct rule *rule,
                 const struct frame *frame);
bool check_string(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame);
bool check_number(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame);
bool check_values(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame);

/* check_logic.c */
bool check_logic(struct schema_checker *checker, const struct rule *rule,
                 const struct frame *frame);

/* The check needs to go no further. */
static inline bool is_decided(const struct schema_checker *checker)
{
    return checker->is_quiet > 0 || checker->n_violations >= SCHEMA_MAX_VIOLATIONS ||
           checker->error != 0;
}

/* The machine lacks memory: the check ends as soon as may be. Returns false. */
static inline bool out_of_memory(struct schema_checker *checker)
{
    checker->error = -ENOMEM;
    return false;
}

/* Bytes that are looked at, copied or hashed in a step of work; the same of strings with escapes. */
enum { BYTES_A_STEP = 16, ESCAPED_A_STEP = 8 };

/* Takes steps of work, each about 15 ns. False when there has been too much of it. */
static inline bool spend(struct schema_checker *checker, uint64_t steps)
{
    if (steps < checker->work) {
        checker->work -= steps;
        return true;
    }
    checker->work = 0;
    if (checker->error == 0) {
        checker->error = SCHEMA_INVALID;
        checker->given_up = "takes too much work to check";
    }
    return false;
}

/* complaint.c */

/*
 * A byte of a name as people see it: '?' where it is part of a control character, or of half a surrogate pair,
 * which is no UTF-8.
 */
static inline char shown_byte(const char *name, size_t len, size_t i)
{
    unsigned char byte = (unsigned char)name[i];
    unsigned char before = i > 0 ? (unsigned char)name[i - 1] : 0;
    unsigned char first = i > 1 ? (unsigned char)name[i - 2] : 0;
    unsigned char behind = i + 1 < len ? (unsigned char)name[i + 1] : 0;
    bool is_control = byte < 0x20 || byte == 0x7f || (byte == 0xc2 && behind < 0xa0) ||
                      (before == 0xc2 && byte < 0xa0);
    bool is_half = (byte == 0xed && behind >= 0xa0) || (before == 0xed && byte >= 0xa0) ||
                   (first == 0xed && before >= 0xa0);
    return is_control || is_half ? '?' : (char)byte;
}

/* Notes a violation; keyword may be NULL. Returns false. */
bool complain(struct schema_checker *checker, const struct frame *frame, const struct rule *rule,
              const char *keyword, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Gives the event up as invalid, with a violation; what is a literal. Returns false. */
bool give_up(struct schema_checker *checker, const struct frame *frame, const struct rule *rule,
             const char *keyword, const char *what);

/* item.c */

/* The members of an object or the elements of an array as they stand, patches included, in order. */
struct items {
    struct schema_checker *checker;
    const struct json_document *document;
    bool is_object;
    /* The next key or element of the document, JSON_END behind the last. */
    uint32_t next;
    uint32_t n_seen;
    /* The first child of the node that is not before next. */
    struct event_node *touched;
    struct event_node *added;
    /* For scalars that a patch has set. */
    struct scalar_document scalar;
};

/* A scalar's text as a document of one token. */
void scalar_put(struct scalar_document *scalar, const char *raw, size_t raw_len);

void items_begin(struct items *items, struct schema_checker *checker,
                 const struct frame *container);

/*
 * Fills frame (its up is the caller's) with the next one. False at the end, and without memory
 * (checker->error says so). What the frame holds is valid until the next call.
 */
bool items_next(struct items *items, struct frame *frame);

/* Whether there is no next one. */
static inline bool items_are_over(const struct items *items)
{
    return items->next == JSON_END && items->added == NULL;
}

/*
 * The same for a member that is there, that no patch has touched, and whose name holds no escape: as
 * pass_members() leaves one.
 */
void items_take(struct items *items, struct frame *frame);

/* A string as it means: raw where it holds no escape, else checker->text. False without memory. */
bool item_text(struct schema_checker *checker, const struct item *item, struct json_span *ret_text);

/* The text of a number or literal. */
struct json_span item_span(const struct item *item);

/* As a plain document: what it is, or its text with the changes, parsed again. False without memory. */
bool item_flatten(struct schema_checker *checker, const struct item *item, struct item *ret_item);

/* The node of the frame's value, made with those above it where there is none; NULL without memory. */
struct event_node *frame_node(struct schema_checker *checker, const struct frame *frame);

/* glance.c */

/*
 * Goes on to the next member of container that is not valid at a glance, noting in seen the properties it
 * has passed, and removing what projection removes where it drops_unknown(). Only for rules without patterns, names and limits of
 * their number. Whether the member's property was looked up: *ret_property, NULL where it has none. The
 * checker's error says whether memory was short.
 */
bool pass_members(struct items *items, const struct rule *rule, const struct frame *container,
                  bool drops, uint64_t *seen, const struct property **ret_property);

/* Whether members that the object does not take, and that came with the input, are removed. */
bool drops_unknown(const struct items *items, const struct object_rules *rules);

/* The same for elements under one rule. */
void pass_elements(struct items *items, const struct rule *rule);

/* A text of len bytes has at least so many code points. */
static inline uint64_t points_least(size_t len)
{
    return len / 4 + (len % 4 != 0);
}

/* repeats.c */

/* Whether another member of the same name comes later in the object that the frame's value is in. */
bool item_is_repeated(struct schema_checker *checker, const struct frame *frame);

/* Whether it is known that no member before the frame's, nor behind it, has its name. */
bool item_is_alone(struct schema_checker *checker, const struct frame *frame);

/* equal.c */

/* Whether two values are equal (draft-07 validation, 4.2.3 of the core: 1 is 1.0). Documents only. */
bool values_equal(struct schema_checker *checker, const struct item *a, const struct item *b);

/* The same for equal values. False without memory. */
bool value_hash(struct schema_checker *checker, const struct item *item, uint64_t *ret_hash);

/* project.c */

/* Whether projection removes a member that the schema forbids: it came with the input. */
bool is_to_drop(const struct schema_checker *checker, const struct frame *member);

/* drops.c: counts a field that was removed. Returns false without memory. */
bool count_drop(struct schema_checker *checker, const struct rule *rule,
                const struct frame *member);

/*
 * Removes it, and counts it under rule (the object's), where it is in the value that counts. Returns
 * false without memory.
 */
bool drop_forbidden(struct schema_checker *checker, const struct rule *rule,
                    const struct frame *member);

/* Removes a member that is null, where it is in the value that counts. Returns false without memory. */
bool drop_null(struct schema_checker *checker, const struct frame *member);

/* Notes a member that the schema forbids. Returns false. */
bool complain_of_unknown(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *member);

/* Whether the frame's value is null. */
static inline bool is_null(const struct frame *frame)
{
    return json_byte(frame->item.document, frame->item.token) == 'n';
}

#endif
