/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's filesystem calls with a script before them: stop like a crash at the n-th call, run
 * out of room after so many bytes, fail a kind of call. Zero-initialise, scripted_fs_init(), then set
 * what is to happen.
 */
#ifndef WEIR_TESTS_SCRIPTED_FS_H
#define WEIR_TESTS_SCRIPTED_FS_H

#include "base/filesystem.h"

enum fs_call {
    FS_OPEN,
    FS_WRITE,
    FS_TRUNCATE,
    FS_DATASYNC,
    FS_SYNC,
    FS_RENAME,
    FS_UNLINK,
    FS_CALLS,
};

struct scripted_fs {
    struct filesystem fs;
    /* Calls so far, in all and by kind. */
    int n_calls;
    int counts[FS_CALLS];
    /* From this call on (1 is the first; 0 never) nothing happens any more and -EIO comes back; of a
     * write that is hit, half is still written. */
    int crash_at;
    /* The next calls of this kind fail with errors[kind] (positive errno), failing[kind] times;
     * -1: always. */
    int errors[FS_CALLS];
    int failing[FS_CALLS];
    /* Bytes that can still be written (-1: no limit); a write beyond is cut short, the next one fails
     * with no_room_error. */
    int64_t room;
    int no_room_error;
    /* No write takes more than this many bytes (0: no limit). */
    size_t longest_write;
};

void scripted_fs_init(struct scripted_fs *scripted);

/* The next n calls of that kind fail with errno_value. */
void scripted_fs_fail(struct scripted_fs *scripted, enum fs_call call, int n, int errno_value);

#endif
