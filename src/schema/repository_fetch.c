/* SPDX-License-Identifier: Apache-2.0 */
/* What the `$ref` of a schema leads to. */
#include <errno.h>
#include <string.h>

#include "schema/document.h"
#include "schema/repository.h"

static int out_of_memory(struct problem *problem)
{
    return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
}

/* The length of name without .yaml or .json at its end. */
static size_t stem_len(const char *name)
{
    size_t len = strlen(name);
    bool has_suffix =
        len > 5 && (strcmp(name + len - 5, ".yaml") == 0 || strcmp(name + len - 5, ".json") == 0);
    return has_suffix ? len - 5 : len;
}

/* "/{title}/{version}" */
static int fetch_path(const struct repository *repository, const char *path, struct arena *arena,
                      struct buffer *ret_json, struct problem *problem)
{
    const char *slash = strrchr(path, '/');
    if (slash == path) {
        return problem_set(problem, ENOENT, EXIT_CONFIG,
                           "%s is no schema of a repository; expected /title/version", path);
    }
    const char *title = arena_copy(arena, path + 1, (size_t)(slash - path - 1));
    const char *version = arena_copy(arena, slash + 1, stem_len(slash + 1));
    if (title == NULL || version == NULL) {
        return out_of_memory(problem);
    }
    struct repository_schema schema;
    int r = repository_find(repository, title, version, arena, &schema, problem);
    if (r == 0 && buffer_append(ret_json, schema.json, schema.json_len) < 0) {
        r = out_of_memory(problem);
    }
    return r;
}

static int fetch_uri(const struct schema_access *access, const char *uri, struct buffer *ret_json,
                     struct problem *problem)
{
    AUTO_DOCUMENT document = { 0 };
    AUTO_BUFFER shown = { 0 };
    struct access_reply reply = { 0 };
    if (access_show(uri, &shown) < 0 || buffer_text(&shown) == NULL) {
        return out_of_memory(problem);
    }
    int r = access_read(access, uri, &reply);
    if (r == 0) {
        r = document_parse(&document, shown.data, reply.bytes.data, reply.bytes.len, problem);
    } else if (r > 0) {
        enum exit_code code = r == ACCESS_SILENT ? EXIT_UNAVAILABLE : EXIT_CONFIG;
        r = problem_set(problem, ENOENT, code, "%s: %s", shown.data, reply.said);
    }
    if (r == 0 && buffer_append(ret_json, document.json.data, document.json.len) < 0) {
        r = -ENOMEM;
    }
    buffer_deinit(&reply.bytes);
    return r == -ENOMEM ? out_of_memory(problem) : r;
}

int repository_fetch(void *context, const char *uri, struct buffer *ret_json,
                     struct problem *problem)
{
    const struct repository *repository = context;
    if (uri[0] != '/') {
        return fetch_uri(repository->access, uri, ret_json, problem);
    }
    struct arena arena = { 0 };
    int r = fetch_path(repository, uri, &arena, ret_json, problem);
    arena_deinit(&arena);
    return r;
}
