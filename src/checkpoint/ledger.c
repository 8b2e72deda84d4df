/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Per partition: the sequence number below which all is done, with the offset to read on from; runs of
 * done events above it (runs.h); and the done ranges that the partition was restored with, as far as
 * the watermark has not passed them. The last are kept by offset: this process may never have come to
 * read those events when the next checkpoint is taken.
 */
#include "checkpoint/ledger.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/runs.h"

struct account {
    /* Lent by the table. */
    const struct partition_state *start;
    /* All events below it are done; watermark_offset is where to read on. */
    uint64_t watermark;
    int64_t watermark_offset;
    /* Done above the watermark. */
    struct runs runs;
    /* Of start->ranges: those from here on are still named. */
    size_t first_restored;
    /* Whether it is in ledger->moved. */
    bool is_moved;
};

struct ledger {
    struct partition_table *table;
    struct account *accounts;
    size_t n_accounts;
    size_t capacity;
    /* Partitions whose watermark is to be published; room for as many as accounts. */
    uint32_t *moved;
    size_t n_moved;
};

int ledger_new(struct partition_table *table, struct ledger **ret_ledger)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (ledger == NULL) {
        return -ENOMEM;
    }
    ledger->table = table;
    *ret_ledger = ledger;
    return 0;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    for (size_t i = 0; i < ledger->n_accounts; i++) {
        runs_deinit(&ledger->accounts[i].runs);
    }
    free(ledger->accounts);
    free(ledger->moved);
    free(ledger);
}

static int reserve(struct ledger *ledger, size_t n)
{
    if (n <= ledger->capacity) {
        return 0;
    }
    size_t capacity = n + ledger->capacity;
    struct account *accounts = realloc(ledger->accounts, capacity * sizeof(*accounts));
    if (accounts == NULL) {
        return -ENOMEM;
    }
    ledger->accounts = accounts;
    uint32_t *moved = realloc(ledger->moved, capacity * sizeof(*moved));
    if (moved == NULL) {
        return -ENOMEM;
    }
    ledger->moved = moved;
    ledger->capacity = capacity;
    return 0;
}

/* Opens an account for every partition that the table has by now. */
static int follow_table(struct ledger *ledger)
{
    size_t n = partition_table_count(ledger->table);
    int r = reserve(ledger, n);
    if (r < 0) {
        return r;
    }
    for (size_t i = ledger->n_accounts; i < n; i++) {
        const struct partition_state *start = partition_table_start(ledger->table, (uint32_t)i);
        ledger->accounts[i] = (struct account){
            .start = start,
            .watermark_offset = start->watermark,
        };
    }
    ledger->n_accounts = n;
    return 0;
}

/* Offsets that went back belong to another numbering: nothing restored can be trusted to name them. */
static void forget_restored(struct account *account)
{
    account->first_restored = account->start->n_ranges;
}

/* Moves the watermark over a run that begins at it. */
static void advance(struct account *account, uint64_t end, int64_t offset, int64_t end_offset)
{
    if (offset < account->watermark_offset) {
        forget_restored(account);
    }
    account->watermark = end;
    account->watermark_offset = end_offset;
}

static void account_move(struct account *account, const struct position *position)
{
    advance(account, position->sequence + 1, position->offset, position->next_offset);
    struct run run;
    while (runs_take_first(&account->runs, account->watermark, &run)) {
        advance(account, run.end, run.offset, run.end_offset);
    }
    const struct partition_state *start = account->start;
    while (account->first_restored < start->n_ranges &&
           start->ranges[account->first_restored].end <= account->watermark_offset) {
        account->first_restored++;
    }
}

int ledger_done(struct ledger *ledger, const struct position *position)
{
    if (position->partition >= ledger->n_accounts) {
        int r = follow_table(ledger);
        if (r < 0) {
            return r;
        }
        require(position->partition < ledger->n_accounts);
    }
    struct account *account = &ledger->accounts[position->partition];
    require(position->sequence >= account->watermark);
    if (position->sequence != account->watermark) {
        int r = runs_add(&account->runs, position);
        if (r == RUNS_RENUMBERED) {
            forget_restored(account);
        }
        return r < 0 ? r : 0;
    }
    account_move(account, position);
    if (!account->is_moved) {
        account->is_moved = true;
        ledger->moved[ledger->n_moved++] = position->partition;
    }
    return 0;
}

void ledger_publish(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->n_moved; i++) {
        struct account *account = &ledger->accounts[ledger->moved[i]];
        account->is_moved = false;
        partition_table_publish(ledger->table, ledger->moved[i], account->watermark);
    }
    ledger->n_moved = 0;
}

static int compare_ranges(const void *left, const void *right)
{
    int64_t a = ((const struct offset_range *)left)->first;
    int64_t b = ((const struct offset_range *)right)->first;
    return (a > b) - (a < b);
}

/* Appends [first, end) as far as it lies above the watermark. */
static void add_range(struct partition_state *state, int64_t first, int64_t end)
{
    if (end <= state->watermark) {
        return;
    }
    state->ranges[state->n_ranges++] = (struct offset_range){
        .first = first < state->watermark ? state->watermark : first,
        .end = end,
    };
}

/* Sorts, and merges what overlaps or touches: restored ranges and runs name the same events twice. */
static void normalise_ranges(struct partition_state *state)
{
    if (state->n_ranges < 2) {
        return;
    }
    qsort(state->ranges, state->n_ranges, sizeof(*state->ranges), compare_ranges);
    size_t n = 1;
    for (size_t i = 1; i < state->n_ranges; i++) {
        struct offset_range *last = &state->ranges[n - 1];
        const struct offset_range *range = &state->ranges[i];
        if (range->first > last->end) {
            state->ranges[n++] = *range;
        } else if (range->end > last->end) {
            last->end = range->end;
        }
    }
    state->n_ranges = n;
}

static int freeze_account(const struct account *account, struct partition_state *ret_state)
{
    const struct partition_state *start = account->start;
    size_t n_runs = runs_count(&account->runs);
    size_t capacity = n_runs + start->n_ranges - account->first_restored;
    struct partition_state state = { .watermark = account->watermark_offset };
    state.name = strdup(start->name);
    if (capacity > 0) {
        state.ranges = malloc(capacity * sizeof(*state.ranges));
    }
    if (state.name == NULL || (capacity > 0 && state.ranges == NULL)) {
        partition_state_deinit(&state);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n_runs; i++) {
        const struct run *run = runs_at(&account->runs, i);
        add_range(&state, run->offset, run->end_offset);
    }
    for (size_t i = account->first_restored; i < start->n_ranges; i++) {
        add_range(&state, start->ranges[i].first, start->ranges[i].end);
    }
    normalise_ranges(&state);
    *ret_state = state;
    return 0;
}

int ledger_freeze(struct ledger *ledger, struct ledger_snapshot *ret_snapshot)
{
    int r = follow_table(ledger);
    if (r < 0) {
        return r;
    }
    struct ledger_snapshot snapshot = { 0 };
    if (ledger->n_accounts > 0) {
        snapshot.partitions = calloc(ledger->n_accounts, sizeof(*snapshot.partitions));
        if (snapshot.partitions == NULL) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < ledger->n_accounts; i++) {
        r = freeze_account(&ledger->accounts[i], &snapshot.partitions[i]);
        if (r < 0) {
            ledger_snapshot_deinit(&snapshot);
            return r;
        }
        snapshot.n_partitions++;
        snapshot.n_ranges += snapshot.partitions[i].n_ranges;
    }
    *ret_snapshot = snapshot;
    return 0;
}

const struct partition_state *ledger_snapshot_find(const struct ledger_snapshot *snapshot,
                                                   const char *name)
{
    for (size_t i = 0; i < snapshot->n_partitions; i++) {
        if (strcmp(snapshot->partitions[i].name, name) == 0) {
            return &snapshot->partitions[i];
        }
    }
    return NULL;
}

void ledger_snapshot_deinit(struct ledger_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_partitions; i++) {
        partition_state_deinit(&snapshot->partitions[i]);
    }
    free(snapshot->partitions);
    *snapshot = (struct ledger_snapshot){ 0 };
}
