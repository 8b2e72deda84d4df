/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint on disk: `checkpoint`, `checkpoint.prev` and `lock` in the state directory.
 *
 * The file is text with a version line first and a checksum line last, so that a person can read it
 * and any flipped byte or cut is found. Thread: writer, after the start-up calls.
 */
#ifndef WEIR_CHECKPOINT_STORE_H
#define WEIR_CHECKPOINT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/filesystem.h"
#include "checkpoint/ledger.h"

enum { CHECKPOINT_SINKS_MAX = 4 };

struct checkpoint_sink {
    /* "sink", "error_sink"; and the sink's identity. */
    char *role;
    char *identity;
    uint64_t part;
    uint64_t length;
};

/* What one checkpoint says. Strings and arrays are owned by it. */
struct checkpoint {
    char *job_name;
    char *instance;
    char *source_identity;
    struct ledger_snapshot ledger;
    /* Bytes of the source's own. */
    char *source_state;
    size_t source_state_len;
    struct checkpoint_sink sinks[CHECKPOINT_SINKS_MAX];
    size_t n_sinks;
};

void checkpoint_deinit(struct checkpoint *checkpoint);

struct checkpoint_store;

struct checkpoint_store_options {
    /* The state directory; made if missing. */
    const char *directory;
    const struct filesystem *filesystem;
};

/*
 * Opens the state directory and locks it for this process's life. Returns 0, or -errno with problem
 * filled: exit code 75 naming the holder's process when another instance has the lock, 78 when the
 * directory cannot be made or written.
 */
int checkpoint_store_open(const struct checkpoint_store_options *options,
                          struct checkpoint_store **ret_store, struct problem *problem);
void checkpoint_store_close(struct checkpoint_store *store);

/* Outcomes of checkpoint_store_load(). */
enum {
    /* The newest one that was ever acknowledged. */
    CHECKPOINT_LOADED = 0,
    /* There is none: a first start. */
    CHECKPOINT_NONE = 1,
    /* The newest one is damaged (problem says how); the one before it was loaded. */
    CHECKPOINT_PREVIOUS = 2,
};

/*
 * Reads the newest checkpoint that is whole. Returns an outcome, or -errno with problem filled (exit
 * code 65: what is there is damaged and there is no other; it never starts anew unasked).
 */
int checkpoint_store_load(struct checkpoint_store *store, struct checkpoint *ret_checkpoint,
                          struct problem *problem);

/*
 * Makes checkpoint the newest one, durably; the newest so far becomes checkpoint.prev. Where a sink's
 * part changes, both come to be this one (store.c says why), so that a part may be created and the one
 * before it compressed as soon as this returns. Returns 0, or -errno with problem filled (exit code
 * 74); after an error, as after a crash at any moment, loading gives this one or the newest so far.
 * Blocks: for the disk.
 */
int checkpoint_store_save(struct checkpoint_store *store, const struct checkpoint *checkpoint,
                          struct problem *problem);

/* Forgets both (--fresh); touches nothing else. Returns 0 or -errno. */
int checkpoint_store_clear(struct checkpoint_store *store, struct problem *problem);

/* The state directory, open, for files kept beside the checkpoint; lent. */
int checkpoint_store_directory(const struct checkpoint_store *store);

#endif
