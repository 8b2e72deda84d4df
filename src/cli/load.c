/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include <errno.h>

#include "base/log.h"

extern char **environ;

int load_add_file(struct load_arguments *arguments, const char *path)
{
    if (arguments->n_files == ARGUMENTS_MAX) {
        return -E2BIG;
    }
    arguments->files[arguments->n_files++] = path;
    return 0;
}

int load_add_set(struct load_arguments *arguments, const char *text)
{
    if (arguments->n_sets == ARGUMENTS_MAX) {
        return -E2BIG;
    }
    arguments->sets[arguments->n_sets++] = text;
    return 0;
}

enum exit_code load_config(const struct load_arguments *arguments, const struct weir_app *app,
                           struct config **ret_config)
{
    AUTO_BUFFER errors = { 0 };
    struct config_load_options options = {
        .files = arguments->files,
        .n_files = arguments->n_files,
        .sets = arguments->sets,
        .n_sets = arguments->n_sets,
        .environ = environ,
        .job_name = app->name,
        .partition_by = app->partition_by,
        .has_application_sections = app->enrich != NULL,
        .errors = &errors,
    };
    struct problem problem = { 0 };
    if (config_load(&options, ret_config, &problem) < 0) {
        const char *text = errors.len > 0 ? buffer_text(&errors) : NULL;
        text = text == NULL ? problem.text : text;
        size_t len = strlen(text);
        fprintf(stderr, "%s%s%s", problem.exit_code == EXIT_USAGE ? "weir: " : "", text,
                len > 0 && text[len - 1] == '\n' ? "" : "\n");
        return problem.exit_code;
    }
    for (size_t i = 0; i < (*ret_config)->warnings.n_items; i++) {
        log_warning("configuration", LOG_TEXT("warning", (*ret_config)->warnings.items[i]));
    }
    return EXIT_DONE;
}
