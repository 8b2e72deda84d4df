/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds a fuzz target without a fuzzer: each file of a corpus as it is, then N mutations of each, the
 * same ones at every run.
 *
 *     fuzz_config CORPUS N        all of it; the input of a crash is written to $TMPDIR or /tmp
 *     fuzz_config FILE            one input
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../../support/random.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/filesystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { CORPUS_MAX = 64, FILE_LIMIT = 1 << 20 };

struct seed {
    char *bytes;
    size_t len;
};

/* The input under way, for the handler of SIGABRT. */
static struct buffer current;
static char crash_path[256];

static const char *const dictionary[] = {
    "stream_manager:",
    "steps: ",
    "set: ",
    "{path: /a, value: 1}",
    "${NAME}",
    "${MY_TOKEN}",
    "${",
    "$${",
    "}",
    "${NONE:-",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "!!int ",
    "null",
    "~",
    "''",
    "\"\\0\"",
    "|\n  ",
    ">-\n ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\t",
    "\n",
    "\n  ",
    "#",
    " #",
    "\r\n",
    "\xEF\xBB\xBF",
    "\xC2\x85",
    "\xE2\x80\xA8",
    "\xFF",
    "\x1E",

    "true",
    "0x1F",
    "99999999999999999999",
    ".inf",
    "1e400",
    "10ms",
    "1MiB",
    "kafka",
    "file",
    "stdout",
    "error_sink: true",
    "http://u:p@h/",
    "file://",
    "%41",
    "/a~1b",
    "password: ",
    "WEIR_ENRICH__A=1",
    "WEIR_STREAM_MANAGER__WORKERS=2",
    "enrich: ",
    "version: 1\nroot: {}\n",
};

/* Async-signal-safe: the buffer is not growing while a target runs. */
static void on_abort(int number)
{
    (void)number;
    int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = fd >= 0 ? write(fd, current.data, current.len) : -1;
    if (n >= 0) {
        n = write(STDERR_FILENO, crash_path, strlen(crash_path));
        n = write(STDERR_FILENO, "\n", n >= 0);
    }
    _exit(1);
}

static size_t load_corpus(const char *directory, struct seed *seeds)
{
    struct dirent **entries;
    size_t n_seeds = 0;
    /* Sorted, so that every machine makes the same mutations. */
    int n = scandir(directory, &entries, NULL, alphasort);
    require(n >= 0);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && n_seeds < CORPUS_MAX) {
            require(file_read_all(path, FILE_LIMIT, &seeds[n_seeds].bytes, &seeds[n_seeds].len) ==
                    0);
            n_seeds++;
        }
        free(entries[i]);
    }
    free(entries);
    return n_seeds;
}

/* Replaces `removed` bytes at an offset. */
static void replace(size_t offset, size_t removed, const char *bytes, size_t len)
{
    AUTO_BUFFER tail = { 0 };
    require(buffer_append(&tail, current.data + offset + removed, current.len - offset - removed) ==
            0);
    current.len = offset;
    require(buffer_append(&current, bytes, len) == 0);
    require(buffer_append(&current, tail.data, tail.len) == 0);
}

static void mutate(struct random *random, const struct seed *seeds, size_t n_seeds)
{
    size_t offset = random_below(random, current.len + 1);
    size_t left = current.len - offset;
    size_t len = left > 0 ? random_below(random, left < 24 ? left + 1 : 24) : 0;
    const struct seed *other = &seeds[random_below(random, n_seeds)];
    const char *word = dictionary[random_below(random, ARRAY_SIZE(dictionary))];
    char byte = (char)random_next(random);
    size_t from = random_below(random, other->len + 1);
    size_t n = random_below(random, other->len - from + 1);
    switch (random_below(random, 6)) {
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
    case 4:
        replace(offset, len, other->bytes + from, n < 200 ? n : 200);
        break;
    default:
        /* The same again. */
        word = strndup(current.data != NULL ? current.data + offset : "", len);
        require(word != NULL);
        replace(offset, 0, word, strlen(word));
        free((char *)(uintptr_t)word);
        break;
    }
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

static void start_from(const struct seed *seed)
{
    buffer_clear(&current);
    require(buffer_append(&current, seed->bytes, seed->len) == 0);
}

static size_t replay(const struct seed *seeds, size_t n_seeds, long n_mutations)
{
    struct random random = { 1 };
    size_t n_inputs = 0;
    for (size_t i = 0; i < n_seeds; i++) {
        start_from(&seeds[i]);
        feed();
        for (long j = 0; j < n_mutations; j++) {
            start_from(&seeds[i]);
            for (uint64_t n = 1 + random_below(&random, 4); n > 0; n--) {
                mutate(&random, seeds, n_seeds);
            }
            feed();
        }
        n_inputs += 1 + (size_t)n_mutations;
    }
    return n_inputs;
}

int main(int argc, char **argv)
{
    static struct seed seeds[CORPUS_MAX];
    const char *directory = getenv("TMPDIR");
    snprintf(crash_path, sizeof(crash_path), "%s/fuzz-config-%d.crash",
             directory != NULL ? directory : "/tmp", (int)getpid());
    signal(SIGABRT, on_abort);
    size_t n_seeds = 0;
    size_t n_inputs = 1;
    if (argc == 2) {
        require(file_read_all(argv[1], FILE_LIMIT, &seeds[0].bytes, &seeds[0].len) == 0);
        n_seeds = 1;
        start_from(&seeds[0]);
        feed();
    } else {
        require(argc == 3);
        n_seeds = load_corpus(argv[1], seeds);
        n_inputs = replay(seeds, n_seeds, strtol(argv[2], NULL, 10));
    }
    printf("%zu inputs\n", n_inputs);
    for (size_t i = 0; i < n_seeds; i++) {
        free(seeds[i].bytes);
    }
    buffer_deinit(&current);
    return n_seeds > 0 ? 0 : 1;
}
