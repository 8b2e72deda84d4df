/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of an entry: added by the source thread, read by everybody, freed with the table. Entries do
 * not move: the table holds pointers to them, so that a start state stays valid while others come.
 */
#include "checkpoint/partition.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/thread.h"

struct partition_entry {
    /* Fixed after it was added. */
    struct partition_state start;
    /* Guarded by the table's lock: events below it are done. */
    uint64_t published;
};

struct partition_table {
    struct mutex lock;
    /* A watermark moved, or the table was stopped. */
    struct condition moved;
    /* The rest is guarded by lock. */
    struct partition_entry **entries;
    /* Of the names: finding one looks at these and then at one name only. */
    uint64_t *hashes;
    size_t n_entries;
    size_t capacity;
    bool is_stopped;
};

void partition_state_deinit(struct partition_state *state)
{
    free(state->name);
    free(state->ranges);
    *state = (struct partition_state){ 0 };
}

int partition_state_copy(const struct partition_state *state, struct partition_state *ret_copy)
{
    struct partition_state copy = { .watermark = state->watermark, .n_ranges = state->n_ranges };
    copy.name = strdup(state->name);
    if (state->n_ranges > 0) {
        copy.ranges = malloc(state->n_ranges * sizeof(*copy.ranges));
    }
    if (copy.name == NULL || (state->n_ranges > 0 && copy.ranges == NULL)) {
        partition_state_deinit(&copy);
        return -ENOMEM;
    }
    if (state->n_ranges > 0) {
        memcpy(copy.ranges, state->ranges, state->n_ranges * sizeof(*copy.ranges));
    }
    *ret_copy = copy;
    return 0;
}

int partition_state_has_done(const struct partition_state *state, int64_t offset)
{
    size_t low = 0;
    size_t high = state->n_ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (state->ranges[middle].end <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < state->n_ranges && state->ranges[low].first <= offset;
}

int partition_table_new(struct partition_table **ret_table)
{
    struct partition_table *table = calloc(1, sizeof(*table));
    if (table == NULL) {
        return -ENOMEM;
    }
    int r = mutex_init(&table->lock);
    if (r < 0) {
        free(table);
        return r;
    }
    r = condition_init(&table->moved);
    if (r < 0) {
        mutex_deinit(&table->lock);
        free(table);
        return r;
    }
    *ret_table = table;
    return 0;
}

void partition_table_free(struct partition_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->n_entries; i++) {
        partition_state_deinit(&table->entries[i]->start);
        free(table->entries[i]);
    }
    free(table->entries);
    free(table->hashes);
    condition_deinit(&table->moved);
    mutex_deinit(&table->lock);
    free(table);
}

static bool has_name_locked(const struct partition_table *table, const char *name, uint64_t hash)
    REQUIRES(table->lock)
{
    for (size_t i = 0; i < table->n_entries; i++) {
        if (table->hashes[i] == hash && strcmp(table->entries[i]->start.name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int grow_locked(struct partition_table *table) REQUIRES(table->lock)
{
    if (table->n_entries < table->capacity) {
        return 0;
    }
    size_t capacity = table->capacity == 0 ? 8 : table->capacity * 2;
    struct partition_entry **entries = realloc(table->entries, capacity * sizeof(*entries));
    if (entries == NULL) {
        return -ENOMEM;
    }
    table->entries = entries;
    uint64_t *hashes = realloc(table->hashes, capacity * sizeof(*hashes));
    if (hashes == NULL) {
        return -ENOMEM;
    }
    table->hashes = hashes;
    table->capacity = capacity;
    return 0;
}

/* Takes over entry on success. */
static int add_locked(struct partition_table *table, struct partition_entry *entry,
                      uint32_t *ret_partition) REQUIRES(table->lock)
{
    uint64_t hash = hash_bytes(entry->start.name, strlen(entry->start.name));
    if (has_name_locked(table, entry->start.name, hash)) {
        return -EEXIST;
    }
    if (table->n_entries == UINT32_MAX) {
        return -EOVERFLOW;
    }
    int r = grow_locked(table);
    if (r < 0) {
        return r;
    }
    table->entries[table->n_entries] = entry;
    table->hashes[table->n_entries] = hash;
    *ret_partition = (uint32_t)table->n_entries++;
    return 0;
}

int partition_table_add(struct partition_table *table, const struct partition_state *state,
                        uint32_t *ret_partition)
{
    struct partition_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return -ENOMEM;
    }
    int r = partition_state_copy(state, &entry->start);
    if (r == 0) {
        mutex_lock(&table->lock);
        r = add_locked(table, entry, ret_partition);
        mutex_unlock(&table->lock);
    }
    if (r < 0) {
        partition_state_deinit(&entry->start);
        free(entry);
    }
    return r;
}

size_t partition_table_count(struct partition_table *table)
{
    mutex_lock(&table->lock);
    size_t n = table->n_entries;
    mutex_unlock(&table->lock);
    return n;
}

static struct partition_entry *entry_locked(struct partition_table *table, uint32_t partition)
    REQUIRES(table->lock)
{
    require(partition < table->n_entries);
    return table->entries[partition];
}

const struct partition_state *partition_table_start(struct partition_table *table,
                                                    uint32_t partition)
{
    mutex_lock(&table->lock);
    const struct partition_state *start = &entry_locked(table, partition)->start;
    mutex_unlock(&table->lock);
    return start;
}

void partition_table_publish(struct partition_table *table, uint32_t partition, uint64_t sequence)
{
    mutex_lock(&table->lock);
    entry_locked(table, partition)->published = sequence;
    /* Only the source thread waits here. */
    condition_signal(&table->moved);
    mutex_unlock(&table->lock);
}

int partition_table_wait(struct partition_table *table, uint32_t partition, uint64_t sequence,
                         uint64_t window)
{
    mutex_lock(&table->lock);
    const struct partition_entry *entry = entry_locked(table, partition);
    while (!table->is_stopped && sequence >= entry->published &&
           sequence - entry->published >= window) {
        condition_wait(&table->moved, &table->lock);
    }
    bool is_stopped = table->is_stopped;
    mutex_unlock(&table->lock);
    return is_stopped ? 1 : 0;
}

void partition_table_stop(struct partition_table *table)
{
    mutex_lock(&table->lock);
    table->is_stopped = true;
    condition_broadcast(&table->moved);
    mutex_unlock(&table->lock);
}
