/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats by a table, by other implementations (timegm, inet_pton), and by the schema suite's files
 * beside the source tree (WEIR_SHARED), which the last case skips with a message where they are
 * missing.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/json_parsed.h"
#include "../../support/random.h"
#include "base/filesystem.h"
#include "schema/format.h"
#include "json/text.h"

/* Judges a copy of exactly len bytes, so that a sanitizer sees a read beyond. */
static bool is_valid(enum format format, const char *text, size_t len)
{
    AUTO_FREE char *exact = malloc(len > 0 ? len : 1);
    CU_ASSERT_FATAL(exact != NULL);
    memcpy(exact, text, len);
    return format_is_valid(format, exact, len);
}

static void expect(enum format format, const char *text, size_t len, bool expected)
{
    if (is_valid(format, text, len) != expected) {
        fprintf(stderr, "format %d: %.*s is %s\n", format, (int)len, text,
                expected ? "refused" : "accepted");
        CU_FAIL("wrong verdict");
    }
}

static void test_names(void)
{
    static const char *const names[] = {
        [FORMAT_NONE] = "idn-email",
        [FORMAT_DATE_TIME] = "date-time",
        [FORMAT_DATE] = "date",
        [FORMAT_TIME] = "time",
        [FORMAT_URI] = "uri",
        [FORMAT_URI_REFERENCE] = "uri-reference",
        [FORMAT_EMAIL] = "email",
        [FORMAT_HOSTNAME] = "hostname",
        [FORMAT_IPV4] = "ipv4",
        [FORMAT_IPV6] = "ipv6",
        [FORMAT_UUID] = "uuid",
        [FORMAT_REGEX] = "regex",
        [FORMAT_JSON_POINTER] = "json-pointer",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CU_ASSERT_EQUAL(format_find(names[i], strlen(names[i])), (enum format)i);
    }
    CU_ASSERT_EQUAL(format_find("", 0), FORMAT_NONE);
    CU_ASSERT_EQUAL(format_find("dat", 3), FORMAT_NONE);
    CU_ASSERT_EQUAL(format_find("date\0", 5), FORMAT_NONE);
    CU_ASSERT(format_is_valid(FORMAT_NONE, "\xff", 1));
}

#define LABEL_60   "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define LABELS_244 LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 "."

static const struct {
    enum format format;
    const char *text;
    bool expected;
} judged[] = {
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05Z", true },
    { FORMAT_DATE_TIME, "2026-01-02t03:04:05.6789012345678901z", true },
    { FORMAT_DATE_TIME, "0000-01-01T00:00:00-00:00", true },
    { FORMAT_DATE_TIME, "2026-01-02T23:59:59+23:59", true },
    { FORMAT_DATE_TIME, "2026-01-02 03:04:05Z", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05.Z", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05,1Z", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05.1", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04Z", false },
    { FORMAT_DATE_TIME, "2026-01-02T", false },
    { FORMAT_DATE_TIME, "2026-01-02", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05+24:00", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05+0100", false },
    { FORMAT_DATE_TIME, "2026-01-02T03:04:05+01:00 ", false },
    { FORMAT_DATE_TIME, "", false },
    { FORMAT_DATE_TIME, "2027-01-01T00:59:60.5+01:00", true },
    { FORMAT_DATE_TIME, "2026-12-31T23:59:60+01:00", false },
    { FORMAT_TIME, "23:59:60Z", true },
    { FORMAT_TIME, "00:00:60Z", false },
    { FORMAT_TIME, "03:04:05", false },
    { FORMAT_TIME, "24:00:00Z", false },
    { FORMAT_TIME, "00:60:00Z", false },
    { FORMAT_TIME, "00:00:61Z", false },
    { FORMAT_EMAIL, "a@b", true },
    { FORMAT_EMAIL, "a.b+c@example.org", true },
    { FORMAT_EMAIL, "\"a b\\\"@\"@example.org", true },
    { FORMAT_EMAIL, "\"\"@example.org", true },
    { FORMAT_EMAIL, "\"a\"b@example.org", false },
    { FORMAT_EMAIL, "\"a\\", false },
    { FORMAT_EMAIL, "\"a\\\"@example.org", false },
    { FORMAT_EMAIL, "\"a\tb\"@example.org", false },
    { FORMAT_EMAIL, "a@[127.0.0.1]", true },
    { FORMAT_EMAIL, "a@[IPv6:::1]", true },
    { FORMAT_EMAIL, "a@[ipv6:::1]", true },
    { FORMAT_EMAIL, "a@[IPv6:1]", false },
    { FORMAT_EMAIL, "a@[::1]", false },
    { FORMAT_EMAIL, "a@[tag:what ever]", false },
    { FORMAT_EMAIL, "a@[tag:whatever]", true },
    { FORMAT_EMAIL, "a@[tag-:whatever]", false },
    { FORMAT_EMAIL, "a@[tag:]", false },
    { FORMAT_EMAIL, "a@[]", false },
    { FORMAT_EMAIL, "a@[", false },
    { FORMAT_EMAIL, "a@b@c", false },
    { FORMAT_EMAIL, "a@-b", false },
    { FORMAT_EMAIL, "a@b.", false },
    { FORMAT_EMAIL, "\xc3\xa9@example.org", false },
    { FORMAT_EMAIL, "", false },
    { FORMAT_HOSTNAME, "en.wikipedia.org", true },
    { FORMAT_HOSTNAME, LABEL_60 "abc", true },
    { FORMAT_HOSTNAME, LABEL_60 "abcd", false },
    { FORMAT_HOSTNAME, LABELS_244 "abcdefghi", true },
    { FORMAT_HOSTNAME, LABELS_244 "abcdefghij", false },
    { FORMAT_HOSTNAME, "a..b", false },
    { FORMAT_HOSTNAME, "xn--mnchen-3ya.de", true },
    { FORMAT_HOSTNAME, "XN--MNCHEN-3YA.de", true },
    { FORMAT_HOSTNAME, "xn--", false },
    { FORMAT_HOSTNAME, "xn--abc", false },
    /* One letter written from left to right, one from right to left: the Bidi rule. */
    { FORMAT_HOSTNAME, "xn--a-0hc", false },
    /* As many characters as an A-label can hold, of four bytes each (U+20000). */
    { FORMAT_HOSTNAME, "xn--j50iaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
    { FORMAT_IPV4, "0.10.200.255", true },
    { FORMAT_IPV4, "01.2.3.4", false },
    { FORMAT_IPV4, "1.2.3.00", false },
    { FORMAT_IPV4, "1.2.3.1000", false },
    { FORMAT_IPV6, "1:2:3:4:5:6:7::", true },
    { FORMAT_IPV6, "::2:3:4:5:6:7:8", true },
    { FORMAT_IPV6, "1:2:3:4:5:6:7:8::", false },
    { FORMAT_IPV6, "::1:2:3:4:5:6:7:8", false },
    { FORMAT_IPV6, "1::2:3:4:5:6:7:8", false },
    { FORMAT_IPV6, "::1:2:3:4:5:1.2.3.4", true },
    { FORMAT_IPV6, "::1:2:3:4:5:6:1.2.3.4", false },
    { FORMAT_IPV6, "1.2.3.4::", false },
    { FORMAT_IPV6, ":", false },
    { FORMAT_IPV6, "", false },
    { FORMAT_UUID, "2eb5f4e8-7d8b-4d0c-9d5f-0123456789ab", true },
    { FORMAT_UUID, "2EB5F4E8-7D8B-FD0C-0D5F-0123456789AB", true },
    { FORMAT_UUID, "2eb5f4e8-7d8b-4d0c-9d5f-0123456789a", false },
    { FORMAT_UUID, "2eb5f4e8-7d8b-4d0c-9d5f-0123456789abc", false },
    { FORMAT_UUID, "2eb5f4e8-7d8b-4d0c-9d5f-0123456789ag", false },
    { FORMAT_UUID, "2eb5f4e8-7d8b-4d0c-9d5f00123456789ab", false },
    { FORMAT_UUID, "{2eb5f4e8-7d8b-4d0c-9d5f-0123456789a", false },
    { FORMAT_URI, "https://en.wikipedia.org/wiki/A?b#c", true },
    { FORMAT_URI, "/wiki/A", false },
    { FORMAT_URI_REFERENCE, "/wiki/A", true },
    { FORMAT_REGEX, "^a+$", true },
    { FORMAT_REGEX, "^(a", false },
    { FORMAT_JSON_POINTER, "", true },
    { FORMAT_JSON_POINTER, "/a~0~1/", true },
    { FORMAT_JSON_POINTER, "a", false },
    { FORMAT_JSON_POINTER, "/~", false },
    { FORMAT_JSON_POINTER, "/~0~", false },
    { FORMAT_JSON_POINTER, "/~2", false },
};

static void test_table(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
        expect(judged[i].format, judged[i].text, strlen(judged[i].text), judged[i].expected);
    }
    CU_ASSERT(!is_valid(FORMAT_HOSTNAME, "a\0b", 3));
    CU_ASSERT(!is_valid(FORMAT_EMAIL, "a\0b@c", 5));
    CU_ASSERT(!is_valid(FORMAT_IPV4, "1.2.3.4\0", 8));
}

/* Every month and day of two digits; timegm() moves a day that does not exist. */
static void test_calendar(void)
{
    static const int years[] = { 1600, 1900, 1999, 2000, 2024, 2026, 2100 };
    for (size_t i = 0; i < ARRAY_SIZE(years) * 10000; i++) {
        int year = years[i / 10000];
        int month = (int)(i / 100 % 100);
        int day = (int)(i % 100);
        struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
        (void)timegm(&tm);
        char text[40];
        int len = snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
        expect(FORMAT_DATE, text, (size_t)len,
               tm.tm_year == year - 1900 && tm.tm_mon == month - 1 && tm.tm_mday == day);
    }
}

/* Every byte in every place of a date-time: digits alone may stand for digits. */
static void test_each_byte(void)
{
    static const char text[] = "2022-11-11T11:11:11Z";
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        bool is_number = text[at] >= '0' && text[at] <= '9';
        for (unsigned byte = 0; byte < 0x100; byte++) {
            char changed[sizeof(text)];
            memcpy(changed, text, sizeof(text));
            changed[at] = (char)byte;
            bool is_same = byte == (unsigned char)text[at] ||
                           (!is_number && text[at] >= 'A' && (byte & 0xdf) == (unsigned)text[at] &&
                            byte >= 'A');
            bool is_digit = byte >= '0' && byte <= '9';
            bool is_accepted = is_valid(FORMAT_DATE_TIME, changed, sizeof(text) - 1);
            CU_ASSERT(is_number ? is_digit || !is_accepted : is_accepted == is_same);
        }
    }
}

/* Texts of the letters of addresses, judged as the C library does. */
static void test_addresses(void)
{
    static const char letters[] = "0123456789abF::::::....";
    struct random random = { .state = 3 };
    size_t n_valid = 0;
    for (int i = 0; i < 300000; i++) {
        char text[24];
        size_t len = random_below(&random, sizeof(text));
        for (size_t at = 0; at < len; at++) {
            text[at] = letters[random_below(&random, sizeof(letters) - 1)];
        }
        text[len] = '\0';
        unsigned char address[16];
        bool is_ipv6 = inet_pton(AF_INET6, text, address) == 1;
        expect(FORMAT_IPV6, text, len, is_ipv6);
        expect(FORMAT_IPV4, text, len, inet_pton(AF_INET, text, address) == 1);
        n_valid += is_ipv6;
    }
    CU_ASSERT(n_valid > 1000);
}

/* The value of the member of that name; the suite has it. */
static uint32_t member(const struct json_document *document, uint32_t open, const char *name)
{
    for (uint32_t key = json_first(document, open); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct json_string string = json_string(document, key);
        if (json_string_equals(string.raw, string.raw_len, name, strlen(name))) {
            return key + 2;
        }
    }
    CU_FAIL_FATAL("a member is missing");
    return JSON_END;
}

/* What is no string is not for formats to judge: any is valid. */
static bool accepts(enum format format, const struct json_document *document, uint32_t token)
{
    if (json_kind(document, token) != JSON_STRING) {
        return true;
    }
    struct json_string string = json_string(document, token);
    AUTO_FREE char *text = malloc(string.raw_len + 1);
    size_t len = 0;
    CU_ASSERT_FATAL(text != NULL);
    CU_ASSERT_FATAL(json_unescape(string.raw, string.raw_len, text, &len) == 0);
    return is_valid(format, text, len);
}

struct count {
    size_t n_passed;
    size_t n;
};

static void run_group(const struct json_document *document, uint32_t group, struct count *count)
{
    uint32_t name = member(document, member(document, group, "schema"), "format");
    struct json_string string = json_string(document, name);
    enum format format = format_find(string.raw, string.raw_len);
    CU_ASSERT(format != FORMAT_NONE);
    uint32_t tests = member(document, group, "tests");
    for (uint32_t test = json_first(document, tests); test != JSON_END;
         test = json_sibling(document, test)) {
        bool expected = json_byte(document, member(document, test, "valid")) == 't';
        bool is_passed = accepts(format, document, member(document, test, "data")) == expected;
        if (!is_passed) {
            struct json_string what = json_string(document, member(document, test, "description"));
            fprintf(stderr, "failed: %.*s\n", (int)what.raw_len, what.raw);
        }
        count->n_passed += is_passed;
        count->n++;
    }
}

static void run_file(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.json", dir, name);
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    CU_ASSERT_FATAL(file_read_all(path, 1 << 20, &bytes, &len) == 0);
    AUTO_PARSED parsed;
    CU_ASSERT_FATAL(parsed_init(&parsed, bytes, len) == 0);
    const struct json_document *document = &parsed.document;
    struct count count = { 0 };
    for (uint32_t group = json_first(document, 0); group != JSON_END;
         group = json_sibling(document, group)) {
        run_group(document, group, &count);
    }
    printf("\n    %s: %zu of %zu", name, count.n_passed, count.n);
    CU_ASSERT(count.n > 0 && count.n_passed == count.n);
}

static void test_suite(void)
{
    static const char *const names[] = {
        "date-time", "date", "time", "uri",          "uri-reference", "email",
        "hostname",  "ipv4", "ipv6", "json-pointer", "regex",
    };
    const char *shared = getenv("WEIR_SHARED");
    char dir[2048];
    snprintf(dir, sizeof(dir), "%s/suites/json-schema-draft7/tests/draft7/optional/format",
             shared != NULL ? shared : "../shared");
    if (access(dir, R_OK) != 0) {
        fprintf(stderr, "skipped: no %s\n", dir);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        run_file(dir, names[i]);
    }
}

static const struct test_case cases[] = {
    { "names are found", test_names },
    { "the table", test_table },
    { "dates are those of the calendar", test_calendar },
    { "each byte in each place of a date-time", test_each_byte },
    { "addresses are those of the C library", test_addresses },
    { "every case of the schema suite", test_suite },
};

CUNIT_MAIN("schema/format", cases)
