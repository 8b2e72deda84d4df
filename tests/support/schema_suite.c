/* SPDX-License-Identifier: Apache-2.0 */
#include "schema_suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filesystem.h"

enum { PATH_SIZE = 4096, FILE_LIMIT = 1 << 24 };

static void suite_path(char path[PATH_SIZE], const char *below)
{
    const char *shared = getenv("WEIR_SHARED");
    snprintf(path, PATH_SIZE, "%s/suites/json-schema-draft7/%s",
             shared != NULL ? shared : "../shared", below);
}

bool suite_is_there(void)
{
    char path[PATH_SIZE];
    suite_path(path, "tests/draft7");
    bool is_there = access(path, R_OK) == 0;
    if (!is_there) {
        fprintf(stderr, "skipped: no %s\n", path);
    }
    return is_there;
}

char *suite_fetch(void *context, const char *uri, size_t *ret_len)
{
    static const struct {
        const char *base;
        const char *folder;
    } places[] = {
        { "http://localhost:1234/", "remotes/" },
        { "http://json-schema.org/draft-07/schema", "metaschema/draft-07-schema.json" },
    };
    (void)context;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        size_t len = strlen(places[i].base);
        if (strncmp(uri, places[i].base, len) == 0) {
            char below[PATH_SIZE / 2];
            char path[PATH_SIZE];
            char *json = NULL;
            snprintf(below, sizeof(below), "%s%s", places[i].folder, uri + len);
            suite_path(path, below);
            return file_read_all(path, FILE_LIMIT, &json, ret_len) == 0 ? json : NULL;
        }
    }
    return NULL;
}

static const struct json_tree *member(const struct json_tree *tree, const char *name)
{
    const struct json_tree *value = json_tree_member(tree, name);
    require(value != NULL);
    return value;
}

static void run_case(const struct suite *suite, bool is_usable, const struct json_tree *group,
                     const struct json_tree *test, size_t *n_passed, const char *name)
{
    bool expected = json_tree_byte(member(test, "valid")) == 't';
    bool passes = is_usable && suite->judge(suite->context, &member(test, "data")->raw) == expected;
    *n_passed += passes;
    if (!passes) {
        const struct buffer *about = &member(group, "description")->raw;
        const struct buffer *what = &member(test, "description")->raw;
        fprintf(stderr, "%s: %.*s, %.*s: %s\n", name, (int)about->len, about->data, (int)what->len,
                what->data,
                !is_usable ? "the schema is refused"
                : expected ? "is valid"
                           : "is not");
    }
}

static void run_file(const struct suite *suite, const char *path, const char *name,
                     struct suite_count *count)
{
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    require(file_read_all(path, FILE_LIMIT, &text, &len) == 0);
    struct json_tree *groups = json_tree_parse(text, len);
    require(count->n_files < SUITE_FILES);
    size_t file = count->n_files++;
    snprintf(count->files[file].name, sizeof(count->files[file].name), "%.*s",
             (int)(strlen(name) - strlen(".json")), name);
    for (size_t i = 0; i < groups->n_members; i++) {
        const struct json_tree *group = groups->members[i].value;
        const struct json_tree *tests = member(group, "tests");
        bool is_usable = suite->begin(suite->context, &member(group, "schema")->raw);
        for (size_t j = 0; j < tests->n_members; j++) {
            run_case(suite, is_usable, group, tests->members[j].value, &count->files[file].n_passed,
                     count->files[file].name);
        }
        count->files[file].n_cases += tests->n_members;
        suite->end(suite->context);
    }
    count->n_cases += count->files[file].n_cases;
    count->n_passed += count->files[file].n_passed;
    json_tree_free(groups);
}

struct suite_count suite_run(const struct suite *suite, const char *group)
{
    char below[256];
    char directory[PATH_SIZE];
    snprintf(below, sizeof(below), "tests/draft7/%s", group);
    suite_path(directory, below);
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);
    require(n >= 0);
    struct suite_count count = { .n_files = 0 };
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        size_t len = strlen(name);
        if (len > 5 && strcmp(name + len - 5, ".json") == 0) {
            char path[PATH_SIZE + 300];
            snprintf(path, sizeof(path), "%s/%s", directory, name);
            run_file(suite, path, name, &count);
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}
