/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, durations and times as people write them. Pure. */
#ifndef WEIR_CONFIG_UNITS_H
#define WEIR_CONFIG_UNITS_H

#include <stdint.h>

/*
 * "4096", "64KB" (1000), "1MiB" (1024 * 1024), "16 GiB"; also B, MB, GB, TB, KiB, TiB.
 * Returns 0, -EINVAL, or -ERANGE beyond 63 bits.
 */
int bytes_parse(const char *text, int64_t *ret_bytes);

/*
 * "10ms", "30s", "5m", "1h", "7d", "1h30m" and "0". A number alone is refused: nobody knows its unit.
 * Returns 0, -EINVAL, or -ERANGE.
 */
int duration_parse(const char *text, int64_t *ret_ms);

/* Milliseconds since 1970, or RFC 3339. Returns 0 or -EINVAL. */
int time_parse(const char *text, int64_t *ret_ms);

/* Room for either, and a NUL. */
enum { UNITS_SIZE = 32 };

/* The shortest text that reads back the same: "1MiB", "4KiB", "10ms", "1h". */
void bytes_format(char *text, int64_t bytes);
void duration_format(char *text, int64_t ms);

#endif
