/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: the only place that sees all rooms. It opens what the configuration names, connects the
 * threads, waits, and closes.
 */
#ifndef WEIR_ENGINE_ENGINE_H
#define WEIR_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "weir/app.h"

struct engine_options {
    const struct config *config;
    const struct weir_app *app;
    /* Begin anew: forget the checkpoint, delete no output. */
    bool is_fresh;
    /* Stop after so many events; 0: no limit. */
    uint64_t limit;
    /* Where the JSON report goes, or NULL. */
    const char *report_path;
    /* Show a live line on stderr. */
    bool has_status_line;
};

/*
 * Runs the job to its end: the source ends, the limit is reached, SIGINT or SIGTERM drains it, or it
 * cannot go on. Logs what happened, the accounting line last. Returns the exit code of the program.
 * Thread: main. Blocks: yes.
 */
enum exit_code engine_run(const struct engine_options *options);

#endif
