/* SPDX-License-Identifier: Apache-2.0 */
/* What file.c (writing) and file_open.c (start) share. */
#ifndef WEIR_SINK_FILE_PRIVATE_H
#define WEIR_SINK_FILE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/compressor.h"
#include "sink/file.h"
#include "sink/part.h"

struct file_part {
    /* -1: not created yet. */
    int fd;
    uint64_t number;
    /* Bytes of whole groups. */
    int64_t length;
    /* There may be bytes of a failed group behind length: to be cut before anything else. */
    bool is_torn;
    /* Written since the last sync. */
    bool is_dirty;
};

struct file_sink {
    struct sink sink;
    /* Fixed after start. */
    const struct filesystem *filesystem;
    const struct clock *clock;
    char *directory;
    char *stem;
    int64_t roll_bytes;
    int64_t roll_age_ns;
    int64_t cut_bytes;
    /* NULL: closed parts stay as they are. */
    struct compressor *compressor;
    /* Locked while the job runs; -1: no owner was given. */
    int owner_fd;
    /* Owned by the writer. */
    int dir_fd;
    struct file_part open;
    /* The part before, from the freeze that closed it until it is synced; fd -1: none. */
    struct file_part closing;
    /* A closed and synced part that no durable checkpoint names as closed yet; 0: none. */
    uint64_t closed_number;
    /* A durable checkpoint names the open part. */
    bool is_named;
    /* A part was created since the directory was synced. */
    bool is_directory_dirty;
    /* When the open part was created, on the monotonic clock. */
    int64_t opened_ns;
};

extern const struct sink_ops file_sink_ops;

#endif
