/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

struct entry {
    /* Fixed once the entry counts among n_entries. */
    char *name;
    /* Relaxed: a number for people. */
    _Atomic uint64_t count;
};

struct tally {
    /* Held to add an entry. */
    struct mutex lock;
    struct entry entries[TALLY_MAX];
    /* Released when an entry is added, acquired to look at those before it. */
    _Atomic size_t n_entries;
    _Atomic uint64_t n_others;
};

int tally_new(struct tally **ret_tally)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally == NULL) {
        return -ENOMEM;
    }
    int r = mutex_init(&tally->lock);
    if (r < 0) {
        free(tally);
        return r;
    }
    *ret_tally = tally;
    return 0;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL) {
        return;
    }
    for (size_t i = 0; i < tally->n_entries; i++) {
        free(tally->entries[i].name);
    }
    mutex_deinit(&tally->lock);
    free(tally);
}

/* The counter of a name among the first n; NULL: it is not there. */
static _Atomic uint64_t *find(struct tally *tally, const char *name, size_t len, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *known = tally->entries[i].name;
        if (strncmp(known, name, len) == 0 && known[len] == '\0') {
            return &tally->entries[i].count;
        }
    }
    return NULL;
}

static _Atomic uint64_t *add_locked(struct tally *tally, const char *name, size_t len,
                                    bool *ret_is_new) REQUIRES(tally->lock)
{
    size_t n = atomic_load_explicit(&tally->n_entries, memory_order_relaxed);
    _Atomic uint64_t *counter = find(tally, name, len, n);
    if (counter != NULL) {
        return counter;
    }
    char *copy = n < TALLY_MAX ? strndup(name, len) : NULL;
    if (copy == NULL) {
        return &tally->n_others;
    }
    *ret_is_new = true;
    tally->entries[n].name = copy;
    atomic_store_explicit(&tally->n_entries, n + 1, memory_order_release);
    return &tally->entries[n].count;
}

_Atomic uint64_t *tally_counter(struct tally *tally, const char *name, size_t len, bool *ret_is_new)
{
    bool is_new = false;
    size_t n = atomic_load_explicit(&tally->n_entries, memory_order_acquire);
    _Atomic uint64_t *counter = find(tally, name, len, n);
    if (counter == NULL && n == TALLY_MAX) {
        counter = &tally->n_others;
    }
    if (counter == NULL) {
        mutex_lock(&tally->lock);
        counter = add_locked(tally, name, len, &is_new);
        mutex_unlock(&tally->lock);
    }
    if (ret_is_new != NULL) {
        *ret_is_new = is_new;
    }
    return counter;
}

bool tally_is_shared(const struct tally *tally, const _Atomic uint64_t *counter)
{
    return counter == &tally->n_others;
}

void tally_count(struct tally *tally, const char *name)
{
    _Atomic uint64_t *counter = tally_counter(tally, name, strlen(name), NULL);
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

bool tally_get(struct tally *tally, size_t n, const char **ret_name, uint64_t *ret_count)
{
    size_t n_entries = atomic_load_explicit(&tally->n_entries, memory_order_acquire);
    if (n < n_entries) {
        *ret_name = tally->entries[n].name;
        *ret_count = atomic_load_explicit(&tally->entries[n].count, memory_order_relaxed);
        return true;
    }
    *ret_name = "other";
    *ret_count = atomic_load_explicit(&tally->n_others, memory_order_relaxed);
    return n == n_entries && *ret_count > 0;
}
