/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/regex_references.h"

bool regex_references_agree(const struct regex_references *references)
{
    for (size_t i = 1; i <= REGEX_MAX_REFERRED; i++) {
        const struct regex_group *group = &references->groups[i];
        bool is_stale = (group->is_doubtful && group->is_in_loop) ||
                        (group->is_referred_within && (group->is_loop || group->is_in_loop));
        if (group->is_referred && (is_stale || group->is_in_empty_loop)) {
            return false;
        }
    }
    return true;
}

void regex_references_loop(struct regex_references *references, uint32_t own, uint32_t first,
                           uint32_t end, bool may_be_empty)
{
    for (uint32_t i = first; i < end; i++) {
        references->groups[i].is_in_loop |= i != own;
        references->groups[i].is_loop |= i == own;
        references->groups[i].is_in_empty_loop |= may_be_empty;
    }
}
