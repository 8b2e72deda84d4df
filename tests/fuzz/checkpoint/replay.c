/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds the fuzz target without a fuzzer, with the same inputs at every run:
 *
 *     fuzz_checkpoint CORPUS N    every file of CORPUS as it is, then N mutations of each
 *     fuzz_checkpoint FILE        one input
 *
 * The input that makes the target abort is written to $TMPDIR or /tmp.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../../support/random.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/filesystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The input under way, for the handler of SIGABRT. */
static struct buffer current;
static char crash_path[256];

static const char *const words[] = {
    "weir-checkpoint 1\n",
    "job ",
    "instance ",
    "source ",
    "partition \"p\" 1\n",
    "partition ",
    "done 5 6\n",
    "done ",
    "state \"\"\n",
    "state ",
    "sink \"sink\" \"file /o\" 1 2\n",
    "checksum xxh3 ",
    "\"",
    "\\\"",
    "\\\\",
    "\\x0a",
    "\\x41",
    "\\",
    " ",
    "\n",
    "0",
    "-1",
    "-",
    "+1",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "0123456789abcdef",
    "=",
    "==",
    "\xff",
};

/* Async-signal-safe: the buffer does not grow while the target runs. */
static void on_abort(int number)
{
    (void)number;
    int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, current.data, current.len) >= 0 &&
                      write(STDERR_FILENO, crash_path, strlen(crash_path)) > 0 &&
                      write(STDERR_FILENO, "\n", 1) > 0;
    _exit(is_written ? 1 : 2);
}

static void feed(void)
{
    /* Of exactly its length, so that a sanitizer sees a read beyond. */
    uint8_t *exact = malloc(current.len > 0 ? current.len : 1);
    require(exact != NULL);
    if (current.len > 0) {
        memcpy(exact, current.data, current.len);
    }
    LLVMFuzzerTestOneInput(exact, current.len);
    free(exact);
}

/* Replaces `removed` bytes at offset. */
static void replace(size_t offset, size_t removed, const char *bytes, size_t len)
{
    AUTO_BUFFER tail = { 0 };
    size_t behind = offset + removed;
    require(buffer_append(&tail, current.data + behind, current.len - behind) == 0);
    current.len = offset;
    require(buffer_append(&current, bytes, len) == 0);
    require(buffer_append(&current, tail.data, tail.len) == 0);
}

static void mutate(struct random *random)
{
    size_t offset = random_below(random, current.len + 1);
    size_t left = current.len - offset;
    size_t len = random_below(random, (left < 30 ? left : 30) + 1);
    const char *word = words[random_below(random, ARRAY_SIZE(words))];
    char byte = (char)random_next(random);
    switch (random_below(random, 5)) {
    case 0:
        replace(offset, 0, word, strlen(word));
        break;
    case 1:
        replace(offset, len, word, strlen(word));
        break;
    case 2:
        replace(offset, len, "", 0);
        break;
    case 3:
        replace(offset, left > 0, &byte, 1);
        break;
    default: {
        /* The same again. */
        char again[32];
        memcpy(again, current.data + offset, len);
        replace(offset, 0, again, len);
        break;
    }
    }
}

static size_t replay_file(const char *path, struct random *random, long n_mutations)
{
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    require(file_read_all(path, 1 << 20, &bytes, &len) == 0);
    for (long i = -1; i < n_mutations; i++) {
        buffer_clear(&current);
        require(buffer_append(&current, bytes, len) == 0);
        for (uint64_t n = i < 0 ? 0 : 1 + random_below(random, 4); n > 0; n--) {
            mutate(random);
        }
        feed();
    }
    return 1 + (size_t)n_mutations;
}

static size_t replay(const char *directory, long n_mutations)
{
    struct random random = { 1 };
    struct dirent **entries;
    size_t n_inputs = 0;
    /* Sorted, so that every machine makes the same mutations. */
    int n = scandir(directory, &entries, NULL, alphasort);
    require(n >= 0);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            n_inputs += replay_file(path, &random, n_mutations);
        }
        free(entries[i]);
    }
    free(entries);
    return n_inputs;
}

int main(int argc, char **argv)
{
    const char *directory = getenv("TMPDIR");
    snprintf(crash_path, sizeof(crash_path), "%s/fuzz-checkpoint-%d.crash",
             directory != NULL ? directory : "/tmp", (int)getpid());
    signal(SIGABRT, on_abort);
    require(argc == 2 || argc == 3);
    struct random random = { 1 };
    size_t n_inputs =
        argc == 2 ? replay_file(argv[1], &random, 0) : replay(argv[1], strtol(argv[2], NULL, 10));
    printf("%zu inputs\n", n_inputs);
    buffer_deinit(&current);
    return n_inputs > 0 ? 0 : 1;
}
