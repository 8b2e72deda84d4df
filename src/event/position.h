/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an event stands in its source, and what became of it.
 *
 * A partition is what has an order of its own: a topic-partition, a file. Inside it an event has an
 * offset that survives a restart (the topic-partition's offset, the decompressed byte of a file) and a
 * sequence number that is dense in this process, so that the ledger can tell a gap from an event that
 * is still under way. Positions travel backward by value.
 */
#ifndef WEIR_EVENT_POSITION_H
#define WEIR_EVENT_POSITION_H

#include <stdint.h>

struct position {
    /* Index into the source's partition table (checkpoint/partition.h). */
    uint32_t partition;
    /* 0, 1, 2, ... in the order in which the reader saw this partition's events in this process. */
    uint64_t sequence;
    /* Where the event begins. */
    int64_t offset;
    /* Where to read on once all up to this event is done; always above offset. */
    int64_t next_offset;
};

enum verdict {
    /* To the sink. */
    VERDICT_DELIVER,
    /* To nowhere, on purpose: WEIR_DROP, a canary, a tombstone. */
    VERDICT_DROP,
    /* To the error sink. */
    VERDICT_ERROR,
    /* Given back to the source (drain, revoke): read again by the next run. */
    VERDICT_RETURN,
    /* Was done before this process started; not counted as read. */
    VERDICT_SKIP,
};

#endif
