/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_replay.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/filesystem.h"
#include "random_json.h"

enum { CORPUS_MAX = 256, FILE_LIMIT = 1 << 20 };

/* The input under way, for the handler of SIGABRT. */
static struct buffer current;
static char crash_path[256];

static struct buffer corpus[CORPUS_MAX];
static size_t n_corpus;

/* Words to put in the place of others. */
static const char *const words[] = {
    "\"additionalItems\"",
    "\"additionalProperties\"",
    "\"allOf\"",
    "\"anyOf\"",
    "\"const\"",
    "\"contains\"",
    "\"definitions\"",
    "\"dependencies\"",
    "\"else\"",
    "\"enum\"",
    "\"exclusiveMaximum\"",
    "\"exclusiveMinimum\"",
    "\"format\"",
    "\"if\"",
    "\"items\"",
    "\"maxItems\"",
    "\"maxLength\"",
    "\"maxProperties\"",
    "\"maximum\"",
    "\"minItems\"",
    "\"minLength\"",
    "\"minProperties\"",
    "\"minimum\"",
    "\"multipleOf\"",
    "\"not\"",
    "\"oneOf\"",
    "\"pattern\"",
    "\"patternProperties\"",
    "\"properties\"",
    "\"propertyNames\"",
    "\"required\"",
    "\"then\"",
    "\"type\"",
    "\"uniqueItems\"",
    "\"$id\"",
    "\"$ref\"",
    "\"#\"",
    "\"#/definitions/a\"",
    "\"#/properties/a\"",
    "\"string\"",
    "\"integer\"",
    "\"null\"",
    "\"object\"",
    "\"array\"",
    "\"a\"",
    "\"b\"",
    "\"\"",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "0",
    "1",
    "-1",
    "1.0",
    "1e2",
    "0.5",
    "18446744073709551616",
    "1e400",
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
    LLVMFuzzerTestOneInput((const uint8_t *)current.data, current.len);
}

static void feed_file(const char *path)
{
    AUTO_FREE char *bytes = NULL;
    size_t len = 0;
    require(file_read_all(path, FILE_LIMIT, &bytes, &len) == 0);
    buffer_clear(&current);
    require(buffer_append(&current, bytes, len) == 0);
    feed();
    require(n_corpus < CORPUS_MAX);
    require(buffer_append(&corpus[n_corpus++], bytes, len) == 0);
}

static void feed_directory(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);
    require(n > 0);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            feed_file(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* Puts a word in the place of a string or a number, so that what was JSON mostly stays JSON. */
static void exchange_word(struct buffer *text, struct random *random)
{
    static const char ends[] = " \t\r\n,:]}";
    size_t at = (size_t)random_below(random, text->len);
    while (at < text->len && strchr("\"-0123456789tfn", text->data[at]) == NULL) {
        at++;
    }
    size_t end = at + 1;
    bool is_string = at < text->len && text->data[at] == '"';
    while (end < text->len && (is_string ? text->data[end] != '"'
                                         : memchr(ends, text->data[end], sizeof(ends)) == NULL)) {
        end++;
    }
    end += is_string;
    if (end > text->len) {
        return;
    }
    AUTO_BUFFER before = { 0 };
    require(buffer_append(&before, text->data, text->len) == 0);
    buffer_clear(text);
    require(buffer_append(text, before.data, at) == 0);
    require(buffer_append_text(text, words[random_below(random, ARRAY_SIZE(words))]) == 0);
    require(buffer_append(text, before.data + end, before.len - end) == 0);
}

/* A third is as it was generated, so that all outcomes are frequent. */
static void feed_random(size_t n)
{
    struct random random = { 22 };
    for (size_t i = 0; i < n; i++) {
        buffer_clear(&current);
        if (i % 3 == 0) {
            const struct buffer *file = &corpus[random_below(&random, n_corpus)];
            require(buffer_append(&current, file->data, file->len) == 0);
        } else {
            fuzz_generate(&current, &random);
        }
        for (uint64_t j = 1 + random_below(&random, 3); j > 0 && i % 3 != 1; j--) {
            if (current.len > 0 && random_below(&random, 4) > 0) {
                exchange_word(&current, &random);
            } else {
                random_json_mutate(&current, &random);
            }
        }
        feed();
    }
}

int main(int argc, char **argv)
{
    const char *directory = getenv("TMPDIR");
    const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    snprintf(crash_path, sizeof(crash_path), "%s/%s-%d.crash",
             directory != NULL ? directory : "/tmp", name, (int)getpid());
    signal(SIGABRT, on_abort);
    require(argc == 2 || argc == 3);
    if (argc == 2) {
        feed_file(argv[1]);
    } else {
        feed_directory(argv[1]);
        size_t n = n_corpus;
        feed_random(strtoul(argv[2], NULL, 10));
        printf("%zu files, %s more inputs\n", n, argv[2]);
    }
    for (size_t i = 0; i < n_corpus; i++) {
        buffer_deinit(&corpus[i]);
    }
    buffer_deinit(&current);
    return 0;
}
