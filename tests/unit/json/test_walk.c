/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar is tried on tables, and on every text of up to six characters over small alphabets,
 * against readers that are as simple as RFC 8259's own rules.
 */
#include <stdbool.h>
#include <stdio.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "../../support/random_json.h"
#include "json/walk.h"

static int walk_text(const char *bytes, size_t len)
{
    AUTO_PARSED parsed;
    return parsed_init(&parsed, bytes, len);
}

static void test_accepted(void)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        " \t\r\n{ } ",
        "{\"a\":1}",
        "{\"a\":{},\"a\":[]}",
        "[1,\"\",true,false,null,[],{}]",
        "{\"\":\"\"}",
        "0",
        "-0",
        "\"x\"",
        "true",
        " null ",
        "[1e400,-1e400,1e-400]",
        "[123456789012345678901234567890,-9223372036854775809]",
        "[0.0,-0.0,1.25,1E5,1e+5,1e-5,10,0e0,1.0E+00]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\uDE80\"]",
        "[\"\\ud800\",\"\\udc00\\ud800\"]",
        "[\"\\u0000\\u001f\x7f\"]",
        "[\"{}[]:, \"]",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CU_ASSERT(walk_text(texts[i], strlen(texts[i])) == 0);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *reason;
    } cases[] = {
        { "[", 0, "does not end with its bracket" },
        { "[1,", 2, "does not end with its bracket" },
        { "[1,]", 3, "no value" },
        { "[,1]", 1, "no value" },
        { "[1 2]", 3, "no comma" },
        { "[1}", 2, "no comma" },
        { "{\"a\":1]", 6, "no comma" },
        { "[[1]", 4, "left open" },
        { "{\"a\":[}", 6, "no value" },
        { "[1]]", 3, "behind the document" },
        { "{}{}", 2, "behind the document" },
        { "{}x}", 2, "behind the document" },
        { "1 2", 2, "behind the document" },
        { "]", 0, "no value" },
        { "{1:2}", 1, "no key" },
        { "{\"a\"}", 4, "no colon" },
        { "{\"a\",1}", 4, "no colon" },
        { "{\"a\":}", 5, "no value" },
        { "{\"a\":1,}", 7, "no key" },
        { "{,}", 1, "no key" },
        { "{\"a\":1,,\"b\":2}", 7, "no key" },
        { "{\"a\" \"b\":1}", 5, "no colon" },
        { "[01]", 1, "wrong number" },
        { "[-]", 1, "wrong number" },
        { "[1.]", 1, "wrong number" },
        { "[1.e1]", 1, "wrong number" },
        { "[1e]", 1, "wrong number" },
        { "[1e+]", 1, "wrong number" },
        { "[.5]", 1, "no value" },
        { "[+1]", 1, "no value" },
        { "[0x1]", 2, "behind a number" },
        { "[1\"a\"]", 2, "behind a number" },
        { "[tru]", 1, "no value" },
        { "[truex]", 5, "behind a number" },
        { "[True]", 1, "no value" },
        { "[nul\"\"]", 1, "no value" },
        { "[NaN]", 1, "no value" },
        { "[-Infinity]", 1, "wrong number" },
        { "['a']", 1, "no value" },
        { "[\"\\x\"]", 2, "escape" },
        { "[\"\\\n\"]", 0, NULL },
        { "[\"\\u12\"]", 2, "escape" },
        { "[\"\\u12g4\"]", 2, "escape" },
        { "[\"ok\\n\",\"\\n\\U0041\"]", 11, "escape" },
        { "[\"a\"\\]", 4, "no comma" },
        { "\\", 0, "no value" },
        { "\xef\xbb\xbf{}", 0, "no value" },
        { "[1]\x0c", 3, "does not end" },
        { "[1\x0c]", 2, "no comma" },
        { "[1\x1a{}]", 2, "no comma" },
        { "/**/{}", 0, "no value" },
        { "{}/**/", 2, "does not end" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT(parsed_init(&parsed, cases[i].text, strlen(cases[i].text)) == JSON_MALFORMED);
        if (cases[i].reason == NULL) {
            continue;
        }
        bool is_same = parsed.fault.offset == cases[i].offset &&
                       strstr(parsed.fault.reason, cases[i].reason) != NULL;
        CU_ASSERT(is_same);
        if (!is_same) {
            fprintf(stderr, "%s: at %zu: %s\n", cases[i].text, parsed.fault.offset,
                    parsed.fault.reason);
        }
    }
}

static void test_nul_bytes(void)
{
    CU_ASSERT(walk_text("[1\0]", 4) == JSON_MALFORMED);
    CU_ASSERT(walk_text("[1]\0", 4) == JSON_MALFORMED);
    CU_ASSERT(walk_text("[\"\0\"]", 5) == JSON_MALFORMED);
    CU_ASSERT(walk_text("[\"\\\0\"]", 6) == JSON_MALFORMED);
}

/* Writes n opening brackets, a value, and n closing ones. */
static void nest(struct buffer *text, size_t n, bool is_object)
{
    const char *open = is_object ? "{\"\":" : "[";
    buffer_clear(text);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_FATAL(buffer_append_text(text, open) == 0);
    }
    CU_ASSERT_FATAL(buffer_append_byte(text, '1') == 0);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_FATAL(buffer_append_byte(text, is_object ? '}' : ']') == 0);
    }
}

static void test_depth(void)
{
    AUTO_BUFFER text = { 0 };
    for (int is_object = 0; is_object < 2; is_object++) {
        nest(&text, JSON_MAX_DEPTH, is_object);
        CU_ASSERT(walk_text(text.data, text.len) == 0);
        nest(&text, JSON_MAX_DEPTH + 1, is_object);
        AUTO_PARSED parsed;
        CU_ASSERT(parsed_init(&parsed, text.data, text.len) == JSON_MALFORMED);
        CU_ASSERT(parsed.fault.offset == (size_t)JSON_MAX_DEPTH * (is_object ? 4 : 1));
        CU_ASSERT_STRING_EQUAL(parsed.fault.reason, "brackets nested too deep");
    }
    nest(&text, 1000000, false);
    CU_ASSERT(walk_text(text.data, text.len) == JSON_MALFORMED);
    /* Depth is how many are open at once, not how many there are. */
    buffer_clear(&text);
    for (int i = 0; i < 5000; i++) {
        CU_ASSERT_FATAL(buffer_append_text(&text, i == 0 ? "[[{}]" : ",[{}]") == 0);
    }
    CU_ASSERT_FATAL(buffer_append_byte(&text, ']') == 0);
    CU_ASSERT(walk_text(text.data, text.len) == 0);
}

static void test_chosen_depth(void)
{
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_init(&parsed, "[[1]]", 5) == 0);
    CU_ASSERT(json_walk(&parsed.document, 2, &parsed.fault) == 0);
    CU_ASSERT(json_walk(&parsed.document, 1, &parsed.fault) == JSON_MALFORMED);
    CU_ASSERT(parsed.fault.offset == 1);
    AUTO_PARSED scalar;
    CU_ASSERT_FATAL(parsed_init(&scalar, "1", 1) == 0);
    CU_ASSERT(json_walk(&scalar.document, 0, &scalar.fault) == 0);
}

static void test_links(void)
{
    static const char text[] = "{ \"a\" : [1 , -2.5e3,\"\\\"\"] , \"b\":{},\"c\":null }";
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_init(&parsed, text, sizeof(text) - 1) == 0);
    const struct json_document *document = &parsed.document;
    uint32_t a = json_first(document, 0);
    uint32_t b = json_sibling(document, a + 2);
    uint32_t c = json_sibling(document, b + 2);
    CU_ASSERT(json_sibling(document, c + 2) == JSON_END);
    CU_ASSERT(json_first(document, b + 2) == JSON_END);
    CU_ASSERT(json_kind(document, 0) == JSON_OBJECT && json_kind(document, a + 2) == JSON_ARRAY);
    CU_ASSERT(json_kind(document, c + 2) == JSON_NULL);
    CU_ASSERT(json_value_end(document, 0) == sizeof(text) - 1);
    CU_ASSERT(json_next(document, 0) == document->n_tokens);
    struct json_string key = json_string(document, b);
    CU_ASSERT(key.raw_len == 1 && key.raw[0] == 'b' && !key.has_escape);

    static const struct {
        const char *text;
        enum json_kind kind;
    } elements[] = { { "1", JSON_NUMBER }, { "-2.5e3", JSON_NUMBER }, { "\"\\\"\"", JSON_STRING } };
    uint32_t item = json_first(document, a + 2);
    for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
        CU_ASSERT_FATAL(item != JSON_END);
        uint32_t start = document->tokens[item];
        size_t len = json_value_end(document, item) - start;
        CU_ASSERT(len == strlen(elements[i].text));
        CU_ASSERT(memcmp(document->bytes + start, elements[i].text, len) == 0);
        CU_ASSERT(json_kind(document, item) == elements[i].kind);
        if (elements[i].kind == JSON_STRING) {
            CU_ASSERT(json_string(document, item).has_escape);
            CU_ASSERT(json_string(document, item).raw_len == 2);
        }
        item = json_sibling(document, item);
    }
    CU_ASSERT(item == JSON_END);
}

/* Strings with and without escapes in every order: the flag is that of the string itself. */
static void test_escape_flags(void)
{
    AUTO_BUFFER text = { 0 };
    for (unsigned set = 0; set < 1u << 10; set++) {
        buffer_clear(&text);
        for (unsigned i = 0; i < 10; i++) {
            CU_ASSERT_FATAL(buffer_append_text(&text, i == 0 ? "[" : ",") == 0);
            const char *element = set >> i & 1 ? "\"a\\\\\"" : i % 3 == 0 ? "1" : "\"ab\"";
            CU_ASSERT_FATAL(buffer_append_text(&text, element) == 0);
        }
        CU_ASSERT_FATAL(buffer_append_byte(&text, ']') == 0);
        AUTO_PARSED parsed;
        CU_ASSERT_FATAL(parsed_init(&parsed, text.data, text.len) == 0);
        uint32_t item = json_first(&parsed.document, 0);
        unsigned found = 0;
        for (unsigned i = 0; item != JSON_END; i++, item = json_sibling(&parsed.document, item)) {
            bool is_string = json_kind(&parsed.document, item) == JSON_STRING;
            found |= is_string && json_string(&parsed.document, item).has_escape ? 1u << i : 0;
        }
        CU_ASSERT(found == set);
    }
}

static void test_break_flag(void)
{
    static const struct {
        const char *text;
        bool has_break;
    } cases[] = {
        { "{\"a\":1}", false },
        { "{\"a\":\"\\n\"}", false },
        { "{\"a\": 1}", false },
        { "{\"a\":\n1}", true },
        { "{\"a\":1}\r", true },
        { "\t{\"a\":\t1}", false },
        { "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\":\n1,\"bbbbbbbbbbbbbbbbbbbbbbbbb\":2}", true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT_FATAL(parsed_init(&parsed, cases[i].text, strlen(cases[i].text)) == 0);
        CU_ASSERT(parsed.document.has_break == cases[i].has_break);
    }
}

static void test_truncated(void)
{
    struct random random = { 2 };
    AUTO_BUFFER text = { 0 };
    for (int i = 0; i < 300; i++) {
        buffer_clear(&text);
        random_json_document(&text, &random);
        CU_ASSERT(walk_text(text.data, text.len) == 0);
        size_t len = text.len;
        while (text.data[len - 1] != '}') {
            len--;
        }
        while (len-- > 0) {
            CU_ASSERT(walk_text(text.data, len) == JSON_MALFORMED);
        }
    }
}

/* Readers by the letter: each returns the place behind what it has read, NULL where it is none. */

static const char *naive_space(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static const char *naive_number(const char *p)
{
    p += *p == '-';
    size_t n = strspn(p, "0123456789");
    if (n == 0 || (p[0] == '0' && n > 1)) {
        return NULL;
    }
    p += n;
    if (*p == '.') {
        n = strspn(++p, "0123456789");
        p = n > 0 ? p + n : NULL;
    }
    if (p != NULL && (*p == 'e' || *p == 'E')) {
        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        n = strspn(p, "0123456789");
        p = n > 0 ? p + n : NULL;
    }
    return p;
}

static const char *naive_string(const char *p)
{
    if (*p++ != '"') {
        return NULL;
    }
    while (*p != '"') {
        if ((unsigned char)*p < 0x20) {
            return NULL;
        }
        if (*p != '\\') {
            p++;
            continue;
        }
        if (p[1] == 'u') {
            if (strspn(p + 2, "0123456789abcdefABCDEF") < 4) {
                return NULL;
            }
            p += 6;
        } else {
            if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL) {
                return NULL;
            }
            p += 2;
        }
    }
    return p + 1;
}

static const char *naive_value(const char *p);

static const char *naive_container(const char *p)
{
    char bracket = *p;
    p = naive_space(p + 1);
    if (*p == bracket + 2) {
        return p + 1;
    }
    for (;;) {
        if (bracket == '{') {
            p = naive_string(naive_space(p));
            if (p == NULL || *(p = naive_space(p)) != ':') {
                return NULL;
            }
            p++;
        }
        p = naive_value(naive_space(p));
        if (p == NULL) {
            return NULL;
        }
        p = naive_space(p);
        if (*p != ',') {
            return *p == bracket + 2 ? p + 1 : NULL;
        }
        p++;
    }
}

static const char *naive_value(const char *p)
{
    static const char *const literals[] = { "true", "false", "null" };
    for (size_t i = 0; i < ARRAY_SIZE(literals); i++) {
        if (strncmp(p, literals[i], strlen(literals[i])) == 0) {
            return p + strlen(literals[i]);
        }
    }
    if (*p == '{' || *p == '[') {
        return naive_container(p);
    }
    return *p == '"' ? naive_string(p) : naive_number(p);
}

static bool naive_accepts(const char *text)
{
    const char *end = naive_value(naive_space(text));
    return end != NULL && *naive_space(end) == '\0';
}

/*
 * Tries each text of up to max letters of alphabet, between before and behind. Returns how many were
 * accepted; differences fail.
 */
static size_t try_all(const char *before, const char *alphabet, size_t max, const char *behind)
{
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    size_t n_letters = strlen(alphabet);
    size_t n_accepted = 0;
    size_t n_wrong = 0;
    uint32_t links[64];
    char text[64];
    size_t n_texts = 1;
    for (size_t n = 1; n <= max; n++) {
        n_texts *= n_letters;
        for (size_t number = 0; number < n_texts; number++) {
            char middle[16] = "";
            for (size_t i = 0, rest = number; i < n; i++, rest /= n_letters) {
                middle[i] = alphabet[rest % n_letters];
            }
            int len = snprintf(text, sizeof(text), "%s%s%s", before, middle, behind);
            struct json_document document = { .bytes = text, .len = (size_t)len, .links = links };
            size_t n_tokens = 0;
            int r = json_index(indexer, text, (size_t)len, &document.tokens, &n_tokens);
            document.n_tokens = (uint32_t)n_tokens;
            struct json_fault fault;
            if (r == 0) {
                r = json_walk(&document, JSON_MAX_DEPTH, &fault);
            }
            n_wrong += (r == 0) != naive_accepts(text);
            n_accepted += r == 0;
        }
    }
    json_indexer_free(indexer);
    CU_ASSERT(n_wrong == 0);
    return n_accepted;
}

static void test_all_numbers(void)
{
    CU_ASSERT(try_all("[", "-+019.eE ", 6, "]") > 1000);
    /* With enough behind it to be read as a vector. */
    CU_ASSERT(try_all("[", "-+019.eE ", 6, "]                ") > 1000);
    CU_ASSERT(try_all("[", "-+019.e ", 5, ",\"0123456789012345\"]") > 1000);
    CU_ASSERT(try_all("", "-0.e ", 6, "") > 50);
}

/* Digits to both sides of a vector's length, at every distance from the document's end. */
static void test_long_numbers(void)
{
    static const char *const before[] = { "", "-", "0", "1.", "-1e", "x", "1 " };
    static const char *const behind[] = { "", ".", ".0", "e1", "e", " ", "x", "-", " 1", "\"" };
    size_t n_accepted = 0;
    for (size_t i = 0; i < ARRAY_SIZE(before) * ARRAY_SIZE(behind); i++) {
        for (int n = 1; n < 40; n++) {
            for (int rest = 0; rest < 20; rest++) {
                char text[128];
                snprintf(text, sizeof(text), "[%s%.*s%s]%*s", before[i % ARRAY_SIZE(before)], n,
                         "1234567890123456789012345678901234567890", behind[i / ARRAY_SIZE(before)],
                         rest, "");
                bool is_accepted = walk_text(text, strlen(text)) == 0;
                CU_ASSERT(is_accepted == naive_accepts(text));
                n_accepted += is_accepted;
            }
        }
    }
    CU_ASSERT(n_accepted > 1000);
}

static void test_all_structures(void)
{
    CU_ASSERT(try_all("", "{}[],:\"1 ", 6, "") > 100);
    CU_ASSERT(try_all("{\"a\":[1", "{}[],:\"1", 6, "]}") > 100);
}

static void test_all_strings(void)
{
    CU_ASSERT(try_all("[\"a\",\"", "\\\"u0aGn/", 6, "\"]") > 1000);
    CU_ASSERT(try_all("{\"", "\\\"u0,", 6, "\":1}") > 100);
}

static void test_all_literals(void)
{
    CU_ASSERT(try_all("[", "truefalsn", 5, "]") == 3);
    CU_ASSERT(try_all("[true", ",]\"\\ 1e", 4, "") > 2);
}

static const struct test_case cases[] = {
    { "what RFC 8259 allows is accepted", test_accepted },
    { "what it forbids is refused, with the place and the reason", test_refused },
    { "NUL is no end and no whitespace", test_nul_bytes },
    { "1,024 brackets are well, 1,025 are not, a million cost no stack", test_depth },
    { "the caller may allow less depth", test_chosen_depth },
    { "links lead to each value's end, and to the next", test_links },
    { "a string with an escape is marked, and no other", test_escape_flags },
    { "line breaks between tokens are noted", test_break_flag },
    { "no document can be cut", test_truncated },
    { "every short number", test_all_numbers },
    { "long numbers", test_long_numbers },
    { "every short structure", test_all_structures },
    { "every short string", test_all_strings },
    { "every short literal", test_all_literals },
};

CUNIT_MAIN("json/walk", cases)
