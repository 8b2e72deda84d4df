/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stdout sink: lines to a descriptor. What went out cannot be called back, so a restart after a
 * crash may write lines again. Thread: writer.
 */
#ifndef WEIR_SINK_STDOUT_H
#define WEIR_SINK_STDOUT_H

#include "base/error.h"
#include "base/filesystem.h"
#include "sink/sink.h"

/*
 * Opens the sink on descriptor 1. Signals: SIGPIPE must be ignored; a reader that has gone is -EPIPE
 * with exit code 74. A full disk pauses where the descriptor is a regular file that can be cut back,
 * and is an error elsewhere. Returns 0, or -ENOMEM with problem filled.
 */
int stdout_sink_open(struct sink **ret_sink, struct problem *problem);

/* The same on another descriptor, which is lent. */
int stdout_sink_open_fd(int fd, const struct filesystem *filesystem, struct sink **ret_sink,
                        struct problem *problem);

#endif
