/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "engine/check_job.h"
#include "engine/streams.h"
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

/* Appends what was found of the streams to the summary. Returns 0 or -ENOMEM. */
static int summarise(const struct config *config, const struct job_streams *streams,
                     struct buffer *text)
{
    struct buffer lines[JOB_STREAM_ROLES] = { { 0 } };
    int r = 0;
    for (int role = 0; role < JOB_STREAM_ROLES && r == 0; role++) {
        r = job_stream_describe(streams, (enum job_stream_role)role, &lines[role]);
        if (r == 0 && buffer_text(&lines[role]) == NULL) {
            r = -ENOMEM;
        }
    }
    struct config_findings findings = {
        .partition_by = streams->partition_by,
        .source = lines[JOB_STREAM_SOURCE].data,
        .sink = lines[JOB_STREAM_SINK].data,
        .error_sink = lines[JOB_STREAM_ERROR_SINK].data,
    };
    if (r == 0) {
        r = config_summary(config, streams->is_resolved ? &findings : NULL, text);
    }
    for (int role = 0; role < JOB_STREAM_ROLES; role++) {
        buffer_deinit(&lines[role]);
    }
    return r;
}

static enum exit_code print(const struct check_arguments *arguments, const struct config *config,
                            const struct job_streams *streams)
{
    AUTO_BUFFER text = { 0 };
    int r =
        arguments->is_printing ? config_print(config, &text) : summarise(config, streams, &text);
    if (r < 0) {
        fprintf(stderr, "weir: out of memory\n");
        return EXIT_SOFTWARE;
    }
    bool is_written = fwrite(text.data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    return is_written ? EXIT_DONE : EXIT_IO;
}

/* What this version has not got, steps that are wrong, streams that cannot be found. Returns 0, or -errno. */
static int look_up(const struct check_arguments *arguments, const struct config *config,
                   const struct weir_app *app, struct job_streams *streams, struct problem *problem)
{
    const struct outside_options options = { .config = config,
                                             .clock = clock_system(),
                                             .wake_fd = -1 };
    int r = config_check_built(config, problem);
    bool is_needed = !arguments->is_printing || arguments->events_path != NULL;
    r = r == 0 && is_needed ? check_job(config, app, problem) : r;
    return r == 0 && is_needed ? job_streams_open(streams, &options, problem) : r;
}

/* What is known of the configuration is printed also where something is wrong with its streams. */
static enum exit_code check(const struct check_arguments *arguments, const struct config *config,
                            const struct weir_app *app, struct job_streams *streams)
{
    struct problem problem = { 0 };
    int r = look_up(arguments, config, app, streams, &problem);
    enum exit_code code = print(arguments, config, streams);
    if (code == EXIT_DONE && r < 0) {
        fprintf(stderr, "%s\n", problem.text);
        return problem.exit_code;
    }
    if (code == EXIT_DONE && arguments->events_path != NULL) {
        /* Which fields are dropped is printed. */
        log_setup(LOG_WARNING, LOG_LOGFMT);
        code = try_events(config, streams, app, arguments->events_path, stdout);
    }
    return code;
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
    struct job_streams streams = { 0 };
    code = check(&arguments, config, app, &streams);
    job_streams_close(&streams);
    return code;
}
