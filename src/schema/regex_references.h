/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a reference means in PCRE2 what it means in ECMA-262, which forgets the groups inside of
 * a loop when an iteration begins and refuses iterations that match nothing. PCRE2 does neither.
 * They agree where the group was certainly set before the reference in the same iteration, or where
 * no loop could have set it before; and no loop around the group can match nothing.
 */
#ifndef WEIR_SCHEMA_REGEX_REFERENCES_H
#define WEIR_SCHEMA_REGEX_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Groups of an expression that has references. */
enum { REGEX_MAX_REFERRED = 99 };

struct regex_group {
    /* The alternative that the group stands in. */
    uint32_t branch;
    bool is_closed;
    bool is_optional;
    /* The group is within a loop, or is one. */
    bool is_in_loop;
    bool is_loop;
    /* A loop around it may match nothing. */
    bool is_in_empty_loop;
    bool is_referred;
    /* A reference may find it unset. */
    bool is_doubtful;
    bool is_referred_within;
};

struct regex_references {
    /* By number; 0 is not used. */
    struct regex_group groups[REGEX_MAX_REFERRED + 1];
};

/* Whether all references found agree. */
bool regex_references_agree(const struct regex_references *references);

/* A loop closes over the groups first to end (not included); own is its own number or 0. */
void regex_references_loop(struct regex_references *references, uint32_t own, uint32_t first,
                           uint32_t end, bool may_be_empty);

#endif
