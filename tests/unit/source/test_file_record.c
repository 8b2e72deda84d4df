/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/temporary_directory.h"
#include "base/error.h"

static struct file_record make(const char *path, uint32_t generation, uint64_t fingerprint,
                               size_t fingerprint_len, int64_t end, int64_t size)
{
    return (
        struct file_record){ strdup(path), generation, fingerprint, fingerprint_len, end, size };
}

static bool is_same(const struct file_record *a, const struct file_record *b)
{
    return strcmp(a->path, b->path) == 0 && a->generation == b->generation &&
           a->fingerprint == b->fingerprint && a->fingerprint_len == b->fingerprint_len &&
           a->end == b->end && a->size == b->size;
}

static struct file_record record_sample(size_t i)
{
    switch (i) {
    case 0:
        return make("in/a.ndjson", 1, UINT64_C(0x0123456789abcdef), FINGERPRINT_MAX, -1, -1);
    case 1:
        return make("", 1, 0, 0, 0, 0);
    case 2:
        return make("/srv/a name\nwith\nlines 1 2\n", 2, UINT64_MAX, 17, INT64_MAX, INT64_MAX);
    default:
        return make("\xc3\xa9\xff", UINT32_MAX, 1, 1, 4096, 5000);
    }
}

enum { SAMPLES = 4 };

static void test_records_read_back_as_they_were_written(void)
{
    AUTO_BUFFER state = { 0 };
    struct file_record records[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        records[i] = record_sample(i);
        CU_ASSERT_EQUAL(file_record_write(&records[i], &state), 0);
    }
    const char *at = state.data;
    struct file_record record;
    for (size_t i = 0; i < SAMPLES; i++) {
        CU_ASSERT_EQUAL_FATAL(file_record_read(&at, state.data + state.len, &record), 1);
        CU_ASSERT(is_same(&record, &records[i]));
        file_record_deinit(&record);
        file_record_deinit(&records[i]);
    }
    CU_ASSERT_PTR_EQUAL(at, state.data + state.len);
    CU_ASSERT_EQUAL(file_record_read(&at, state.data + state.len, &record), 0);
    CU_ASSERT_EQUAL(file_record_read(&at, at, &record), 0);
}

/*
 * Reads len bytes, of which a sanitizer sees the end. Nothing but -EBADMSG, or a record that writes
 * itself back as exactly these bytes, is right.
 */
static int read_exactly(const char *bytes, size_t len, struct file_record *ret_record)
{
    AUTO_FREE char *copy = malloc(len > 0 ? len : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, bytes, len);
    const char *at = copy;
    int r = file_record_read(&at, copy + len, ret_record);
    if (r == 1) {
        AUTO_BUFFER again = { 0 };
        CU_ASSERT_EQUAL(file_record_write(ret_record, &again), 0);
        CU_ASSERT_EQUAL(again.len, (size_t)(at - copy));
        CU_ASSERT(again.len <= len && memcmp(again.data, copy, again.len) == 0);
    } else {
        CU_ASSERT_PTR_EQUAL(at, copy);
    }
    return r;
}

static void test_every_changed_byte_shows(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        AUTO_BUFFER state = { 0 };
        struct file_record sample = record_sample(i);
        CU_ASSERT_EQUAL_FATAL(file_record_write(&sample, &state), 0);
        size_t n_damaged = 0;
        for (size_t at = 0; at < state.len; at++) {
            for (int change = 1; change < 256; change++) {
                struct file_record record;
                state.data[at] = (char)(state.data[at] ^ change);
                int r = read_exactly(state.data, state.len, &record);
                state.data[at] = (char)(state.data[at] ^ change);
                n_damaged += r == -EBADMSG;
                if (r == 1) {
                    CU_ASSERT(!is_same(&record, &sample));
                    file_record_deinit(&record);
                } else {
                    CU_ASSERT_EQUAL(r, -EBADMSG);
                }
            }
        }
        CU_ASSERT(n_damaged > state.len);
        file_record_deinit(&sample);
    }
}

static void test_every_cut_is_damage(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        AUTO_BUFFER state = { 0 };
        struct file_record sample = record_sample(i);
        CU_ASSERT_EQUAL_FATAL(file_record_write(&sample, &state), 0);
        struct file_record record;
        for (size_t len = 1; len < state.len; len++) {
            CU_ASSERT_EQUAL(read_exactly(state.data, len, &record), -EBADMSG);
        }
        file_record_deinit(&sample);
    }
}

static void test_what_no_record_writes_is_damage(void)
{
    static const char *const texts[] = {
        "\n",
        " ",
        "0123456789abcdef 3 -1 -1 1 99999999999999999999 a\n",
        "0123456789abcdef 3 -1 -1 1 18446744073709551615 a\n",
        "0123456789abcdef 257 -1 -1 1 1 a\n",
        "0123456789abcdef 3 -1 -1 4294967297 1 a\n",
        "0123456789abcdef 3 9223372036854775808 -1 1 1 a\n",
        "0123456789abcdef  3 -1 -1 1 1 a\n",
        "123456789abcdef 3 -1 -1 1 1 a\n",
        "0123456789ABCDEF 3 -1 -1 1 1 a\n",
        "0x23456789abcdef 3 -1 -1 1 1 a\n",
        "0123456789abcdef 03 -1 -1 1 1 a\n",
        "0123456789abcdef +3 -1 -1 1 1 a\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct file_record record;
        int r = read_exactly(texts[i], strlen(texts[i]), &record);
        CU_ASSERT_EQUAL(r, -EBADMSG);
        if (r == 1) {
            printf("\n    taken: %s", texts[i]);
            file_record_deinit(&record);
        }
    }
    struct file_record record;
    static const char with_nul[] = "0123456789abcdef 3 -1 -1 1 3 a\0b\n";
    CU_ASSERT_EQUAL(read_exactly(with_nul, sizeof(with_nul) - 1, &record), -EBADMSG);
}

static void test_names_tell_generations_apart(void)
{
    AUTO_BUFFER name = { 0 };
    struct file_record record = make("in/a", 1, 0, 0, -1, -1);
    CU_ASSERT_EQUAL(file_record_name(&record, &name), 0);
    CU_ASSERT_STRING_EQUAL(name.data, "in/a");
    buffer_clear(&name);
    record.generation = 2;
    CU_ASSERT_EQUAL(file_record_name(&record, &name), 0);
    CU_ASSERT_STRING_EQUAL(name.data, "in/a#2");
    file_record_deinit(&record);
}

static int open_file(const char *directory, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

static void test_a_fingerprint_holds_while_a_file_grows(void)
{
    char directory[256];
    char bytes[600];
    memset(bytes, 'x', sizeof(bytes));
    temporary_directory_make(directory);
    file_put(directory, "f", bytes, 10);
    AUTO_CLOSE int fd = open_file(directory, "f");
    struct file_record record = { 0 };
    CU_ASSERT_EQUAL(file_record_update(&record, fd), 0);
    CU_ASSERT_EQUAL(record.fingerprint_len, 10);
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 1);

    bytes[300] = 'y';
    file_put(directory, "f", bytes, sizeof(bytes));
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 1);
    CU_ASSERT_EQUAL(file_record_update(&record, fd), 0);
    CU_ASSERT_EQUAL(record.fingerprint_len, FINGERPRINT_MAX);
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 1);

    /* Not what lies behind, but each of its own bytes counts. */
    bytes[FINGERPRINT_MAX] = 'z';
    file_put(directory, "f", bytes, sizeof(bytes));
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 1);
    bytes[FINGERPRINT_MAX - 1] = 'z';
    file_put(directory, "f", bytes, sizeof(bytes));
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 0);
    bytes[FINGERPRINT_MAX - 1] = 'x';
    file_put(directory, "f", bytes, FINGERPRINT_MAX - 1);
    CU_ASSERT_EQUAL(file_record_matches(&record, fd), 0);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 0);
    temporary_directory_remove(directory);
}

static void test_a_descriptor_that_cannot_be_read_is_an_error(void)
{
    struct file_record record = { .fingerprint_len = 1 };
    CU_ASSERT_EQUAL(file_record_update(&record, -1), -EBADF);
    CU_ASSERT_EQUAL(file_record_matches(&record, -1), -EBADF);
}

static const struct test_case cases[] = {
    { "records read back as they were written", test_records_read_back_as_they_were_written },
    { "every changed byte shows", test_every_changed_byte_shows },
    { "every cut is damage", test_every_cut_is_damage },
    { "what no record writes is damage", test_what_no_record_writes_is_damage },
    { "names tell generations apart", test_names_tell_generations_apart },
    { "a fingerprint holds while a file grows", test_a_fingerprint_holds_while_a_file_grows },
    { "a descriptor that cannot be read is an error",
      test_a_descriptor_that_cannot_be_read_is_an_error },
};

CUNIT_MAIN("source/file_record", cases)
