/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/checkpoint_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/checkpoint_sample.h"
#include "../../support/cunit_main.h"
#include "base/hash.h"

static void test_the_text_is_what_the_header_shows(void)
{
    struct checkpoint sample = checkpoint_sample(1048576);
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_write(&sample, &buffer), 0);
    static const char expected[] = "weir-checkpoint 1\n"
                                   "job \"page_change\"\n"
                                   "instance \"\"\n"
                                   "source \"file /srv/in \\x7f\"\n"
                                   "partition \"in/a \\\"quoted\\\" \\\\ name\\x0a.ndjson\" 4096\n"
                                   "done 5000 6000\n"
                                   "done 7000 7300\n"
                                   "done 9000 9223372036854775807\n"
                                   "partition \"eqiad.mediawiki.page_change.v1/0 \xc3\xa9\" -1\n"
                                   "state \"AAEgYnl0ZXMgb2YgdGhlIHNvdXJjZSD//g==\"\n"
                                   "sink \"sink\" \"file /srv/out page.sink\" 3 1048576\n"
                                   "sink \"error_sink\" \"file /srv/out page.error\" "
                                   "18446744073709551615 0\n"
                                   "checksum xxh3 ";
    CU_ASSERT_EQUAL_FATAL(buffer.len, sizeof(expected) - 1 + 17);
    CU_ASSERT_EQUAL(memcmp(buffer.data, expected, sizeof(expected) - 1), 0);
}

static void test_what_is_written_is_read_back(void)
{
    struct checkpoint sample = checkpoint_sample(77);
    AUTO_BUFFER buffer = { 0 };
    AUTO_BUFFER again = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_write(&sample, &buffer), 0);
    struct checkpoint read;
    struct problem problem = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_read(buffer.data, buffer.len, &read, &problem), 0);
    CU_ASSERT_STRING_EQUAL(read.ledger.partitions[0].name, sample.ledger.partitions[0].name);
    CU_ASSERT_EQUAL(read.ledger.n_ranges, 3);
    CU_ASSERT_EQUAL(read.ledger.partitions[1].watermark, -1);
    CU_ASSERT_EQUAL(read.source_state_len, sample.source_state_len);
    CU_ASSERT_EQUAL(memcmp(read.source_state, sample.source_state, read.source_state_len), 0);
    CU_ASSERT_EQUAL(read.sinks[0].length, 77);
    CU_ASSERT_EQUAL(read.sinks[1].part, UINT64_MAX);
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_write(&read, &again), 0);
    CU_ASSERT_EQUAL_FATAL(again.len, buffer.len);
    CU_ASSERT_EQUAL(memcmp(again.data, buffer.data, buffer.len), 0);
    checkpoint_deinit(&read);
}

static int read_copy(const char *text, size_t len, struct problem *problem)
{
    /* In memory of just that size, for the sanitizer to see a read beyond it. */
    char *copy = malloc(len > 0 ? len : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, text, len);
    struct checkpoint read;
    int r = checkpoint_format_read(copy, len, &read, problem);
    if (r == 0) {
        checkpoint_deinit(&read);
    }
    free(copy);
    return r;
}

static void test_every_flipped_byte_is_found(void)
{
    struct checkpoint sample = checkpoint_sample(1);
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_write(&sample, &buffer), 0);
    size_t n_missed = 0;
    for (size_t i = 0; i < buffer.len; i++) {
        for (int flip = 1; flip < 256; flip++) {
            buffer.data[i] = (char)(buffer.data[i] ^ flip);
            struct problem problem = { 0 };
            bool is_found = read_copy(buffer.data, buffer.len, &problem) == -EBADMSG &&
                            problem.exit_code == EXIT_DATA && problem.text[0] != '\0';
            n_missed += !is_found;
            buffer.data[i] = (char)(buffer.data[i] ^ flip);
        }
    }
    CU_ASSERT_EQUAL(n_missed, 0);
    CU_ASSERT_EQUAL(read_copy(buffer.data, buffer.len, NULL), 0);
}

static void test_every_cut_is_found(void)
{
    struct checkpoint sample = checkpoint_sample(1);
    AUTO_BUFFER buffer = { 0 };
    CU_ASSERT_EQUAL_FATAL(checkpoint_format_write(&sample, &buffer), 0);
    for (size_t len = 0; len < buffer.len; len++) {
        CU_ASSERT_EQUAL(read_copy(buffer.data, len, NULL), -EBADMSG);
    }
    CU_ASSERT_EQUAL(buffer_append_byte(&buffer, '\n'), 0);
    CU_ASSERT_EQUAL(read_copy(buffer.data, buffer.len, NULL), -EBADMSG);
}

/* Texts with a good checksum that the writer never writes. */
static void test_the_grammar_is_strict(void)
{
    static const char good[] = "weir-checkpoint 1\njob \"j\"\ninstance \"0\"\nsource \"s\"\n";
    static const struct {
        const char *version;
        const char *rest;
        int expected;
    } cases[] = {
        { good, "state \"\"\n", 0 },
        { good, "partition \"a\" 10\ndone 10 20\ndone 21 22\nstate \"\"\n", 0 },
        { good, "", -EBADMSG },
        { good, "state \"\"", -EBADMSG },
        { good, "state \"\"\n\n", -EBADMSG },
        { good, "state \"Q\"\n", -EBADMSG },
        { good, "state \"QR==\"\n", -EBADMSG },
        { good, "done 10 20\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" 10\ndone 9 20\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" 10\ndone 20 20\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" 10\ndone 12 20\ndone 19 30\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" 010\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" -0\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\" 9223372036854775808\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a\"  1\nstate \"\"\n", -EBADMSG },
        { good, "partition \"a 1\nstate \"\"\n", -EBADMSG },
        { good, "partition \"\\x41\" 1\nstate \"\"\n", -EBADMSG },
        { good, "partition \"\\n\" 1\nstate \"\"\n", -EBADMSG },
        { good, "state \"\"\nsink \"a\" \"b\" 1 18446744073709551616\n", -EBADMSG },
        { good,
          "state \"\"\nsink \"a\" \"b\" 1 1\nsink \"a\" \"b\" 1 1\nsink \"a\" \"b\" 1 1\n"
          "sink \"a\" \"b\" 1 1\nsink \"a\" \"b\" 1 1\n",
          -EBADMSG },
        { "weir-checkpoint 2\njob \"j\"\ninstance \"0\"\nsource \"s\"\n", "state \"\"\n",
          -EBADMSG },
        { "", "", -EBADMSG },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO_BUFFER text = { 0 };
        CU_ASSERT_EQUAL(buffer_printf(&text, "%s%s", cases[i].version, cases[i].rest), 0);
        uint64_t checksum = hash_bytes(text.data, text.len);
        CU_ASSERT_EQUAL(buffer_printf(&text, "checksum xxh3 %016" PRIx64 "\n", checksum), 0);
        int r = read_copy(text.data, text.len, NULL);
        if (r != cases[i].expected) {
            printf("case %zu: %d ", i, r);
        }
        CU_ASSERT_EQUAL(r, cases[i].expected);
    }
}

static const struct test_case cases[] = {
    { "the text is what the header shows", test_the_text_is_what_the_header_shows },
    { "what is written is read back", test_what_is_written_is_read_back },
    { "every flipped byte is found", test_every_flipped_byte_is_found },
    { "every cut is found", test_every_cut_is_found },
    { "the grammar is strict", test_the_grammar_is_strict },
};

CUNIT_MAIN("checkpoint/checkpoint_format", cases)
