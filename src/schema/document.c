/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/parse.h"
#include "yaml/render.h"
#include "yaml/text.h"
#include "json/text.h"
#include "json/walk.h"

_Static_assert((int)DOCUMENT_MAX_DEPTH == (int)YAML_MAX_DEPTH, "both forms nest alike");

void document_deinit(struct schema_document *document)
{
    json_indexer_free(document->indexer);
    free(document->tree.links);
    buffer_deinit(&document->json);
    *document = (struct schema_document){ 0 };
}

/* Indexes and walks document->json. Returns 0, JSON_MALFORMED with *ret_fault filled, or -errno. */
static int walk(struct schema_document *document, struct json_fault *ret_fault)
{
    struct json_document *tree = &document->tree;
    size_t n_tokens = 0;
    if (document->indexer == NULL) {
        document->indexer = json_indexer_new(document->json.len);
    }
    if (document->indexer == NULL) {
        return -ENOMEM;
    }
    int r = json_index(document->indexer, document->json.data, document->json.len, &tree->tokens,
                       &n_tokens);
    if (r != 0) {
        *ret_fault = json_indexer_fault(document->indexer);
        return r;
    }
    free(tree->links);
    tree->links = malloc(n_tokens * sizeof(*tree->links));
    if (tree->links == NULL) {
        return -ENOMEM;
    }
    tree->bytes = document->json.data;
    tree->len = document->json.len;
    tree->n_tokens = (uint32_t)n_tokens;
    return json_walk(tree, DOCUMENT_MAX_DEPTH, ret_fault);
}

/* Puts the text, which is YAML, into document->json. */
static int convert(struct schema_document *document, const char *shown, const char *bytes,
                   size_t len, struct problem *problem)
{
    struct arena arena = { 0 };
    struct yaml_node *root = NULL;
    struct problem place = { 0 };
    int r = yaml_parse(&arena, shown, bytes, len, &root, problem);
    buffer_clear(&document->json);
    if (r == 0) {
        r = yaml_render_json(root, &document->json, &place);
    }
    if (r == -EINVAL && place.text[0] != '\0') {
        *problem = place;
    }
    arena_deinit(&arena);
    return r;
}

static int complain(const char *shown, const char *bytes, const struct json_fault *fault,
                    struct problem *problem)
{
    uint32_t line;
    uint32_t column;
    yaml_text_place(bytes, fault->offset, &line, &column);
    return problem_set(problem, EINVAL, EXIT_CONFIG, "%s:%u:%u: %s", shown, (unsigned)line,
                       (unsigned)column, fault->reason);
}

static bool begins_as_json(const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && strchr(" \t\r\n", bytes[i]) != NULL && bytes[i] != '\0') {
        i++;
    }
    return i < len && bytes[i] == '{';
}

/* As JSON, else as YAML; of text that is neither, the JSON reader says more of JSON. */
static int read_either(struct schema_document *document, const char *shown, const char *bytes,
                       size_t len, struct problem *problem)
{
    struct json_fault json_fault = { 0 };
    struct json_fault fault;
    bool is_json = begins_as_json(bytes, len);
    if (is_json) {
        int r = buffer_append(&document->json, bytes, len);
        r = r < 0 ? r : walk(document, &json_fault);
        if (r <= 0) {
            return r;
        }
    }
    int r = convert(document, shown, bytes, len, problem);
    if (r == 0) {
        r = walk(document, &fault);
    }
    return r == -EINVAL && is_json ? complain(shown, bytes, &json_fault, problem) : r;
}

int document_parse(struct schema_document *document, const char *shown, const char *bytes,
                   size_t len, struct problem *problem)
{
    int r = read_either(document, shown, bytes, len, problem);
    if (r < 0) {
        return r;
    }
    if (r > 0 || json_kind(&document->tree, 0) != JSON_OBJECT) {
        return problem_set(problem, EINVAL, EXIT_CONFIG, "%s:1:1: is no map", shown);
    }
    return 0;
}

uint32_t document_member(const struct json_document *tree, uint32_t object, const char *name)
{
    uint32_t found = JSON_END;
    size_t len = strlen(name);
    if (json_kind(tree, object) != JSON_OBJECT) {
        return JSON_END;
    }
    for (uint32_t key = json_first(tree, object); key != JSON_END;
         key = json_sibling(tree, key + 2)) {
        struct json_string text = json_string(tree, key);
        if (json_string_equals(text.raw, text.raw_len, name, len)) {
            found = key + 2;
        }
    }
    return found != JSON_END && json_kind(tree, found) == JSON_NULL ? JSON_END : found;
}

int document_text(const struct json_document *tree, uint32_t token, struct arena *arena,
                  const char **ret_text)
{
    if (json_kind(tree, token) != JSON_STRING) {
        return -EPROTOTYPE;
    }
    struct json_string string = json_string(tree, token);
    size_t len = 0;
    char *text = arena_alloc(arena, string.raw_len + 1);
    if (text == NULL) {
        return -ENOMEM;
    }
    if (json_unescape(string.raw, string.raw_len, text, &len) != 0 ||
        memchr(text, '\0', len) != NULL) {
        return -EPROTOTYPE;
    }
    text[len] = '\0';
    *ret_text = text;
    return 0;
}
