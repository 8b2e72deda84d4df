/* SPDX-License-Identifier: Apache-2.0 */
#include "patch_lines.h"

#include "base/error.h"
#include "random_json.h"

/* Reads a JSON Pointer; false where it is none, or too long for a tree. */
static bool read_path(const char *text, struct json_tree_path *path)
{
    path->n_steps = 0;
    while (*text == '/') {
        if (path->n_steps == TREE_PATH_MAX) {
            return false;
        }
        struct buffer *step = &path->steps[path->n_steps++];
        buffer_clear(step);
        for (text++; *text != '\0' && *text != '/'; text++) {
            bool is_escape = *text == '~';
            text += is_escape;
            if (is_escape && *text != '0' && *text != '1') {
                return false;
            }
            char byte = !is_escape ? *text : *text == '0' ? '~' : '/';
            require(buffer_append_byte(step, byte) == 0);
        }
    }
    return *text == '\0';
}

static void apply(const char *pointer, const char *json, struct weir_event *event,
                  struct json_tree **tree)
{
    struct json_tree_path path = { .n_steps = 0 };
    if (read_path(pointer, &path)) {
        int r = json != NULL ? weir_event_set_raw(event, pointer, json, strlen(json))
                             : weir_event_remove(event, pointer);
        if (r == 0 && json != NULL) {
            require(json_tree_set(tree, &path, json_tree_parse(json, strlen(json))) == 0);
        } else if (r == 0) {
            require(json_tree_remove(*tree, &path) == 0);
        }
    }
    json_tree_path_deinit(&path);
}

static void apply_line(char *line, struct weir_event *event, struct json_tree **tree)
{
    if (strncmp(line, "remove ", 7) == 0) {
        apply(line + 7, NULL, event, tree);
    } else if (strncmp(line, "set ", 4) == 0) {
        char *json = strchr(line + 4, ' ');
        if (json != NULL) {
            *json = '\0';
            apply(line + 4, json + 1, event, tree);
        }
    }
}

void patch_lines_apply(const char *text, size_t len, struct weir_event *event,
                       struct json_tree **tree)
{
    for (const char *end = text + len; text < end;) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        line_end = line_end != NULL ? line_end : end;
        char *line = strndup(text, (size_t)(line_end - text));
        require(line != NULL);
        apply_line(line, event, tree);
        free(line);
        text = line_end + 1;
    }
}

void patch_lines_random(struct buffer *out, struct random *random, size_t n)
{
    static const char *const steps[] = { "/a", "/b", "/c",    "/0", "/",
                                         "/x", "/-", "/a~1b", "/1", "/new" };
    for (size_t i = 0; i < n; i++) {
        bool is_set = random_below(random, 4) > 0;
        require(buffer_append_text(out, is_set ? "set " : "remove ") == 0);
        for (uint64_t depth = 1 + random_below(random, 3); depth > 0; depth--) {
            require(buffer_append_text(out, steps[random_below(random, ARRAY_SIZE(steps))]) == 0);
        }
        if (is_set) {
            require(buffer_append_byte(out, ' ') == 0);
            size_t start = out->len;
            random_json_value(out, random, 2);
            /* A line is a line. */
            for (size_t j = start; j < out->len; j++) {
                out->data[j] = out->data[j] == '\n' || out->data[j] == '\r' ? ' ' : out->data[j];
            }
        }
        require(buffer_append_byte(out, '\n') == 0);
    }
}
