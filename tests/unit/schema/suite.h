/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of the JSON Schema test suite, as far as regular expressions need them: a list of
 * groups { schema, tests: [{ data, valid }] }. For tests only.
 */
#ifndef WEIR_TESTS_SCHEMA_SUITE_H
#define WEIR_TESTS_SCHEMA_SUITE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/json_tree.h"
#include "base/error.h"
#include "base/filesystem.h"
#include "json/text.h"

/* The file of the suite; NULL with a message where the suite is missing. */
static inline struct json_tree *suite_read(const char *name)
{
    const char *shared = getenv("WEIR_SHARED");
    char path[4096];
    snprintf(path, sizeof(path), "%s/suites/json-schema-draft7/tests/draft7/%s",
             shared != NULL ? shared : "../shared", name);
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    if (file_read_all(path, 1 << 20, &bytes, &len) < 0) {
        fprintf(stderr, "skipped: no %s\n", path);
        return NULL;
    }
    return json_tree_parse(bytes, len);
}

/* The member of an object; NULL: there is none. */
static inline const struct json_tree *suite_member(const struct json_tree *tree, const char *name)
{
    for (size_t i = 0; json_tree_byte(tree) == '{' && i < tree->n_members; i++) {
        const struct json_tree_member *member = &tree->members[i];
        if (member->name.len == strlen(name) &&
            memcmp(member->name.data, name, member->name.len) == 0) {
            return member->value;
        }
    }
    return NULL;
}

/* What a string means. */
static inline void suite_text(const struct json_tree *tree, struct buffer *ret_text)
{
    require(json_tree_byte(tree) == '"' && buffer_reserve(ret_text, tree->raw.len) == 0);
    int r = json_unescape(tree->raw.data + 1, tree->raw.len - 2, ret_text->data, &ret_text->len);
    require(r >= 0);
}

#endif
