/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds the fuzz target without a fuzzer, with the same inputs at every run:
 *
 *     fuzz_json CORPUS N      every file of CORPUS and of the parsing suite beside the source tree
 *                             (WEIR_SHARED), if it is there, then N random documents and mutations
 *     fuzz_json FILE          one input
 *
 * The input that makes the target abort is written to $TMPDIR or /tmp.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "../../support/random_json.h"
#include "base/error.h"
#include "base/filesystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The input under way, for the handler of SIGABRT. */
static struct buffer current;
static char crash_path[256];

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

static void feed_file(const char *path)
{
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    require(file_read_all(path, 1 << 24, &bytes, &len) == 0);
    buffer_clear(&current);
    require(buffer_append(&current, bytes, len) == 0);
    LLVMFuzzerTestOneInput((const uint8_t *)current.data, current.len);
}

static size_t feed_directory(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);
    if (n < 0) {
        fprintf(stderr, "skipped: no %s\n", directory);
        return 0;
    }
    size_t n_fed = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            feed_file(path);
            n_fed++;
        }
        free(entries[i]);
    }
    free(entries);
    return n_fed;
}

/* A third as they are, so that both verdicts are frequent. */
static void feed_random(size_t n)
{
    struct random random = { 21 };
    for (size_t i = 0; i < n; i++) {
        buffer_clear(&current);
        random_json_document(&current, &random);
        if (i % 3 != 0) {
            random_json_mutate(&current, &random);
        }
        LLVMFuzzerTestOneInput((const uint8_t *)current.data, current.len);
    }
}

int main(int argc, char **argv)
{
    const char *directory = getenv("TMPDIR");
    snprintf(crash_path, sizeof(crash_path), "%s/fuzz-json-%d.crash",
             directory != NULL ? directory : "/tmp", (int)getpid());
    signal(SIGABRT, on_abort);
    require(argc == 2 || argc == 3);
    size_t n_inputs = 0;
    if (argc == 2) {
        feed_file(argv[1]);
        n_inputs = 1;
    } else {
        n_inputs = feed_directory(argv[1]);
        require(n_inputs > 0);
        const char *shared = getenv("WEIR_SHARED");
        char suite[4096];
        snprintf(suite, sizeof(suite), "%s/suites/json-parsing", shared != NULL ? shared : ".");
        n_inputs += feed_directory(suite);
        size_t n_random = strtoul(argv[2], NULL, 10);
        feed_random(n_random);
        n_inputs += n_random;
    }
    printf("%zu inputs\n", n_inputs);
    buffer_deinit(&current);
    return 0;
}
