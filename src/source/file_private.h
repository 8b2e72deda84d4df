/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of the file source share: file.c opens, saves and restores; file_read.c reads.
 * Private to this room.
 */
#ifndef WEIR_SOURCE_FILE_PRIVATE_H
#define WEIR_SOURCE_FILE_PRIVATE_H

#include <stdatomic.h>

#include "base/decompress.h"
#include "base/thread.h"
#include "source/file.h"
#include "source/file_list.h"
#include "source/file_record.h"
#include "source/lines.h"
#include "source/pace.h"

struct file_source {
    struct source source;
    /* Fixed after start. */
    struct file_source_options options;
    bool is_stdin;
    struct wakeup interruption;
    atomic_bool is_interrupted;

    /* Owned by the source thread. */
    struct file_list list;
    /* The one in list that is opened next. */
    size_t next_path;
    /* The open file; NULL between files. */
    struct decompress *file;
    uint32_t partition;
    /* A read of it can block: a pipe or a terminal. Fixed after start. */
    bool can_block;
    /* Of what file->consumed counts, the part that bytes_done holds. */
    int64_t counted;
    /* Followed: another file has its name now; what is left of it is read first. */
    bool is_replaced;
    struct lines lines;
    struct pace pace;
    /* What went wrong behind events that were handed over first; its exit code is 0 when nothing did. */
    struct problem failure;
    int failure_error;

    /* Relaxed: for the progress bar. */
    _Atomic int64_t bytes_done;
    _Atomic int64_t bytes_total;

    /* The source thread changes records, the writer thread saves them. */
    struct mutex lock;
    /* Guarded by lock: by partition. */
    struct file_record *records;
    size_t n_records;
};

/*
 * Adds a partition and its record, which is taken over. state NULL: a new one from 0. Returns 0 or
 * -errno (the record is freed). Thread: source, or before it starts.
 */
int file_source_add(struct file_source *self, struct file_record *record,
                    const struct partition_state *state, uint32_t *ret_partition);

/* The newest partition of a path, or -1. Thread: source. */
int64_t file_source_find(struct file_source *self, const char *path);

/* struct source_ops.read */
int file_source_read(struct source *source, struct batch *batch, struct problem *problem);

#endif
