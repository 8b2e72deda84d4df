/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory budget: whatever could grow with the input is charged here before it is allocated.
 * Thread: any.
 */
#ifndef WEIR_BASE_BUDGET_H
#define WEIR_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
    /* Fixed after start. */
    size_t limit;
    /* Relaxed: the number alone matters, it publishes nothing. */
    atomic_size_t charged;
};

void budget_init(struct budget *budget, size_t limit);

/* Takes len bytes if they fit under the limit; false when they do not, and nothing is taken. */
bool budget_try_charge(struct budget *budget, size_t len);

/* Takes len bytes even above the limit: for the oldest event, which must be able to finish. */
void budget_charge(struct budget *budget, size_t len);

void budget_release(struct budget *budget, size_t len);
size_t budget_charged(struct budget *budget);

#endif
