/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parsing suite beside the source tree (WEIR_SHARED), each file taken whole as one event through
 * the very path of the engine: index, begin, render. Where the suite is missing: exit 77.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "base/filesystem.h"
#include "event/event.h"
#include "json/index.h"

static char suite_dir[4096];

/*
 * Takes bytes (of exactly len, so that a sanitizer sees a read beyond) as an event. Returns whether
 * they are JSON; *ret_line is then what is written for an object.
 */
static bool accepts(const char *bytes, size_t len, struct buffer *ret_line)
{
    struct json_indexer *indexer = json_indexer_new(0);
    struct weir_event event = { .n_duplicates = 0 };
    char *exact = malloc(len > 0 ? len : 1);
    CU_ASSERT_FATAL(indexer != NULL && exact != NULL);
    memcpy(exact, bytes, len);
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    int r = json_index(indexer, exact, len, &tokens, &n_tokens);
    if (r == 0) {
        r = event_begin(&event, exact, len, tokens, n_tokens);
    }
    CU_ASSERT(r >= 0);
    if (r == 0) {
        CU_ASSERT(event_render(&event, ret_line) == 0);
        CU_ASSERT(memchr(ret_line->data, '\n', ret_line->len) == NULL);
        CU_ASSERT(json_is_utf8(ret_line->data, ret_line->len));
    }
    bool is_accepted = r == 0 || r == EVENT_NOT_OBJECT;
    event_deinit(&event);
    json_indexer_free(indexer);
    free(exact);
    return is_accepted;
}

static void judge(const char *name, const char *bytes, size_t len)
{
    AUTO_BUFFER line = { 0 };
    bool is_accepted = accepts(bytes, len, &line);
    if ((name[0] == 'y' && !is_accepted) || (name[0] == 'n' && is_accepted)) {
        fprintf(stderr, "%s: %s\n", name, is_accepted ? "accepted" : "refused");
        CU_FAIL("wrong verdict");
    }
    if (is_accepted && line.len > 0) {
        AUTO_BUFFER again = { 0 };
        CU_ASSERT(accepts(line.data, line.len, &again));
        CU_ASSERT(again.len == line.len && memcmp(again.data, line.data, line.len) == 0);
    }
}

static void test_files(void)
{
    DIR *dir = opendir(suite_dir);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    size_t n_yes = 0;
    size_t n_no = 0;
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (strlen(name) < 3 || name[1] != '_' || strchr("yni", name[0]) == NULL) {
            continue;
        }
        char path[sizeof(suite_dir) + sizeof(entry->d_name) + 1];
        snprintf(path, sizeof(path), "%s/%s", suite_dir, name);
        AUTO_FREE char *bytes = NULL;
        size_t len = 0;
        CU_ASSERT_FATAL(file_read_all(path, 1 << 20, &bytes, &len) == 0);
        judge(name, bytes, len);
        n_yes += name[0] == 'y';
        n_no += name[0] == 'n';
    }
    closedir(dir);
    CU_ASSERT(n_yes > 0 && n_no > 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        { "every y_ file is accepted, every n_ file refused", test_files },
    };
    const char *shared = getenv("WEIR_SHARED");
    snprintf(suite_dir, sizeof(suite_dir), "%s/suites/json-parsing",
             shared != NULL ? shared : "../shared");
    DIR *dir = opendir(suite_dir);
    if (dir == NULL) {
        fprintf(stderr, "skipped: no %s\n", suite_dir);
        return 77;
    }
    closedir(dir);
    return cunit_run("event/suite", cases, ARRAY_SIZE(cases));
}
