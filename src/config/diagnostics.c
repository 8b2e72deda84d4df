/* SPDX-License-Identifier: Apache-2.0 */
#include "config/diagnostics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/secret.h"

void diagnostics_deinit(struct diagnostics *diagnostics)
{
    buffer_deinit(&diagnostics->errors);
    free(diagnostics->warnings);
    diagnostics->warnings = NULL;
    diagnostics->n_warnings = 0;
}

static int append_place(struct buffer *buffer, const struct yaml_origin *origin, const char *path)
{
    int r = origin->line == 0 ? buffer_printf(buffer, "%s: ", origin->source)
                              : buffer_printf(buffer, "%s:%u:%u: ", origin->source,
                                              (unsigned)origin->line, (unsigned)origin->column);
    return r < 0 || path == NULL ? r : buffer_printf(buffer, "%s: ", path);
}

/*
 * Appends text as a line for a terminal: no control byte of the input gets through, and no password
 * of a URL, which a key may hold as well as a value.
 */
static int append_clean(struct buffer *line, const char *text, size_t len)
{
    size_t start = line->len;
    int r = redact_text(text, len, line);
    for (size_t i = start; i < line->len; i++) {
        if ((unsigned char)line->data[i] < 0x20 || line->data[i] == 0x7F) {
            line->data[i] = '?';
        }
    }
    return r < 0 || buffer_text(line) == NULL ? -ENOMEM : 0;
}

__attribute__((format(printf, 4, 0))) static int format_line(struct buffer *line,
                                                             const struct yaml_origin *origin,
                                                             const char *path, const char *format,
                                                             va_list arguments)
{
    char text[768];
    AUTO_BUFFER raw = { 0 };
    vsnprintf(text, sizeof(text), format, arguments);
    int r = append_place(&raw, origin, path);
    if (r == 0) {
        r = buffer_append_text(&raw, text);
    }
    return r < 0 ? r : append_clean(line, raw.data, raw.len);
}

static void add_error(struct diagnostics *diagnostics, const char *line)
{
    diagnostics->n_errors++;
    if (diagnostics->n_errors > DIAGNOSTICS_MAX) {
        return;
    }
    size_t start = diagnostics->errors.len;
    if (buffer_printf(&diagnostics->errors, "%s\n", line) < 0) {
        diagnostics->errors.len = start;
        diagnostics->is_out_of_memory = true;
    }
}

void diagnose_error(struct diagnostics *diagnostics, const struct yaml_origin *origin,
                    const char *path, const char *format, ...)
{
    AUTO_BUFFER line = { 0 };
    va_list arguments;
    va_start(arguments, format);
    int r = format_line(&line, origin, path, format, arguments);
    va_end(arguments);
    if (r < 0) {
        diagnostics->is_out_of_memory = true;
        return;
    }
    add_error(diagnostics, line.data);
}

void diagnose_problem(struct diagnostics *diagnostics, const struct problem *problem)
{
    AUTO_BUFFER line = { 0 };
    if (append_clean(&line, problem->text, strlen(problem->text)) < 0) {
        diagnostics->is_out_of_memory = true;
        return;
    }
    add_error(diagnostics, line.data);
}

static bool is_known_warning(const struct diagnostics *diagnostics, const char *text)
{
    for (size_t i = 0; i < diagnostics->n_warnings; i++) {
        if (strcmp(diagnostics->warnings[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static int add_warning(struct diagnostics *diagnostics, const struct buffer *line)
{
    if (diagnostics->n_warnings == DIAGNOSTICS_MAX || is_known_warning(diagnostics, line->data)) {
        return 0;
    }
    if (diagnostics->warnings == NULL) {
        diagnostics->warnings = calloc(DIAGNOSTICS_MAX, sizeof(*diagnostics->warnings));
    }
    char *copy = arena_copy(diagnostics->arena, line->data, line->len);
    if (diagnostics->warnings == NULL || copy == NULL) {
        return -ENOMEM;
    }
    diagnostics->warnings[diagnostics->n_warnings++] = copy;
    return 0;
}

void diagnose_warning(struct diagnostics *diagnostics, const struct yaml_origin *origin,
                      const char *path, const char *format, ...)
{
    AUTO_BUFFER line = { 0 };
    va_list arguments;
    va_start(arguments, format);
    int r = format_line(&line, origin, path, format, arguments);
    va_end(arguments);
    if (r < 0 || add_warning(diagnostics, &line) < 0) {
        diagnostics->is_out_of_memory = true;
    }
}

/* As many whole lines as fit, at least a part of the first. */
static void fill_problem(struct problem *problem, const char *lines)
{
    size_t room = sizeof(problem->text) - 1;
    size_t len = strlen(lines);
    if (len > room) {
        const char *cut = memrchr(lines, '\n', room);
        len = cut != NULL ? (size_t)(cut - lines) : room;
    }
    while (len > 0 && lines[len - 1] == '\n') {
        len--;
    }
    memcpy(problem->text, lines, len);
    problem->text[len] = '\0';
    problem->exit_code = EXIT_CONFIG;
}

int diagnostics_conclude(struct diagnostics *diagnostics, struct buffer *errors,
                         struct problem *problem)
{
    if (diagnostics->n_errors > DIAGNOSTICS_MAX &&
        buffer_printf(&diagnostics->errors, "and %zu more errors\n",
                      diagnostics->n_errors - DIAGNOSTICS_MAX) < 0) {
        diagnostics->is_out_of_memory = true;
    }
    if (diagnostics->is_out_of_memory || buffer_text(&diagnostics->errors) == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    if (diagnostics->n_errors == 0) {
        return 0;
    }
    if (errors != NULL &&
        buffer_append(errors, diagnostics->errors.data, diagnostics->errors.len) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    if (problem != NULL) {
        fill_problem(problem, diagnostics->errors.data);
    }
    return -EINVAL;
}
