/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a member's name comes again. A look at all that is behind it is right for the few members of
 * most objects; for those of many it would cost their square. Such an object gets a table of its
 * names when it is first asked about, once in a check: what a projection removes meanwhile lies
 * before all that is still asked about.
 */
#include <errno.h>

#include "base/hash.h"
#include "schema/checker_private.h"
#include "json/text.h"

enum {
    /* Members that are looked through before there is a table. */
    FEW_MEMBERS = 64,
    /* Tokens of an object that are looked through to remove a name: four a member, and what is inside. */
    FEW_TOKENS = 1024,
    TABLES_MIN = 16,
};

/* In a slot: the name comes before, too. Tokens are fewer. */
#define SLOT_SEVERAL UINT32_C(0x80000000)

/* The names of one object. */
struct name_table {
    const struct json_document *document;
    uint32_t token;
    /* Slots less one, a power of two at least twice the members. */
    uint32_t mask;
    /* Each the key of the last member of a name; 0, which is no key's token, where free. */
    uint32_t *slots;
};

static bool is_key(const struct json_document *document, uint32_t key, const char *name, size_t len)
{
    struct json_string string = json_string(document, key);
    return (string.raw_len == len || string.has_escape) &&
           json_string_equals(string.raw, string.raw_len, name, len);
}

static bool is_removed(const struct frame *object, uint32_t key)
{
    const struct event_node *touched = event_node_touched(object->item.node, key);
    return touched != NULL && touched->is_removed;
}

/* The slot of a name, or the free one where it would be; NULL when it takes too much work. */
static uint32_t *find_slot(struct schema_checker *checker, const struct name_table *table,
                           const char *name, size_t len)
{
    for (uint64_t at = hash_bytes(name, len);; at++) {
        uint32_t *slot = &table->slots[at & table->mask];
        if (*slot == 0 || is_key(table->document, *slot & ~SLOT_SEVERAL, name, len)) {
            return slot;
        }
        /* Names that were made to meet in one place. */
        if (!spend(checker, 1 + len / BYTES_A_STEP)) {
            return NULL;
        }
    }
}

static bool put_key(struct schema_checker *checker, const struct name_table *table, uint32_t key)
{
    struct json_span name;
    if (!item_text(checker, &(struct item){ table->document, key, NULL }, &name)) {
        return false;
    }
    uint32_t *slot = find_slot(checker, table, name.bytes, name.len);
    if (slot == NULL) {
        return false;
    }
    *slot = *slot == 0 ? key : key | SLOT_SEVERAL;
    return true;
}

/* Fills a table with the names of an object, but for members that are removed. */
static bool fill(struct schema_checker *checker, const struct frame *object,
                 struct name_table *table)
{
    const struct json_document *document = object->item.document;
    size_t n_members = 0;
    for (uint32_t key = json_first(document, object->item.token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        n_members++;
    }
    size_t n_slots = 4;
    while (n_slots < 2 * n_members) {
        n_slots *= 2;
    }
    uint32_t *slots = arena_alloc(&checker->arena, n_slots * sizeof(*slots));
    if (slots == NULL) {
        return out_of_memory(checker);
    }
    memset(slots, 0, n_slots * sizeof(*slots));
    *table = (struct name_table){ document, object->item.token, (uint32_t)n_slots - 1, slots };
    for (uint32_t key = json_first(document, object->item.token); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        if (!is_removed(object, key) && !put_key(checker, table, key)) {
            return false;
        }
    }
    return true;
}

/* The place of an object's table among n, a power of two; the free one where it would be. */
static struct name_table *find_place(struct name_table *tables, size_t n,
                                     const struct json_document *document, uint32_t token)
{
    uint64_t key[2] = { (uint64_t)(uintptr_t)document, token };
    for (uint64_t at = hash_bytes(key, sizeof(key));; at++) {
        struct name_table *table = &tables[at & (n - 1)];
        if (table->document == NULL || (table->document == document && table->token == token)) {
            return table;
        }
    }
}

/* Room for one more table: at least twice as many places as tables. False without memory. */
static bool reserve_table(struct schema_checker *checker)
{
    size_t n_places = checker->n_table_places;
    if (n_places >= 2 * (checker->n_tables + 1)) {
        return true;
    }
    size_t n_more = n_places == 0 ? TABLES_MIN : 2 * n_places;
    struct name_table *tables = arena_alloc(&checker->arena, n_more * sizeof(*tables));
    if (tables == NULL) {
        return out_of_memory(checker);
    }
    memset(tables, 0, n_more * sizeof(*tables));
    for (size_t i = 0; i < n_places; i++) {
        const struct name_table *table = &checker->tables[i];
        if (table->document != NULL) {
            *find_place(tables, n_more, table->document, table->token) = *table;
        }
    }
    checker->tables = tables;
    checker->n_table_places = n_more;
    return true;
}

/* The table of an object; NULL without memory and with too much work. */
static const struct name_table *table_of(struct schema_checker *checker, const struct frame *object)
{
    const struct item *item = &object->item;
    if (!reserve_table(checker)) {
        return NULL;
    }
    struct name_table *table =
        find_place(checker->tables, checker->n_table_places, item->document, item->token);
    if (table->document == NULL) {
        struct name_table filled;
        if (!fill(checker, object, &filled)) {
            return NULL;
        }
        *table = filled;
        checker->n_tables++;
    }
    return table;
}

/* Whether the name is among the next few members. *ret_is_end: there are no more. */
static bool is_among_next(const struct frame *frame, bool *ret_is_end)
{
    const struct json_document *document = frame->up->item.document;
    uint32_t key = json_sibling(document, frame->member + 2);
    for (int n = 0; key != JSON_END && n < FEW_MEMBERS; n++) {
        if (is_key(document, key, frame->name, frame->name_len) && !is_removed(frame->up, key)) {
            return true;
        }
        key = json_sibling(document, key + 2);
    }
    *ret_is_end = key == JSON_END;
    return false;
}

bool item_is_repeated(struct schema_checker *checker, const struct frame *frame)
{
    bool is_end = false;
    if (frame->name == NULL || frame->member == JSON_END) {
        return false;
    }
    if (is_among_next(frame, &is_end) || is_end) {
        return !is_end;
    }
    const struct name_table *table = table_of(checker, frame->up);
    const uint32_t *slot =
        table == NULL ? NULL : find_slot(checker, table, frame->name, frame->name_len);
    return slot != NULL && (*slot & ~SLOT_SEVERAL) != frame->member;
}

bool item_is_alone(struct schema_checker *checker, const struct frame *frame)
{
    const struct item *object = &frame->up->item;
    if (object->document->links[object->token] - object->token <= FEW_TOKENS) {
        return false;
    }
    const struct name_table *table = table_of(checker, frame->up);
    const uint32_t *slot =
        table == NULL ? NULL : find_slot(checker, table, frame->name, frame->name_len);
    return slot != NULL && *slot == frame->member;
}
