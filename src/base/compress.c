/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

struct compression {
    const struct compress_options *options;
    ZSTD_CCtx *context;
    char *in;
    size_t in_size;
    char *out;
    size_t out_size;
    int from_fd;
    int to_fd;
};

static void compression_deinit(struct compression *compression)
{
    ZSTD_freeCCtx(compression->context);
    free(compression->in);
    free(compression->out);
    close_auto(&compression->from_fd);
    close_auto(&compression->to_fd);
}

/* Allocates, and opens `from`. */
static int compression_init(struct compression *compression, const struct compress_options *options)
{
    *compression = (struct compression){
        .options = options,
        .context = ZSTD_createCCtx(),
        .in_size = ZSTD_CStreamInSize(),
        .out_size = ZSTD_CStreamOutSize(),
        .from_fd = -1,
        .to_fd = -1,
    };
    compression->in = malloc(compression->in_size);
    compression->out = malloc(compression->out_size);
    if (compression->context == NULL || compression->in == NULL || compression->out == NULL) {
        return -ENOMEM;
    }
    compression->from_fd =
        openat(options->dir_fd, options->from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (compression->from_fd < 0 || fstat(compression->from_fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return -EINVAL;
    }
    size_t r =
        ZSTD_CCtx_setParameter(compression->context, ZSTD_c_compressionLevel, options->level);
    if (!ZSTD_isError(r)) {
        r = ZSTD_CCtx_setParameter(compression->context, ZSTD_c_checksumFlag, 1);
    }
    if (!ZSTD_isError(r)) {
        r = ZSTD_CCtx_setPledgedSrcSize(compression->context, (unsigned long long)status.st_size);
    }
    return ZSTD_isError(r) ? -EINVAL : 0;
}

/* Compresses one piece and writes what comes out; the last one ends the frame. */
static int compress_piece(struct compression *compression, size_t len, bool is_last)
{
    ZSTD_inBuffer in = { .src = compression->in, .size = len };
    ZSTD_EndDirective directive = is_last ? ZSTD_e_end : ZSTD_e_continue;
    for (;;) {
        ZSTD_outBuffer out = { .dst = compression->out, .size = compression->out_size };
        size_t left = ZSTD_compressStream2(compression->context, &out, &in, directive);
        if (ZSTD_isError(left)) {
            return -EIO;
        }
        int r = filesystem_write_all(compression->options->filesystem, compression->to_fd,
                                     compression->out, out.pos);
        if (r < 0) {
            return r;
        }
        if (is_last ? left == 0 : in.pos == in.size) {
            return 0;
        }
    }
}

static int compress_all(struct compression *compression)
{
    const atomic_bool *stop = compression->options->stop;
    for (;;) {
        if (stop != NULL && atomic_load_explicit(stop, memory_order_relaxed)) {
            return COMPRESS_STOPPED;
        }
        ssize_t n = read(compression->from_fd, compression->in, compression->in_size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        int r = compress_piece(compression, (size_t)n, n == 0);
        if (r < 0 || n == 0) {
            return r;
        }
    }
}

/* Makes the file `temporary` and syncs it. */
static int write_temporary(struct compression *compression, const char *temporary)
{
    const struct compress_options *options = compression->options;
    const struct filesystem *fs = options->filesystem;
    compression->to_fd = fs->open(fs, options->dir_fd, temporary,
                                  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, options->mode);
    if (compression->to_fd < 0) {
        return compression->to_fd;
    }
    int r = compress_all(compression);
    return r != 0 ? r : fs->sync(fs, compression->to_fd);
}

int compress_zstd_file(const struct compress_options *options)
{
    const struct filesystem *fs = options->filesystem;
    char temporary[NAME_MAX + 1];
    int n = snprintf(temporary, sizeof(temporary), "%s.tmp", options->to);
    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        return -ENAMETOOLONG;
    }
    struct compression compression;
    int r = compression_init(&compression, options);
    if (r == 0) {
        r = write_temporary(&compression, temporary);
        if (r == 0) {
            r = fs->rename(fs, options->dir_fd, temporary, options->to);
        }
        if (r != 0) {
            fs->unlink(fs, options->dir_fd, temporary);
        }
    }
    compression_deinit(&compression);
    return r != 0 ? r : fs->sync(fs, options->dir_fd);
}
