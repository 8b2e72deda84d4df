/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/documents.h"

#include "base/error.h"

#include "../../support/cunit_main.h"

#include <string.h>

static void test_cutting(void)
{
    static const struct {
        const char *bytes;
        bool is_sse;
        /* Each as LINE:TEXT|. */
        const char *documents;
    } rows[] = {
        { "", false, "" },
        { "\n\n", false, "" },
        { "{}\n{\"a\":1}\n", false, "1:{}|2:{\"a\":1}|" },
        { "{}\r\n\r\n{ }", false, "1:{}|3:{ }|" },
        { "{\r}\n", false, "1:{ }|" },
        { ":ok\n\nevent: message\nid: []\ndata: {}\n\n", true, "5:{}|" },
        { "\ndata:{}\n\ndata: 1\n\n", true, "2:{}|4:1|" },
        { ":ok\r\n\r\nevent: message\r\ndata: {}\r\n\r\n", true, "4:{}|" },
        { "data: {\ndata: \"a\":1\ndata: }\n\n", true, "1:{ \"a\":1 }|" },
        { "event: error\ndata: {}\n\ndata: 2\n\n", true, "4:2|" },
        { "event: message\ndata: 1\n\ndata: torn", true, "2:1|" },
        { "id: 7\n\nretry: 5\n\ndata: 1\n\n", true, "5:1|" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = { 0 };
        struct documents documents;
        struct document_text text;
        AUTO_BUFFER all = { 0 };
        documents_init(&documents, &arena, rows[i].bytes, strlen(rows[i].bytes));
        CU_ASSERT_EQUAL(documents.is_sse, rows[i].is_sse);
        while (documents_next(&documents, &text) > 0) {
            buffer_printf(&all, "%zu:%.*s|", text.line, (int)text.len, text.bytes);
        }
        CU_ASSERT_STRING_EQUAL(buffer_text(&all), rows[i].documents);
        arena_deinit(&arena);
    }
}

static const struct test_case cases[] = {
    { "a file is cut into its documents", test_cutting },
};

CUNIT_MAIN("serve/documents", cases)
