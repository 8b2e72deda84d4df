/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "cli/command.h"
#include "cli/load.h"
#include "engine/try_events.h"

struct check_arguments {
    struct load_arguments load;
    const char *events_path;
    bool is_printing;
};

static enum exit_code parse(struct check_arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "set", required_argument, NULL, 's' },
        { "events", required_argument, NULL, 'e' },
        { "print-config", no_argument, NULL, 'p' },
        { 0 },
    };
    opterr = 0;
    optind = 1;
    int code;
    while ((code = getopt_long(argc, argv, ":c:s:", options, NULL)) != -1) {
        int r = 0;
        if (code == 'c') {
            r = load_add_file(&arguments->load, optarg);
        } else if (code == 's') {
            r = load_add_set(&arguments->load, optarg);
        } else if (code == 'e') {
            arguments->events_path = optarg;
        } else if (code == 'p') {
            arguments->is_printing = true;
        } else {
            return usage_error("check", code == ':' ? "%s needs a value" : "unknown option %s",
                               argv[optind - 1]);
        }
        if (r < 0) {
            return usage_error("check", "too many options");
        }
    }
    if (optind < argc) {
        return usage_error("check", "unexpected argument %s", argv[optind]);
    }
    return arguments->load.n_files == 0 ? usage_error("check", "--config FILE is missing")
                                        : EXIT_DONE;
}

static enum exit_code print(const struct check_arguments *arguments, const struct config *config)
{
    AUTO_BUFFER text = { 0 };
    int r = arguments->is_printing ? config_print(config, &text) : config_summary(config, NULL, &text);
    if (r < 0) {
        fprintf(stderr, "weir: out of memory\n");
        return EXIT_SOFTWARE;
    }
    bool is_written = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    return is_written ? EXIT_DONE : EXIT_IO;
}

enum exit_code cli_check(const struct weir_app *app, int argc, char **argv)
{
    struct check_arguments arguments = { 0 };
    enum exit_code code = parse(&arguments, argc, argv);
    if (code != EXIT_DONE) {
        return code;
    }
    AUTO(config) config = NULL;
    code = load_config(&arguments.load, app, &config);
    if (code != EXIT_DONE) {
        return code;
    }
    code = print(&arguments, config);
    struct problem problem = { 0 };
    if (code == EXIT_DONE && config_check_built(config, &problem) < 0) {
        fprintf(stderr, "%s\n", problem.text);
        return problem.exit_code;
    }
    if (code == EXIT_DONE && arguments.events_path != NULL) {
        code = try_events(config, app, arguments.events_path, stdout);
    }
    return code;
}
