/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of promise 1: read = delivered + dropped + errored + in flight at every moment; what was
 * read and given back is counted as returned. Each field has one writing thread; all may be read at
 * any time. Relaxed order: a number publishes nothing but itself.
 */
#ifndef WEIR_EVENT_ACCOUNTING_H
#define WEIR_EVENT_ACCOUNTING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

struct accounting {
    /* Written by the source thread. */
    alignas(64) _Atomic uint64_t read;
    _Atomic uint64_t bytes_in;
    /* Written by the writer thread. */
    alignas(64) _Atomic uint64_t delivered;
    _Atomic uint64_t dropped;
    _Atomic uint64_t errored;
    _Atomic uint64_t returned;
    _Atomic uint64_t bytes_out;
};

/* Adds to a counter of which the calling thread is the only writer. */
static inline void count_add(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

static inline uint64_t count_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit((_Atomic uint64_t *)counter, memory_order_relaxed);
}

/* Events read that have no verdict yet. */
static inline uint64_t accounting_in_flight(const struct accounting *accounting)
{
    uint64_t done = count_read(&accounting->delivered) + count_read(&accounting->dropped) +
                    count_read(&accounting->errored) + count_read(&accounting->returned);
    uint64_t read = count_read(&accounting->read);
    return read > done ? read - done : 0;
}

#endif
