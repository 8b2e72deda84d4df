/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compresses closed parts in the background: `<part>.ndjson` becomes `<part>.ndjson.zst`.
 *
 * Thread: one of its own ("compressor"), started with the first part; add and free belong to one other
 * thread. A part that cannot be compressed stays as it is and is logged; the next start tries again.
 */
#ifndef WEIR_SINK_COMPRESSOR_H
#define WEIR_SINK_COMPRESSOR_H

#include <stdint.h>

#include "base/filesystem.h"

struct compressor;

/*
 * dir_fd: the sink's directory, not kept. stem: as in part.h, copied. Returns 0 or -errno.
 */
int compressor_new(const struct filesystem *filesystem, int dir_fd, const char *stem,
                   struct compressor **ret_compressor);

/* Adds a closed part. Returns 0 or -errno. Blocks: no. */
int compressor_add(struct compressor *compressor, uint64_t number);

/*
 * Waits for the parts that were added, at most wait_ns; then stops in the midst of one (which stays as
 * it is), and frees.
 */
void compressor_free(struct compressor *compressor, int64_t wait_ns);

#endif
