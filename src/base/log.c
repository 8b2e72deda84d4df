/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_SIZE = 4096, VALUE_LIMIT = 512 };

/* Fixed after start. */
static enum log_level least_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;
static int log_fd = STDERR_FILENO;

struct line {
    char text[LINE_SIZE];
    size_t len;
};

static const char *const level_names[] = { "debug", "info", "warning", "error" };

void log_setup(enum log_level least, enum log_format format)
{
    least_level = least;
    line_format = format;
}

void log_redirect(int fd)
{
    log_fd = fd;
}

/* Room is kept for the closing brace and the newline. */
static void put(struct line *line, const char *text, size_t len)
{
    size_t room = LINE_SIZE - 8 - line->len;
    size_t n = len < room ? len : room;
    memcpy(line->text + line->len, text, n);
    line->len += n;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_escaped_byte(struct line *line, unsigned char byte)
{
    if (byte == '"' || byte == '\\') {
        put(line, (char[]){ '\\', (char)byte }, 2);
    } else if (byte == '\n') {
        put(line, "\\n", 2);
    } else if (byte < 0x20 || byte == 0x7f) {
        char escape[8];
        int n = snprintf(escape, sizeof(escape), "\\u%04x", byte);
        put(line, escape, (size_t)n);
    } else {
        put(line, (const char *)&byte, 1);
    }
}

static void put_quoted(struct line *line, const char *value)
{
    put(line, "\"", 1);
    for (size_t i = 0; i < VALUE_LIMIT && value[i] != '\0'; i++) {
        put_escaped_byte(line, (unsigned char)value[i]);
    }
    put(line, "\"", 1);
}

/* logfmt leaves quotes away where nothing needs them. */
static bool is_plain(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:@+%,";
    size_t len = strlen(value);
    return len > 0 && len < VALUE_LIMIT && strspn(value, plain) == len;
}

static void put_field(struct line *line, const struct log_field *field)
{
    const char *value = field->text == NULL ? "" : field->text;
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)field->integer);
    if (line_format == LOG_LOGFMT) {
        put_text(line, " ");
        put_text(line, field->name);
        put_text(line, "=");
    } else {
        put_text(line, line_format == LOG_ECS ? ",\"labels." : ",\"");
        put_text(line, field->name);
        put_text(line, "\":");
    }
    if (field->kind == LOG_FIELD_INTEGER) {
        put_text(line, number);
    } else if (line_format == LOG_LOGFMT && is_plain(value)) {
        put_text(line, value);
    } else {
        put_quoted(line, value);
    }
}

static void put_head(struct line *line, enum log_level level, const char *message)
{
    char now[RFC3339_SIZE];
    rfc3339_format(now, clock_system()->realtime_ns(clock_system()), 3);
    static const char *const heads[][3] = {
        [LOG_LOGFMT] = { "ts=", " level=", " msg=" },
        [LOG_JSON] = { "{\"ts\":\"", "\",\"level\":\"", "\",\"msg\":" },
        [LOG_ECS] = { "{\"@timestamp\":\"", "\",\"ecs.version\":\"8.11.0\",\"log.level\":\"",
                      "\",\"message\":" },
    };
    const char *const *head = heads[line_format];
    put_text(line, head[0]);
    put_text(line, now);
    put_text(line, head[1]);
    put_text(line, level_names[level]);
    put_text(line, head[2]);
    put_quoted(line, message);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t n_fields)
{
    if (level < least_level) {
        return;
    }
    struct line line = { .len = 0 };
    put_head(&line, level, message);
    for (size_t i = 0; i < n_fields; i++) {
        put_field(&line, &fields[i]);
    }
    if (line_format != LOG_LOGFMT) {
        line.text[line.len++] = '}';
    }
    line.text[line.len++] = '\n';
    ssize_t written = write(log_fd, line.text, line.len);
    (void)written;
}
