/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint as text. One statement a line, strings in double quotes (\", \\ and \xHH for control
 * bytes), numbers in decimal:
 *
 *     weir-checkpoint 1
 *     job "page_change"
 *     instance "0"
 *     source "file /srv/in"
 *     partition "in/a.ndjson" 4096
 *     done 5000 6000
 *     done 7000 7300
 *     state "base64"
 *     sink "sink" "file /srv/out page.sink" 3 1048576
 *     checksum xxh3 0123456789abcdef
 *
 * A partition line gives name and watermark; the done lines behind it are its ranges. The checksum is
 * over every byte before its line. The reader takes exactly what the writer writes, so that there is
 * no byte whose change goes unnoticed. Pure. (Writer: checkpoint_format.c; reader: checkpoint_read.c.)
 */
#ifndef WEIR_CHECKPOINT_CHECKPOINT_FORMAT_H
#define WEIR_CHECKPOINT_CHECKPOINT_FORMAT_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "checkpoint/store.h"

/* First line, and the beginning of the last. */
#define CHECKPOINT_VERSION_LINE  "weir-checkpoint 1\n"
#define CHECKPOINT_CHECKSUM_WORD "checksum xxh3 "

/* Appends the text. Returns 0 or -ENOMEM. */
int checkpoint_format_write(const struct checkpoint *checkpoint, struct buffer *buffer);

/*
 * Reads a text. Returns 0 and a checkpoint that the caller deinits; -EBADMSG with problem filled (exit
 * code 65: damaged, or of another version); or -ENOMEM with problem filled.
 */
int checkpoint_format_read(const char *text, size_t len, struct checkpoint *ret_checkpoint,
                           struct problem *problem);

#endif
