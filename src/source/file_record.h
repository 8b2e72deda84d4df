/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a checkpoint remembers of a file, beside the partition's state: that it is the same file (a hash
 * of its first bytes), and whether it was read to its end.
 */
#ifndef WEIR_SOURCE_FILE_RECORD_H
#define WEIR_SOURCE_FILE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Bytes of the file (as they are on disk) that its fingerprint covers. */
enum { FINGERPRINT_MAX = 256 };

struct file_record {
    /* Owned. */
    char *path;
    /* 1, and one more each time another file is read under the same path. */
    uint32_t generation;
    /* XXH3 of the first fingerprint_len bytes. */
    uint64_t fingerprint;
    size_t fingerprint_len;
    /* Where the last event ends (decompressed) and the file's size then, or -1: not read to the end. */
    int64_t end;
    int64_t size;
};

/* Frees what the record owns. */
void file_record_deinit(struct file_record *record);

/*
 * Takes the fingerprint anew if the file has grown and it does not cover FINGERPRINT_MAX bytes yet.
 * Returns 0 or -errno.
 */
int file_record_update(struct file_record *record, int fd);

/* Whether the file begins with what the record remembers. Returns 1, 0, or -errno. */
int file_record_matches(const struct file_record *record, int fd);

/* The partition's name: "PATH", or "PATH#2" and so on. Appends it and a NUL. Returns 0 or -ENOMEM. */
int file_record_name(const struct file_record *record, struct buffer *name);

/* Appends the record as text. Returns 0 or -ENOMEM. */
int file_record_write(const struct file_record *record, struct buffer *state);

/*
 * Reads one record and steps *state over it. Returns 1, 0 at the end, -EBADMSG when it is no record, or
 * -ENOMEM.
 */
int file_record_read(const char **state, const char *end, struct file_record *ret_record);

#endif
