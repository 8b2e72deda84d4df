/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration, as an application reads sections of its own.
 *
 * A top-level section that Weir does not know belongs to the application:
 *
 *     enrich:
 *       endpoint: http://localhost:6500/w/api.php
 *       request_timeout: 65
 *
 * worker_start is handed the configuration, with all files, the environment and --set merged and
 * ${NAME} substituted. A place in it is named by a JSON Pointer (RFC 6901), as in an event:
 *
 *     static int worker_start(const struct weir_config *config, void **ret_context)
 *     {
 *         int64_t timeout = 60;
 *         int r = weir_config_int64(config, "/enrich/request_timeout", &timeout);
 *         if (r < 0 && r != -ENOENT) {
 *             return r;
 *         }
 *         ...
 *     }
 *
 * What is not given leaves *ret_value as it was, so that a default is what stood there before. Weir's
 * own sections can be read too, but hold only what was given, not what is in force by default.
 *
 * Types are those of YAML 1.2: `yes` and `on` are texts, and what is quoted is a text.
 *
 * All functions return 0, unless said otherwise, or one of these negative errno values:
 *
 *     -ENOENT      there is no such key or item, or its value is null
 *     -ENOTDIR     a step leads into a value that is no map or list
 *     -EPROTOTYPE  the value is of another type than the one asked for
 *     -ERANGE      a number does not fit the type
 *     -EINVAL      the pointer is malformed, or has more than 64 steps
 *     -ENOMEM      no memory
 *
 * Thread-safety: nothing changes; call them from any thread. Texts belong to the configuration, which
 * lives until weir_main() returns. None of the functions blocks.
 */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_config;

/* The text at pointer: of any value that is no map and no list, as it was written. */
WEIR_EXPORT int weir_config_string(const struct weir_config *config, const char *pointer,
                                   const char **ret_value);

WEIR_EXPORT int weir_config_int64(const struct weir_config *config, const char *pointer,
                                  int64_t *ret_value);

/* Of an integer or a fraction, the nearest double. */
WEIR_EXPORT int weir_config_double(const struct weir_config *config, const char *pointer,
                                   double *ret_value);

WEIR_EXPORT int weir_config_bool(const struct weir_config *config, const char *pointer,
                                 bool *ret_value);

/* A duration with its unit ("250ms", "30s", "1h30m"), in milliseconds. */
WEIR_EXPORT int weir_config_duration(const struct weir_config *config, const char *pointer,
                                     int64_t *ret_ms);

/* A size ("4096", "64KB", "16MiB"), in bytes. */
WEIR_EXPORT int weir_config_bytes(const struct weir_config *config, const char *pointer,
                                  int64_t *ret_bytes);

/* How many items the list, or keys the map, at pointer holds. */
WEIR_EXPORT int weir_config_count(const struct weir_config *config, const char *pointer,
                                  size_t *ret_count);

/* The name of the index-th key (from 0, in the order of the files) of the map at pointer. */
WEIR_EXPORT int weir_config_key(const struct weir_config *config, const char *pointer, size_t index,
                                const char **ret_name);

/*
 * Where the value at pointer was given, for messages of yours: "config.yaml:12:5", "--set" or the
 * name of a variable; cut where it is longer than size, which counts the NUL. "" is the whole.
 */
WEIR_EXPORT int weir_config_origin(const struct weir_config *config, const char *pointer,
                                   char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
