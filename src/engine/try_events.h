/* SPDX-License-Identifier: Apache-2.0 */
/* `weir check --events`: what would become of the events of a file, without writing anything. */
#ifndef WEIR_ENGINE_TRY_EVENTS_H
#define WEIR_ENGINE_TRY_EVENTS_H

#include <stdio.h>

#include "base/error.h"
#include "config/config.h"
#include "engine/streams.h"
#include "weir/app.h"

/*
 * Runs each line of the NDJSON file (at most 64 MiB) through parsing, the partition key, the steps, the
 * application's function, projection and validation, and prints a line for each event that would become an
 * error event, one for each field that would be dropped, then a summary. Returns EXIT_DONE when there is none, EXIT_MISMATCH when there is, else another exit code
 * with the reason on stderr. Thread: main.
 */
enum exit_code try_events(const struct config *config, const struct job_streams *streams,
                          const struct weir_app *app, const char *path, FILE *output);

#endif
