/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loading found wrong or odd, collected so that one run shows it all. An error line reads
 * "file:line:column: the.key: what"; an origin without lines is shown by its source alone.
 *
 * Adding never fails for the caller: want of memory is remembered and told at the end.
 */
#ifndef WEIR_CONFIG_DIAGNOSTICS_H
#define WEIR_CONFIG_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "config/config.h"
#include "yaml/tree.h"

enum { DIAGNOSTICS_MAX = 20 };

struct diagnostics {
    /* Warnings live here. */
    struct arena *arena;
    /* Whole lines, at most DIAGNOSTICS_MAX; n_errors counts on. */
    struct buffer errors;
    size_t n_errors;
    const char **warnings;
    size_t n_warnings;
    bool is_out_of_memory;
};

/* Frees what is not in the arena. */
void diagnostics_deinit(struct diagnostics *diagnostics);

/* path may be NULL, where the message needs none. */
void diagnose_error(struct diagnostics *diagnostics, const struct yaml_origin *origin,
                    const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Warnings above DIAGNOSTICS_MAX are dropped, the same text is kept once. */
void diagnose_warning(struct diagnostics *diagnostics, const struct yaml_origin *origin,
                      const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An error line that is complete already, as yaml_parse() makes them. */
void diagnose_problem(struct diagnostics *diagnostics, const struct problem *problem);

/*
 * The outcome: 0 without errors; else -EINVAL or -ENOMEM, with problem holding as many whole lines as
 * fit, and errors (may be NULL) all of them.
 */
int diagnostics_conclude(struct diagnostics *diagnostics, struct buffer *errors,
                         struct problem *problem);

#endif
