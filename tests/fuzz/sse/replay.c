/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the target without a fuzzer: on each file of the corpus, on the outside vectors where they are
 * there, and on as many mutations of them as it is told, from a seed that is fixed.
 *
 *     fuzz_sse CORPUS N_MUTATIONS
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/filesystem.h"

#include "../../support/random.h"
#include "../../unit/source/sse_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MAX_SEEDS = 256, MAX_LEN = 8192 };

static struct buffer seeds[MAX_SEEDS];
static size_t n_seeds;

static void add_seed(const char *bytes, size_t len)
{
    require(n_seeds < MAX_SEEDS);
    require(buffer_append(&seeds[n_seeds++], bytes, len < MAX_LEN ? len : MAX_LEN) == 0);
}

static void load_corpus(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    require(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        AUTO_BUFFER name = { 0 };
        AUTO_FREE char *bytes = NULL;
        size_t len;
        require(buffer_printf(&name, "%s/%s", path, entry->d_name) == 0 &&
                buffer_text(&name) != NULL);
        if (entry->d_name[0] != '.' && file_read_all(name.data, 1 << 20, &bytes, &len) == 0) {
            add_seed(bytes, len);
        }
    }
    closedir(directory);
}

static void load_vectors(void)
{
    char path[4096];
    const char *shared = getenv("WEIR_SHARED");
    struct sse_vector *vectors;
    size_t n_vectors;
    snprintf(path, sizeof(path), "%s/suites/sse/vectors.json",
             shared == NULL ? "../shared" : shared);
    if (sse_vectors_load(path, &vectors, &n_vectors) < 0) {
        printf("skipped: there is no %s\n", path);
        return;
    }
    for (size_t i = 0; i < n_vectors; i++) {
        add_seed(vectors[i].input.bytes, vectors[i].input.len);
    }
    sse_vectors_free(vectors, n_vectors);
}

/* What streams are made of. */
static const char *const words[] = {
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\r",
    ":",
    " ",
    "data: ",
    "data",
    "id: ",
    "id\n",
    "event: ",
    "retry: ",
    "retry: 7\n",
    "\xEF\xBB\xBF",
    "\xEF\xBB",
    "[{\"topic\":\"t\",\"partition\":0}]",
    "{\"meta\":",
    "\"offset\":1",
    "12 ",
    "Fri, 02 Jan 2026 03:04:15 GMT",
};

static void mutate_once(struct random *random, struct buffer *input)
{
    size_t at = (size_t)random_below(random, input->len + 1);
    const char *word = words[random_below(random, ARRAY_SIZE(words))];
    size_t n = (size_t)random_below(random, 8);
    switch (random_below(random, 5)) {
    case 0:
        if (at < input->len) {
            input->data[at] = (char)random_next(random);
        }
        break;
    case 1:
        n = input->len - at < n ? input->len - at : n;
        memmove(input->data + at, input->data + at + n, input->len - at - n);
        input->len -= n;
        break;
    case 2:
        input->len = at;
        break;
    case 3: {
        /* A piece of another one. */
        const struct buffer *other = &seeds[random_below(random, n_seeds)];
        size_t from = (size_t)random_below(random, other->len + 1);
        size_t len = (size_t)random_below(random, other->len - from + 1);
        if (input->len + len < 2 * MAX_LEN && other->len > 0) {
            require(buffer_append(input, other->data + from, len) == 0);
        }
        break;
    }
    default:
        if (input->len < 2 * MAX_LEN) {
            size_t len = strlen(word);
            require(buffer_reserve(input, len) == 0);
            memmove(input->data + at + len, input->data + at, input->len - at);
            memcpy(input->data + at, word, len);
            input->len += len;
        }
        break;
    }
}

/* An input of its own size, so that a sanitizer sees a read beyond its end. */
static void run(uint8_t first, const struct buffer *stream)
{
    uint8_t *input = malloc(stream->len + 1);
    require(input != NULL);
    input[0] = first;
    if (stream->len > 0) {
        memcpy(input + 1, stream->data, stream->len);
    }
    LLVMFuzzerTestOneInput(input, stream->len + 1);
    free(input);
}

int main(int argc, char **argv)
{
    struct random random = { 20260401 };
    AUTO_BUFFER input = { 0 };
    require(argc == 3);
    load_corpus(argv[1]);
    load_vectors();
    require(n_seeds > 0);
    for (size_t i = 0; i < n_seeds; i++) {
        for (unsigned first = 0; first < 48; first++) {
            run((uint8_t)first, &seeds[i]);
        }
    }
    long n_mutations = atol(argv[2]);
    for (long i = 0; i < n_mutations; i++) {
        const struct buffer *seed = &seeds[random_below(&random, n_seeds)];
        buffer_clear(&input);
        require(buffer_append(&input, seed->data, seed->len) == 0 &&
                buffer_reserve(&input, 1) == 0);
        for (uint64_t k = random_below(&random, 8); k > 0; k--) {
            mutate_once(&random, &input);
        }
        run((uint8_t)random_next(&random), &input);
    }
    printf("%zu seeds, %ld mutations\n", n_seeds, n_mutations);
    for (size_t i = 0; i < n_seeds; i++) {
        buffer_deinit(&seeds[i]);
    }
    return 0;
}
