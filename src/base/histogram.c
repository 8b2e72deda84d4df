/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <stddef.h>

enum { STEP_BITS = 6 };

static size_t bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS) {
        return (size_t)value;
    }
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value);
    uint64_t step = (value >> (exponent - STEP_BITS)) & (HISTOGRAM_STEPS - 1);
    return (size_t)(exponent - STEP_BITS + 1) * HISTOGRAM_STEPS + (size_t)step;
}

static int64_t bucket_value(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS) {
        return (int64_t)bucket;
    }
    unsigned shift = (unsigned)(bucket / HISTOGRAM_STEPS) - 1;
    uint64_t step = bucket % HISTOGRAM_STEPS;
    return (int64_t)((HISTOGRAM_STEPS + step) << shift);
}

void histogram_add(struct histogram *histogram, int64_t value, uint64_t weight)
{
    histogram->counts[bucket_of(value < 0 ? 0 : (uint64_t)value)] += weight;
    histogram->n_values += weight;
}

int64_t histogram_quantile(const struct histogram *histogram, double q)
{
    if (histogram->n_values == 0) {
        return 0;
    }
    uint64_t wanted = (uint64_t)(q * (double)(histogram->n_values - 1)) + 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted) {
            return bucket_value(i);
        }
    }
    return bucket_value(HISTOGRAM_BUCKETS - 1);
}
