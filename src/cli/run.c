/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "engine/engine.h"

enum option_code {
    OPTION_CONFIG = 'c',
    OPTION_SET = 's',
    OPTION_REPORT = 256,
    OPTION_LIMIT,
    OPTION_FRESH,
    OPTION_LOG_FORMAT,
    OPTION_LOG_LEVEL,
};

struct run_arguments {
    struct load_arguments load;
    struct engine_options engine;
    enum log_level level;
    enum log_format format;
};

static int parse_limit(const char *text, uint64_t *ret_limit)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value == 0) {
        return -EINVAL;
    }
    *ret_limit = value;
    return 0;
}

/* Finds text among names; -EINVAL when it is not there. */
static int parse_choice(const char *text, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        if (strcmp(text, names[i]) == 0) {
            return (int)i;
        }
    }
    return -EINVAL;
}

static int parse_format(const char *text, enum log_format *ret_format)
{
    static const char *const names[] = { "logfmt", "json", "ecs" };
    int i = parse_choice(text, names, ARRAY_SIZE(names));
    if (i >= 0) {
        *ret_format = (enum log_format)i;
    }
    return i < 0 ? i : 0;
}

static int parse_level(const char *text, enum log_level *ret_level)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };
    int i = parse_choice(text, names, ARRAY_SIZE(names));
    if (i >= 0) {
        *ret_level = (enum log_level)i;
    }
    return i < 0 ? i : 0;
}

static int take_option(struct run_arguments *arguments, int code, const char *value)
{
    switch (code) {
    case OPTION_CONFIG:
        return load_add_file(&arguments->load, value);
    case OPTION_SET:
        return load_add_set(&arguments->load, value);
    case OPTION_REPORT:
        arguments->engine.report_path = value;
        return 0;
    case OPTION_LIMIT:
        return parse_limit(value, &arguments->engine.limit);
    case OPTION_FRESH:
        arguments->engine.is_fresh = true;
        return 0;
    case OPTION_LOG_FORMAT:
        return parse_format(value, &arguments->format);
    case OPTION_LOG_LEVEL:
        return parse_level(value, &arguments->level);
    default:
        return -ENOENT;
    }
}

static const char *option_name(const struct option *options, int code)
{
    while (options->name != NULL && options->val != code) {
        options++;
    }
    return options->name == NULL ? "" : options->name;
}

static enum exit_code parse(struct run_arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, OPTION_CONFIG },
        { "set", required_argument, NULL, OPTION_SET },
        { "report", required_argument, NULL, OPTION_REPORT },
        { "limit", required_argument, NULL, OPTION_LIMIT },
        { "fresh", no_argument, NULL, OPTION_FRESH },
        { "log-format", required_argument, NULL, OPTION_LOG_FORMAT },
        { "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
        { 0 },
    };
    opterr = 0;
    optind = 1;
    int code;
    while ((code = getopt_long(argc, argv, ":c:s:", options, NULL)) != -1) {
        int r = take_option(arguments, code, optarg);
        if (r == -ENOENT) {
            return usage_error("run", code == ':' ? "%s needs a value" : "unknown option %s",
                               argv[optind - 1]);
        }
        if (r < 0) {
            return usage_error("run", "--%s: \"%s\" is not what it takes",
                               option_name(options, code), optarg);
        }
    }
    if (optind < argc) {
        return usage_error("run", "unexpected argument %s", argv[optind]);
    }
    return arguments->load.n_files == 0 ? usage_error("run", "--config FILE is missing")
                                        : EXIT_DONE;
}

/*
 * What is large goes back to the system as soon as it is freed. Left to itself malloc(3) takes the first
 * large block that is freed for a sign to keep such blocks, in pieces, and the memory limit is about all of
 * it.
 */
static void bound_memory(void)
{
    enum { LARGE = 1024 * 1024, KEPT = 4 * 1024 * 1024 };
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

enum exit_code cli_run(const struct weir_app *app, int argc, char **argv)
{
    struct run_arguments arguments = { .level = LOG_INFO };
    enum exit_code code = parse(&arguments, argc, argv);
    if (code != EXIT_DONE) {
        return code;
    }
    bound_memory();
    log_setup(arguments.level, arguments.format);
    AUTO(config) config = NULL;
    code = load_config(&arguments.load, app, &config);
    if (code != EXIT_DONE) {
        return code;
    }
    struct problem problem = { 0 };
    if (config_check_built(config, &problem) < 0) {
        /* A line each, as every other mistake in a configuration. */
        fprintf(stderr, "%s\n", problem.text);
        return problem.exit_code;
    }
    arguments.engine.config = config;
    arguments.engine.app = app;
    arguments.engine.has_status_line = isatty(STDERR_FILENO) == 1;
    return engine_run(&arguments.engine);
}
