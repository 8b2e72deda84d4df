/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies, plain and gzip, to a consumer that takes what it likes. */
#include "http/http_body.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "../../support/cunit_main.h"

/* Takes at most `most` bytes a call, nothing at every `refuse`-th call. */
struct consumer {
    struct buffer taken;
    size_t most;
    unsigned refuse;
    unsigned n_calls;
};

static size_t take(void *context, const char *bytes, size_t len)
{
    struct consumer *consumer = context;
    if (consumer->refuse > 0 && ++consumer->n_calls % consumer->refuse == 0) {
        return 0;
    }
    size_t n = len < consumer->most ? len : consumer->most;
    buffer_append(&consumer->taken, bytes, n);
    return n;
}

/* Text that compresses well, in part. */
static void make_text(struct buffer *text, size_t len)
{
    unsigned state = 7;
    for (size_t i = 0; i < len; i++) {
        state = state * 1103515245u + 12345u;
        buffer_append_byte(text, i / 1000 % 2 == 0 ? 'a' : (char)(state >> 16));
    }
}

static void compress_to(struct buffer *out, const struct buffer *text)
{
    z_stream stream = { 0 };
    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                          Z_OK);
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(out, deflateBound(&stream, text->len)), 0);
    stream.next_in = (Bytef *)text->data;
    stream.avail_in = (uInt)text->len;
    stream.next_out = (Bytef *)out->data + out->len;
    stream.avail_out = (uInt)(out->capacity - out->len);
    CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = out->capacity - stream.avail_out;
    deflateEnd(&stream);
}

/* Sends bytes in pieces; what is left over is offered again until it is all gone. */
static int send_all(struct http_body *body, const struct buffer *bytes, size_t step)
{
    for (size_t at = 0; at < bytes->len; at += step) {
        size_t len = bytes->len - at < step ? bytes->len - at : step;
        int r = http_body_receive(body, bytes->data + at, len);
        for (int i = 0; r == 0 && http_body_is_holding(body); i++) {
            CU_ASSERT_TRUE_FATAL(i < 10000000);
            r = http_body_resume(body);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static void check(const struct buffer *sent, const struct buffer *expected, bool is_gzip)
{
    static const struct {
        size_t step;
        size_t most;
        unsigned refuse;
    } ways[] = {
        { SIZE_MAX, SIZE_MAX, 0 }, { 1, SIZE_MAX, 0 },  { 7, 3, 0 },
        { 4096, 1000, 3 },         { 65536, 70000, 2 }, { SIZE_MAX, 13, 5 },
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct consumer consumer = { .most = ways[i].most, .refuse = ways[i].refuse };
        struct http_body body = { .take = take, .context = &consumer };
        http_body_reset(&body);
        CU_ASSERT_EQUAL(is_gzip ? http_body_expect_gzip(&body) : 0, 0);
        size_t step = ways[i].step < sent->len ? ways[i].step : sent->len;
        CU_ASSERT_EQUAL(send_all(&body, sent, step), 0);
        CU_ASSERT_EQUAL(consumer.taken.len, expected->len);
        CU_ASSERT_TRUE(consumer.taken.len == expected->len &&
                       memcmp(consumer.taken.data, expected->data, expected->len) == 0);
        CU_ASSERT_EQUAL(body.n_taken, expected->len);
        /* What waits is one piece that was received. */
        CU_ASSERT_TRUE(body.held.capacity <= 2 * step + 256);
        http_body_deinit(&body);
        buffer_deinit(&consumer.taken);
    }
}

static void test_plain(void)
{
    AUTO_BUFFER text = { 0 };
    make_text(&text, 100000);
    check(&text, &text, false);
}

static void test_gzip(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER sent = { 0 };
    make_text(&text, 300000);
    compress_to(&sent, &text);
    check(&sent, &text, true);
}

/* Members one behind the other are one body (RFC 1952). */
static void test_gzip_members(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER sent = { 0 };
    AUTO_BUFFER twice = { 0 };
    make_text(&text, 5000);
    compress_to(&sent, &text);
    compress_to(&sent, &text);
    buffer_append(&twice, text.data, text.len);
    buffer_append(&twice, text.data, text.len);
    check(&sent, &twice, true);
}

static void test_damaged_gzip(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER sent = { 0 };
    make_text(&text, 5000);
    compress_to(&sent, &text);
    static const size_t places[] = { 0, 1, 2, 40, 200 };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct consumer consumer = { .most = SIZE_MAX };
        struct http_body body = { .take = take, .context = &consumer };
        CU_ASSERT_EQUAL(http_body_expect_gzip(&body), 0);
        sent.data[places[i]] ^= 0x55;
        CU_ASSERT_EQUAL(send_all(&body, &sent, sent.len), -EBADMSG);
        CU_ASSERT_FALSE(http_body_is_holding(&body));
        sent.data[places[i]] ^= 0x55;
        http_body_deinit(&body);
        buffer_deinit(&consumer.taken);
    }
}

/* 64 MiB of zeros from 64 KiB: while nobody takes them they are not inflated. */
static void test_bomb(void)
{
    AUTO_BUFFER text = { 0 };
    AUTO_BUFFER sent = { 0 };
    CU_ASSERT_EQUAL_FATAL(buffer_reserve(&text, 64 << 20), 0);
    text.len = 64 << 20;
    memset(text.data, 0, text.len);
    compress_to(&sent, &text);
    struct consumer consumer = { .most = 100 };
    struct http_body body = { .take = take, .context = &consumer };
    CU_ASSERT_EQUAL(http_body_expect_gzip(&body), 0);
    CU_ASSERT_EQUAL(http_body_receive(&body, sent.data, sent.len), 0);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_TRUE(http_body_is_holding(&body));
        CU_ASSERT_EQUAL(http_body_resume(&body), 0);
    }
    CU_ASSERT_TRUE(body.window_len <= 65536);
    CU_ASSERT_TRUE(body.held.capacity <= 2 * sent.len + 256);
    CU_ASSERT_TRUE(consumer.taken.len >= 1000 * 100 && consumer.taken.len <= 1010 * 100);
    http_body_deinit(&body);
    buffer_deinit(&consumer.taken);
}

static const struct test_case cases[] = {
    { "a plain body", test_plain },
    { "a gzip body", test_gzip },
    { "gzip members in a row", test_gzip_members },
    { "damaged gzip", test_damaged_gzip },
    { "a gzip bomb stays small", test_bomb },
};

CUNIT_MAIN("http/http_body", cases)
