/* SPDX-License-Identifier: Apache-2.0 */
/* weir_main(): finds the command and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/command.h"
#include "cli/serve.h"
#include "config/config.h"
#include "weir/version.h"

#define CONFIG_OPTIONS                                                                        \
    "  --config FILE          a configuration file; several are merged, later over earlier\n" \
    "  --set KEY.PATH=VALUE   a value over those of the files; VALUE is YAML\n"

const struct command commands[] = {
    { "run", "run the job until its source ends or a signal drains it",
      "run --config FILE [--config FILE ...] [OPTION ...]\n\n" CONFIG_OPTIONS
      "  --report FILE          write the figures of the run as JSON\n"
      "  --limit N              stop after N events\n"
      "  --fresh                begin anew: forget the checkpoint, delete no output\n"
      "  --log-format FORMAT    logfmt (default), json or ecs\n"
      "  --log-level LEVEL      debug, info (default), warning or error\n",
      cli_run },
    { "check", "check a configuration, and events against it",
      "check --config FILE [--config FILE ...] [OPTION ...]\n\n" CONFIG_OPTIONS
      "  --events FILE          run the events of an NDJSON file through, write nothing\n"
      "  --print-config         print the effective configuration with each value's origin\n",
      cli_check },
    { "serve", "serve recorded events as the public event streams do",
      "serve FILE [OPTION ...]\n\n" SERVE_OPTIONS, cli_serve },
    { "new", "begin an application (comes with a later version)", NULL, NULL },
    { "test", "compare results with expected ones (comes with a later version)", NULL, NULL },
    { "replay", "feed an error stream back (comes with a later version)", NULL, NULL },
    { 0 },
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

enum exit_code usage_error(const char *command, const char *format, ...)
{
    fprintf(stderr, "weir: %s: ", command);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see weir help %s\n", command);
    return EXIT_USAGE;
}

static enum exit_code print_help(const struct weir_app *app)
{
    printf("usage: %s COMMAND [OPTION ...]\n\n", app->name);
    if (app->description != NULL) {
        printf("%s\n\n", app->description);
    }
    for (const struct command *command = commands; command->name != NULL; command++) {
        printf("  %-8s %s\n", command->name, command->summary);
    }
    printf("\n  %s help COMMAND shows its options, %s help config every key of a configuration.\n"
           "  Without a command, options mean `run`.\n",
           app->name, app->name);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}

static enum exit_code print_command_help(const struct weir_app *app, const struct command *command)
{
    if (command->usage == NULL) {
        printf("%s: %s\n", command->name, command->summary);
    } else {
        printf("usage: %s %s", app->name, command->usage);
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}

#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number

const char *weir_version(void)
{
    return TEXT(WEIR_VERSION_MAJOR) "." TEXT(WEIR_VERSION_MINOR) "." TEXT(WEIR_VERSION_PATCH);
}

static enum exit_code print_version(const struct weir_app *app)
{
    if (strcmp(app->name, "weir") == 0) {
        printf("weir %s\n", weir_version());
    } else {
        printf("%s (weir %s)\n", app->name, weir_version());
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}

/* Every key there is. */
static enum exit_code print_config_help(void)
{
    AUTO_BUFFER manual = { 0 };
    if (config_manual(&manual) < 0) {
        return EXIT_SOFTWARE;
    }
    fwrite(manual.data, 1, manual.len, stdout);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}

static enum exit_code help(const struct weir_app *app, int argc, char **argv)
{
    if (argc < 2) {
        return print_help(app);
    }
    if (strcmp(argv[1], "config") == 0) {
        return print_config_help();
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "%s: help: there is no command %s; see %s --help\n", app->name, argv[1],
                app->name);
        return EXIT_USAGE;
    }
    return print_command_help(app, command);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static enum exit_code run_command(const struct weir_app *app, int argc, char **argv)
{
    const struct command *command = command_find(argv[0]);
    if (command == NULL) {
        fprintf(stderr, "%s: there is no command %s; see %s --help\n", app->name, argv[0],
                app->name);
        return EXIT_USAGE;
    }
    if (asks_for_help(argc, argv)) {
        return print_command_help(app, command);
    }
    if (command->run == NULL) {
        fprintf(stderr, "%s: %s: comes with a later version\n", app->name, command->name);
        return EXIT_CONFIG;
    }
    return command->run(app, argc, argv);
}

/* Returns what is wrong with an application, or NULL. */
static const char *find_fault(const struct weir_app *app)
{
    if (app == NULL || app->size < sizeof(struct weir_app)) {
        return "weir_app.size is not that of this version";
    }
    if (app->name == NULL || app->name[0] == '\0') {
        return "weir_app.name is missing";
    }
    return NULL;
}

/*
 * Takes the places of standard descriptors that we were started without, so that no file of ours gets
 * them. Reading and writing there still fail, and say so; what goes to the log is lost.
 */
static int fill_standard_descriptors(void)
{
    static const int flags[] = { O_WRONLY, O_RDONLY, O_RDWR };
    for (int fd = 0; fd < (int)ARRAY_SIZE(flags); fd++) {
        /* The lowest that is free: this one, since those below are taken. */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0) {
            return -errno;
        }
    }
    return 0;
}

int weir_main(int argc, char **argv, const struct weir_app *app)
{
    int r = fill_standard_descriptors();
    if (r < 0) {
        fprintf(stderr, "weir: cannot open /dev/null: %s\n", strerror(-r));
        return EXIT_IO;
    }
    const char *fault = find_fault(app);
    if (fault != NULL) {
        fprintf(stderr, "weir: %s\n", fault);
        return EXIT_SOFTWARE;
    }
    if (argc < 2) {
        fprintf(stderr, "%s: a command is missing; see %s --help\n", app->name, app->name);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return print_help(app);
    }
    if (strcmp(argv[1], "--version") == 0) {
        return print_version(app);
    }
    if (strcmp(argv[1], "help") == 0) {
        return help(app, argc - 1, argv + 1);
    }
    if (argv[1][0] == '-') {
        /* The tutorial's form: PROGRAM --config FILE. */
        return cli_run(app, argc, argv);
    }
    return run_command(app, argc - 1, argv + 1);
}
