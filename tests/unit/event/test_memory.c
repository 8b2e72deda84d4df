/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running out of memory in the middle of a patch. The linker puts the functions below in the place of
 * the C library's (see meson.build); the event's arena is filled beforehand to every degree, so that
 * each of its allocations is at some point the one that needs a new block.
 */
#include <errno.h>

#include "../../support/cunit_main.h"
#include "../../support/opened_event.h"

/* No allocation succeeds. */
static bool is_out_of_memory;

/* The names are the linker's. NOLINTBEGIN(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    return is_out_of_memory ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_out_of_memory ? NULL : __real_realloc(block, size);
}

/* NOLINTEND(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */

static int set_string(struct weir_event *event)
{
    return weir_event_set_string(event, "/a/b/c~0", "a value \" that is copied");
}

static int set_raw(struct weir_event *event)
{
    return weir_event_set_raw(event, "/l/-", "{\"x\":[1,2,{\"y\":null}]}", 22);
}

static int set_inside(struct weir_event *event)
{
    return weir_event_set_int64(event, "/new/x/0", 7);
}

static int set_whole(struct weir_event *event)
{
    return weir_event_set_raw(event, "", "{\"x\":1}", 7);
}

static int remove_duplicates(struct weir_event *event)
{
    return weir_event_remove(event, "/d");
}

static int create_parents(struct weir_event *event)
{
    return weir_event_create_parents(event, "/p1/p2/p3/p4/p5/p6");
}

static int create_parents_inside(struct weir_event *event)
{
    return weir_event_create_parents(event, "/a/p2/p3/p4");
}

static const struct operation {
    const char *name;
    int (*run)(struct weir_event *event);
} operations[] = {
    { "set_string", set_string },
    { "set_raw", set_raw },
    { "set_inside", set_inside },
    { "set_whole", set_whole },
    { "remove_duplicates", remove_duplicates },
    { "create_parents", create_parents },
    { "create_parents_inside", create_parents_inside },
};

/* Bytes of the arena's block that are left before the operation. */
enum { STEP = 16, MOST = 8192, BLOCK = 16 * 1024 };

/* Runs the operation out of memory; returns what it returned. */
static int try_operation(const struct operation *operation, size_t left, bool *ret_is_kept)
{
    AUTO_OPENED opened;
    CU_ASSERT_FATAL(opened_init(&opened, "{\"d\":1,\"a\":{\"b\":{}},\"d\":2,\"l\":[1],\"d\":3}") ==
                    0);
    struct weir_event *event = &opened.event;
    CU_ASSERT_FATAL(weir_event_set_raw(event, "/new", "{\"x\":[1,2]}", 11) == 0);
    AUTO_FREE char *before = strdup(opened_line(&opened));
    CU_ASSERT_FATAL(before != NULL && event->arena.used + MOST < BLOCK);
    CU_ASSERT_FATAL(arena_alloc(&event->arena, BLOCK - event->arena.used - left) != NULL);
    is_out_of_memory = true;
    int r = operation->run(event);
    is_out_of_memory = false;
    *ret_is_kept = strcmp(opened_line(&opened), before) == 0;
    if (r < 0) {
        /* With memory again it is as if nothing had been. */
        CU_ASSERT(operation->run(event) == 0);
        CU_ASSERT_STRING_NOT_EQUAL(opened_line(&opened), before);
    }
    return r;
}

static void test_patches(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        size_t n_failed = 0;
        size_t n_torn = 0;
        int r = -ENOMEM;
        for (size_t left = 0; left <= MOST; left += STEP) {
            bool is_kept = false;
            r = try_operation(&operations[i], left, &is_kept);
            CU_ASSERT(r == 0 || r == -ENOMEM);
            n_failed += r < 0;
            n_torn += is_kept != (r < 0);
        }
        CU_ASSERT(n_failed > 0);
        CU_ASSERT(n_torn == 0);
        if (n_torn > 0) {
            fprintf(stderr, "%s: %zu failed, %zu torn\n", operations[i].name, n_failed, n_torn);
        }
        /* With all that was left, it needed no more. */
        CU_ASSERT(r == 0);
    }
}

static void test_begin(void)
{
    struct json_indexer *indexer = json_indexer_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(indexer);
    struct weir_event event = { .n_duplicates = 0 };
    const uint32_t *tokens = NULL;
    size_t n_tokens = 0;
    CU_ASSERT_FATAL(json_index(indexer, "{\"a\":1}", 7, &tokens, &n_tokens) == 0);
    is_out_of_memory = true;
    int r = event_begin(&event, "{\"a\":1}", 7, tokens, n_tokens);
    is_out_of_memory = false;
    CU_ASSERT(r == -ENOMEM);
    event_reset(&event);
    CU_ASSERT(event_begin(&event, "{\"a\":1}", 7, tokens, n_tokens) == 0);
    struct buffer line = { 0 };
    is_out_of_memory = true;
    r = event_render(&event, &line);
    is_out_of_memory = false;
    CU_ASSERT(r == -ENOMEM && line.len == 0);
    CU_ASSERT(event_render(&event, &line) == 0 && line.len == 7);
    buffer_deinit(&line);
    event_deinit(&event);
    json_indexer_free(indexer);
}

static const struct test_case cases[] = {
    { "a patch that finds no memory leaves the event", test_patches },
    { "beginning and rendering can be tried again", test_begin },
};

CUNIT_MAIN("event/memory", cases)
