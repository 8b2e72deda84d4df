/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters by name: the first TALLY_MAX names have one each, all others share one. Who counts often
 * asks for a name's counter once and keeps it.
 *
 * Thread: any.
 */
#ifndef WEIR_BASE_TALLY_H
#define WEIR_BASE_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_MAX = 50 };

struct tally;

/* Returns 0 or -ENOMEM. */
int tally_new(struct tally **ret_tally);
/* Takes NULL. */
void tally_free(struct tally *tally);

/*
 * The counter of a name (without NULs), for the caller to add to (relaxed). *ret_is_new, if not NULL: it was not asked
 * for before, and has a counter of its own. Without memory for a name the shared one. Valid until
 * tally_free().
 */
_Atomic uint64_t *tally_counter(struct tally *tally, const char *name, size_t len,
                                bool *ret_is_new);

/* Whether a counter is the one that names share. */
bool tally_is_shared(const struct tally *tally, const _Atomic uint64_t *counter);

/* Adds 1 to a name that is asked for seldom. */
void tally_count(struct tally *tally, const char *name);

/*
 * The n-th name and its count, from 0 on, in the order of asking; false at the end. What is shared comes
 * last, as "other". *ret_name is valid until tally_free().
 */
bool tally_get(struct tally *tally, size_t n, const char **ret_name, uint64_t *ret_count);

#endif
