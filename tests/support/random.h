/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers that a seed fixes on every machine (splitmix64), and Zipf's law. For tests only.
 */
#ifndef WEIR_TESTS_RANDOM_H
#define WEIR_TESTS_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number below n, which is above 0 (the bias is below n / 2^64). */
static inline uint64_t random_below(struct random *random, uint64_t n)
{
    return random_next(random) % n;
}

/* A number in [0, 1). */
static inline double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

/*
 * Fills the n sums of 1 / rank^exponent, scaled so that the last is 1. zipf_pick() then finds the
 * rank (from 0) of a number in [0, 1) among them.
 */
static inline void zipf_fill(double *sums, size_t n, double exponent)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += pow((double)(i + 1), -exponent);
        sums[i] = sum;
    }
    for (size_t i = 0; i < n; i++) {
        sums[i] /= sum;
    }
}

static inline size_t zipf_pick(const double *sums, size_t n, double unit)
{
    size_t low = 0;
    size_t high = n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sums[middle] > unit) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

#endif
