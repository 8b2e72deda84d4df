/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the place of a fault that the index reports without one. Slow, byte by byte: only for
 * documents that are already refused. Pure. Each returns an offset, len where it finds nothing.
 */
#ifndef WEIR_JSON_LOCATE_H
#define WEIR_JSON_LOCATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first byte of the first sequence that is not UTF-8. */
size_t json_locate_bad_utf8(const char *bytes, size_t len);

/* The first control character (below 0x20) inside a string. */
size_t json_locate_control(const char *bytes, size_t len);

/* The opening quote of the string that has no closing quote. */
size_t json_locate_unclosed(const char *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
