/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the nearest of a few names. Pure. */
#ifndef WEIR_CONFIG_NEAREST_H
#define WEIR_CONFIG_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/keys.h"

/* Above this a name is not compared: nobody mistypes so much. */
enum { NEAREST_MAX = 64 };

/*
 * Insertions, deletions, substitutions and swaps of neighbours between the two, case ignored.
 * SIZE_MAX for names above NEAREST_MAX.
 */
size_t name_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/*
 * The name directly below section that is nearest to name, or NULL where none is near: a third of its
 * letters may be wrong, and is_strict allows only a quarter. *ret_len bytes of the result count.
 */
const char *nearest_child(const char *section, const char *name, bool is_strict, size_t *ret_len);

/* The word nearest to name, or NULL. */
const char *nearest_word(const struct config_word *words, const char *name);

#endif
