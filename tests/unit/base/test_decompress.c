/* SPDX-License-Identifier: Apache-2.0 */
/* Files as they are, of gzip members and of zstd frames: read whole, in pieces, cut short, from within. */
#include "base/decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../../support/cunit_main.h"
#include "../../support/random.h"
#include "base/buffer.h"
#include "base/error.h"

DEFINE_AUTO(decompress, decompress_free)

enum { TEXT_LEN = 300 * 1000 };

/* Lines that compress, to a size above that of the input buffer. */
static const char *text(void)
{
    static char bytes[TEXT_LEN];
    if (bytes[0] == '\0') {
        struct random random = { 3 };
        for (size_t i = 0; i < TEXT_LEN; i++) {
            bytes[i] = (char)(i % 40 == 39 ? '\n' : 'a' + random_below(&random, 16));
        }
    }
    return bytes;
}

static void add_gzip(struct buffer *buffer, const char *bytes, size_t len)
{
    z_stream stream = { 0 };
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(buffer, deflateBound(&stream, len)), 0);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)len;
    stream.next_out = (unsigned char *)buffer->data + buffer->len;
    stream.avail_out = (unsigned)(buffer->capacity - buffer->len);
    CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buffer->len += stream.total_out;
    deflateEnd(&stream);
}

static void add_zstd(struct buffer *buffer, const char *bytes, size_t len)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(buffer, ZSTD_compressBound(len)), 0);
    size_t n = ZSTD_compress2(context, buffer->data + buffer->len, buffer->capacity - buffer->len,
                              bytes, len);
    CU_ASSERT_FATAL(!ZSTD_isError(n));
    buffer->len += n;
    ZSTD_freeCCtx(context);
}

static void add_plain(struct buffer *buffer, const char *bytes, size_t len)
{
    CU_ASSERT_EQUAL_FATAL(buffer_append(buffer, bytes, len), 0);
}

typedef void (*add_function)(struct buffer *buffer, const char *bytes, size_t len);
static const add_function formats[] = { add_plain, add_gzip, add_zstd };
enum { PLAIN, GZIP, ZSTD, FORMATS };

/* A file in memory that holds bytes. */
static struct decompress *open_bytes(const void *bytes, size_t len)
{
    int fd = memfd_create("weir-test", MFD_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(write(fd, bytes, len), (ssize_t)len);
    CU_ASSERT_EQUAL_FATAL(lseek(fd, 0, SEEK_SET), 0);
    struct decompress *file = NULL;
    CU_ASSERT_EQUAL_FATAL(decompress_new(fd, &file), 0);
    return file;
}

/* Reads to the end, at most piece bytes at once. Returns 0 or the error. */
static int read_all(struct decompress *file, size_t piece, struct buffer *out)
{
    ssize_t n;
    do {
        CU_ASSERT_EQUAL_FATAL(buffer_reserve(out, piece), 0);
        n = decompress_read(file, out->data + out->len, piece);
        CU_ASSERT(n <= (ssize_t)piece);
        out->len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    return (int)n;
}

static bool holds(const struct buffer *out, const char *bytes, size_t len)
{
    return out->len == len && (len == 0 || memcmp(out->data, bytes, len) == 0);
}

static void test_any_format_reads_as_the_same_bytes(void)
{
    static const size_t pieces[] = { 1, 7, 4096, 1 << 20 };
    static const size_t lens[] = { 0, 1, 5, 1000, TEXT_LEN };
    for (int format = PLAIN; format < FORMATS; format++) {
        for (size_t l = 0; l < ARRAY_SIZE(lens); l++) {
            AUTO_BUFFER compressed = { 0 };
            formats[format](&compressed, text(), lens[l]);
            for (size_t p = 0; p < ARRAY_SIZE(pieces); p++) {
                AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
                AUTO_BUFFER out = { 0 };
                CU_ASSERT_EQUAL(read_all(file, pieces[p], &out), 0);
                CU_ASSERT(holds(&out, text(), lens[l]));
                CU_ASSERT_EQUAL(decompress_is_plain(file), format == PLAIN);
                CU_ASSERT_EQUAL(decompress_consumed(file), (int64_t)compressed.len);
                CU_ASSERT_FALSE(decompress_has_input(file));
            }
        }
    }
}

static void test_several_members_or_frames_are_one_text(void)
{
    for (int format = GZIP; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        for (size_t at = 0; at < TEXT_LEN; at += TEXT_LEN / 5) {
            formats[format](&compressed, text() + at, TEXT_LEN / 5);
            /* An empty one between. */
            formats[format](&compressed, "", 0);
        }
        AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
        AUTO_BUFFER out = { 0 };
        CU_ASSERT_EQUAL(read_all(file, 5000, &out), 0);
        CU_ASSERT(holds(&out, text(), TEXT_LEN));
    }
}

static void test_what_looks_compressed_at_second_sight_only_is_plain(void)
{
    static const char *const texts[] = { "\x1f", "\x1fx", "\x28\xb5\x2f", "\x28\xb5\x2fx", "(\n" };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(decompress) file = open_bytes(texts[i], strlen(texts[i]));
        AUTO_BUFFER out = { 0 };
        CU_ASSERT_EQUAL(read_all(file, 100, &out), 0);
        CU_ASSERT(holds(&out, texts[i], strlen(texts[i])));
        CU_ASSERT_TRUE(decompress_is_plain(file));
    }
}

/* What came before the cut is given out; where it ends between two members nothing is missing. */
static void test_every_cut_of_compressed_data_is_damage(void)
{
    enum { HALF = 300 };
    for (int format = GZIP; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        formats[format](&compressed, text(), HALF);
        size_t border = compressed.len;
        formats[format](&compressed, text() + HALF, HALF);
        /* Behind the first bytes, by which the format is known. */
        for (size_t len = format == GZIP ? 2 : 4; len < compressed.len; len++) {
            AUTO(decompress) file = open_bytes(compressed.data, len);
            AUTO_BUFFER out = { 0 };
            CU_ASSERT_EQUAL(read_all(file, 64, &out), len == border ? 0 : -EBADMSG);
            CU_ASSERT(out.len <= 2 * HALF && holds(&out, text(), out.len));
            CU_ASSERT(len < border || out.len >= HALF);
        }
    }
}

static void test_damage_is_found(void)
{
    for (int format = GZIP; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        formats[format](&compressed, text(), 2000);
        size_t n_found = 0;
        size_t n_tried = 0;
        for (size_t at = 4; at < compressed.len; at++) {
            compressed.data[at] = (char)(compressed.data[at] ^ 0x10);
            AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
            AUTO_BUFFER out = { 0 };
            int r = read_all(file, 512, &out);
            compressed.data[at] = (char)(compressed.data[at] ^ 0x10);
            /* Where it is not found (gzip's time and system) the text is right. */
            CU_ASSERT(r == -EBADMSG || (r == 0 && holds(&out, text(), 2000)));
            n_found += r == -EBADMSG;
            n_tried++;
        }
        CU_ASSERT(n_found + 12 > n_tried);
    }
}

static void test_bytes_behind_a_member_that_begin_none_are_damage(void)
{
    for (int format = GZIP; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        formats[format](&compressed, text(), 100);
        add_plain(&compressed, "{\"a\":1}\n{\"a\":2}\n", 16);
        AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
        AUTO_BUFFER out = { 0 };
        CU_ASSERT_EQUAL(read_all(file, 4096, &out), -EBADMSG);
        CU_ASSERT(holds(&out, text(), 100));
    }
}

static void test_a_window_above_the_limit_is_refused(void)
{
    /* A frame header that asks for a window of 2 GiB: magic, descriptor, exponent 21. */
    static const unsigned char header[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0, 0 };
    AUTO(decompress) file = open_bytes(header, sizeof(header));
    AUTO_BUFFER out = { 0 };
    CU_ASSERT_EQUAL(read_all(file, 100, &out), -EBADMSG);
}

static void test_reading_goes_on_from_any_offset(void)
{
    static const int64_t offsets[] = { 0, 1, 4095, 4096, 131071, 131072, 131073, 299999, TEXT_LEN };
    for (int format = PLAIN; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        formats[format](&compressed, text(), TEXT_LEN);
        for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
            AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
            AUTO_BUFFER out = { 0 };
            CU_ASSERT_EQUAL_FATAL(decompress_seek(file, offsets[i]), 0);
            CU_ASSERT_EQUAL(read_all(file, 10000, &out), 0);
            CU_ASSERT(holds(&out, text() + offsets[i], (size_t)(TEXT_LEN - offsets[i])));
            CU_ASSERT_EQUAL(decompress_consumed(file), (int64_t)compressed.len);
        }
        AUTO(decompress) file = open_bytes(compressed.data, compressed.len);
        CU_ASSERT_EQUAL(decompress_seek(file, TEXT_LEN + 1), -ENODATA);
    }
}

static void test_a_plain_file_that_has_grown_is_read_on(void)
{
    AUTO(decompress) file = open_bytes("", 0);
    AUTO_BUFFER out = { 0 };
    CU_ASSERT_EQUAL(read_all(file, 100, &out), 0);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(pwrite(decompress_fd(file), "{}\n", 3, 3 * i), 3);
        CU_ASSERT_EQUAL(read_all(file, 100, &out), 0);
        CU_ASSERT_EQUAL(decompress_consumed(file), 3 * (i + 1));
    }
    CU_ASSERT(holds(&out, "{}\n{}\n{}\n", 9));
}

struct drip {
    int fd;
    const char *bytes;
    size_t len;
};

/* One byte at a time. */
static void *drip_entry(void *argument)
{
    const struct drip *drip = argument;
    for (size_t i = 0; i < drip->len; i++) {
        if (write(drip->fd, drip->bytes + i, 1) != 1) {
            break;
        }
    }
    close(drip->fd);
    return NULL;
}

/* What a pipe brings first may be less than what tells the format. */
static void test_a_slow_pipe_reads_as_the_same_bytes(void)
{
    for (int format = PLAIN; format < FORMATS; format++) {
        AUTO_BUFFER compressed = { 0 };
        formats[format](&compressed, text(), 50);
        int ends[2];
        CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);
        struct drip drip = { ends[1], compressed.data, compressed.len };
        pthread_t thread;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, drip_entry, &drip), 0);
        AUTO(decompress) file = NULL;
        CU_ASSERT_EQUAL_FATAL(decompress_new(ends[0], &file), 0);
        AUTO_BUFFER out = { 0 };
        CU_ASSERT_EQUAL(decompress_seek(file, 3), 0);
        CU_ASSERT_EQUAL(read_all(file, 4096, &out), 0);
        CU_ASSERT(holds(&out, text() + 3, 47));
        pthread_join(thread, NULL);
    }
}

/* A line that is there is not held back because it might begin a member. */
static void test_a_pipe_is_not_waited_on_for_more_than_the_format_needs(void)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    AUTO(decompress) file = NULL;
    CU_ASSERT_EQUAL_FATAL(decompress_new(ends[0], &file), 0);
    CU_ASSERT_EQUAL_FATAL(write(ends[1], "1\n", 2), 2);
    char bytes[16];
    CU_ASSERT_EQUAL(decompress_read(file, bytes, sizeof(bytes)), 2);
    close(ends[1]);
    CU_ASSERT_EQUAL(decompress_read(file, bytes, sizeof(bytes)), 0);
}

static void test_a_descriptor_that_cannot_be_read_is_an_error(void)
{
    struct decompress *file = NULL;
    CU_ASSERT_EQUAL_FATAL(decompress_new(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &file), 0);
    char byte;
    CU_ASSERT_EQUAL(decompress_read(file, &byte, 1), -EISDIR);
    CU_ASSERT_EQUAL(decompress_seek(file, 1), -EISDIR);
    decompress_free(file);
}

static const struct test_case cases[] = {
    { "any format reads as the same bytes", test_any_format_reads_as_the_same_bytes },
    { "several members or frames are one text", test_several_members_or_frames_are_one_text },
    { "what looks compressed at second sight only is plain",
      test_what_looks_compressed_at_second_sight_only_is_plain },
    { "every cut of compressed data is damage", test_every_cut_of_compressed_data_is_damage },
    { "damage is found", test_damage_is_found },
    { "bytes behind a member that begin none are damage",
      test_bytes_behind_a_member_that_begin_none_are_damage },
    { "a window above the limit is refused", test_a_window_above_the_limit_is_refused },
    { "reading goes on from any offset", test_reading_goes_on_from_any_offset },
    { "a plain file that has grown is read on", test_a_plain_file_that_has_grown_is_read_on },
    { "a slow pipe reads as the same bytes", test_a_slow_pipe_reads_as_the_same_bytes },
    { "a pipe is not waited on for more than the format needs",
      test_a_pipe_is_not_waited_on_for_more_than_the_format_needs },
    { "a descriptor that cannot be read is an error",
      test_a_descriptor_that_cannot_be_read_is_an_error },
};

CUNIT_MAIN("base/decompress", cases)
