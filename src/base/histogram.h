/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram of durations with a relative error below 2%: 64 powers of two, each in 64 steps. Fixed
 * size, no allocation. One owner.
 */
#ifndef WEIR_BASE_HISTOGRAM_H
#define WEIR_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_BUCKETS = 64 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t n_values;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

/* Counts value (>= 0; less counts as 0) weight times. */
void histogram_add(struct histogram *histogram, int64_t value, uint64_t weight);

/* The value below which the share q (0 to 1) of all lies; 0 when empty. */
int64_t histogram_quantile(const struct histogram *histogram, double q);

#endif
