/* SPDX-License-Identifier: Apache-2.0 */
/* The table itself: what a new row must keep. */
#include "config/keys.h"

#include <string.h>

#include "../../support/cunit_main.h"
#include "config/config.h"

static void test_rows_are_found_by_their_paths(void)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    CU_ASSERT(n_keys > 80);
    for (size_t i = 0; i < n_keys; i++) {
        const struct config_key *found = config_key_find(keys[i].path);
        CU_ASSERT_PTR_EQUAL(found, &keys[i]);
        CU_ASSERT_PTR_NOT_NULL(keys[i].text);
        /* Neither a section of another row. */
        CU_ASSERT_FALSE(config_key_is_section(keys[i].path));
    }
}

static void test_rows_are_whole(void)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        const struct config_key *key = &keys[i];
        bool is_ranged = key->type == TYPE_INTEGER || key->type == TYPE_INTEGER_AUTO ||
                         key->type == TYPE_INTEGERS || key->type == TYPE_BYTES ||
                         key->type == TYPE_DURATION;
        bool is_theirs = key->type == TYPE_MOVED || key->type == TYPE_IGNORED;
        CU_ASSERT_EQUAL(key->max > key->min, is_ranged);
        CU_ASSERT_EQUAL(key->words != NULL, key->type == TYPE_WORD);
        CU_ASSERT_EQUAL(key->instead != NULL, is_theirs);
        CU_ASSERT_FALSE(key->is_required && key->fallback != NULL);
        if (is_theirs) {
            CU_ASSERT(config_key_find(key->instead) != NULL || config_key_is_section(key->instead));
        }
        if (key->max <= key->min && is_ranged) {
            printf("%s\n", key->path);
        }
    }
}

static void test_stars_cover_the_rest_of_a_name(void)
{
    static const struct {
        const char *path;
        const char *row;
    } rows[] = {
        { "stream_manager.process_batch_size_default", "stream_manager.process_batch_*" },
        { "stream_manager.process_async_enabled_default", "stream_manager.process_async_*" },
        { "stream_manager.process_max_workers_default", "stream_manager.process_*" },
        { "stream_manager.process_", "stream_manager.process_*" },
        { "stream_manager.process_a.b", NULL },
        { "stream_manager.process", NULL },
        { "stream_manager", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct config_key *key = config_key_find(rows[i].path);
        CU_ASSERT_EQUAL(key != NULL, rows[i].row != NULL);
        if (key != NULL && rows[i].row != NULL) {
            CU_ASSERT_STRING_EQUAL(key->path, rows[i].row);
        }
    }
}

static void test_leaves(void)
{
    const struct config_key *key = config_key_find_leaf("ledger_window");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_STRING_EQUAL(key->path, "stream_manager.checkpoint.ledger_window");
    CU_ASSERT_PTR_NULL(config_key_find_leaf("uri"));
    CU_ASSERT_PTR_NULL(config_key_find_leaf("no_such_key"));
    CU_ASSERT_STRING_EQUAL(config_path_leaf("a.b.c"), "c");
    CU_ASSERT_STRING_EQUAL(config_path_leaf("a"), "a");
}

static void test_the_manual_has_a_line_for_every_key(void)
{
    AUTO_BUFFER manual = { 0 };
    CU_ASSERT_EQUAL_FATAL(config_manual(&manual), 0);
    const char *text = buffer_text(&manual);
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        char cell[160];
        snprintf(cell, sizeof(cell), "\n| `%s` | ", keys[i].path);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, cell));
    }
    size_t n_lines = 0;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t n_bars = 0;
        for (const char *p = line; *p != '\n'; p++) {
            n_bars += p[0] == '|' && (p == line || p[-1] != '\\');
        }
        CU_ASSERT_EQUAL(n_bars, 5);
        n_lines++;
    }
    CU_ASSERT_EQUAL(n_lines, n_keys + 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "| `stream_manager.memory_limit` | a size such as 64KB, "
                                        "1MiB or 4096, 1MiB to 1TiB | `256MiB` |"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "| `stream_manager.sink.connector` | `file`, `kafka`, `stdout` | required |"));
}

static const struct test_case cases[] = {
    { "every row is found by its path, once", test_rows_are_found_by_their_paths },
    { "every row has what its type needs", test_rows_are_whole },
    { "a star covers the rest of a name, not levels", test_stars_cover_the_rest_of_a_name },
    { "a last level is found where it is the only one", test_leaves },
    { "the manual has a line for every key", test_the_manual_has_a_line_for_every_key },
};

CUNIT_MAIN("config/keys", cases)
