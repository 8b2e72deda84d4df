/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of JSON as strings of decimal digits, exact at any size and slow: what the schema's
 * arithmetic is compared with. Text is a number by JSON's grammar. Exponents beyond 10^15 count as
 * that. Running out of memory ends the program. For tests only.
 */
#ifndef WEIR_TESTS_PLAIN_NUMBER_H
#define WEIR_TESTS_PLAIN_NUMBER_H

#include <stdbool.h>

#include "base/buffer.h"

/* Below, at or above 0 as a is less than, equal to or greater than b. */
int plain_number_compare(const struct buffer *a, const struct buffer *b);
int plain_number_compare_count(const struct buffer *a, size_t count);

/* 1.0 and 1e3 are integers too. */
bool plain_number_is_integer(const struct buffer *number);

/* Whether number is an integer times of; of is above 0. */
bool plain_number_is_multiple(const struct buffer *number, const struct buffer *of);

#endif
