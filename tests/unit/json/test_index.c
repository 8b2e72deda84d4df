/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "../../support/random_json.h"
#include "json/index.h"

/* The tokens of well-formed text, byte by byte. */
static size_t naive_tokens(const char *bytes, size_t len, uint32_t *ret_tokens)
{
    size_t n = 0;
    bool in_scalar = false;
    for (size_t i = 0; i < len; i++) {
        bool is_space = strchr(" \t\r\n", bytes[i]) != NULL;
        bool is_operator = strchr("{}[],:", bytes[i]) != NULL;
        if (is_operator || (!is_space && !in_scalar)) {
            ret_tokens[n++] = (uint32_t)i;
        }
        in_scalar = !is_operator && !is_space;
        if (bytes[i] == '"') {
            for (i++; bytes[i] != '"'; i++) {
                i += bytes[i] == '\\';
            }
            in_scalar = false;
        }
    }
    return n;
}

static bool has_naive_tokens(const char *bytes, size_t len)
{
    AUTO_PARSED parsed;
    if (parsed_index(&parsed, bytes, len) != 0) {
        return false;
    }
    uint32_t *tokens = malloc((len + 1) * sizeof(*tokens));
    CU_ASSERT_FATAL(tokens != NULL);
    size_t n = naive_tokens(bytes, len, tokens);
    tokens[n] = (uint32_t)len;
    const struct json_document *document = &parsed.document;
    bool is_same =
        document->n_tokens == n && memcmp(document->tokens, tokens, (n + 1) * sizeof(*tokens)) == 0;
    free(tokens);
    return is_same;
}

static void test_tokens(void)
{
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_index(&parsed, " {\"a\\\"\":[1,true]}", 16) == 0);
    static const uint32_t expected[] = { 1, 2, 7, 8, 9, 10, 11, 15, 16 };
    CU_ASSERT_FATAL(parsed.document.n_tokens == ARRAY_SIZE(expected) - 1);
    CU_ASSERT(memcmp(parsed.document.tokens, expected, sizeof(expected)) == 0);
}

/* Each of these shifts through all places of two blocks of 64 bytes and a rest. */
static void test_block_boundaries(void)
{
    static const char *const documents[] = {
        "{\"a\":1}",
        "[true,false,null,-1.5e3]",
        "[\"\\\"\",\"\\\\\",\"\\\\\\\"\",\"\\\\\\\\\"]",
        "[\"é堰🚂\",\"{[]},:\"]",
        "[[[[]]],{},[{}]]",
        "[\"0123456789012345678901234567890123456789012345678901234567890123456789\"]",
    };
    char text[512];
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
        size_t len = strlen(documents[i]);
        for (size_t shift = 0; shift <= 130; shift++) {
            memset(text, ' ', shift);
            memcpy(text + shift, documents[i], len);
            CU_ASSERT(has_naive_tokens(text, shift + len));
            /* The same inside a string: quotes are then the only tokens that can go wrong. */
            snprintf(text, sizeof(text), "[\"%*s\",%s]", (int)shift, "", documents[i]);
            CU_ASSERT(has_naive_tokens(text, strlen(text)));
        }
    }
}

/* Whether a quote ends its string depends on how many backslashes stand before it. */
static void test_backslashes(void)
{
    char text[512];
    for (size_t shift = 0; shift < 70; shift++) {
        for (size_t n = 0; n <= 150; n++) {
            int len = snprintf(text, sizeof(text), "%*s\"", (int)shift, "");
            memset(text + len, '\\', n);
            size_t end = (size_t)len + n;
            memcpy(text + end, "\"]", 3);
            AUTO_PARSED parsed;
            int r = parsed_index(&parsed, text, end + 2);
            CU_ASSERT(r == (n % 2 == 0 ? 0 : JSON_MALFORMED));
            CU_ASSERT(n % 2 != 0 || has_naive_tokens(text, end + 2));
        }
    }
}

static void test_random_documents(void)
{
    struct random random = { 1 };
    AUTO_BUFFER text = { 0 };
    for (int i = 0; i < 5000; i++) {
        buffer_clear(&text);
        random_json_document(&text, &random);
        CU_ASSERT(has_naive_tokens(text.data, text.len));
    }
}

static void test_many_tokens(void)
{
    enum { N = 700000 };
    AUTO_BUFFER text = { 0 };
    for (int i = 0; i < N; i++) {
        CU_ASSERT_FATAL(buffer_append_byte(&text, "[{:,}]"[i % 6]) == 0);
    }
    CU_ASSERT(has_naive_tokens(text.data, text.len));
}

static void test_faults(void)
{
    static const struct {
        const char *bytes;
        size_t offset;
        const char *reason;
    } cases[] = {
        { "", 0, "empty" },
        { " \t\r\n", 0, "empty" },
        { "[\"abc", 1, "closing quote" },
        { "[\"a\",\"", 5, "closing quote" },
        { "[\"\\\"]", 1, "closing quote" },
        { "[\"a\nb\"]", 3, "control" },
        { "[1,\n\"a\tb\"]", 6, "control" },
        { "[\"\x1f\"]", 2, "control" },
        { "[\"a\xff\"]", 3, "UTF-8" },
        { "[\"\xc0\xaf\"]", 2, "UTF-8" },
        { "[\"\xe0\x9f\xbf\"]", 2, "UTF-8" },
        { "[\"\xed\xa0\x80\"]", 2, "UTF-8" },
        { "[\"\xf0\x8f\xbf\xbf\"]", 2, "UTF-8" },
        { "[\"\xf4\x90\x80\x80\"]", 2, "UTF-8" },
        { "[\"é\x80\"]", 4, "UTF-8" },
        { "[\"\xe5\xa0\"]", 2, "UTF-8" },
        { "[1]\xe5\xa0", 3, "UTF-8" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT(parsed_index(&parsed, cases[i].bytes, strlen(cases[i].bytes)) == JSON_MALFORMED);
        CU_ASSERT(parsed.fault.offset == cases[i].offset);
        CU_ASSERT_PTR_NOT_NULL_FATAL(parsed.fault.reason);
        CU_ASSERT_PTR_NOT_NULL(strstr(parsed.fault.reason, cases[i].reason));
    }
}

/* What an index leaves to the walk. */
static void test_not_checked(void)
{
    static const char *const texts[] = { "\xef\xbb\xbf{}", "[}", "nonsense", "[\"\\x\"]", "1 2" };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO_PARSED parsed;
        CU_ASSERT(parsed_index(&parsed, texts[i], strlen(texts[i])) == 0);
    }
}

static bool naive_is_utf8(const unsigned char *p, size_t len)
{
    while (len > 0) {
        size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;
        uint32_t character = n == 1 ? p[0] : p[0] & (0x7fu >> n);
        if (len < n || p[0] >= 0xf8 || (p[0] >= 0x80 && p[0] < 0xc0)) {
            return false;
        }
        for (size_t i = 1; i < n; i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return false;
            }
            character = character << 6 | (p[i] & 0x3f);
        }
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if (character < least[n] || character > 0x10ffff ||
            (character >= 0xd800 && character < 0xe000)) {
            return false;
        }
        p += n;
        len -= n;
    }
    return true;
}

/* All of two bytes, and those of three and four whose later bytes lie at an edge. */
static void test_utf8(void)
{
    static const unsigned char edges[] = { 0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90,
                                           0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff };
    size_t n_wrong = 0;
    for (unsigned first = 0; first < 0x100; first++) {
        for (unsigned second = 0; second < 0x100; second++) {
            unsigned char bytes[4] = { (unsigned char)first, (unsigned char)second, 0, 0 };
            n_wrong += json_is_utf8((char *)bytes, 2) != naive_is_utf8(bytes, 2);
            for (size_t i = 0; i < ARRAY_SIZE(edges) * ARRAY_SIZE(edges); i++) {
                bytes[2] = edges[i % ARRAY_SIZE(edges)];
                bytes[3] = edges[i / ARRAY_SIZE(edges)];
                n_wrong += json_is_utf8((char *)bytes, 4) != naive_is_utf8(bytes, 4);
            }
        }
    }
    CU_ASSERT(n_wrong == 0);
    CU_ASSERT(json_is_utf8("", 0));
}

/* A wrong sequence is seen, and its place found, wherever it stands in the blocks. */
static void test_utf8_anywhere(void)
{
    char text[200];
    for (size_t at = 0; at < sizeof(text); at++) {
        memset(text, 'x', sizeof(text));
        text[at] = (char)0xe5;
        CU_ASSERT(!json_is_utf8(text, sizeof(text)));
        AUTO_PARSED parsed;
        CU_ASSERT(parsed_index(&parsed, text, sizeof(text)) == JSON_MALFORMED);
        CU_ASSERT(parsed.fault.offset == at);
    }
}

/* The byte behind the document lies on a page that must not be touched. */
static void test_end_of_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(pages != MAP_FAILED);
    CU_ASSERT_FATAL(mprotect(pages + page, page, PROT_NONE) == 0);
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    for (size_t len = 2; len < 300; len++) {
        char *text = pages + page - len;
        memset(text, 'x', len);
        text[0] = text[len - 1] = '"';
        const uint32_t *tokens = NULL;
        size_t n_tokens = 0;
        CU_ASSERT(json_index(indexer, text, len, &tokens, &n_tokens) == 0);
        CU_ASSERT(n_tokens == 1 && tokens[0] == 0 && tokens[1] == len);
        CU_ASSERT(json_is_utf8(text, len));
        text[len - 1] = 'x';
        CU_ASSERT(json_index(indexer, text, len, &tokens, &n_tokens) == JSON_MALFORMED);
        CU_ASSERT(json_indexer_fault(indexer).offset == 0);
    }
    json_indexer_free(indexer);
    munmap(pages, 2 * page);
}

static void test_memory(void)
{
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    size_t small = json_indexer_memory(indexer);
    CU_ASSERT(small == json_indexer_memory_for(0));
    enum { LEN = 3000000 };
    char *text = malloc(LEN);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '[', LEN);
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    CU_ASSERT(json_index(indexer, text, LEN, &tokens, &n_tokens) == 0);
    CU_ASSERT(n_tokens == LEN && tokens[LEN - 1] == LEN - 1 && tokens[LEN] == LEN);
    CU_ASSERT(json_indexer_memory(indexer) == json_indexer_memory_for(LEN));
    CU_ASSERT(json_indexer_memory(indexer) >= LEN * sizeof(uint32_t));
    CU_ASSERT(json_indexer_shrink(indexer, 0) == 0);
    CU_ASSERT(json_indexer_memory(indexer) == small);
    CU_ASSERT(json_index(indexer, "[]", 2, &tokens, &n_tokens) == 0);
    CU_ASSERT(n_tokens == 2);
    CU_ASSERT(json_index(indexer, text, LEN, &tokens, &n_tokens) == 0);
    CU_ASSERT(n_tokens == LEN);
    json_indexer_free(indexer);
    free(text);
}

static void test_too_long(void)
{
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    /* The length is judged before a byte is read. */
    CU_ASSERT(json_index(indexer, "", JSON_MAX_LEN + 1, &tokens, &n_tokens) == -EFBIG);
    CU_ASSERT(json_index(indexer, "[]", 2, &tokens, &n_tokens) == 0);
    json_indexer_free(indexer);
}

static const struct test_case cases[] = {
    { "the offset of every token, and the length behind them", test_tokens },
    { "tokens do not depend on where blocks of 64 bytes begin", test_block_boundaries },
    { "a run of backslashes of any length, anywhere", test_backslashes },
    { "random documents have the tokens that a byte scanner finds", test_random_documents },
    { "as many tokens as bytes", test_many_tokens },
    { "what is refused, where, and why", test_faults },
    { "grammar, escapes and a BOM are left to the walk", test_not_checked },
    { "UTF-8 is what Unicode says", test_utf8 },
    { "bad UTF-8 is found anywhere in a block", test_utf8_anywhere },
    { "no byte behind the document is read", test_end_of_page },
    { "memory is what was announced, and is given back", test_memory },
    { "a document above 2 GiB is refused by its length", test_too_long },
};

CUNIT_MAIN("json/index", cases)
