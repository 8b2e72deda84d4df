/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decompress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

enum {
    INPUT_SIZE = 128 * 1024,
    /* zlib: 15 bits of window, plus 16: gzip framing only. */
    GZIP_WINDOW = 15 + 16,
    ZSTD_WINDOW_LOG_MAX = 27,
};

enum format { FORMAT_PLAIN, FORMAT_GZIP, FORMAT_ZSTD };

struct decompress {
    int fd;
    enum format format;
    z_stream gzip;
    ZSTD_DStream *zstd;
    /* Compressed bytes not yet used, or the first bytes of a plain file. */
    unsigned char *input;
    size_t input_used;
    size_t input_len;
    bool is_input_ended;
    /* A member or frame has begun and not ended. */
    bool is_open;
    /* The first bytes have been looked at: format is known. */
    bool is_detected;
    int64_t consumed;
};

static ssize_t read_file(struct decompress *decompress, void *bytes, size_t len)
{
    ssize_t n;
    do {
        n = read(decompress->fd, bytes, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -errno;
    }
    decompress->consumed += n;
    return n;
}

/* Fills the input buffer. Returns 0 or -errno. */
static int fill(struct decompress *decompress)
{
    if (decompress->input_used < decompress->input_len || decompress->is_input_ended) {
        return 0;
    }
    ssize_t n = read_file(decompress, decompress->input, INPUT_SIZE);
    if (n < 0) {
        return (int)n;
    }
    decompress->input_used = 0;
    decompress->input_len = (size_t)n;
    decompress->is_input_ended = n == 0;
    return 0;
}

/* RFC 1952, RFC 8878. */
static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

static bool begins_with(const struct decompress *decompress, const unsigned char *magic, size_t len)
{
    return decompress->input_len >= len && memcmp(decompress->input, magic, len) == 0;
}

/* True when there is too little yet to tell. */
static bool may_begin_with(const struct decompress *decompress, const unsigned char *magic,
                           size_t len)
{
    return decompress->input_len < len &&
           memcmp(decompress->input, magic, decompress->input_len) == 0;
}

/* Reads the first bytes: as many as tell the format, because a pipe may bring them one by one. */
static int fill_start(struct decompress *decompress)
{
    int r = fill(decompress);
    while (r == 0 && !decompress->is_input_ended &&
           (may_begin_with(decompress, gzip_magic, sizeof(gzip_magic)) ||
            may_begin_with(decompress, zstd_magic, sizeof(zstd_magic)))) {
        ssize_t n = read_file(decompress, decompress->input + decompress->input_len,
                              INPUT_SIZE - decompress->input_len);
        r = n < 0 ? (int)n : 0;
        decompress->is_input_ended = n == 0;
        decompress->input_len += n > 0 ? (size_t)n : 0;
    }
    return r;
}

static int detect(struct decompress *decompress)
{
    if (decompress->is_detected) {
        return 0;
    }
    int r = fill_start(decompress);
    if (r < 0) {
        return r;
    }
    decompress->is_detected = true;
    if (begins_with(decompress, gzip_magic, sizeof(gzip_magic))) {
        if (inflateInit2(&decompress->gzip, GZIP_WINDOW) != Z_OK) {
            return -ENOMEM;
        }
        decompress->format = FORMAT_GZIP;
    }
    if (begins_with(decompress, zstd_magic, sizeof(zstd_magic))) {
        decompress->format = FORMAT_ZSTD;
        decompress->zstd = ZSTD_createDStream();
        if (decompress->zstd == NULL) {
            return -ENOMEM;
        }
        ZSTD_DCtx_setParameter(decompress->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return 0;
}

int decompress_new(int fd, struct decompress **ret_decompress)
{
    struct decompress *decompress = calloc(1, sizeof(*decompress));
    if (decompress == NULL) {
        close(fd);
        return -ENOMEM;
    }
    decompress->fd = fd;
    decompress->input = malloc(INPUT_SIZE);
    if (decompress->input == NULL) {
        decompress_free(decompress);
        return -ENOMEM;
    }
    *ret_decompress = decompress;
    return 0;
}

void decompress_free(struct decompress *decompress)
{
    if (decompress == NULL) {
        return;
    }
    if (decompress->format == FORMAT_GZIP) {
        inflateEnd(&decompress->gzip);
    }
    ZSTD_freeDStream(decompress->zstd);
    free(decompress->input);
    close_auto(&decompress->fd);
    free(decompress);
}

static ssize_t read_plain(struct decompress *decompress, void *bytes, size_t len)
{
    size_t left = decompress->input_len - decompress->input_used;
    if (left == 0) {
        /* What is read ahead is used up: straight into the caller's memory. */
        return read_file(decompress, bytes, len);
    }
    size_t n = left < len ? left : len;
    memcpy(bytes, decompress->input + decompress->input_used, n);
    decompress->input_used += n;
    return (ssize_t)n;
}

/* Each step turns input into output once; returns the bytes put out, or -errno. */
static ssize_t step_gzip(struct decompress *decompress, void *bytes, size_t len)
{
    z_stream *gzip = &decompress->gzip;
    gzip->next_in = decompress->input + decompress->input_used;
    gzip->avail_in = (unsigned)(decompress->input_len - decompress->input_used);
    gzip->next_out = bytes;
    gzip->avail_out = (unsigned)(len < (1U << 30) ? len : 1U << 30);
    unsigned room = gzip->avail_out;
    decompress->is_open = true;
    int result = inflate(gzip, Z_NO_FLUSH);
    decompress->input_used = decompress->input_len - gzip->avail_in;
    if (result == Z_STREAM_END) {
        decompress->is_open = false;
        result = inflateReset(gzip);
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
        return result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
    }
    return (ssize_t)(room - gzip->avail_out);
}

static ssize_t step_zstd(struct decompress *decompress, void *bytes, size_t len)
{
    ZSTD_inBuffer in = { decompress->input, decompress->input_len, decompress->input_used };
    ZSTD_outBuffer out = { bytes, len, 0 };
    size_t result = ZSTD_decompressStream(decompress->zstd, &out, &in);
    decompress->input_used = in.pos;
    if (ZSTD_isError(result)) {
        return -EBADMSG;
    }
    decompress->is_open = result != 0;
    return (ssize_t)out.pos;
}

ssize_t decompress_read(struct decompress *decompress, void *bytes, size_t len)
{
    int detected = detect(decompress);
    if (detected < 0) {
        return detected;
    }
    if (decompress->format == FORMAT_PLAIN) {
        return read_plain(decompress, bytes, len);
    }
    for (;;) {
        int r = fill(decompress);
        if (r < 0) {
            return r;
        }
        bool is_drained = decompress->input_used == decompress->input_len;
        if (is_drained && !decompress->is_open) {
            return 0;
        }
        ssize_t n = decompress->format == FORMAT_GZIP ? step_gzip(decompress, bytes, len)
                                                      : step_zstd(decompress, bytes, len);
        if (n != 0) {
            return n;
        }
        if (is_drained && decompress->is_input_ended) {
            return -EBADMSG;
        }
    }
}

static int discard(struct decompress *decompress, int64_t len)
{
    char *scratch = malloc(INPUT_SIZE);
    if (scratch == NULL) {
        return -ENOMEM;
    }
    int r = 0;
    while (r == 0 && len > 0) {
        size_t want = len < INPUT_SIZE ? (size_t)len : (size_t)INPUT_SIZE;
        ssize_t n = decompress_read(decompress, scratch, want);
        r = n < 0 ? (int)n : n == 0 ? -ENODATA : 0;
        len -= n;
    }
    free(scratch);
    return r;
}

int decompress_seek(struct decompress *decompress, int64_t offset)
{
    int detected = detect(decompress);
    if (detected < 0) {
        return detected;
    }
    if (decompress->format != FORMAT_PLAIN) {
        return discard(decompress, offset);
    }
    off_t end = lseek(decompress->fd, 0, SEEK_END);
    if (end < 0) {
        return discard(decompress, offset);
    }
    if (end < offset) {
        return -ENODATA;
    }
    decompress->input_used = decompress->input_len = 0;
    decompress->is_input_ended = false;
    decompress->consumed = offset;
    return lseek(decompress->fd, offset, SEEK_SET) < 0 ? -errno : 0;
}

bool decompress_has_input(const struct decompress *decompress)
{
    return decompress->input_used < decompress->input_len;
}

bool decompress_is_plain(const struct decompress *decompress)
{
    return decompress->format == FORMAT_PLAIN;
}

int decompress_fd(const struct decompress *decompress)
{
    return decompress->fd;
}

int64_t decompress_consumed(const struct decompress *decompress)
{
    return decompress->consumed;
}
