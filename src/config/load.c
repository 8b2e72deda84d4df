/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading, stage by stage (config/loading.h). A struct config owns one arena, in config_private: trees,
 * texts and arrays all die with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/loading.h"

static struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof(*config));
    struct config_private *private = calloc(1, sizeof(*private));
    if (config == NULL || private == NULL) {
        free(config);
        free(private);
        return NULL;
    }
    private->diagnostics.arena = &private->arena;
    config->private = private;
    config->application = &private->application;
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    diagnostics_deinit(&config->private->diagnostics);
    arena_deinit(&config->private->arena);
    free(config->private);
    free(config);
}

/* The root that files are laid over; what is missing is said of the first file. */
static struct yaml_node *make_root(const struct config_load_options *options, struct arena *arena)
{
    const char *source = options->n_files > 0 ? options->files[0] : "configuration";
    struct yaml_origin origin = { .source = arena_copy(arena, source, strlen(source)) };
    return origin.source != NULL ? yaml_node_new(arena, YAML_MAP, &origin) : NULL;
}

static void run_stages(struct loading *loading)
{
    normalise(loading);
    check(loading);
    fill(loading);
    finish(loading);
}

static int load(const struct config_load_options *options, struct config *config,
                struct problem *problem)
{
    struct config_private *private = config->private;
    size_t n_keys;
    config_keys(&n_keys);
    struct loading loading = { .options = options,
                               .arena = &private->arena,
                               .diagnostics = &private->diagnostics,
                               .root = make_root(options, &private->arena),
                               .config = config };
    loading.values = arena_alloc(loading.arena, n_keys * sizeof(*loading.values));
    if (loading.root == NULL || loading.values == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    for (size_t i = 0; i < n_keys; i++) {
        loading.values[i] = NULL;
    }
    private->root = loading.root;
    private->values = loading.values;
    private->application.root = loading.root;
    int r = overlay(&loading, problem);
    if (r < 0) {
        return r;
    }
    /* What could not be read at all would only be reported again as missing. */
    if (loading.diagnostics->n_errors == 0 && !loading.diagnostics->is_out_of_memory) {
        run_stages(&loading);
    }
    config->warnings = (struct config_list){ .items = private->diagnostics.warnings,
                                             .n_items = private->diagnostics.n_warnings };
    return diagnostics_conclude(loading.diagnostics, options->errors, problem);
}

int config_load(const struct config_load_options *options, struct config **ret_config,
                struct problem *problem)
{
    struct config *config = config_new();
    if (config == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    int r = load(options, config, problem);
    if (r < 0) {
        config_free(config);
        return r;
    }
    *ret_config = config;
    return 0;
}
