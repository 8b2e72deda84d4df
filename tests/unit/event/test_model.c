/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random documents and random sequences of patches, the event beside a tree that does the same by
 * copying: each call returns the same, getters see the same, and what is written is the same, byte for
 * byte where nothing was touched.
 */
#include <errno.h>

#include "../../support/cunit_main.h"
#include "../../support/json_tree.h"
#include "../../support/opened_event.h"
#include "../../support/random_json.h"
#include "json/find.h"

struct model {
    struct random random;
    struct opened opened;
    struct json_tree *tree;
    /* How often calls returned 0, and how often an error. */
    size_t n_done;
    size_t n_failed;
};

static void put_step(struct json_tree_path *path, const char *name, size_t len)
{
    struct buffer *step = &path->steps[path->n_steps++];
    buffer_clear(step);
    CU_ASSERT_FATAL(buffer_append(step, name, len) == 0);
}

/* A step into tree: mostly to something that is there. */
static const struct json_tree *random_step(struct random *random, const struct json_tree *tree,
                                           struct json_tree_path *path)
{
    static const char *const names[] = {
        "a", "b", "new", "", "0", "1", "2", "-", "a/b", "m~n", "é"
    };
    size_t n = tree != NULL ? tree->n_members : 0;
    if (n > 0 && random_below(random, 5) > 0) {
        size_t place = (size_t)random_below(random, n);
        const struct json_tree_member *member = &tree->members[place];
        if (json_tree_byte(tree) == '[') {
            char index[24];
            put_step(path, index, (size_t)snprintf(index, sizeof(index), "%zu", place));
            return member->value;
        }
        /* A pointer is a C string: no NUL. */
        if (member->name.len == 0 || memchr(member->name.data, '\0', member->name.len) == NULL) {
            put_step(path, member->name.data, member->name.len);
            return member->value;
        }
    }
    const char *name = names[random_below(random, ARRAY_SIZE(names))];
    put_step(path, name, strlen(name));
    return NULL;
}

/* A path into the tree as it stands. */
static void random_path(struct model *model, struct json_tree_path *ret_path)
{
    const struct json_tree *tree = model->tree;
    ret_path->n_steps = 0;
    size_t n_steps =
        random_below(&model->random, 40) == 0 ? 0 : 1 + random_below(&model->random, 5);
    while (ret_path->n_steps < n_steps) {
        tree = random_step(&model->random, tree, ret_path);
    }
}

/* Patches both sides in one random way; what they return must be the same. */
static void patch(struct model *model, const struct json_tree_path *path, const char *pointer)
{
    struct weir_event *event = &model->opened.event;
    AUTO_BUFFER json = { 0 };
    int r = 0;
    int expected = 0;
    switch (random_below(&model->random, 6)) {
    case 0:
    case 1:
        r = weir_event_remove(event, pointer);
        expected = json_tree_remove(model->tree, path);
        break;
    case 2:
        r = weir_event_create_parents(event, pointer);
        expected = json_tree_create_parents(model->tree, path);
        break;
    default:
        random_json_value(&json, &model->random, 2);
        r = weir_event_set_raw(event, pointer, json.data, json.len);
        expected = json_tree_set(&model->tree, path, json_tree_parse(json.data, json.len));
    }
    CU_ASSERT(r == expected);
    if (r != expected) {
        fprintf(stderr, "%s: %d, not %d\n", pointer, r, expected);
    }
    model->n_done += r == 0;
    model->n_failed += r < 0;
}

/* Reads both sides at path. */
static void compare(struct model *model, const struct json_tree_path *path, const char *pointer)
{
    struct weir_event *event = &model->opened.event;
    int expected = 0;
    struct json_tree *tree = json_tree_get(model->tree, path, &expected);
    struct weir_view view = { NULL, 0 };
    size_t count = 0;
    CU_ASSERT(weir_event_get_raw(event, pointer, &view) == expected);
    if (tree == NULL || view.data == NULL) {
        CU_ASSERT(weir_event_kind(event, pointer) == expected);
        CU_ASSERT(weir_event_get_count(event, pointer, &count) == expected);
        return;
    }
    struct json_tree *read = json_tree_parse(view.data, view.len);
    CU_ASSERT(json_tree_is_written(tree, read, false));
    json_tree_free(read);
    static const char kinds[] = { [WEIR_OBJECT] = '{', [WEIR_ARRAY] = '[', [WEIR_STRING] = '"' };
    int kind = weir_event_kind(event, pointer);
    CU_ASSERT(kind > WEIR_STRING || kinds[kind] == json_tree_byte(tree));
    int r = weir_event_get_count(event, pointer, &count);
    CU_ASSERT(r == (kind <= WEIR_ARRAY ? 0 : -EPROTOTYPE) && count == tree->n_members);
}

/* The whole event, as a getter and as a line; the line must itself be an event. */
static void compare_written(struct model *model)
{
    opened_line(&model->opened);
    const struct buffer *line = &model->opened.line;
    CU_ASSERT(memchr(line->data, '\n', line->len) == NULL);
    AUTO_OPENED again;
    CU_ASSERT_FATAL(opened_init_len(&again, line->data, line->len) == 0);
    struct json_tree *written = json_tree_parse(line->data, line->len);
    CU_ASSERT(json_tree_is_written(model->tree, written, true));
    json_tree_free(written);
}

/* json_find(), which the reader finds the key with, agrees with the getters on a fresh event. */
static void compare_find(struct model *model, const char *pointer)
{
    struct weir_event *event = &model->opened.event;
    struct arena arena = { .used = 0 };
    struct pointer parsed;
    CU_ASSERT_FATAL(pointer_parse(&parsed, &arena, pointer, strlen(pointer)) == 0);
    struct json_path path = pointer_path(&parsed);
    struct json_span span = { NULL, 0 };
    struct weir_view view = { NULL, 0 };
    CU_ASSERT(json_find(&event->document, &path, 1, &span) == 0);
    weir_event_get_raw(event, pointer, &view);
    CU_ASSERT((span.bytes == NULL) == (view.data == NULL) && span.len == view.len);
    CU_ASSERT(span.bytes == NULL || memcmp(span.bytes, view.data, span.len) == 0);
    arena_deinit(&arena);
}

/* One document: n_patches patches, with looks in between. */
static void run(struct model *model, size_t n_patches)
{
    AUTO_BUFFER text = { 0 };
    random_json_document(&text, &model->random);
    CU_ASSERT_FATAL(opened_init_len(&model->opened, text.data, text.len) == 0);
    model->tree = json_tree_parse(text.data, text.len);
    struct json_tree_path path = { .n_steps = 0 };
    AUTO_BUFFER pointer = { 0 };
    for (size_t i = 0; i < n_patches; i++) {
        random_path(model, &path);
        buffer_clear(&pointer);
        json_tree_path_text(&path, &pointer);
        if (!model->opened.event.is_patched) {
            compare_find(model, pointer.data);
        }
        compare(model, &path, pointer.data);
        patch(model, &path, pointer.data);
        compare(model, &path, pointer.data);
        compare_written(model);
    }
    json_tree_path_deinit(&path);
    json_tree_free(model->tree);
    opened_deinit(&model->opened);
}

static void test_few_patches(void)
{
    struct model model = { .random = { 11 } };
    for (int i = 0; i < 4000; i++) {
        run(&model, 4);
    }
    CU_ASSERT(model.n_done > 4000 && model.n_failed > 1000);
}

static void test_many_patches(void)
{
    struct model model = { .random = { 12 } };
    for (int i = 0; i < 100; i++) {
        run(&model, 200);
    }
    CU_ASSERT(model.n_done > 4000 && model.n_failed > 1000);
}

static const struct test_case cases[] = {
    { "a few patches to many documents", test_few_patches },
    { "many patches to a few documents", test_many_patches },
};

CUNIT_MAIN("event/model", cases)
