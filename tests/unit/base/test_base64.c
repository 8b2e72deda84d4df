/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"

static void test_the_rfc_vectors(void)
{
    static const char *const vectors[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        AUTO_BUFFER text = { 0 };
        AUTO_BUFFER bytes = { 0 };
        CU_ASSERT_EQUAL(base64_encode(&text, vectors[i][0], strlen(vectors[i][0])), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&text), vectors[i][1]);
        CU_ASSERT_EQUAL(text.len, base64_len(strlen(vectors[i][0])));
        CU_ASSERT_EQUAL(base64_decode(&bytes, text.data, text.len), 0);
        CU_ASSERT_STRING_EQUAL(buffer_text(&bytes), vectors[i][0]);
    }
}

static void test_every_byte_goes_there_and_back(void)
{
    char all[512];
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (char)(i * 7);
    }
    for (size_t len = 0; len <= sizeof(all); len++) {
        AUTO_BUFFER text = { 0 };
        AUTO_BUFFER bytes = { 0 };
        CU_ASSERT_EQUAL(base64_encode(&text, all, len), 0);
        CU_ASSERT_EQUAL(base64_decode(&bytes, text.data, text.len), 0);
        CU_ASSERT_EQUAL_FATAL(bytes.len, len);
        CU_ASSERT(len == 0 || memcmp(bytes.data, all, len) == 0);
    }
}

static void test_what_is_not_base64_is_refused(void)
{
    static const char *const texts[] = { "Z",    "Zg",   "Zg=",      "Zh==", "Zm9=",
                                         "Z===", "====", "Zg==Zg==", "Zm 9", "Zm-_" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO_BUFFER bytes = { 0 };
        CU_ASSERT_EQUAL(base64_decode(&bytes, texts[i], strlen(texts[i])), -EINVAL);
        CU_ASSERT_EQUAL(bytes.len, 0);
    }
}

static const struct test_case cases[] = {
    { "the vectors of RFC 4648", test_the_rfc_vectors },
    { "every byte goes there and back", test_every_byte_goes_there_and_back },
    { "what is not base64 is refused", test_what_is_not_base64_is_refused },
};

CUNIT_MAIN("base/base64", cases)
