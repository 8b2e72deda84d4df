/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a schema says of events, for scripts that compare it with others:
 *
 *     schema_tool SCHEMA EVENTS
 *
 * SCHEMA is a file of JSON or YAML, EVENTS one of lines. For each line it prints a line of JSON: what
 * is wrong with it ("" for nothing) before and after projection, how many fields that dropped, and the
 * projected event.
 */
#include <stdio.h>

#include "base/filesystem.h"
#include "compiled_schema.h"
#include "schema_file.h"
#include "json/text.h"

static void put(struct buffer *out, const char *text)
{
    require(buffer_append_text(out, text) == 0);
}

static void put_quoted(struct buffer *out, const char *text, size_t len)
{
    require(json_quote(out, text, len) == 0);
}

/* The complaint about the event as it stands, as a JSON string. */
static void put_complaint(struct buffer *out, struct compiled *compiled, struct weir_event *event)
{
    int r = schema_check_event(compiled->checker, event);
    require(r >= 0);
    const char *complaint = r == 0 ? "" : schema_checker_complaint(compiled->checker);
    put_quoted(out, complaint, strlen(complaint));
}

static void judge(struct compiled *compiled, const char *line, size_t len)
{
    AUTO_BUFFER out = { 0 };
    AUTO_OPENED opened;
    require(opened_init_len(&opened, line, len) == 0);
    put(&out, "{\"before\":");
    put_complaint(&out, compiled, &opened.event);
    size_t n_dropped = 0;
    require(compiled_project(compiled, SCHEMA_UNKNOWN_DROP, &opened.event, &n_dropped) == 0);
    put(&out, ",\"after\":");
    put_complaint(&out, compiled, &opened.event);
    require(buffer_printf(&out, ",\"dropped\":%zu,\"event\":", n_dropped) == 0);
    put(&out, opened_line(&opened));
    printf("%.*s}\n", (int)out.len, out.data);
}

int main(int argc, char **argv)
{
    require(argc == 3);
    AUTO_BUFFER json = { 0 };
    AUTO_COMPILED compiled = { .schema = NULL };
    struct problem problem = { .text = "" };
    int r = schema_file_read(argv[1], &json, &problem);
    if (r == 0) {
        const struct schema_options options = { .uri = "",
                                                .json = json.data,
                                                .json_len = json.len };
        r = compiled_init(&compiled, &options);
        problem = compiled.problem;
    }
    AUTO_FREE char *events = NULL;
    size_t len = 0;
    if (r == 0 && (r = file_read_all(argv[2], 1 << 28, &events, &len)) < 0) {
        problem_set(&problem, -r, EXIT_IO, "cannot read %s", argv[2]);
    }
    if (r != 0) {
        fprintf(stderr, "schema_tool: %s\n", problem.text);
        return 1;
    }
    for (char *line = events, *end; line < events + len; line = end + 1) {
        end = memchr(line, '\n', (size_t)(events + len - line));
        end = end != NULL ? end : events + len;
        if (end > line) {
            judge(&compiled, line, (size_t)(end - line));
        }
    }
    return 0;
}
