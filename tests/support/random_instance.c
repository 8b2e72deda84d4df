/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "random_json.h"
#include "random_schema.h"

enum { CANDIDATES = 64 };

/* Members that a value may have, and what is said of them. */
struct candidates {
    size_t n;
    const struct json_tree_member *members[CANDIDATES];
};

/* A value being written. */
struct writing {
    struct buffer *out;
    struct random *random;
    const struct json_tree *root;
};

static void put(struct writing *writing, const char *text)
{
    require(buffer_append_text(writing->out, text) == 0);
}

static bool one_in(struct writing *writing, uint64_t n)
{
    return random_below(writing->random, n) == 0;
}

/* Follows `#/definitions/NAME`. */
static const struct json_tree *follow(const struct writing *writing, const struct json_tree *schema)
{
    static const char before[] = "#/definitions/";
    const struct json_tree *reference = json_tree_member(schema, "$ref");
    const struct json_tree *definitions = json_tree_member(writing->root, "definitions");
    for (int hops = 0; reference != NULL && definitions != NULL && hops < 16; hops++) {
        char name[16];
        int len = (int)(reference->text.len - (sizeof(before) - 1));
        snprintf(name, sizeof(name), "%.*s", len, reference->text.data + sizeof(before) - 1);
        schema = json_tree_member(definitions, name);
        require(schema != NULL);
        reference = json_tree_member(schema, "$ref");
    }
    return schema;
}

/* Adds the members that a schema knows, by itself and through other schemas of the same value. */
static void collect(const struct writing *writing, const struct json_tree *schema,
                    struct candidates *candidates, unsigned depth)
{
    static const char *const lists[] = { "allOf", "anyOf", "oneOf" };
    schema = follow(writing, schema);
    const struct json_tree *properties = json_tree_member(schema, "properties");
    for (size_t i = 0; properties != NULL && i < properties->n_members; i++) {
        if (candidates->n < CANDIDATES) {
            candidates->members[candidates->n++] = &properties->members[i];
        }
    }
    for (size_t i = 0; depth > 0 && i < ARRAY_SIZE(lists); i++) {
        const struct json_tree *list = json_tree_member(schema, lists[i]);
        for (size_t j = 0; list != NULL && j < list->n_members; j++) {
            collect(writing, list->members[j].value, candidates, depth - 1);
        }
    }
}

static void put_value(struct writing *writing, const struct json_tree *schema, unsigned depth);

static void put_name(struct writing *writing, const struct buffer *raw)
{
    bool is_a = raw->len == 3 && raw->data[1] == 'a';
    random_json_space(writing->out, writing->random);
    if (is_a && one_in(writing, 8)) {
        put(writing, "\"\\u0061\"");
    } else {
        require(buffer_append(writing->out, raw->data, raw->len) == 0);
    }
    random_json_space(writing->out, writing->random);
    put(writing, ":");
    random_json_space(writing->out, writing->random);
}

static void put_unknown(struct writing *writing, unsigned depth)
{
    static const char *const names[] = { "\"x\"", "\"a1\"", "\"b\"", "\"a/b\"", "\"\\u0000\"" };
    struct buffer name = { 0 };
    const char *text = names[random_below(writing->random, ARRAY_SIZE(names))];
    require(buffer_append_text(&name, text) == 0);
    put_name(writing, &name);
    buffer_deinit(&name);
    random_json_value(writing->out, writing->random, depth);
}

static void put_object(struct writing *writing, const struct json_tree *schema, unsigned depth)
{
    struct candidates candidates = { .n = 0 };
    collect(writing, schema, &candidates, 3);
    bool is_first = true;
    put(writing, "{");
    for (size_t i = 0; i <= candidates.n; i++) {
        bool is_known = i < candidates.n;
        uint64_t n = is_known ? (!one_in(writing, 4)) + (uint64_t)one_in(writing, 24)
                              : random_below(writing->random, 8) / 5;
        for (; n > 0; n--) {
            put(writing, is_first ? "" : ",");
            is_first = false;
            if (!is_known) {
                put_unknown(writing, depth - 1);
                continue;
            }
            put_name(writing, &candidates.members[i]->raw_name);
            put_value(writing, candidates.members[i]->value, depth - 1);
        }
    }
    random_json_space(writing->out, writing->random);
    put(writing, "}");
}

static void put_array(struct writing *writing, const struct json_tree *schema, unsigned depth)
{
    const struct json_tree *items = json_tree_member(schema, "items");
    put(writing, "[");
    for (uint64_t i = 0, n = random_below(writing->random, 4); i < n; i++) {
        const struct json_tree *item = items;
        if (items != NULL && json_tree_byte(items) == '[') {
            item = i < items->n_members ? items->members[i].value
                                        : json_tree_member(schema, "additionalItems");
        }
        put(writing, i > 0 ? "," : "");
        if (item != NULL) {
            put_value(writing, item, depth - 1);
        } else {
            random_json_value(writing->out, writing->random, depth - 1);
        }
    }
    put(writing, "]");
}

/* The type that is to be written: one that the schema names, or that its keywords are about. */
static char type_of(struct writing *writing, const struct json_tree *schema)
{
    const struct json_tree *type = json_tree_member(schema, "type");
    if (type != NULL && json_tree_byte(type) == '[') {
        type = type->members[random_below(writing->random, type->n_members)].value;
    }
    if (type != NULL) {
        return type->text.data[0] == 'n' && type->text.data[2] == 'l' ? '0' : type->text.data[0];
    }
    if (json_tree_member(schema, "items") != NULL) {
        return 'a';
    }
    return json_tree_member(schema, "properties") != NULL || one_in(writing, 3) ? 'o' : '?';
}

static void put_of_type(struct writing *writing, char type, const struct json_tree *schema,
                        unsigned depth)
{
    static const char *const strings[] = { "\"a\"", "\"\"", "\"b1\"", "\"2024-02-29\"", "\"c\"" };
    static const char *const numbers[] = { "1", "2", "0", "4.0", "1.5", "-3", "0.3", "1e3" };
    if (depth > 0 && type == 'o') {
        put_object(writing, schema, depth);
    } else if (depth > 0 && type == 'a') {
        put_array(writing, schema, depth);
    } else if (type == 's') {
        put(writing, strings[random_below(writing->random, ARRAY_SIZE(strings))]);
    } else if (type == 'i' || type == 'n') {
        put(writing, numbers[random_below(writing->random, ARRAY_SIZE(numbers))]);
    } else if (type == '0') {
        put(writing, "null");
    } else {
        random_json_value(writing->out, writing->random, depth);
    }
}

static void put_value(struct writing *writing, const struct json_tree *schema, unsigned depth)
{
    schema = follow(writing, schema);
    const struct json_tree *constant = json_tree_member(schema, "const");
    const struct json_tree *list = json_tree_member(schema, "enum");
    if (one_in(writing, 12)) {
        put(writing, "null");
    } else if (one_in(writing, 12)) {
        random_json_value(writing->out, writing->random, depth);
    } else if (constant != NULL) {
        require(buffer_append(writing->out, constant->raw.data, constant->raw.len) == 0);
    } else if (list != NULL && list->n_members > 0) {
        size_t place = (size_t)random_below(writing->random, list->n_members);
        const struct buffer *raw = &list->members[place].value->raw;
        require(buffer_append(writing->out, raw->data, raw->len) == 0);
    } else {
        put_of_type(writing, type_of(writing, schema), schema, depth);
    }
}

void random_instance(struct buffer *out, struct random *random, const struct json_tree *schema,
                     unsigned depth)
{
    struct writing writing = { out, random, schema };
    put_value(&writing, schema, depth);
}

void random_instance_document(struct buffer *out, struct random *random,
                              const struct json_tree *schema)
{
    struct writing writing = { out, random, schema };
    random_json_space(out, random);
    put_object(&writing, schema, 4);
    random_json_space(out, random);
}
