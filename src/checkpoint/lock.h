/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory's lock: the file `lock`, locked for as long as the descriptor is open, with the
 * holder's pid and host in it for whoever comes second. The kernel gives the lock back when the process
 * dies, however it dies; what the file says matters only while it is locked.
 */
#ifndef WEIR_CHECKPOINT_LOCK_H
#define WEIR_CHECKPOINT_LOCK_H

#include "base/error.h"
#include "base/filesystem.h"

/*
 * Locks dir_fd (directory is its name, for messages). Returns a descriptor to be closed, or -errno with
 * problem filled: -EAGAIN and exit code 75 when another process has it. Blocks: no.
 */
int lock_take(const struct filesystem *filesystem, int dir_fd, const char *directory,
              struct problem *problem);

#endif
