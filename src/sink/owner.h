/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose the parts of a stream in a directory are: the file `.weir/<stem>.owner` names the job, and is
 * locked for as long as the job runs. Without it a second job on the same parts would be cut back by
 * the restart of the first, whose checkpoint knows nothing of the second's lines.
 */
#ifndef WEIR_SINK_OWNER_H
#define WEIR_SINK_OWNER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/filesystem.h"

/*
 * Takes the parts of stem in directory for job ("name/instance"). Returns a descriptor to be closed when
 * the job ends, or -errno with problem filled: exit code 75 while another job runs on them; 78 when
 * is_restored and another job has taken them since the checkpoint, or the file cannot be made.
 */
int owner_take(const struct filesystem *filesystem, const char *directory, const char *stem,
               const char *job, bool is_restored, struct problem *problem);

#endif
