/* SPDX-License-Identifier: Apache-2.0 */
#include "random_schema.h"

#include "base/error.h"
#include "random_json.h"

enum { DEFINITIONS = 4 };

/* A schema being written. */
struct draft {
    struct buffer *out;
    struct random *random;
    /* The first definition that may be referred to here: below it a circle could close. */
    unsigned first_definition;
};

#define PICK(random, list) ((list)[random_below((random), ARRAY_SIZE(list))])

static void put(struct draft *draft, const char *text)
{
    require(buffer_append_text(draft->out, text) == 0);
}

static bool one_in(struct draft *draft, uint64_t n)
{
    return random_below(draft->random, n) == 0;
}

static const char *const names[] = { "\"a\"", "\"b\"", "\"c\"", "\"0\"", "\"\"", "\"a/b\"" };

/* Begins a keyword of the schema that was opened at start. */
static void put_keyword(struct draft *draft, size_t start, const char *keyword)
{
    put(draft, draft->out->len > start ? ",\"" : "\"");
    put(draft, keyword);
    put(draft, "\":");
}

static void put_schema(struct draft *draft, unsigned depth);

/* A schema for a part of the value: what is referred to there is another question. */
static void put_inner(struct draft *draft, unsigned depth)
{
    unsigned before = draft->first_definition;
    draft->first_definition = 0;
    put_schema(draft, depth);
    draft->first_definition = before;
}

static void put_list(struct draft *draft, unsigned depth)
{
    put(draft, "[");
    for (uint64_t i = 0, n = 1 + random_below(draft->random, 3); i < n; i++) {
        put(draft, i > 0 ? "," : "");
        put_schema(draft, depth);
    }
    put(draft, "]");
}

static void put_type(struct draft *draft, size_t start)
{
    static const char *const types[] = {
        "\"string\"",
        "\"integer\"",
        "\"number\"",
        "\"boolean\"",
        "\"null\"",
        "\"object\"",
        "\"array\"",
        "[\"string\",\"null\"]",
        "[\"null\",\"integer\"]",
        "[\"object\",\"null\",\"array\"]",
    };
    put_keyword(draft, start, "type");
    put(draft, PICK(draft->random, types));
}

/* A keyword that takes no schema, with its value. */
static void put_simple(struct draft *draft, size_t start)
{
    static const char *const keywords[] = {
        "\"minLength\":1",
        "\"maxLength\":3.0",
        "\"pattern\":\"^[a-c]\"",
        "\"pattern\":\"\\\\d$\"",
        "\"minimum\":1.50",
        "\"maximum\":9223372036854775808",
        "\"exclusiveMinimum\":-0",
        "\"exclusiveMaximum\":1e3",
        "\"multipleOf\":2",
        "\"multipleOf\":0.1",
        "\"minItems\":1",
        "\"maxItems\":2",
        "\"uniqueItems\":true",
        "\"minProperties\":1",
        "\"maxProperties\":3",
        "\"enum\":[null,1,\"a\",[],{\"a\":1.0}]",
        "\"enum\":[\"a\",\"b\",\"\\u00e9\"]",
        "\"const\":\"a\"",
        "\"const\":1",
        "\"const\":{\"b\":[],\"a\":null}",
        "\"format\":\"date\"",
        "\"title\":\"type\"",
        "\"unknown\":{\"$ref\":\"nowhere\"}",
    };
    put(draft, draft->out->len > start ? "," : "");
    put(draft, PICK(draft->random, keywords));
}

static void put_reference(struct draft *draft)
{
    unsigned n = DEFINITIONS - draft->first_definition;
    if (n == 0) {
        put(draft, one_in(draft, 8) ? "false" : "true");
        return;
    }
    unsigned number = draft->first_definition + (unsigned)random_below(draft->random, n);
    require(buffer_printf(draft->out, "{\"$ref\":\"#/definitions/d%u\"%s}", number,
                          one_in(draft, 4) ? ",\"type\":\"null\"" : "") == 0);
}

/* Each name at most once; rarely one twice, of which the last counts. */
static void put_properties(struct draft *draft, unsigned depth)
{
    uint64_t set = random_next(draft->random);
    size_t n = ARRAY_SIZE(names) + one_in(draft, 24);
    const char *before = "{";
    for (size_t i = 0; i < n; i++) {
        if ((set >> i & 1) != 0) {
            put(draft, before);
            put(draft, names[i % ARRAY_SIZE(names)]);
            put(draft, ":");
            put_inner(draft, depth);
            before = ",";
        }
    }
    put(draft, before[0] == '{' ? "{}" : "}");
}

static void put_patterns(struct draft *draft, unsigned depth)
{
    static const char *const patterns[] = { "\"^a\"", "\"b\"", "\"\\\\d\"", "\"^$\"", "\"^x\"" };
    put(draft, "{");
    put(draft, PICK(draft->random, patterns));
    put(draft, ":");
    put_inner(draft, depth);
    put(draft, "}");
}

static void put_names(struct draft *draft)
{
    /* Each once: names of `required` are unique. */
    uint64_t set = 1 + random_below(draft->random, (1u << ARRAY_SIZE(names)) - 1);
    set &= random_next(draft->random);
    const char *before = "[";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if ((set >> i & 1) != 0) {
            put(draft, before);
            put(draft, names[i]);
            before = ",";
        }
    }
    put(draft, before[0] == '[' ? "[]" : "]");
}

static void put_object_keywords(struct draft *draft, size_t start, unsigned depth)
{
    if (!one_in(draft, 8)) {
        put_keyword(draft, start, "properties");
        put_properties(draft, depth);
    }
    if (one_in(draft, 3)) {
        put_keyword(draft, start, "required");
        put_names(draft);
    }
    if (one_in(draft, 4)) {
        put_keyword(draft, start, "patternProperties");
        put_patterns(draft, depth);
    }
    if (!one_in(draft, 3)) {
        put_keyword(draft, start, "additionalProperties");
        put(draft, one_in(draft, 8) ? "true" : !one_in(draft, 4) ? "false" : "");
        if (draft->out->data[draft->out->len - 1] == ':') {
            put(draft, "{\"allOf\":[");
            put_inner(draft, depth);
            put(draft, "]}");
        }
    }
    if (one_in(draft, 12)) {
        put_keyword(draft, start, "propertyNames");
        put_inner(draft, 0);
    }
    if (one_in(draft, 12)) {
        put_keyword(draft, start, "dependencies");
        put(draft, "{\"a\":");
        put_names(draft);
        put(draft, ",\"b\":");
        put_schema(draft, depth);
        put(draft, "}");
    }
}

static void put_array_keywords(struct draft *draft, size_t start, unsigned depth)
{
    put_keyword(draft, start, "items");
    if (one_in(draft, 3)) {
        put(draft, "[");
        put_inner(draft, depth);
        put(draft, ",");
        put_inner(draft, depth);
        put(draft, "]");
        put_keyword(draft, start, "additionalItems");
    }
    put_inner(draft, depth);
    if (one_in(draft, 6)) {
        put_keyword(draft, start, "contains");
        put_inner(draft, 0);
    }
}

static void put_combination(struct draft *draft, size_t start, unsigned depth)
{
    static const char *const lists[] = { "allOf", "allOf", "allOf", "anyOf", "oneOf" };
    switch (random_below(draft->random, 8)) {
    case 0:
        put_keyword(draft, start, "not");
        put_schema(draft, depth);
        break;
    case 1:
        put_keyword(draft, start, "if");
        put_schema(draft, depth);
        put_keyword(draft, start, one_in(draft, 2) ? "then" : "else");
        put_schema(draft, depth);
        break;
    default:
        put_keyword(draft, start, PICK(draft->random, lists));
        put_list(draft, depth);
    }
}

/* The keywords of a schema that was opened at start. */
static void put_keywords(struct draft *draft, size_t start, unsigned depth)
{
    uint64_t choice = random_below(draft->random, 10);
    if (depth > 0 && choice < 5) {
        put_object_keywords(draft, start, depth - 1);
    } else if (depth > 0 && choice == 5) {
        put_array_keywords(draft, start, depth - 1);
    }
    if (depth > 0 && one_in(draft, 4)) {
        put_combination(draft, start, depth - 1);
    }
    if (choice >= 6 && !one_in(draft, 4)) {
        put_type(draft, start);
    }
    if (one_in(draft, 4)) {
        put_simple(draft, start);
    }
}

static void put_schema(struct draft *draft, unsigned depth)
{
    if (one_in(draft, 8)) {
        put_reference(draft);
        return;
    }
    if (one_in(draft, 16)) {
        put(draft, one_in(draft, 4) ? "false" : "true");
        return;
    }
    put(draft, "{");
    put_keywords(draft, draft->out->len, depth);
    put(draft, "}");
}

void random_schema(struct buffer *out, struct random *random)
{
    struct draft draft = { .out = out, .random = random };
    put(&draft, "{\"definitions\":{");
    for (unsigned i = 0; i < DEFINITIONS; i++) {
        require(buffer_printf(out, "%s\"d%u\":", i > 0 ? "," : "", i) == 0);
        draft.first_definition = i + 1;
        put_schema(&draft, 2);
    }
    put(&draft, "}");
    draft.first_definition = 0;
    put_object_keywords(&draft, out->len - 1, 3);
    if (one_in(&draft, 3)) {
        put_combination(&draft, out->len - 1, 2);
    }
    put(&draft, "}");
}
