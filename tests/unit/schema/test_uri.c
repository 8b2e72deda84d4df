/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/error.h"
#include "schema/uri.h"

struct resolution {
    const char *base;
    const char *reference;
    const char *uri;
};

static void check_resolution(const char *base, const char *reference, const char *uri)
{
    AUTO_BUFFER out = { 0 };
    CU_ASSERT_FATAL(buffer_append_text(&out, "<") == 0);
    CU_ASSERT_FATAL(uri_resolve(base, reference, &out) == 0);
    const char *text = buffer_text(&out);
    CU_ASSERT_FATAL(text != NULL);
    bool is_right = text[0] == '<' && strcmp(text + 1, uri) == 0;
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "%s seen from %s: %s\n", reference, base, text + 1);
    }
}

/* Section 5.4. */
static void test_rfc_examples(void)
{
    static const char *const examples[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "g;x", "http://a/b/c/g;x" },
        { "g;x?y#s", "http://a/b/c/g;x?y#s" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../", "http://a/" },
        { "../../g", "http://a/g" },
        /* Abnormal ones. */
        { "../../../g", "http://a/g" },
        { "../../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { ".g", "http://a/b/c/.g" },
        { "g..", "http://a/b/c/g.." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/./x", "http://a/b/c/g?y/./x" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/./x", "http://a/b/c/g#s/./x" },
        { "g#s/../x", "http://a/b/c/g#s/../x" },
        { "http:g", "http:g" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        check_resolution("http://a/b/c/d;p?q", examples[i][0], examples[i][1]);
        /* The base's fragment does not matter. */
        check_resolution("http://a/b/c/d;p?q#f?/g", examples[i][0], examples[i][1]);
    }
}

static void check_resolutions(const struct resolution *cases, size_t n_cases)
{
    for (size_t i = 0; i < n_cases; i++) {
        check_resolution(cases[i].base, cases[i].reference, cases[i].uri);
    }
}

static void test_absolute_bases(void)
{
    static const struct resolution cases[] = {
        { "http://a", "b", "http://a/b" },
        { "http://a", "", "http://a" },
        { "http://a?q", "b", "http://a/b" },
        { "http://a?q", "../b", "http://a/b" },
        { "http://a?q", "#f", "http://a?q#f" },
        { "http://a/b?q", "?", "http://a/b?" },
        { "http://a/b?q", "#", "http://a/b?q#" },
        { "http://a/b?", "#f", "http://a/b?#f" },
        { "http://a/b/c", "//h/x/../y?z", "http://h/y?z" },
        { "http://a//b//c", "../d", "http://a//b/d" },
        { "http://a/b", "..//c", "http://a//c" },
        { "http://a/b/", "c:d", "c:d" },
        { "http://a/b/", "./c:d", "http://a/b/c:d" },
        { "http://a/b", "x://h/../y/./z", "x://h/y/z" },
        { "file:///a/b", "c", "file:///a/c" },
        { "http://a/%2e%2E/b", "c", "http://a/%2e%2E/c" },
        { "urn:example:a", "", "urn:example:a" },
        { "urn:example:a", "#f", "urn:example:a#f" },
        { "urn:example:a#f", "#/g", "urn:example:a#/g" },
        { "urn:example:a", "?q", "urn:example:a?q" },
        { "urn:example:a", "b", "urn:b" },
        { "urn:example:a/b", "c", "urn:example:a/c" },
        { "urn:example:a", "/b", "urn:/b" },
        { "urn:example:a", "urn:example:b#c", "urn:example:b#c" },
        { "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed", "#/definitions/bar",
          "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed#/definitions/bar" },
        { "tag:example.com,2000:a", "#b", "tag:example.com,2000:a#b" },
    };
    check_resolutions(cases, ARRAY_SIZE(cases));
}

static void test_relative_bases(void)
{
    static const struct resolution cases[] = {
        { "", "", "" },
        { "", "a", "a" },
        { "", "/a/./b", "/a/b" },
        { "", "#a", "#a" },
        { "", "?a", "?a" },
        { "", "http://a/b/../c#d", "http://a/c#d" },
        { "", "//h", "//h" },
        { "", "a/../b", "b" },
        { "", "../b", "b" },
        { "", "a/..", "" },
        { "", ".", "" },
        { "/mediawiki/page/change/1.1.0", "/fragment/common/2.0.0", "/fragment/common/2.0.0" },
        { "/mediawiki/page/change/1.1.0", "/fragment/common/2.0.0#/properties/meta",
          "/fragment/common/2.0.0#/properties/meta" },
        { "/mediawiki/page/change/1.1.0", "#/definitions/a",
          "/mediawiki/page/change/1.1.0#/definitions/a" },
        { "/mediawiki/page/change/1.1.0#", "#", "/mediawiki/page/change/1.1.0#" },
        { "/mediawiki/page/change/1.1.0", "1.2.0", "/mediawiki/page/change/1.2.0" },
        { "/mediawiki/page/change/1.1.0", "../../user/1.0.0", "/mediawiki/user/1.0.0" },
        { "/mediawiki/page/change/1.1.0", "../../../../../x", "/x" },
        { "/mediawiki/page/change/1.1.0", "https://a/b", "https://a/b" },
        { "a/b/c", "d", "a/b/d" },
        { "a/b/c", "../d", "a/d" },
        { "a/b/c", "../../../d", "d" },
        { "a/b/c", "..", "a/" },
        { "a", "b", "b" },
        { "a", "/b", "/b" },
        { "a?q", "", "a?q" },
        { "//h/a", "b", "//h/b" },
        { "//h", "b", "//h/b" },
    };
    check_resolutions(cases, ARRAY_SIZE(cases));
}

/* What is left must not begin as another part does. */
static void test_guards(void)
{
    static const struct resolution cases[] = {
        { "", "/..//b", "/.//b" },     { "", "/.//b", "/.//b" },
        { "/a/b", "..//c", "/.//c" },  { "x:/a", "/.//b", "x:/.//b" },
        { "x:/.//b", "c", "x:/.//c" }, { "//h/a", "/.//b", "//h//b" },
        { "", "./a:b", "./a:b" },      { "", "a/../b:c/d", "./b:c/d" },
        { "a/b", "../c:d", "./c:d" },  { "", "a/b:c", "a/b:c" },
        { "", "/a:b", "/a:b" },        { "x:a", "./b:c", "x:b:c" },
        { "", "a/..//b", ".//b" },     { "", ".//b", ".//b" },
        { "x:a", ".//b", "x:.//b" },
    };
    check_resolutions(cases, ARRAY_SIZE(cases));
    /* Seen from nowhere, a result is what it was. */
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        check_resolution("", cases[i].uri, cases[i].uri);
    }
}

static void check_grammar(const char *text, bool is_uri, bool is_reference)
{
    size_t len = strlen(text);
    bool is_right =
        uri_is_valid(text, len) == is_uri && uri_is_reference(text, len) == is_reference;
    CU_ASSERT(is_right);
    if (!is_right) {
        fprintf(stderr, "grammar: %s\n", text);
    }
}

static void test_uris(void)
{
    static const char *const uris[] = {
        "ftp://ftp.is.co.za/rfc/rfc1808.txt",
        "http://www.ietf.org/rfc/rfc2396.txt",
        "ldap://[2001:db8::7]/c=GB?objectClass?one",
        "mailto:John.Doe@example.com",
        "news:comp.infosystems.www.servers.unix",
        "tel:+1-816-555-1212",
        "telnet://192.0.2.16:80/",
        "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
        "http://",
        "http:",
        "a:",
        "A1+-.:b",
        "a:?",
        "a:#",
        "a:#a?/:@",
        "a:?/?:@!$&'()*+,;=-._~",
        "a:/",
        "a://///",
        "a:b//c",
        "http://u:p:q@h:80/",
        "http://@h",
        "http://h:",
        "http://%41%fF/%00?%7e#%25",
        "http://999.999.999.999/",
        "http://[::]",
        "http://[::1]:8080",
        "http://[1:2:3:4:5:6:7:8]",
        "http://[1:2:3:4:5:6:7::]",
        "http://[::2:3:4:5:6:7:8]",
        "http://[1:2:3::5:6:7:8]",
        "http://[1:2:3:4:5:6:1.2.3.4]",
        "http://[::ffff:255.255.255.255]",
        "http://[1:2:3:4:5::1.2.3.4]",
        "http://[abcd:EF01::]",
        "http://u@[v1.a:b!]:1/",
        "http://[VfF.~]",
    };
    for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
        check_grammar(uris[i], true, true);
    }
}

static void test_relative_references(void)
{
    static const char *const references[] = {
        "",      "a",     "/",      "/a",  "//",   "//h/a",   "//h:1?q#f", "a/b:c",
        "./a:b", "?",     "?a:b",   "#",   "#a:b", "..",      "/a//b//",   "///",
        "%41",   "a?b?c", "a/?#/?", "a@b", "*",    "//[::1]", "//u:p@h",
    };
    for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
        check_grammar(references[i], false, true);
    }
}

static void test_neither(void)
{
    static const char *const texts[] = {
        ":",
        ":a",
        "1a:b",
        "+a:b",
        "a_b:c",
        "a%41:c",
        "%41:c",
        "\xc3\xa4:b",
        "http://a/\xc3\xa4",
        "a:#\xc3\xa4",
        "a b",
        "a:b c",
        "a:\tb",
        "a:\x7f",
        "a:b#c#d",
        "a:%",
        "a:%4",
        "a:%4g",
        "a:%g4",
        "a:?%zz",
        "a:#%1",
        "http://%/",
        "http://h%4/",
        "a:<b>",
        "a:\"b\"",
        "a:b\\c",
        "\\\\server\\share",
        "a:{b}",
        "a:b|c",
        "a:b^c",
        "a:`b`",
        "a:[b]",
        "a:?[",
        "a:#]",
        "?a=1&b[%5D",
        "//h:a",
        "http://h:8a/",
        "http://h:1:2",
        "http://h:-1",
        "http://u@v@h",
        "http://u[@h",
        "http://[",
        "http://[]",
        "http://]",
        "http://[::1",
        "http://::1]",
        "http://[::1]a",
        "http://a[::1]",
        "http://2001:db8::7",
        "http://[1:2:3:4:5:6:7]",
        "http://[1:2:3:4:5:6:7:8:9]",
        "http://[1:2:3:4:5:6:7:8::]",
        "http://[1:2:3:4::5:6:7:8]",
        "http://[::1:2:3:4:5:6:7:8]",
        "http://[1::2::3]",
        "http://[::1::]",
        "http://[:::]",
        "http://[1:::2]",
        "http://[:]",
        "http://[:1:2:3:4:5:6:7:8]",
        "http://[1:2:3:4:5:6:7:]",
        "http://[1:2:3:4:5:6:7:8:]",
        "http://[12345::]",
        "http://[g::]",
        "http://[::1.2.3]",
        "http://[::1.2.3.4.5]",
        "http://[::1.2.3.256]",
        "http://[::1.2.3.04]",
        "http://[::1.2..4]",
        "http://[::1.2.3.4:1]",
        "http://[1.2.3.4::]",
        "http://[1:2:3:4:5:6:7:1.2.3.4]",
        "http://[1:2:3:4:5:6::1.2.3.4]",
        "http://[1.2.3.4]",
        "http://[fe80::1%25eth0]",
        "http://[v.a]",
        "http://[vg.a]",
        "http://[v1.]",
        "http://[v1]",
        "http://[v1.%41]",
        "http://[v1.a@b]",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        check_grammar(texts[i], false, false);
    }
}

/* A text is as long as its length says, and a NUL is a byte that may not stand in it. */
static void test_length(void)
{
    CU_ASSERT(uri_is_valid("a:b c", 3));
    CU_ASSERT(uri_is_valid("a:%41%", 5));
    CU_ASSERT(!uri_is_valid("a:%41", 4));
    CU_ASSERT(!uri_is_valid("http://[::1]", 11));
    CU_ASSERT(!uri_is_valid("a:b\0c", 5));
    CU_ASSERT(!uri_is_valid("a:b\0", 4));
    CU_ASSERT(!uri_is_reference("\0", 1));
    CU_ASSERT(!uri_is_reference("//h\0", 4));
}

static void test_fragments(void)
{
    static const struct {
        const char *uri;
        size_t len_without;
        int r;
        const char *fragment;
        size_t len;
    } cases[] = {
        { "", 0, URI_NO_FRAGMENT, "", 0 },
        { "a:b?c", 5, URI_NO_FRAGMENT, "", 0 },
        { "a:b?%23", 7, URI_NO_FRAGMENT, "", 0 },
        { "#", 0, 0, "", 0 },
        { "a:b#", 3, 0, "", 0 },
        { "a#/b/c", 1, 0, "/b/c", 4 },
        { "a%zz#b", 4, 0, "b", 1 },
        { "#a#b", 0, 0, "a#b", 3 },
        { "#/a~1b~0/%25%7e+", 0, 0, "/a~1b~0/%~+", 11 },
        { "#%c3%A4%00%fF", 0, 0, "\xc3\xa4\0\xff", 4 },
        { "#%2541", 0, 0, "%41", 3 },
        { "#a%", 0, -EINVAL, "", 0 },
        { "#a%4", 0, -EINVAL, "", 0 },
        { "#a%4g", 0, -EINVAL, "", 0 },
        { "#%41%x1", 0, -EINVAL, "", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_BUFFER out = { 0 };
        CU_ASSERT_FATAL(buffer_append_text(&out, "<") == 0);
        CU_ASSERT(uri_fragment(cases[i].uri, &out) == cases[i].r);
        CU_ASSERT(out.len == cases[i].len + 1);
        CU_ASSERT(out.len == cases[i].len + 1 && out.data[0] == '<' &&
                  memcmp(out.data + 1, cases[i].fragment, cases[i].len) == 0);
        CU_ASSERT(uri_len_without_fragment(cases[i].uri) == cases[i].len_without);
    }
    AUTO_BUFFER empty = { 0 };
    CU_ASSERT(uri_fragment("#", &empty) == 0 && empty.len == 0);
}

static const struct test_case cases[] = {
    { "the examples of RFC 3986, section 5.4", test_rfc_examples },
    { "references seen from URIs", test_absolute_bases },
    { "references seen from relative bases", test_relative_bases },
    { "a result is read as what it is", test_guards },
    { "URIs", test_uris },
    { "relative references", test_relative_references },
    { "neither", test_neither },
    { "a text is as long as its length says", test_length },
    { "fragments are decoded", test_fragments },
};

CUNIT_MAIN("schema/uri", cases)
