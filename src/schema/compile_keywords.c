/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords of draft-07 (validation, section 6), one function a kind of value. */
#include <errno.h>

#include "schema/compile.h"
#include "json/decimal.h"
#include "json/number.h"
#include "json/text.h"

/* The block of a rule that a keyword writes to. */
enum block { BLOCK_NONE, BLOCK_STRING, BLOCK_NUMBER, BLOCK_ARRAY, BLOCK_LOGIC };

static enum json_kind kind_of(const struct schema_value *value)
{
    return json_kind(value->document, value->token);
}

int compile_limit(struct compiler *compiler, const struct schema_value *value, uint64_t *ret_limit)
{
    uint32_t start = value->document->tokens[value->token];
    const char *text = value->document->bytes + start;
    size_t len = json_value_end(value->document, value->token) - start;
    double number = 0;
    if (kind_of(value) != JSON_NUMBER || !decimal_is_integer(text, len) ||
        decimal_compare(text, len, "0", 1) < 0) {
        return compile_malformed(compiler, value, "an integer that is not negative");
    }
    if (json_number_uint64(text, len, ret_limit) == 0) {
        return 0;
    }
    /* Written with a fraction or an exponent, or above all that can be counted. */
    bool is_countable = json_number_double(text, len, &number) == 0 && number < 9e15;
    *ret_limit = is_countable ? (uint64_t)number : NO_LIMIT;
    return 0;
}

static int read_limit(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    return compile_limit(draft->compiler, value, field);
}

static int read_pattern(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    return compile_pattern(draft->compiler, value, field);
}

static int read_rule(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    return compile_rule(draft->compiler, value, field);
}

static int read_flag(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    if (kind_of(value) != JSON_BOOL) {
        return compile_malformed(draft->compiler, value, "true or false");
    }
    *(bool *)field = json_byte(value->document, value->token) == 't';
    return 0;
}

/* What it is good for, the library has seen. */
static int read_id(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    (void)field;
    return kind_of(value) == JSON_STRING
               ? 0
               : compile_malformed(draft->compiler, value, "a URI reference as a string");
}

static int read_format(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    size_t len = 0;
    if (kind_of(value) != JSON_STRING) {
        return compile_malformed(draft->compiler, value, "a string");
    }
    const char *name = library_text(&draft->compiler->library, value, &len);
    if (name == NULL) {
        return compile_no_memory(draft->compiler);
    }
    *(enum format *)field = draft->compiler->asserts_format ? format_find(name, len) : FORMAT_NONE;
    return 0;
}

static int read_bound(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    struct number_bound *bound = field;
    if (kind_of(value) != JSON_NUMBER) {
        return compile_malformed(draft->compiler, value, "a number");
    }
    uint32_t start = value->document->tokens[value->token];
    bound->text = value->document->bytes + start;
    bound->len = json_value_end(value->document, value->token) - start;
    bound->is_small = json_number_int64(bound->text, bound->len, &bound->value) == 0;
    return 0;
}

static int read_divisor(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    const struct number_bound *bound = field;
    int r = read_bound(draft, value, field);
    if (r == 0 && !decimal_is_divisor(bound->text, bound->len)) {
        r = compile_malformed(draft->compiler, value, "a number above 0");
    }
    return r;
}

/* A rule each for the elements of a list. */
static int read_list(struct rule_draft *draft, const struct schema_value *value,
                     struct rule_list *ret_list)
{
    struct compiler *compiler = draft->compiler;
    if (kind_of(value) != JSON_ARRAY) {
        return compile_malformed(compiler, value, "a list of schemas");
    }
    size_t n_items = compile_count(value);
    const struct rule **items = compile_alloc(compiler, (n_items + 1) * sizeof(struct rule *));
    if (items == NULL) {
        return compile_no_memory(compiler);
    }
    size_t n = 0;
    for (uint32_t item = json_first(value->document, value->token); item != JSON_END;
         item = json_sibling(value->document, item)) {
        int r =
            compile_rule(compiler, &(struct schema_value){ value->document, item }, &items[n++]);
        if (r < 0) {
            return r;
        }
    }
    *ret_list = (struct rule_list){ items, n_items };
    return 0;
}

static int read_some(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    struct rule_list *list = field;
    int r = read_list(draft, value, list);
    return r == 0 && list->n_items == 0
               ? compile_malformed(draft->compiler, value, "at least one schema")
               : r;
}

/* `items`, and additionalItems, which means nothing without a list before it. */
static int read_items(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    struct array_rules *rules = draft->array;
    struct schema_value additional;
    (void)field;
    rules->keyword = "items";
    if (kind_of(value) != JSON_ARRAY) {
        return compile_rule(draft->compiler, value, &rules->additional);
    }
    int r = read_list(draft, value, &rules->items);
    if (r < 0 || !library_member(&draft->schema, "additionalItems", &additional)) {
        return r;
    }
    rules->keyword = "additionalItems";
    return compile_rule(draft->compiler, &additional, &rules->additional);
}

static int read_values(struct rule_draft *draft, const struct schema_value *values, size_t n_values,
                       const char *keyword)
{
    struct value_rules *rules = compile_alloc(draft->compiler, sizeof(*rules));
    if (rules == NULL || values == NULL) {
        return compile_no_memory(draft->compiler);
    }
    *rules = (struct value_rules){ values, n_values, keyword, draft->values };
    draft->values = rules;
    return 0;
}

static int read_enum(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    (void)field;
    if (kind_of(value) != JSON_ARRAY) {
        return compile_malformed(draft->compiler, value, "a list of values");
    }
    size_t n_values = compile_count(value);
    struct schema_value *values = compile_alloc(draft->compiler, (n_values + 1) * sizeof(*values));
    size_t n = 0;
    for (uint32_t item = json_first(value->document, value->token);
         values != NULL && item != JSON_END; item = json_sibling(value->document, item)) {
        values[n++] = (struct schema_value){ value->document, item };
    }
    return read_values(draft, values, n_values, "enum");
}

static int read_const(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    (void)field;
    struct schema_value *values = compile_alloc(draft->compiler, sizeof(*values));
    if (values != NULL) {
        *values = *value;
    }
    return read_values(draft, values, 1, "const");
}

/* `if` with its branches, which mean nothing without it. */
static int read_if(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    struct logic_rules *rules = draft->logic;
    struct schema_value branch;
    int r = compile_rule(draft->compiler, value, field);
    if (r == 0 && library_member(&draft->schema, "then", &branch)) {
        r = compile_rule(draft->compiler, &branch, &rules->then_rule);
    }
    if (r == 0 && library_member(&draft->schema, "else", &branch)) {
        r = compile_rule(draft->compiler, &branch, &rules->else_rule);
    }
    return r;
}

/* The bits of a type's name, 0 where it is none. */
static uint8_t type_bits(const struct schema_value *value)
{
    static const struct {
        const char *name;
        uint8_t bits;
    } types[] = {
        { "object", TYPE_BIT_OBJECT },   { "array", TYPE_BIT_ARRAY },
        { "string", TYPE_BIT_STRING },   { "number", TYPE_BIT_NUMBER },
        { "integer", TYPE_BIT_INTEGER }, { "boolean", TYPE_BIT_BOOL },
        { "null", TYPE_BIT_NULL },
    };
    if (kind_of(value) != JSON_STRING) {
        return 0;
    }
    struct json_string string = json_string(value->document, value->token);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (json_string_equals(string.raw, string.raw_len, types[i].name, strlen(types[i].name))) {
            return types[i].bits;
        }
    }
    return 0;
}

static int read_type(struct rule_draft *draft, const struct schema_value *value, void *field)
{
    static const char expected[] =
        "one or more of object, array, string, number, integer, boolean, null";
    uint8_t types = 0;
    (void)field;
    bool is_list = kind_of(value) == JSON_ARRAY;
    uint32_t item = is_list ? json_first(value->document, value->token) : value->token;
    while (item != JSON_END) {
        struct schema_value name = { value->document, item };
        uint8_t bits = type_bits(&name);
        if (bits == 0) {
            return compile_malformed(draft->compiler, &name, expected);
        }
        types |= bits;
        item = is_list ? json_sibling(value->document, item) : JSON_END;
    }
    if (types == 0) {
        return compile_malformed(draft->compiler, value, expected);
    }
    draft->rule->types = types;
    return 0;
}

#define AT(block, member) offsetof(struct block, member)

/* In the order of the specification; what is not here, nor in compile_object.c, concerns no value. */
static const struct keyword {
    const char *name;
    enum block block;
    /* Of the field in the block. */
    size_t offset;
    int (*read)(struct rule_draft *draft, const struct schema_value *value, void *field);
} keywords[] = {
    { "$id", BLOCK_NONE, 0, read_id },
    { "type", BLOCK_NONE, 0, read_type },
    { "enum", BLOCK_NONE, 0, read_enum },
    { "const", BLOCK_NONE, 0, read_const },
    { "multipleOf", BLOCK_NUMBER, AT(number_rules, multiple_of), read_divisor },
    { "maximum", BLOCK_NUMBER, AT(number_rules, maximum), read_bound },
    { "exclusiveMaximum", BLOCK_NUMBER, AT(number_rules, exclusive_maximum), read_bound },
    { "minimum", BLOCK_NUMBER, AT(number_rules, minimum), read_bound },
    { "exclusiveMinimum", BLOCK_NUMBER, AT(number_rules, exclusive_minimum), read_bound },
    { "maxLength", BLOCK_STRING, AT(string_rules, max_len), read_limit },
    { "minLength", BLOCK_STRING, AT(string_rules, min_len), read_limit },
    { "pattern", BLOCK_STRING, AT(string_rules, pattern), read_pattern },
    { "items", BLOCK_ARRAY, 0, read_items },
    { "maxItems", BLOCK_ARRAY, AT(array_rules, max_items), read_limit },
    { "minItems", BLOCK_ARRAY, AT(array_rules, min_items), read_limit },
    { "uniqueItems", BLOCK_ARRAY, AT(array_rules, is_unique), read_flag },
    { "contains", BLOCK_ARRAY, AT(array_rules, contains), read_rule },
    { "if", BLOCK_LOGIC, AT(logic_rules, condition), read_if },
    { "allOf", BLOCK_LOGIC, AT(logic_rules, all_of), read_some },
    { "anyOf", BLOCK_LOGIC, AT(logic_rules, any_of), read_some },
    { "oneOf", BLOCK_LOGIC, AT(logic_rules, one_of), read_some },
    { "not", BLOCK_LOGIC, AT(logic_rules, negated), read_rule },
    { "format", BLOCK_STRING, AT(string_rules, format), read_format },
};

/* Makes a block that is not there yet; NULL without memory. */
static void *make_block(struct rule_draft *draft, enum block block)
{
    struct compiler *compiler = draft->compiler;
    switch (block) {
    case BLOCK_STRING:
        if (draft->string == NULL &&
            (draft->string = compile_alloc(compiler, sizeof(*draft->string))) != NULL) {
            draft->string->max_len = NO_LIMIT;
        }
        return draft->string;
    case BLOCK_NUMBER:
        if (draft->number == NULL) {
            draft->number = compile_alloc(compiler, sizeof(*draft->number));
        }
        return draft->number;
    case BLOCK_ARRAY:
        if (draft->array == NULL &&
            (draft->array = compile_alloc(compiler, sizeof(*draft->array))) != NULL) {
            draft->array->max_items = NO_LIMIT;
        }
        return draft->array;
    case BLOCK_LOGIC:
        if (draft->logic == NULL) {
            draft->logic = compile_alloc(compiler, sizeof(*draft->logic));
        }
        return draft->logic;
    case BLOCK_NONE:
        break;
    }
    return draft;
}

static int read_keyword(struct rule_draft *draft, const struct keyword *keyword,
                        const struct schema_value *value)
{
    char *block = make_block(draft, keyword->block);
    return block == NULL ? compile_no_memory(draft->compiler)
                         : keyword->read(draft, value, block + keyword->offset);
}

int compile_keywords(struct rule_draft *draft)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        struct schema_value value;
        if (library_member(&draft->schema, keywords[i].name, &value)) {
            int r = read_keyword(draft, &keywords[i], &value);
            if (r < 0) {
                return r;
            }
        }
    }
    return compile_object(draft);
}
