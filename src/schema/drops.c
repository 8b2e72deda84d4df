/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the fields that projection removes: a field is a place in the schema and a name. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "schema/checker_private.h"

/* A producer may send any name; what is kept of it is for people. */
enum { NAME_KEPT = 128 };

/* A checker's own count goes to the job's when it has come to so much. */
enum { COUNTED_ALONE = 256 };

/* The next step of a place in a schema, "/properties/a", and where it ends. */
static size_t step_len(const char *place)
{
    return 1 + strcspn(place + 1, "/");
}

static bool is_step(const char *place, const char *name)
{
    size_t len = strlen(name);
    return step_len(place) == len + 1 && memcmp(place + 1, name, len) == 0;
}

/* A member's name for people: its first bytes, without control characters. */
static int append_name(struct buffer *field, const struct frame *member)
{
    size_t len = member->name_len;
    while (len > NAME_KEPT || (len < member->name_len && len > 0 &&
                               ((unsigned char)member->name[len] & 0xc0) == 0x80)) {
        len = len > NAME_KEPT ? (size_t)NAME_KEPT : len - 1;
    }
    int r = buffer_append_byte(field, '/');
    for (size_t i = 0; r == 0 && i < len; i++) {
        r = buffer_append_byte(field, shown_byte(member->name, len, i));
    }
    return r;
}

/*
 * The field that a rule's member of that name is: of the rule's place the names of properties, and `*`
 * for elements and for what has no name of its own.
 */
static int append_field(struct buffer *field, const struct rule *rule, const struct frame *member)
{
    const char *place = strchr(rule->place, '#') + 1;
    int r = 0;
    while (r == 0 && *place == '/') {
        if (is_step(place, "properties") && place[step_len(place)] == '/') {
            place += step_len(place);
            r = buffer_append(field, place, step_len(place));
        } else if (is_step(place, "additionalProperties") || is_step(place, "items") ||
                   is_step(place, "patternProperties") || is_step(place, "additionalItems")) {
            r = buffer_append(field, "/*", 2);
        }
        place += step_len(place);
    }
    return r < 0 ? r : append_name(field, member);
}

/*
 * The counter of a field that this checker does not remember. It is remembered in known, unless that is
 * NULL: those with a counter of their own alone, so that no producer fills the room with other names.
 */
static bool know_drop(struct schema_checker *checker, const struct rule *rule,
                      const struct frame *member, struct known_drop *known,
                      _Atomic uint64_t **ret_counter)
{
    struct tally *drops = checker->projection->drops;
    struct buffer *field = &checker->text;
    buffer_clear(field);
    if (append_field(field, rule, member) < 0) {
        return out_of_memory(checker);
    }
    bool is_new = false;
    *ret_counter = tally_counter(drops, field->data, field->len, &is_new);
    if (is_new) {
        log_info("a field that the sink's schema does not know is dropped",
                 LOG_TEXT("field", buffer_text(field)));
    }
    if (known == NULL || tally_is_shared(drops, *ret_counter) || member->name_len > NAME_KEPT) {
        return true;
    }
    char *name = malloc((size_t)member->name_len + 1);
    if (name == NULL) {
        return out_of_memory(checker);
    }
    memcpy(name, member->name, member->name_len);
    *known = (struct known_drop){ rule, name, member->name_len, *ret_counter, 0 };
    return true;
}

/* What was counted goes to the job's counter: workers that share its cache line would wait for it. */
static void flush(struct known_drop *known)
{
    atomic_fetch_add_explicit(known->counter, known->n, memory_order_relaxed);
    known->n = 0;
}

void schema_checker_flush(struct schema_checker *checker)
{
    for (size_t i = 0; i < KNOWN_DROPS; i++) {
        if (checker->known_drops[i].n > 0) {
            flush(&checker->known_drops[i]);
        }
    }
}

bool count_drop(struct schema_checker *checker, const struct rule *rule, const struct frame *member)
{
    struct name_key key = name_key(member->name, member->name_len);
    size_t at = name_hash(&key, member->name_len) + rule->index;
    struct known_drop *room = NULL;
    for (size_t i = 0; i < KNOWN_DROPS_TRIED && room == NULL; i++) {
        struct known_drop *known = &checker->known_drops[(at + i) % KNOWN_DROPS];
        if (known->name == NULL) {
            room = known;
        } else if (known->rule == rule && known->name_len == member->name_len &&
                   memcmp(known->name, member->name, known->name_len) == 0) {
            if (++known->n == COUNTED_ALONE) {
                flush(known);
            }
            return true;
        }
    }
    _Atomic uint64_t *counter;
    if (!know_drop(checker, rule, member, room, &counter)) {
        return false;
    }
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    return true;
}
