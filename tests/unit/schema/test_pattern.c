/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "../../support/cunit_main.h"
#include "forbid_code.h"
#include "schema/pattern.h"
#include "suite.h"

/* What an event may cost is 10 ms; a busy machine takes up to ten times that. */
enum { EVENT_MS = 10, BUSY = 10 };

/* One event. The subject has exactly its length, so that a sanitizer sees a read beyond. */
static int match_len(const char *ecma, size_t ecma_len, const char *subject, size_t len)
{
    AUTO(pattern) pattern = NULL;
    AUTO(pattern_matcher) matcher = NULL;
    struct problem problem = { 0 };
    int r = pattern_compile(ecma, ecma_len, &pattern, &problem);
    if (r < 0) {
        fprintf(stderr, "%s: %s\n", ecma, problem.text);
        return r;
    }
    r = pattern_matcher_new(&matcher);
    AUTO_FREE char *exact = malloc(len > 0 ? len : 1);
    if (r < 0 || exact == NULL) {
        return -ENOMEM;
    }
    memcpy(exact, subject, len);
    return pattern_matches(matcher, pattern, exact, len);
}

static int match(const char *ecma, const char *subject)
{
    return match_len(ecma, strlen(ecma), subject, strlen(subject));
}

struct semantics {
    const char *ecma;
    const char *subject;
    int outcome;
};

static const struct semantics semantics[] = {
    { "", "", PATTERN_MATCHES },
    { "b", "abc", PATTERN_MATCHES },
    { "^b", "abc", 0 },
    { "^abc$", "abc", PATTERN_MATCHES },
    { "^abc$", "abc\n", 0 },
    { "^abc$", "x\nabc", 0 },
    { "^a.c$",
      "a\xc3\xa4"
      "c",
      PATTERN_MATCHES },
    { "^.$", "\xf0\x9f\x90\xb2", PATTERN_MATCHES },
    { "^.$", "\n", 0 },
    { "^.$", "\r", 0 },
    { "^.$", "\xe2\x80\xa8", 0 },
    { "^.$", "\xe2\x80\xa9", 0 },
    { "^.$", "\xc2\x85", PATTERN_MATCHES },
    { "^.$", "\v", PATTERN_MATCHES },
    { "^[^]$", "\n", PATTERN_MATCHES },
    { "[]", "a", 0 },
    { "^[]*$", "", PATTERN_MATCHES },
    { "^\\d$", "\xd9\xa3", 0 },
    { "^\\w$", "\xc3\xa9", 0 },
    { "\\bb",
      "\xc3\xa9"
      "b",
      PATTERN_MATCHES },
    { "^\\s$", "\xef\xbb\xbf", PATTERN_MATCHES },
    { "^\\s$", "\xe3\x80\x80", PATTERN_MATCHES },
    { "^\\s$", "\xe1\xa0\x8e", 0 },
    { "^\\s$", "\xc2\x85", 0 },
    { "^\\S$", "\xc2\x85", PATTERN_MATCHES },
    { "^[\\S]$", "\xc2\xa0", 0 },
    { "^[^\\S]$", "\xc2\xa0", PATTERN_MATCHES },
    { "^[\\S\\n]$", "\n", PATTERN_MATCHES },
    { "^[\\s-]$", "-", PATTERN_MATCHES },
    { "^[\\b]$", "\b", PATTERN_MATCHES },
    { "^[[:alpha:]$", "p", PATTERN_MATCHES },
    { "^\\cJ$", "\n", PATTERN_MATCHES },
    { "^\\/\\-\\#\\ $", "/-# ", PATTERN_MATCHES },
    { "^\\u{1F432}\\ud83d\\udc32$", "\xf0\x9f\x90\xb2\xf0\x9f\x90\xb2", PATTERN_MATCHES },
    { "^[\\ud83d\\udc30-\\ud83d\\udc35]$", "\xf0\x9f\x90\xb2", PATTERN_MATCHES },
    { "^[\xf0\x9f\x90\xb0-\xf0\x9f\x90\xb5]$", "\xf0\x9f\x90\xb2", PATTERN_MATCHES },
    { "K", "\xe2\x84\xaa", 0 },
    { "a#b", "a#b", PATTERN_MATCHES },
    { "^ a $", " a ", PATTERN_MATCHES },
    /* A group that was not set is empty. */
    { "^(a)?\\1b$", "b", PATTERN_MATCHES },
    { "^\\1(a)$", "a", PATTERN_MATCHES },
    { "^(?:(a)|b)\\1$", "b", PATTERN_MATCHES },
    { "^(?!(a))\\1b$", "b", PATTERN_MATCHES },
    { "^(['\"]).*\\1$", "'a\"", 0 },
    { "^(?<q>['\"]).*\\k<q>$", "'a'", PATTERN_MATCHES },
    { "^(?:(.)\\1)+$", "aabb", PATTERN_MATCHES },
    { "^(?:(.)\\1)+$", "aabc", 0 },
    { "(?<=ab)c", "abc", PATTERN_MATCHES },
    { "(?<!a)c", "ac", 0 },
    { "(?=.*x)(?!.*y)^", "ax", PATTERN_MATCHES },
    { "^a{2,3}?$", "aaaa", 0 },
    { "^(a|ab)(c|bcd)$", "abcd", PATTERN_MATCHES },
    /* Scripts and script extensions differ: the mark is Common (or Inherited), used with Kana. */
    { "^\\p{Script=Hiragana}$", "\xe3\x83\xbc", 0 },
    { "^\\p{Script_Extensions=Hiragana}$", "\xe3\x83\xbc", PATTERN_MATCHES },
    { "^\\p{Assigned}$", "\xcd\xb8", 0 },
    { "^[^\\P{Lu}]$", "A", PATTERN_MATCHES },
    { "^\\p{LC}$", "a", PATTERN_MATCHES },
    { "^\\p{LC}$", "\xca\xbb", 0 },
    /* Half a surrogate pair, as json_unescape() writes it. */
    { "^\\ud800$", "\xed\xa0\x80", PATTERN_MATCHES },
    { "^\\ufffd.$", "\xed\xb0\x80\xed\xbf\xbf", PATTERN_MATCHES },
    { "^[\\ud000-\\udbff]$", "\xed\x9f\xbf", PATTERN_MATCHES },
    { "^[\\ud800-\\uffff]$", "\xed\x9f\xbf", 0 },
    { "^[\\ud800-\\uffff]$", "\xee\x80\x80", PATTERN_MATCHES },
};

static bool are_semantics_right(void)
{
    bool is_right = true;
    for (size_t i = 0; i < ARRAY_SIZE(semantics); i++) {
        int outcome = match(semantics[i].ecma, semantics[i].subject);
        if (outcome != semantics[i].outcome) {
            fprintf(stderr, "%s on %s: %d\n", semantics[i].ecma, semantics[i].subject, outcome);
            is_right = false;
        }
    }
    return is_right && match_len("^a\0b$", 5, "a\0b", 3) == PATTERN_MATCHES;
}

static void test_semantics(void)
{
    CU_ASSERT(are_semantics_right());
}

struct hostile {
    const char *ecma;
    const char *piece;
    const char *end;
};

/* Each costs more than an event has, on the longest subject. */
static const struct hostile hostile_cases[] = {
    { "(a+)+$", "a", "!" },
    { "^(a+)+$", "a", "!" },
    { "(.*)*x", "a",
      "x\n"
      "b" },
    { "^(.*)*x$", "a", "xb" },
    { "(a|aa)+$", "a", "!" },
    { "(?:a|b|ab)*c$", "ab", "cd" },
    { "[a-z]*\\d\\D\\d", "a", "1!" },
    { "(?:[a-z]*1|[a-z]*2|[a-z]*3)$", "a", "3!" },
    { ".*.*.*=.*;", "=", ";\n" },
    { "(?:a?){30}a{30}$", "a", "!" },
    { "(?:\\p{L}\\p{L})*1", "a", "!1" },
    { "([^]*)b\\1c", "a", "bbc" },
    { "(?:a{1,1000}){1,1000}x", "a", "!x" },
    { "[ab]{2000}c", "a", "!c" },
    { "(?<=[ab]{2000}q)[ax]", "a", "!" },
    { "(?:ab?){1,1000}x", "a", "!x" },
    { "^(?:a|b)*$", "a", "" },
};

/* Milliseconds of the processor that this thread has used. */
static double thread_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* An event with n strings of len bytes. Returns its cost in ms; negative: something failed. */
static double hostile_event(const struct hostile *hostile, size_t n, size_t len, int *ret_last)
{
    AUTO(pattern) pattern = NULL;
    AUTO(pattern_matcher) matcher = NULL;
    AUTO_BUFFER subject = { 0 };
    while (subject.len + strlen(hostile->end) < len) {
        if (buffer_append_text(&subject, hostile->piece) < 0) {
            return -1;
        }
    }
    if (buffer_append_text(&subject, hostile->end) < 0 ||
        pattern_compile(hostile->ecma, strlen(hostile->ecma), &pattern, NULL) < 0 ||
        pattern_matcher_new(&matcher) < 0) {
        return -1;
    }
    double before = thread_ms();
    for (size_t i = 0; i < n; i++) {
        int r = pattern_matches(matcher, pattern, subject.data, subject.len);
        if (r < 0 || (i > 0 && *ret_last == PATTERN_TOO_COSTLY && r != PATTERN_TOO_COSTLY)) {
            return -1;
        }
        *ret_last = r;
    }
    double cost = thread_ms() - before;
    /* The next event has a full budget. */
    pattern_matcher_begin(matcher);
    return pattern_matches(matcher, pattern, "", 0) == PATTERN_TOO_COSTLY ? -1 : cost;
}

static bool is_hostile_bounded(const char *engine)
{
    static const struct {
        size_t n;
        size_t len;
    } events[] = { { 1, 40 },     { 20000, 40 },  { 500, 300 },
                   { 100, 5000 }, { 10, 100000 }, { 3, 1000000 } };
    bool is_right = true;
    double worst = 0;
    for (size_t i = 0; i < ARRAY_SIZE(hostile_cases); i++) {
        bool is_too_costly = false;
        for (size_t j = 0; j < ARRAY_SIZE(events); j++) {
            int last = 0;
            double ms = hostile_event(&hostile_cases[i], events[j].n, events[j].len, &last);
            is_too_costly |= last == PATTERN_TOO_COSTLY;
            worst = ms > worst ? ms : worst;
            if (ms < 0 || ms > EVENT_MS * BUSY) {
                fprintf(stderr, "%s on %zu x %zu: %f ms\n", hostile_cases[i].ecma, events[j].n,
                        events[j].len, ms);
                is_right = false;
            }
        }
        if (!is_too_costly) {
            fprintf(stderr, "%s is not hostile\n", hostile_cases[i].ecma);
            is_right = false;
        }
    }
    printf("(%s: %.1f ms at most) ", engine, worst);
    fflush(stdout);
    return is_right;
}

static void test_hostile(void)
{
    CU_ASSERT(is_hostile_bounded("JIT"));
    /* So that it was the JIT. */
    CU_ASSERT(has_writable_code());
}

static bool is_right_without_code(void)
{
    bool is_right = are_semantics_right() && is_hostile_bounded("interpreter");
    return is_right && !has_writable_code();
}

static void test_without_code(void)
{
    CU_ASSERT(run_without_code(is_right_without_code));
}

/* What is harmless is answered, on many and long strings. */
static void test_harmless(void)
{
    static const struct hostile cases[] = {
        { "^[a-z]+$", "a", "a" },
        { "^https?://[^\\s/]+(?:/\\S*)?$", "http://a", "" },
        { "^\\S+@\\S+\\.\\S+$", "a", "@b.cd" },
        { "[0-9]{4}", "ab ", "2026" },
        { "^(?:[a-z]+,)*$", "abc,", "" },
        { "^(/[a-z]+)+$", "/abc", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int last = 0;
        CU_ASSERT(hostile_event(&cases[i], 200, 100, &last) >= 0 && last == PATTERN_MATCHES);
        CU_ASSERT(hostile_event(&cases[i], 2, 10000, &last) >= 0 && last == PATTERN_MATCHES);
    }
}

static void test_refused(void)
{
    static const char *const cases[] = {
        "(", "a**", "(?<=a+)b", "a{65536}", "(?:(?:a{1,500}b){500}c){500}", "(?:(a)|b)*\\1",
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pattern *pattern = NULL;
        struct problem problem = { 0 };
        CU_ASSERT(pattern_compile(cases[i], strlen(cases[i]), &pattern, &problem) == -EINVAL);
        CU_ASSERT(pattern == NULL && problem.text[0] != '\0');
    }
}

/* PCRE2 knows all names that we hand it. */
static void test_properties(void)
{
    static const char *const names[] = {
        "L",
        "LC",
        "Nd",
        "digit",
        "punct",
        "Combining_Mark",
        "sc=Adlam",
        "sc=Zzzz",
        "sc=Qaac",
        "sc=Qaai",
        "sc=Nko",
        "scx=Phags_Pa",
        "scx=Toto",
        "sc=Vith",
        "sc=Hmnp",
        "Alpha",
        "Default_Ignorable_Code_Point",
        "IDS",
        "IDST",
        "Math",
        "Pat_WS",
        "Regional_Indicator",
        "space",
        "XIDC",
        "EComp",
        "ExtPict",
        "NChar",
        "Bidi_M",
        "CWKCF",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char text[128];
        AUTO(pattern) pattern = NULL;
        struct problem problem = { 0 };
        snprintf(text, sizeof(text), "\\p{%s}[\\P{%s}a]", names[i], names[i]);
        /* The one that PCRE2 10.42 lacks. */
        int expected = strcmp(names[i], "CWKCF") == 0 ? -EINVAL : 0;
        if (pattern_compile(text, strlen(text), &pattern, &problem) != expected) {
            fprintf(stderr, "%s: %s\n", text, problem.text);
            CU_FAIL("another verdict");
        }
    }
}

struct tally {
    size_t n_passed;
    size_t n_cases;
    /* Schemas that are more than a pattern. */
    size_t n_left;
};

/* Whether each name of object that the pattern matches is allowed: {pattern: true or false}. */
static bool are_names_allowed(const struct json_tree *rules, bool allows_others,
                              const struct json_tree *object)
{
    for (size_t i = 0; i < object->n_members; i++) {
        bool is_known = false;
        const struct buffer *name = &object->members[i].name;
        for (size_t j = 0; j < rules->n_members; j++) {
            const struct buffer *ecma = &rules->members[j].name;
            int r = match_len(ecma->data, ecma->len, name->len > 0 ? name->data : "", name->len);
            is_known |= r == PATTERN_MATCHES;
            if (r == PATTERN_MATCHES && json_tree_byte(rules->members[j].value) == 'f') {
                return false;
            }
        }
        if (!is_known && !allows_others) {
            return false;
        }
    }
    return true;
}

/* { pattern }, and { patternProperties } to true or false alone. */
static bool is_plain(const struct json_tree *schema)
{
    if (suite_member(schema, "pattern") != NULL) {
        return true;
    }
    const struct json_tree *rules = suite_member(schema, "patternProperties");
    for (size_t i = 0; rules != NULL && i < rules->n_members; i++) {
        if (json_tree_byte(rules->members[i].value) == '{') {
            return false;
        }
    }
    return rules != NULL;
}

static bool is_data_valid(const struct json_tree *schema, const struct json_tree *data)
{
    const struct json_tree *pattern = suite_member(schema, "pattern");
    if (pattern != NULL && json_tree_byte(data) == '"') {
        AUTO_BUFFER ecma = { 0 };
        AUTO_BUFFER text = { 0 };
        suite_text(pattern, &ecma);
        suite_text(data, &text);
        return match_len(ecma.data, ecma.len, text.data, text.len) == PATTERN_MATCHES;
    }
    const struct json_tree *rules = suite_member(schema, "patternProperties");
    const struct json_tree *others = suite_member(schema, "additionalProperties");
    return rules == NULL || json_tree_byte(data) != '{' ||
           are_names_allowed(rules, others == NULL, data);
}

static void run_group(const struct json_tree *group, struct tally *tally)
{
    const struct json_tree *schema = suite_member(group, "schema");
    const struct json_tree *tests = suite_member(group, "tests");
    for (size_t i = 0; i < tests->n_members; i++) {
        const struct json_tree *test = tests->members[i].value;
        if (!is_plain(schema)) {
            tally->n_left++;
            continue;
        }
        bool is_valid = json_tree_byte(suite_member(test, "valid")) == 't';
        bool is_right = is_data_valid(schema, suite_member(test, "data")) == is_valid;
        if (!is_right) {
            fprintf(stderr, "%.*s\n", (int)test->raw.len, test->raw.data);
        }
        tally->n_cases++;
        tally->n_passed += is_right;
    }
}

static void test_suite(void)
{
    static const char *const files[] = {
        "pattern.json",
        "patternProperties.json",
        "optional/ecmascript-regex.json",
        "optional/non-bmp-regex.json",
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct json_tree *groups = suite_read(files[i]);
        if (groups == NULL) {
            continue;
        }
        struct tally tally = { 0 };
        for (size_t j = 0; j < groups->n_members; j++) {
            run_group(groups->members[j].value, &tally);
        }
        json_tree_free(groups);
        printf("\n    %s: %zu of %zu, %zu need a checker", files[i], tally.n_passed, tally.n_cases,
               tally.n_left);
        CU_ASSERT(tally.n_passed == tally.n_cases && tally.n_cases > 0);
    }
    printf("\n  ");
}

int main(void)
{
    static const struct test_case cases[] = {
        /* First: no executable memory is there yet. */
        { "where no code may be made", test_without_code },
        { "the semantics of ECMA-262", test_semantics },
        { "hostile patterns are bounded", test_hostile },
        { "harmless patterns are answered", test_harmless },
        { "what is refused", test_refused },
        { "names of properties", test_properties },
        { "the suite's patterns", test_suite },
    };
    return cunit_run("schema/pattern", cases, ARRAY_SIZE(cases));
}
