/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source's partitions: names that survive a restart, and indices that positions carry.
 *
 * The source thread adds partitions and never removes one. The writer's ledger reads names and starts
 * and publishes each watermark back, so that the reader can keep its distance (ledger_window).
 */
#ifndef WEIR_CHECKPOINT_PARTITION_H
#define WEIR_CHECKPOINT_PARTITION_H

#include <stddef.h>
#include <stdint.h>

/* Offsets [first, end): all events that begin in it are done. */
struct offset_range {
    int64_t first;
    int64_t end;
};

/* One partition's state: what a checkpoint stores and a restart begins with. */
struct partition_state {
    /* Owned by whoever owns the state. */
    char *name;
    /* All events that begin below it are done; read on from here. */
    int64_t watermark;
    /* Done above the watermark: ascending, apart from each other. */
    struct offset_range *ranges;
    size_t n_ranges;
};

/* A copy that the caller owns. Returns 0 or -ENOMEM. */
int partition_state_copy(const struct partition_state *state, struct partition_state *ret_copy);

/* Frees what the state owns and clears it. */
void partition_state_deinit(struct partition_state *state);

/* True when offset lies in one of the state's ranges. */
int partition_state_has_done(const struct partition_state *state, int64_t offset);

struct partition_table;

/* Returns 0 or -errno. */
int partition_table_new(struct partition_table **ret_table);
void partition_table_free(struct partition_table *table);

/*
 * Adds a partition that starts in state (copied). Returns 0 and its index, or -errno; -EEXIST when
 * the name is there already. Thread: source.
 */
int partition_table_add(struct partition_table *table, const struct partition_state *state,
                        uint32_t *ret_partition);

/* Thread: any. Blocks: no. */
size_t partition_table_count(struct partition_table *table);

/* The state a partition started in; valid as long as the table. Thread: any. */
const struct partition_state *partition_table_start(struct partition_table *table,
                                                    uint32_t partition);

/*
 * Publishes that all events below sequence are done. Thread: writer.
 */
void partition_table_publish(struct partition_table *table, uint32_t partition, uint64_t sequence);

/*
 * Waits until fewer than window events lie between the published watermark and sequence, or until
 * partition_table_stop(). Returns 0, or 1 when stopped. Thread: source.
 */
int partition_table_wait(struct partition_table *table, uint32_t partition, uint64_t sequence,
                         uint64_t window);

/* Wakes a waiting reader for good. Thread: any. */
void partition_table_stop(struct partition_table *table);

#endif
