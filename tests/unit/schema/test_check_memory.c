/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations of checks and projections: none in the steady state, and each that fails is reported and
 * harms nothing. The linker puts the functions below in the place of the C library's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/compiled_schema.h"
#include "../../support/cunit_main.h"
#include "../../support/schema_file.h"
#include "base/filesystem.h"
#include "base/log.h"

static size_t n_allocations;
/* This one fails, counted from 1; 0: none. */
static size_t failing;

/* The names are the linker's. NOLINTBEGIN(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    return ++n_allocations == failing ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return ++n_allocations == failing ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return ++n_allocations == failing ? NULL : __real_realloc(block, size);
}

/* NOLINTEND(cert-dcl37-c,cert-dcl51-cpp,bugprone-reserved-identifier) */

enum { WIDE = 70 };

/* The folders of the shipped schemas and events. */
static const char *schemas_path;
static const char *events_path;

static void put_shipped_schema(struct buffer *out)
{
    AUTO_BUFFER path = { 0 };
    struct problem problem = { 0 };
    require(buffer_printf(&path, "%s/mediawiki/page/change/1.1.0.yaml", schemas_path) == 0);
    require(schema_file_read(path.data, out, &problem) == 0);
}

/* With what looks at values as a whole, and twice, and at more than 64 names. */
static void put_intricate_schema(struct buffer *out)
{
    require(
        buffer_append_text(
            out,
            "{\"allOf\":[{\"properties\":{\"page\":{\"patternProperties\":{\"^page_\":{}},"
            "\"additionalProperties\":false}}},{\"propertyNames\":{\"minLength\":2}}],"
            "\"anyOf\":[{\"required\":[\"nothing\"]},{\"properties\":{\"wiki_id\":"
            "{\"pattern\":\"^[a-z_]+$\"}}}],\"dependencies\":{\"page\":[\"wiki_id\"]},"
            "\"properties\":{\"changelog_kind\":{\"enum\":[\"insert\",\"update\",\"delete\",{}]},"
            "\"tags\":{\"uniqueItems\":true,\"contains\":{\"const\":{\"a\":[1.0,\"\\u0062\"]}}}") ==
        0);
    for (int i = 0; i < WIDE; i++) {
        require(buffer_printf(out, ",\"name%d\":{\"type\":\"string\"}", i) == 0);
    }
    require(buffer_append_text(out, "}}") == 0);
}

struct scene {
    struct compiled compiled;
    struct weir_event event;
    struct json_indexer *indexer;
    struct buffer line;
    /* What is set in each event, and to what. */
    const char *set;
    const char *value;
    char *text;
    size_t len;
};

static void scene_deinit(struct scene *scene)
{
    event_deinit(&scene->event);
    json_indexer_free(scene->indexer);
    buffer_deinit(&scene->line);
    compiled_deinit(&scene->compiled);
    free(scene->text);
}

#define AUTO_SCENE __attribute__((cleanup(scene_deinit))) struct scene

static void scene_init(struct scene *scene, bool is_intricate)
{
    AUTO_BUFFER json = { 0 };
    memset(scene, 0, sizeof(*scene));
    if (is_intricate) {
        put_intricate_schema(&json);
        scene->set = "/tags";
        scene->value = "[{\"a\":[1,\"b\"]},{\"b\":\"\\u00e4\"},1e2,\"\\t\",[null,{}]]";
    } else {
        put_shipped_schema(&json);
        scene->set = "/page/page_title";
        scene->value = "\"\\u00e4\"";
    }
    const struct schema_options options = {
        .uri = "",
        .json = json.data,
        .json_len = json.len,
        .asserts_format = true,
    };
    require(compiled_init(&scene->compiled, &options) == 0);
    require(file_read_all(events_path, 1 << 20, &scene->text, &scene->len) == 0);
    scene->indexer = json_indexer_new(1 << 16);
    require(scene->indexer != NULL);
}

/* Patches, projects, checks and renders one event. Returns 0, SCHEMA_INVALID or -ENOMEM. */
static int pass_event(struct scene *scene, const char *bytes, size_t len)
{
    const struct schema_projection projection = { SCHEMA_UNKNOWN_DROP, scene->compiled.drops };
    const uint32_t *tokens;
    size_t n_tokens;
    int r = json_index(scene->indexer, bytes, len, &tokens, &n_tokens);
    if (r == 0) {
        r = event_begin(&scene->event, bytes, len, tokens, n_tokens);
    }
    if (r == 0) {
        r = weir_event_set_raw(&scene->event, scene->set, scene->value, strlen(scene->value));
    }
    if (r == 0) {
        r = schema_conform(scene->compiled.checker, &projection, &scene->event);
    }
    buffer_clear(&scene->line);
    return r == 0 ? event_render(&scene->event, &scene->line) : r;
}

/* All events. Returns how many were valid; -ENOMEM when memory was short. */
static int pass_all(struct scene *scene)
{
    int n_valid = 0;
    for (const char *line = scene->text, *end = line + scene->len; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        int r = pass_event(scene, line, (size_t)(stop - line));
        event_reset(&scene->event);
        if (r < 0) {
            return r;
        }
        n_valid += r == 0;
        line = stop + 1;
    }
    return n_valid;
}

static void check_steady(bool is_intricate)
{
    AUTO_SCENE scene;
    scene_init(&scene, is_intricate);
    int n_valid = pass_all(&scene);
    CU_ASSERT(n_valid > 50);
    CU_ASSERT_EQUAL(pass_all(&scene), n_valid);
    size_t before = n_allocations;
    CU_ASSERT_EQUAL(pass_all(&scene), n_valid);
    CU_ASSERT_EQUAL(n_allocations, before);
}

static void test_steady(void)
{
    check_steady(false);
    check_steady(true);
}

/* A run without memory is told, and leaves what the next run needs. */
static void check_failing(bool is_intricate)
{
    int expected = 0;
    {
        AUTO_SCENE scene;
        scene_init(&scene, is_intricate);
        expected = pass_all(&scene);
    }
    size_t n_failures = 0;
    for (size_t n = 1;; n++) {
        AUTO_SCENE scene;
        scene_init(&scene, is_intricate);
        n_allocations = 0;
        failing = n;
        int r = pass_all(&scene);
        bool is_hit = n_allocations >= failing;
        failing = 0;
        CU_ASSERT(is_hit ? r == -ENOMEM || r == expected : r == expected);
        CU_ASSERT_EQUAL(pass_all(&scene), expected);
        n_failures += r == -ENOMEM;
        if (!is_hit) {
            break;
        }
    }
    CU_ASSERT(n_failures >= 5);
}

static void test_failing(void)
{
    check_failing(false);
    check_failing(true);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        { "the steady state allocates nothing", test_steady },
        { "checks without memory", test_failing },
    };
    require(argc == 3);
    schemas_path = argv[1];
    events_path = argv[2];
    log_setup(LOG_ERROR, LOG_LOGFMT);
    return cunit_run("schema/check_memory", cases, ARRAY_SIZE(cases));
}
