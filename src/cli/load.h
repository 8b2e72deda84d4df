/* SPDX-License-Identifier: Apache-2.0 */
/* The options by which run and check find their configuration. */
#ifndef WEIR_CLI_LOAD_H
#define WEIR_CLI_LOAD_H

#include <stddef.h>

#include "base/error.h"
#include "config/config.h"
#include "weir/app.h"

enum { ARGUMENTS_MAX = 256 };

/* Filled while the options are read; the texts are lent from argv. */
struct load_arguments {
    const char *files[ARGUMENTS_MAX];
    size_t n_files;
    const char *sets[ARGUMENTS_MAX];
    size_t n_sets;
};

/* --config FILE and --set KEY=VALUE. Return 0, or -E2BIG. */
int load_add_file(struct load_arguments *arguments, const char *path);
int load_add_set(struct load_arguments *arguments, const char *text);

/*
 * Loads the configuration of app; prints errors to stderr and logs warnings. Returns EXIT_DONE with
 * *ret_config, or the exit code.
 */
enum exit_code load_config(const struct load_arguments *arguments, const struct weir_app *app,
                           struct config **ret_config);

#endif
