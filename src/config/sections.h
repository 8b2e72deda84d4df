/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the top-level keys of the files are. Pure. */
#ifndef WEIR_CONFIG_SECTIONS_H
#define WEIR_CONFIG_SECTIONS_H

#include "yaml/tree.h"

enum section_kind {
    /* In the table: stream_manager, http, ... */
    SECTION_OURS,
    /* Of a Python logging document that was merged in. */
    SECTION_LOGGING,
    /* Anything else belongs to the application. */
    SECTION_APPLICATION,
};

/* Of a top-level key; root is the merged tree. */
enum section_kind section_kind(const struct yaml_node *root, const char *key);

#endif
