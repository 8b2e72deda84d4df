/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file source: NDJSON from a file, a directory (its files in byte order of their names), a glob (in
 * byte order), or standard input (`-`); gzip and zstd are read transparently.
 *
 * Each file is a partition, named by its path; the offset of an event is the decompressed byte at
 * which its line begins. Blank lines are no events, a CR before the newline is not part of the event,
 * a byte order mark at a file's start goes, the last line needs no newline. A line above
 * max_event_size becomes a faulty event, and reading goes on behind it.
 *
 * With follow the source waits for more at the end of the last file: a file that is replaced (another
 * inode under its name) is read to its end, then the new one from its start; one that was cut below
 * what was read begins anew. Each of these is a new partition, "PATH#2" and so on. What a checkpoint
 * remembers of a file is its path and a hash of its first bytes.
 */
#ifndef WEIR_SOURCE_FILE_H
#define WEIR_SOURCE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "source/source.h"

struct file_source_options {
    struct source_options common;
    /* A path, a glob, or "-". */
    const char *uri;
    bool follow;
    /* Events per second at most; 0: no limit. */
    int64_t max_rate;
};

/*
 * Returns 0, or -errno with problem filled (exit code 78: nothing there, or not readable). Thread: any,
 * before read.
 */
int file_source_open(const struct file_source_options *options, struct source **ret_source,
                     struct problem *problem);

#endif
