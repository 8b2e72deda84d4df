/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of job_open() that touch the outside: state directory, sinks, source. */
#ifndef WEIR_ENGINE_CONNECT_H
#define WEIR_ENGINE_CONNECT_H

#include "engine/job.h"

/* Each returns 0, or -errno with problem filled. Thread: main. */

/* Opens and locks the state directory and reads the checkpoint (or forgets it, with --fresh). */
int connect_state(struct job *job, struct problem *problem);

/* Opens the sinks, each in the state that the checkpoint recorded. */
int connect_sinks(struct job *job, struct problem *problem);

/* Opens the source and lets it go on from the checkpoint. */
int connect_source(struct job *job, struct problem *problem);

/* Logs what was opened, and what cannot be promised. */
void connect_announce(const struct job *job);

/* The name under which a checkpoint keeps a lane's sink. */
const char *connect_role(enum result_lane lane);

#endif
