/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on stderr: `ts=<RFC 3339 UTC> level=info msg="..." key=value`, or the same as JSON, or in
 * the names of the Elastic Common Schema. A line is one write(2), so that lines of several threads
 * do not mix. Values are escaped (no raw control byte leaves) and cut at 512 bytes. A log that
 * cannot be written is dropped: logging never blocks or stops the pipeline. Thread: any.
 */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON, LOG_ECS };

enum log_field_kind { LOG_FIELD_TEXT, LOG_FIELD_INTEGER };

struct log_field {
    const char *name;
    enum log_field_kind kind;
    const char *text;
    int64_t integer;
};

/* Fields, for the macros below. A NULL text is written as an empty one. */
#define LOG_TEXT(name, value)    ((struct log_field){ (name), LOG_FIELD_TEXT, (value), 0 })
#define LOG_INTEGER(name, value) ((struct log_field){ (name), LOG_FIELD_INTEGER, NULL, (value) })

/* log_info("sink resumed", LOG_TEXT("path", path), LOG_INTEGER("bytes", n)); at least one field. */
#define log_debug(message, ...)   LOG_AT(LOG_DEBUG, message, __VA_ARGS__)
#define log_info(message, ...)    LOG_AT(LOG_INFO, message, __VA_ARGS__)
#define log_warning(message, ...) LOG_AT(LOG_WARNING, message, __VA_ARGS__)
#define log_error(message, ...)   LOG_AT(LOG_ERROR, message, __VA_ARGS__)
#define LOG_AT(level, message, ...)                                          \
    log_write((level), (message), (const struct log_field[]){ __VA_ARGS__ }, \
              ARRAY_SIZE(((const struct log_field[]){ __VA_ARGS__ })))

/* Writes one line. message is a constant text; what varies goes into fields. */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t n_fields);

/* Set once at start, before the threads. */
void log_setup(enum log_level least, enum log_format format);

/* For tests: lines go to fd instead of stderr. */
void log_redirect(int fd);

#endif
