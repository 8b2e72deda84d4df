/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"

void file_record_deinit(struct file_record *record)
{
    free(record->path);
    *record = (struct file_record){ 0 };
}

/* Up to len bytes from the start, without moving the file's offset. */
static ssize_t read_start(int fd, void *bytes, size_t len)
{
    ssize_t n;
    do {
        n = pread(fd, bytes, len, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

int file_record_update(struct file_record *record, int fd)
{
    if (record->fingerprint_len == FINGERPRINT_MAX) {
        return 0;
    }
    char start[FINGERPRINT_MAX];
    ssize_t n = read_start(fd, start, sizeof(start));
    if (n < 0) {
        return (int)n;
    }
    record->fingerprint_len = (size_t)n;
    record->fingerprint = hash_bytes(start, (size_t)n);
    return 0;
}

int file_record_matches(const struct file_record *record, int fd)
{
    char start[FINGERPRINT_MAX];
    ssize_t n = read_start(fd, start, record->fingerprint_len);
    if (n < 0) {
        return (int)n;
    }
    return (size_t)n == record->fingerprint_len &&
           hash_bytes(start, (size_t)n) == record->fingerprint;
}

int file_record_name(const struct file_record *record, struct buffer *name)
{
    int r = record->generation == 1
                ? buffer_append_text(name, record->path)
                : buffer_printf(name, "%s#%" PRIu32, record->path, record->generation);
    return r == 0 ? buffer_append_byte(name, '\0') : r;
}

int file_record_write(const struct file_record *record, struct buffer *state)
{
    return buffer_printf(state, "%016" PRIx64 " %zu %" PRId64 " %" PRId64 " %" PRIu32 " %zu %s\n",
                         record->fingerprint, record->fingerprint_len, record->end, record->size,
                         record->generation, strlen(record->path), record->path);
}

/* The number at *at, which a space follows; steps over both. Its spelling is checked at the end. */
static bool read_number(const char **at, const char *end, int base, uint64_t *ret_value)
{
    char digits[24];
    const char *space = memchr(*at, ' ', (size_t)(end - *at));
    size_t len = space == NULL ? 0 : (size_t)(space - *at);
    if (len == 0 || len >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, *at, len);
    digits[len] = '\0';
    char *stop;
    *ret_value = strtoull(digits, &stop, base);
    *at = space + 1;
    return *stop == '\0';
}

static char *copy_path(const char *bytes, size_t len)
{
    char *path = malloc(len + 1);
    if (path != NULL) {
        memcpy(path, bytes, len);
        path[len] = '\0';
    }
    return path;
}

/* Whether [text, end) is what the record is written as: no byte of it may change unnoticed. */
static int check_spelling(const struct file_record *record, const char *text, const char *end)
{
    AUTO_BUFFER written = { 0 };
    int r = file_record_write(record, &written);
    if (r < 0) {
        return r;
    }
    size_t len = (size_t)(end - text);
    return written.len == len && memcmp(written.data, text, len) == 0 ? 0 : -EBADMSG;
}

int file_record_read(const char **state, const char *end, struct file_record *ret_record)
{
    if (*state == end) {
        return 0;
    }
    const char *at = *state;
    uint64_t numbers[6];
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (!read_number(&at, end, i == 0 ? 16 : 10, &numbers[i])) {
            return -EBADMSG;
        }
    }
    size_t path_len = (size_t)numbers[5];
    if (numbers[1] > FINGERPRINT_MAX || path_len >= (size_t)(end - at) || at[path_len] != '\n') {
        return -EBADMSG;
    }
    struct file_record record = {
        .path = copy_path(at, path_len),
        .generation = (uint32_t)numbers[4],
        .fingerprint = numbers[0],
        .fingerprint_len = (size_t)numbers[1],
        .end = (int64_t)numbers[2],
        .size = (int64_t)numbers[3],
    };
    at += path_len + 1;
    int r = record.path == NULL ? -ENOMEM : check_spelling(&record, *state, at);
    if (r < 0) {
        file_record_deinit(&record);
        return r;
    }
    *ret_record = record;
    *state = at;
    return 1;
}
