/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a file as it is, or decompressed: gzip (several members) and zstd (several frames) are told by
 * their first bytes. Memory is bounded: a zstd window above 128 MiB is refused. One owner.
 */
#ifndef WEIR_BASE_DECOMPRESS_H
#define WEIR_BASE_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct decompress;

/*
 * Takes fd over (closed by decompress_free(), or here on an error) and reads nothing yet. Returns 0 or
 * -ENOMEM.
 */
int decompress_new(int fd, struct decompress **ret_decompress);
void decompress_free(struct decompress *decompress);

/*
 * Reads up to len decompressed bytes. Returns their number, 0 at the end, -EBADMSG when the
 * compressed data is damaged or cut short, or -errno. Blocks: as read(2) does.
 */
ssize_t decompress_read(struct decompress *decompress, void *bytes, size_t len);

/*
 * Goes to a decompressed offset, from the start: seeks in a plain file, else reads and throws away.
 * Returns 0, -ENODATA when the data ends before it, or another -errno.
 */
int decompress_seek(struct decompress *decompress, int64_t offset);

/* True when bytes were read from the file and not given out yet: the next read may not block. */
bool decompress_has_input(const struct decompress *decompress);

/*
 * True when the bytes come as they are in the file, so that the file may grow. Known from the first
 * read on.
 */
bool decompress_is_plain(const struct decompress *decompress);

/* The descriptor, for poll(2) and fstat(2); lent. */
int decompress_fd(const struct decompress *decompress);

/* Bytes read from the file so far. */
int64_t decompress_consumed(const struct decompress *decompress);

#endif
