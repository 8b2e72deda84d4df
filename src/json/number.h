/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of JSON as C types and back, independent of the locale. Text that comes in has passed the
 * walk. Pure.
 */
#ifndef WEIR_JSON_NUMBER_H
#define WEIR_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a number is written without fraction and exponent. */
bool json_number_is_integer(const char *text, size_t len);

/*
 * The value of an integer. Returns 0, -ERANGE when it does not fit the type, or -EDOM when it is
 * written with a fraction or an exponent.
 */
int json_number_int64(const char *text, size_t len, int64_t *ret_value);
int json_number_uint64(const char *text, size_t len, uint64_t *ret_value);

/*
 * The nearest double. A number too small for one is 0 or the smallest. Returns 0, or -ERANGE when it
 * is too large.
 */
int json_number_double(const char *text, size_t len, double *ret_value);

/* Room for any double and a NUL. */
enum { JSON_DOUBLE_SIZE = 32 };

/*
 * Writes value in the fewest digits that read back as the same double, always with a point or an
 * exponent; *ret_len excludes the NUL. Returns 0, or -EDOM for NaN and infinities.
 */
int json_format_double(char *text, double value, size_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif
