/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/parse.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <yaml.h>

#include "base/filesystem.h"
#include "yaml/build.h"
#include "yaml/text.h"

/* One parse: libyaml's parser, and the builder that it feeds. */
struct reading {
    yaml_parser_t parser;
    struct yaml_builder builder;
    const char *source;
    /* Without a BOM. */
    const char *text;
    size_t len;
    bool has_document;
};

static struct yaml_origin origin_at(const struct reading *reading, const yaml_mark_t *mark)
{
    return (struct yaml_origin){ .source = reading->source,
                                 .line = (uint32_t)mark->line + 1,
                                 .column = (uint32_t)mark->column + 1 };
}

static struct yaml_origin origin_of_offset(const struct reading *reading, size_t offset)
{
    struct yaml_origin origin = { .source = reading->source };
    yaml_text_place(reading->text, offset, &origin.line, &origin.column);
    return origin;
}

/* What libyaml found wrong, with the words for the two faults that people make most. */
static int complain_syntax(struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    struct problem *problem = reading->builder.problem;
    if (parser->error == YAML_MEMORY_ERROR) {
        return yaml_out_of_memory(problem);
    }
    if (parser->error == YAML_READER_ERROR) {
        struct yaml_origin origin = origin_of_offset(reading, parser->problem_offset);
        return yaml_complain(problem, &origin, "%s", parser->problem);
    }
    struct yaml_origin origin = origin_at(reading, &parser->problem_mark);
    /* libyaml's index counts characters. */
    size_t at = yaml_text_offset(reading->text, reading->len, parser->problem_mark.index);
    if (at < reading->len && reading->text[at] == '\t') {
        return yaml_complain(problem, &origin, "a tab cannot indent; use spaces");
    }
    const char *context = parser->context != NULL ? parser->context : "";
    return yaml_complain(problem, &origin, "not YAML: %s%s%s", parser->problem,
                         *context != '\0' ? " " : "", context);
}

/* Whether a tag leaves a scalar's type to its text (true) or makes it a text (false). */
static int resolve_tag(struct reading *reading, const yaml_event_t *event, bool *is_plain)
{
    static const char *const typed[] = { YAML_NULL_TAG, YAML_BOOL_TAG, YAML_INT_TAG,
                                         YAML_FLOAT_TAG };
    const char *tag = (const char *)event->data.scalar.tag;
    *is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (tag == NULL) {
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(typed); i++) {
        if (strcmp(tag, typed[i]) == 0) {
            *is_plain = true;
            return 0;
        }
    }
    *is_plain = false;
    if (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0) {
        return 0;
    }
    struct yaml_origin origin = origin_at(reading, &event->start_mark);
    return yaml_complain(reading->builder.problem, &origin, "tag %.100s is not supported", tag);
}

static int on_scalar(struct reading *reading, const yaml_event_t *event)
{
    bool is_plain;
    int r = resolve_tag(reading, event, &is_plain);
    if (r < 0) {
        return r;
    }
    struct yaml_origin origin = origin_at(reading, &event->start_mark);
    struct yaml_node *scalar =
        yaml_scalar_new(reading->builder.arena, (const char *)event->data.scalar.value,
                        event->data.scalar.length, is_plain, &origin);
    if (scalar == NULL) {
        return yaml_out_of_memory(reading->builder.problem);
    }
    return yaml_build_scalar(&reading->builder, (const char *)event->data.scalar.anchor, scalar);
}

static int open_node(struct reading *reading, const yaml_event_t *event, enum yaml_kind kind,
                     const yaml_char_t *anchor, const yaml_char_t *tag, const char *usual_tag)
{
    struct yaml_origin origin = origin_at(reading, &event->start_mark);
    if (tag != NULL && strcmp((const char *)tag, usual_tag) != 0) {
        return yaml_complain(reading->builder.problem, &origin, "tag %.100s is not supported",
                             (const char *)tag);
    }
    struct yaml_node *node = yaml_node_new(reading->builder.arena, kind, &origin);
    if (node == NULL) {
        return yaml_out_of_memory(reading->builder.problem);
    }
    return yaml_build_open(&reading->builder, (const char *)anchor, node);
}

static int on_sequence(struct reading *reading, const yaml_event_t *event)
{
    return open_node(reading, event, YAML_LIST, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag, YAML_SEQ_TAG);
}

static int on_mapping(struct reading *reading, const yaml_event_t *event)
{
    return open_node(reading, event, YAML_MAP, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag, YAML_MAP_TAG);
}

static int on_end(struct reading *reading, const yaml_event_t *event)
{
    (void)event;
    return yaml_build_close(&reading->builder);
}

static int on_alias(struct reading *reading, const yaml_event_t *event)
{
    struct yaml_origin origin = origin_at(reading, &event->start_mark);
    return yaml_build_alias(&reading->builder, (const char *)event->data.alias.anchor, &origin);
}

static int on_document(struct reading *reading, const yaml_event_t *event)
{
    if (reading->has_document) {
        struct yaml_origin origin = origin_at(reading, &event->start_mark);
        return yaml_complain(reading->builder.problem, &origin,
                             "a second document begins here; one is expected");
    }
    reading->has_document = true;
    return 0;
}

static int feed(struct reading *reading, const yaml_event_t *event)
{
    static int (*const handlers[])(struct reading *, const yaml_event_t *) = {
        [YAML_DOCUMENT_START_EVENT] = on_document, [YAML_ALIAS_EVENT] = on_alias,
        [YAML_SCALAR_EVENT] = on_scalar,           [YAML_SEQUENCE_START_EVENT] = on_sequence,
        [YAML_SEQUENCE_END_EVENT] = on_end,        [YAML_MAPPING_START_EVENT] = on_mapping,
        [YAML_MAPPING_END_EVENT] = on_end,
    };
    if (event->type >= ARRAY_SIZE(handlers) || handlers[event->type] == NULL) {
        return 0;
    }
    return handlers[event->type](reading, event);
}

static int read_events(struct reading *reading)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reading->parser, &event)) {
            return complain_syntax(reading);
        }
        bool is_last = event.type == YAML_STREAM_END_EVENT;
        int r = feed(reading, &event);
        yaml_event_delete(&event);
        if (r < 0 || is_last) {
            return r;
        }
    }
}

/* libyaml compares each %TAG with all before it: the one place where it is not linear. */
static bool find_tag_directive(const char *text, size_t len, size_t *ret_offset)
{
    static const char directive[] = "%TAG";
    const char *end = text + len;
    const char *line = text;
    while (line < end) {
        if ((size_t)(end - line) >= sizeof(directive) - 1 &&
            memcmp(line, directive, sizeof(directive) - 1) == 0) {
            *ret_offset = (size_t)(line - text);
            return true;
        }
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        line = newline != NULL ? newline + 1 : end;
    }
    return false;
}

static int check_text(struct reading *reading)
{
    size_t offset;
    enum yaml_text_fault fault = yaml_text_check(reading->text, reading->len, &offset);
    if (fault != TEXT_GOOD) {
        struct yaml_origin origin = origin_of_offset(reading, offset);
        return yaml_complain(reading->builder.problem, &origin, "%s", yaml_text_fault_name(fault));
    }
    if (find_tag_directive(reading->text, reading->len, &offset)) {
        struct yaml_origin origin = origin_of_offset(reading, offset);
        return yaml_complain(reading->builder.problem, &origin,
                             "%%TAG directives are not supported");
    }
    return 0;
}

static int parse_reading(struct reading *reading, struct yaml_node **ret_root)
{
    int r = check_text(reading);
    if (r < 0) {
        return r;
    }
    if (!yaml_parser_initialize(&reading->parser)) {
        return yaml_out_of_memory(reading->builder.problem);
    }
    yaml_parser_set_encoding(&reading->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reading->parser, (const unsigned char *)reading->text,
                                 reading->len);
    r = read_events(reading);
    yaml_parser_delete(&reading->parser);
    if (r < 0) {
        return r;
    }
    struct yaml_node *root = reading->builder.root;
    if (root == NULL) {
        struct yaml_origin origin = { .source = reading->source, .line = 1, .column = 1 };
        root = yaml_node_new(reading->builder.arena, YAML_MAP, &origin);
    }
    if (root == NULL) {
        return yaml_out_of_memory(reading->builder.problem);
    }
    *ret_root = root;
    return 0;
}

int yaml_parse(struct arena *arena, const char *source, const char *text, size_t len,
               struct yaml_node **ret_root, struct problem *problem)
{
    /* libyaml ends the program where it is given no address. */
    struct reading reading = { .text = len == 0 ? "" : text, .len = len };
    reading.builder.arena = arena;
    reading.builder.problem = problem;
    reading.source = arena_copy(arena, source, strlen(source));
    if (reading.source == NULL) {
        return yaml_out_of_memory(problem);
    }
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        reading.text += 3;
        reading.len -= 3;
    }
    int r = parse_reading(&reading, ret_root);
    yaml_builder_deinit(&reading.builder);
    return r;
}

int yaml_parse_file(struct arena *arena, const char *path, size_t limit,
                    struct yaml_node **ret_root, struct problem *problem)
{
    AUTO_FREE char *text = NULL;
    size_t len;
    int r = file_read_all(path, limit, &text, &len);
    if (r == -EFBIG) {
        return problem_set(problem, EFBIG, EXIT_CONFIG, "%s: larger than %zu bytes, the limit",
                           path, limit);
    }
    if (r < 0) {
        return problem_set(problem, -r, EXIT_CONFIG, "%s: cannot be read: %s", path, strerror(-r));
    }
    return yaml_parse(arena, path, text, len, ret_root, problem);
}
