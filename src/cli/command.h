/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands. Each takes what stands behind the program's name, its own name first, and returns the
 * exit code. Text for people goes to stdout, what went wrong to stderr.
 */
#ifndef WEIR_CLI_COMMAND_H
#define WEIR_CLI_COMMAND_H

#include "base/error.h"
#include "weir/app.h"

struct command {
    const char *name;
    /* One line for the list of commands. */
    const char *summary;
    /* The text of --help, without the program's name on its first line. */
    const char *usage;
    /* NULL: comes with a later version. */
    enum exit_code (*run)(const struct weir_app *app, int argc, char **argv);
};

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* All of them, closed by a NULL name. */
extern const struct command commands[];

/* "weir: run: MESSAGE" and where to read on, on stderr; returns EXIT_USAGE. */
enum exit_code usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum exit_code cli_run(const struct weir_app *app, int argc, char **argv);
enum exit_code cli_check(const struct weir_app *app, int argc, char **argv);
enum exit_code cli_serve(const struct weir_app *app, int argc, char **argv);

#endif
