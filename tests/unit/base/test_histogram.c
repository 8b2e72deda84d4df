/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <math.h>

#include "../../support/cunit_main.h"

static void test_quantiles_are_near(void)
{
    static struct histogram histogram;
    CU_ASSERT_EQUAL(histogram_quantile(&histogram, 0.5), 0);
    for (int64_t i = 1; i <= 100000; i++) {
        histogram_add(&histogram, i * 1000, 1);
    }
    static const double quantiles[] = { 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1 };
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        double wanted = quantiles[i] * 1e8;
        double got = (double)histogram_quantile(&histogram, quantiles[i]);
        CU_ASSERT(fabs(got - wanted) <= 0.02 * wanted + 1000);
    }
}

static void test_weights_and_ends(void)
{
    static struct histogram histogram;
    histogram_add(&histogram, -5, 1);
    histogram_add(&histogram, 7, 98);
    histogram_add(&histogram, INT64_MAX, 1);
    CU_ASSERT_EQUAL(histogram.n_values, 100);
    CU_ASSERT_EQUAL(histogram_quantile(&histogram, 0), 0);
    CU_ASSERT_EQUAL(histogram_quantile(&histogram, 0.5), 7);
    CU_ASSERT(histogram_quantile(&histogram, 1) > INT64_MAX / 2);
}

static const struct test_case cases[] = {
    { "quantiles are near", test_quantiles_are_near },
    { "weights count and the ends hold", test_weights_and_ends },
};

CUNIT_MAIN("base/histogram", cases)
