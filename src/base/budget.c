/* SPDX-License-Identifier: Apache-2.0 */
#include "base/budget.h"

#include "base/error.h"

void budget_init(struct budget *budget, size_t limit)
{
    budget->limit = limit;
    atomic_init(&budget->charged, 0);
}

bool budget_try_charge(struct budget *budget, size_t len)
{
    size_t charged = atomic_load_explicit(&budget->charged, memory_order_relaxed);
    do {
        if (charged > budget->limit || len > budget->limit - charged) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&budget->charged, &charged, charged + len,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

void budget_charge(struct budget *budget, size_t len)
{
    atomic_fetch_add_explicit(&budget->charged, len, memory_order_relaxed);
}

void budget_release(struct budget *budget, size_t len)
{
    size_t before = atomic_fetch_sub_explicit(&budget->charged, len, memory_order_relaxed);
    require(before >= len);
}

size_t budget_charged(struct budget *budget)
{
    return atomic_load_explicit(&budget->charged, memory_order_relaxed);
}
