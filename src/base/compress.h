/* SPDX-License-Identifier: Apache-2.0 */
/* Writing compressed files: the door to libzstd for writers. */
#ifndef WEIR_BASE_COMPRESS_H
#define WEIR_BASE_COMPRESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/filesystem.h"

/* Outcome: stop became true; there is no new file. */
enum { COMPRESS_STOPPED = 1 };

struct compress_options {
    const struct filesystem *filesystem;
    /* Both names are in this directory. */
    int dir_fd;
    const char *from;
    const char *to;
    /* The new file's. */
    mode_t mode;
    /* zstd's level. */
    int level;
    /* Looked at every 128 KiB (relaxed: it carries nothing but itself); may be NULL. */
    const atomic_bool *stop;
};

/*
 * Makes `to`, a zstd frame (with content size and checksum) of `from`, which stays. Written to
 * "<to>.tmp", synced and renamed, the directory synced: a crash leaves no half file under `to`.
 * Returns 0, COMPRESS_STOPPED, or -errno. Thread: any. Blocks: for the disk and the CPU.
 */
int compress_zstd_file(const struct compress_options *options);

#endif
