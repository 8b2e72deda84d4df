/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/template.h"

#include "enrich/content_reply.h"

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

static const char document[] =
    "{\"title\":\"A/B & C?#\xc3\xa4\",\"n\":-7,\"yes\":true,\"nothing\":null,"
    "\"list\":[1,2],\"dots\":\"..\",\"line\":\"a\\r\\nb\",\"host\":\"en.example\"}";

static void test_render(void)
{
    static const struct {
        const char *text;
        enum template_form form;
        /* NULL: the event fails. */
        const char *expected;
    } table[] = {
        { "plain", TEMPLATE_URL, "plain" },
        { "/{/title}/x", TEMPLATE_URL, "/A%2FB%20%26%20C%3F%23%C3%A4/x" },
        { "?n={/n}&y={/yes}", TEMPLATE_URL, "?n=-7&y=true" },
        { "{/line}", TEMPLATE_URL, "a%0D%0Ab" },
        { "{/title}", TEMPLATE_JSON, "\"A/B & C?#\xc3\xa4\"" },
        { "[{/list},{/nothing}]", TEMPLATE_JSON, "[[1,2],null]" },
        { "is {/title}", TEMPLATE_HEADER, "is A/B & C?#\xc3\xa4" },
        { "{/line}", TEMPLATE_HEADER, NULL },
        { "{/list}", TEMPLATE_URL, NULL },
        { "{/nothing}", TEMPLATE_URL, NULL },
        { "{/absent}", TEMPLATE_URL, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct problem problem = { 0 };
        struct template template = { 0 };
        AUTO_OPENED opened;
        AUTO_BUFFER text = { 0 };
        CU_ASSERT_EQUAL_FATAL(opened_init(&opened, document), 0);
        CU_ASSERT_EQUAL_FATAL(template_init(&template, "url", table[i].text, &problem), 0);
        int r = template_render(&template, table[i].form, &opened.event, &text);
        CU_ASSERT_EQUAL(r == 0, table[i].expected != NULL);
        if (r == 0 && table[i].expected != NULL) {
            CU_ASSERT_PTR_NOT_NULL_FATAL(buffer_text(&text));
            CU_ASSERT_STRING_EQUAL(text.data, table[i].expected);
        }
        template_deinit(&template);
    }
}

static void test_malformed(void)
{
    static const char *const texts[] = { "{", "a{/b", "{b}", "{/a~2}" };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct problem problem = { 0 };
        struct template template = { 0 };
        CU_ASSERT(template_init(&template, "url", texts[i], &problem) < 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, "url"));
        template_deinit(&template);
    }
}

static void test_fixed_host(void)
{
    static const struct {
        const char *text;
        bool is_fixed;
    } table[] = {
        { "http://a.example/{/title}", true }, { "http://a.example?{/title}", true },
        { "http://a.example:80/x", true },     { "http://{/host}/", false },
        { "http://a.example{/title}", false }, { "http://a.example:{/n}/", false },
        { "{/scheme}://a.example/", false },   { "http://{/user}@a.example/", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct problem problem = { 0 };
        struct template template = { 0 };
        CU_ASSERT_EQUAL_FATAL(template_init(&template, "url", table[i].text, &problem), 0);
        CU_ASSERT_EQUAL(template_has_fixed_host(&template), table[i].is_fixed);
        template_deinit(&template);
    }
}

/* printf %s text | sha1sum, and the same number in base 36. */
static void test_sha1(void)
{
    static const struct {
        const char *hex;
        const char *base36;
    } table[] = {
        { "da39a3ee5e6b4b0d3255bfef95601890afd80709", "phoiac9h4m842xq45sp7s6u21eteeq1" },
        { "0000000000000000000000000000000000000001", "0000000000000000000000000000001" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *hex = table[i].hex;
        const char *base36 = table[i].base36;
        CU_ASSERT_TRUE(content_is_same_sha1(base36, strlen(base36), hex, strlen(hex)));
        CU_ASSERT_TRUE(content_is_same_sha1(hex, strlen(hex), hex, strlen(hex)));
        CU_ASSERT_FALSE(content_is_same_sha1(base36, strlen(base36), table[1 - i].hex, 40));
    }
    CU_ASSERT_FALSE(content_is_same_sha1("", 0, table[0].hex, 40));
    CU_ASSERT_FALSE(content_is_same_sha1("not a hash", 10, table[0].hex, 40));
}

static const struct test_case cases[] = {
    { "values in their forms", test_render },
    { "templates that are none", test_malformed },
    { "hosts that no event can change", test_fixed_host },
    { "hashes in base 16 and 36", test_sha1 },
};

CUNIT_MAIN("enrich/template", cases)
