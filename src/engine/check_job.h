/* SPDX-License-Identifier: Apache-2.0 */
/* What `weir check` looks into beyond the configuration's keys: all that `run` compiles before it reads. */
#ifndef WEIR_ENGINE_CHECK_JOB_H
#define WEIR_ENGINE_CHECK_JOB_H

#include "base/error.h"
#include "config/config.h"
#include "weir/app.h"

/*
 * Compiles the steps (pointers, templates of URLs, values) and what requests need (headers and secrets from
 * files, certificates), and drops them again. Makes no request and writes nothing. Returns 0, or -errno
 * with problem filled as `run` would. Thread: main.
 */
int check_job(const struct config *config, const struct weir_app *app, struct problem *problem);

#endif
