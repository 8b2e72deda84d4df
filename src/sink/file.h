/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file sink: lines into numbered parts of a directory (part.h), each event once across crashes.
 *
 * How part and checkpoint keep together. A part is created only after a durable checkpoint has named
 * it, with length 0: freeze() closes a part that is full and names the next one; nothing is written
 * (SINK_PAUSED) until checkpointed() says that the name is stored. So a restart finds at most one part
 * that holds lines of which no checkpoint knows: the one that the checkpoint names as open. It is cut
 * to its recorded length. Later parts of ours do not exist, therefore nothing is ever deleted; what
 * has a later number is somebody else's, and is stepped over when the next part is named.
 *
 * Hence the writer checkpoints once before its first write, at a first start too.
 *
 * Thread: writer, after the start-up calls; one thread of its own compresses (compressor.h).
 */
#ifndef WEIR_SINK_FILE_H
#define WEIR_SINK_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/filesystem.h"
#include "sink/sink.h"

/* All pointers but filesystem and clock are only used during file_sink_open(). */
struct file_sink_options {
    /* The directory. */
    const char *uri;
    const char *stream_name;
    /* "job name/instance": who owns the parts (sink/owner.h). NULL: nobody is kept out. */
    const char *owner;
    /* NULL unless it was set; then it is part of the part's names. */
    const char *instance;
    /* A part is full at this many bytes, or this long after it was created; 0: never. */
    int64_t roll_bytes;
    int64_t roll_age_ns;
    /* Closed parts are compressed. */
    bool compress_zstd;
    const struct filesystem *filesystem;
    const struct clock *clock;
    /* What the checkpoint says, or NULL without one (a first start, or --fresh). */
    const struct sink_state *restored;
};

/*
 * Makes the directory at uri (not its parents) if it is missing, and checks that files can be made in
 * it: for the engine, before it makes a state directory inside. Returns 0, or -errno with problem
 * filled (exit code 78, path and reason).
 */
int file_sink_check(const char *uri, struct problem *problem);

/*
 * Appends the identity that such a sink has, before it is opened: opening cuts, and nothing may be cut
 * for a checkpoint of another sink. The directory must be there. Returns 0 or -errno.
 */
int file_sink_identity(const char *uri, const char *stream_name, const char *instance,
                       struct buffer *ret_identity);

/*
 * Opens the sink. With a restored state the open part is cut to its recorded length; without one
 * nothing that exists is touched, and numbering goes on behind the highest part. Returns 0, or -errno
 * with problem filled: exit code 78 for a directory that cannot be used; 65 for an open part that is
 * missing (unless recorded empty), shorter than recorded, or not ours any more; 74 when cutting fails;
 * 75 while another job writes the same parts, 78 when another one has since the checkpoint.
 */
int file_sink_open(const struct file_sink_options *options, struct sink **ret_sink,
                   struct problem *problem);

/* Bytes that were cut off the open part at start. sink is a file sink. */
int64_t file_sink_cut_bytes(const struct sink *sink);

#endif
