/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: per partition, what is done, and the watermark below which all is.
 *
 * Pure: no clock, no file, no thread. Owned by the writer. Events finish in any order; the ledger
 * keeps done runs as ranges of sequence numbers with the offsets they cover, so that a checkpoint can
 * name work that is done above a gap and a restart does not do it again.
 */
#ifndef WEIR_CHECKPOINT_LEDGER_H
#define WEIR_CHECKPOINT_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "checkpoint/partition.h"
#include "event/position.h"

struct ledger;

/* The table must outlive the ledger. Returns 0 or -errno. */
int ledger_new(struct partition_table *table, struct ledger **ret_ledger);
void ledger_free(struct ledger *ledger);

/*
 * Marks one event as done. Marking one twice is a broken contract (require). Returns 0 or -ENOMEM.
 */
int ledger_done(struct ledger *ledger, const struct position *position);

/* Publishes the watermarks that have moved to the table (the reader may be waiting for them). */
void ledger_publish(struct ledger *ledger);

/* The frozen state of all partitions of the table, those without a done event included. */
struct ledger_snapshot {
    struct partition_state *partitions;
    size_t n_partitions;
    /* Done ranges above the watermarks, over all partitions. */
    size_t n_ranges;
};

/*
 * Copies the state out; ranges that the table's start states named above the watermark and that this
 * process has not reached yet stay named. The snapshot is the caller's. Returns 0 or -ENOMEM.
 */
int ledger_freeze(struct ledger *ledger, struct ledger_snapshot *ret_snapshot);

/* The state of one partition by its name, or NULL. */
const struct partition_state *ledger_snapshot_find(const struct ledger_snapshot *snapshot,
                                                   const char *name);
void ledger_snapshot_deinit(struct ledger_snapshot *snapshot);

#endif
