/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain part is unlinked only after the compressed one is durable under its name. Stopped between
 * the two, both are there; the next start compresses again, over it, and unlinks.
 */
#include "sink/compressor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compress.h"
#include "base/log.h"
#include "base/thread.h"
#include "sink/part.h"

/* zstd -3: about 300 MB/s on one core, a tenth of the size for JSON. */
enum { LEVEL = 3 };

struct compressor {
    /* Fixed after start. */
    const struct filesystem *filesystem;
    int dir_fd;
    char *stem;
    /* Owned by the thread that adds. */
    pthread_t thread;
    bool is_started;
    /* Set once, read by the compression: relaxed, it carries nothing but itself. */
    atomic_bool stop;
    struct mutex lock;
    /* A part was added, or the end has come; and: all parts are compressed. */
    struct condition changed;
    struct condition emptied;
    /* Guarded by lock. */
    uint64_t *numbers;
    size_t n_numbers;
    size_t capacity;
    bool is_ending;
    bool is_busy;
};

static int init_sync(struct compressor *compressor)
{
    int r = mutex_init(&compressor->lock);
    if (r < 0) {
        return r;
    }
    r = condition_init(&compressor->changed);
    if (r == 0) {
        r = condition_init(&compressor->emptied);
        if (r == 0) {
            return 0;
        }
        condition_deinit(&compressor->changed);
    }
    mutex_deinit(&compressor->lock);
    return r;
}

int compressor_new(const struct filesystem *filesystem, int dir_fd, const char *stem,
                   struct compressor **ret_compressor)
{
    struct compressor *compressor = calloc(1, sizeof(*compressor));
    if (compressor == NULL) {
        return -ENOMEM;
    }
    compressor->filesystem = filesystem;
    compressor->stem = strdup(stem);
    compressor->dir_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = compressor->dir_fd < 0 ? -errno : 0;
    if (r == 0) {
        r = compressor->stem == NULL ? -ENOMEM : init_sync(compressor);
    }
    if (r < 0) {
        close_auto(&compressor->dir_fd);
        free(compressor->stem);
        free(compressor);
        return r;
    }
    *ret_compressor = compressor;
    return 0;
}

/* Returns 0, COMPRESS_STOPPED, or -errno. */
static int compress_part(struct compressor *compressor, uint64_t number, const char *plain)
{
    char compressed[PART_NAME_SIZE];
    int r = part_name(compressed, compressor->stem, (struct part){ number, PART_COMPRESSED });
    if (r < 0) {
        return r;
    }
    const struct filesystem *fs = compressor->filesystem;
    struct compress_options options = {
        .filesystem = fs,
        .dir_fd = compressor->dir_fd,
        .from = plain,
        .to = compressed,
        .mode = 0640,
        .level = LEVEL,
        .stop = &compressor->stop,
    };
    r = compress_zstd_file(&options);
    return r != 0 ? r : fs->unlink(fs, compressor->dir_fd, plain);
}

static void compress_or_log(struct compressor *compressor, uint64_t number)
{
    char plain[PART_NAME_SIZE];
    int r = part_name(plain, compressor->stem, (struct part){ number, PART_PLAIN });
    if (r == 0) {
        r = compress_part(compressor, number, plain);
    }
    /* A closed part that is gone was taken by somebody: normal. */
    if (r < 0 && r != -ENOENT) {
        log_warning("part stays uncompressed", LOG_TEXT("part", plain),
                    LOG_TEXT("error", strerror(-r)));
    }
}

/* Takes the next number; false at the end. Waits while there is none. */
static bool take_locked(struct compressor *compressor, uint64_t *ret_number)
    REQUIRES(compressor->lock)
{
    compressor->is_busy = false;
    while (compressor->n_numbers == 0 && !compressor->is_ending) {
        condition_signal(&compressor->emptied);
        condition_wait(&compressor->changed, &compressor->lock);
    }
    if (compressor->n_numbers == 0 ||
        atomic_load_explicit(&compressor->stop, memory_order_relaxed)) {
        condition_signal(&compressor->emptied);
        return false;
    }
    *ret_number = compressor->numbers[0];
    compressor->n_numbers--;
    memmove(compressor->numbers, compressor->numbers + 1,
            compressor->n_numbers * sizeof(*compressor->numbers));
    compressor->is_busy = true;
    return true;
}

static void *compressor_entry(void *argument)
{
    struct compressor *compressor = argument;
    for (;;) {
        uint64_t number = 0;
        mutex_lock(&compressor->lock);
        bool is_taken = take_locked(compressor, &number);
        mutex_unlock(&compressor->lock);
        if (!is_taken) {
            return NULL;
        }
        compress_or_log(compressor, number);
    }
}

static int add_locked(struct compressor *compressor, uint64_t number) REQUIRES(compressor->lock)
{
    if (compressor->n_numbers == compressor->capacity) {
        size_t capacity = compressor->capacity == 0 ? 16 : compressor->capacity * 2;
        uint64_t *numbers = realloc(compressor->numbers, capacity * sizeof(*numbers));
        if (numbers == NULL) {
            return -ENOMEM;
        }
        compressor->numbers = numbers;
        compressor->capacity = capacity;
    }
    compressor->numbers[compressor->n_numbers++] = number;
    condition_signal(&compressor->changed);
    return 0;
}

int compressor_add(struct compressor *compressor, uint64_t number)
{
    mutex_lock(&compressor->lock);
    int r = add_locked(compressor, number);
    mutex_unlock(&compressor->lock);
    if (r < 0 || compressor->is_started) {
        return r;
    }
    r = thread_start(&compressor->thread, "compressor", compressor_entry, compressor);
    compressor->is_started = r == 0;
    return r;
}

static void end(struct compressor *compressor, int64_t wait_ns)
{
    int64_t deadline_ns = clock_now_ns(clock_system()) + wait_ns;
    bool is_in_time = true;
    mutex_lock(&compressor->lock);
    compressor->is_ending = true;
    condition_signal(&compressor->changed);
    while (is_in_time && (compressor->n_numbers > 0 || compressor->is_busy)) {
        is_in_time = condition_wait_until(&compressor->emptied, &compressor->lock, deadline_ns);
    }
    atomic_store_explicit(&compressor->stop, true, memory_order_relaxed);
    condition_signal(&compressor->changed);
    mutex_unlock(&compressor->lock);
    pthread_join(compressor->thread, NULL);
}

void compressor_free(struct compressor *compressor, int64_t wait_ns)
{
    if (compressor == NULL) {
        return;
    }
    if (compressor->is_started) {
        end(compressor, wait_ns);
    }
    condition_deinit(&compressor->changed);
    condition_deinit(&compressor->emptied);
    mutex_deinit(&compressor->lock);
    close_auto(&compressor->dir_fd);
    free(compressor->numbers);
    free(compressor->stem);
    free(compressor);
}
